"""Versions of the catalogue: which there are, what differs between two, and going back to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalogue.snapshot.difference import Difference
from chalicelib.catalogue.store import difference
from chalicelib.exchange import store
from chalicelib.exchange.actions import ending
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, found
from chalicelib.kernel.ids import new_id
from chalicelib.storage import keys, snapshots
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.snapshots import Snapshot
from chalicelib.storage.writes import Done, audit, guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A kept version; `entry` tells what made it, if the journal knows."""

    snapshot: Snapshot
    in_force: bool
    entry: JournalEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A version beside the one that it is compared with: None for the oldest that is kept. `others`, newest first."""

    version: Version
    with_version: Snapshot | None
    others: tuple[Snapshot, ...]
    difference: Difference | None


def kept_versions(db: TenantSession) -> tuple[Version, ...]:
    """All that are kept, newest first: a few dozen at most."""
    current = snapshots.read_current(db)
    found = snapshots.versions(db)[::-1]
    entries = store.entries(db, {one.entry_id for one in found if one.entry_id})
    return tuple(Version(snapshot=one, in_force=one == current, entry=entries.get(one.entry_id)) for one in found)


def compared(db: TenantSession, number: int, with_number: int | None) -> Compared:
    """The version `number` and how it differs from another, by default from the one before it. NotFound for one that
    is not kept."""
    versions = kept_versions(db)
    version = found(next((one for one in versions if one.snapshot.version == number), None))
    others = tuple(one.snapshot for one in versions if one is not version)
    if with_number is None:
        other = next((one for one in others if one.version < number), None)
    else:
        other = found(next((one for one in others if one.version == with_number), None))
    made = difference(db.tenant_id, other, version.snapshot) if other else None
    return Compared(version=version, with_version=other, others=others, difference=made)


def would_change(db: TenantSession, number: int) -> tuple[Snapshot, Compared]:
    """The version in force, and how the earlier one differs from it: what going back would change."""
    current = found(snapshots.read_current(db))
    if number == current.version:
        raise NotFound()
    return current, compared(db, number, current.version)


def ask_to_restore(db: TenantSession, actor: Actor, number: int, over: int, key: str, now: datetime) -> str:
    """Queues the return to version `number`, as confirmed while `over` was in force; the journal's line of it.

    The same form again (`key`) gives the same line. Refused("version_moved") if another one came in force meanwhile,
    "version_in_force", or "version_exchange_running" while 1C is sending.
    """

    def once() -> str:
        before = db.get(keys.idempotency(db.tenant_id, f"version#{key}"))
        if before is not None:
            return str(before.data["result"]["entry"])
        found(snapshots.find(db, number))
        store.may_restore(db, store.load_state(db), number, over)
        params = {"version": str(number), "over": str(over)}
        entry = JournalEntry(
            id=new_id(now), kind=EntryKind.VERSION, state=EntryState.QUEUED, at=now, code="restoring", params=params
        )
        note = audit(
            db.tenant_id,
            "exchange",
            action="version_restored",
            actor_id=actor.user_id,
            at=now,
            entry_id=new_id(now),
            detail=params,
        )
        done = Done(result={"entry": entry.id})
        db.commit([guard(db.tenant_id, f"version#{key}", done, now=now), store.entry_put(db.tenant_id, entry), note])
        return entry.id

    entry_id = until_committed(once)
    ending.ask_to_restore(db, entry_id)
    return entry_id
