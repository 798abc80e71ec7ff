"""The prices of one contract: the chain of its lists, its personal prices and its own exchange rates."""

from __future__ import annotations

from typing import Any

from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.money import CURRENCIES
from chalicelib.pricing import contracting, office
from chalicelib.pricing.contracting import ContractPrices
from chalicelib.pricing.pages.base import MAY, Form, chosen_lists, doors, form_page, list_options, wish
from chalicelib.pricing.pages.rows import grid_page, typed_rows

_PAGE = "/prices/contracts/{party_id}/{contract_id}"


@doors.page(_PAGE, may=MAY)
def contract_prices(request: Request) -> Response:
    return _page(request, {})


@doors.page(_PAGE + "/lists", may=MAY, methods=("POST",))
def give_lists(request: Request) -> Response:
    party_id, contract_id = _ids(request)
    try:
        change = wish(request, "contract.lists_set")
        contracting.give_lists(request.db, change, party_id, contract_id, request.form.all("list"))
    except Refused as wrong:
        return _page(request, {}, wrong)
    return request.go(_here(request), notice="price_lists_assigned")


@doors.page(_PAGE + "/rows", may=MAY)
def personal_form(request: Request) -> Response:
    return _grid(request)


@doors.page(_PAGE + "/rows", may=MAY, methods=("POST",))
def save_personal(request: Request) -> Response:
    party_id, contract_id = _ids(request)
    try:
        change = wish(request, "contract.prices_typed", contract=contract_id)
        bad = contracting.edit_personal(request.db, change, party_id, contract_id, typed_rows(request))
    except (Invalid, Refused) as wrong:
        return _grid(request, wrong=wrong)
    if bad:
        return _grid(request, bad=bad)
    return request.go(_here(request), notice="personal_prices_saved")


@doors.page(_PAGE + "/rates", may=MAY, methods=("POST",))
def add_rate(request: Request) -> Response:
    (party_id, contract_id), form = _ids(request), request.form.plain()
    about = {name: form.get(name, "")[:40] for name in ("currency", "rate", "since")}
    try:
        change = wish(request, "contract.rate_added", **about)
        contracting.add_rate(request.db, change, party_id, contract_id, form, request.person.currency)
    except (Invalid, Refused) as wrong:
        return _page(request, form, wrong)
    return request.go(_here(request), notice="price_rate_added")


@doors.page(_PAGE + "/rates/remove", may=MAY, methods=("POST",))
def remove_rate(request: Request) -> Response:
    party_id, contract_id = _ids(request)
    currency, since = request.form.text("currency"), request.form.text("since")
    try:
        change = wish(request, "contract.rate_removed", currency=currency[:3], since=since[:10])
        contracting.remove_rate(request.db, change, party_id, contract_id, currency, since)
    except Refused as wrong:
        return _page(request, {}, wrong)
    return request.go(_here(request), notice="price_rate_removed")


def _ids(request: Request) -> tuple[str, str]:
    return request.params["party_id"], request.params["contract_id"]


def _here(request: Request) -> str:
    party_id, contract_id = _ids(request)
    return f"/prices/contracts/{party_id}/{contract_id}"


def _look(request: Request) -> ContractPrices:
    return contracting.look(request.db, *_ids(request), request.now)


def _grid(request: Request, **what: Any) -> Response:
    seen = _look(request)
    back = (seen.basis.contract.number, _here(request))
    return grid_page(request, seen.personal, version=seen.version, back=back, saves="now", **what)


def _page(request: Request, form: Form, wrong: Invalid | Refused | None = None) -> Response:
    seen = _look(request)
    home = request.person.currency
    return form_page(
        request,
        "pricing/contract.html",
        form,
        wrong,
        seen=seen,
        here=_here(request),
        personal=seen.personal.version_at(request.now),
        own_lists={one.id for one in seen.basis.book.lists},
        chosen=chosen_lists(seen.basis.contract.price_list_ids),
        options=(("", "—"), *list_options(request, office.bases(request.db))),
        home=home,
        currencies=tuple((one, one) for one in CURRENCIES if one != home),
    )
