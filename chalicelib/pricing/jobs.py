"""What the import queue and the due index hand to pricing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.pricing import importing, store
from chalicelib.storage.session import TenantSession, open_tenant


def run_price_rows(body: Mapping[str, object], clock: Callable[[], datetime]) -> None:
    """One file with rows of a list; a second delivery finds it read."""
    importing.read_file(open_tenant(str(body["tenant"])), str(body["upload"]), str(body["run"]), clock)


DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {store.DUE: importing.send_again}
