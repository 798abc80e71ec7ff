"""Pages: the list of products with what is hidden or withdrawn, and the form of one."""

from __future__ import annotations

from typing import Any

from chalicelib.catalogue.model import Item, Query
from chalicelib.catalogue.model import Sort as By
from chalicelib.catalogue.snapshot.cards import Card, Standing
from chalicelib.goods.actions import pictures, products
from chalicelib.goods.actions.products import PAGE, Sheet, Shelf
from chalicelib.goods.forms import ATTRIBUTES, edit_of
from chalicelib.goods.model import CATEGORIES
from chalicelib.goods.pages.base import MAY, doors, indented
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import BulkAction, Cell, Column, Filter, Listing, Row, View
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.numbers import whole

_LIST = "/goods"
_SPARE = 3  # empty rows for attributes
_MOST_PAGES = 4_000
_DEEPEST_OFFERED = 2


@doors.page(_LIST, may=MAY)
def product_list(request: Request) -> Response:
    asked = ListQuery.parse(request.query)
    standing = Standing(asked.view) if asked.view in tuple(Standing) else Standing.LISTED
    query = Query(
        text=asked.get("q"),
        category_id=asked.get("category") or None,
        sort=By(asked.sort) if asked.sort in ("name", "article") else By.RELEVANCE,
        descending=asked.descending,
        page=min(asked.page, _MOST_PAGES),
        size=PAGE,
    )
    found = products.shelf(request.db, query, standing)
    return request.page(
        "goods/products.html",
        listing=_listing(request, asked, found, standing),
        waiting=sum(len(edit.products) + len(edit.categories) for edit in found.waiting),
        aside=len(found.aside),
        is_empty=found.is_empty and not found.waiting,
        may_connect=request.actor.may(Permission.EXCHANGE),
    )


@doors.page(_LIST + "/hide", may=MAY, methods=("POST",))
def hide(request: Request) -> Response:
    return _show_or_hide(request, hidden=True)


@doors.page(_LIST + "/show", may=MAY, methods=("POST",))
def show(request: Request) -> Response:
    return _show_or_hide(request, hidden=False)


def _show_or_hide(request: Request, *, hidden: bool) -> Response:
    chosen = request.form.all("id")
    products.show_or_hide(
        request.db, request.actor, chosen, hidden=hidden, key=request.idempotency_key, now=request.now
    )
    return request.go(_LIST, notice="goods_saved" if chosen else "goods_none_chosen")


@doors.page(_LIST + "/new", may=MAY)
def new_product(request: Request) -> Response:
    return _form(request, products.look(request.db, None))


@doors.page(_LIST + "/new", may=MAY, methods=("POST",))
def make_product(request: Request) -> Response:
    sheet = products.look(request.db, None)
    edit, wrong = edit_of(request.form.plain(), "", sheet.properties, tuple(one.id for one in sheet.price_types))
    if wrong:
        return _form(request, sheet, wrong=Invalid(fields=wrong))
    try:
        products.make(request.db, request.actor, edit, request.idempotency_key, request.now)
    except Refused as refusal:
        return _form(request, sheet, said=request.t.t(f"error.{refusal.code}", **refusal.params), status=409)
    return request.go(_LIST, notice="goods_saved")


@doors.page(_LIST + "/{sku}", may=MAY)
def product_page(request: Request) -> Response:
    return _form(request, products.look(request.db, request.params["sku"]))


@doors.page(_LIST + "/{sku}", may=MAY, methods=("POST",))
def save_product(request: Request) -> Response:
    sku, form = request.params["sku"], request.form.plain()
    sheet = products.look(request.db, sku)
    assert sheet.card
    taken = form.get("take_back", "")
    if taken in dict(sheet.card.theirs):
        form[taken] = dict(sheet.card.theirs)[taken]
    edit, wrong = edit_of(form, sheet.card.product_id, sheet.properties, tuple(one.id for one in sheet.price_types))
    if wrong:
        return _form(request, sheet, wrong=Invalid(fields=wrong))
    seen = whole(form.get("seen", "")) or 0
    try:
        products.save(request.db, request.actor, edit, seen, request.idempotency_key, request.now)
    except Refused as refusal:
        return _form(request, products.look(request.db, sku), said=_conflict(request, sheet, refusal), status=409)
    return request.go(f"{_LIST}/{sku}", notice="goods_saved")


def _conflict(request: Request, sheet: Sheet, refusal: Refused) -> str:
    fmt = Formats(request.locale, request.time_zone)
    edited = sheet.edited
    who = {"who": edited.by, "at": fmt.datetime(edited.at)} if edited else {"who": "", "at": ""}
    return request.t.t(f"error.{refusal.code}", **(who | refusal.params))


