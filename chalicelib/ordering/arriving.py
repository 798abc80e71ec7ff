"""What becomes of an order's promise of goods that are on their way (docs/adr/0026). Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.kernel.clock import stamp
from chalicelib.ordering.holding import Held, Holding, Reservation, Short, changed, give_back, on_order, take, tidy
from chalicelib.stock import model as stock
from chalicelib.stock.model import Level, Sources
from chalicelib.stock.moving import Move
from chalicelib.stock.restating import Restated
from chalicelib.stock.transit import Arrival, is_arrival
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Why promises of a SKU's arrivals are looked at: people have changed these, or, nobody being named, the ERP has
    told how the SKU stands `as_of` a moment in `warehouses` (None: in all of them)."""

    sku: str
    actor_id: str = ""
    actor_name: str = ""
    as_of: datetime | None = None
    warehouses: frozenset[str] | None = None

    def settles(self, came: Arrival, level: Level) -> bool:
        """Whether the ERP's number has what came, as far as it came: it was told as of later than somebody said so, and
        was taken as it is."""
        if self.as_of is None or level.is_late(self.as_of):
            return False
        in_time = came.came_at is None or came.came_at < self.as_of
        return in_time and (self.warehouses is None or came.warehouse in self.warehouses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What orders may have of goods that the ERP is about to tell of, or have had: `available` of them would be so;
    `counted` it has kept for orders itself, so that a free number lacks it."""

    available: Decimal = _ZERO
    counted: Decimal = _ZERO

    def __sub__(self, other: Gain) -> Gain:
        return Gain(available=self.available - other.available, counted=self.counted - other.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an order holds once the ERP has told of its goods, and what it used of them."""

    holding: Holding
    used: Gain


def gained(level: Level, changes: Iterable[Restated], as_of: datetime) -> dict[str, Gain]:
    """By warehouse what orders may have of what a message of the moment `as_of` adds. What a free number lacks rises
    with what is given of it: a second delivery of a message of which some was given finds no more of that."""
    return {
        one.warehouse: Gain(
            available=min(one.gained, one.after.available),
            counted=_ZERO if _is_of(level.told.get(one.warehouse), as_of) else one.gained,
        )
        for one in changes
        if one.gained > 0 and one.after.available > 0
    }


def _is_of(told: datetime | None, as_of: datetime) -> bool:
    return told is not None and stamp(told) == stamp(as_of)


def told_of(before: Reservation, level: Level, arrival: Arrival, gain: Gain, kind: StockKind, as_of: datetime) -> Told:
    """The ERP is about to tell of goods in the arrival's warehouse: the promise is covered by them, and held from now
    on. What the ERP has counted is not in a free number: it is there as well, since some is left, but no more than the
    number rises by: it may rise by other goods."""
    own = _own(before, level.sku, arrival)
    counted = own.known if kind is StockKind.FREE else _ZERO
    used = Gain(available=min(own.quantity - counted, gain.available), counted=min(counted, gain.counted))
    part = used.available + used.counted
    known = used.counted if kind is StockKind.FREE else min(own.known, part)
    told = as_of if used.counted else None
    return Told(holding=_put(before, level, arrival, part, known=known, new=part, told=told), used=used)


def waited_for(before: Reservation, level: Level, arrival: Arrival, kind: StockKind) -> Holding:
    """The arrival has come: the promise is covered by what the warehouse has available, the rest waits for the ERP to
    tell of it, and says so. What the ERP has counted is not in a free number: it need not be available."""
    own = _own(before, level.sku, arrival)
    counted = own.known if kind is StockKind.FREE else _ZERO
    there = level.warehouses.get(arrival.warehouse, stock.WarehouseLevel(_ZERO))
    part = counted + min(own.quantity - counted, max(_ZERO, there.available))
    after = _put(before, level, arrival, part, known=min(own.known, part), new=counted)
    parts = after.reservation.held.get(level.sku, {})
    if arrival.place not in parts:
        return after
    rest = {**parts, arrival.place: replace(parts[arrival.place], came=True)}
    return replace(after, reservation=replace(after.reservation, held={**after.reservation.held, level.sku: rest}))


def called_off(
    before: Reservation,
    sku: str,
    place: str,
    quantity: Decimal,
    level: Level,
    sources: Sources,
    ready: date | None = None,
) -> Holding:
    """`quantity` of the promise will not come: it is covered from elsewhere as far as there is; the rest is on order
    where its goods are, by `ready`, and else short."""
    held = {one: dict(parts) for one, parts in before.held.items()}
    back = give_back(held[sku], place, quantity)
    more = take(held[sku], quantity, level, sources)
    moves, short = {sku: {place: back, **more}}, _short(sku, quantity, more)
    if short and ready:
        rest = before.to_be_made(sku) + short[0].wanted - short[0].available
        return changed(before, held, {**before.on_order, sku: on_order(before.on_order.get(sku), rest, ready)}, moves)
    return Holding(reservation=tidy(held, before), moves=moves, short=short, lacking={sku: True} if short else {})


def taken_again(before: Reservation, lacking: Decimal, level: Level, sources: Sources) -> Holding:
    """Of what the order lacks as much as there is now."""
    held, sku = {one: dict(parts) for one, parts in before.held.items()}, level.sku
    more = take(held.setdefault(sku, {}), lacking, level, sources) if lacking > 0 else {}
    short = _short(sku, lacking, more)
    return Holding(
        reservation=tidy(held, before),
        moves={sku: more} if more else {},
        short=short,
        lacking={} if short else {sku: False},
    )


def _short(sku: str, quantity: Decimal, moves: Mapping[str, Move]) -> tuple[Short, ...]:
    had = sum((move.allocated for move in moves.values()), _ZERO)
    return (Short(sku=sku, wanted=quantity, available=had),) if had < quantity else ()


def lost(held: Mapping[str, Decimal], over: Decimal) -> dict[str, Decimal]:
    """By order how much of an arrival's promise is taken back, when `over` more is promised than comes: the youngest
    order loses first. `held` = what each has a promise of, the oldest order first."""
    out = {}
    for order_id in reversed(tuple(held)):
        out[order_id] = max(_ZERO, min(held[order_id], over))
        over -= out[order_id]
    return out


def dated(before: Reservation, sku: str, place: str, due: date) -> Reservation:
    """The arrival's day is another one."""
    parts = before.held[sku]
    return replace(before, held={**before.held, sku: {**parts, place: replace(parts[place], due=due)}})


def in_stock(holding: Holding) -> bool:
    """Whether all that the order takes anew is in warehouses."""
    taken = [place for moves in holding.moves.values() for place, move in moves.items() if move.allocated > 0]
    return bool(taken) and not any(map(is_arrival, taken))


def last_arrival(reservation: Reservation) -> date | None:
    """The day from which on everything that the order holds is there; None: it is."""
    return max((part.due for parts in reservation.held.values() for part in parts.values() if part.due), default=None)


def _own(before: Reservation, sku: str, arrival: Arrival) -> Held:
    return before.held.get(sku, {}).get(arrival.place, Held(quantity=_ZERO))


def _put(
    before: Reservation,
    level: Level,
    arrival: Arrival,
    quantity: Decimal,
    *,
    known: Decimal,
    new: Decimal,
    told: datetime | None = None,
) -> Holding:
    """Moves what is held from the arrival into its warehouse; `known` of it the ERP has counted, `new` of it is on hand
    from now on, the rest has to be available. Nobody may have told of the SKU in the warehouse yet."""
    if not quantity:
        return Holding(reservation=before, moves={})
    held = {one: dict(parts) for one, parts in before.held.items()}
    parts, place, home = held[level.sku], arrival.place, arrival.warehouse
    own, there = parts[place], parts.get(home, Held(quantity=_ZERO))
    parts[place] = replace(own, quantity=own.quantity - quantity, known=own.known - known)
    parts[home] = Held(quantity=there.quantity + quantity, known=there.known + known)
    needs = quantity - new if quantity > new else None
    begins = home not in level.warehouses
    return Holding(
        reservation=tidy(held, before),
        moves={
            level.sku: {
                place: Move(on_hand=-quantity, allocated=-quantity, counted=-known),
                home: Move(on_hand=new, allocated=quantity, counted=known, needs=needs, begins=begins, told=told),
            }
        },
    )
