"""The catalogue that readers see, as the exchange finds it and replaces it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.network.model import PriceType, Warehouse
from chalicelib.network.store import price_types_write, warehouses_write
from chalicelib.storage import snapshots
from chalicelib.storage.session import TenantSession


def current_key(db: TenantSession) -> str | None:
    """Where the current snapshot is kept; None before the first one."""
    snapshot = snapshots.read_current(db)
    return snapshot.key if snapshot else None


def publish(db: TenantSession, path: Path, now: datetime) -> int:
    """Keeps the snapshot for good and points readers to it; what contracts may name goes with it. Its version."""
    base = snapshots.read_current(db)
    catalogue = Catalogue(path)
    try:
        types = [
            PriceType(id=one.id, name=one.name, currency=one.currency, vat_included=one.vat_included)
            for one in catalogue.price_types()
        ]
        places = [Warehouse(id=one.id, name=one.name) for one in catalogue.warehouses()]
        listed = len(catalogue)
    finally:
        catalogue.close()
    also = [price_types_write(db.tenant_id, types), warehouses_write(db.tenant_id, places)]
    return snapshots.publish(db, path, base=base, listed=listed, now=now, also=also).version
