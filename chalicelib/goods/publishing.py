"""The worker's part of changes by hand: all that wait are shown to readers together, in the tenant's turn.

In a catalogue of 150,000 products an assembling takes seconds, so the form does not wait for it; edits that come
meanwhile go with the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.catalogue.feed import RejectedRow
from chalicelib.catalogue.snapshot.assembled import Assembled
from chalicelib.catalogue.snapshot.part import Read, read_part
from chalicelib.exchange import runs
from chalicelib.exchange import store as exchange
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, KindCount, as_rejected
from chalicelib.exchange.run import Run, RunPart
from chalicelib.gateways.telemetry import count, failure
from chalicelib.goods import store
from chalicelib.goods.edits import Edit, rows_of
from chalicelib.goods.model import NOT_SHOWN
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import MOST_ATTEMPTS
from chalicelib.storage import files
from chalicelib.storage.session import OUTAGES, TenantSession
from chalicelib.storage.writes import Write

_AT_ONCE = 60  # edits: each is a write in the transaction that shows them


def publish_edits(db: TenantSession, clock: Callable[[], datetime]) -> None:
    """Shows the edits that wait; a second delivery finds none. One that fails holds up no other: it is tried again
    later, and set aside when it has failed too often."""
    failed: set[str] = set()
    while edits := [edit for edit in store.waiting_edits(db) if edit.id not in failed][:_AT_ONCE]:
        failed |= _tried(db, edits, clock)


def _tried(db: TenantSession, edits: Sequence[Edit], clock: Callable[[], datetime]) -> set[str]:
    """The ids of those that could not be shown: looked for by halves."""
    try:
        _publish(db, edits, clock)
        return set()
    except (Unavailable, *OUTAGES):
        raise
    except Exception as broken:
        if len(edits) > 1:
            middle = len(edits) // 2
            return _tried(db, edits[:middle], clock) | _tried(db, edits[middle:], clock)
        (edit,) = edits
        failure("a change by hand failed", broken, tenant=db.tenant_id, edit=edit.id)
        count("goods_edits_failed", db.tenant_id)
        again = replace(edit, attempts=edit.attempts + 1)
        if again.attempts >= MOST_ATTEMPTS:
            again = replace(again, refused=NOT_SHOWN)
        db.commit([store.edit_put(db.tenant_id, again, clock())])
        return {edit.id}


def _publish(db: TenantSession, edits: Sequence[Edit], clock: Callable[[], datetime]) -> None:
    now = clock()
    entry_id = new_id(now)
    with runs.workshop() as work:
        key = files.upload_key(db.tenant_id, "parts", "goods", entry_id)
        read = read_part(work.new_part(key), rows_of(edits))
        part = RunPart(key=key, size=work.made[key].stat().st_size, came=edits[-1].at, entry_id=entry_id)
        run = Run(id=entry_id, begun=edits[0].at, touched=now, parts=(part,))
        done = runs.build(db, work, run, {}, now=now)
        writes: list[Write] = [_settled(db, edit, read.rejected, now) for edit in edits]
        if done.changed or read.rejected:
            writes.append(exchange.entry_put(db.tenant_id, _entry(entry_id, edits, read, done, now)))
        if read.rejected:
            writes.append(exchange.rejected_put(db.tenant_id, entry_id, [as_rejected(row) for row in read.rejected]))
        if done.changed:
            runs.publish(db, work, now, entry_id=entry_id, also=writes)
        else:
            db.commit(writes)


def _settled(db: TenantSession, edit: Edit, rejected: Sequence[RejectedRow], now: datetime) -> Write:
    """What is shown goes; an edit that was not taken, or not all of it, is kept with the reason."""
    named = {one.product_id for one in edit.products} | {one.id for one in edit.categories}
    reason = next((row.reason for row in rejected if row.subject in named), "")
    if not reason:
        return store.edit_delete(db.tenant_id, edit)
    return store.edit_put(db.tenant_id, replace(edit, refused=reason), now)


def _entry(entry_id: str, edits: Sequence[Edit], read: Read, done: Assembled, now: datetime) -> JournalEntry:
    (changed,) = done.parts
    rejected = Counter(row.kind for row in read.rejected)
    return JournalEntry(
        id=entry_id,
        kind=EntryKind.HAND,
        state=EntryState.PARTLY if read.rejected else EntryState.DONE,
        at=now,
        name=", ".join(dict.fromkeys(edit.by for edit in edits))[:200],
        counts=tuple(
            KindCount(kind=kind, received=received, rejected=rejected[kind], changed=changed.get(kind, 0))
            for kind, received in sorted(read.received.items())
        ),
        rejected=len(read.rejected),
        finished=now,
    )
