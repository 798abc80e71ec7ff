"""What moves a SKU's counters in one warehouse: orders, what the ERP confirms of them, and shipments. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.stock.model import Level, WarehouseLevel
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of one warehouse's counters; moves of one SKU add up, so that its row is written once.

    `needs` = what must be available before; `stamped` = the ERP's next older number must not raise the stock; `noted` =
    the edition of the SKU's notes that it was worked out from, where it must still be that one; `begins` = the place
    has no counters yet, and these are its first; `told` = as of when the ERP told what is given here.
    """

    on_hand: Decimal = _ZERO
    allocated: Decimal = _ZERO
    counted: Decimal = _ZERO
    needs: Decimal | None = None
    stamped: bool = False
    noted: int | None = None
    begins: bool = False
    told: datetime | None = None

    @property
    def available(self) -> Decimal:
        return self.on_hand - self.allocated

    def __add__(self, other: Move) -> Move:
        """Both moves at once; what is needed is what the sum takes away."""
        both = Move(
            on_hand=self.on_hand + other.on_hand,
            allocated=self.allocated + other.allocated,
            counted=self.counted + other.counted,
            stamped=self.stamped or other.stamped,
            noted=self.noted if other.noted is None else other.noted,
            begins=self.begins or other.begins,
            told=other.told or self.told,
        )
        if self.needs is None and other.needs is None:
            return both
        return replace(both, needs=-both.available if both.available < 0 else None)


def taken(quantity: Decimal, *, noted: int | None = None, owed: Decimal = _ZERO) -> Move:
    """An order takes it, if it is available; from an arrival only while the notes' edition is `noted`: the order keeps
    the arrival's day. `owed` = what of it its warehouse lacks already, and must be left."""
    return Move(allocated=quantity, needs=quantity + owed, noted=noted)


def no_shorter(level: WarehouseLevel) -> Move:
    """Nothing is moved, if no less is available than was read."""
    return Move(needs=level.available)


def counted(quantity: Decimal) -> Move:
    """The ERP has confirmed that it knows of what the order holds: never deduct it twice (domain §4.4)."""
    return Move(counted=quantity, stamped=True)


def shipped(quantity: Decimal, *, known: bool, reflected: bool) -> Move:
    """It has left. `reflected` = the ERP's last physical number is later than the shipment and has it already."""
    return Move(
        on_hand=_ZERO if reflected else -quantity,
        allocated=-quantity,
        counted=-quantity if known else _ZERO,
        stamped=True,
    )


def erp_changed(change: Decimal, kind: StockKind) -> Move:
    """The ERP itself raised or lowered what an order that it knows holds.

    A free number follows by itself: what is available stays as the ERP said. A physical one does not know of orders.
    """
    return Move(
        on_hand=change if kind is StockKind.FREE else _ZERO,
        allocated=change,
        counted=change,
        stamped=kind is StockKind.FREE,
    )


def is_reflected(level: Level, warehouse: str, kind: StockKind, shipped_at: datetime | None) -> bool:
    """Whether the ERP's last number already lacks what was shipped.

    A free number says nothing of what is physically there; a shipment without a known moment counts as later,
    which can only promise too little, until the ERP's next number.
    """
    told = level.told.get(warehouse)
    return kind is StockKind.PHYSICAL and told is not None and shipped_at is not None and shipped_at <= told
