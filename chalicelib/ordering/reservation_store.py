"""What orders hold of the stock, in the stock table."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.ordering.holding import Holding, Reservation
from chalicelib.ordering.model import Happening, Order
from chalicelib.stock import store as stock_store
from chalicelib.stock.journal import Cause, Why
from chalicelib.stock.journal_store import moved_put
from chalicelib.stock.transit import Coming, Ordered
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Delete, Equals, Put, Write


def reservation_key(tenant_id: str, order_id: str) -> Key:
    return keys.reservation(tenant_id, order_id, 0)


def reservation_from(record: Record | None) -> Reservation:
    return replace(record.load(Reservation), version=record.version) if record else Reservation()


def load_reservation(db: TenantSession, order_id: str) -> Reservation:
    return reservation_from(db.get(reservation_key(db.tenant_id, order_id)))


def reservation_put(tenant_id: str, order_id: str, reservation: Reservation) -> Put | Delete:
    """What the order holds, and has on order, from now on; no row for nothing, unless it says when that ran out."""
    key = reservation_key(tenant_id, order_id)
    nothing = not reservation.held and not reservation.on_order and reservation.until is None
    if nothing and reservation.version:
        return Delete(key=key, when=(Equals(("version",), reservation.version),))
    return Put(key=key, kind="reservation", data=reservation, version=reservation.version)


def holding_writes(tenant_id: str, order_id: str, holding: Holding, because: Cause) -> list[Write]:
    """What the order holds from now on, as it changes: the reservation, one write a SKU in the SKUs' order (domain
    §4.2), and one that notes them for the nightly check."""
    after, moves, timed = holding.reservation, holding.moves, holding.timed
    skus = sorted({*moves, *timed, *holding.lacking, *holding.ordered})
    if not skus and after.held:
        return []
    kept = after.version or after.held or after.on_order or after.until
    own = [reservation_put(tenant_id, order_id, after)] if kept else []
    notes = {sku: {order_id: hold} for sku, hold in timed.items()}
    lacking = {sku: {order_id: lacks} for sku, lacks in holding.lacking.items()}
    ordered = {sku: {order_id: _ordered(made, because)} for sku, made in holding.ordered.items()}
    rows = [
        stock_store.first_row(tenant_id, sku, ordered[sku])
        if sku in holding.untold
        else stock_store.move(
            tenant_id,
            sku,
            moves.get(sku, {}),
            because,
            timed=notes.get(sku),
            lacking=lacking.get(sku),
            ordered=ordered.get(sku),
        )
        for sku in skus
    ]
    return [*own, *rows, *([moved_put(tenant_id, because, skus)] if moves or ordered else [])]


def _ordered(made: Coming | None, because: Cause) -> Ordered | None:
    return Ordered(number=because.number, quantity=made.quantity, due=made.due) if made else None


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
