"""What covers an order's lines: goods that are there, goods that are to come. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.network.segments import DealerGroup
from chalicelib.ordering.holding import Held, Reservation, follow, on_order
from chalicelib.stock.model import Level, Sources
from chalicelib.stock.showing import Amount, is_exact, shown
from chalicelib.stock.transit import Coming

_ZERO = Decimal(0)


def is_early(wished: date | None, due: date | None) -> bool:
    """Whether not all of the goods, which are there from `due` on, are there on the day that their buyer wishes."""
    return wished is not None and due is not None and wished < due


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What covers a quantity: `now` of it is there, `untold` has come and the ERP has yet to tell of it, `coming` on
    its days, the first one first; `on_order` is to be made or brought; `lacking` is nowhere."""

    now: Decimal = _ZERO
    untold: Decimal = _ZERO
    coming: tuple[Coming, ...] = ()
    on_order: Coming | None = None
    lacking: Decimal = _ZERO

    @property
    def due(self) -> date | None:
        """The day from which on all of it is there, as far as it is anywhere; None: it is, or has come."""
        later = (*self.coming, *((self.on_order,) if self.on_order else ()))
        return max((one.due for one in later), default=None)


def cover_of(held: Mapping[str, Held], quantity: Decimal, made: Coming | None = None) -> Cover:
    """How what is held of a SKU, and what of it is on order, cover a quantity."""
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
    rest = quantity - now - untold - sum(days.values(), _ZERO) - (made.quantity if made else _ZERO)
    return Cover(now=now, untold=untold, coming=coming, on_order=made, lacking=max(_ZERO, rest))


def could_cover(level: Level, quantity: Decimal, sources: Sources, ready: date | None = None) -> Cover:
    """How an order that is placed now would cover a quantity; `ready` = when goods on order are there, None: they are
    not."""
    sku = level.sku
    after = follow(Reservation(), {sku: quantity}, {sku: level}, sources, {sku: ready} if ready else {}).reservation
    return cover_of(after.held.get(sku, {}), quantity, after.on_order.get(sku))


def told_cover(
    level: Level, quantity: Decimal, sources: Sources, group: DealerGroup | None, ready: date | None = None
) -> Cover:
    """The same for a dealer of the group. To whom stock is words only, this says nothing more: there is as much as the
    word may mean at most, whatever comes is enough, and on order is whatever the word does not promise. Only placing
    the order finds out (docs/adr/0026, 0027)."""
    if group is None or is_exact(group):
        return could_cover(level, quantity, sources, ready)
    there = {Amount.NONE: _ZERO, Amount.FEW: group.few_at, Amount.MANY: quantity}
    surely = {Amount.MANY: group.few_at}
    word = Amount(str(shown(level.available(sources.warehouses), group)))
    now = min(quantity, there[word])
    free = level.may_be_taken(sources)
    open_days = [one.due for one in level.may_come(sources) if free[one.place] > 0][:1]
    rest, unsure = quantity - now, quantity - min(quantity, surely.get(word, _ZERO))
    return Cover(
        now=now,
        coming=tuple(Coming(quantity=rest, due=due) for due in open_days if rest),
        on_order=Coming(quantity=unsure, due=ready) if ready and unsure else None,
        lacking=_ZERO if ready or open_days else rest,
    )


def told_of(cover: Cover, quantity: Decimal, ready: date | None) -> Cover:
    """What of an order's cover a dealer is told to whom stock is words only. How much of goods on order there was would
    tell the stock: unless there was none, which the word says, they read that whatever there is not is on order."""
    if ready is None or not (cover.now or cover.untold or cover.coming):
        return cover
    return replace(cover, on_order=Coming(quantity=quantity, due=ready), lacking=_ZERO)


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


def limited(cover: Cover, quantity: Decimal, made: Coming | None = None, ready: date | None = None) -> Cover:
    """As much of it as the quantity needs. Where goods are on order, by `ready`, the rest is so; `made` was before."""
    now = min(cover.now, quantity)
    untold = min(cover.untold, quantity - now)
    rest, coming = quantity - now - untold, []
    for one in cover.coming:
        part = min(one.quantity, rest)
        if part:
            coming.append(replace(one, quantity=part))
            rest -= part
    cover = Cover(now=now, untold=untold, coming=tuple(coming))
    if ready and rest:
        return replace(cover, on_order=on_order(made, rest, ready))
    return replace(cover, lacking=rest)
