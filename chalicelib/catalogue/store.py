"""The catalogue in force, opened: one copy of the file per machine, one open `Catalogue` per process and version."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from chalicelib.catalogue.snapshot.cards import Cards
from chalicelib.catalogue.snapshot.difference import Difference
from chalicelib.catalogue.snapshot.engine import OperationalError
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.recent import Recent
from chalicelib.storage import snapshots
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.snapshots import Snapshot

_ATTEMPTS = 3
_File = TypeVar("_File")
_open: Recent[str, Catalogue] = Recent(8)
_cards: Recent[str, Cards] = Recent(4)
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
    return _open.keep(snapshot.sha256, _opened_file(tenant_id, snapshot, Catalogue)) if catalogue is None else catalogue


def current_cards(db: TenantSession) -> Cards | None:
    """What the people who keep the catalogue see: the version in force, at once; None before the first one."""
    snapshot = snapshots.read_current(db)
    return None if snapshot is None else opened_cards(db.tenant_id, snapshot)


def opened_cards(tenant_id: str, snapshot: Snapshot) -> Cards:
    cards = _cards.get(snapshot.sha256)
    return _cards.keep(snapshot.sha256, _opened_file(tenant_id, snapshot, Cards)) if cards is None else cards


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


def _opened_file(tenant_id: str, snapshot: Snapshot, kind: Callable[[Path], _File]) -> _File:
    for _ in range(_ATTEMPTS):
        try:
            return kind(snapshots.local_copy(tenant_id, snapshot))
        except OperationalError:  # another process deleted the copy to make room, just now
            continue
    raise Unavailable("catalogue_unreadable")
