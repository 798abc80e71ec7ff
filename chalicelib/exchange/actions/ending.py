"""The end of a run: asked for by 1C or by silence. The worker carries it out in the tenant's turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.exchange import store
from chalicelib.exchange.model import RUN_IDLE
from chalicelib.gateways import queues
from chalicelib.gateways.settings import settings
from chalicelib.kernel.ids import stable_id
from chalicelib.storage.session import TenantSession, TransactionRefused

_QUEUE_TRUST = timedelta(minutes=35)


def ask_to_end(db: TenantSession, *, run_id: str, said: str, now: datetime) -> None:
    """Queues the end of a run behind the files that came before. `run_id` empty = whichever is going on then.

    `said`: `complete` or `deactivate` when 1C said so, empty after silence.
    """
    if not said and not _is_silent(db, run_id, now):
        return
    body = {"do": "end", "tenant": db.tenant_id, "run": run_id, "said": said}
    dedup = stable_id("end", run_id, said, now.isoformat())
    queues.send(settings().import_queue_url, body, group=db.tenant_id, dedup=dedup)


def _is_silent(db: TenantSession, run_id: str, now: datetime) -> bool:
    """Whether the run has been over for long enough; if so, it is looked at again only when the queue lost it."""
    state = store.load_state(db)
    if state.run is None or state.run.id != run_id or state.run.closed or now - state.run.touched < RUN_IDLE:
        return False
    try:
        db.commit([store.state_put(db.tenant_id, state, look_again=now + _QUEUE_TRUST)])
    except TransactionRefused:  # a file has just come
        return False
    return True
