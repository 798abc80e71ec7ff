"""Groups and regions of dealers."""

from __future__ import annotations

from collections import Counter

from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Invalid, found
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network import store
from chalicelib.network.actions import segments as actions
from chalicelib.network.actions.reading import choices
from chalicelib.network.pages.base import EDIT, READ, Form, doors, form_page
from chalicelib.network.segments import DealerGroup, Region, StockShown, TransitOrders

_PAGE = "/dealers/segments"
_GROUPS, _REGIONS = f"{_PAGE}/groups", f"{_PAGE}/regions"


@doors.page(_PAGE, may=READ)
def segment_list(request: Request) -> Response:
    segments, members = actions.load_with_members(request.db)
    warehouses = {one.id: one.name or one.id for one in choices(request.db).warehouses}
    return request.page(
        "network/segments.html",
        groups=_listing(
            "network.groups",
            "network.groups_mean",
            "network.groups_none",
            [_group_row(request, one, members) for one in segments.groups],
        ),
        regions=_listing(
            "network.regions",
            "network.regions_mean",
            "network.regions_none",
            [_region_row(request, one, members, warehouses) for one in segments.regions],
        ),
        may_edit=request.actor.may(EDIT),
    )


def _listing(caption_key: str, means_key: str, empty_key: str, rows: list[Row]) -> Listing:
    return Listing(
        caption_key=caption_key,
        columns=(
            Column(key="name", label_key="network.name", phone="id"),
            Column(key="means", label_key=means_key, phone="what"),
            Column(key="members", label_key="network.dealers", kind="num", phone="sum"),
        ),
        rows=tuple(rows),
        query=ListQuery.parse({}),
        empty_key=empty_key,
    )


def _group_row(request: Request, group: DealerGroup, members: Counter[str]) -> Row:
    few = Formats(request.locale, request.time_zone).quantity(group.few_at)
    means = request.t.t(f"network.stock_shown.{group.stock_shown}", few=few)
    return _row(request, group, f"{_GROUPS}/{group.id}", means, members)


def _region_row(request: Request, region: Region, members: Counter[str], warehouses: dict[str, str]) -> Row:
    names = ", ".join(warehouses.get(one, one) for one in region.warehouse_ids)
    return _row(request, region, f"{_REGIONS}/{region.id}", names or request.t.t("network.every_warehouse"), members)


def _row(request: Request, one: DealerGroup | Region, href: str, means: str, members: Counter[str]) -> Row:
    name = Cell(one.name, href=href if request.actor.may(EDIT) else None)
    return Row(id=one.id, cells={"name": name, "means": means, "members": str(members[one.id])})


@doors.page(f"{_GROUPS}/new", may=EDIT)
def group_form(request: Request) -> Response:
    return _group_form(request, _typed_group(request, DealerGroup(id="", name="")))


@doors.page(f"{_GROUPS}/new", may=EDIT, methods=("POST",))
def add_group(request: Request) -> Response:
    form = request.form.plain()
    try:
        actions.add_group(request.db, request.actor, form, parse_decimal, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _group_form(request, form, wrong)
    return request.go(_PAGE, notice="segment_saved")


@doors.page(_GROUPS + "/{group_id}", may=EDIT)
def group_edit_form(request: Request) -> Response:
    segments = store.load_segments(request.db)
    group = found(segments.group(request.params["group_id"]))
    return _group_form(request, {**_typed_group(request, group), "version": str(segments.version)})


@doors.page(_GROUPS + "/{group_id}", may=EDIT, methods=("POST",))
def change_group(request: Request) -> Response:
    form = request.form.plain()
    try:
        actions.change_group(
            request.db,
            request.actor,
            request.params["group_id"],
            form,
            parse_decimal,
            request.form.version,
            request.now,
        )
    except Invalid as wrong:
        return _group_form(request, form, wrong)
    return request.go(_PAGE, notice="segment_saved")


@doors.page(_GROUPS + "/{group_id}/remove", may=EDIT, methods=("POST",))
def remove_group(request: Request) -> Response:
    actions.remove_segment(request.db, request.actor, request.params["group_id"], request.now)
    return request.go(_PAGE, notice="segment_removed")


def _group_form(request: Request, form: Form, wrong: Invalid | None = None) -> Response:
    shown = tuple((str(one), request.t.t(f"network.stock_shown_as.{one}")) for one in StockShown)
    group_id = request.params.get("group_id")
    transit = tuple((str(one), request.t.t(f"network.transit_orders_as.{one}")) for one in TransitOrders)
    form = {"transit_orders": str(TransitOrders.TENANT), **form}
    return form_page(
        request, "network/group_form.html", form, wrong, group_id=group_id, stock_shown=shown, transit_orders=transit
    )


def _typed_group(request: Request, group: DealerGroup) -> Form:
    few = Formats(request.locale, request.time_zone).quantity(group.few_at)
    return {
        "name": group.name,
        "stock_shown": str(group.stock_shown),
        "few_at": few,
        "transit_orders": str(group.transit_orders),
    }


@doors.page(f"{_REGIONS}/new", may=EDIT)
def region_form(request: Request) -> Response:
    return _region_form(request, {}, chosen=())


@doors.page(f"{_REGIONS}/new", may=EDIT, methods=("POST",))
def add_region(request: Request) -> Response:
    form, warehouses = request.form.plain(), request.form.all("warehouse")
    try:
        actions.add_region(request.db, request.actor, form, warehouses, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _region_form(request, form, tuple(warehouses), wrong)
    return request.go(_PAGE, notice="segment_saved")


@doors.page(_REGIONS + "/{region_id}", may=EDIT)
def region_edit_form(request: Request) -> Response:
    segments = store.load_segments(request.db)
    region = found(segments.region(request.params["region_id"]))
    return _region_form(request, {"name": region.name, "version": str(segments.version)}, region.warehouse_ids)


@doors.page(_REGIONS + "/{region_id}", may=EDIT, methods=("POST",))
def change_region(request: Request) -> Response:
    form, warehouses = request.form.plain(), request.form.all("warehouse")
    try:
        actions.change_region(
            request.db, request.actor, request.params["region_id"], form, warehouses, request.form.version, request.now
        )
    except Invalid as wrong:
        return _region_form(request, form, tuple(warehouses), wrong)
    return request.go(_PAGE, notice="segment_saved")


@doors.page(_REGIONS + "/{region_id}/remove", may=EDIT, methods=("POST",))
def remove_region(request: Request) -> Response:
    actions.remove_segment(request.db, request.actor, request.params["region_id"], request.now)
    return request.go(_PAGE, notice="segment_removed")


def _region_form(request: Request, form: Form, chosen: tuple[str, ...], wrong: Invalid | None = None) -> Response:
    known = {one.id: one.name or one.id for one in choices(request.db).warehouses}
    warehouses = tuple((one, known.get(one, one)) for one in dict.fromkeys((*chosen, *known)))
    region_id = request.params.get("region_id")
    return form_page(
        request, "network/region_form.html", form, wrong, region_id=region_id, warehouses=warehouses, chosen=chosen
    )
