"""What an order holds of the stock, and how that follows its lines (domain §4). Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.ordering.model import OrderLine
from chalicelib.stock import model as stock
from chalicelib.stock.model import Level, Move, Sources, TimedHold
from chalicelib.stock.transit import is_arrival
from chalicelib.tenancy.model import StockKind

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
    """SKU → place → what the order holds there, or has a promise of.

    `until` = the moment from which on others may have it (domain §4.3); None: no such moment. One that ran out and was
    needed by others holds nothing and still says when it was.
    """

    held: Mapping[str, Mapping[str, Held]] = field(default_factory=dict)
    until: datetime | None = None
    version: int = 0  # filled from the stored row

    def has_lapsed(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now

    def is_lost(self, now: datetime) -> bool:
        """Whether it still says what it held, and its time is over."""
        return bool(self.held) and self.has_lapsed(now)

    @property
    def waits(self) -> bool:
        """Whether it has a promise of goods on their way."""
        return any(part.due for parts in self.held.values() for part in parts.values())

    def total(self, sku: str) -> Decimal:
        return sum((part.quantity for part in self.held.get(sku, {}).values()), _ZERO)


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
    SKU whether it is to note that the order lacks some, and takes it once there is more."""

    reservation: Reservation
    moves: Moves
    short: tuple[Short, ...] = ()
    timed: Mapping[str, TimedHold | None] = field(default_factory=dict)
    lacking: Mapping[str, bool] = field(default_factory=dict)


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


def follow(
    before: Reservation, quantities: Mapping[str, Decimal], levels: Mapping[str, Level], sources: Sources
) -> Holding:
    """Holds exactly `quantities`: what is missing is taken as far as there is (every short SKU is named), what is too
    much given back. What the order holds already never counts against it (domain §4.3)."""
    held = {sku: dict(parts) for sku, parts in before.held.items()}
    moves: Moves = {}
    short = []
    for sku in sorted({*held, *quantities}):
        have, want = before.total(sku), quantities.get(sku, _ZERO)
        if want > have:
            moves[sku] = take(held.setdefault(sku, {}), want - have, levels.get(sku, stock.nothing(sku)), sources)
            could = sum((part.quantity for part in held[sku].values()), _ZERO)
            if could < want:
                short.append(Short(sku=sku, wanted=want, available=could))
        elif want < have:
            moves[sku] = _let_go(held[sku], have - want)
    return Holding(reservation=tidy(held, before), moves=moves, short=tuple(short))


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
            moves[place] = stock.taken(part)
            continue
        owed = level.arriving[place].available - free[place]
        moves[place] = stock.taken(part, noted=level.by_hand.edition, owed=owed)
        home = level.warehouses.get(arrival.warehouse)
        if home is not None and home.available < 0:
            moves[arrival.warehouse] = stock.no_shorter(home)
    return moves


def _let_go(parts: dict[str, Held], quantity: Decimal) -> dict[str, Move]:
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


def known_to_erp(before: Reservation) -> Holding:
    """The ERP has confirmed that it has the order: everything held is counted there."""
    held: dict[str, dict[str, Held]] = {}
    moves: Moves = {}
    for sku, parts in before.held.items():
        for warehouse, part in parts.items():
            held.setdefault(sku, {})[warehouse] = replace(part, known=part.quantity)
            if part.quantity != part.known:
                moves.setdefault(sku, {})[warehouse] = stock.counted(part.quantity - part.known)
    return Holding(reservation=replace(before, held=held), moves=moves)


def as_the_erp_says(
    before: Reservation,
    quantities: Mapping[str, Decimal],
    levels: Mapping[str, Level],
    among: Sequence[str],
    kind: StockKind,
) -> Holding:
    """The ERP itself changed an order that it knows: held whether it is available or not.

    A SKU whose stock nobody has told is not held.
    """
    held = {sku: dict(parts) for sku, parts in before.held.items()}
    moves: Moves = {}
    for sku in sorted({*held, *quantities}):
        change = quantities.get(sku, _ZERO) - before.total(sku)
        if change > 0:
            warehouse = _home(held.get(sku, {}), levels.get(sku, stock.nothing(sku)), among)
            if warehouse is not None:
                own = held.setdefault(sku, {}).get(warehouse, Held(quantity=_ZERO))
                held[sku][warehouse] = Held(quantity=own.quantity + change, known=own.known + change)
                moves.setdefault(sku, {})[warehouse] = stock.erp_changed(change, kind)
        elif change < 0:
            for place, move in _let_go(held[sku], -change).items():
                moves.setdefault(sku, {})[place] = (
                    move if is_arrival(place) else stock.erp_changed(move.allocated, kind)
                )
    return Holding(reservation=tidy(held, before), moves=moves)


def _home(parts: Mapping[str, Held], level: Level, among: Sequence[str]) -> str | None:
    """Where more of a SKU is held: where it is held already, else in the fullest of the contract's warehouses."""
    if there := [name for name in parts if not is_arrival(name)]:
        return there[0]
    names = [name for name in level.warehouses if not among or name in among] or list(level.warehouses)
    return max(names, key=lambda name: (level.warehouses[name].available, name), default=None)


def sent_off(
    before: Reservation,
    quantities: Mapping[str, Decimal],
    levels: Mapping[str, Level],
    kind: StockKind,
    shipped_at: datetime | None,
) -> Holding:
    """What left is held no more; more than was held leaves the stock as the ERP will tell it."""
    held = {sku: dict(parts) for sku, parts in before.held.items()}
    moves: Moves = {}
    for sku, quantity in sorted(quantities.items()):
        rest = quantity
        parts = held.get(sku, {})
        for place in sorted(parts, key=lambda name: parts[name].due or date.min):
            own = parts[place]
            part = min(rest, own.quantity)
            if part > 0:
                known = min(own.known, part)
                level = levels.get(sku, stock.nothing(sku))
                reflected = stock.is_reflected(level, place, kind, shipped_at)
                gone = stock.shipped(part, known=False, reflected=reflected)
                moves.setdefault(sku, {})[place] = gone + Move(counted=-known)
                parts[place] = replace(own, quantity=own.quantity - part, known=own.known - known)
                rest -= part
    return Holding(reservation=tidy(held, before), moves=moves)


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
