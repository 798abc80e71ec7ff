"""Everything that is on its way, by day."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.problems import sentence
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused
from chalicelib.stock.actions import ShownArrival, ShownArrivals, remove_arrival, show_arrival, show_arrivals
from chalicelib.stock.pages.base import EDIT, READ, doors, edition_of, formats, relying, shown_fields, warehouse_name
from chalicelib.stock.words import day_text

_LIST, _CAME = "/stock/arrivals", "/stock/{sku}/arrivals/{arrival_id}/came"
_AT_ONCE = 50  # SKUs of a page


@doors.page(_LIST, may=READ)
def arrival_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    shown = show_arrivals(request.db, request.now, limit=_AT_ONCE, after=query.cursor or None)
    may_edit = request.actor.may(EDIT)
    listing = Listing(
        caption_key="stock.arrivals",
        columns=(
            Column(key="article", label_key="stock.article", phone="id"),
            Column(key="due", label_key="stock.due", phone="units", named=False),
            Column(key="name", label_key="stock.name", phone="what"),
            Column(key="quantity", label_key="stock.quantity", kind="num", phone="sum"),
            Column(key="place", label_key="stock.on_warehouse", phone="state"),
            Column(key="note", label_key="stock.note"),
            *((Column(key="act", label_key="stock.arrived"),) if may_edit else ()),
        ),
        rows=tuple(_rows(request, shown)),
        query=query,
        next_cursor=shown.next,
        empty_key="stock.no_arrivals",
    )
    return request.page("stock/arrivals.html", listing=listing, may_edit=may_edit)


@doors.page(_CAME, may=EDIT)
def arrival_came(request: Request) -> Response:
    """What follows if the goods have come, before somebody says so: it cannot be taken back."""
    return _came(request)


@doors.page(_CAME, may=EDIT, methods=("POST",))
def mark_arrived(request: Request) -> Response:
    form, sku, arrival_id = request.form.plain(), request.params["sku"], request.params["arrival_id"]
    shown = show_arrival(request.db, sku, arrival_id, request.now)
    try:
        remove_arrival(request.db, request.actor, sku, arrival_id, edition_of(form), form, request.now, came=True)
    except Refused as refusal:
        return _came(request, refusal)
    done = _LIST if _of_list(request, shown) else f"/stock/{quote(sku)}?{urlencode({'of': arrival_id})}"
    return request.go(done, notice="arrival_came")


def _came(request: Request, refusal: Refused | None = None) -> Response:
    sku, arrival_id = request.params["sku"], request.params["arrival_id"]
    shown = show_arrival(request.db, sku, arrival_id, request.now)
    arrival, item, fmt = shown.arrival, shown.item, formats(request)
    facts = (
        ("stock.quantity", f"{fmt.quantity(arrival.quantity)} {item.unit if item else ''}".strip()),
        ("stock.on_warehouse", warehouse_name(request, shown.warehouses, arrival.warehouse)),
        ("stock.due", day_text(fmt, arrival.due, local_day(request.now, request.time_zone))),
    )
    listed = _of_list(request, shown)
    back = ("stock.arrivals", _LIST) if listed else ("stock.stock_of", f"/stock/{quote(sku)}")
    return request.page(
        "stock/arrival_came.html",
        status=refusal.status if refusal else 200,
        said=sentence(request.t, refusal) if refusal else "",
        back=(request.t.t(back[0]), back[1]),
        name=" · ".join(filter(None, (item.article, item.name))) if item else sku,
        facts=[(request.t.t(key), text) for key, text in facts],
        relying=relying(request, arrival_id) if shown.level.promised(arrival) else [],
        done=f"/stock/{quote(sku)}/arrivals/{arrival_id}/came{'?of=list' if listed else ''}",
        seen=shown_fields(shown.level, arrival),
    )


def _of_list(request: Request, shown: ShownArrival) -> bool:
    """Whether the person came from the list of all arrivals, or there is no other way back."""
    return shown.item is None or request.query.text("of") == "list"


def _rows(request: Request, shown: ShownArrivals) -> Iterator[Row]:
    fmt, today = formats(request), local_day(request.now, request.time_zone)
    for sku, level in shown.levels.items():
        item = shown.items.get(sku)
        article = Cell(item.article or "—", href=f"/stock/{quote(sku)}") if item else "—"
        for one in level.by_hand.arrivals:
            overdue = one.is_overdue(today)
            yield Row(
                id=one.id,
                cells={
                    "article": article,
                    "due": Cell(
                        day_text(fmt, one.due, today),
                        sub=request.t.t("stock.overdue") if overdue else None,
                        tone="bad" if overdue else None,
                    ),
                    "name": item.name if item else sku,
                    "quantity": Cell(
                        f"{fmt.quantity(one.quantity)} {item.unit if item else ''}".strip(),
                        sub=request.t.t("stock.promised_of", quantity=fmt.quantity(promised))
                        if (promised := level.promised(one))
                        else None,
                    ),
                    "place": warehouse_name(request, shown.warehouses, one.warehouse),
                    "note": one.note,
                    "act": Cell("", href=f"/stock/{quote(sku)}/arrivals/{one.id}/came?of=list"),
                },
            )
