"""What the manufacturer's people do with prices: lists, who is given which, discounts, exchange rates.

All of it is one document: a wish carries the version that the person saw, so another's change in between is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice

from chalicelib.catalogue.model import Item
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.errors import NotFound, Refused, found
from chalicelib.kernel.ids import stable_id
from chalicelib.network import store as network
from chalicelib.network.model import Contract, PriceType
from chalicelib.pricing import store
from chalicelib.pricing.actions import PriceChange, change_book, load_book
from chalicelib.pricing.book import Book, changed, with_list
from chalicelib.pricing.derived import Formula, derived, rooted
from chalicelib.pricing.forms import Typed, derived_from_form, list_from_form, rate_from_form
from chalicelib.pricing.lists import OwnList, activated, called_off
from chalicelib.pricing.model import Strategy
from chalicelib.pricing.rates import ExchangeRate
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.company import Checks

DEFAULT = "default"
"""Stands for the tenant where lists are given to a group or region by its id."""
_SHOWN = 8
_SOUGHT = 2_000


# --- lists ---------------------------------------------------------------------------------------------------


def add_list(db: TenantSession, wish: PriceChange, typed: Typed) -> str:
    """A new list without rows; its id. Invalid names every wrong field."""
    checks = Checks(typed)
    made = list_from_form(checks, OwnList(id=stable_id("list", wish.key), name=""))
    checks.finish()
    change_book(db, wish, lambda book: with_list(book, made))
    return made.id


def add_derived(db: TenantSession, wish: PriceChange, typed: Typed) -> str:
    """A new list derived from another one or from a price type; its id."""
    made = _derived(db, typed, OwnList(id=stable_id("list", wish.key), name=""))
    change_book(db, wish, lambda book: with_list(book, made))
    return made.id


def change_list(db: TenantSession, wish: PriceChange, list_id: str, typed: Typed) -> None:
    """NotFound for a list that is not in the book; Refused names the circle that a new base would make."""
    before = found(load_book(db)[0].find(list_id))
    if before.formula is not None:
        after = _derived(db, typed, before)
    else:
        checks = Checks(typed)
        after = list_from_form(checks, before)
        checks.finish()
    change_book(db, wish, lambda book: changed(book, list_id, lambda _: after))


def _derived(db: TenantSession, typed: Typed, before: OwnList) -> OwnList:
    checks = Checks(typed)
    made = derived_from_form(checks, before, [one.id for one in bases(db)])
    checks.finish()
    return made


def remove_list(db: TenantSession, wish: PriceChange, list_id: str) -> None:
    """Refused("list_in_use") while anything names it."""
    book, _ = load_book(db)
    own = found(book.find(list_id))
    if list_id in _named_by_book(book) or any(list_id in one.price_list_ids for one in all_contracts(db)):
        raise Refused("list_in_use", list=own.name)

    def without(book: Book) -> Book:
        if list_id in _named_by_book(book):
            raise Refused("list_in_use", list=own.name)
        return replace(book, lists=tuple(one for one in book.lists if one.id != list_id))

    change_book(db, wish, without)


def _named_by_book(book: Book) -> set[str]:
    given = (*book.groups.values(), *book.regions.values(), book.default)
    return {one for ids in given for one in ids} | {formula.base_id for formula in book.formulas.values()}


def activate(db: TenantSession, wish: PriceChange, list_id: str, number: int, since: datetime | None) -> None:
    """Puts a version in force, at once or from a moment on. An earlier one's number goes back to it."""

    def change(own: OwnList) -> OwnList:
        return activated(own, number, since=since or wish.now, by=wish.actor.name, now=wish.now)

    change_book(db, wish, lambda book: changed(book, list_id, change))


def call_off(db: TenantSession, wish: PriceChange, list_id: str) -> None:
    """Nothing is planned for the list any more."""
    change_book(db, wish, lambda book: changed(book, list_id, lambda own: called_off(own, wish.now)))


