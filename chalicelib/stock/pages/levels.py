"""How the stock stands, for the manufacturer's people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from urllib.parse import quote

from chalicelib.catalogue.model import Available, Item, Query, Sort
from chalicelib.http.formats import NBSP, Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_day
from chalicelib.stock import tally
from chalicelib.stock.actions import StockPage, show_stock, wrong_stock
from chalicelib.stock.model import Level
from chalicelib.stock.pages.base import READ, doors, warehouse_name
from chalicelib.stock.tally import Check
from chalicelib.stock.transit import coming
from chalicelib.stock.words import day_text

_SHEET = (
    ("stock.article", 18),
    ("stock.name", 56),
    ("stock.unit", 10),
    ("stock.available", 14),
    ("stock.on_hand", 14),
    ("stock.allocated", 14),
    ("stock.ordered", 14),
    ("stock.in_transit", 30),
    ("stock.where", 48),
)
_WRONG_SHOWN = 10
_MOST = 5000  # SKUs in a file
_SORTS = {"name": Sort.NAME, "article": Sort.ARTICLE}


@doors.page("/stock", may=READ)
def stock_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = show_stock(request.db, _wanted(query), request.now)
    wrong = wrong_stock(request.db, tally.wrong_stock(request.db, limit=_WRONG_SHOWN), request.now)
    said = [_disagreeing(request, check, item) for check, item in wrong]
    return request.page(
        "stock/stock.html",
        listing=_listing(request, query, found),
        where={item.sku: _where(request, found.levels[item.sku], found) for item in found.page.items} if found else {},
        wrong=said,
    )


def _disagreeing(request: Request, check: Check, item: Item | None) -> tuple[str, str]:
    """A SKU whose stock disagrees, and in what; and where its movements are."""
    t = request.t.t
    faults = "; ".join(dict.fromkeys(t(f"stock.fault.{one.what}", kept=one.kept, due=one.due) for one in check.wrong))
    name = " ".join((item.article, item.name)).strip() if item else check.sku
    return t("stock.fault_of", name=name, faults=faults), f"/stock/{check.sku}/movements"


@doors.page("/stock.xlsx", may=READ)
def stock_file(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t = request.t.t
    wanted = replace(_wanted(ListQuery.parse(request.query.plain())), page=1, size=_MOST)
    found = show_stock(request.db, wanted, request.now)
    columns = [SheetColumn(t(key), width) for key, width in _SHEET]
    rows = [_sheet_row(request, item, found) for item in found.page.items] if found else []
    note = t("stock.list_cut", count=_MOST) if found and found.page.total > _MOST else ""
    return download(
        xlsx(t("stock.stock"), columns, rows, note=note), name=f"{t('stock.stock')}.xlsx", content_type=XLSX
    )


def _sheet_row(request: Request, item: Item, found: StockPage) -> tuple[str | Decimal, ...]:
    level = found.levels[item.sku]
    where = " · ".join(NBSP.join(one) for one in _where(request, level, found)) or "—"
    return item.article, item.name, item.unit, *_sums(level), level.on_order, _coming(request, item, level).text, where


def _sums(level: Level) -> tuple[Decimal, Decimal, Decimal]:
    """What is available, on hand and allocated in all warehouses."""
    rows = level.warehouses.values()
    return (
        sum((one.available for one in rows), Decimal(0)),
        sum((one.on_hand for one in rows), Decimal(0)),
        sum((one.allocated for one in rows), Decimal(0)),
    )


def _wanted(query: ListQuery) -> Query:
    return Query(
        text=query.get("q"),
        available=Available.NOW if query.get("in_stock") == "1" else None,
        sort=_SORTS.get(query.sort, Sort.RELEVANCE if query.get("q") else Sort.NAME),
        descending=query.descending,
        page=query.page,
    )


def _listing(request: Request, query: ListQuery, found: StockPage | None) -> Listing:
    return Listing(
        caption_key="stock.stock",
        columns=(
            Column(key="article", label_key="stock.article", phone="id", sortable=True),
            Column(key="name", label_key="stock.name", phone="what", sortable=True),
            Column(key="available", label_key="stock.available", kind="num", phone="sum"),
            Column(key="on_hand", label_key="stock.on_hand", kind="num", phone="units"),
            Column(key="allocated", label_key="stock.allocated", kind="num", phone="state"),
            Column(key="ordered", label_key="stock.ordered", kind="num"),
            Column(key="coming", label_key="stock.in_transit"),
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
        empty_action=("stock.to_exchange", "/exchange") if request.actor.may(Permission.EXCHANGE) else None,
        export_href=query.link("/stock.xlsx") if found else None,
    )


def _row(request: Request, item: Item, found: StockPage) -> Row:
    fmt, level = Formats(request.locale, request.time_zone), found.levels[item.sku]
    available, on_hand, allocated = _sums(level)
    return Row(
        id=item.sku,
        cells={
            "article": Cell(item.article or "—", href=f"/catalogue/{item.sku}"),
            "name": item.name,
            "available": Cell(
                f"{fmt.quantity(available)}{NBSP}{item.unit}".strip(),
                sub=request.t.t("stock.below_zero") if available < 0 else None,
                href=f"/stock/{quote(item.sku)}",
                tone="bad" if available < 0 else None,
            ),
            "on_hand": Cell(fmt.quantity(on_hand), href=f"/stock/{item.sku}/movements"),
            "allocated": fmt.quantity(allocated),
            "ordered": Cell(fmt.quantity(level.on_order), href=f"/stock/{quote(item.sku)}#ordered")
            if level.on_order
            else "",
            "coming": _coming(request, item, level),
        },
    )


def _coming(request: Request, item: Item, level: Level) -> Cell:
    """What is on its way, day by day; what should have come is named."""
    fmt, today = Formats(request.locale, request.time_zone), local_day(request.now, request.time_zone)
    following = coming(level.by_hand.arrivals, today)
    text = "; ".join(
        f"{fmt.quantity(one.quantity)}{NBSP}{item.unit}, {day_text(fmt, one.due, today)}" for one in following
    )
    overdue = sum((one.quantity for one in level.by_hand.arrivals if one.is_overdue(today)), Decimal(0))
    sub = request.t.t("stock.overdue_of", quantity=overdue) if overdue else None
    return Cell(text, sub=sub, tone="bad" if overdue else None)


def _where(request: Request, level: Level, found: StockPage) -> list[tuple[str, str]]:
    """Each warehouse's name and what is available there."""
    fmt = Formats(request.locale, request.time_zone)
    return [
        (warehouse_name(request, found.warehouses, warehouse_id), fmt.quantity(one.available))
        for warehouse_id, one in sorted(level.warehouses.items())
    ]
