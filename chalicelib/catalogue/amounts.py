"""What each SKU of a snapshot costs one kind of reader: what sorting by price and a range of prices look at."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from itertools import islice

from chalicelib.catalogue import bits

PRICE_DIGITS = 6
NONE = -1
_MOST = Decimal(10) ** 12
_FEW = 256  # fewer than one place in so many are looked at one by one


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
        return bits.of(self.rising[begin:end], len(self.by_place))

    def bounds(self, found: int) -> tuple[Decimal, Decimal] | None:
        """The least and the greatest amount in a set; None if nothing there has a price."""
        if not self.rising:
            return None
        if found.bit_count() * _FEW < len(self.by_place):
            some = [amount for place in bits.places(found) if (amount := self.by_place[place]) != NONE]
            return (unscaled(min(some)), unscaled(max(some))) if some else None
        ways = (self.rising, self.falling)
        ends = [self.by_place[place] for way in ways for place in islice(bits.along(way, found, len(self.by_place)), 1)]
        return (unscaled(ends[0]), unscaled(ends[1])) if ends else None


def scaled(amount: Decimal) -> int:
    """In millionths; what no price can be, below 0 or above a million million, as the nearest that one can."""
    return int(min(max(amount, Decimal(0)), _MOST).scaleb(PRICE_DIGITS))


def unscaled(millionths: int) -> Decimal:
    whole, rest = divmod(millionths, 10**PRICE_DIGITS)
    return Decimal(millionths).scaleb(-PRICE_DIGITS).normalize() if rest else Decimal(whole)
