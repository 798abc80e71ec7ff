"""What covers an order's lines: goods that are there, goods that are to come. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.network.segments import DealerGroup
from chalicelib.ordering.holding import Held, Reservation, follow
from chalicelib.stock.model import Level, Sources
from chalicelib.stock.showing import Amount, is_exact, shown
from chalicelib.stock.transit import Coming

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What covers a quantity: `now` of it is there, `untold` has come and the ERP has yet to tell of it, `coming` on
    its days, the first one first; `lacking` is nowhere."""

    now: Decimal = _ZERO
    untold: Decimal = _ZERO
    coming: tuple[Coming, ...] = ()
    lacking: Decimal = _ZERO

    @property
    def due(self) -> date | None:
        """The day from which on all of it is there, as far as it is anywhere; None: it is, or has come."""
        return self.coming[-1].due if self.coming else None


def cover_of(held: Mapping[str, Held], quantity: Decimal) -> Cover:
    """How what is held of a SKU covers a quantity."""
    days: dict[date, Decimal] = {}
    now = untold = _ZERO
    for part in held.values():
        if part.due is None:
            now += part.quantity
        elif part.came:
            untold += part.quantity
        else:
            days[part.due] = days.get(part.due, _ZERO) + part.quantity
    coming = tuple(Coming(quantity=part, due=due) for due, part in sorted(days.items()))
    lacking = max(_ZERO, quantity - now - untold - sum(days.values(), _ZERO))
    return Cover(now=now, untold=untold, coming=coming, lacking=lacking)


def could_cover(level: Level, quantity: Decimal, sources: Sources) -> Cover:
    """How an order that is placed now would cover a quantity."""
    holding = follow(Reservation(), {level.sku: quantity}, {level.sku: level}, sources)
    return cover_of(holding.reservation.held.get(level.sku, {}), quantity)


def told_cover(level: Level, quantity: Decimal, sources: Sources, group: DealerGroup | None) -> Cover:
    """The same for a dealer of the group. To whom stock is words only, this says nothing more: there is as much as the
    word may mean at most, and whatever comes is enough. Only placing the order finds out (docs/adr/0026)."""
    if group is None or is_exact(group):
        return could_cover(level, quantity, sources)
    there = {Amount.NONE: _ZERO, Amount.FEW: group.few_at, Amount.MANY: quantity}
    word = shown(level.available(sources.warehouses), group)
    now = min(quantity, there[Amount(str(word))])
    free = level.may_be_taken(sources)
    open_days = [one.due for one in level.may_come(sources) if free[one.place] > 0]
    if now == quantity or not open_days:
        return Cover(now=now, lacking=quantity - now)
    return Cover(now=now, coming=(Coming(quantity=quantity - now, due=open_days[0]),))


def covered(reservation: Reservation, level: Level, sources: Sources) -> Cover:
    """What the order can have of a SKU in all: what the sources have available, and what it holds itself. A hold counts
    for nothing where the ERP has lowered the stock beneath it, or where fewer goods come."""
    held = reservation.held.get(level.sku, {})
    own = {*(sources.warehouses or level.warehouses), *(one.place for one in level.may_come(sources))}
    known = {place: one.available for place, one in level.arriving.items()} | level.may_be_taken(sources)
    could = {}
    for place in sorted(own | held.keys()):
        part = held.get(place, Held(quantity=_ZERO, due=_due(level, place)))
        free = known.get(place, _ZERO)
        most = free + part.quantity if place in own else min(part.quantity, free + part.quantity)
        could[place] = replace(part, quantity=max(_ZERO, most))
    return cover_of({place: part for place, part in could.items() if part.quantity}, _ZERO)


def _due(level: Level, place: str) -> date | None:
    return next((one.due for one in level.by_hand.arrivals if one.place == place), None)


def limited(cover: Cover, quantity: Decimal) -> Cover:
    """As much of it as the quantity needs."""
    now = min(cover.now, quantity)
    untold = min(cover.untold, quantity - now)
    rest, coming = quantity - now - untold, []
    for one in cover.coming:
        part = min(one.quantity, rest)
        if part:
            coming.append(replace(one, quantity=part))
            rest -= part
    return Cover(now=now, untold=untold, coming=tuple(coming), lacking=rest)
