"""Pages: the tree of categories and the form of one."""

from __future__ import annotations

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.goods.actions import categories
from chalicelib.goods.edits import CategoryEdit
from chalicelib.goods.pages.base import MAY, doors
from chalicelib.http.listing import Cell, Column, Listing, ListQuery, Row
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Complaint, Invalid, Refused

_LIST = "/goods/categories"
_MOST_NAME = 1_024
_LAST = 9_999


@doors.page(_LIST, may=MAY)
def category_list(request: Request) -> Response:
    branches, waiting = categories.tree(request.db)
    listing = Listing(
        caption_key="goods.categories",
        columns=(
            Column(key="name", label_key="goods.category_name", phone="what"),
            Column(key="position", label_key="goods.position", kind="num", phone="units"),
            Column(key="count", label_key="goods.category_count", kind="num", phone="sum"),
        ),
        rows=tuple(_row(one) for one in branches),
        query=ListQuery(),
        empty_key="goods.no_categories",
    )
    return request.page("goods/categories.html", listing=listing, waiting=waiting)


@doors.page(_LIST + "/new", may=MAY)
def new_category(request: Request) -> Response:
    return _form(request, None, categories.tree(request.db)[0], 0)


@doors.page(_LIST + "/new", may=MAY, methods=("POST",))
def make_category(request: Request) -> Response:
    branches, _ = categories.tree(request.db)
    try:
        edit = _edit(request, None)
        categories.make(request.db, request.actor, edit, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, None, branches, 0, wrong=wrong)
    return request.go(_LIST, notice="goods_saved")


@doors.page(_LIST + "/{category_id}", may=MAY)
def category_page(request: Request) -> Response:
    return _form(request, *categories.look(request.db, request.params["category_id"]))


@doors.page(_LIST + "/{category_id}", may=MAY, methods=("POST",))
def save_category(request: Request) -> Response:
    branch, branches, seen = categories.look(request.db, request.params["category_id"])
    given = request.form.text("seen")
    try:
        edit = _edit(request, branch)
        known = int(given) if given.isdecimal() and len(given) < 10 else 0
        categories.save(request.db, request.actor, edit, known, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, branch, branches, seen, wrong=wrong)
    except Refused:
        return _form(request, branch, branches, seen, said=request.t.t("error.goods_edited_category"), status=409)
    return request.go(_LIST, notice="goods_saved")


def _edit(request: Request, branch: Branch | None) -> CategoryEdit:
    """What the form changes of the category, or a new one."""
    form = request.form
    name, parent, position = form.text("name"), form.text("parent"), form.text("position") or "0"
    wrong = {}
    if not name or len(name) > _MOST_NAME:
        wrong["name"] = Complaint(code="required")
    if not (position.isascii() and position.isdecimal() and int(position) <= _LAST):
        wrong["position"] = Complaint(code="goods_bad_position", params={"limit": _LAST})
    if wrong:
        raise Invalid(fields=wrong)
    if branch is None:
        return CategoryEdit(id="", name=name, parent_id=parent, position=int(position))
    return CategoryEdit(
        id=branch.id,
        name=name if name != branch.name else None,
        parent_id=parent if parent != (branch.parent_id or "") else None,
        position=int(position) if int(position) != branch.position else None,
    )


def _form(
    request: Request,
    branch: Branch | None,
    branches: tuple[Branch, ...],
    seen: int,
    *,
    wrong: Invalid | None = None,
    said: str = "",
    status: int = 200,
) -> Response:
    shown = {
        "name": branch.name if branch else "",
        "parent": (branch.parent_id or "") if branch else request.query.text("parent"),
        "position": str(branch.position or "") if branch else "",
    }
    return request.page(
        "goods/category.html",
        status=422 if wrong else status,
        branch=branch,
        seen=seen,
        form=shown | request.form.plain() if request.method == "POST" else shown,
        errors=field_errors(request.t, wrong) if wrong else {},
        said=said,
        parents=(
            ("", request.t.t("goods.top")),
            *((one.id, _indented(one)) for one in branches if branch is None or one.id != branch.id),
        ),
    )


def _indented(branch: Branch) -> str:
    return "\N{EM SPACE}" * (branch.depth - 1) + branch.name


def _row(branch: Branch) -> Row:
    return Row(
        id=branch.id,
        cells={
            "name": Cell(_indented(branch), href=f"{_LIST}/{branch.id}"),
            "position": str(branch.position) if branch.position else "",
            "count": str(branch.count) if branch.count else "",
        },
    )
