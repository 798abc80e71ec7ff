"""Catalogue pages: the range with search and filters, and a product."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from chalicelib.catalogue.model import Available, Category, Facet, Query, Sort
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.http.sessions import SignedIn
from chalicelib.kernel.access import Permission
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.pricing.explain import why, why_not
from chalicelib.pricing.model import Answer, PriceOnRequest, Quote
from chalicelib.pricing.words import sentences
from chalicelib.stock.words import stock_text
from chalicelib.storage.keys import Key
from chalicelib.storefront import actions
from chalicelib.storefront.actions import Place, Range, Shown
from chalicelib.storefront.desk import desk_keys
from chalicelib.storefront.facts import facts_of
from chalicelib.storefront.offers import News, Offer
from chalicelib.storefront.rows import at_least, goods_rows, later_texts, price_text, stock_cell, was

doors = Doors(__name__)
_MAY = Permission.CATALOGUE_READ
_PAGE_SIZE = 50
_MOST_PAGES = 4000
_MOST_FACETS = 6
_FACET = "f_"


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the category tree beside the list."""

    name: str
    href: str
    count: int
    depth: int
    current: bool


def _reads(person: SignedIn) -> tuple[Key, ...]:
    return desk_keys(person.actor, person.contract_id)


@doors.page("/catalogue", may=_MAY, reads=_reads)
def catalogue(request: Request) -> Response:
    asked = ListQuery.parse(request.query)
    person = request.person
    found = actions.browse(
        request.db,
        request.actor,
        person.contract_id,
        _query(asked),
        request.now,
        asked.get("price_type"),
        request.ahead,
        [one for one in News if asked.get(one)],
    )
    if found is None:
        return request.page("storefront/empty.html", may_connect=request.actor.may(Permission.EXCHANGE))
    fmt = Formats(request.locale, request.time_zone)
    listing = _listing(request, asked, found)
    asked = listing.query
    return request.page(
        "storefront/range.html",
        listing=listing,
        tree=_tree(request, asked, found),
        path=found.path,
        up=_up(request, found.path),
        total=found.page.total,
        asked=asked.get("q"),
        meant=tuple((text, asked.href(q=text)) for text in found.page.meant),
        offers={offer.item.sku: offer for offer in found.offers},
        was={offer.item.sku: was(fmt, offer) for offer in found.offers if offer.fall},
        at_least={offer.item.sku: at_least(offer) for offer in _orderable(request, found)},
        price_list=_price_list(request, found.path),
        no_terms=request.actor.is_dealer and found.terms is None,
        back="/catalogue" + asked.at_page(asked.page),
        in_cart=found.cart or {},
        pictures=found.pictures,
        cart_count=None if found.cart is None else len(found.cart),
    )


@doors.page("/catalogue/suggest", may=_MAY)
def suggest(request: Request) -> Response:
    """A piece of a page: the list under a search field."""
    asked = request.query.text("q")
    found = actions.suggest(request.db, request.actor, asked, request.now)
    return request.page("storefront/suggestions.html", plain=True, found=found, asked=asked)


@doors.page("/catalogue/{sku}", may=_MAY, reads=_reads)
def product(request: Request) -> Response:
    shown = actions.look_at(
        request.db, request.actor, request.person.contract_id, request.params["sku"], request.now, request.ahead
    )
    item = shown.product.item
    return request.page(
        "storefront/product.html",
        shown=shown,
        item=item,
        back=_back_to(shown.product.category_path),
        facts=facts_of(shown, request.t, Formats(request.locale, request.time_zone)),
        places=_places(request, shown),
        was=was(Formats(request.locale, request.time_zone), shown.offer),
        later=later_texts(request, Formats(request.locale, request.time_zone), shown.offer),
        may_see_stock=request.actor.may(Permission.STOCK_READ),
        why=_why(request, shown.offer.answer),
        tiers=_tiers(request, shown.offer.answer),
        variants=goods_rows(request, shown.variants, shown.cart, item.sku),
        together=goods_rows(request, shown.together, shown.cart),
        may_order_others=_may_order(request),
        listed=tuple((price_type.name, price_text(request, answer)) for price_type, answer in shown.listed_prices),
        may_order=_may_order(request) and isinstance(shown.offer.answer, Quote),
        at_least=at_least(shown.offer),
        in_cart=(shown.cart or {}).get(item.sku),
        cart_count=None if shown.cart is None else len(shown.cart),
    )


def _query(asked: ListQuery) -> Query:
    """What makes no sense in an address is left out, as everywhere in lists."""
    sort = asked.sort if asked.sort in ("name", "article", "price", "stock") else "relevance"
    return Query(
        text=asked.get("q"),
        category_id=asked.get("category") or None,
        attributes=tuple((name, (value,)) for name, value in asked.values.items() if name.startswith(_FACET)),
        price_from=_amount(asked.get("price_from")),
        price_to=_amount(asked.get("price_to")),
        available=next((one for one in Available if one == asked.get("stock")), None),
        sort=Sort(sort),
        descending=asked.descending,
        page=min(asked.page, _MOST_PAGES),
        size=_PAGE_SIZE,
    )


def _amount(text: str) -> Decimal | None:
    try:
        return max(parse_decimal(text), Decimal(0)) if text else None
    except ValueError:
        return None


def _may_order(request: Request) -> bool:
    return request.actor.may(Permission.ORDER_PLACE) and request.person.contract_id is not None


def _orderable(request: Request, found: Range) -> tuple[Offer, ...]:
    return tuple(one for one in found.offers if isinstance(one.answer, Quote)) if _may_order(request) else ()


