"""What the queue, stream and schedule functions do: hand each thing to the room that knows it.

Every delivery is at least once. An event is handled while its outbox row stands; due work moves or clears its own
place in the due index; one that fails stays and is tried again, while the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib.gateways import queues
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count, failure, logger
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.errors import KontorError
from chalicelib.kernel.events import Event
from chalicelib.storage import keys, outbox
from chalicelib.storage.session import Record, TenantSession, open_directory, open_tenant
from chalicelib.storage.writes import Equals, Update

EventHandler = Callable[[Event, TenantSession, datetime], None]
DueHandler = Callable[[TenantSession, str, datetime], None]
_DUE_AT_ONCE = 200
_LATER = timedelta(minutes=5)


def publish_outbox(images: Iterator[dict[str, Any]]) -> int:
    """Sends the events among the stream's new images; returns how many."""
    sent = 0
    for image in images:
        event = outbox.from_stream(image)
        if event is not None:
            outbox.send(event)
            sent += 1
    return sent


def handle_event(event: Event, handler_of: Callable[[str], EventHandler | None], now: datetime) -> None:
    """Handles an event once: a second delivery finds its outbox row gone (and comes after the first, as both are of
    one group of the queue). A delivery that was cut short is handled anew: handlers bear that, each by its own guard.
    """
    db = open_tenant(event.tenant_id)
    if not outbox.is_open(db, event):
        logger().info("event was handled before", tenant=event.tenant_id, event=event.id)
        return
    handler = handler_of(event.name)
    if handler is not None:
        handler(event, db, now)
    outbox.close(db, event)
    count("events", event.tenant_id)


def fan_out(now: datetime) -> int:
    """One message per tenant: look at what is due. Returns how many tenants there are."""
    found = [record.key.sk for record in open_directory().query_all(keys.tenants())]
    queues.send_many(settings().due_queue_url, [{"tenant": tenant, "at": now.isoformat()} for tenant in found])
    return len(found)


def run_due(tenant_id: str, handler_of: Callable[[str], DueHandler], now: datetime) -> int:
    """Does what has become due for the tenant; returns how many things were done."""
    db = open_tenant(tenant_id)
    page = db.query(keys.due(tenant_id), until=stamp(now) + "~", limit=_DUE_AT_ONCE)
    done = 0
    for record in page.records:
        _, kind, subject = record.place.split("#", 2)
        try:
            handler_of(kind)(db, subject, now)
            done += 1
        except Exception as broken:
            failure("due work failed", broken, tenant=tenant_id, kind=kind)
            count("due_failures", tenant_id)
            _postpone(db, record, keys.due_at(tenant_id, now + _LATER, kind, subject))
    if done:
        count("due_done", tenant_id, done)
    return done


def _postpone(db: TenantSession, record: Record, place: keys.IndexKey) -> None:
    """What failed makes room for what comes after it, unless it has been moved meanwhile."""
    try:
        db.commit([Update(key=record.key, changes=(), indexes=(place,), when=(Equals(("gsi2sk",), record.place),))])
    except KontorError as refused:
        failure("due work not postponed", refused, tenant=db.tenant_id)
