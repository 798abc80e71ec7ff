"""Orders in the tables, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.billing.model import OrderDocument
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.ordering.model import Happening, Order, OrderLine, Shipment
from chalicelib.storage import codec, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Page, Record, TenantSession
from chalicelib.storage.writes import Absent, Put, audit, publish


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
