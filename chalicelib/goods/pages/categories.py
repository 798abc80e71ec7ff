"""Pages: the tree of categories, which a person puts in order, and the form of one."""

from __future__ import annotations

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.goods.actions import categories
from chalicelib.goods.edits import CategoryEdit
from chalicelib.goods.pages.base import MAY, doors, indented
from chalicelib.goods.tree import Spot, mark
from chalicelib.http.formats import Formats
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Form, Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused
from chalicelib.kernel.numbers import whole

_LIST = "/goods/categories"
_MOST_NAME = 1_024
_LAST = 9_999
_MOST = 6_000  # categories that one form puts in order: three fields each


@doors.page(_LIST, may=MAY)
def category_list(request: Request) -> Response:
    return _tree(request)


@doors.page(_LIST, may=MAY, methods=("POST",))
def arrange_categories(request: Request) -> Response:
    form = request.form
    try:
        spots = _spots(form)
        categories.arrange(request.db, request.actor, spots, form.text("seen"), request.idempotency_key, request.now)
    except (Invalid, Refused) as wrong:
        return _tree(request, wrong=wrong)
    return request.go(_LIST, notice="goods_saved")


@doors.page(_LIST + "/undo", may=MAY, methods=("POST",))
def undo_categories(request: Request) -> Response:
    try:
        categories.undo(request.db, request.actor, request.form.version, request.idempotency_key, request.now)
    except Refused as wrong:
        return _tree(request, wrong=wrong)
    return request.go(_LIST, notice="goods_undone")


@doors.page(_LIST + "/new", may=MAY)
def new_category(request: Request) -> Response:
    return _form(request, None, categories.tree(request.db).branches)


@doors.page(_LIST + "/new", may=MAY, methods=("POST",))
def make_category(request: Request) -> Response:
    try:
        edit = _edit(request, None)
        categories.make(request.db, request.actor, edit, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, None, categories.tree(request.db).branches, wrong=wrong)
    return request.go(_LIST, notice="goods_saved")


@doors.page(_LIST + "/{category_id}", may=MAY)
def category_page(request: Request) -> Response:
    return _form(request, *categories.look(request.db, request.params["category_id"]))


@doors.page(_LIST + "/{category_id}", may=MAY, methods=("POST",))
def save_category(request: Request) -> Response:
    branch, branches = categories.look(request.db, request.params["category_id"])
    try:
        edit = _edit(request, branch)
        seen = request.form.text("seen")
        categories.save(request.db, request.actor, edit, seen, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, branch, branches, wrong=wrong)
    except Refused as refusal:
        return _form(request, branch, branches, said=request.t.t(f"error.{refusal.code}"), status=refusal.status)
    return request.go(_LIST, notice="goods_saved")


def _spots(form: Form) -> list[Spot]:
    """Where the form puts each category. Invalid("goods_bad_position") for a number that is none."""
    return [
        Spot(
            id=form.text(f"id_{at}"), parent_id=form.text(f"parent_{at}"), position=_position(form.text(f"place_{at}"))
        )
        for at in range(1, _MOST + 1)
        if form.text(f"id_{at}")
    ]


def _position(text: str) -> int:
    position = whole(text or "0", _LAST)
    if position is None:
        raise Invalid("goods_bad_position", limit=_LAST)
    return position


def _tree(request: Request, *, wrong: KontorError | None = None) -> Response:
    there, fmt = categories.tree(request.db), Formats(request.locale, request.time_zone)
    edited = there.edited
    return request.page(
        "goods/categories.html",
        status=wrong.status if wrong else 200,
        said=_said(request, wrong) if wrong else "",
        branches=there.branches,
        seen=mark(there.branches),
        waiting=there.waiting,
        version=there.version,
        last=request.t.t("goods.edited_by", who=edited.by, at=fmt.datetime(edited.at))
        if edited and edited.undo
        else None,
    )


def _said(request: Request, wrong: KontorError) -> str:
    complaint = next(iter(wrong.fields.values()), None) if isinstance(wrong, Invalid) else None
    return request.t.complaint(complaint or Complaint(code=wrong.code, params=wrong.params))


def _edit(request: Request, branch: Branch | None) -> CategoryEdit:
    """What the form changes of the category, or a new one."""
    form, wrong = request.form, {}
    name, parent, position = form.text("name"), form.text("parent"), 0
    if not name or len(name) > _MOST_NAME:
        wrong["name"] = Complaint(code="required")
    try:
        position = _position(form.text("position"))
    except Invalid as no:
        wrong["position"] = Complaint(code=no.code, params=no.params)
    if wrong:
        raise Invalid(fields=wrong)
    if branch is None:
        return CategoryEdit(id="", name=name, parent_id=parent, position=position)
    return CategoryEdit(
        id=branch.id,
        name=name if name != branch.name else None,
        parent_id=parent if parent != (branch.parent_id or "") else None,
        position=position if position != branch.position else None,
    )


def _form(
    request: Request,
    branch: Branch | None,
    branches: tuple[Branch, ...],
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
        seen=mark((branch,)) if branch else "",
        form=shown | request.form.plain() if request.method == "POST" else shown,
        errors=field_errors(request.t, wrong) if wrong else {},
        said=said,
        parents=(
            ("", request.t.t("goods.top")),
            *((one.id, indented(one)) for one in branches if branch is None or one.id != branch.id),
        ),
    )
