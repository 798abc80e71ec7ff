"""Orders that wait for somebody: the manager's queue, and the one for the ERP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.ordering.model import Order
from chalicelib.storage import keys
from chalicelib.storage.session import Page, Record, TenantSession
from chalicelib.storage.writes import Delete, Equals, Present, Put, Set, Update


class Queue(StrEnum):
    """Work queues that orders stand in."""

    MODERATION = "moderation"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An order in a work queue, with what the queue's list shows. `offered` = the ERP has been given it to read."""

    order_id: str
    number: str
    party_id: str
    party_name: str
    contract_id: str
    contract_number: str
    entity_id: str
    gross: Decimal
    currency: str
    line_count: int
    first_line: str
    edition: int
    since: datetime
    offered: bool = False


def task_of(order: Order, since: datetime, *, offered: bool = False) -> Task:
    return Task(
        order_id=order.id,
        number=order.number,
        party_id=order.party_id,
        party_name=order.party_name,
        contract_id=order.contract_id,
        contract_number=order.contract_number,
        entity_id=order.entity_id,
        gross=order.gross,
        currency=order.currency,
        line_count=order.line_count,
        first_line=order.first_line,
        edition=order.edition,
        since=since,
        offered=offered,
    )


def task_put(tenant_id: str, queue: Queue, task: Task) -> Put:
    """Puts the order into the queue, or brings its task up to date; its place is by `since`."""
    place = keys.task_place(tenant_id, queue, task.since, task.order_id)
    return Put(key=keys.task(tenant_id, queue, task.order_id), kind="task", data=task, indexes=(place,))


def task_delete(tenant_id: str, queue: Queue, order_id: str) -> Delete:
    return Delete(key=keys.task(tenant_id, queue, order_id))


def never_offered(tenant_id: str, order_id: str) -> Delete:
    """Takes the order out of the queue for the ERP, on condition that the ERP has not been given it."""
    not_offered = Equals(("data", "offered"), False)
    return Delete(key=keys.task(tenant_id, Queue.EXPORT, order_id), when=(Present(), not_offered))


def offered(tenant_id: str, order_id: str) -> Update:
    """The ERP is about to read the order: from now on it may know of it, even if it never says so."""
    return Update(key=keys.task(tenant_id, Queue.EXPORT, order_id), changes=(Set(("data", "offered"), True),))


def queue_page(db: TenantSession, queue: Queue, *, limit: int | None = None, after: str | None = None) -> Page:
    """Tasks of a queue, oldest first."""
    return db.query(keys.work(db.tenant_id, queue), limit=limit, after=after)


def task_from(record: Record) -> Task:
    return record.load(Task)
