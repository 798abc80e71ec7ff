"""Discounts: what each is for, how much it gives from which quantity on, and how it goes with others."""

from __future__ import annotations

from datetime import date

from chalicelib.catalogue.store import current_catalogue
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.network import store as network
from chalicelib.pricing import discounting
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.discounts import Discount, Interaction, Kind
from chalicelib.pricing.forms import STEPS
from chalicelib.pricing.pages.base import MAY, Form, doors, form_page, wish

_PAGE = "/prices/discounts"
_ONE = _PAGE + "/{discount_id}"
_CHOICES = ("contract", "group", "region", "category")


@doors.page(_PAGE, may=MAY)
def discount_list(request: Request) -> Response:
    book, _ = load_book(request.db)
    listing = Listing(
        caption_key="pricing.section.discounts",
        columns=(
            Column(key="name", label_key="pricing.name", phone="id"),
            Column(key="kind", label_key="pricing.discount_kind", phone="what"),
            Column(key="steps", label_key="pricing.percent", kind="num", phone="sum"),
            Column(key="interaction", label_key="pricing.interaction"),
            Column(key="priority", label_key="pricing.priority", kind="num"),
            Column(key="days", label_key="pricing.in_force", kind="status", phone="state"),
        ),
        rows=tuple(_row(request, one) for one in sorted(book.discounts, key=lambda one: (one.priority, one.name))),
        query=ListQuery(),
        empty_key="pricing.no_discounts",
    )
    return request.page("pricing/discounts.html", listing=listing)


def _row(request: Request, one: Discount) -> Row:
    t, fmt = request.t.t, Formats(request.locale, request.time_zone)
    today = local_day(request.now, request.time_zone)
    begun, over = (one.since or date.min) <= today, (one.until or date.max) < today
    state = Cell(t("pricing.is_in_force"), tone="ok") if begun and not over else Cell(t("pricing.not_today"))
    days = " – ".join(fmt.date(day) if day else "…" for day in (one.since, one.until))
    return Row(
        id=one.id,
        cells={
            "name": Cell(one.name, href=f"{_PAGE}/{one.id}"),
            "kind": t(f"pricing.kind.{one.kind}"),
            "steps": ", ".join(fmt.percent(step.percent) for step in one.steps),
            "interaction": t(f"pricing.interaction.{one.interaction}"),
            "priority": str(one.priority),
            "days": Cell(state.text, tone=state.tone, sub=days if one.since or one.until else None),
        },
    )


@doors.page(_PAGE + "/new", may=MAY)
def discount_form(request: Request) -> Response:
    return _form(request, {"kind": "promotion", "interaction": "best", "priority": "10"}, {})


@doors.page(_PAGE + "/new", may=MAY, methods=("POST",))
def add_discount(request: Request) -> Response:
    return _save(request, None)


@doors.page(_ONE, may=MAY)
def discount_edit_form(request: Request) -> Response:
    one = discounting.find(load_book(request.db)[0], request.params["discount_id"])
    return _form(request, _typed(request, one), _chosen_of(one), one)


@doors.page(_ONE, may=MAY, methods=("POST",))
def change_discount(request: Request) -> Response:
    return _save(request, discounting.find(load_book(request.db)[0], request.params["discount_id"]))


@doors.page(_ONE + "/remove", may=MAY, methods=("POST",))
def remove_discount(request: Request) -> Response:
    one = discounting.find(load_book(request.db)[0], request.params["discount_id"])
    try:
        discounting.remove(request.db, wish(request, "prices.discount_removed", name=one.name), one.id)
    except Refused as wrong:
        return _form(request, _typed(request, one), _chosen_of(one), one, wrong)
    return request.go(_PAGE, notice="price_discount_removed")


def _save(request: Request, before: Discount | None) -> Response:
    form, chosen = request.form.plain(), {name: request.form.all(name) for name in _CHOICES}
    change = wish(request, "prices.discount_saved", name=form.get("name", "")[:80])
    try:
        discounting.save(request.db, change, before.id if before else None, form, chosen)
    except (Invalid, Refused) as wrong:
        return _form(request, form, chosen, before, wrong)
    return request.go(_PAGE, notice="price_discount_saved")


def _form(
    request: Request,
    form: Form,
    chosen: dict[str, list[str]],
    before: Discount | None = None,
    wrong: Invalid | Refused | None = None,
) -> Response:
    t, segments = request.t.t, network.load_segments(request.db)
    catalogue = current_catalogue(request.db, None, request.now)
    parties = network.dealers(request.db)
    options = {
        "group": [(one.id, one.name) for one in segments.groups],
        "region": [(one.id, one.name) for one in segments.regions],
        "category": [
            (one.id, "\N{EM SPACE}" * (one.depth - 1) + one.name)
            for one in (catalogue.categories() if catalogue else ())
        ],
        "contract": [(mark.id, f"{party.name}, {mark.number}") for party in parties for mark in party.contracts],
    }
    return form_page(
        request,
        "pricing/discount_form.html",
        form,
        wrong,
        before=before,
        version=load_book(request.db)[1],
        kinds=tuple((str(one), t(f"pricing.kind.{one}")) for one in Kind),
        interactions=tuple((str(one), t(f"pricing.interaction_means.{one}")) for one in Interaction),
        options=options,
        chosen=chosen,
        steps=STEPS,
    )


def _chosen_of(one: Discount) -> dict[str, list[str]]:
    found_ids = (one.contract_ids, one.group_ids, one.region_ids, one.category_ids)
    return {name: list(ids) for name, ids in zip(_CHOICES, found_ids, strict=True)}


def _typed(request: Request, one: Discount) -> Form:
    fmt = Formats(request.locale, request.time_zone)
    catalogue = current_catalogue(request.db, None, request.now)
    items = catalogue.skus(list(one.skus)) if catalogue else {}
    form = {
        "name": one.name,
        "kind": str(one.kind),
        "interaction": str(one.interaction),
        "priority": str(one.priority),
        "since": one.since.isoformat() if one.since else "",
        "until": one.until.isoformat() if one.until else "",
        "brands": "\n".join(one.brands),
        "articles": "\n".join(items[sku].article or sku for sku in one.skus if sku in items),
    }
    for place, step in enumerate(one.steps):
        form[f"percent_{place}"] = fmt.quantity(step.percent)
        form[f"least_{place}"] = fmt.quantity(step.min_quantity)
    return form
