"""What is new and what became cheaper, a few of each: for the page where a dealer's people land."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.kernel.access import Actor
from chalicelib.stock.store import promised
from chalicelib.storage.session import TenantSession
from chalicelib.storefront.desk import Ahead, read_desk
from chalicelib.storefront.offers import News, Offer, counter

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
    picked = {news: desk.catalogue.first_of(at.selection(news), _LOOKED_AT) for news in News}
    items = {item.sku: item for some, _ in picked.values() for item in some}
    offers = at.offers(items, promised(db, items, now)) if items else {}
    shelves = []
    for news, (some, count) in picked.items():
        found = [offers[one.sku] for one in some if news is News.NEW or offers[one.sku].fall]
        if found:
            shelves.append(Shelf(news=news, offers=tuple(found[:_SHOWN]), has_more=count > _SHOWN))
    return Front(shelves=tuple(shelves), cart=desk.cart)
