"""Pages of who sees what: the rules in their order, what each dealer sees of the catalogue, a rule's form."""

from __future__ import annotations

from chalicelib.assortment import actions
from chalicelib.assortment.actions import Desk, whom_value
from chalicelib.assortment.pages.base import (
    COUNT,
    Form,
    about_text,
    count_text,
    doors,
    saved_notice,
    subject_cell,
    subject_options,
    undo,
    undo_doors,
)
from chalicelib.assortment.subjects import product_names, typed_subject
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.visibility import Rule, Whom
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid, found
from chalicelib.network.model import Party

_READ, _EDIT = Permission.NETWORK_READ, Permission.NETWORK_EDIT
_PAGE = "/dealers/assortment"
_DEALERS_A_PAGE = 50


@doors.page(_PAGE, may=_READ)
def assortment(request: Request) -> Response:
    desk = actions.look(request.db, request.now)
    may_edit = request.actor.may(_EDIT)
    gone = desk.assortment.undoable(request.now) if may_edit else None
    told = (_whom(request, desk, gone).text, _decision(request, gone)) if gone else ()
    return request.page(
        "assortment/rules.html",
        rules=_rules(request, desk),
        dealers=_dealers(request, desk),
        may_edit=may_edit,
        undo=undo(request, _PAGE, desk.assortment.version, gone, *told) if gone else None,
    )


def _rules(request: Request, desk: Desk) -> Listing:
    may_edit = request.actor.may(_EDIT)
    names = product_names(desk.catalogue, desk.assortment.rules)
    return Listing(
        caption_key="assortment.rules",
        columns=(
            Column(key="what", label_key="assortment.what", phone="id"),
            Column(key="whom", label_key="assortment.whom", phone="what"),
            Column(key="shown", label_key="assortment.visibility", phone="state"),
            COUNT,
        ),
        rows=tuple(
            Row(
                id=rule.id,
                cells={
                    "what": subject_cell(request, rule, names, f"{_PAGE}/{rule.id}" if may_edit else None),
                    "whom": _whom(request, desk, rule),
                    "shown": _decision(request, rule),
                    "count": about_text(request, desk.catalogue, rule),
                },
            )
            for rule in desk.ranked
        ),
        query=ListQuery.parse({}),
        empty_key="assortment.no_rules",
    )


def _whom(request: Request, desk: Desk, rule: Rule) -> Cell:
    if rule.whom is Whom.EVERYONE:
        return Cell(request.t.t("assortment.whom.everyone"))
    name = desk.name_of(rule) or request.t.t("assortment.gone")
    return Cell(name, sub=request.t.t(f"assortment.whom.{rule.whom}"))


def _decision(request: Request, rule: Rule) -> str:
    return request.t.t("assortment.shown" if rule.shown else "assortment.hidden")


def _dealers(request: Request, desk: Desk) -> Listing:
    asked = ListQuery.parse(request.query)
    pages = max(1, -(-len(desk.dealers) // _DEALERS_A_PAGE))
    begin = (min(asked.page, pages) - 1) * _DEALERS_A_PAGE
    return Listing(
        caption_key="assortment.dealers",
        columns=(
            Column(key="name", label_key="assortment.whom.dealer", phone="id"),
            Column(key="of", label_key="assortment.group_and_region", phone="what"),
            Column(key="seen", label_key="assortment.seen", kind="num", phone="sum"),
        ),
        rows=tuple(_dealer(request, desk, party) for party in desk.dealers[begin : begin + _DEALERS_A_PAGE]),
        query=asked,
        pages=pages,
        empty_key="assortment.no_dealers",
    )


def _dealer(request: Request, desk: Desk, party: Party) -> Row:
    group, region = desk.segments.group_of(party), desk.segments.region_of(party)
    return Row(
        id=party.id,
        cells={
            "name": Cell(party.name, href=f"/dealers/{party.id}"),
            "of": ", ".join(one.name for one in (group, region) if one),
            "seen": count_text(request, desk.seen_by(party)),
        },
    )


@doors.page(f"{_PAGE}/new", may=_EDIT)
def rule_form(request: Request) -> Response:
    return _form(request, {"whom": Whom.EVERYONE, "what": What.CATEGORY, "shown": "no"})


@doors.page(f"{_PAGE}/new", may=_EDIT, methods=("POST",))
def add_rule(request: Request) -> Response:
    form = request.form.plain()
    try:
        replaced = actions.add_rule(request.db, request.actor, form, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, form, wrong)
    return request.go(_PAGE, notice=saved_notice(replaced))


@doors.page(_PAGE + "/{rule_id}", may=_EDIT)
def rule_edit_form(request: Request) -> Response:
    assortment = actions.look(request.db, request.now).assortment
    rule = found(assortment.rule(request.params["rule_id"]))
    form = {"whom": whom_value(rule.whom, rule.whom_id), **typed_subject(rule)}
    return _form(request, {**form, "shown": "yes" if rule.shown else "no", "version": str(assortment.version)})


@doors.page(_PAGE + "/{rule_id}", may=_EDIT, methods=("POST",))
def change_rule(request: Request) -> Response:
    form = request.form.plain()
    try:
        replaced = actions.change_rule(
            request.db, request.actor, request.params["rule_id"], form, request.form.version, request.now
        )
    except Invalid as wrong:
        return _form(request, form, wrong)
    return request.go(_PAGE, notice=saved_notice(replaced))


undo_doors(_PAGE, _EDIT, actions.BOOK)


def _form(request: Request, form: Form, wrong: Invalid | None = None) -> Response:
    desk, t = actions.look(request.db, request.now), request.t.t
    whom = [
        (whom_value(Whom.EVERYONE, ""), t("assortment.whom.everyone")),
        *((whom_value(kind, own), f"{t(f'assortment.whom.{kind}')}: {name}") for kind, own, name in _named(desk)),
    ]
    return request.page(
        "assortment/rule_form.html",
        status=422 if wrong else 200,
        form=form,
        errors=field_errors(request.t, wrong) if wrong else {},
        rule_id=request.params.get("rule_id"),
        whom=whom,
        subjects=subject_options(request, desk.catalogue, form),
    )


def _named(desk: Desk) -> list[tuple[Whom, str, str]]:
    """Kind, id and name of each region, group and dealer."""
    return [
        *((Whom.REGION, one.id, one.name) for one in desk.segments.regions),
        *((Whom.GROUP, one.id, one.name) for one in desk.segments.groups),
        *((Whom.DEALER, one.id, one.name) for one in desk.dealers),
    ]