def _price_list(request: Request, path: tuple[Category, ...]) -> str:
    """Where a dealer has what is listed here made into a file; empty for those who can't."""
    if not request.actor.may(Permission.PRICE_LISTS):
        return ""
    return "/price-lists" + ("?" + urlencode({"category": path[-1].id}) if path else "")


def _listing(request: Request, asked: ListQuery, found: Range) -> Listing:
    fmt = Formats(request.locale, request.time_zone)
    columns = [
        Column(key="article", label_key="storefront.article", phone="id", sortable=True),
        Column(key="name", label_key="storefront.name", phone="what", sortable=True),
        Column(key="stock", label_key="storefront.stock", kind="num", phone="units", sortable=True),
        Column(
            key="price",
            label_key="storefront.price",
            kind="money",
            phone="sum",
            sortable=found.terms is not None,
            unit=fmt.currency(found.terms.currency) if found.terms else None,
        ),
    ]
    if _may_order(request):
        columns.append(Column(key="add", label_key="storefront.order", kind="num", phone="state"))
    filters = [
        Filter(name="q", label_key="storefront.find", kind="search", suggest="/catalogue/suggest"),
        Filter(
            name="stock",
            label_key="storefront.availability",
            options=tuple(
                (str(one), request.t.t(f"storefront.available.{one.name.lower()}")) for one in found.available
            ),
        ),
        Filter(name=News.NEW, label_key="storefront.new", kind="flag"),
        *(_facet(facet) for facet in found.page.facets[:_MOST_FACETS]),
    ]
    if found.terms is not None:
        prices = tuple(fmt.amount(one, found.terms.currency) for one in found.page.prices or ())
        filters.insert(2, Filter(name="price", label_key="storefront.price", kind="range", hints=prices))
        filters.insert(4, Filter(name=News.CHEAPER, label_key="storefront.cheaper", kind="flag"))
    if len(found.price_types) > 1:
        options = tuple((one.id, one.name) for one in found.price_types)
        filters.insert(1, Filter(name="price_type", label_key="storefront.price_type", options=options))
    return Listing(
        caption_key="storefront.catalogue",
        columns=tuple(columns),
        rows=tuple(_row(request, fmt, offer) for offer in found.offers),
        filters=tuple(filters),
        query=asked,
        pages=min(found.page.pages, _MOST_PAGES),
        empty_key="storefront.nothing_listed",
        order_key=_order_key(asked),
    )


def _order_key(asked: ListQuery) -> str:
    """What the list is in the order of, unless a sort was chosen."""
    if asked.get("q"):
        return "storefront.by_relevance"
    return next((f"storefront.by_{one}" for one in News if asked.get(one)), "storefront.by_default")


def _facet(facet: Facet) -> Filter:
    return Filter(
        name=facet.key,
        label_key="storefront.brand",
        label=facet.name,
        options=tuple((value.text, f"{value.text} · {value.count}") for value in facet.values),
        open=True,
    )


def _row(request: Request, fmt: Formats, offer: Offer) -> Row:
    item = offer.item
    return Row(
        id=item.sku,
        cells={
            "article": item.article or "—",
            "name": Cell(item.name, href=f"/catalogue/{item.sku}"),
            "stock": stock_cell(request, fmt, offer),
            "price": _price_cell(request, fmt, offer),
            "add": "",
        },
    )


def _price_cell(request: Request, fmt: Formats, offer: Offer) -> Cell:
    answer = offer.answer
    if isinstance(answer, Quote):
        least = answer.min_quantity
        sub = request.t.t("pricing.from_quantity", quantity=least) if least > 1 else None
        return Cell(fmt.amount(answer.price, answer.currency), href=f"/catalogue/{offer.item.sku}#why", sub=sub)
    return Cell("—" if answer is None else request.t.t("pricing.on_request"), kind="text")


def _tree(request: Request, asked: ListQuery, found: Range) -> tuple[Branch, ...]:
    """The top level, and below the chosen category's ancestors their children, with counts of what was asked for."""
    current = found.path[-1].id if found.path else None
    everything = Branch(request.t.t("storefront.everything"), asked.href(category=""), 0, 0, current is None)
    return (
        everything,
        *(
            Branch(one.name, asked.href(category=one.id), one.count, one.depth, one.id == current)
            for one in found.page.categories
        ),
    )


def _up(request: Request, path: tuple[Category, ...]) -> tuple[str, str] | None:
    """Where the arrow above a category's name leads: its parent, or the whole catalogue."""
    if not path:
        return None
    return _back_to(path[:-1]) or (request.t.t("storefront.catalogue"), "/catalogue")


def _back_to(path: tuple[Category, ...]) -> tuple[str, str] | None:
    return (path[-1].name, "/catalogue?" + urlencode({"category": path[-1].id})) if path else None


def _places(request: Request, shown: Shown) -> tuple[tuple[Place, str], ...]:
    fmt, unit = Formats(request.locale, request.time_zone), shown.product.item.unit
    return tuple((place, stock_text(request.t, fmt, place.stock, unit)) for place in shown.places)


def _why(request: Request, answer: Answer | None) -> tuple[str, ...]:
    if answer is None:
        return ()
    steps = why_not(answer) if isinstance(answer, PriceOnRequest) else why(answer)
    return sentences(request.t, Formats(request.locale, request.time_zone), steps)


def _tiers(request: Request, answer: Answer | None) -> tuple[tuple[str, str], ...]:
    if not isinstance(answer, Quote):
        return ()
    fmt = Formats(request.locale, request.time_zone)
    return tuple(
        (request.t.t("storefront.from", quantity=least), fmt.money(price, answer.currency))
        for least, price in answer.next_tiers
    )
