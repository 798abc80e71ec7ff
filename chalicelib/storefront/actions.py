"""The catalogue as a person sees it: its snapshot with their prices, the live stock, and what is in their cart.

A room of its own because it brings them together: `catalogue`, `pricing` and `stock` do not know each other's doors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.advice.model import SHOWN
from chalicelib.advice.store import companions_of
from chalicelib.catalogue.model import (
    Available,
    Category,
    Item,
    Page,
    PriceType,
    Product,
    Query,
    Sort,
    Suggestions,
    Warehouse,
)
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound
from chalicelib.pictures.model import Picture
from chalicelib.pricing.actions import quotes, tiers_of
from chalicelib.pricing.chain import list_terms
from chalicelib.pricing.model import Answer as Answer
from chalicelib.pricing.model import PriceTerms
from chalicelib.pricing.ranking import amounts_under
from chalicelib.stock import showing
from chalicelib.stock.model import Level
from chalicelib.stock.store import coming_among, promised
from chalicelib.storage.session import TenantSession
from chalicelib.storefront.desk import Ahead, Desk, read_desk
from chalicelib.storefront.offers import News, Offer, counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A page of the catalogue. `price_types` are for the manufacturer's own people to choose from."""

    page: Page
    offers: tuple[Offer, ...]
    path: tuple[Category, ...]  # from the top to the chosen category
    terms: PriceTerms | None
    price_types: tuple[PriceType, ...]
    price_type_id: str
    cart: Mapping[str, Decimal] | None  # quantities by SKU; None: the person has no cart
    pictures: Mapping[str, Picture]  # the first one of a SKU's product, by SKU
    available: tuple[Available, ...]  # what can be asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Stock of a SKU in one warehouse."""

    warehouse: Warehouse
    stock: showing.Shown
    on_hand: Decimal
    allocated: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A product's page: `offer` at the person's terms; `listed_prices` by price type are for the tenant's people.

    `variants` are all of the same card, the one looked at too, in the order of their names; empty if it has no others.
    `together` = what others order with it, none of it in the cart. `packs` = (a larger unit of the person's lists, how
    many base units it holds).
    """

    product: Product
    offer: Offer
    variants: tuple[Offer, ...]
    together: tuple[Offer, ...]
    packs: tuple[tuple[str, Decimal], ...]
    places: tuple[Place, ...]
    listed_prices: tuple[tuple[PriceType, Answer], ...]
    terms: PriceTerms | None
    cart: Mapping[str, Decimal] | None
    pictures: tuple[Picture, ...]


def browse(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    query: Query,
    now: datetime,
    price_type_id: str = "",
    ahead: Ahead = None,
    news: Sequence[News] = (),
) -> Range | None:
    """One page of the catalogue; None before the first import. NotFound for a category that is not there. `news` = only
    what is told of as such.

    One round trip for the stock of the page's SKUs, and before it one for the rows of `desk_keys`, unless they were
    read `ahead`; one more for those who ask what is on its way.
    """
    desk = read_desk(db, actor, contract_id, now, ahead)
    catalogue = desk.catalogue
    if catalogue is None:
        return None
    path = catalogue.category_path(query.category_id) if query.category_id else ()
    if query.category_id and not path:
        raise NotFound()
    price_types = () if actor.is_dealer else catalogue.price_types()
    chosen = _chosen(price_types, price_type_id, desk.usual)
    at = counter(desk, catalogue, price_types or catalogue.price_types(), chosen)
    available = tuple(one for one in Available if one is not Available.ORDER or catalogue.on_order_count)
    if query.available not in available:
        query = replace(query, available=None)
    query = replace(
        query,
        sort=Sort.RELEVANCE if query.sort is Sort.STOCK and not desk.may_rank_stock else query.sort,
        amounts=amounts_under(catalogue, at.terms) if at.terms else None,
        coming=_on_their_way(db, desk, query),
        warehouses=desk.warehouses,
        selections=tuple(map(at.selection, news)),
    )
    page = catalogue.search(query)
    items = {item.sku: item for item in page.items}
    offers = at.offers(items, promised(db, items, now) if items else {})
    return Range(
        page=page,
        offers=tuple(one for one in offers.values() if one.fall or News.CHEAPER not in news),
        path=path,
        terms=at.terms,
        price_types=price_types,
        price_type_id=chosen,
        cart=desk.cart,
        pictures=_first_pictures(desk, page.items),
        available=available,
    )


def _on_their_way(db: TenantSession, desk: Desk, query: Query) -> frozenset[str]:
    """Looked up only by those who ask for it."""
    if query.available in (None, Available.NOW):
        return frozenset()
    return coming_among(db, desk.day, desk.warehouses)


def suggest(db: TenantSession, actor: Actor, text: str, now: datetime) -> Suggestions:
    """What a text that is being typed may be going to be."""
    catalogue = current_catalogue(db, actor.party_id, now)
    return catalogue.suggest(text) if catalogue else Suggestions()


def look_at(
    db: TenantSession, actor: Actor, contract_id: str | None, sku: str, now: datetime, ahead: Ahead = None
) -> Shown:
    """A product's page, in as many round trips as `browse`. NotFound if there is none; for a dealer also if it is no
    longer offered."""
    desk = read_desk(db, actor, contract_id, now, ahead)
    product = desk.catalogue.product(sku) if desk.catalogue else None
    if desk.catalogue is None or product is None or (actor.is_dealer and not product.item.listed):
        raise NotFound()
    catalogue = desk.catalogue
    price_types = catalogue.price_types()
    chosen = "" if actor.is_dealer else _chosen(price_types, "", desk.usual)
    at = counter(desk, catalogue, price_types, chosen)
    known = {item.sku: item for item in (product.item, *product.variants)}
    together = _together(db, catalogue, product.item, desk, known)
    items = known | together
    found = promised(db, items, now)
    offers = at.offers(items, found)
    return Shown(
        product=product,
        offer=offers[sku],
        variants=tuple(offers[one.sku] for one in product.variants) if len(product.variants) > 1 else (),
        together=tuple(offers[one] for one in together),
        packs=_packs(catalogue, sku, at.terms),
        places=_places(catalogue.warehouses(), found[sku], desk),
        listed_prices=() if actor.is_dealer else _listed(catalogue, product.item, price_types, desk),
        terms=at.terms,
        cart=desk.cart,
        pictures=tuple(dict.fromkeys(desk.pictures(product.pictures).values())),
    )


def _together(
    db: TenantSession, catalogue: Catalogue, item: Item, desk: Desk, without: Mapping[str, Item]
) -> dict[str, Item]:
    """What others order with a SKU, as far as the person sees it and has not got it in the cart."""
    companions = companions_of(db.tenant_id, desk.companions)
    if companions is None:
        return {}
    wanted = [sku for sku in companions.of([item.sku]) if sku not in without and sku not in (desk.cart or {})]
    found = catalogue.skus(wanted)
    return {sku: found[sku] for sku in [sku for sku in wanted if sku in found and found[sku].listed][:SHOWN]}


def _packs(catalogue: Catalogue, sku: str, terms: PriceTerms | None) -> tuple[tuple[str, Decimal], ...]:
    """Units other than the base one, smallest first."""
    tiers = tiers_of(catalogue, [sku], terms).get(sku, ()) if terms else ()
    found = {(tier.coefficient, tier.unit) for tier in tiers if tier.unit and tier.coefficient != 1}
    return tuple((unit, coefficient) for coefficient, unit in sorted(found))


def _first_pictures(desk: Desk, items: Sequence[Item]) -> Mapping[str, Picture]:
    found = desk.pictures(item.picture for item in items)
    return {item.sku: found[item.picture] for item in items if item.picture in found}


def _chosen(price_types: Sequence[PriceType], wanted: str, usual: Sequence[str]) -> str:
    """The price type to show: the wanted one, else the first that everybody is given, else the first."""
    known = [one.id for one in price_types]
    return next((one for one in (wanted, *usual, *known) if one in known), "")


def _places(warehouses: Sequence[Warehouse], level: Level, desk: Desk) -> tuple[Place, ...]:
    """Every warehouse that the person may order from and that has, or had, some of it."""
    return tuple(
        Place(warehouse=one, stock=desk.told(row.available), on_hand=row.on_hand, allocated=row.allocated)
        for one in warehouses
        if (row := level.warehouses.get(one.id)) is not None and (not desk.warehouses or one.id in desk.warehouses)
    )


def _listed(
    catalogue: Catalogue, item: Item, price_types: Sequence[PriceType], desk: Desk
) -> tuple[tuple[PriceType, Answer], ...]:
    terms = ((one, list_terms(one, desk.settings, desk.day)) for one in price_types)
    return tuple((one, quotes(catalogue, {item.sku: item}, {}, own)[item.sku]) for one, own in terms)
