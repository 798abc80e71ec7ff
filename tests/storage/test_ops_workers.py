"""Events and due work: handled once, tried again when that failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.gateways import queues
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id, new_tenant_id
from chalicelib.ops.workers import fan_out, handle_event, publish_outbox, run_due
from chalicelib.storage import keys, outbox
from chalicelib.storage.rows import to_attribute
from chalicelib.storage.session import TenantSession, open_directory, open_tenant
from chalicelib.storage.writes import Delete, Put, publish

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def db(tables: None) -> TenantSession:
    return open_tenant(new_tenant_id())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Bodies of the messages that go to queues."""
    found: list[Any] = []
    monkeypatch.setattr(queues, "send", lambda _, body, **kinds: found.append(body | kinds))
    monkeypatch.setattr(queues, "send_many", lambda _, bodies: found.extend(bodies))
    return found


def _happened(db: TenantSession) -> Event:
    event = Event(
        id=new_id(NOW), tenant_id=db.tenant_id, name="order.submitted", aggregate="ORDER#1", at=NOW, data={"order": "1"}
    )
    db.commit([publish(event)])
    return event


def test_an_event_that_comes_twice_is_handled_once(db: TenantSession) -> None:
    event, handled = _happened(db), []
    for _ in range(2):
        handle_event(event, lambda name: lambda *_: handled.append(name), NOW)
    assert handled == ["order.submitted"]


def test_an_event_whose_handling_failed_is_handled_when_it_comes_again(db: TenantSession) -> None:
    event, tries = _happened(db), []

    def handler(_: Event, __: TenantSession, ___: datetime) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("mail is down")

    with pytest.raises(RuntimeError):
        handle_event(event, lambda _: handler, NOW)
    assert outbox.is_open(db, event)
    handle_event(event, lambda _: handler, NOW)
    assert len(tries) == 2
    assert not outbox.is_open(db, event)


def test_an_event_that_nobody_handles_leaves_the_outbox(db: TenantSession) -> None:
    event = _happened(db)
    handle_event(event, lambda _: None, NOW)
    assert not outbox.is_open(db, event)


def test_the_stream_sends_outbox_rows_as_events_and_nothing_else(db: TenantSession, sent: list[Any]) -> None:
    event = _happened(db)
    row = publish(event)
    image = {"pk": {"S": row.key.pk}, "sk": {"S": row.key.sk}, "data": to_attribute(row.data)}
    other = {"pk": {"S": keys.tenant_settings(db.tenant_id).pk}, "sk": {"S": "TENANT"}}
    assert publish_outbox(iter([image, other])) == 1
    (message,) = sent
    assert outbox.received(message) == event
    assert message["dedup"] == event.id
    assert message["group"] == f"{db.tenant_id}/ORDER#1"


def _due(db: TenantSession, kind: str, subject: str) -> None:
    key = keys.reminders(db.tenant_id, subject)
    db.commit([Put(key=key, kind="x", data={}, indexes=(keys.due_at(db.tenant_id, NOW, kind, subject),))])


def test_due_work_that_failed_makes_room_for_the_rest_and_is_tried_again_later(db: TenantSession) -> None:
    for subject in ("a", "b"):
        _due(db, "reminder", subject)
    done: list[str] = []

    def handler(db: TenantSession, subject: str, now: datetime) -> None:
        if subject == "a" and now == NOW:
            raise RuntimeError("no")
        done.append(subject)
        db.commit([Delete(key=keys.reminders(db.tenant_id, subject))])

    assert run_due(db.tenant_id, lambda _: handler, NOW) == 1
    assert run_due(db.tenant_id, lambda _: handler, NOW) == 0
    assert run_due(db.tenant_id, lambda _: handler, NOW + timedelta(minutes=6)) == 1
    assert done == ["b", "a"]


def test_due_work_of_a_kind_that_nobody_knows_stops_nothing(db: TenantSession) -> None:
    _due(db, "dream", "a")
    _due(db, "reminder", "b")
    done: list[str] = []

    def handler_of(kind: str) -> Any:
        return {"reminder": lambda _, subject, __: done.append(subject)}[kind]

    assert run_due(db.tenant_id, handler_of, NOW) == 1
    assert done == ["b"]


def test_each_minute_every_tenant_is_looked_at(db: TenantSession, sent: list[Any]) -> None:
    open_directory().commit([Put(key=keys.tenant_entry(db.tenant_id), kind="tenant", data={})])
    fan_out(NOW)
    assert {"tenant": db.tenant_id, "at": NOW.isoformat()} in sent
