"""Everything that is on its way, by day."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import found
from chalicelib.stock.actions import ShownArrivals, show_arrivals, show_sku
from chalicelib.stock.pages.base import EDIT, READ, doors, formats, relying, warehouse_name
from chalicelib.stock.words import day_text

_AT_ONCE = 50  # SKUs of a page


@doors.page("/stock/arrivals", may=READ)
def arrival_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = show_arrivals(request.db, request.now, limit=_AT_ONCE, after=query.cursor or None)
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
        rows=tuple(_rows(request, found)),
        query=query,
        next_cursor=found.next,
        empty_key="stock.no_arrivals",
    )
    return request.page("stock/arrivals.html", listing=listing, may_edit=may_edit)


@doors.page("/stock/{sku}/arrivals/{arrival_id}/came", may=EDIT)
def arrival_came(request: Request) -> Response:
    """What follows if the goods have come, before somebody says so: it cannot be taken back."""
    sku, arrival_id = request.params["sku"], request.params["arrival_id"]
    shown = show_sku(request.db, sku, request.now)
    arrival = found(shown.level.by_hand.arrival(arrival_id))
    fmt = formats(request)
    facts = (
        ("stock.quantity", f"{fmt.quantity(arrival.quantity)} {shown.item.unit}".strip()),
        ("stock.on_warehouse", warehouse_name(request, shown.warehouses, arrival.warehouse)),
        ("stock.due", day_text(fmt, arrival.due, local_day(request.now, request.time_zone))),
    )
    return request.page(
        "stock/arrival_came.html",
        here=f"/stock/{quote(sku)}",
        item=shown.item,
        facts=[(request.t.t(key), text) for key, text in facts],
        relying=relying(request, arrival_id) if shown.level.promised(arrival) else [],
        done=f"/stock/{quote(sku)}/arrivals/{arrival_id}/remove",
    )


def _rows(request: Request, found: ShownArrivals) -> Iterator[Row]:
    fmt, today = formats(request), local_day(request.now, request.time_zone)
    for sku, level in found.levels.items():
        item = found.items.get(sku)
        for one in level.by_hand.arrivals:
            overdue = one.is_overdue(today)
            yield Row(
                id=one.id,
                cells={
                    "article": Cell((item.article if item else "") or "—", href=f"/stock/{quote(sku)}"),
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
                    "place": warehouse_name(request, found.warehouses, one.warehouse),
                    "note": one.note,
                    "act": Cell("", href=f"/stock/{quote(sku)}/arrivals/{one.id}/came"),
                },
            )
