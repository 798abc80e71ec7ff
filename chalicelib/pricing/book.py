"""A tenant's pricing book: everything that decides prices but the rows of lists (domain §3.4 to §3.9). Pure rules.

It is one document, so what changes together changes at once for every reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.kernel.errors import Complaint, NotFound, Refused
from chalicelib.pricing.derived import Formula, cycle
from chalicelib.pricing.discounts import Discount, disagreements
from chalicelib.pricing.lists import OwnList
from chalicelib.pricing.model import Strategy
from chalicelib.pricing.rates import ExchangeRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """`groups`, `regions` and `default` name lists in the order in which they are asked: own ones by id, or price types
    of the ERP by theirs. `default` = everybody's."""

    lists: tuple[OwnList, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by the group of counterparties
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default: tuple[str, ...] = ()
    strategy: Strategy = Strategy.PRIORITY
    discounts: tuple[Discount, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()

    def find(self, list_id: str) -> OwnList | None:
        return next((one for one in self.lists if one.id == list_id), None)

    @property
    def formulas(self) -> dict[str, Formula]:
        """By the list that is derived by it."""
        return {one.id: one.formula for one in self.lists if one.formula is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPrices:
    """What one contract has for itself: its personal prices, a list that stands before all others, and exchange rates
    that stand before the tenant's."""

    prices: OwnList | None = None
    rates: tuple[ExchangeRate, ...] = ()

    @property
    def lists(self) -> tuple[OwnList, ...]:
        return (self.prices,) if self.prices else ()


def with_list(book: Book, own: OwnList) -> Book:
    """The book with a new list at the end, or with this one in place of the one of its id."""
    if book.find(own.id) is None:
        return replace(book, lists=(*book.lists, own))
    return changed(book, own.id, lambda _: own)


def changed(book: Book, list_id: str, change: Callable[[OwnList], OwnList]) -> Book:
    """The book with one list changed; NotFound if it has none of this id."""
    if book.find(list_id) is None:
        raise NotFound()
    return replace(book, lists=tuple(change(one) if one.id == list_id else one for one in book.lists))


def check(book: Book) -> None:
    """Refused("prices_disagree") with every reason why the book can't be carried out: lists derived in a circle, named;
    rules of equal standing that disagree; rules that make no sense."""
    complaints = [
        *(Complaint(code="list_unsound", params={"list": one.name}) for one in book.lists if not one.is_sound),
        *_circle(book),
        *(
            Complaint(code="discount_unsound", params={"discount": one.name})
            for one in book.discounts
            if not one.is_sound
        ),
        *(
            Complaint(
                code="discounts_disagree",
                params={"discount": one.name, "other": other.name, "priority": one.priority},
            )
            for one, other in disagreements(book.discounts)
        ),
        *_rates(book.rates),
    ]
    if complaints:
        raise Refused("prices_disagree", tuple(complaints))


def check_own(own: OwnPrices) -> None:
    """As `check`, for one contract's; personal prices are never derived."""
    complaints = list(_rates(own.rates))
    if own.prices is not None and (own.prices.formula or not own.prices.is_sound):
        complaints.append(Complaint(code="list_unsound", params={"list": own.prices.name}))
    if complaints:
        raise Refused("prices_disagree", tuple(complaints))


def _circle(book: Book) -> list[Complaint]:
    names = {one.id: one.name for one in book.lists}
    circle = cycle(book.formulas)
    return [Complaint(code="lists_circle", params={"lists": " → ".join(names[id] for id in circle)})] if circle else []


def _rates(rates: tuple[ExchangeRate, ...]) -> list[Complaint]:
    wrong = {one.currency for one in rates if one.rate <= 0}
    days = [(one.currency, one.since) for one in rates]
    wrong |= {currency for currency, since in days if days.count((currency, since)) > 1}
    return [Complaint(code="rate_wrong", params={"currency": currency}) for currency in sorted(wrong)]
