"""Discounts and what several of them together come to (domain §3.7). Pure rules.

Which of them are given depends only on the set of rules, never on their order:

- by priority, 1 first; what is exclusive is never combined: it is given alone, or, if anything of a higher priority is
  given, not at all, and where it is given nothing of a lower priority is;
- of those that say `best` the one that gives the most, and all that say `stack`; each takes its percent of what
  the others leave, so they multiply.

Two rules of one priority disagree when one is exclusive and the other gives something else. That is refused when a
rule is saved (`disagreements`); should the goods change so that it happens later, neither is given, and both say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import combinations, groupby

from chalicelib.catalogue.model import Kinds

_HUNDRED = Decimal(100)
NO_KINDS = Kinds()


class Kind(StrEnum):
    """What a discount is for; each kind names at least what it is called after."""

    PERSONAL = "personal"  # contracts
    GROUP = "group"  # groups of counterparties
    BRAND = "brand"
    CATEGORY = "category"
    PRODUCT = "product"
    PROMOTION = "promotion"  # days
    VOLUME = "volume"  # quantities


class Interaction(StrEnum):
    STACK = "stack"
    BEST = "best"
    EXCLUSIVE = "exclusive"


class Verdict(StrEnum):
    """What became of a discount that is for these goods and this contract."""

    APPLIED = "applied"
    BELOW_QUANTITY = "below_quantity"
    NOT_BEST = "not_best"
    EXCLUDED = "excluded"  # it, or what stands before it, is not combined with others
    DISAGREES = "disagrees"  # with another of its priority
    FIXED_PRICE = "fixed_price"  # the list's prices are not discounted


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`percent` from a quantity of `min_quantity` on."""

    percent: Decimal
    min_quantity: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """It holds where everything that it names holds; what it doesn't name does not matter. `since` and `until` are
    the first and last day in the tenant's time zone; `steps` are by quantity of a line."""

    id: str
    name: str
    kind: Kind
    steps: tuple[Step, ...]
    interaction: Interaction = Interaction.BEST
    priority: int = 10  # 1 is the first
    since: date | None = None
    until: date | None = None
    contract_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    region_ids: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    category_ids: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()

    def is_for(self, contract_id: str, group_id: str, region_id: str, day: date) -> bool:
        return (
            (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
            and (not self.contract_ids or contract_id in self.contract_ids)
            and (not self.group_ids or group_id in self.group_ids)
            and (not self.region_ids or region_id in self.region_ids)
        )

    def covers(self, sku: str, kinds: Kinds) -> bool:
        return (
            (not self.skus or sku in self.skus)
            and (not self.brands or kinds.brand in self.brands)
            and (not self.category_ids or not kinds.category_ids.isdisjoint(self.category_ids))
        )

    @property
    def is_on_all_goods(self) -> bool:
        return not (self.skus or self.brands or self.category_ids)

    def step_at(self, quantity: Decimal) -> Step | None:
        """The largest step that the quantity reaches."""
        reached = [step for step in self.steps if step.min_quantity <= quantity]
        return max(reached, key=lambda step: step.min_quantity) if reached else None

    @property
    def is_sound(self) -> bool:
        """Whether it names what its kind is called after, percents above 0 and below 100, and days in order."""
        named = {
            Kind.PERSONAL: self.contract_ids,
            Kind.GROUP: self.group_ids,
            Kind.BRAND: self.brands,
            Kind.CATEGORY: self.category_ids,
            Kind.PRODUCT: self.skus,
            Kind.PROMOTION: self.since or self.until,
            Kind.VOLUME: any(step.min_quantity for step in self.steps),
        }
        in_order = self.since is None or self.until is None or self.since <= self.until
        own_quantities = len({step.min_quantity for step in self.steps}) == len(self.steps)
        percents = bool(self.steps) and all(0 < step.percent < _HUNDRED for step in self.steps)
        return bool(named[self.kind]) and in_order and own_quantities and percents


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A discount as it was weighed for a price. `percent` is what it gives at the quantity or, below its smallest
    one `from_quantity`, what it would give there."""

    id: str
    name: str
    percent: Decimal
    verdict: Verdict
    from_quantity: Decimal = Decimal(0)


def weigh(discounts: Iterable[Discount], quantity: Decimal, *, fixed_price: bool = False) -> tuple[Weighed, ...]:
    """What becomes of discounts that all cover the same goods, in the order of their priority."""
    ranked = [(one, one.step_at(quantity)) for one in sorted(discounts, key=lambda one: (one.priority, one.id))]
    reached = [(one, step) for one, step in ranked if step is not None]
    verdicts = {one.id: Verdict.FIXED_PRICE for one, _ in reached} if fixed_price else _verdicts(reached)
    return tuple(_weighed(one, step, verdicts.get(one.id, Verdict.BELOW_QUANTITY)) for one, step in ranked)


def given(weighed: Iterable[Weighed]) -> tuple[Decimal, ...]:
    """The percents that are taken off."""
    return tuple(one.percent for one in weighed if one.verdict is Verdict.APPLIED)


class Weighing:
    """`weigh` for many goods of one contract, most of which have the same discounts: each case is weighed once."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, ...], Decimal, bool], tuple[Weighed, ...]] = {}

    def __call__(self, discounts: Sequence[Discount], quantity: Decimal, *, fixed_price: bool) -> tuple[Weighed, ...]:
        case = (tuple(one.id for one in discounts), quantity, fixed_price)
        known = self._known.get(case)
        if known is None:
            known = self._known[case] = weigh(discounts, quantity, fixed_price=fixed_price)
        return known


def _weighed(one: Discount, reached: Step | None, verdict: Verdict) -> Weighed:
    step = reached or min(one.steps, key=lambda step: step.min_quantity)
    return Weighed(id=one.id, name=one.name, percent=step.percent, verdict=verdict, from_quantity=step.min_quantity)


def _verdicts(reached: Sequence[tuple[Discount, Step]]) -> dict[str, Verdict]:
    out: dict[str, Verdict] = {}
    given: list[tuple[Discount, Step]] = []
    closed = False
    for _, group in groupby(reached, key=lambda pair: pair[0].priority):
        level = list(group)
        alone = any(one.interaction is Interaction.EXCLUSIVE for one, _ in level)
        if alone and not _agree(level):
            out.update((one.id, Verdict.DISAGREES) for one, _ in level)
        elif closed or (alone and given):
            out.update((one.id, Verdict.EXCLUDED) for one, _ in level)
        else:
            closed = alone
            given += level[:1] if alone else level
            out.update((one.id, Verdict.EXCLUDED) for one, _ in level[1:] if alone)
    rivals = [(step.percent, -place) for place, (one, step) in enumerate(given) if one.interaction is Interaction.BEST]
    best = -max(rivals)[1] if rivals else None
    for place, (one, _) in enumerate(given):
        loses = one.interaction is Interaction.BEST and place != best
        out[one.id] = Verdict.NOT_BEST if loses else Verdict.APPLIED
    return out


def _agree(level: Sequence[tuple[Discount, Step]]) -> bool:
    """Whether discounts of one priority, of which one is exclusive, all come to the same."""
    return len({(one.interaction, step.percent) for one, step in level}) == 1


def disagreements(discounts: Iterable[Discount]) -> tuple[tuple[Discount, Discount], ...]:
    """Pairs of rules of equal standing that could both be asked for a price and would not come to the same."""
    return tuple((one, other) for one, other in combinations(discounts, 2) if _disagree(one, other))


def _disagree(one: Discount, other: Discount) -> bool:
    if one.priority != other.priority or Interaction.EXCLUSIVE not in (one.interaction, other.interaction):
        return False
    return (one.interaction, set(one.steps)) != (other.interaction, set(other.steps)) and _may_meet(one, other)


def _may_meet(one: Discount, other: Discount) -> bool:
    """Whether there may be a contract, a day and goods that both are for. A company has one group and one region, goods
    have one brand; of categories one may lie within the other, so they may always meet."""
    starts = max(one.since or date.min, other.since or date.min)
    ends = min(one.until or date.max, other.until or date.max)
    either_or = ("contract_ids", "group_ids", "region_ids", "brands", "skus")
    apart = any(
        (mine := getattr(one, name)) and (theirs := getattr(other, name)) and set(mine).isdisjoint(theirs)
        for name in either_or
    )
    return starts <= ends and not apart
