"""The catalogue that readers see, as the exchange finds it and replaces it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.network.model import PriceType, Warehouse
from chalicelib.network.store import price_types_write, warehouses_write
from chalicelib.storage import files, keys
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Put


def current_key(db: TenantSession) -> str | None:
    """Where the current snapshot is kept; None before the first one."""
    record = db.get(keys.snapshot_current(db.tenant_id))
    return str(record.data["key"]) if record else None


def publish(db: TenantSession, path: Path, now: datetime) -> int:
    """Keeps the snapshot for good and points readers to it; what contracts may name goes with it. Its version."""
    record = db.get(keys.snapshot_current(db.tenant_id))
    before = record.version if record else 0
    version = before + 1
    key = files.file_key(db.tenant_id, "catalogue", f"{version:010d}.sqlite")
    files.put_path(key, path)
    catalogue = Catalogue(path)
    try:
        types = [
            PriceType(id=one.id, name=one.name, currency=one.currency, vat_included=one.vat_included)
            for one in catalogue.price_types()
        ]
        places = [Warehouse(id=one.id, name=one.name) for one in catalogue.warehouses()]
        pointer = {"key": key, "at": now.isoformat(), "listed": len(catalogue)}
    finally:
        catalogue.close()
    db.commit(
        [
            Put(key=keys.snapshot_current(db.tenant_id), kind="snapshot", data=pointer, version=before),
            Put(key=keys.snapshot_version(db.tenant_id, version), kind="snapshot", data=pointer),
            price_types_write(db.tenant_id, types),
            warehouses_write(db.tenant_id, places),
        ]
    )
    return version
