"""How much of the stock a dealer learns: the quantity, or a word for it. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chalicelib.network.segments import DealerGroup, StockShown
from chalicelib.stock.transit import Coming


class Amount(StrEnum):
    """A quantity in a word."""

    MANY = "many"
    FEW = "few"
    NONE = "none"


Shown = Decimal | Amount
"""What may be said of a quantity: itself, or nothing but a word."""


def is_exact(group: DealerGroup | None) -> bool:
    """Whether a reader is told quantities; the manufacturer's people (no group) are."""
    return group is None or group.stock_shown is StockShown.EXACT


def shown(quantity: Decimal, group: DealerGroup | None) -> Shown:
    """What a dealer of the group is told of a quantity; the manufacturer's people (no group) are told all of it."""
    if group is None or is_exact(group):
        return quantity
    if quantity <= 0:
        return Amount.NONE
    return Amount.FEW if quantity <= group.few_at else Amount.MANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a reader is told of goods on their way. `quantity` None: not how much."""

    due: date
    quantity: Decimal | None


def expected(days: Iterable[Coming], group: DealerGroup | None) -> tuple[Expected, ...]:
    """What a dealer of the group is told of what comes; all of it for the manufacturer's people (no group)."""
    return tuple(Expected(due=one.due, quantity=one.quantity if is_exact(group) else None) for one in days)


def is_there(told: Shown) -> bool:
    """Whether there is any of it."""
    return told is not Amount.NONE if isinstance(told, Amount) else told > 0
