"""Discounts made, changed and removed. Two of equal standing that disagree are refused with both names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.errors import found
from chalicelib.kernel.ids import stable_id
from chalicelib.network import store as network
from chalicelib.pricing.actions import PriceChange, change_book
from chalicelib.pricing.book import Book
from chalicelib.pricing.discounts import Discount
from chalicelib.pricing.forms import Named, Typed, discount_from_form, lines_of
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.company import Checks


def find(book: Book, discount_id: str) -> Discount:
    """NotFound if the book has none of this id."""
    return found(next((one for one in book.discounts if one.id == discount_id), None))


def save(
    db: TenantSession,
    wish: PriceChange,
    discount_id: str | None,
    typed: Typed,
    chosen: Mapping[str, Sequence[str]],
) -> None:
    """Makes a discount (`discount_id` None) or changes one. Invalid names every wrong field; Refused("prices_disagree")
    the discounts that it disagrees with."""
    segments, catalogue = network.load_segments(db), current_catalogue(db, None, wish.now)
    named = Named(
        contract_ids=[mark.id for party in network.dealers(db) for mark in party.contracts],
        group_ids=[one.id for one in segments.groups],
        region_ids=[one.id for one in segments.regions],
        category_ids=[one.id for one in catalogue.categories()] if catalogue else [],
    )
    articles = lines_of(typed.get("articles", ""))
    matches = {match.asked: match.sku for match in catalogue.by_article(articles)} if catalogue else {}
    checks = Checks(typed)
    skus = {article: matches.get(article) for article in articles}
    made = discount_from_form(checks, chosen, named, skus, discount_id or stable_id("discount", wish.key))
    checks.finish()

    def change(book: Book) -> Book:
        if discount_id is None:
            return replace(book, discounts=(*book.discounts, made))
        find(book, discount_id)
        return replace(book, discounts=tuple(made if one.id == discount_id else one for one in book.discounts))

    change_book(db, wish, change)


def remove(db: TenantSession, wish: PriceChange, discount_id: str) -> None:
    change_book(
        db, wish, lambda book: replace(book, discounts=tuple(one for one in book.discounts if one.id != discount_id))
    )
