"""Which room handles which event and which due work: the sum of what the rooms export."""

from __future__ import annotations

from functools import cache

from chalicelib.ops.workers import DueHandler, EventHandler
from chalicelib.storage import outbox


@cache
def event_handlers() -> dict[str, EventHandler]:
    return {}


@cache
def due_handlers() -> dict[str, DueHandler]:
    return {"outbox": outbox.resend}
