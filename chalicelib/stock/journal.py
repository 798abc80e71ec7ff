"""The movements of a SKU: who moved what, when and why (docs/adr/0017). Pure rules.

A movement is written by the same write that changes the SKU's counters: it waits at the end of the SKU's own row, and
is later turned with others into a page. A page is never changed; it carries forward what all movements up to its end
come to, so that the counters can be checked against the journal by its last page and what waits in the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.kernel.ids import made_at, new_id
from chalicelib.stock.model import Level, WarehouseLevel
from chalicelib.stock.moving import Move
from chalicelib.stock.restating import Restated
from chalicelib.stock.transit import is_arrival

WAITING_MOST = 8
"""Movements that wait in a row before they are turned into a page: a row is read and written whole."""

_ZERO = Decimal(0)
_COUNTERS = ("on_hand", "allocated", "counted")
_PROMISED = ("allocated", "counted")  # what the journal has of an arrival: how much comes is what people note


class Why(StrEnum):
    """What moved the stock."""

    TOLD = "told"  # the ERP's stock message
    PLACED = "placed"
    CHANGED = "changed"  # the order's lines were changed
    DECLINED = "declined"  # the dealer refused the manager's changes: the lines as agreed
    CONFIRMED = "confirmed"
    EXTENDED = "extended"  # the reserve of an order was prolonged
    LAPSED = "lapsed"  # the reserve of an order ran out
    ARRIVED = "arrived"  # what an order had a promise of has come
    CALLED_OFF = "called_off"  # it will not, or not all of it
    AGAIN = "again"  # an order that lost some takes again what there is
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPORTED = "exported"  # the ERP has confirmed that it has the order
    ERP = "erp"  # the ERP's documents of an order


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who moved the stock and why. `id` is of `new_id` and so says when. `number` is the document's: an order's, or
    the journal entry of the ERP's message; nobody's name = the ERP's doing."""

    id: str
    why: Why
    number: str = ""
    order_id: str = ""
    actor_id: str = ""
    actor_name: str = ""

    @property
    def at(self) -> datetime:
        return made_at(self.id)


