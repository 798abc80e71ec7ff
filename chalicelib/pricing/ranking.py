"""What sorting by price and a range of prices look at: an amount for every SKU under the terms of a contract.

`quoting` answers exactly, for the goods of a page; here all of 150,000 are priced at once, by what lists say of them
alone. Each list counts with its smallest tier, and by priority the first one that has the goods decides; of discounts
those count that are on all goods. So goods with a discount of their own, or with a smallest quantity in one list that
another does not have, may stand elsewhere than the price shown says.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import prod
from typing import NamedTuple

from chalicelib.catalogue.amounts import NONE, PRICE_DIGITS, Amounts, scaled
from chalicelib.catalogue.snapshot.items import price_of
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.kernel.money import minor_digits
from chalicelib.kernel.vat import rate_of_goods
from chalicelib.pricing import store
from chalicelib.pricing.chain import chain_id
from chalicelib.pricing.derived import derived
from chalicelib.pricing.discounts import given, weigh
from chalicelib.pricing.model import PriceList, PriceTerms, Strategy

_ONE = 10**PRICE_DIGITS
Price = Callable[[int, int, Decimal | None], int]
"""From an amount of a list, how many base units it is for (both in millionths) and the goods' VAT rate to the price of
one in millionths, or NONE."""


Instead = Mapping[str, Mapping[int, int]]
"""Other amounts of price types than those of now, by place."""


def amounts_under(catalogue: Catalogue, terms: PriceTerms) -> Amounts:
    """In the currency of the terms; worked out once for a snapshot and a chain, however many contracts have it."""
    return catalogue.amounts_kept(chain_id(terms), lambda: worked_out(catalogue, terms, {}))


def worked_out(catalogue: Catalogue, terms: PriceTerms, instead: Instead) -> Amounts:
    """What `amounts_under` keeps, or what that would be with other amounts of price types."""
    currencies = {one.id: one.currency for one in catalogue.price_types()}
    asked = (one for one in terms.chain if one.in_force)
    ways = (_way(one, one.currency or currencies.get(one.source) or terms.list_currency, terms) for one in asked)
    known = [way for way in ways if way is not None]
    vat = _vat_rates(catalogue, terms, known)
    out = None
    for way in reversed(known):
        own = (
            _of_own_list(catalogue, way, vat)
            if way.price_list.version
            else _of_price_type(catalogue, way, vat, instead)
        )
        first = way.price_list.exclusive or terms.strategy is Strategy.PRIORITY
        out = own if out is None else own.before(out) if first else own.at_best(out)
    return out or catalogue.amounts(())


class Way(NamedTuple):
    """From what a list says to what it comes to under the terms."""

    price_list: PriceList
    terms: PriceTerms
    rate: Decimal | None
    percents: tuple[Decimal, ...]

    @property
    def changes_vat(self) -> bool:
        return not self.terms.vat_exempt and self.price_list.vat_included != self.terms.vat_included

    @property
    def is_plain(self) -> bool:
        """Whether it comes to what the list says."""
        return not (self.price_list.formulas or self.rate is not None or self.changes_vat or self.percents)

    def pricing(self) -> Price:
        """The same as `quoting.price_of_one` to the last digit, in a fraction of its time."""
        formulas = self.price_list.formulas
        listed = cache(lambda amount: scaled(derived(price_of(amount), formulas))) if formulas else int
        ratio = cache(self._ratio)

        def price(amount: int, coefficient: int, vat_rate: Decimal | None) -> int:
            own: int = listed(amount)
            if not own:
                return NONE
            above, below, step = ratio(vat_rate)
            below *= coefficient * step
            rounded: int = (2 * own * above * _ONE + below) // (2 * below) * step
            return rounded

        return price

    def _ratio(self, vat_rate: Decimal | None) -> tuple[int, int, int]:
        """What an amount is multiplied and divided by (exchange rate, VAT, discounts), and the millionths to which it
        is rounded then."""
        rate = vat_rate if self.changes_vat else None
        ratio = Fraction(1 if self.rate is None else self.rate)
        if rate is not None:
            gross = Fraction(rate + 100) / 100
            ratio = ratio * gross if self.terms.vat_included else ratio / gross
        ratio = prod((1 - Fraction(one) / 100 for one in self.percents), start=ratio)
        kept = not (self.price_list.formulas or self.rate is not None or rate is not None or self.percents)
        return *ratio.as_integer_ratio(), 1 if kept else 10 ** (PRICE_DIGITS - minor_digits(self.terms.currency))


def _way(price_list: PriceList, currency: str, terms: PriceTerms) -> Way | None:
    """None from a currency that has no rate."""
    conversion = next((one for one in terms.conversions if one.currency == currency), None)
    if currency != terms.currency and conversion is None:
        return None
    discounts = (one for one in terms.discounts if one.is_on_all_goods)
    percents = given(weigh(discounts, Decimal(1), fixed_price=price_list.fixed))
    return Way(price_list, terms, conversion.rate if conversion else None, percents)


def _vat_rates(catalogue: Catalogue, terms: PriceTerms, ways: Sequence[Way]) -> Sequence[Decimal | None]:
    """By place; where no price has VAT put on top or taken out, no rate matters."""
    if not any(way.changes_vat for way in ways):
        return [None] * len(catalogue.amounts(()).by_place)
    rate = cache(lambda told: rate_of_goods(told, terms.vat_rates, terms.day) or None)
    return [rate(told) for told in catalogue.vat_rates()]


def _of_price_type(catalogue: Catalogue, way: Way, vat: Sequence[Decimal | None], instead: Instead) -> Amounts:
    listed = catalogue.amounts((way.price_list.source,))
    others = instead.get(way.price_list.source)
    if others:
        listed = Amounts(listed.by_place[:])
        for place, amount in others.items():
            listed.by_place[place] = amount
    if way.is_plain:
        return listed
    price, pairs = way.pricing(), zip(listed.by_place, vat, strict=True)
    return Amounts(array("q", (NONE if amount == NONE else price(amount, _ONE, rate) for amount, rate in pairs)))


def _of_own_list(catalogue: Catalogue, way: Way, vat: Sequence[Decimal | None]) -> Amounts:
    """Kept as the amounts of a chain of this list alone: many chains have it, and what was before is compared."""
    alone = replace(way.terms, chain=(way.price_list,))
    return catalogue.amounts_kept(chain_id(alone), lambda: _uploaded(catalogue, way, vat))


def _uploaded(catalogue: Catalogue, way: Way, vat: Sequence[Decimal | None]) -> Amounts:
    assert way.price_list.version is not None, "it was looked for"
    rows = list(store.opened(way.terms.tenant_id, way.price_list.version).smallest())
    places = catalogue.places([sku for sku, _, _ in rows])
    out, price, plain = catalogue.amounts(()).by_place[:], way.pricing(), way.is_plain
    for sku, amount, coefficient in rows:
        place = places.get(sku)
        if place is not None:
            out[place] = amount if plain and coefficient == _ONE else price(amount, coefficient, vat[place])
    return Amounts(out)
