"""Why a price is what it is, for programs: `GET /api/v1/prices/explain?sku=…&quantity=…&contract=…`."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, json_body
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.kernel.money import quantity as exact_quantity
from chalicelib.kernel.money import quantum
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.pricing.chain import chain_id
from chalicelib.pricing.discounts import Weighed
from chalicelib.pricing.explain import derivation, why, why_not
from chalicelib.pricing.explaining import Explained, explain_price
from chalicelib.pricing.model import Answer, Considered, PriceTerms, Quote
from chalicelib.pricing.words import sentences

doors = Doors(__name__)
Json = dict[str, object]


@doors.endpoint("/api/v1/prices/explain", may=Permission.CATALOGUE_READ)
def explain(request: Request) -> Response:
    """A price with everything that it was made from; sums, percents and quantities are texts of exact numbers.

    `contract`: a dealer's own one, by default the one they work under. `price` null: on request, `from_quantity` says
    from how many on there is one. `before` = what it cost until when, if it has lately fallen. Only the manufacturer's
    people are told how a derived list is made.
    """
    contract_id = request.query.text("contract") or request.person.contract_id or ""
    sku = request.query.text("sku")
    asked = {"contract": contract_id, "sku": sku}
    missing = {name: Complaint(code="required") for name, value in asked.items() if not value}
    if missing:
        raise Invalid(fields=missing)
    found = explain_price(request.db, request.actor, contract_id, sku, _quantity(request), request.now)
    body: Json = {"sku": sku, "contract": contract_id, **_answered(found.answer, found.terms)}
    fall = found.fall
    body["before"] = None if fall is None else {"price": _text(fall.price), "until": stamp(fall.until)}
    body["sentences"] = _sentences(request, found.answer)
    if not request.actor.is_dealer:
        body["own"] = _for_own_people(request, found)
    return json_body(body)


def _quantity(request: Request) -> Decimal | None:
    text = request.query.text("quantity")
    try:
        number = exact_quantity(parse_decimal(text)) if text else None
    except ValueError as wrong:
        raise Invalid(fields={"quantity": Complaint(code="not_a_number")}) from wrong
    if number is not None and number <= 0:
        raise Invalid(fields={"quantity": Complaint(code="not_above_zero")})
    return number


def _answered(answer: Answer, terms: PriceTerms) -> Json:
    common: Json = {
        "currency": terms.currency,
        "strategy": terms.strategy.value,
        "lists": [_considered(one) for one in answer.considered],
    }
    if not isinstance(answer, Quote):
        return {**common, "price": None, "from_quantity": _text(answer.min_quantity)}
    used = answer.conversion
    return {
        **common,
        "price": _text(answer.price),
        "from_quantity": _text(answer.min_quantity),
        "vat": {"percent": _text(answer.vat_rate), "included": answer.vat_included},
        "list": {
            "id": answer.price_list.id,
            "name": answer.price_list.name,
            "origin": answer.price_list.origin.value,
            "amount": _text(answer.listed),
            "currency": answer.list_currency,
            "vat_included": answer.price_list.vat_included,
            "unit": answer.unit,
            "coefficient": _text(answer.coefficient),
        },
        "rate": None
        if used is None
        else {
            "from": used.currency,
            "to": used.into,
            "rate": _text(used.rate),
            "since": used.since.isoformat() if used.since else None,
            "of_contract": used.by_contract,
        },
        "discounts": [_discount(one) for one in answer.discounts],
        "rounded_to": _text(quantum(answer.currency)) if answer.is_rounded else None,
        "next": [{"from_quantity": _text(least), "price": _text(price)} for least, price in answer.next_tiers],
    }


def _considered(one: Considered) -> Json:
    return {
        "id": one.price_list.id,
        "name": one.price_list.name,
        "origin": one.price_list.origin.value,
        "outcome": one.outcome.value,
        "from_quantity": _text(one.min_quantity),
    }


def _discount(one: Weighed) -> Json:
    return {
        "id": one.id,
        "name": one.name,
        "percent": _text(one.percent),
        "from_quantity": _text(one.from_quantity),
        "verdict": one.verdict.value,
    }


def _for_own_people(request: Request, found: Explained) -> Json:
    answer = found.answer
    steps = derivation(answer) if isinstance(answer, Quote) else ()
    fmt = Formats(request.locale, request.time_zone)
    return {"chain": chain_id(found.terms), "derivation": list(sentences(request.t, fmt, steps))}


def _sentences(request: Request, answer: Answer) -> list[str]:
    steps = why(answer) if isinstance(answer, Quote) else why_not(answer)
    return list(sentences(request.t, Formats(request.locale, request.time_zone), steps))


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
