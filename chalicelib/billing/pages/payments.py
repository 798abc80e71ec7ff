"""Payments: entered by the accountant, listed, taken back."""

from __future__ import annotations

from chalicelib.billing import actions, payments
from chalicelib.billing.actions import PaymentDesk
from chalicelib.billing.forms import payment_from_form
from chalicelib.billing.model import Payment, PaymentKind
from chalicelib.billing.pages.base import EDIT, READ, doors, formats
from chalicelib.http.formats import parse_decimal
from chalicelib.http.listing import Cell, Column, Filter, Listing, ListQuery, Row
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.money import Money

_ACCOUNT = "{party}.{contract}"


@doors.page("/payments", may=READ)
def payment_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    staff, party_id = not request.actor.is_dealer, query.get("party") or None
    found = actions.list_payments(request.db, request.actor, party_id)
    dealers = tuple((party.id, party.name) for party in actions.payers(request.db)) if staff else ()
    listing = Listing(
        caption_key="billing.payments",
        columns=(
            Column(key="number", label_key="billing.payment_number", phone="id"),
            Column(key="day", label_key="billing.day", kind="date", phone="units"),
            Column(key="contract", label_key="billing.contract", phone="what"),
            Column(key="state", label_key="billing.state", kind="status", phone="state"),
            Column(key="amount", label_key="billing.total", kind="money", phone="sum"),
        ),
        rows=tuple(_row(request, payment) for payment in found[(query.page - 1) * actions.PAGE :][: actions.PAGE]),
        query=query,
        pages=max(1, -(-len(found) // actions.PAGE)),
        filters=(Filter(name="party", label_key="billing.dealer", options=dealers),) if staff else (),
        empty_key="billing.choose_dealer" if staff and not party_id else "billing.no_payments",
    )
    return request.page("billing/payments.html", listing=listing, may_pay=request.actor.may(EDIT))


def _row(request: Request, payment: Payment) -> Row:
    fmt, t = formats(request), request.t.t
    return Row(
        id=payment.id,
        cells={
            "number": Cell(payment.number, href=f"/payments/{payment.id}", sub=t(f"billing.kind.{payment.kind}")),
            "day": fmt.date(payment.day),
            "contract": Cell(payment.party_name, sub=payment.contract_number),
            "state": _state(request, payment),
            "amount": fmt.money(payment.amount, payment.currency),
        },
    )


def _state(request: Request, payment: Payment) -> Cell:
    t = request.t.t
    if payment.reversed_at:
        return Cell(t("billing.reversed"), tone="mute")
    if payment.advance:
        rest = Money(payment.advance, payment.currency)
        return Cell(t("billing.advance"), tone="info", sub=t("billing.advance_said", rest=rest))
    return Cell(t("billing.allocated"), tone="ok")


@doors.page("/payments/new", may=EDIT)
def payment_form(request: Request) -> Response:
    account = request.query.text("account")
    if not account:
        options = tuple(
            (_ACCOUNT.format(party=party.id, contract=mark.id), f"{party.name} · {mark.number} · {mark.currency}")
            for party in actions.payers(request.db)
            for mark in party.contracts
        )
        return request.page("billing/payment_account.html", options=options)
    desk = _desk(request, account)
    return _form(request, desk, account, {"day": desk.today.isoformat()})


@doors.page("/payments/preview", may=EDIT, methods=("POST",))
def preview_payment(request: Request) -> Response:
    form = request.form.plain()
    desk = _desk(request, form.get("account", ""))
    try:
        new = payment_from_form(form, parse_decimal, desk.contract)
        return _form(request, desk, form["account"], form, preview=actions.preview(desk, new))
    except Invalid as wrong:
        return _form(request, desk, form["account"], form, wrong)


@doors.page("/payments", may=EDIT, methods=("POST",))
def record_payment(request: Request) -> Response:
    form = request.form.plain()
    desk = _desk(request, form.get("account", ""))
    try:
        new = payment_from_form(form, parse_decimal, desk.contract)
        payment = payments.record_payment(request.db, new, request.actor, request.idempotency_key, request.now)
    except Invalid as wrong:
        return _form(request, desk, form["account"], form, wrong)
    return request.go(f"/payments/{payment.id}", notice="payment_recorded")


def _desk(request: Request, account: str) -> PaymentDesk:
    party_id, _, contract_id = account.partition(".")
    if not party_id.isalnum() or not contract_id.isalnum():
        raise NotFound()
    return actions.open_payment_desk(request.db, party_id, contract_id, request.now)


def _form(
    request: Request,
    desk: PaymentDesk,
    account: str,
    form: dict[str, str],
    wrong: Invalid | None = None,
    preview: dict[str, Money] | None = None,
) -> Response:
    return request.page(
        "billing/payment_new.html",
        status=422 if wrong else 200,
        desk=desk,
        account=account,
        kinds=tuple((str(kind), request.t.t(f"billing.kind.{kind}")) for kind in PaymentKind),
        form=form,
        errors=field_errors(request.t, wrong) if wrong else {},
        preview=preview,
    )


@doors.page("/payments/{payment_id}", may=READ)
def payment_page(request: Request) -> Response:
    payment = actions.open_payment(request.db, request.actor, request.params["payment_id"])
    return request.page(
        "billing/payment.html",
        payment=payment,
        state=_state(request, payment),
        staff=not request.actor.is_dealer,
        may_reverse=payments.may_reverse(payment, request.actor),
    )


@doors.page("/payments/{payment_id}/reverse", may=EDIT, methods=("POST",))
def reverse_payment(request: Request) -> Response:
    payment_id = request.params["payment_id"]
    payments.reverse_payment(request.db, payment_id, request.actor, request.now)
    return request.go(f"/payments/{payment_id}", notice="payment_reversed")
