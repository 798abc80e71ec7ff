"""The outbox's way to its consumers: stream → FIFO queue, swept by the due index when that fails.

The row itself is the receipt: a consumer handles an event only while its row is there, and removes it after.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.gateways import queues
from chalicelib.gateways.settings import settings
from chalicelib.kernel.events import Event
from chalicelib.storage import keys
from chalicelib.storage.rows import CoreRow
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Delete, Equals, Update

_RESEND_AFTER = timedelta(minutes=10)
_GRACE = timedelta(minutes=1)


def from_stream(image: dict[str, Any]) -> Event | None:
    """The event of a stream record's new image; None for any other item."""
    pk: str = image.get("pk", {}).get("S", "")
    parts = pk.split("#", 3)
    if len(parts) < 3 or parts[2] != "OUT":
        return None
    row = CoreRow.from_raw_data(image)
    return _event(parts[1], row.data or {})


def send(event: Event) -> None:
    """Puts the event on the queue; a repeat within five minutes is dropped by SQS itself."""
    body = {
        "id": event.id,
        "tenant": event.tenant_id,
        "name": event.name,
        "aggregate": event.aggregate,
        "at": event.at.isoformat(),
        "data": dict(event.data),
    }
    queues.send(settings().events_queue_url, body, group=f"{event.tenant_id}/{event.aggregate}"[:128], dedup=event.id)


def received(body: Mapping[str, Any]) -> Event:
    """The event of a queue message's body."""
    return _event(str(body["tenant"]), body)


def is_open(db: TenantSession, event: Event) -> bool:
    """Whether nobody has handled the event yet."""
    return db.get(keys.outbox(event.tenant_id, event.aggregate, event.id)) is not None


def close(db: TenantSession, event: Event) -> None:
    db.commit([Delete(key=keys.outbox(event.tenant_id, event.aggregate, event.id))])


def resend(db: TenantSession, subject: str, now: datetime) -> None:
    """Sends a stuck event again (its stream delivery was lost) and looks at it again ten minutes later."""
    aggregate, _, event_id = subject.rpartition("#")
    record = db.get(keys.outbox(db.tenant_id, aggregate, event_id))
    if record is None:
        return
    event = _event(db.tenant_id, record.data)
    if now - event.at < _GRACE:
        return
    send(event)
    place = keys.due_at(db.tenant_id, now + _RESEND_AFTER, "outbox", subject)
    db.commit([Update(key=record.key, changes=(), indexes=(place,), when=(Equals(("data", "id"), event.id),))])


def _event(tenant_id: str, body: Mapping[str, Any]) -> Event:
    return Event(
        id=str(body["id"]),
        tenant_id=tenant_id,
        name=str(body["name"]),
        aggregate=str(body["aggregate"]),
        at=datetime.fromisoformat(str(body["at"])),
        data={str(name): str(value) for name, value in body["data"].items()},
    )
