"""How much of the stock a dealer learns: the quantity, or a word for it. Pure rules."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from chalicelib.network.segments import DealerGroup, StockShown


class Amount(StrEnum):
    """A quantity in a word."""

    MANY = "many"
    FEW = "few"
    NONE = "none"


Shown = Decimal | Amount
"""What may be said of a quantity: itself, or nothing but a word."""


def shown(quantity: Decimal, group: DealerGroup | None) -> Shown:
    """What a dealer of the group is told of a quantity; the manufacturer's people (no group) are told all of it."""
    if group is None or group.stock_shown is StockShown.EXACT:
        return quantity
    if quantity <= 0:
        return Amount.NONE
    return Amount.FEW if quantity <= group.few_at else Amount.MANY


def is_there(told: Shown) -> bool:
    """Whether there is any of it."""
    return told is not Amount.NONE if isinstance(told, Amount) else told > 0
