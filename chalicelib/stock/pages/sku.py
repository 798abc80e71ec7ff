"""One SKU's stock: by warehouse, what is on its way, and what people note of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, found
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.stock import actions
from chalicelib.stock.actions import ShownStock
from chalicelib.stock.pages.base import (
    EDIT,
    READ,
    Form,
    doors,
    edition_of,
    formats,
    relying,
    shown_fields,
    warehouse_name,
)
from chalicelib.stock.transit import Arrival
from chalicelib.stock.words import day_text

_PAGE = "/stock/{sku}"
_ARRIVAL = _PAGE + "/arrivals/{arrival_id}"


@doors.page(_PAGE, may=READ)
def sku_page(request: Request) -> Response:
    shown = _shown(request)
    own = shown.level.by_hand.safety
    safety = "" if own is None else formats(request).quantity(own)
    return _sku_page(request, shown, {"safety": safety})


@doors.page(_PAGE + "/safety", may=EDIT, methods=("POST",))
def set_safety(request: Request) -> Response:
    form = request.form.plain()
    try:
        actions.set_safety(
            request.db, request.actor, request.params["sku"], edition_of(form), form, parse_decimal, request.now
        )
    except Invalid as wrong:
        return _sku_page(request, _shown(request), form, wrong)
    return request.go(_own(request), notice="safety_set")


@doors.page(_PAGE + "/arrivals", may=EDIT)
def arrival_form(request: Request) -> Response:
    return _arrival_form(request, _shown(request), {})


@doors.page(_PAGE + "/arrivals", may=EDIT, methods=("POST",))
def add_arrival(request: Request) -> Response:
    form, sku = request.form.plain(), request.params["sku"]
    try:
        actions.add_arrival(request.db, request.actor, sku, form, parse_decimal, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _arrival_form(request, _shown(request), form, wrong)
    return request.go(_own(request), notice="arrival_saved")


@doors.page(_ARRIVAL, may=EDIT)
def arrival_edit_form(request: Request) -> Response:
    shown = _shown(request)
    arrival = found(shown.level.by_hand.arrival(request.params["arrival_id"]))
    typed = {
        "warehouse": arrival.warehouse,
        "quantity": formats(request).quantity(arrival.quantity),
        "due": arrival.due.isoformat(),
        "note": arrival.note,
        **shown_fields(shown.level, arrival),
    }
    return _arrival_form(request, shown, typed)


@doors.page(_ARRIVAL, may=EDIT, methods=("POST",))
def change_arrival(request: Request) -> Response:
    form, params = request.form.plain(), request.params
    try:
        actions.change_arrival(
            request.db,
            request.actor,
            params["sku"],
            params["arrival_id"],
            edition_of(form),
            form,
            parse_decimal,
            request.now,
        )
    except Invalid as wrong:
        return _arrival_form(request, _shown(request), form, wrong)
    return request.go(_own(request), notice="arrival_saved")


@doors.page(_ARRIVAL + "/remove", may=EDIT, methods=("POST",))
def remove_arrival(request: Request) -> Response:
    """They will not come."""
    form, params = request.form.plain(), request.params
    actions.remove_arrival(
        request.db,
        request.actor,
        params["sku"],
        params["arrival_id"],
        edition_of(form),
        form,
        request.now,
        came=False,
    )
    return request.go(f"{_own(request)}?{urlencode({'of': params['arrival_id']})}", notice="arrival_removed")


def _shown(request: Request) -> ShownStock:
    return actions.show_sku(request.db, request.params["sku"], request.now)


def _own(request: Request) -> str:
    return f"/stock/{quote(request.params['sku'])}"


def _sku_page(request: Request, shown: ShownStock, form: Form, wrong: Invalid | None = None) -> Response:
    return request.page(
        "stock/sku.html",
        status=422 if wrong else 200,
        here=_own(request),
        item=shown.item,
        places=_places(request, shown),
        arrivals=_arrivals(request, shown),
        relying=relying(request, request.query.text("of")),  # what was just called off, or has come
        ordered=_ordered(request, shown) if shown.level.ordered else None,
        shown=shown,
        form=form,
        errors=field_errors(request.t, wrong) if wrong else {},
        may_edit=request.actor.may(EDIT),
    )


def _places(request: Request, shown: ShownStock) -> Listing:
    fmt = formats(request)
    return Listing(
        caption_key="stock.where",
        columns=(
            Column(key="place", label_key="stock.on_warehouse", phone="id"),
            Column(key="available", label_key="stock.available", kind="num", phone="sum", named=True),
            Column(key="on_hand", label_key="stock.on_hand", kind="num", phone="units"),
            Column(key="allocated", label_key="stock.allocated", kind="num", phone="state", named=True),
        ),
        rows=tuple(
            Row(
                id=name,
                cells={
                    "place": warehouse_name(request, shown.warehouses, name),
                    "available": fmt.quantity(row.available),
                    "on_hand": fmt.quantity(row.on_hand),
                    "allocated": fmt.quantity(row.allocated),
                },
            )
            for name, row in sorted(shown.level.warehouses.items())
        ),
        query=ListQuery.parse({}),
        empty_key="stock.none_told",
    )


def _ordered(request: Request, shown: ShownStock) -> Listing:
    """What is to be made or brought, by order."""
    fmt, today = formats(request), local_day(request.now, request.time_zone)
    may = request.actor.may(Permission.ORDERS_READ)
    return Listing(
        caption_key="stock.ordered",
        columns=(
            Column(key="order", label_key="stock.order", phone="id"),
            Column(key="quantity", label_key="stock.quantity", kind="num", phone="sum"),
            Column(key="due", label_key="stock.ordered_by", phone="units"),
        ),
        rows=tuple(
            Row(
                id=order_id,
                cells={
                    "order": Cell(one.number, href=f"/orders/{order_id}" if may else None),
                    "quantity": f"{fmt.quantity(one.quantity)} {shown.item.unit}".strip(),
                    "due": day_text(fmt, one.due, today),
                },
            )
            for order_id, one in shown.level.ordered.items()
        ),
        query=ListQuery.parse({}),
        empty_key="stock.nothing",
    )


def _arrivals(request: Request, shown: ShownStock) -> Listing:
    may = request.actor.may(EDIT)
    columns = [
        Column(key="due", label_key="stock.due", phone="id"),
        Column(key="quantity", label_key="stock.quantity", kind="num", phone="sum"),
        Column(key="place", label_key="stock.on_warehouse", phone="what"),
        Column(key="note", label_key="stock.note", phone="units", named=False),
    ]
    if may:
        columns.append(Column(key="act", label_key="stock.arrived", phone="state"))
    return Listing(
        caption_key="stock.arrivals",
        columns=tuple(columns),
        rows=(
            *(_arrival_row(request, shown, one, may) for one in shown.level.by_hand.arrivals),
            *(_came_row(request, shown, one) for one in shown.waited_for),
        ),
        query=ListQuery.parse({}),
        empty_key="stock.no_arrivals_of",
    )


def _arrival_row(request: Request, shown: ShownStock, one: Arrival, may: bool) -> Row:
    fmt, today = formats(request), local_day(request.now, request.time_zone)
    overdue = one.is_overdue(today)
    return Row(
        id=one.id,
        cells={
            "due": Cell(
                day_text(fmt, one.due, today),
                href=f"{_own(request)}/arrivals/{one.id}" if may else None,
                sub=request.t.t("stock.overdue") if overdue else None,
                tone="bad" if overdue else None,
            ),
            "quantity": _quantity(request, shown, one),
            "place": warehouse_name(request, shown.warehouses, one.warehouse),
            "note": one.note,
            "act": "",
        },
    )


def _came_row(request: Request, shown: ShownStock, one: Arrival) -> Row:
    """It has come, and orders wait for the ERP to tell of it."""
    fmt, zone = formats(request), request.time_zone
    came = one.came_at and day_text(fmt, local_day(one.came_at, zone), local_day(request.now, zone))
    text = request.t.t("stock.came_on", day=came) if came else request.t.t("stock.arrived")
    return Row(
        id=f"came-{one.id}",
        cells={
            "due": Cell(text, sub=request.t.t("stock.came_untold")),
            "quantity": _quantity(request, shown, one),
            "place": warehouse_name(request, shown.warehouses, one.warehouse),
            "note": one.note,
        },
    )


def _quantity(request: Request, shown: ShownStock, one: Arrival) -> Cell:
    """How much comes, and how much of it orders have a promise of."""
    fmt = formats(request)
    promised = shown.level.promised(one)
    sub = request.t.t("stock.promised_of", quantity=fmt.quantity(promised)) if promised else None
    return Cell(f"{fmt.quantity(one.quantity)} {shown.item.unit}".strip(), sub=sub)


def _arrival_form(request: Request, shown: ShownStock, form: Form, wrong: Invalid | None = None) -> Response:
    arrival_id = request.params.get("arrival_id")
    places = (*shown.places, form["warehouse"]) if form.get("warehouse") and arrival_id else shown.places
    context: dict[str, Any] = {
        "here": _own(request),
        "item": shown.item,
        "arrival_id": arrival_id,
        "places": tuple((one, warehouse_name(request, shown.warehouses, one)) for one in dict.fromkeys(places)),
        "form": form,
        "errors": field_errors(request.t, wrong) if wrong else {},
    }
    return request.page("stock/arrival_form.html", status=422 if wrong else 200, **context)
