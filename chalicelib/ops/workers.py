"""What the queue, stream and schedule functions do: hand each thing to the room that knows it.

Every delivery is at least once. An event is handled while its outbox row stands; due work moves or clears its own
place in the due index; one that fails stays and is tried again, while the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from chalicelib.gateways import queues
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count, logger
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.events import Event
from chalicelib.storage import keys, outbox
from chalicelib.storage.session import TenantSession, open_directory, open_tenant

EventHandler = Callable[[Event, TenantSession, datetime], None]
DueHandler = Callable[[TenantSession, str, datetime], None]
_DUE_AT_ONCE = 200


def publish_outbox(images: Iterator[dict[str, Any]]) -> int:
    """Sends the events among the stream's new images; returns how many."""
    sent = 0
    for image in images:
        event = outbox.from_stream(image)
        if event is not None:
            outbox.send(event)
            sent += 1
    return sent


def handle_event(event: Event, handlers: dict[str, EventHandler], now: datetime) -> None:
    """Handles an event once: a second delivery finds its outbox row gone."""
    db = open_tenant(event.tenant_id)
    if not outbox.is_open(db, event):
        logger().info("event was handled before", tenant=event.tenant_id, event=event.id)
        return
    handler = handlers.get(event.name)
    if handler is not None:
        handler(event, db, now)
    outbox.close(db, event)
    count("events", event.tenant_id)


def fan_out(now: datetime) -> int:
    """One message per tenant: look at what is due. Returns how many tenants there are."""
    tenants = 0
    for record in open_directory().query_all(keys.tenants()):
        queues.send(settings().due_queue_url, {"tenant": record.key.sk, "at": now.isoformat()})
        tenants += 1
    return tenants


def run_due(tenant_id: str, handlers: dict[str, DueHandler], now: datetime) -> int:
    """Does what has become due for the tenant; returns how many things were done."""
    db = open_tenant(tenant_id)
    page = db.query(keys.due(tenant_id), until=stamp(now) + "~", limit=_DUE_AT_ONCE)
    done = 0
    for record in page.records:
        _, kind, subject = record.place.split("#", 2)
        try:
            handlers[kind](db, subject, now)
            done += 1
        except Exception:
            logger().exception("due work failed", tenant=tenant_id, kind=kind, subject=subject)
            count("due_failures", tenant_id)
    if done:
        count("due_done", tenant_id, done)
    return done
