"""Holds that have run out: whoever needs the goods lets go of them, and nobody has to come by before (domain §4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.ordering import store
from chalicelib.ordering.holding import Holding, follow, lasting
from chalicelib.ordering.reservation_store import holding_writes, reservation_from, reservation_key
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.model import Level, Sources
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession


def release_lapsed(
    db: TenantSession, holding: Holding, levels: Mapping[str, Level], now: datetime, *, but: str = ""
) -> bool:
    """Lets go of what other orders than `but` hold no longer of the SKUs that `holding` misses; whether there was
    anything. Each order is a transaction of its own: that its time is over is so whatever becomes of the one who asks.
    """
    lapsed = {order for sku in holding.missing if sku in levels for order in levels[sku].lapsed(now)}
    released = [release(db, order, now) for order in sorted(lapsed - {but})]
    return any(released)


def release(db: TenantSession, order_id: str, now: datetime) -> bool:
    """Everything that the order holds, unless its time was prolonged meanwhile."""
    head_key, held_key = (
        keys.order_head(db.tenant_id, order_id),
        reservation_key(db.tenant_id, order_id),
    )

    def once() -> bool:
        rows = db.get_many((head_key, held_key))
        before = reservation_from(rows.get(held_key))
        if not before.is_lost(now):
            return False
        after = lasting(follow(before, {}, {}, Sources()), before, before.until)
        because = cause(Why.LAPSED, now, number=store.order_from(rows[head_key]).number, order_id=order_id)
        db.commit(holding_writes(db.tenant_id, order_id, after, because))
        return True

    return until_committed(once)
