"""Who is given which lists: everybody, groups and regions; and how the lists of a chain become one price."""

from __future__ import annotations

from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Invalid, Refused, found
from chalicelib.network import store as network
from chalicelib.network.segments import Segments
from chalicelib.pricing import office
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.book import Book
from chalicelib.pricing.model import Strategy
from chalicelib.pricing.pages.base import MAY, chosen_lists, doors, form_page, list_options, names_of, wish

_PAGE = "/prices/assignments"
_ONE = _PAGE + "/{segment_id}"


@doors.page(_PAGE, may=MAY)
def assignment_list(request: Request) -> Response:
    return _page(request)


@doors.page(_PAGE, may=MAY, methods=("POST",))
def set_strategy(request: Request) -> Response:
    chosen = request.form.text("strategy")
    strategy = Strategy(chosen) if chosen in tuple(Strategy) else Strategy.PRIORITY
    try:
        office.set_strategy(request.db, wish(request, "prices.strategy_set", strategy=str(strategy)), strategy)
    except Refused as wrong:
        return _page(request, wrong)
    return request.go(_PAGE, notice="price_strategy_saved")


@doors.page(_ONE, may=MAY)
def assignment_form(request: Request) -> Response:
    whose = request.params["segment_id"]
    return _form(request, list(_given(load_book(request.db)[0], whose)))


@doors.page(_ONE, may=MAY, methods=("POST",))
def assign(request: Request) -> Response:
    whose, chosen = request.params["segment_id"], request.form.all("list")
    _name(request, network.load_segments(request.db), whose)
    try:
        about = {"whose": whose, "lists": ", ".join(chosen)[:200]}
        office.assign(request.db, wish(request, "prices.lists_assigned", **about), whose, chosen)
    except Refused as wrong:
        return _form(request, chosen, wrong)
    return request.go(_PAGE, notice="price_lists_assigned")


def _given(book: Book, whose: str) -> tuple[str, ...]:
    return book.default if whose == office.DEFAULT else book.groups.get(whose) or book.regions.get(whose, ())


def _name(request: Request, segments: Segments, whose: str) -> str:
    """NotFound for a group or region that there is not."""
    return request.t.t("pricing.everybody") if whose == office.DEFAULT else found(segments.name_of(whose))


def _page(request: Request, wrong: Invalid | Refused | None = None) -> Response:
    (book, version), segments = load_book(request.db), network.load_segments(request.db)
    names, t = names_of([*network.price_types(request.db), *book.lists]), request.t.t
    whose = [(one.id, one.name, t("pricing.of_group")) for one in segments.groups]
    whose += [(one.id, one.name, t("pricing.of_region")) for one in segments.regions]
    whose.append((office.DEFAULT, t("pricing.everybody"), t("pricing.of_tenant")))
    rows = [
        Row(
            id=one,
            cells={
                "name": Cell(name, href=f"{_PAGE}/{one}"),
                "kind": kind,
                "lists": " → ".join(names.get(given, given) for given in _given(book, one)) or "—",
            },
        )
        for one, name, kind in whose
    ]
    listing = Listing(
        caption_key="pricing.section.assignments",
        columns=(
            Column(key="name", label_key="pricing.whose", phone="id"),
            Column(key="kind", label_key="pricing.whose_kind", phone="units"),
            Column(key="lists", label_key="pricing.asked_lists", phone="what"),
        ),
        rows=tuple(rows),
        query=ListQuery(),
        empty_key="pricing.no_lists",
    )
    strategies = tuple((str(one), t(f"pricing.strategy.{one}")) for one in Strategy)
    shown = {"strategy": request.form.text("strategy") if wrong else str(book.strategy)}
    return form_page(
        request, "pricing/assignments.html", shown, wrong, listing=listing, version=version, strategies=strategies
    )


def _form(request: Request, chosen: list[str], wrong: Refused | None = None) -> Response:
    whose = request.params["segment_id"]
    name = _name(request, network.load_segments(request.db), whose)
    return form_page(
        request,
        "pricing/assignment.html",
        {},
        wrong,
        whose=whose,
        name=name,
        version=load_book(request.db)[1],
        chosen=chosen_lists(chosen),
        options=(("", "—"), *list_options(request, office.bases(request.db))),
    )
