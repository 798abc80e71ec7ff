"""From terms and tiers to a price with everything that it was made from (domain §3.4, §3.6). Pure rules.

Of the lists of a chain, either the first one that has a price decides or the one under which the goods cost least.
Among tiers the largest whose minimum is reached counts; below the smallest there is no price ("on request"). By
priority the lists are merged minimum by minimum first, so a larger tier of a later list stands before a smaller one of
an earlier list (ADR 16).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from chalicelib.catalogue.model import Kinds, PriceTier
from chalicelib.kernel.money import rounded
from chalicelib.kernel.vat import rate_of_goods
from chalicelib.pricing.derived import Formula, derived
from chalicelib.pricing.discounts import NO_KINDS, Discount, Weighed, Weighing, given
from chalicelib.pricing.model import (
    Answer,
    Considered,
    Outcome,
    PriceList,
    PriceOnRequest,
    PriceTerms,
    Quote,
    Strategy,
)
from chalicelib.pricing.rates import Conversion

_ONE = Decimal(1)
_HUNDRED = Decimal(100)
_FINEST = Decimal("0.000001")
_EXACT = 120  # digits: more than any product of amount, rate, VAT and discounts has


class _Asked(NamedTuple):
    """A list of the chain with its tiers, of each minimum quantity one and the smallest first, or why it has none
    (`outcome`)."""

    price_list: PriceList
    outcome: Outcome | None = None
    tiers: Sequence[PriceTier] = ()
    conversion: Conversion | None = None

    @property
    def least(self) -> Decimal | None:
        return self.tiers[0].min_quantity if self.tiers else None

    def tier_at(self, quantity: Decimal) -> PriceTier | None:
        """The largest one that the quantity reaches."""
        reached = None
        for tier in self.tiers:
            if tier.min_quantity > quantity:
                break
            reached = tier
        return reached


class _Found(NamedTuple):
    price: Decimal
    asked: _Asked
    tier: PriceTier
    weighed: tuple[Weighed, ...]

    @property
    def is_price(self) -> bool:
        """Not for what is less than the smallest coin: nothing that has a price is given away (domain §3.6)."""
        return bool(self.price) or not self.tier.amount


class _Goods(NamedTuple):
    """What is the same for every list and quantity."""

    terms: PriceTerms
    vat_rate: Decimal | None
    discounts: tuple[Discount, ...]
    weighing: Weighing

    def weighed(self, quantity: Decimal, *, fixed_price: bool) -> tuple[Weighed, ...]:
        return self.weighing(self.discounts, quantity, fixed_price=fixed_price) if self.discounts else ()


class Quoting:
    """Quotes under some terms. What many SKUs have in common is worked out once: VAT rates, what becomes of discounts,
    and what is told of the lists that were considered."""

    def __init__(self, terms: PriceTerms) -> None:
        self._terms = terms
        self._weighing = Weighing()
        self._vat_rates: dict[Decimal | None, Decimal | None] = {}
        self._considered: dict[Hashable, tuple[Considered, ...]] = {}

    def __call__(
        self,
        sku: str,
        tiers: Sequence[PriceTier],
        quantity: Decimal,
        vat_rate: Decimal | None,
        kinds: Kinds = NO_KINDS,
    ) -> Answer:
        """The price of a SKU at a quantity. `tiers` = all that the chain's sources have of it, each under its source's
        id; `vat_rate` = the goods' own; `kinds` = what they are to discounts."""
        terms = self._terms
        asked = _asked(tiers, terms)
        covering = tuple(one for one in terms.discounts if one.covers(sku, kinds)) if terms.discounts else ()
        goods = _Goods(terms, self._vat_rate(vat_rate), covering, self._weighing)
        found = _found(asked, quantity, goods)
        considered = self._told(asked, found and found.asked, quantity)
        if found is None:
            minimums = sorted({tier.min_quantity for one in asked for tier in one.tiers})
            least = next((one for one in minimums if (there := _found(asked, one, goods)) and there.is_price), None)
            return PriceOnRequest(sku=sku, considered=considered, min_quantity=least)
        if not found.is_price:
            considered = tuple(
                replace(one, outcome=Outcome.ROUNDED_AWAY) if one.outcome is Outcome.CHOSEN else one
                for one in considered
            )
            return PriceOnRequest(sku=sku, considered=considered)
        return Quote(
            sku=sku,
            price=found.price,
            currency=terms.currency,
            vat_rate=goods.vat_rate,
            vat_included=terms.vat_included,
            price_list=found.asked.price_list,
            list_amount=found.tier.amount,
            list_currency=found.tier.currency or terms.list_currency,
            unit=found.tier.unit,
            coefficient=found.tier.coefficient,
            min_quantity=found.tier.min_quantity,
            considered=considered,
            next_tiers=_next_tiers(asked, found.price, quantity, goods),
            conversion=found.asked.conversion,
            discounts=found.weighed,
        )

    def _vat_rate(self, told: Decimal | None) -> Decimal | None:
        if told not in self._vat_rates:
            terms = self._terms
            rate = None if terms.vat_exempt else rate_of_goods(told, terms.vat_rates, terms.day) or None
            self._vat_rates[told] = rate
        return self._vat_rates[told]

    def _told(self, asked: Sequence[_Asked], winner: _Asked | None, quantity: Decimal) -> tuple[Considered, ...]:
        case = (quantity, *[(one.outcome, one.least, one is winner) for one in asked])
        known = self._considered.get(case)
        if known is None:
            known = self._considered[case] = _considered(asked, winner, quantity, self._terms.strategy)
        return known


