"""Orders, their holds and tasks in the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.billing.model import OrderDocument
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.ordering.holding import Holding, Reservation
from chalicelib.ordering.model import Happening, Order, OrderLine, Shipment
from chalicelib.stock import store as stock_store
from chalicelib.stock.journal import Cause, Why
from chalicelib.stock.journal_store import moved_put
from chalicelib.storage import codec, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Page, Record, TenantSession
from chalicelib.storage.writes import Absent, Add, Delete, Equals, Present, Put, Set, Update, Write, audit, publish

ORDER_SEQUENCE = "orders"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    """Everything of one order. `editions` holds the lines by edition, `happenings` the history, oldest first,
    `erp_words` when the ERP formed its last word on the order ("") or on a document of it."""

    order: Order
    editions: Mapping[int, tuple[OrderLine, ...]]
    happenings: tuple[Happening, ...]
    documents: tuple[OrderDocument, ...]
    shipments: tuple[Shipment, ...]
    erp_words: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[OrderLine, ...]:
        return self.editions[self.order.edition]

    @property
    def live_lines(self) -> tuple[OrderLine, ...]:
        return tuple(line for line in self.lines if line.is_live)


# --- orders --------------------------------------------------------------------------------------


def order_from(record: Record) -> Order:
    return replace(record.load(Order), version=record.version)


def lines_from(record: Record) -> tuple[OrderLine, ...]:
    return tuple(codec.load(OrderLine, line) for line in record.data["lines"])


def load_order(db: TenantSession, order_id: str, actor: Actor | None = None) -> OrderFile:
    """The whole order in one round trip; NotFound if there is none, or if it is not the dealer's who asks."""
    head: Order | None = None
    editions: dict[int, tuple[OrderLine, ...]] = {}
    happenings: list[Happening] = []
    documents: list[OrderDocument] = []
    shipments: list[Shipment] = []
    words: dict[str, str] = {}
    for record in db.query_all(keys.order(db.tenant_id, order_id), consistent=True):
        match record.kind:
            case "order":
                head = order_from(record)
            case "order_lines":
                editions[int(record.data["edition"])] = lines_from(record)
            case "order_event":
                happenings.append(record.load(Happening))
            case "order_document":
                documents.append(record.load(OrderDocument))
            case "shipment":
                shipments.append(record.load(Shipment))
            case "erp_word":
                words[str(record.data["about"])] = str(record.data["formed"])
    if head is None or not is_visible(head, actor):
        raise NotFound()
    return OrderFile(
        order=head,
        editions=editions,
        happenings=tuple(happenings),
        documents=tuple(documents),
        shipments=tuple(shipments),
        erp_words=words,
    )


def is_visible(order: Order, actor: Actor | None) -> bool:
    """A dealer's person sees only the own counterparty's orders."""
    return actor is None or not actor.is_dealer or order.party_id == actor.party_id


def order_put(tenant_id: str, order: Order) -> Put:
    """The head under the lock of `order.version` (0 = new)."""
    places = [
        keys.order_by_party(tenant_id, order.party_id, order.created, order.id),
        keys.order_by_month(tenant_id, order.month, order.created, order.id),
    ]
    if order.held or not order.state.is_final:
        places.append(keys.open_order(tenant_id, order.created, order.id))
    return Put(
        key=keys.order_head(tenant_id, order.id), kind="order", data=order, indexes=tuple(places), version=order.version
    )


def lines_put(tenant_id: str, order: Order, lines: Sequence[OrderLine]) -> Put:
    """The lines of the order's current edition; the head's lock guards them."""
    data = {"edition": order.edition, "lines": [codec.dump(line) for line in lines]}
    return Put(key=keys.order_lines(tenant_id, order.id, order.edition, 0), kind="order_lines", data=data)


def happening_put(tenant_id: str, order_id: str, happening: Happening) -> Put:
    key = keys.order_event(tenant_id, order_id, happening.at, happening.id)
    return Put(key=key, kind="order_event", data=happening)


def shipment_put(tenant_id: str, order_id: str, shipment: Shipment) -> Put:
    key = keys.order_document(tenant_id, order_id, "shipment", shipment.id)
    return Put(key=key, kind="shipment", data=shipment)


def erp_word_put(tenant_id: str, order_id: str, about: str, formed: str) -> Put:
    """When the ERP formed what it last said of the order, or of a document of it."""
    key = keys.erp_word(tenant_id, order_id, about)
    return Put(key=key, kind="erp_word", data={"about": about, "formed": formed})


def number_taken(tenant_id: str, order: Order) -> Put:
    """The order's number is its own for ever, whatever becomes of the counter."""
    return Put(key=keys.number_guard(tenant_id, order.number), kind="guard", data={"order": order.id}, version=0)


def order_of_number(db: TenantSession, number: str) -> str | None:
    """The id of the order with this number."""
    record = db.get(keys.number_guard(db.tenant_id, number))
    return None if record is None else record.data.get("order")


