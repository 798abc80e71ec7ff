from __future__ import annotations

from chalicelib.network.model import Contract
from chalicelib.ordering.goods import Shelf
from chalicelib.storage.session import Record, TenantSession
from chalicelib.tenancy.model import TenantSettings


def open_shelf(db: TenantSession, contract: Contract, settings: TenantSettings, pointer: Record | None) -> Shelf:
    raise NotImplementedError
