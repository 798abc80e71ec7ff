"""What another version of a price list would change: the chains of which contracts, which prices and by how much. Pure.

Prices are compared for each pair of chains, never for each contract: contracts whose prices all are the same before and
after share one comparison (domain §3.5).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from heapq import heappush, heappushpop

from chalicelib.pricing.chain import by_chain
from chalicelib.pricing.model import Answer, PriceOnRequest, PriceTerms

EDGES = tuple(map(Decimal, (2, 5, 10, 20, 50)))
"""Percents that part the bars of a histogram, each of them in the smaller bar, downwards as upwards."""
BARS = 2 * (len(EDGES) + 1)
"""From the largest fall to the largest rise."""
WORST = 5
_ZERO, _ONE, _HUNDRED, _CENT = Decimal(0), Decimal(1), Decimal(100), Decimal("0.01")
Ladder = Sequence[tuple[Decimal, Decimal]]
"""(from quantity, price of one), the smallest quantity first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainShift:
    """The terms of some contracts before and after; one contract's stand for all."""

    before: PriceTerms
    after: PriceTerms
    contract_ids: tuple[str, ...]


def shifts(before: Mapping[str, PriceTerms], after: Mapping[str, PriceTerms]) -> tuple[ChainShift, ...]:
    """The terms that differ, of contracts by their id; contracts whose terms stay the same are left out."""
    out = []
    for chain, (was, contract_ids) in by_chain(before).items():
        for later, (will, same) in by_chain({one: after[one] for one in contract_ids}).items():
            if later != chain:
                out.append(ChainShift(before=was, after=will, contract_ids=same))
    return tuple(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMove:
    """A SKU's price of one from `quantity` on, where it first differs; None = there is no price."""

    sku: str
    quantity: Decimal
    before: Decimal | None = None
    after: Decimal | None = None

    @property
    def percent(self) -> Decimal | None:
        """By how much, to a hundredth; None where there is nothing to compare with."""
        if not self.before or self.after is None:
            return None
        return ((self.after - self.before) * _HUNDRED / self.before).quantize(_CENT, ROUND_HALF_UP)


def moved(before: Answer, after: Answer) -> PriceMove | None:
    """How the answer to the question for a SKU's price differs, at one unit or the smallest quantity it is sold in or,
    where that price stays, at a larger one; None if it does not."""
    was, will = _ladder(before), _ladder(after)
    for quantity in sorted({least for ladder in (was, will) for least, _ in ladder}):
        price, later = _at(was, quantity), _at(will, quantity)
        if price != later:
            return PriceMove(sku=before.sku, quantity=quantity, before=price, after=later)
    return None


def _ladder(answer: Answer) -> Ladder:
    if isinstance(answer, PriceOnRequest):
        return ()
    return ((max(_ONE, answer.min_quantity), answer.price), *answer.next_tiers)


def _at(ladder: Ladder, quantity: Decimal) -> Decimal | None:
    return next((price for least, price in reversed(ladder) if least <= quantity), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What changes, in numbers of prices. `new` had no price, `gone` will have none; `up` and `down` are those between.

    `percents` = the sum of all changes in percent, of `counted` prices; `least` and `most` are the largest fall and
    rise among them (or the smallest, where all go one way). `bars`: how many changed by how much, as `EDGES` part them.
    """

    up: int = 0
    down: int = 0
    new: int = 0
    gone: int = 0
    counted: int = 0
    percents: Decimal = _ZERO
    least: Decimal = _ZERO
    most: Decimal = _ZERO
    bars: tuple[int, ...] = (0,) * BARS
    worst: tuple[PriceMove, ...] = ()  # those that change most, the largest change first

    @property
    def changed(self) -> int:
        return self.up + self.down + self.new + self.gone

    @property
    def mean(self) -> Decimal | None:
        """The average change in percent, to a hundredth; None where there is none to be told in percent."""
        return (self.percents / self.counted).quantize(_CENT, ROUND_HALF_UP) if self.counted else None


class Tally:
    """A summary in the making: prices are compared some at a time, of every chain in turn."""

    def __init__(self) -> None:
        self._kinds = dict.fromkeys(("up", "down", "new", "gone"), 0)
        self._bars = [0] * BARS
        self._counted, self._percents = 0, _ZERO
        self._least: Decimal | None = None
        self._most: Decimal | None = None
        self._worst: list[tuple[Decimal, str, PriceMove]] = []

    def add(self, move: PriceMove) -> None:
        if move.before is None or move.after is None:
            self._kinds["new" if move.before is None else "gone"] += 1
            return
        rises = move.after > move.before
        self._kinds["up" if rises else "down"] += 1
        percent = move.percent
        if percent is None:  # it was given away
            return
        self._bars[_bar(percent, rises=rises)] += 1
        self._counted += 1
        self._percents += percent
        self._least = percent if self._least is None else min(self._least, percent)
        self._most = percent if self._most is None else max(self._most, percent)
        keep = heappush if len(self._worst) < WORST else heappushpop
        keep(self._worst, (abs(percent), move.sku, move))

    def summary(self) -> Summary:
        return Summary(
            **self._kinds,
            counted=self._counted,
            percents=self._percents,
            least=self._least or _ZERO,
            most=self._most or _ZERO,
            bars=tuple(self._bars),
            worst=tuple(move for *_, move in sorted(self._worst, reverse=True)),
        )


def _bar(percent: Decimal, *, rises: bool) -> int:
    size = bisect_left(EDGES, abs(percent))
    middle = BARS // 2
    return middle + size if rises else middle - 1 - size


def added_up(parts: Iterable[tuple[Summary, int]]) -> Summary:
    """The summary of all contracts: of each chain's, as many times as there are contracts; without the worst ones."""
    known = [(one, times) for one, times in parts if one.changed]
    counted = [one for one, _ in known if one.counted]
    return Summary(
        up=sum(one.up * times for one, times in known),
        down=sum(one.down * times for one, times in known),
        new=sum(one.new * times for one, times in known),
        gone=sum(one.gone * times for one, times in known),
        counted=sum(one.counted * times for one, times in known),
        percents=sum((one.percents * times for one, times in known), _ZERO),
        least=min((one.least for one in counted), default=_ZERO),
        most=max((one.most for one in counted), default=_ZERO),
        bars=tuple(sum(one.bars[n] * times for one, times in known) for n in range(BARS)),
    )
