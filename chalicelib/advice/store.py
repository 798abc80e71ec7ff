"""What is ordered together: the row of the nightly round, which is the pointer to its file too (core table)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from chalicelib.advice.baskets import Companions
from chalicelib.kernel.recent import Recent
from chalicelib.storage import files, keys, snapshots
from chalicelib.storage.attempts import put_first
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put

DUE = "companions"
_open: Recent[str, Companions] = Recent(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketFile:
    """A file that is in S3."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far the nightly round has come: it has read the orders of the months before `month` (`2026-11`), and of that
    one those up to the place `read_to` in its list ("": none yet).

    `file` = what readers have, `before` = the S3 key of the one before it, which some may still be opening;
    `counted` = all orders in the file are counted.
    """

    month: str = ""
    read_to: str = ""
    file: BasketFile | None = None
    before: str = ""
    counted: bool = True


def companions_of(tenant_id: str, record: Record | None) -> Companions | None:
    """What goes with what by the tenant's row, read with other things; None before the first orders were read."""
    file = record.load(Round).file if record is not None else None
    if file is None:
        return None
    kept = _open.get(file.sha256)
    return kept or _open.keep(file.sha256, snapshots.opened_copy(tenant_id, file, Companions))


def round_put(tenant_id: str, one: Round, version: int, at: datetime) -> Put:
    """How far the round has come, and when it goes on."""
    place = keys.due_at(tenant_id, at, DUE, "")
    return Put(key=keys.companions(tenant_id), kind="companions", data=one, indexes=(place,), version=version)


def begin_rounds(db: TenantSession, now: datetime) -> None:
    """From a tenant's first order on its orders are read each night."""
    put_first(db, round_put(db.tenant_id, Round(), 0, now))


def publish(db: TenantSession, path: Path, before: Round, after: Round, version: int, at: datetime) -> None:
    """Makes the file at `path` the one that readers have, with how far the round has come.

    TransactionRefused if the round has gone on meanwhile.
    """
    digest = snapshots.digest_of(path)
    key = files.file_key(db.tenant_id, "companions", f"{version + 1:010d}-{digest[:16]}.sqlite")
    files.put_path(db.tenant_id, key, path)
    shown = replace(after, file=BasketFile(key=key, sha256=digest), before=before.file.key if before.file else "")
    db.commit([round_put(db.tenant_id, shown, version, at)])
    if before.before:
        files.delete(db.tenant_id, before.before)
