"""Lists: orders, and what waits for the manager."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row, View
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.clock import end_of_day, local_day, start_of_day
from chalicelib.ordering import actions
from chalicelib.ordering.actions.reading import OrderList, Waiting, Wanted
from chalicelib.ordering.model import Order
from chalicelib.ordering.pages.base import MODERATE, READ, TONES, day_of, doors, formats, money_text, state_text
from chalicelib.ordering.states import State
from chalicelib.ordering.task_store import Task

_MONTHS = 12
_YEARS = (2000, 2100)
_VIEWS = ("waiting", "active", "closed")
_OF_ANY_MONTH = ("waiting", "active")
_STATES = tuple(state for state in State if state is not State.DRAFT)
_SHEET = (
    ("ordering.number", 14),
    ("ordering.erp_number_title", 16),
    ("ordering.placed", 12),
    ("ordering.dealer", 32),
    ("ordering.contract", 16),
    ("ordering.content", 48),
    ("ordering.line_count", 10),
    ("ordering.wished", 14),
    ("ordering.status", 22),
    ("ordering.currency", 9),
    ("ordering.net", 16),
    ("ordering.vat", 16),
    ("ordering.sum", 16),
)
_SUMS = ("ordering.net", "ordering.vat", "ordering.sum")


@doors.page("/orders", may=READ)
def order_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = actions.list_orders(request.db, request.actor, _wanted(request, query))
    return request.page(
        "ordering/orders.html", listing=_listing(request, query, found), staff=not request.actor.is_dealer
    )


@doors.page("/orders.xlsx", may=READ)
def order_file(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t = request.t.t
    wanted = _wanted(request, ListQuery.parse(request.query.plain()))
    orders, is_cut = actions.every_order(request.db, request.actor, wanted)
    columns = [SheetColumn(t(key), width, key in _SUMS) for key, width in _SHEET]
    note = t("ordering.orders_cut", count=len(orders)) if is_cut else ""
    content = xlsx(t("ordering.orders"), columns, [_sheet_row(request, order) for order in orders], note=note)
    return download(content, name=f"{t('ordering.orders')}.xlsx", content_type=XLSX)


def _sheet_row(request: Request, order: Order) -> tuple[str | date | Decimal | int | None, ...]:
    return (
        order.number,
        order.erp.number,
        local_day(order.created, request.time_zone),
        order.party_name,
        order.contract_number,
        order.first_line,
        order.line_count,
        order.wished,
        state_text(request, order.state),
        order.currency,
        order.net,
        order.vat,
        order.gross,
    )


def _wanted(request: Request, query: ListQuery) -> Wanted:
    states = {str(state): state for state in _STATES}
    months = _months(request)
    asked = query.get("month")
    since, until = _day(query.get("day_from")), _day(query.get("day_to"))
    view = query.view if query.view in _VIEWS else "all"
    return Wanted(
        months=(asked,) if asked in months else () if view in _OF_ANY_MONTH else tuple(months),
        view=view,
        state=states.get(query.get("state")),
        contract_id=query.get("contract"),
        search=query.get("q"),
        since=start_of_day(since, request.time_zone) if since else None,
        until=end_of_day(until, request.time_zone) if until else None,
        cursor=query.cursor or None,
    )


def _day(text: str) -> date | None:
    """A date of the address; None for anything else: an address is typed by anybody."""
    day = day_of(text)
    return day if day and _YEARS[0] <= day.year <= _YEARS[1] else None


def _months(request: Request) -> list[str]:
    """The last twelve months, the current one first: `2026-11`."""
    day = local_day(request.now, request.time_zone)
    first = day.year * 12 + day.month - 1
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first, first - _MONTHS, -1)]


def _listing(request: Request, query: ListQuery, found: OrderList) -> Listing:
    t, staff, months = request.t.t, not request.actor.is_dealer, _months(request)
    states = tuple((str(state), state_text(request, state)) for state in _STATES)
    contracts = {order.contract_id: order.contract_number for order in found.orders}
    filters = [
        Filter(name="q", label_key="ordering.find" if staff else "ordering.find_own", kind="search"),
        Filter(name="state", label_key="ordering.status", options=states),
        Filter(name="contract", label_key="ordering.contract", options=tuple(contracts.items()), open=True),
    ]
    if not staff:
        filters.insert(1, Filter(name="day", label_key="ordering.period", kind="dates"))
    else:
        options = tuple((month, _month_text(request, month)) for month in months)
        filters.insert(1, Filter(name="month", label_key="ordering.month", options=options))
    return Listing(
        caption_key="ordering.orders",
        columns=(
            Column(key="number", label_key="ordering.number", phone="id"),
            Column(key="placed", label_key="ordering.placed", kind="date", phone="units", named=False),
            Column(key="what", label_key="ordering.content", phone="what"),
            Column(key="wished", label_key="ordering.wished", kind="date"),
            Column(key="state", label_key="ordering.status", kind="status", phone="state"),
            Column(key="sum", label_key="ordering.sum", kind="money", phone="sum", named=False),
        ),
        rows=tuple(_row(request, order, staff) for order in found.orders),
        query=query,
        total_text=t(
            "ordering.order_count_of_page" if found.next or query.cursor else "ordering.order_count",
            count=len(found.orders),
        ),
        totals={"sum": money_text(request, found.sums)},
        views=(
            View(key="", label_key="ordering.view.all"),
            View(key="waiting", label_key="ordering.view.waiting" if staff else "ordering.view.waiting_dealer"),
            View(key="active", label_key="ordering.view.active"),
            View(key="closed", label_key="ordering.view.closed"),
        ),
        filters=tuple(filters),
        next_cursor=found.next,
        empty_key="ordering.no_orders_month" if staff and query.get("month") in months else "ordering.no_orders",
        empty_action=("ordering.to_dealers", "/dealers") if staff else ("ordering.to_catalogue", "/catalogue"),
        export_href=query.link("/orders.xlsx"),
    )


def _month_text(request: Request, month: str) -> str:
    from babel.dates import format_date

    text: str = format_date(date.fromisoformat(f"{month}-01"), "LLLL y", locale=request.locale)
    return text


def _row(request: Request, order: Order, staff: bool) -> Row:
    fmt, t = formats(request), request.t.t
    others = order.line_count - 1
    more = t("ordering.and_more", count=others) if others > 0 else None
    erp = t("ordering.erp_number", number=order.erp.number) if order.erp.number else None
    progress = t("ordering.percent", percent=order.percent) if 0 < order.percent < 100 else None
    return Row(
        id=order.id,
        cells={
            "number": Cell(
                order.number,
                href=f"/orders/{order.id}",
                sub=order.party_name if staff else erp or order.contract_number,
            ),
            "placed": fmt.date(order.created),
            "what": Cell(order.first_line or "—", sub=more),
            "wished": fmt.date(order.wished) if order.wished else "",
            "state": Cell(state_text(request, order.state), tone=TONES[order.state], sub=progress),
            "sum": fmt.money(order.gross, order.currency),
        },
    )


@doors.page("/moderation", may=MODERATE)
def moderation(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = actions.moderation_queue(request.db, query.cursor or None)
    listing = Listing(
        caption_key="ordering.moderation",
        columns=(
            Column(key="number", label_key="ordering.number", phone="id"),
            Column(key="dealer", label_key="ordering.dealer", phone="units", named=False),
            Column(key="what", label_key="ordering.content", phone="what"),
            Column(key="since", label_key="ordering.waiting", phone="state"),
            Column(key="sum", label_key="ordering.sum", kind="money", phone="sum", named=False),
        ),
        rows=_tasks(request, found),
        query=query,
        next_cursor=found.next,
        empty_key="ordering.queue_empty",
        empty_action=("ordering.all_orders", "/orders"),
    )
    return request.page("ordering/moderation.html", listing=listing)


def _tasks(request: Request, found: Waiting) -> tuple[Row, ...]:
    fmt, t = formats(request), request.t.t

    def more(task: Task) -> str | None:
        others = [t("ordering.and_more", count=task.line_count - 1)] if task.line_count > 1 else []
        waits = [t("ordering.waits_for_transit")] if task.order_id in found.in_transit else []
        made = [t("ordering.has_on_order")] if task.order_id in found.on_order else []
        return " · ".join([*others, *waits, *made]) or None

    return tuple(
        Row(
            id=task.order_id,
            cells={
                "number": Cell(task.number, href=f"/orders/{task.order_id}"),
                "dealer": Cell(task.party_name, sub=task.contract_number),
                "what": Cell(task.first_line, sub=more(task)),
                "since": Cell(fmt.ago(task.since, request.now), sub=fmt.datetime(task.since)),
                "sum": fmt.money(task.gross, task.currency),
            },
        )
        for task in found.tasks
    )