def bases(db: TenantSession) -> list[OwnList | PriceType]:
    """What a list may be derived from and what may be given to somebody: own lists, then the ERP's price types."""
    return [*load_book(db)[0].lists, *network.price_types(db)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a formula makes of a product's price; `derived` of zero or less is no price."""

    item: Item
    base: Decimal
    derived: Decimal
    currency: str


def formula_samples(db: TenantSession, formula: Formula, home: str, now: datetime) -> list[Sample]:
    """What the formula makes of the first prices of its base; none before the first import, or without prices."""
    catalogue = current_catalogue(db, None, now)
    if catalogue is None:
        return []
    book, _ = load_book(db)
    root, formulas = rooted(formula.base_id, book.formulas)
    out = []
    for item, amount, currency in islice(_prices_of(db, catalogue, book, root, now), _SHOWN):
        base = derived(amount, formulas)
        out.append(Sample(item=item, base=base, derived=formula.price(base), currency=currency or home))
    return out


def _prices_of(
    db: TenantSession, catalogue: Catalogue, book: Book, list_id: str, now: datetime
) -> Iterator[tuple[Item, Decimal, str]]:
    own = book.find(list_id)
    if own is not None:
        version = own.version_at(now) or (own.versions[-1] if own.versions else None)
        rows = list(islice(store.opened(db.tenant_id, version).rows(), _SOUGHT)) if version else []
        items = catalogue.skus([row.sku for row in rows])
        yield from ((items[row.sku], row.amount, own.currency) for row in rows if row.sku in items)
        return
    sought = 0
    for some in catalogue.listed():
        items = {item.sku: item for _, item in some}
        for sku, tiers in catalogue.prices(list(items), [list_id]).items():
            yield items[sku], tiers[0].amount, tiers[0].currency or ""
        sought += len(some)
        if sought >= _SOUGHT:
            return


# --- who is given which --------------------------------------------------------------------------------------


def assign(db: TenantSession, wish: PriceChange, whose: str, list_ids: Sequence[str]) -> None:
    """Gives lists, in the order in which they are asked, to a group, a region or (`DEFAULT`) everybody. NotFound for a
    group or region that there is not; lists that there are not are left out."""
    segments = network.load_segments(db)
    known = {one.id for one in bases(db)}
    ids = tuple(one for one in dict.fromkeys(list_ids) if one in known)

    def change(book: Book) -> Book:
        if whose == DEFAULT:
            return replace(book, default=ids)
        if segments.group(whose):
            return replace(book, groups=_given(book.groups, whose, ids))
        if segments.region(whose):
            return replace(book, regions=_given(book.regions, whose, ids))
        raise NotFound()

    change_book(db, wish, change)


def _given(before: Mapping[str, tuple[str, ...]], whose: str, ids: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    after = {**before, whose: ids}
    return {one: given for one, given in after.items() if given}


def set_strategy(db: TenantSession, wish: PriceChange, strategy: Strategy) -> None:
    change_book(db, wish, lambda book: replace(book, strategy=strategy))


def all_contracts(db: TenantSession) -> list[Contract]:
    """Every dealer's contracts; one read for a hundred of them."""
    wanted = [
        keys.contract(db.tenant_id, party.id, mark.id) for party in network.dealers(db) for mark in party.contracts
    ]
    return [network.contract_from(record) for record in db.get_many(wanted, consistent=False).values()]


# --- exchange rates ------------------------------------------------------------------------------------------


def add_rate(db: TenantSession, wish: PriceChange, typed: Typed, home: str) -> None:
    """A rate from a day on, in place of the one of that day. `home` = the tenant's currency."""
    rate = checked_rate(typed, home)
    change_book(db, wish, lambda book: replace(book, rates=with_rate(book.rates, rate)))


def checked_rate(typed: Typed, home: str) -> ExchangeRate:
    """Invalid names every wrong field."""
    checks = Checks(typed)
    rate = rate_from_form(checks, home)
    checks.finish()
    return rate


def with_rate(rates: Sequence[ExchangeRate], rate: ExchangeRate) -> tuple[ExchangeRate, ...]:
    """The rates with one more, in place of the one of its day."""
    return (*(one for one in rates if (one.currency, one.since) != (rate.currency, rate.since)), rate)


def without_rate(rates: Sequence[ExchangeRate], currency: str, since: str) -> tuple[ExchangeRate, ...]:
    """The rates but for that of a currency of the day `since` (ISO; empty = from ever)."""

    def is_it(one: ExchangeRate) -> bool:
        return (one.currency, one.since.isoformat() if one.since else "") == (currency, since)

    return tuple(one for one in rates if not is_it(one))


def remove_rate(db: TenantSession, wish: PriceChange, currency: str, since: str) -> None:
    change_book(db, wish, lambda book: replace(book, rates=without_rate(book.rates, currency, since)))
