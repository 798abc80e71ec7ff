"""What an order's history says of goods on their way, and who is told (docs/adr/0026): rows for the transaction that
moves what the order holds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from chalicelib.kernel.ids import new_id
from chalicelib.ordering import arriving, store
from chalicelib.ordering.arriving import Changed
from chalicelib.ordering.holding import Holding, Reservation
from chalicelib.ordering.model import Happening
from chalicelib.ordering.states import Side
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.transit import Arrival
from chalicelib.storage.writes import Write

_ZERO = Decimal(0)


def came(
    tenant_id: str,
    file: OrderFile,
    before: Reservation,
    after: Holding,
    arrival: Arrival,
    change: Changed,
    now: datetime,
) -> list[Write]:
    """An arrival's goods are held in their warehouse now, or have come and wait for the ERP."""
    own, sku = before.held[change.sku][arrival.place], change.sku
    left = after.reservation.held.get(sku, {}).get(arrival.place)
    if left is not None and left.came and not own.came:
        return _entry(tenant_id, file, change, "arrival_came", left.quantity, now)
    there = own.quantity - (left.quantity if left else _ZERO)
    return _entry(tenant_id, file, change, "arrival_there", there, now)


def taken_again(
    tenant_id: str, file: OrderFile, before: Reservation, after: Holding, change: Changed, now: datetime
) -> list[Write]:
    """Some of what the order lacked is held, or promised, again; nothing where it lacks no more."""
    had = after.reservation.total(change.sku) - before.total(change.sku)
    return _entry(tenant_id, file, change, "arrival_again", had, now) if had else []


def lost(
    tenant_id: str,
    file: OrderFile,
    before: Reservation,
    after: Holding,
    place: str,
    change: Changed,
    now: datetime,
) -> list[Write]:
    """A promise of an arrival is another one, of another day, or none: the managers are told of an order that is short,
    the dealer of one that comes later, or of which some is on order now."""
    lacking = sum((short.wanted - short.available for short in after.short), _ZERO)
    kind = "arrival_covered" if arriving.in_stock(after) else "arrival_later"
    if lacking or after.reordered:
        kind = "arrival_short" if lacking else "arrival_on_order"
    quantity, days = lacking, {}
    if kind == "arrival_on_order":
        made = after.reservation.on_order[change.sku]
        quantity, days = made.quantity, {"due": made.due.isoformat()}
    if kind == "arrival_later":
        days = {
            "was": _day(before, change.sku, place),
            "due": _day(after.reservation, change.sku, *_taken(after, place)),
        }
    was, now_due = arriving.last_arrival(before), arriving.last_arrival(after.reservation)
    later = was is not None and now_due is not None and now_due > was
    event = "order.short" if lacking else "order.reordered" if after.reordered else "order.delayed" if later else None
    entry = _happening(file, change, kind, quantity, now, **days)
    return [
        *_noted(tenant_id, file, change, entry),
        *([store.told(tenant_id, file.order, event, now, happening=entry.id)] if event else []),
    ]


def _taken(after: Holding, place: str) -> list[str]:
    """The places that the order takes from instead; the same one, where only its day is another."""
    moves = after.moves.get(next(iter(after.moves), ""), {})
    return [name for name, move in moves.items() if move.allocated > 0] or [place]


def _day(reservation: Reservation, sku: str, *places: str) -> str:
    days = (reservation.held[sku][place].due for place in places)
    return max((day for day in days if day is not None), default=date.min).isoformat()


def _entry(
    tenant_id: str, file: OrderFile, change: Changed, kind: str, quantity: Decimal, now: datetime
) -> list[Write]:
    return _noted(tenant_id, file, change, _happening(file, change, kind, quantity, now))


def _happening(
    file: OrderFile, change: Changed, kind: str, quantity: Decimal, now: datetime, **params: str
) -> Happening:
    line = next(one for one in file.lines if one.sku == change.sku)
    amount = f"{quantity.normalize():f} {line.unit}".strip()
    return Happening(
        id=new_id(now),
        kind=kind,
        at=now,
        side=Side.STAFF if change.actor_id else Side.ERP,
        actor_id=change.actor_id,
        actor_name=change.actor_name,
        params={"article": line.article or line.name, "quantity": amount, **params},
    )


def _noted(tenant_id: str, file: OrderFile, change: Changed, entry: Happening) -> list[Write]:
    action, who = f"order.{entry.kind}", change.actor_id or Side.ERP
    return [
        store.happening_put(tenant_id, file.order.id, entry),
        store.audited(tenant_id, file.order, action, who, entry.at, sku=change.sku),
    ]
