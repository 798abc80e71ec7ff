"""The catalogue in force, opened: one copy of the file per machine, one open `Catalogue` per process and version."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.catalogue.snapshot.difference import Difference
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.recent import Recent
from chalicelib.storage import snapshots
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.snapshots import Snapshot

_ATTEMPTS = 3
_open: Recent[str, Catalogue] = Recent(8)
_difference: Recent[tuple[str, str], Difference] = Recent(1)


def current_catalogue(db: TenantSession, now: datetime) -> Catalogue | None:
    """What readers see now, at most three seconds late; None before the first import."""
    snapshot = snapshots.current(db, now)
    return None if snapshot is None else opened(db.tenant_id, snapshot)


def catalogue_of(tenant_id: str, pointer: Record | None) -> Catalogue | None:
    """The catalogue that the tenant's pointer, read with other things, names."""
    snapshot = snapshots.snapshot_of(pointer)
    return None if snapshot is None else opened(tenant_id, snapshot)


def opened(tenant_id: str, snapshot: Snapshot) -> Catalogue:
    catalogue = _open.get(snapshot.sha256)
    if catalogue is not None:
        return catalogue
    return _open.keep(snapshot.sha256, snapshots.opened_copy(tenant_id, snapshot, Catalogue))


def difference(tenant_id: str, before: Snapshot, after: Snapshot) -> Difference:
    """What differs between two versions, kept for the next page of it. One at a time: the open files hold their place
    in the temporary folder, also when others need it."""
    pair = (before.sha256, after.sha256)
    kept = _difference.get(pair)
    if kept is not None:
        return kept
    _difference.clear()
    for _ in range(_ATTEMPTS):
        with TemporaryDirectory(prefix="kontor-versions-") as folder:
            paths = Path(folder, "before"), Path(folder, "after")
            try:
                for snapshot, path in zip((before, after), paths, strict=True):
                    os.link(snapshots.local_copy(tenant_id, snapshot), path)  # the second may take the first one's room
            except FileNotFoundError:  # another process deleted the copy to make room, just now
                continue
            return _difference.keep(pair, Difference(*paths))
    raise Unavailable("catalogue_unreadable")