def open_orders(db: TenantSession, *, limit: int | None = None, after: str | None = None) -> Page:
    """Heads of orders that are not closed, or still to be invoiced, newest first."""
    return db.query(keys.open_orders(db.tenant_id), newest_first=True, limit=limit, after=after)


def party_orders(
    db: TenantSession,
    party_id: str,
    *,
    limit: int,
    after: str | None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page:
    """Heads of a dealer's orders, newest first; those placed between two moments if given."""
    return db.query(
        keys.party_orders(db.tenant_id, party_id),
        newest_first=True,
        limit=limit,
        after=after,
        since=stamp(since) if since else None,
        until=stamp(until) if until else None,
    )


def month_orders(db: TenantSession, month: str, *, limit: int, after: str | None) -> Page:
    """Heads of the orders of a month (`2026-11`, by the tenant's calendar), newest first."""
    return db.query(keys.month_orders(db.tenant_id, month), newest_first=True, limit=limit, after=after)


# --- the running number --------------------------------------------------------------------------


def sequence_key(tenant_id: str) -> Key:
    return keys.sequence(tenant_id, ORDER_SEQUENCE)


def last_number(record: Record | None) -> int:
    """The last running number given; 0 before the first."""
    return int(record.n["last"]) if record else 0


def number_given(tenant_id: str, record: Record | None, number: int) -> Put | Update:
    """Moves the counter to `number`, on condition that nobody has since it was read."""
    key, last = sequence_key(tenant_id), last_number(record)
    if record is None:
        return Put(key=key, kind="sequence", data={}, counters={"last": Decimal(number)}, version=0)
    when = (Equals(("n", "last"), Decimal(last)),)
    return Update(key=key, changes=(Set(("n", "last"), Decimal(number)),), when=when)


def number_drawn(db: TenantSession) -> int:
    """The next running number, taken for good: a gap in the numbers if no order comes of it."""
    key = sequence_key(db.tenant_id)
    return last_number(db.change(Update(key=key, changes=(Add(("n", "last"), Decimal(1)),))))


# --- what is held --------------------------------------------------------------------------------


def reservation_key(tenant_id: str, order_id: str) -> Key:
    return keys.reservation(tenant_id, order_id, 0)


def reservation_from(record: Record | None) -> Reservation:
    return replace(record.load(Reservation), version=record.version) if record else Reservation()


def reservation_put(tenant_id: str, order_id: str, reservation: Reservation) -> Put | Delete:
    """What the order holds from now on; no row for nothing, unless it says when that ran out."""
    key = reservation_key(tenant_id, order_id)
    if not reservation.held and reservation.until is None and reservation.version:
        return Delete(key=key, when=(Equals(("version",), reservation.version),))
    return Put(key=key, kind="reservation", data=reservation, version=reservation.version)


def holding_writes(tenant_id: str, order_id: str, holding: Holding, because: Cause) -> list[Write]:
    """What the order holds from now on, as it changes: the reservation, one write a SKU in the SKUs' order (domain
    §4.2), and one that notes them for the nightly check."""
    after, moves, timed = holding.reservation, holding.moves, holding.timed
    skus = sorted({*moves, *timed})
    if not skus and after.held:
        return []
    own = [reservation_put(tenant_id, order_id, after)] if after.version or after.held or after.until else []
    notes = {sku: {order_id: hold} for sku, hold in timed.items()}
    rows = [stock_store.move(tenant_id, sku, moves.get(sku, {}), because, timed=notes.get(sku)) for sku in skus]
    return [*own, *rows, *([moved_put(tenant_id, because, skus)] if moves else [])]


def because(order: Order, happening: Happening) -> Cause:
    """Why the stock moves with what happened to the order."""
    return Cause(
        id=happening.id,
        why=Why(happening.kind),
        number=order.number,
        order_id=order.id,
        actor_id=happening.actor_id,
        actor_name=happening.actor_name,
    )


# --- tasks ---------------------------------------------------------------------------------------


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


# --- what is told --------------------------------------------------------------------------------


def told(tenant_id: str, order: Order, name: str, now: datetime, **data: str) -> Put:
    """The outbox's row of what happened to the order."""
    facts = {"order": order.id, "party": order.party_id, **data}
    event = Event(id=new_id(now), tenant_id=tenant_id, name=name, aggregate=f"order/{order.id}", at=now, data=facts)
    return publish(event)


def audited(tenant_id: str, order: Order, action: str, actor_id: str, now: datetime, **detail: str) -> Put:
    return audit(
        tenant_id,
        f"order/{order.id}",
        action=action,
        actor_id=actor_id,
        at=now,
        entry_id=new_id(now),
        detail={"number": order.number, **detail},
    )


# --- the ERP's ids -------------------------------------------------------------------------------


def erp_id_key(tenant_id: str, document_id: str) -> Key:
    return keys.external_id(tenant_id, "1c", "order", document_id)


def erp_id_taken(tenant_id: str, document_id: str, order_id: str) -> Put:
    return Put(key=erp_id_key(tenant_id, document_id), kind="external_id", data={"id": order_id}, when=(Absent(),))
