"""The worker's part of changes by hand: all that wait are shown to readers together, in the tenant's turn.

In a catalogue of 150,000 products an assembling takes seconds, so the form does not wait for it; edits that come
meanwhile go with the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.catalogue.snapshot.part import read_part
from chalicelib.exchange import runs
from chalicelib.exchange import store as exchange
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, KindCount, Run, RunPart
from chalicelib.goods import store
from chalicelib.goods.edits import rows_of
from chalicelib.kernel.ids import new_id
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write

_AT_ONCE = 60  # edits: each is a write in the transaction that shows them


def publish_edits(db: TenantSession, clock: Callable[[], datetime]) -> None:
    """Shows the edits that wait; a second delivery finds none."""
    while edits := store.waiting_edits(db, _AT_ONCE):
        now = clock()
        entry_id = new_id(now)
        with runs.workshop() as work:
            key = files.upload_key(db.tenant_id, "parts", "goods", entry_id)
            read = read_part(work.new_part(key), rows_of(edits))
            part = RunPart(key=key, size=work.made[key].stat().st_size, came=edits[-1].at, entry_id=entry_id)
            run = Run(id=entry_id, begun=edits[0].at, touched=now, parts=(part,))
            done = runs.build(db, work, run, {})
            (changed,) = done.parts
            entry = JournalEntry(
                id=entry_id,
                kind=EntryKind.HAND,
                state=EntryState.DONE,
                at=now,
                name=", ".join(dict.fromkeys(edit.by for edit in edits))[:200],
                counts=tuple(
                    KindCount(kind=kind, received=count, changed=changed.get(kind, 0))
                    for kind, count in sorted(read.received.items())
                ),
                finished=now,
            )
            gone = [store.edit_delete(db.tenant_id, edit) for edit in edits]
            if done.changed:
                writes: list[Write] = [exchange.entry_put(db.tenant_id, entry), *gone]
                runs.publish(db, work, now, entry_id=entry_id, also=writes)
            else:
                db.commit(gone)
