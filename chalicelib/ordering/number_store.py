"""Numbers of orders: the running one, and which order has which."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.ordering.model import Order
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Add, Equals, Put, Set, Update

ORDER_SEQUENCE = "orders"


def number_taken(tenant_id: str, order: Order) -> Put:
    """The order's number is its own for ever, whatever becomes of the counter."""
    return Put(key=keys.number_guard(tenant_id, order.number), kind="guard", data={"order": order.id}, version=0)


def order_of_number(db: TenantSession, number: str) -> str | None:
    """The id of the order with this number."""
    record = db.get(keys.number_guard(db.tenant_id, number))
    return None if record is None else record.data.get("order")


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
