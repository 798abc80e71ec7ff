"""What each SKU of a snapshot costs one kind of reader: what sorting by price and a range of prices look at."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from operator import or_

from chalicelib.catalogue import bits

PRICE_DIGITS = 6
NONE = -1
_MOST = Decimal(10) ** 12
_STEP = 4096  # of prices in their order


class Amounts:
    """Amounts by place (`bits`) in millionths of the currency unit, NONE for a price on request. Never changed."""

    def __init__(self, by_place: array[int]) -> None:
        self.by_place = by_place

    def before(self, others: Amounts) -> Amounts:
        """Those of the others where this has no price."""
        pairs = zip(self.by_place, others.by_place, strict=True)
        return Amounts(array("q", (own if own != NONE else other for own, other in pairs)))

    def at_best(self, others: Amounts) -> Amounts:
        """The lesser of both, where both have a price."""
        pairs = zip(self.by_place, others.by_place, strict=True)
        return Amounts(array("q", (own if other == NONE or -1 < own < other else other for own, other in pairs)))

    @cached_property
    def rising(self) -> Sequence[int]:
        """Places that have a price, the cheapest first; of equal ones by name."""
        priced = (place for place, amount in enumerate(self.by_place) if amount != NONE)
        return array(bits.PLACES, sorted(priced, key=self.by_place.__getitem__))

    @cached_property
    def falling(self) -> Sequence[int]:
        return array(bits.PLACES, sorted(sorted(self.rising), key=self.by_place.__getitem__, reverse=True))

    @cached_property
    def unpriced(self) -> Sequence[int]:
        return array(bits.PLACES, (place for place, amount in enumerate(self.by_place) if amount == NONE))

    def between(self, least: Decimal | None, most: Decimal | None) -> int:
        """The set of places whose amount lies there, both ends included."""
        at = self.by_place.__getitem__
        begin = 0 if least is None else bisect_left(self.rising, scaled(least), key=at)
        end = len(self.rising) if most is None else bisect_right(self.rising, scaled(most), key=at)
        return self._cheapest(end) & ~self._cheapest(begin)

    def _cheapest(self, count: int) -> int:
        """The set of so many places, the cheapest first."""
        steps, rest = divmod(count, _STEP)
        return self._steps[steps] | bits.of(self.rising[count - rest : count], len(self.by_place))

    @cached_property
    def _steps(self) -> Sequence[int]:
        """Sets of none, of the cheapest few thousand, of twice as many and so on: what lies between two prices, or is
        the least or the greatest of a set, has then to be looked for within one step only."""
        size, count = len(self.by_place), len(self.rising)
        some = (bits.of(self.rising[begin : begin + _STEP], size) for begin in range(0, count, _STEP))
        return list(accumulate(some, or_, initial=0))

    @cached_property
    def _ends(self) -> tuple[Decimal, Decimal] | None:
        """The bounds of everything, which a first page asks for: to put all in order for it would take a third of a
        second at 150,000 products."""
        priced = [amount for amount in self.by_place if amount != NONE]
        return (unscaled(min(priced)), unscaled(max(priced))) if priced else None

    def bounds(self, found: int) -> tuple[Decimal, Decimal] | None:
        """The least and the greatest amount in a set; None if nothing there has a price."""
        if found == bits.everything(len(self.by_place)):
            return self._ends
        priced = found & self._steps[-1]
        if not priced:
            return None
        flags = priced.to_bytes(-(-len(self.by_place) // 8), "little")
        begins = bisect_left(self._steps, True, key=lambda step: bool(step & priced)) - 1
        ends = bisect_left(self._steps, True, key=lambda step: not priced & ~step)
        cheap = self.rising[begins * _STEP : (begins + 1) * _STEP]
        dear = reversed(self.rising[(ends - 1) * _STEP : ends * _STEP])
        least, most = (next(place for place in some if bits.has(flags, place)) for some in (cheap, dear))
        return unscaled(self.by_place[least]), unscaled(self.by_place[most])


def scaled(amount: Decimal) -> int:
    """In millionths; what no price can be, below 0 or above a million million, as the nearest that one can."""
    return int(min(max(amount, Decimal(0)), _MOST).scaleb(PRICE_DIGITS))


def unscaled(millionths: int) -> Decimal:
    whole, rest = divmod(millionths, 10**PRICE_DIGITS)
    return Decimal(millionths).scaleb(-PRICE_DIGITS).normalize() if rest else Decimal(whole)
