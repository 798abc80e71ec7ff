"""What a SKU's counters become when the ERP tells its stock, or people note what is to come and what is kept back.
Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.stock.model import Level, WarehouseLevel
from chalicelib.stock.transit import ByHand
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What an ERP message makes of one warehouse: the counters that were read and the new ones."""

    warehouse: str
    before: WarehouseLevel | None
    after: WarehouseLevel

    @property
    def gained(self) -> Decimal:
        """By how much more is on hand."""
        return self.after.on_hand - (self.before.on_hand if self.before else _ZERO)


def restate(
    level: Level,
    quantities: Mapping[str, Decimal],
    *,
    kind: StockKind,
    as_of: datetime,
    safety: Decimal = _ZERO,
    complete: bool = False,
) -> tuple[Restated, ...]:
    """What differs after the ERP's message; nothing when it says what is known, or is older than what it said before.

    `complete` = warehouses that the message does not name are empty. A message older than our last `moved_at` may
    only lower the stock: whether it knew of the move cannot be told, and the ERP sends the SKU again once it does.
    None of a SKU in a warehouse that never had it is no news. `safety` is the tenant's; the SKU's own goes before it.
    """
    safety = safety if level.by_hand.safety is None else level.by_hand.safety
    wanted = dict(quantities)
    if complete:
        wanted |= {name: _ZERO for name in level.warehouses if name not in wanted}
    late = level.is_late(as_of)
    changes = []
    for name, quantity in sorted(wanted.items()):
        told = level.told.get(name)
        if told is not None and as_of < told:
            continue
        before = level.warehouses.get(name)
        if before is None and quantity == 0:
            continue
        allocated, known = (before.allocated, before.counted) if before else (_ZERO, _ZERO)
        on_hand = quantity + known if kind is StockKind.FREE else quantity
        if late and before is not None:
            on_hand = min(on_hand, before.on_hand)
        after = WarehouseLevel(on_hand, allocated, known, on_hand - allocated - safety)
        if after != before:
            changes.append(Restated(warehouse=name, before=before, after=after))
    return tuple(changes)


def arriving(level: Level, noted: ByHand) -> dict[str, WarehouseLevel]:
    """The arrivals' counters once `noted` is what people say of the SKU. What has come, or was called off, is promised
    to nobody any more, and stays as long as orders have a promise of it."""
    out = {}
    for one in noted.arrivals:
        before = level.arriving.get(one.place, WarehouseLevel(_ZERO))
        out[one.place] = replace(before, on_hand=one.quantity, available=one.quantity - before.allocated)
    came = {one.place for one in noted.came}
    for place, before in level.arriving.items():
        if place not in out and before.allocated:
            rest = before.allocated if place in came else _ZERO
            out[place] = replace(before, on_hand=rest, available=rest - before.allocated)
    return out


def kept_back(level: Level, safety: Decimal) -> tuple[Restated, ...]:
    """What differs once `safety` is what is never promised of the SKU in each warehouse."""
    changes = []
    for name, before in sorted(level.warehouses.items()):
        after = replace(before, available=before.on_hand - before.allocated - safety)
        if after != before:
            changes.append(Restated(warehouse=name, before=before, after=after))
    return tuple(changes)
