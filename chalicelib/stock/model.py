"""Stock of a SKU by warehouse, and what moves it (domain §4). Pure rules.

For each warehouse: `available` = `on_hand` − `allocated` − safety. `allocated` is what orders hold, `counted` the part
of it that the ERP has confirmed to know. `available` is stored because storage conditions have no arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.stock.transit import Arrival, ByHand, Coming, Ordered, coming, is_arrival
from chalicelib.tenancy.model import StockKind

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
