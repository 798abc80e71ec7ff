"""How the stock stands, for the manufacturer's people."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.catalogue.model import NO_WAREHOUSE, Item, Query, Sort
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.listing import Cell, Column, Filter, Listing, ListQuery, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.stock.actions import StockPage, show_stock
from chalicelib.stock.model import Level

doors = Doors(__name__)
_SORTS = {"name": Sort.NAME, "article": Sort.ARTICLE}


@doors.page("/stock", may=Permission.STOCK_READ)
def stock_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    wanted = Query(
        text=query.get("q"),
        in_stock=query.get("in_stock") == "1",
        sort=_SORTS.get(query.sort, Sort.RELEVANCE if query.get("q") else Sort.NAME),
        page=query.page,
    )
    found = show_stock(request.db, wanted, request.now)
    return request.page("stock/stock.html", listing=_listing(request, query, found))


def _listing(request: Request, query: ListQuery, found: StockPage | None) -> Listing:
    return Listing(
        caption_key="stock.stock",
        columns=(
            Column(key="article", label_key="stock.article", phone="id", sortable=True),
            Column(key="name", label_key="stock.name", phone="what", sortable=True),
            Column(key="available", label_key="stock.available", kind="num", phone="sum"),
            Column(key="on_hand", label_key="stock.on_hand", kind="num"),
            Column(key="allocated", label_key="stock.allocated", kind="num"),
            Column(key="where", label_key="stock.where", phone="units"),
        ),
        rows=tuple(_row(request, item, found) for item in found.page.items) if found else (),
        query=query,
        total_text=request.t.t("stock.sku_count", count=found.page.total) if found else None,
        filters=(
            Filter(name="q", label_key="stock.find", kind="search"),
            Filter(name="in_stock", label_key="stock.in_stock", kind="flag"),
        ),
        pages=found.page.pages if found else None,
        empty_key="stock.nothing",
        empty_action=None,
    )


def _row(request: Request, item: Item, found: StockPage) -> Row:
    fmt, level = Formats(request.locale, request.time_zone), found.levels[item.sku]
    available = sum((one.available for one in level.warehouses.values()), Decimal(0))
    return Row(
        id=item.sku,
        cells={
            "article": Cell(item.article or "—", href=f"/catalogue/{item.sku}"),
            "name": item.name,
            "available": Cell(
                fmt.quantity(available),
                sub=request.t.t("stock.below_zero") if available < 0 else item.unit,
                tone="bad" if available < 0 else None,
            ),
            "on_hand": fmt.quantity(sum((one.on_hand for one in level.warehouses.values()), Decimal(0))),
            "allocated": fmt.quantity(sum((one.allocated for one in level.warehouses.values()), Decimal(0))),
            "where": _where(request, level, found),
        },
    )


def _where(request: Request, level: Level, found: StockPage) -> str:
    """`Main 5 · North 3`: what is available in each warehouse."""
    fmt = Formats(request.locale, request.time_zone)
    parts = []
    for warehouse_id, one in sorted(level.warehouses.items()):
        known = found.warehouses.get(warehouse_id)
        fallback = request.t.t("stock.warehouse") if warehouse_id == NO_WAREHOUSE else warehouse_id
        name = known.name if known and known.name else fallback
        parts.append(f"{name} {fmt.quantity(one.available)}")
    return " · ".join(parts) or "—"