def cause(
    why: Why, now: datetime, *, number: str = "", order_id: str = "", actor_id: str = "", actor_name: str = ""
) -> Cause:
    return Cause(id=new_id(now), why=why, number=number, order_id=order_id, actor_id=actor_id, actor_name=actor_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """By how much the counters of a warehouse changed, or what all changes come to."""

    on_hand: Decimal = _ZERO
    allocated: Decimal = _ZERO
    counted: Decimal = _ZERO

    def __add__(self, other: Shift) -> Shift:
        return Shift(
            on_hand=self.on_hand + other.on_hand,
            allocated=self.allocated + other.allocated,
            counted=self.counted + other.counted,
        )

    def __sub__(self, other: Shift) -> Shift:
        return self + Shift(on_hand=-other.on_hand, allocated=-other.allocated, counted=-other.counted)

    def __bool__(self) -> bool:
        return bool(self.on_hand or self.allocated or self.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One change of a SKU's counters: warehouse → by how much."""

    cause: Cause
    shifts: Mapping[str, Shift]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What movements come to: `closing` by warehouse, `holders` = what each order holds by warehouse (orders that hold
    nothing are left out). `late` = the row is older than its journal, so that orders from before are not among them."""

    closing: Mapping[str, Shift] = field(default_factory=dict)
    holders: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage:
    """Movements in the order in which they were written, and what the journal comes to with them."""

    number: int
    movements: tuple[Movement, ...]
    sums: Sums


def moved(because: Cause, moves: Mapping[str, Move]) -> Movement | None:
    """What an order's moves do to the counters; None when they come to nothing."""
    shifts = {
        name: Shift(on_hand=_ZERO if is_arrival(name) else one.on_hand, allocated=one.allocated, counted=one.counted)
        for name, one in moves.items()
    }
    kept = {name: shift for name, shift in shifts.items() if shift}
    return Movement(cause=because, shifts=kept) if kept else None


def restated(because: Cause, changes: Iterable[Restated]) -> Movement | None:
    """What the ERP's numbers do to the counters; None when only what is promised of them changes."""
    shifts = {change.warehouse: Shift(on_hand=change.gained) for change in changes if change.gained}
    return Movement(cause=because, shifts=shifts) if shifts else None


def added_up(before: Sums, movements: Iterable[Movement]) -> Sums:
    """`before` and the movements after it."""
    closing = dict(before.closing)
    holders = {order: dict(parts) for order, parts in before.holders.items()}
    for movement in movements:
        for name, shift in movement.shifts.items():
            closing[name] = closing.get(name, Shift()) + shift
            if movement.cause.order_id and shift.allocated:
                held = holders.setdefault(movement.cause.order_id, {})
                held[name] = held.get(name, _ZERO) + shift.allocated
    left = {order: {name: part for name, part in parts.items() if part} for order, parts in holders.items()}
    return replace(
        before,
        closing={name: shift for name, shift in closing.items() if shift},
        holders={order: parts for order, parts in left.items() if parts},
    )


def opening(level: Level, waiting: Iterable[Movement]) -> Sums:
    """What a SKU's journal begins with: nothing, or, where the row is older, what it had before what waits."""
    if level.pages is not None:
        return Sums()
    since = added_up(Sums(), waiting).closing
    closing = {
        name: Shift(on_hand=row.on_hand, allocated=row.allocated, counted=row.counted) - since.get(name, Shift())
        for name, row in level.warehouses.items()
    }
    return Sums(closing=closing, late=True)


def next_page(last: JournalPage | None, begun: Sums, waiting: Sequence[Movement]) -> JournalPage:
    """The page that what waits is turned into; `begun` = what the first page begins with."""
    before = last.sums if last else begun
    number = last.number + 1 if last else 1
    return JournalPage(number=number, movements=tuple(waiting), sums=added_up(before, waiting))


def relied_on(movements: Iterable[Movement], place: str) -> dict[str, str]:
    """Numbers by order of those that had a promise of the arrival when it came, or was called off."""
    held: dict[str, Decimal] = {}
    numbers: dict[str, str] = {}
    for one in movements:
        if place in one.shifts and one.cause.order_id and one.cause.why not in (Why.ARRIVED, Why.CALLED_OFF):
            held[one.cause.order_id] = held.get(one.cause.order_id, _ZERO) + one.shifts[place].allocated
            numbers[one.cause.order_id] = one.cause.number
    return {order: numbers[order] for order in sorted(held) if held[order] > 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A counter of a warehouse that is not what it should be. `what` = a counter's name, or `holds`: what orders hold
    in all is not what is allocated, or, of no warehouse, `on_order`: what orders have on order is not what is noted."""

    warehouse: str
    what: str
    kept: Decimal
    due: Decimal


def mismatches(level: Level, sums: Sums, held: Mapping[str, Decimal], made: Decimal = _ZERO) -> tuple[Mismatch, ...]:
    """Where counters and journal, or counters and holds, disagree. `held` = what orders hold, by warehouse, `made` =
    what they have on order."""
    out = []
    places = {**level.warehouses, **level.arriving}
    for name in sorted({*places, *sums.closing, *held}):
        row = places.get(name, WarehouseLevel(_ZERO))
        due = sums.closing.get(name, Shift())
        counters = _PROMISED if is_arrival(name) else _COUNTERS
        pairs = [(what, getattr(row, what), getattr(due, what)) for what in counters]
        if not sums.late:
            pairs.append(("holds", row.allocated, held.get(name, _ZERO)))
        out += [Mismatch(warehouse=name, what=what, kept=kept, due=want) for what, kept, want in pairs if kept != want]
    if level.on_order != made:
        out.append(Mismatch(warehouse="", what="on_order", kept=level.on_order, due=made))
    return tuple(out)
