"""The worker's part of going back: an earlier version of the catalogue is published as the next one (docs/adr/0015).

It is done in the tenant's turn, so no import switches while the file is made, and a run that is going on refuses it:
what that run has brought would be gone, and its end would take it for absent.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime

from chalicelib.catalogue.snapshot.restore import restore
from chalicelib.exchange import runs, store
from chalicelib.exchange.model import EntryState, JournalEntry
from chalicelib.exchange.results import texts
from chalicelib.kernel.errors import KontorError, Unavailable
from chalicelib.storage import snapshots
from chalicelib.storage.session import TenantSession


def restore_version(db: TenantSession, entry_id: str, now: datetime) -> None:
    """Does what the journal's line asks for, once; a refusal is written there. Transient failures are raised, so that
    the message comes again."""
    entry = store.find_entry(db, entry_id)
    if entry is None or entry.state is not EntryState.QUEUED:
        return
    try:
        _restored(db, entry, now)
    except Unavailable:
        raise
    except KontorError as refusal:
        params = {**entry.params, **texts(refusal.params)}
        failed = replace(entry, state=EntryState.FAILED, code=refusal.code, params=params, finished=now)
        db.commit([store.entry_put(db.tenant_id, failed)])


def _restored(db: TenantSession, entry: JournalEntry, now: datetime) -> None:
    version, over = int(entry.params["version"]), int(entry.params["over"])
    state = store.load_state(db)
    base, earlier = store.may_restore(db, state, version, over)
    done = replace(entry, state=EntryState.DONE, code="restored", finished=now)
    with runs.workshop() as work:
        work.base, work.top = base, work.folder / "top.sqlite"
        current = work.folder / "base.sqlite"
        os.link(snapshots.local_copy(db.tenant_id, base), current)  # the copy itself may go at any time
        snapshots.fetch(db.tenant_id, earlier, work.top)
        restore(work.top, current, now)
        runs.publish(
            db,
            work,
            now,
            entry_id=entry.id,
            # The run is forgotten: nothing that 1C says of it later may withdraw anything from another catalogue.
            also=[store.state_put(db.tenant_id, replace(state, run=None)), store.entry_put(db.tenant_id, done)],
        )
        runs.forget(db, work, state.run.parts if state.run else ())
