"""Stock of a SKU by warehouse (domain §4). Pure rules; `moving` and `restating` say what becomes of it.

For each warehouse: `available` = `on_hand` − `allocated` − safety. `allocated` is what orders hold, `counted` the part
of it that the ERP has confirmed to know. `available` is stored because storage conditions have no arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.stock.transit import Arrival, ByHand, Coming, Ordered, coming, is_arrival

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class WarehouseLevel:
    """Quantities in the SKU's unit. `available` may be negative: the ERP's stock or changes may be."""

    on_hand: Decimal
    allocated: Decimal = _ZERO
    counted: Decimal = _ZERO
    available: Decimal = _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedHold:
    """What an order holds of a SKU until a moment, by warehouse. From that moment on it is free for everybody."""

    until: datetime
    held: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where goods for an order may come from: `warehouses` in the order of use, none named = all of them;
    `arrivals_from` = what is to come there from this day on may be ordered too, None: only what is there."""

    warehouses: tuple[str, ...] = ()
    arrivals_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """All warehouses of a SKU, and `arriving` by their places its arrivals: there what is still to come is on hand,
    what orders have a promise of is allocated. `told` = as of when the ERP last spoke of a warehouse; `moved_at` = when
    an order that the ERP knows, or a shipment, last changed what the ERP's number means. `timed` = by order, what is
    held for a time only; `lacking` = orders that lost some of it and may take it again; `ordered` = by order what is to
    be made or brought for it, which is no part of any counter. Of its journal there are
    `pages` (None: the row is older than journals, and has made none yet), and `waiting` movements that are on none.
    `version` 0 = there is no row of it."""

    sku: str
    warehouses: Mapping[str, WarehouseLevel]
    arriving: Mapping[str, WarehouseLevel] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)
    moved_at: datetime | None = None
    timed: Mapping[str, TimedHold] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()  # the oldest order first
    ordered: Mapping[str, Ordered] = field(default_factory=dict)  # the oldest order first
    pages: int | None = 0
    waiting: int = 0
    by_hand: ByHand = field(default_factory=ByHand)
    version: int = 0  # filled from the stored row

    def available(self, among: Sequence[str] = ()) -> Decimal:
        """What can be promised from the given warehouses (all if empty); one that is short does not lessen another."""
        names = among or tuple(self.warehouses)
        return sum(
            (self.warehouses[name].available for name in names if self._has(name)),
            _ZERO,
        )

    @property
    def on_order(self) -> Decimal:
        """How much is to be made or brought for orders in all."""
        return sum((one.quantity for one in self.ordered.values()), _ZERO)

    def promised(self, arrival: Arrival) -> Decimal:
        """How much of an arrival orders have a promise of."""
        row = self.arriving.get(arrival.place)
        return row.allocated if row else _ZERO

    def coming(self, today: date, among: Sequence[str] = ()) -> tuple[Coming, ...]:
        """What will come to the given warehouses (all if empty) that nobody has a promise of, by day, the first one
        first; nothing that is overdue."""
        known = self.unpromised(today)
        free = (replace(one, quantity=max(_ZERO, known.get(one.place, one.quantity))) for one in self.by_hand.arrivals)
        return coming(free, today, among)

    def unpromised(self, day: date) -> dict[str, Decimal]:
        """By the place of each arrival that is not overdue how much of it may be promised: what its warehouse lacks
        already will not be free once it comes, and lessens the first arrivals."""
        owed = {name: max(_ZERO, -row.available) for name, row in self.warehouses.items()}
        out = {}
        for one in self.by_hand.arrivals:
            if one.place in self.arriving and not one.is_overdue(day):
                free = self.arriving[one.place].available
                part = max(_ZERO, min(free, owed.get(one.warehouse, _ZERO)))
                out[one.place] = free - part
                owed[one.warehouse] = owed.get(one.warehouse, _ZERO) - part
        return out

    def may_come(self, sources: Sources) -> tuple[Arrival, ...]:
        """Arrivals that may be ordered, the first to come first."""
        if sources.arrivals_from is None:
            return ()
        day, among = sources.arrivals_from, sources.warehouses
        return tuple(
            one
            for one in self.by_hand.arrivals
            if one.place in self.arriving and not one.is_overdue(day) and (not among or one.warehouse in among)
        )

    def may_be_taken(self, sources: Sources) -> dict[str, Decimal]:
        """By place how much there is for an order, less than none where it is short; arrivals only if they may be
        ordered."""
        day, known = sources.arrivals_from, {name: row.available for name, row in self.warehouses.items()}
        return known if day is None else known | self.unpromised(day)

    def is_late(self, as_of: datetime) -> bool:
        """Whether a number of the ERP is older than our last `moved_at`: if it knew of the move cannot be told."""
        return self.moved_at is not None and as_of < self.moved_at

    def lapsed(self, now: datetime) -> tuple[str, ...]:
        """Orders whose hold has run out and whose goods nobody has needed since."""
        return tuple(order for order, hold in self.timed.items() if hold.until <= now)

    def as_of(self, now: datetime, *, but: str = "") -> Level:
        """The level with what has run out counted as free: expiry is a condition at read time (domain §4.3). The hold
        of the order `but` stays its own."""
        lapsed = self.lapsed(now)
        if not lapsed:
            return self
        places = {**self.warehouses, **self.arriving}
        for order in lapsed:
            for name, quantity in self.timed[order].held.items() if order != but else ():
                row = places[name]
                places[name] = replace(row, allocated=row.allocated - quantity, available=row.available + quantity)
        arriving = {name: row for name, row in places.items() if is_arrival(name)}
        warehouses = {name: row for name, row in places.items() if not is_arrival(name)}
        return replace(self, warehouses=warehouses, arriving=arriving)

    def _has(self, name: str) -> bool:
        return name in self.warehouses and self.warehouses[name].available > 0


def nothing(sku: str) -> Level:
    """A SKU whose stock nobody has told."""
    return Level(sku=sku, warehouses={})


def spread(level: Level, quantity: Decimal, sources: Sources) -> dict[str, Decimal]:
    """How much to take from which place, as far as there is: warehouses first, then what comes, the earliest first.

    The given warehouses are used up in their order. With none given, the fullest come first, so that an order is
    split over as few warehouses as can be.
    """
    fullest = sorted(level.warehouses, key=lambda name: (-level.warehouses[name].available, name))
    places, rest, taken = level.may_be_taken(sources), quantity, {}
    for name in (*(sources.warehouses or fullest), *(one.place for one in level.may_come(sources))):
        part = min(rest, places.get(name, _ZERO))
        if part > 0:
            taken[name] = part
            rest -= part
    return taken
