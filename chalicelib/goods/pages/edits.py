"""Page: changes by hand that were set aside, each with the reason, to be tried again or given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.catalogue.model import sku_id
from chalicelib.goods import store
from chalicelib.goods.actions import edits
from chalicelib.goods.edits import CategoryEdit, Edit, ProductEdit
from chalicelib.goods.model import BadRow
from chalicelib.goods.pages.base import MAY, doors
from chalicelib.goods.words import reason
from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.http.responses import Response

_PAGE = "/goods/edits"
_MOST_SHOWN = 20  # things of one edit
_LABELS = {"vat_rate": "goods.vat_percent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """An edit as the page tells of it: `things` are (name, address, what was changed)."""

    id: str
    head: str
    why: str
    things: tuple[tuple[str, str, str], ...]
    more: int


@doors.page(_PAGE, may=MAY)
def edits_aside(request: Request) -> Response:
    aside = tuple(_aside(request, edit) for edit in store.edits(request.db) if edit.refused)
    return request.page("goods/edits.html", aside=aside)


@doors.page(_PAGE + "/again", may=MAY, methods=("POST",))
def try_again(request: Request) -> Response:
    edits.try_again(request.db, request.actor, request.form.text("id"), request.now)
    return request.go("/goods", notice="goods_saved")


@doors.page(_PAGE + "/discard", may=MAY, methods=("POST",))
def discard(request: Request) -> Response:
    edits.discard(request.db, request.actor, request.form.text("id"), request.now)
    return request.go(_PAGE, notice="goods_discarded")


def _aside(request: Request, edit: Edit) -> Aside:
    t, fmt = request.t.t, Formats(request.locale, request.time_zone)
    things = [
        (one.texts.get("name") or one.product_id, f"/goods/{sku_id(one.product_id, None)}", _said(request, one))
        for one in edit.products
    ]
    for category in edit.categories:
        address = f"/goods/categories/{category.id}"
        things.append((category.name or t("goods.category"), address, _said_of_category(request, category)))
    return Aside(
        id=edit.id,
        head=f"{fmt.datetime(edit.at)} · {edit.by}",
        why=reason(request.t, BadRow(number=0, reason=edit.refused)),
        things=tuple(things[:_MOST_SHOWN]),
        more=max(0, len(things) - _MOST_SHOWN),
    )


def _said(request: Request, edit: ProductEdit) -> str:
    return "; ".join(_parts(request, edit))


def _parts(request: Request, edit: ProductEdit) -> Iterator[str]:
    t = request.t.t
    for name, text in edit.texts.items():
        yield f"{t(_LABELS.get(name, f'goods.column.{name}'))}: {text[:120] or '—'}"
    for value in edit.attributes:
        yield f"{value.name}: {', '.join(value.values)[:120] or '—'}"
    for _, amount in edit.prices:
        yield f"{t('goods.prices')}: {amount if amount is not None else '—'}"
    if edit.category_ids is not None:
        yield t("goods.category")
    if edit.pictures is not None:
        yield t("goods.pictures")
    if edit.hidden is not None:
        yield t("goods.hide" if edit.hidden else "goods.show")


def _said_of_category(request: Request, edit: CategoryEdit) -> str:
    t = request.t.t
    said = ((edit.name, "goods.category_name"), (edit.parent_id, "goods.parent"), (edit.position, "goods.position"))
    return "; ".join(t(label) for value, label in said if value is not None)
