"""What becomes of an order's promise of goods that are on their way (docs/adr/0026). Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.ordering.holding import Held, Holding, Reservation, Short, give_back, take, tidy
from chalicelib.stock import model as stock
from chalicelib.stock.model import Level, Move, Sources
from chalicelib.stock.transit import Arrival, is_arrival
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


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


def told_of(before: Reservation, level: Level, arrival: Arrival, gain: Gain, kind: StockKind) -> Told:
    """The ERP is about to tell of goods in the arrival's warehouse: the promise is covered by them, and held from now
    on. What the ERP has counted is not in a free number: it is there as well, since some is left, but no more than the
    number rises by: it may rise by other goods."""
    own = _own(before, level.sku, arrival)
    counted = own.known if kind is StockKind.FREE else _ZERO
    used = Gain(available=min(own.quantity - counted, gain.available), counted=min(counted, gain.counted))
    part = used.available + used.counted
    known = used.counted if kind is StockKind.FREE else min(own.known, part)
    return Told(holding=_put(before, level, arrival, part, known=known, new=part), used=used)


def waited_for(before: Reservation, level: Level, arrival: Arrival, kind: StockKind) -> Holding:
    """The arrival has come: the promise is covered by what the warehouse has available, the rest waits for the ERP to
    tell of it. What the ERP has counted is not in a free number: it need not be available."""
    own = _own(before, level.sku, arrival)
    counted = own.known if kind is StockKind.FREE else _ZERO
    there = level.warehouses.get(arrival.warehouse, stock.WarehouseLevel(_ZERO))
    part = counted + min(own.quantity - counted, max(_ZERO, there.available))
    return _put(before, level, arrival, part, known=min(own.known, part), new=counted)


def called_off(before: Reservation, sku: str, place: str, quantity: Decimal, level: Level, sources: Sources) -> Holding:
    """`quantity` of the promise will not come: it is covered from elsewhere as far as there is; the rest is short."""
    held = {one: dict(parts) for one, parts in before.held.items()}
    back = give_back(held[sku], place, quantity)
    more = take(held[sku], quantity, level, sources)
    had = sum((move.allocated for move in more.values()), _ZERO)
    return Holding(
        reservation=tidy(held, before),
        moves={sku: {place: back, **more}},
        short=(Short(sku=sku, wanted=quantity, available=had),) if had < quantity else (),
    )


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
    before: Reservation, level: Level, arrival: Arrival, quantity: Decimal, *, known: Decimal, new: Decimal
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
                home: Move(on_hand=new, allocated=quantity, counted=known, needs=needs, begins=begins),
            }
        },
    )
