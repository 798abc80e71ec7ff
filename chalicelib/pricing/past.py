"""What a price was before it last changed (docs/adr/0024). Pure rules.

Two things change a price without a hand on it: rows of price types, and what has a moment or a day in the book, such as
the activation of a version. Of both the last change counts, and the price before it is quoted as any other: under the
terms and by the rows of just before. What is changed in the book without a day counts as if it had always been so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.catalogue.model import PriceTier, PriceType
from chalicelib.kernel.clock import start_of_day
from chalicelib.kernel.vat import rate_on
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.lists import JUST_BEFORE
from chalicelib.pricing.model import Answer, Outcome, PriceList, PriceTerms, Quote

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Since when the terms are those of now, as far as is looked back; `terms` = those that held until then, None: it
    is not looked further back. What cost the same under those is compared back to `oldest`."""

    since: datetime
    terms: PriceTerms | None = None
    oldest: datetime | None = None  # None: `since`


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A lower price than before: `price` is what one base unit cost at the same quantity, `until` the moment of the
    change."""

    price: Decimal
    until: datetime

    def percent(self, now: Decimal) -> Decimal:
        """How much less that is, of what it was; with a digit after the point only below one."""
        less = (self.price - now) * 100 / self.price
        return less.quantize(_ONE if less >= 1 else Decimal("0.1"), ROUND_HALF_UP)


def past_of(basis: PriceBasis, terms: PriceTerms, price_types: Sequence[PriceType]) -> Past:
    """How far back a contract's prices are compared: to the last moment at which its terms changed, for what they left
    as it was to the last but one; or as long as the tenant says. `terms` = those of now."""
    since = basis.settings.news_since(basis.at)
    last = _last_turn(basis, terms, price_types, since)
    if last is None:
        return Past(since=since)
    turn, before = last
    earlier = _last_turn(replace(basis, at=turn - JUST_BEFORE), before, price_types, since)
    return Past(since=turn, terms=before, oldest=earlier[0] if earlier else since)


def _last_turn(
    basis: PriceBasis, terms: PriceTerms, price_types: Sequence[PriceType], since: datetime
) -> tuple[datetime, PriceTerms] | None:
    """The last moment after `since` at which the terms became those that they are, and those of just before."""
    turns = sorted({one for one in _turns(basis, terms) if since < one <= basis.at}, reverse=True)
    for turn in turns:
        before = contract_terms(replace(basis, at=turn - JUST_BEFORE), price_types)
        if _essence(before, price_types) != _essence(terms, price_types):
            return turn, before
    return None


def _turns(basis: PriceBasis, terms: PriceTerms) -> Iterator[datetime]:
    """All moments at which what is dated begins or ends, of what the contract may get."""
    in_chain = {id for one in terms.chain for id in (one.id, one.source)}
    lists = [one for one in (*basis.book.lists, *basis.own.lists) if one.id in in_chain]
    yield from (activation.since for one in lists for activation in one.activations)
    spans = [(one.since, one.until) for one in lists]
    spans += [(one.since, one.until) for one in basis.book.discounts]
    days = {since for since, _ in spans} | {until + timedelta(days=1) for _, until in spans if until}
    days |= {one.since for one in (*basis.book.rates, *basis.own.rates)}
    days |= {one.since for one in basis.settings.vat_rates}
    yield from (start_of_day(day, basis.settings.time_zone) for day in days if day)


def _essence(terms: PriceTerms, price_types: Sequence[PriceType]) -> tuple[object, ...]:
    """What of some terms prices depend on. Of rates those of currencies that a list is in: others are typed daily."""
    lists = [one for one in terms.chain if one.in_force]
    told = {one.id: one.currency for one in price_types}
    currencies = {one.currency or told.get(one.source) or terms.list_currency for one in lists}
    rates = [one for one in terms.conversions if one.currency in currencies - {terms.currency}]
    return lists, terms.vat_included, rate_on(terms.vat_rates, terms.day), terms.discounts, rates


def deciding(quoted: Quote, quantity: Decimal) -> tuple[PriceList, ...]:
    """The lists that have a say in a price, now and before any of them changed: none behind an exclusive one that has
    the goods, and by priority, for a quantity that no minimum can be between, none behind the one that decides."""
    without = (Outcome.NOT_ASKED, Outcome.LATER) if quantity <= 1 else (Outcome.NOT_ASKED,)
    return tuple(one.price_list for one in quoted.considered if one.outcome not in without)


def tiers_before(
    tiers: Iterable[PriceTier], changes: Sequence[tuple[datetime, PriceTier]]
) -> tuple[datetime, tuple[PriceTier, ...]]:
    """The last moment of some changes, and the tiers of just before; of a change there is the tier that held until
    then."""
    last = max(until for until, _ in changes)
    by_row = {(one.price_type_id, one.unit, one.min_quantity): one for one in tiers}
    by_row |= {(one.price_type_id, one.unit, one.min_quantity): one for until, one in changes if until == last}
    return last, tuple(by_row.values())


def fallen(now: Quote, before: Answer, until: datetime) -> Fall | None:
    """None if it did not cost more, or had no price that can be compared."""
    if not isinstance(before, Quote) or before.vat_included != now.vat_included or before.price <= now.price:
        return None
    return Fall(price=before.price, until=until)
