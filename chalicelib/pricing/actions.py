"""Quoting from the catalogue and the tenant's own lists, and changing the pricing book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from chalicelib.catalogue.model import Item, PriceTier
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.gateways.telemetry import failure
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.pricing import store
from chalicelib.pricing.book import Book, OwnPrices, changed, check, check_own
from chalicelib.pricing.discounts import NO_KINDS
from chalicelib.pricing.lists import ListRow, ListVersion, with_version
from chalicelib.pricing.model import Answer, PriceOnRequest, PriceTerms
from chalicelib.pricing.quoting import Quoting
from chalicelib.storage import files, keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import OUTAGES, Record, TenantSession
from chalicelib.storage.writes import Check, Done, Present, Write, audit, guard

_ONE = Decimal(1)
_Prices = TypeVar("_Prices", Book, OwnPrices)


def quotes(
    catalogue: Catalogue, items: Mapping[str, Item], quantities: Mapping[str, Decimal], terms: PriceTerms
) -> dict[str, Answer]:
    """The price of each SKU at its quantity; a SKU without a quantity is quoted at one unit or the smallest tier.

    One query of the snapshot for all price types, and one of each own list's file.
    """
    skus = list(items)
    tiers = tiers_of(catalogue, skus, terms)
    kinds = catalogue.kinds(skus) if terms.ask_kinds else {}
    out, quoting = {}, Quoting(terms)
    for sku, item in items.items():
        own, what = tiers.get(sku, ()), kinds.get(sku, NO_KINDS)
        answer = quoting(sku, own, quantities.get(sku, _ONE), item.vat_rate, what)
        if sku not in quantities and isinstance(answer, PriceOnRequest) and answer.min_quantity is not None:
            answer = quoting(sku, own, answer.min_quantity, item.vat_rate, what)
        out[sku] = answer
    return out


def tiers_of(catalogue: Catalogue, skus: Sequence[str], terms: PriceTerms) -> Mapping[str, tuple[PriceTier, ...]]:
    """What the lists of the chain read, by SKU: of a derived list the rows of its base, so their amounts are no
    dealer's to see."""
    read = [one for one in terms.chain if one.in_force]
    files_of = {one.source: one for one in read if one.version}
    found = dict(catalogue.prices(skus, [one.source for one in read if one.version is None]))
    for source, one in files_of.items():
        assert one.version is not None, "it was looked for"
        rows = store.opened(terms.tenant_id, one.version)
        for sku, tiers in rows.tiers(skus, source, one.currency or terms.list_currency).items():
            found[sku] = (*found.get(sku, ()), *tiers)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """A person's wish to change prices. `version` = that of the book, or of the contract's prices, that they saw, None
    where the change holds whatever else was changed; `key` makes it happen once; `about` is what the audit keeps of
    it."""

    actor: Actor
    version: int | None
    key: str
    action: str  # e.g. "list.activated"
    about: Mapping[str, str]
    now: datetime


def load_book(db: TenantSession) -> tuple[Book, int]:
    """The book and its version, 0 before the first change."""
    record = db.get(keys.price_book(db.tenant_id))
    return store.book_of(record), record.version if record else 0


def change_book(db: TenantSession, wish: PriceChange, change: Callable[[Book], Book]) -> Book:
    """Changes the book by one conditional write: readers have all of it or nothing. The same key again answers the
    book as it is.

    Refused("prices_changed") if somebody was quicker, "prices_disagree" with every reason (`book.check`), "book_full".
    """

    def once() -> Book:
        at, done = keys.price_book(db.tenant_id), keys.idempotency(db.tenant_id, _guard_key(wish))
        rows = db.get_many((at, done))
        before = store.book_of(rows.get(at))
        if done in rows:
            return before
        version = _version(rows.get(at), wish)
        after = change(before)
        check(after)
        _commit(db, wish, "prices", [store.book_put(db.tenant_id, after, version)])
        _delete_unkept(db.tenant_id, before, after)
        return after

    return until_committed(once)


