"""Pages of what is on order: the rules in their order, and a rule's form."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.assortment import on_order as actions
from chalicelib.assortment.on_order import Desk
from chalicelib.assortment.pages.base import (
    COUNT,
    Form,
    about_text,
    doors,
    saved_notice,
    subject_cell,
    subject_options,
    undo,
    undo_doors,
)
from chalicelib.assortment.subjects import product_names, typed_subject
from chalicelib.catalogue.on_order import OnOrderRule
from chalicelib.catalogue.rules import What
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Column, Listing, Row
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid, found

_READ, _EDIT = Permission.STOCK_READ, Permission.STOCK_EDIT
_PAGE = "/stock/on-order"


@doors.page(_PAGE, may=_READ)
def on_order(request: Request) -> Response:
    desk = actions.look(request.db, request.now)
    may_edit, names = request.actor.may(_EDIT), product_names(desk.catalogue, desk.on_order.rules)
    rules = Listing(
        caption_key="assortment.rules",
        columns=(
            Column(key="what", label_key="assortment.what", phone="id"),
            Column(key="term", label_key="assortment.term", phone="state"),
            COUNT,
        ),
        rows=tuple(_row(request, desk, rule, names) for rule in desk.ranked),
        query=ListQuery.parse({}),
        empty_key="assortment.nothing_on_order",
    )
    gone = desk.on_order.undoable(request.now) if may_edit else None
    return request.page(
        "assortment/on_order.html",
        rules=rules,
        count=desk.count,
        may_edit=may_edit,
        undo=undo(request, _PAGE, desk.on_order.version, gone, _term(request, gone)) if gone else None,
    )


def _row(request: Request, desk: Desk, rule: OnOrderRule, names: Mapping[str, str]) -> Row:
    href = f"{_PAGE}/{rule.id}" if request.actor.may(_EDIT) else None
    return Row(
        id=rule.id,
        cells={
            "what": subject_cell(request, rule, names, href),
            "term": _term(request, rule),
            "count": about_text(request, desk.catalogue, rule),
        },
    )


def _term(request: Request, rule: OnOrderRule) -> str:
    t = request.t.t
    return t("assortment.not_on_order") if rule.days is None else t("assortment.days", count=rule.days)


@doors.page(f"{_PAGE}/new", may=_EDIT)
def on_order_form(request: Request) -> Response:
    return _form(request, {"what": What.CATEGORY, "decision": "yes"})


@doors.page(f"{_PAGE}/new", may=_EDIT, methods=("POST",))
def add_on_order(request: Request) -> Response:
    form = request.form.plain()
    try:
        replaced = actions.add_rule(request.db, request.actor, form, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, form, wrong)
    return request.go(_PAGE, notice=saved_notice(replaced))


@doors.page(_PAGE + "/{rule_id}", may=_EDIT)
def on_order_edit_form(request: Request) -> Response:
    kept = actions.look(request.db, request.now).on_order
    rule = found(kept.rule(request.params["rule_id"]))
    decision = {"decision": "no"} if rule.days is None else {"decision": "yes", "days": str(rule.days)}
    return _form(request, {**typed_subject(rule), **decision, "version": str(kept.version)})


@doors.page(_PAGE + "/{rule_id}", may=_EDIT, methods=("POST",))
def change_on_order(request: Request) -> Response:
    form, rule_id = request.form.plain(), request.params["rule_id"]
    try:
        replaced = actions.change_rule(request.db, request.actor, rule_id, form, request.form.version, request.now)
    except Invalid as wrong:
        return _form(request, form, wrong)
    return request.go(_PAGE, notice=saved_notice(replaced))


undo_doors(_PAGE, _EDIT, actions.BOOK)


def _form(request: Request, form: Form, wrong: Invalid | None = None) -> Response:
    return request.page(
        "assortment/on_order_form.html",
        status=422 if wrong else 200,
        form=form,
        errors=field_errors(request.t, wrong) if wrong else {},
        rule_id=request.params.get("rule_id"),
        subjects=subject_options(request, actions.look(request.db, request.now).catalogue, form),
    )
