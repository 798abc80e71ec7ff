"""Which room handles which event and which due work: the sum of what the rooms export."""

from __future__ import annotations

from functools import cache

from chalicelib.billing import jobs as billing
from chalicelib.exchange import jobs as exchange
from chalicelib.identity import jobs as identity
from chalicelib.ops.workers import DueHandler, EventHandler
from chalicelib.ordering import jobs as ordering
from chalicelib.storage import outbox


@cache
def event_handlers() -> dict[str, EventHandler]:
    return {**identity.HANDLERS, **billing.HANDLERS, **ordering.HANDLERS}


@cache
def due_handlers() -> dict[str, DueHandler]:
    return {"outbox": outbox.resend, **billing.DUE, **exchange.DUE}