def change_own_prices(
    db: TenantSession,
    wish: PriceChange,
    party_id: str,
    contract_id: str,
    change: Callable[[OwnPrices], OwnPrices],
) -> OwnPrices:
    """As `change_book`, for a contract's own prices and rates; NotFound for a contract that the party has not."""

    def once() -> OwnPrices:
        at, done = keys.own_prices(db.tenant_id, contract_id), keys.idempotency(db.tenant_id, _guard_key(wish))
        contract = keys.contract(db.tenant_id, party_id, contract_id)
        rows = db.get_many((at, done, contract))
        if contract not in rows:
            raise NotFound()
        before = _own_of(rows.get(at))
        if done in rows:
            return before
        version = _version(rows.get(at), wish)
        after = change(before)
        check_own(after)
        still_there = Check(key=contract, when=(Present(),))
        writes: list[Write] = [store.own_put(db.tenant_id, contract_id, after, version), still_there]
        _commit(db, wish, f"contract#{contract_id}", writes)
        _delete_unkept(db.tenant_id, before, after)
        return after

    return until_committed(once)


def upload_rows(db: TenantSession, wish: PriceChange, list_id: str, rows: Iterable[ListRow]) -> Book:
    """One more version of a list, which is not in force before it is activated. NotFound for a list that is not in the
    book; Invalid for rows that no list can have; otherwise as `change_book`."""

    def add(new: ListVersion) -> Book:
        made = replace(new, made_of=wish.key)
        return change_book(db, wish, lambda book: changed(book, list_id, lambda own: with_version(own, made)))

    return with_rows(db, wish, rows, add)


def with_rows(
    db: TenantSession, wish: PriceChange, rows: Iterable[ListRow], change: Callable[[ListVersion], _Prices]
) -> _Prices:
    """What `change` makes with a version of these rows. Their file goes again if the change is refused, or was made
    before by the same key; after an outage it stays, as the change may have been made."""
    made = store.upload(db.tenant_id, rows, by=wish.actor.name, now=wish.now)
    try:
        after = change(made)
    except (NotFound, Refused):
        _delete(db.tenant_id, {made.key})
        raise
    _delete(db.tenant_id, {made.key} - _files(after))
    return after


def _version(record: Record | None, wish: PriceChange) -> int:
    """The version to write over; Refused("prices_changed") if the person has not seen it."""
    version = record.version if record else 0
    if wish.version not in (version, None):
        raise Refused("prices_changed")
    return version


def _commit(db: TenantSession, wish: PriceChange, subject: str, writes: Sequence[Write]) -> None:
    told = audit(
        db.tenant_id,
        subject,
        action=wish.action,
        actor_id=wish.actor.user_id,
        at=wish.now,
        entry_id=new_id(wish.now),
        detail=wish.about,
    )
    db.commit([guard(db.tenant_id, _guard_key(wish), Done(), now=wish.now), *writes, told])


def _guard_key(wish: PriceChange) -> str:
    return f"prices#{wish.actor.user_id}#{wish.key}"


def _own_of(record: Record | None) -> OwnPrices:
    return record.load(OwnPrices) if record else OwnPrices()


def _delete_unkept(tenant_id: str, before: Book | OwnPrices, after: Book | OwnPrices) -> None:
    """Files of versions that are no longer kept. Who has one open keeps reading it."""
    _delete(tenant_id, _files(before) - _files(after))


def _files(prices: Book | OwnPrices) -> set[str]:
    return {version.key for own in prices.lists for version in own.versions}


def _delete(tenant_id: str, unused: Iterable[str]) -> None:
    try:
        for key in unused:
            files.delete(tenant_id, key)
    except OUTAGES as outage:  # the prices are what they should be
        failure("price lists that nothing refers to were not deleted", outage, tenant=tenant_id)
