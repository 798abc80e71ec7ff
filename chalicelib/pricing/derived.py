"""Lists derived from others by a formula (domain §3.8). Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_FINEST, _LARGEST = Decimal("0.000001"), Decimal(10) ** 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """How a price is made from that of the list `base_id`, in this order: times `factor`, rounded half up to a multiple
    of `step` (None: not rounded), plus `surcharge`, and kept within the margins over the base price.

    All amounts are in the base's currency and mode of VAT, which the derived list has too. Endings of 9.99 are a step
    of 10 and a surcharge of −0.01.
    """

    base_id: str
    factor: Decimal = Decimal(1)
    step: Decimal | None = None
    surcharge: Decimal = Decimal(0)
    least_margin: Decimal | None = None
    most_margin: Decimal | None = None

    def price(self, base: Decimal) -> Decimal:
        amount = base * self.factor
        if self.step is not None:
            amount = (amount / self.step).quantize(Decimal(1), ROUND_HALF_UP) * self.step
        amount += self.surcharge
        if self.least_margin is not None:
            amount = max(amount, base + self.least_margin)
        if self.most_margin is not None:
            amount = min(amount, base + self.most_margin)
        return amount

    @property
    def is_sound(self) -> bool:
        """Whether it can be carried out: a factor and a step that are neither zero nor finer than prices are kept, nor
        larger than any price; margins that leave room."""
        room = self.least_margin is None or self.most_margin is None or self.least_margin <= self.most_margin
        step = self.step is None or _FINEST <= self.step <= _LARGEST
        return _FINEST <= self.factor <= _LARGEST and step and room


def derived(amount: Decimal, formulas: Iterable[Formula]) -> Decimal:
    """A price of the first base after all formulas on the way to the derived list. Zero or less is no price."""
    for formula in formulas:
        amount = formula.price(amount)
    return amount


def rooted(list_id: str, formulas: Mapping[str, Formula]) -> tuple[str, tuple[Formula, ...]]:
    """The list whose rows a list is made of, and the formulas from there to it. `formulas` by derived list, without
    cycles."""
    way: list[Formula] = []
    while list_id in formulas:
        way.insert(0, formulas[list_id])
        list_id = formulas[list_id].base_id
    return list_id, tuple(way)


def cycle(formulas: Mapping[str, Formula]) -> tuple[str, ...]:
    """The ids of lists that are derived from one another in a circle, the first one again at the end; empty if none."""
    for start in sorted(formulas):
        way = [start]
        while way[-1] in formulas:
            base = formulas[way[-1]].base_id
            if base in way:
                return (*way[way.index(base) :], base)
            way.append(base)
    return ()
