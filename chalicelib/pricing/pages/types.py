"""What the ERP says under one of its price types, to be looked at: it is changed there."""

from __future__ import annotations

from chalicelib.catalogue.model import Item, PriceTier, PriceType
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.pricing import erp_prices
from chalicelib.pricing.pages.base import MAY, doors

_MOST_PAGES = 99_999  # as far as an address counts


@doors.page("/prices/types/{price_type_id}", may=MAY)
def price_type(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    seen = erp_prices.look_at(request.db, request.params["price_type_id"], query.get("q"), query.page, request.now)
    listing = Listing(
        caption_key="pricing.goods_with_price",
        columns=(
            Column(key="article", label_key="pricing.column.article", phone="id"),
            Column(key="name", label_key="pricing.column.name", phone="what"),
            Column(key="least", label_key="pricing.column.least", kind="num", phone="units"),
            Column(key="unit", label_key="pricing.column.unit"),
            Column(key="price", label_key="pricing.column.price", kind="money", phone="sum"),
        ),
        rows=tuple(
            _row(request, seen.price_type, item, tier)
            for item in seen.goods.items
            for tier in seen.tiers.get(item.sku, ())
        ),
        filters=(Filter(name="q", label_key="pricing.find_goods", kind="search"),),
        query=query,
        pages=min(seen.goods.pages, _MOST_PAGES),
        empty_key="pricing.no_prices_of_type",
    )
    return request.page("pricing/type.html", price_type=seen.price_type, listing=listing)


def _row(request: Request, kind: PriceType, item: Item, tier: PriceTier) -> Row:
    fmt, t = Formats(request.locale, request.time_zone), request.t.t
    pack = t("pricing.pack", unit=tier.unit, count=fmt.quantity(tier.coefficient)) if tier.coefficient != 1 else None
    return Row(
        id=item.sku,
        cells={
            "article": item.article or "—",
            "name": Cell(item.name, href=f"/catalogue/{item.sku}"),
            "least": fmt.quantity(tier.min_quantity) if tier.min_quantity else "",
            "unit": pack or tier.unit or item.unit,
            "price": fmt.amount(tier.amount, tier.currency or kind.currency or request.person.currency),
        },
    )
