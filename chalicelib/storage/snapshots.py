"""Catalogue snapshots: immutable files in S3, a pointer to the current one, and copies in the temporary folder, where
other immutable files (rows of price lists) are kept too.

Publishing uploads first and then moves the pointer by a conditional write, so readers see the old file or the new
one, whole. Of old files some are kept, to be gone back to (`kept`). A reader's copy is checked against the pointer's
SHA-256 before it gets its name; several processes may share the folder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from sqlite3 import OperationalError
from typing import Protocol, TypeVar

from botocore.exceptions import BotoCoreError

from chalicelib.gateways.telemetry import failure
from chalicelib.kernel.errors import Refused, Unavailable
from chalicelib.storage import codec, files, keys
from chalicelib.storage.session import OUTAGES, Record, TenantSession
from chalicelib.storage.writes import Delete, Put, Write

RECHECK_AFTER = timedelta(seconds=3)
KEPT_VERSIONS = 10
"""The current one and those before it."""
KEPT_DAYS = 14
"""Days, with today, of each of which the last version is kept too."""
_KEPT_BYTES = 320 * 1024 * 1024  # of Lambda's 512 MB of temporary space
_ATTEMPTS = 2
_OPENINGS = 3
_T = TypeVar("_T")


class StoredFile(Protocol):
    """An immutable SQLite file in S3, and the digest by which a copy of it is known to be whole."""

    @property
    def key(self) -> str: ...
    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A published file: `version` counts up per tenant, `size` in bytes, `listed` = SKUs that readers see in it, of so
    many `products` (0: not noted). `entry_id` = the line of the exchange's journal that tells what made it."""

    version: int
    key: str
    sha256: str
    size: int
    published: datetime
    listed: int = 0
    products: int = 0
    entry_id: str = ""


def snapshot_of(record: Record | None) -> Snapshot | None:
    """What a pointer's record says; None before the first publication."""
    return codec.load(Snapshot, dict(record.data)) if record is not None else None


def read_current(db: TenantSession) -> Snapshot | None:
    return snapshot_of(db.get(keys.snapshot_current(db.tenant_id)))


def publish(
    db: TenantSession,
    path: Path,
    *,
    base: Snapshot | None,
    listed: int,
    products: int = 0,
    entry_id: str = "",
    now: datetime,
    also: Sequence[Write] = (),
) -> Snapshot:
    """Uploads `path` and makes it the current snapshot in one transaction with `also`.

    `base` = the snapshot that it was built from: Refused("catalogue_moved") if that is no longer the current one.
    """
    digest = digest_of(path)
    version = (base.version if base else 0) + 1
    snapshot = Snapshot(
        version=version,
        key=files.file_key(db.tenant_id, "catalogue", f"{version:010d}-{digest[:16]}.sqlite"),
        sha256=digest,
        size=path.stat().st_size,
        published=now,
        listed=listed,
        products=products,
        entry_id=entry_id,
    )
    files.put_path(db.tenant_id, snapshot.key, path)
    db.commit(
        [
            Put(
                key=keys.snapshot_current(db.tenant_id),
                kind="snapshot",
                data=snapshot,
                version=version - 1,
                refusal=Refused("catalogue_moved"),
            ),
            Put(key=keys.snapshot_version(db.tenant_id, version), kind="snapshot", data=snapshot),
            *also,
        ]
    )
    _delete_old(db, now)
    return snapshot


def versions(db: TenantSession) -> tuple[Snapshot, ...]:
    """The published files that are kept, oldest first."""
    found = db.query_all(keys.snapshot_versions(db.tenant_id), consistent=True)
    return tuple(codec.load(Snapshot, dict(record.data)) for record in found)


def find(db: TenantSession, version: int) -> Snapshot | None:
    return snapshot_of(db.get(keys.snapshot_version(db.tenant_id, version)))


def kept(published: Sequence[Snapshot], today: date) -> frozenset[int]:
    """Which of some versions, oldest first, are kept: the last ones, and the last one of each of some days (UTC)."""
    last = {one.published.date(): one.version for one in published}
    of_days = (version for day, version in last.items() if day > today - timedelta(days=KEPT_DAYS))
    return frozenset((*(one.version for one in published[-KEPT_VERSIONS:]), *of_days))


def _delete_old(db: TenantSession, now: datetime) -> None:
    """First the file, then its row: what breaks off here is done by the next publication, which finds it again."""
    try:
        found = versions(db)
        stay = kept(found, now.date())
        for old in found:
            if old.version not in stay:
                files.delete(db.tenant_id, old.key)
                db.commit([Delete(key=keys.snapshot_version(db.tenant_id, old.version))])
    except OUTAGES as outage:
        failure("old catalogues were not deleted", outage, tenant=db.tenant_id)


_seen: dict[str, tuple[datetime, Snapshot | None]] = {}


def current(db: TenantSession, now: datetime) -> Snapshot | None:
    """The current snapshot as of at most 3 seconds ago: one read per tenant and process in that time."""
    seen = _seen.get(db.tenant_id)
    if seen is not None and timedelta(0) <= now - seen[0] < RECHECK_AFTER:
        return seen[1]
    found = snapshot_of(db.get(keys.snapshot_current(db.tenant_id), consistent=False))
    _seen[db.tenant_id] = (now, found)
    return found


def local_copy(tenant_id: str, stored: StoredFile) -> Path:
    """A copy of the file on this machine, downloaded unless it is there. It may be deleted at any time, by this or
    another process, to make room: open it at once. Unavailable("catalogue_unreadable") if it does not arrive whole."""
    folder = Path(tempfile.gettempdir()) / "kontor-snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stored.sha256}.sqlite"
    try:
        os.utime(path)
    except FileNotFoundError:
        fetch(tenant_id, stored, path)
        _make_room(folder, path)
    return path


def opened_copy(tenant_id: str, stored: StoredFile, open_file: Callable[[Path], _T]) -> _T:
    """What `open_file` makes of a copy of the file on this machine; Unavailable as in `local_copy`."""
    for _ in range(_OPENINGS):
        try:
            return open_file(local_copy(tenant_id, stored))
        except OperationalError:  # another process deleted the copy to make room, just now
            continue
    raise Unavailable("catalogue_unreadable")


def fetch(tenant_id: str, stored: StoredFile, path: Path) -> None:
    """Downloads the file to `path`, where it appears whole or not at all, as in `local_copy`."""
    for _ in range(_ATTEMPTS):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".part")
        os.close(handle)
        part = Path(name)
        try:
            with suppress(BotoCoreError):  # it broke off on the way
                files.get_path(tenant_id, stored.key, part)
            if digest_of(part) == stored.sha256:
                os.replace(part, path)
                return
        finally:
            part.unlink(missing_ok=True)
    raise Unavailable("catalogue_unreadable")


def _make_room(folder: Path, keep: Path) -> None:
    """Deletes the copies that were longest not used, until the rest fits. Who has one open keeps reading it."""
    copies = []
    for path in folder.glob("*.sqlite"):
        try:
            state = path.stat()
        except FileNotFoundError:  # another process was quicker
            continue
        copies.append((state.st_mtime, state.st_size, path))
    total = sum(size for _, size, _ in copies)
    for _, size, path in sorted(copies):
        if total <= _KEPT_BYTES:
            return
        if path != keep:
            path.unlink(missing_ok=True)
            total -= size


def digest_of(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