def _listing(request: Request, asked: ListQuery, found: Shelf, standing: Standing) -> Listing:
    waiting = {one.product_id for edit in found.waiting for one in edit.products}
    rows = (
        tuple(_item_row(request, one, one.product_id in waiting) for one in found.listed.items)
        if found.listed
        else tuple(_card_row(request, one, one.product_id in waiting) for one in found.cards)
    )
    filters = [Filter(name="q", label_key="goods.find", kind="search")]
    if standing is Standing.LISTED and found.branches:
        options = tuple((one.id, indented(one)) for one in found.branches if one.depth <= _DEEPEST_OFFERED)
        filters.append(Filter(name="category", label_key="goods.category", options=options, open=True))
    hides = standing is not Standing.HIDDEN
    return Listing(
        caption_key="goods.title",
        columns=(
            Column(key="article", label_key="goods.column.article", phone="id", sortable=standing is Standing.LISTED),
            Column(key="name", label_key="goods.column.name", phone="what", sortable=standing is Standing.LISTED),
            Column(key="barcode", label_key="goods.column.barcode", phone="units"),
            Column(key="unit", label_key="goods.column.unit", phone="sum"),
            Column(key="state", label_key="goods.state", kind="status", phone="state"),
        ),
        rows=rows,
        query=asked,
        views=(
            View(key="", label_key="goods.view.listed"),
            View(key=Standing.HIDDEN, label_key="goods.view.hidden"),
            View(key=Standing.WITHDRAWN, label_key="goods.view.withdrawn"),
        ),
        filters=tuple(filters),
        total_text=request.t.t("goods.found", count=found.total),
        pages=min(max(1, -(-found.total // PAGE)), _MOST_PAGES),
        empty_key="goods.empty",
        bulk_actions=(
            BulkAction(
                label_key="goods.hide" if hides else "goods.show", action=f"{_LIST}/{'hide' if hides else 'show'}"
            ),
        ),
    )


def _item_row(request: Request, item: Item, is_waiting: bool) -> Row:
    return _row(request, item.sku, item.article, item.name, item.barcode, item.unit, Standing.LISTED, is_waiting)


def _card_row(request: Request, card: Card, is_waiting: bool) -> Row:
    return _row(request, card.sku, card.article, card.name, card.barcode, card.unit, card.standing, is_waiting)


def _row(
    request: Request, sku: str, article: str, name: str, barcode: str, unit: str, standing: Standing, is_waiting: bool
) -> Row:
    state: Cell | str = (
        "" if standing is Standing.LISTED else Cell(request.t.t(f"goods.standing.{standing}"), tone="mute")
    )
    if is_waiting:
        state = Cell(request.t.t("goods.publishing"), tone="info")
    return Row(
        id=sku,
        cells={
            "article": article or "—",
            "name": Cell(name, href=f"{_LIST}/{sku}"),
            "barcode": barcode,
            "unit": unit,
            "state": state,
        },
    )


def _form(
    request: Request, sheet: Sheet, *, wrong: Invalid | None = None, said: str = "", status: int = 200
) -> Response:
    """The form as it was typed, if it was, beside what the product is now."""
    t, fmt = request.t.t, Formats(request.locale, request.time_zone)
    shown = _shown(sheet)
    typed = shown | request.form.plain() if request.method == "POST" else shown
    card = sheet.card
    return request.page(
        "goods/product.html",
        status=422 if wrong else status,
        card=card,
        sheet=sheet,
        form=typed,
        shown=shown,
        errors=field_errors(request.t, wrong) if wrong else {},
        said=said,
        thumbs=tuple(one.digest for one in pictures.shown_of(request.db, card) if one.digest) if card else (),
        theirs=dict(card.theirs) if card else {},
        is_own=card is None or card.is_own,
        category_fields=range(min(CATEGORIES, (len(card.category_ids) if card else 0) + 1)),
        rows=range(min(ATTRIBUTES, (len(card.properties) if card else 0) + _SPARE)),
        categories=(("", t("goods.no_category")), *((one.id, indented(one)) for one in sheet.branches)),
        subtitle=t("goods.edited_by", who=sheet.edited.by, at=fmt.datetime(sheet.edited.at)) if sheet.edited else None,
        state=t(f"goods.standing.{card.standing}") if card else "",
    )


def _shown(sheet: Sheet) -> dict[str, Any]:
    """The fields of the form as the product is."""
    card = sheet.card
    if card is None:
        return {}
    prices = dict(card.prices)
    values: dict[str, Any] = {
        name: getattr(card, name) for name in ("name", "article", "barcode", "unit", "vat_rate", "description", "brand")
    }
    values |= {f"category_{place}": one for place, one in enumerate(card.category_ids)}
    values["hidden"] = "1" if card.standing is Standing.HIDDEN else ""
    for place, one in enumerate(sheet.price_types):
        values[f"price_{place}"] = f"{prices[one.id]:f}" if one.id in prices else ""
    for place, value in enumerate(card.properties):
        values |= {f"attribute_{place}": value.name, f"values_{place}": "; ".join(value.values)}
    return values
