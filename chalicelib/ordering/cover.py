"""Whether the stock still has what an order holds. Pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.ordering.holding import Held, Reservation
from chalicelib.stock.model import Level

_ZERO = Decimal(0)
_NOTHING = Held(quantity=_ZERO)


def covered(reservation: Reservation, level: Level, among: Sequence[str]) -> Decimal:
    """How much of a SKU the order can have now: what the given warehouses (all if empty) have available, and what it
    holds itself. A hold counts for nothing where the ERP has lowered the stock beneath it."""
    held = reservation.held.get(level.sku, {})
    own = set(among or level.warehouses)
    total = _ZERO
    for name in own | held.keys():
        here = held.get(name, _NOTHING).quantity
        free = level.warehouses[name].available if name in level.warehouses else _ZERO
        total += max(_ZERO, free + here) if name in own else max(_ZERO, min(here, free + here))
    return total
