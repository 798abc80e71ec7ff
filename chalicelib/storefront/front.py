"""What is new and what became cheaper, a few of each: for the page where a dealer's people land."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.model import Item
from chalicelib.kernel.access import Actor
from chalicelib.stock.store import promised
from chalicelib.storage.session import TenantSession
from chalicelib.storefront.desk import Ahead, read_desk
from chalicelib.storefront.offers import Counter, News, Offer, counter

_SHOWN = 8
_LOOKED_AT = 24
"""Of what lists say is cheaper some may not be so to this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Some news; `has_more` = the catalogue has others of them."""

    news: News
    offers: tuple[Offer, ...]
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Shelves that have something; `cart` = quantities by SKU, None: the person has no cart."""

    shelves: tuple[Shelf, ...] = ()
    cart: Mapping[str, Decimal] | None = None


def front(db: TenantSession, actor: Actor, contract_id: str | None, now: datetime, ahead: Ahead = None) -> Front:
    """One round trip for the stock, none if there are no news, and before it one for the rows of `desk_keys`, unless
    they were read `ahead`."""
    desk = read_desk(db, actor, contract_id, now, ahead)
    if desk.catalogue is None:
        return Front()
    at = counter(desk, desk.catalogue, desk.catalogue.price_types(), "")
    picked = {news: _picked(at, news) for news in News}
    items = {item.sku: item for some, _ in picked.values() for item in some}
    offers = at.offers(items, promised(db, items, now)) if items else {}
    shelves = (
        Shelf(news=news, offers=tuple(offers[one.sku] for one in some), has_more=count > _SHOWN)
        for news, (some, count) in picked.items()
        if some
    )
    return Front(shelves=tuple(shelves), cart=desk.cart)


def _picked(at: Counter, news: News) -> tuple[Sequence[Item], int]:
    """The first few, and how many there are."""
    found, count = at.catalogue.first_of(at.selection(news), _LOOKED_AT)
    if news is News.CHEAPER:
        _, fallen = at.priced({item.sku: item for item in found})
        found = tuple(item for item in found if item.sku in fallen)
    return found[:_SHOWN], count
