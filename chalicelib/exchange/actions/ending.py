"""The end of a run, asked for by 1C or by silence, and the return to an earlier version of the catalogue. The worker
carries them out in the tenant's turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.exchange import showing, store
from chalicelib.exchange.run import RUN_IDLE
from chalicelib.kernel.ids import stable_id
from chalicelib.storage import worker
from chalicelib.storage.session import TenantSession, TransactionRefused

_QUEUE_TRUST = timedelta(minutes=35)


def ask_to_end(db: TenantSession, *, run_id: str, said: str, now: datetime) -> None:
    """Queues the end of a run behind the files that came before. `run_id` empty = whichever is going on then.

    `said`: `complete` or `deactivate` when 1C said so, empty after silence.
    """
    _send(db, "end", now, run=run_id, said=said)


def look_at_run(db: TenantSession, run_id: str, now: datetime) -> None:
    """Due work: a run that has been silent for long enough is over; after less silence what it has is shown."""
    state = store.load_state(db)
    run = state.run
    if run is None or run.id != run_id or run.closed or now < showing.look_again(run):
        return
    try:  # if the queue loses the message, the run is looked at again
        db.commit([store.state_put(db.tenant_id, state, look_again=now + _QUEUE_TRUST)])
    except TransactionRefused:  # a file has just come
        return
    if now - run.touched >= RUN_IDLE:
        ask_to_end(db, run_id=run_id, said="", now=now)
    else:
        _send(db, "show", now, run=run_id)


def ask_to_restore(db: TenantSession, entry_id: str) -> None:
    """Queues what the journal's line asks for; asked again, nothing comes twice."""
    _send(db, "restore", None, entry=entry_id)


def _send(db: TenantSession, do: str, now: datetime | None, **about: str) -> None:
    dedup = stable_id(do, *about.values(), *([now.isoformat()] if now else ()))
    worker.send(db.tenant_id, do, dedup=dedup, **about)
