"""What moved a product's stock: who, when, why, by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from chalicelib.catalogue.model import Warehouse
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import end_of_day, start_of_day
from chalicelib.kernel.numbers import whole
from chalicelib.stock.actions import Wanted, show_movements
from chalicelib.stock.journal import Cause, Movement, Shift, Why
from chalicelib.stock.pages.base import READ, doors, formats, warehouse_name

_PAGE, _FILE = 50, 5000  # movements of a page, of a file
_YEARS = (2000, 2200)
_SHEET = (
    ("stock.when", 18),
    ("stock.why_moved", 40),
    ("stock.document", 16),
    ("stock.who", 28),
    ("stock.on_warehouse", 28),
    ("stock.on_hand", 14),
    ("stock.allocated", 14),
)


@doors.page("/stock/{sku}/movements", may=READ)
def movement_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    sku = request.params["sku"]
    shown = show_movements(request.db, sku, _wanted(request, query, _PAGE), request.now)
    fmt = formats(request)
    rows = _chosen(shown.found.movements, query.get("warehouse"))
    options = _options(request, shown.warehouses)
    listing = Listing(
        caption_key="stock.movements",
        columns=(
            Column(key="why", label_key="stock.why_moved", phone="id"),
            Column(key="when", label_key="stock.when", phone="units", named=False),
            Column(key="who", label_key="stock.who"),
            Column(key="where", label_key="stock.on_warehouse", phone="what"),
            Column(key="on_hand", label_key="stock.on_hand", kind="num", phone="sum", named=True),
            Column(key="allocated", label_key="stock.allocated", kind="num", phone="state", named=True),
        ),
        rows=tuple(_row(request, fmt, shown.warehouses, one, name, shift) for one, name, shift in rows),
        query=query,
        filters=(
            Filter(name="warehouse", label_key="stock.on_warehouse", options=options, open=True),
            Filter(name="day", label_key="stock.period", kind="dates"),
        ),
        next_cursor=str(shown.found.next) if shown.found.next else None,
        empty_key="stock.no_movements",
        export_href=query.link(f"/stock/{quote(sku)}/movements.xlsx"),
    )
    return request.page("stock/movements.html", listing=listing, item=shown.item)


@doors.page("/stock/{sku}/movements.xlsx", may=READ)
def movement_file(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t, fmt = request.t.t, formats(request)
    query = ListQuery.parse(request.query.plain())
    shown = show_movements(request.db, request.params["sku"], _wanted(request, query, _FILE), request.now)
    columns = [SheetColumn(t(key), width) for key, width in _SHEET]
    rows = [
        _sheet_row(request, fmt, shown.warehouses, one, name, shift)
        for one, name, shift in _chosen(shown.found.movements, query.get("warehouse"))
    ]
    note = t("stock.movements_cut", count=len(shown.found.movements)) if shown.found.next else ""
    name = f"{t('stock.movements')} {shown.item.article}".strip()
    return download(xlsx(t("stock.movements"), columns, rows, note=note), name=f"{name}.xlsx", content_type=XLSX)


def _wanted(request: Request, query: ListQuery, most: int) -> Wanted:
    since, until = _day(query.get("day_from")), _day(query.get("day_to"))
    cursor = query.cursor
    return Wanted(
        most=most,
        since=start_of_day(since, request.time_zone) if since else None,
        until=end_of_day(until, request.time_zone) if until else None,
        below=whole(cursor) or 0,
    )


def _day(text: str) -> date | None:
    """A date of the address; None for anything else: an address is typed by anybody."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _YEARS[0] <= day.year <= _YEARS[1] else None


def _options(request: Request, warehouses: Mapping[str, Warehouse]) -> tuple[tuple[str, str], ...]:
    return tuple((one, warehouse_name(request, warehouses, one)) for one in warehouses)


def _chosen(movements: tuple[Movement, ...], warehouse: str) -> Iterator[tuple[Movement, str, Shift]]:
    """A row for each movement and warehouse that it changed."""
    for one in movements:
        for name, shift in one.shifts.items():
            if warehouse in ("", name):
                yield one, name, shift


def _row(
    request: Request, fmt: Formats, warehouses: Mapping[str, Warehouse], one: Movement, name: str, shift: Shift
) -> Row:
    said = _why(request, one.cause)
    return Row(
        id=f"{one.cause.id}-{name}",
        cells={
            "why": Cell(said, href=_document(request, one.cause)),
            "when": fmt.datetime(one.cause.at),
            "who": _who(request, one.cause),
            "where": warehouse_name(request, warehouses, name),
            "on_hand": _signed(fmt, shift.on_hand),
            "allocated": _signed(fmt, shift.allocated),
        },
    )


def _sheet_row(
    request: Request, fmt: Formats, warehouses: Mapping[str, Warehouse], one: Movement, name: str, shift: Shift
) -> tuple[str | Decimal, ...]:
    number = one.cause.number if one.cause.order_id else ""
    place = warehouse_name(request, warehouses, name)
    who = _who(request, one.cause)
    moment: datetime = one.cause.at
    return fmt.datetime(moment), _why(request, one.cause), number, who, place, shift.on_hand, shift.allocated


def _why(request: Request, because: Cause) -> str:
    return request.t.t(f"stock.why.{because.why}", number=because.number)


def _who(request: Request, because: Cause) -> str:
    if because.actor_name:
        return because.actor_name
    return request.t.t("stock.by_itself" if because.why is Why.LAPSED else "stock.by_erp")


def _document(request: Request, because: Cause) -> str | None:
    """Where what moved the stock can be read; None where the reader may not."""
    if because.order_id:
        return f"/orders/{because.order_id}" if request.actor.may(Permission.ORDERS_READ) else None
    return f"/exchange/journal/{because.number}" if request.actor.may(Permission.EXCHANGE) else None


def _signed(fmt: Formats, quantity: Decimal) -> str:
    """`+5`, `−3`; nothing where nothing moved."""
    if not quantity:
        return ""
    return ("+" if quantity > 0 else "") + fmt.quantity(quantity)
