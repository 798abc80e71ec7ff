"""What an order holds of the stock, and how that follows its lines (domain §4). Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.ordering.model import OrderLine
from chalicelib.stock import model as stock
from chalicelib.stock import moving
from chalicelib.stock.model import Level, Sources, TimedHold
from chalicelib.stock.moving import Move
from chalicelib.stock.transit import Coming

_ZERO = Decimal(0)
Moves = dict[str, dict[str, Move]]
"""SKU → place → what changes there; a place is a warehouse, or an arrival that is to come (docs/adr/0026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """`quantity` held in one place, of which the ERP has counted `known`. `due` = the day that an arrival is to come,
    None: it is in the warehouse. `came` = it has come, and the ERP has yet to tell of it."""

    quantity: Decimal
    known: Decimal = _ZERO
    due: date | None = None
    came: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """SKU → place → what the order holds there, or has a promise of. `on_order` = by SKU what is to be made or brought
    for it, and by when (docs/adr/0027): that is no hold.

    `until` = the moment from which on others may have it (domain §4.3); None: no such moment. One that ran out and was
    needed by others holds nothing and still says when it was.
    """

    held: Mapping[str, Mapping[str, Held]] = field(default_factory=dict)
    on_order: Mapping[str, Coming] = field(default_factory=dict)
    until: datetime | None = None
    version: int = 0  # filled from the stored row

    def has_lapsed(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now

    def is_lost(self, now: datetime) -> bool:
        """Whether it still says what it held, and its time is over."""
        return bool(self.held) and self.has_lapsed(now)

    @property
    def holds(self) -> bool:
        """Whether there is anything that it may lose once its time is over: not where all is on order."""
        return bool(self.held) or not self.on_order

    @property
    def waits(self) -> bool:
        """Whether it has a promise of goods on their way."""
        return any(part.due for parts in self.held.values() for part in parts.values())

    def total(self, sku: str) -> Decimal:
        return sum((part.quantity for part in self.held.get(sku, {}).values()), _ZERO)

    def to_be_made(self, sku: str) -> Decimal:
        return self.on_order[sku].quantity if sku in self.on_order else _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A SKU of which there is too little: what was wanted in all and what could be had in all."""

    sku: str
    wanted: Decimal
    available: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an order holds after a change, the stock's moves that make it so, and what was too little. `timed` = by SKU
    what the stock is to note of what is held for a time only, where that changes (None: nothing now); `lacking` = by
    SKU whether it is to note that the order lacks some, and takes it once there is more; `ordered` = by SKU what the
    stock is to note of what is on order, where that changes (None: nothing now), though nothing may move; of `untold`
    ones it has no row yet."""

    reservation: Reservation
    moves: Moves
    short: tuple[Short, ...] = ()
    timed: Mapping[str, TimedHold | None] = field(default_factory=dict)
    lacking: Mapping[str, bool] = field(default_factory=dict)
    ordered: Mapping[str, Coming | None] = field(default_factory=dict)
    untold: frozenset[str] = frozenset()

    @property
    def reordered(self) -> bool:
        """Whether what is on order changes."""
        return bool(self.ordered)

    @property
    def missing(self) -> frozenset[str]:
        """SKUs of which the stock has less than is wanted."""
        return frozenset((*(one.sku for one in self.short), *self.reservation.on_order))


def wanted(lines: Iterable[OrderLine]) -> dict[str, Decimal]:
    """How much of each SKU the lines still need to hold: what has left needs no hold, nor do services."""
    out: dict[str, Decimal] = {}
    for line in lines:
        if rest := wanted_of(line):
            out[line.sku] = out.get(line.sku, _ZERO) + rest
    return out


def wanted_of(line: OrderLine) -> Decimal:
    """How much one line still needs to hold."""
    return max(_ZERO, line.quantity - line.shipped) if line.is_live and not line.service else _ZERO


def ready_by(lines: Iterable[OrderLine], day: date) -> dict[str, date]:
    """When what is ordered on a day is there, of the SKUs that are on order; the latest of a SKU's lines."""
    days: dict[str, int] = {}
    for line in lines:
        if line.is_live and line.lead_days is not None:
            days[line.sku] = max(line.lead_days, days.get(line.sku, 0))
    return {sku: day + timedelta(days=count) for sku, count in days.items()}


def on_order(before: Coming | None, rest: Decimal, ready: date) -> Coming:
    """What is on order once `rest` of a SKU is: by when it was promised, unless more is wanted than was."""
    return Coming(quantity=rest, due=before.due if before and rest <= before.quantity else ready)


def follow(
    before: Reservation,
    quantities: Mapping[str, Decimal],
    levels: Mapping[str, Level],
    sources: Sources,
    ready: Mapping[str, date] | None = None,
) -> Holding:
    """Holds exactly `quantities`: what is missing is taken as far as there is, what is too much given back. The rest of
    the SKUs that are on order, by `ready_by`, is so; every other one that is short is named. What the order holds
    already never counts against it (domain §4.3)."""
    held = {sku: dict(parts) for sku, parts in before.held.items()}
    moves: Moves = {}
    short = []
    made: dict[str, Coming] = {}
    for sku in sorted({*held, *quantities}):
        have, want = before.total(sku), quantities.get(sku, _ZERO)
        if want > have:
            taken = take(held.setdefault(sku, {}), want - have, levels.get(sku, stock.nothing(sku)), sources)
            if taken:
                moves[sku] = taken
            could = sum((part.quantity for part in held[sku].values()), _ZERO)
            if could < want and ready and sku in ready:
                made[sku] = on_order(before.on_order.get(sku), want - could, ready[sku])
            elif could < want:
                short.append(Short(sku=sku, wanted=want, available=could))
        elif want < have:
            moves[sku] = let_go(held[sku], have - want)
    untold = frozenset(sku for sku in made if not levels.get(sku, stock.nothing(sku)).version)
    return replace(changed(before, held, made, moves), short=tuple(short), untold=untold)


def lasting(holding: Holding, before: Reservation, until: datetime | None) -> Holding:
    """The holding until a moment; None: without end."""
    after = replace(holding.reservation, until=until)
    noted, wanted_notes = _notes(before), _notes(after)
    changed = {
        sku: wanted_notes.get(sku) for sku in sorted({*noted, *wanted_notes}) if noted.get(sku) != wanted_notes.get(sku)
    }
    return replace(holding, reservation=after, timed=changed)


def _notes(reservation: Reservation) -> dict[str, TimedHold]:
    """What the stock notes of a reservation with an end, by SKU."""
    if reservation.until is None:
        return {}
    return {
        sku: TimedHold(until=reservation.until, held={name: part.quantity for name, part in parts.items()})
        for sku, parts in reservation.held.items()
    }


def take(parts: dict[str, Held], quantity: Decimal, level: Level, sources: Sources) -> dict[str, Move]:
    """Takes as much of the quantity as there is."""
    taken = stock.spread(level, quantity, sources)
    arrivals, free = {one.place: one for one in level.by_hand.arrivals}, level.may_be_taken(sources)
    moves = {}
    for place, part in taken.items():
        own, arrival = parts.get(place, Held(quantity=_ZERO)), arrivals.get(place)
        parts[place] = replace(own, quantity=own.quantity + part, due=arrival.due if arrival else None)
        if arrival is None:
            moves[place] = moving.taken(part)
            continue
        owed = level.arriving[place].available - free[place]
        moves[place] = moving.taken(part, noted=level.by_hand.edition, owed=owed)
        home = level.warehouses.get(arrival.warehouse)
        if home is not None and home.available < 0:
            moves[arrival.warehouse] = moving.no_shorter(home)
    return moves


def let_go(parts: dict[str, Held], quantity: Decimal) -> dict[str, Move]:
    """Gives back what comes last first, then from the last warehouse, and there what the ERP has not counted first."""
    moves = {}
    for place in sorted(parts, key=lambda name: parts[name].due or date.min)[::-1]:
        part = min(quantity, parts[place].quantity)
        if part > 0:
            moves[place] = give_back(parts, place, part)
            quantity -= part
    return moves


def give_back(parts: dict[str, Held], place: str, quantity: Decimal) -> Move:
    own = parts[place]
    left = own.quantity - quantity
    forgotten = own.known - min(own.known, left)
    parts[place] = replace(own, quantity=left, known=own.known - forgotten)
    return Move(allocated=-quantity, counted=-forgotten)


def changed(
    before: Reservation, held: Mapping[str, Mapping[str, Held]], made: Mapping[str, Coming], moves: Moves
) -> Holding:
    """What an order holds, and what of it is on order, after moves of the stock."""
    after = replace(tidy(held, before), on_order=made)
    skus = sorted({*made, *before.on_order})
    ordered = {sku: made.get(sku) for sku in skus if made.get(sku) != before.on_order.get(sku)}
    return Holding(reservation=after, moves=moves, ordered=ordered)


def together(first: Moves, second: Moves) -> Moves:
    """Moves one after the other as one move a warehouse: a row is written once in a transaction."""
    out = {sku: dict(parts) for sku, parts in first.items()}
    for sku, parts in second.items():
        own = out.setdefault(sku, {})
        for warehouse, move in parts.items():
            own[warehouse] = own[warehouse] + move if warehouse in own else move
    return out


def tidy(held: Mapping[str, Mapping[str, Held]], before: Reservation) -> Reservation:
    kept = {sku: {name: part for name, part in parts.items() if part.quantity > 0} for sku, parts in held.items()}
    return replace(before, held={sku: parts for sku, parts in kept.items() if parts})