def quote(
    sku: str,
    tiers: Sequence[PriceTier],
    quantity: Decimal,
    vat_rate: Decimal | None,
    terms: PriceTerms,
    kinds: Kinds = NO_KINDS,
) -> Answer:
    """As `Quoting`, of one SKU."""
    return Quoting(terms)(sku, tiers, quantity, vat_rate, kinds)


def price_of_one(
    amount: Decimal,
    coefficient: Decimal,
    *,
    formulas: Sequence[Formula] = (),
    rate: Decimal | None = None,
    vat_rate: Decimal | None = None,
    listed_with_vat: bool = True,
    quoted_with_vat: bool = True,
    percents: Sequence[Decimal] = (),
    currency: str,
) -> Decimal:
    """The price of one base unit from a row's price of a pack: formulas, exchange rate, VAT put on top or taken out,
    discounts.

    Everything is multiplied exactly, divided and rounded once: so neither the order of discounts nor that of the steps
    matters. A price that no step changes is not rounded; one that is only divided by the pack is kept to a millionth.
    """
    other_vat = bool(vat_rate) and listed_with_vat != quoted_with_vat
    if not (formulas or rate is not None or other_vat or percents):
        return amount if coefficient == 1 else (amount / coefficient).quantize(_FINEST, ROUND_HALF_UP).normalize()
    with localcontext() as context:
        context.prec = _EXACT
        above, below = derived(amount, formulas), coefficient
        if rate is not None:
            above *= rate
        if other_vat:
            assert vat_rate is not None, "there is one, or it could not matter"
            gross, net = _HUNDRED + vat_rate, _HUNDRED
            above, below = (above * gross, below * net) if quoted_with_vat else (above * net, below * gross)
        for percent in percents:
            above, below = above * (_HUNDRED - percent), below * _HUNDRED
        exact = above / below
    return rounded(exact, currency)


def _asked(tiers: Sequence[PriceTier], terms: PriceTerms) -> list[_Asked]:
    by_source: dict[str, list[PriceTier]] = defaultdict(list)
    for tier in tiers:
        by_source[tier.price_type_id].append(tier)
    out, closed = [], False
    for price_list in terms.chain:
        if not price_list.in_force:
            out.append(_Asked(price_list, Outcome.NOT_IN_FORCE))
        elif closed:
            out.append(_Asked(price_list, Outcome.NOT_ASKED))
        else:
            one = _opened(price_list, by_source.get(price_list.source, ()), terms)
            closed = price_list.exclusive and bool(one.tiers)
            out.append(one)
    return out


