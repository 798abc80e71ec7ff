"""Exchange rates of the tenant, by currency and day."""

from __future__ import annotations

from datetime import date

from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.money import CURRENCIES
from chalicelib.pricing import office
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.pages.base import MAY, Form, doors, form_page, wish

_PAGE = "/prices/rates"


@doors.page(_PAGE, may=MAY)
def rate_list(request: Request) -> Response:
    return _page(request, {})


@doors.page(_PAGE, may=MAY, methods=("POST",))
def add_rate(request: Request) -> Response:
    form = request.form.plain()
    about = {name: form.get(name, "")[:40] for name in ("currency", "rate", "since")}
    try:
        office.add_rate(request.db, wish(request, "prices.rate_added", **about), form, request.person.currency)
    except (Invalid, Refused) as wrong:
        return _page(request, form, wrong)
    return request.go(_PAGE, notice="price_rate_added")


@doors.page(_PAGE + "/remove", may=MAY, methods=("POST",))
def remove_rate(request: Request) -> Response:
    currency, since = request.form.text("currency"), request.form.text("since")
    about = {"currency": currency[:3], "since": since[:10]}
    try:
        office.remove_rate(request.db, wish(request, "prices.rate_removed", **about), currency, since)
    except Refused as wrong:
        return _page(request, {}, wrong)
    return request.go(_PAGE, notice="price_rate_removed")


def _page(request: Request, form: Form, wrong: Invalid | Refused | None = None) -> Response:
    book, version = load_book(request.db)
    home = request.person.currency
    return form_page(
        request,
        "pricing/rates.html",
        form,
        wrong,
        version=version,
        rates=sorted(book.rates, key=lambda one: (one.currency, -(one.since or date.min).toordinal())),
        home=home,
        currencies=tuple((one, one) for one in CURRENCIES if one != home),
    )