def _opened(price_list: PriceList, listed: Sequence[PriceTier], terms: PriceTerms) -> _Asked:
    """The tiers of a list that count: in the currency of the quote, or else in the first other one that has a rate;
    of the base unit, or else of the smallest pack. A derived price of zero or less is none."""
    if price_list.formulas:
        listed = [tier for tier in listed if derived(tier.amount, price_list.formulas) > 0]
    if not listed:
        return _Asked(price_list, Outcome.NO_PRICE)
    conversion = None
    own = [tier for tier in listed if (tier.currency or terms.list_currency) == terms.currency]
    if not own:
        told = {tier.currency or terms.list_currency for tier in listed}
        conversion = next((one for one in terms.conversions if one.currency in told), None)
        if conversion is None:
            return _Asked(price_list, Outcome.OTHER_CURRENCY)
        own = [tier for tier in listed if (tier.currency or terms.list_currency) == conversion.currency]
    if len(own) > 1:
        _, coefficient, unit = min((tier.coefficient != 1, tier.coefficient, tier.unit) for tier in own)
        by_minimum = {t.min_quantity: t for t in own if t.coefficient == coefficient and t.unit == unit}
        own = [by_minimum[least] for least in sorted(by_minimum)]
    return _Asked(price_list, None, tuple(own), conversion)


def _found(asked: Sequence[_Asked], quantity: Decimal, goods: _Goods) -> _Found | None:
    reached = [(one, tier) for one in asked if (tier := one.tier_at(quantity)) is not None]
    if not reached:
        return None
    if len(reached) > 1 and goods.terms.strategy is Strategy.PRIORITY:
        reached = [max(reached, key=lambda pair: _from(pair[1]))]  # the first of equal ones
    found = [_priced(one, tier, quantity, goods) for one, tier in reached]
    if len(found) == 1:
        return found[0]
    return min(found, key=lambda one: (not one.is_price, one.price))


def _from(tier: PriceTier) -> Decimal:
    """The minimum by which lists are merged: to be from nothing, from a fraction or from one is the same thing to say,
    and one ERP writes it this way, another that."""
    return max(tier.min_quantity, _ONE)


def _priced(asked: _Asked, tier: PriceTier, quantity: Decimal, goods: _Goods) -> _Found:
    price_list, terms = asked.price_list, goods.terms
    weighed = goods.weighed(quantity, fixed_price=price_list.fixed)
    price = price_of_one(
        tier.amount,
        tier.coefficient,
        formulas=price_list.formulas,
        rate=asked.conversion.rate if asked.conversion else None,
        vat_rate=goods.vat_rate,
        listed_with_vat=price_list.vat_included,
        quoted_with_vat=terms.vat_included,
        percents=given(weighed),
        currency=terms.currency,
    )
    return _Found(price, asked, tier, weighed)


def _next_tiers(
    asked: Sequence[_Asked], price: Decimal, quantity: Decimal, goods: _Goods
) -> tuple[tuple[Decimal, Decimal], ...]:
    larger = {tier.min_quantity for one in asked for tier in one.tiers if tier.min_quantity > quantity}
    larger |= {step.min_quantity for one in goods.discounts for step in one.steps if step.min_quantity > quantity}
    out = []
    for least in sorted(larger):
        found = _found(asked, least, goods)
        if found is not None and found.is_price and found.price != price:
            price = found.price
            out.append((least, price))
    return tuple(out)


def _considered(
    asked: Sequence[_Asked], winner: _Asked | None, quantity: Decimal, strategy: Strategy
) -> tuple[Considered, ...]:
    lost = Outcome.SMALLER_TIER if strategy is Strategy.PRIORITY else Outcome.DEARER
    out = []
    for one in asked:
        least, outcome = one.least, one.outcome
        if outcome is None:
            below = least is not None and least > quantity
            outcome = Outcome.CHOSEN if one is winner else Outcome.BELOW_MINIMUM if below else lost
        if one is winner and strategy is Strategy.PRIORITY:
            lost = Outcome.LATER
        out.append(Considered(price_list=one.price_list, outcome=outcome, min_quantity=least))
    return tuple(out)
