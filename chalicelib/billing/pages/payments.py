"""Payments: entered by the accountant, listed, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from chalicelib.billing import actions, payments
from chalicelib.billing.actions import PaymentDesk
from chalicelib.billing.forms import payment_from_form
from chalicelib.billing.model import Payment, PaymentKind
from chalicelib.billing.pages.base import EDIT, READ, Repeated, a_date, doors, formats, money_text, repeated, today
from chalicelib.billing.payment_list import PaymentList, PaymentState, WantedPayments, list_payments, state_of
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row, Tone
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.money import Money
from chalicelib.kernel.numbers import parse_decimal

_ACCOUNT = "{party}.{contract}"
_INVOICES_NAMED = 1
_SHEET = (
    ("billing.payment_number", 16),
    ("billing.day", 12),
    ("billing.dealer", 36),
    ("billing.contract", 18),
    ("billing.payment_kind", 14),
    ("billing.what_for", 36),
    ("billing.state", 16),
    ("billing.currency", 9),
    ("billing.total", 16),
    ("billing.advance", 16),
)
_SUMS = ("billing.total", "billing.advance")
_TONES: dict[PaymentState, Tone] = {
    PaymentState.ALLOCATED: "ok",
    PaymentState.ADVANCE: "info",
    PaymentState.REVERSED: "mute",
}


@doors.page("/payments", may=READ)
def payment_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = list_payments(request.db, request.actor, _wanted(query), today(request))
    return request.page(
        "billing/payments.html",
        listing=_listing(request, query, found),
        found=found,
        may_pay=request.actor.may(EDIT),
    )


@doors.page("/payments.xlsx", may=READ)
def payment_file(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t = request.t.t
    found = list_payments(request.db, request.actor, _wanted(ListQuery.parse(request.query.plain())), today(request))
    columns = [SheetColumn(t(key), width, key in _SUMS) for key, width in _SHEET]
    note = t("billing.payments_cut") if found.is_cut else ""
    content = xlsx(t("billing.payments"), columns, _sheet_rows(request, found), note=note)
    return download(content, name=f"{t('billing.payments')}.xlsx", content_type=XLSX)


def _sheet_rows(request: Request, found: PaymentList) -> Iterator[tuple[str | date | Decimal, ...]]:
    t = request.t.t
    for payment in found.payments:
        yield (
            payment.number,
            payment.day,
            payment.party_name,
            payment.contract_number,
            t(f"billing.kind.{payment.kind}"),
            ", ".join(part.invoice_number for part in payment.parts),
            t(f"billing.payment_state.{state_of(payment)}"),
            payment.currency,
            payment.amount,
            payment.advance,
        )


def _wanted(query: ListQuery) -> WantedPayments:
    states = {str(state): state for state in PaymentState}
    return WantedPayments(
        party_id=query.get("party") or None,
        state=states.get(query.get("state")),
        search=query.get("q"),
        since=a_date(query.get("day_from")),
        until=a_date(query.get("day_to")),
        sort=query.sort,
        descending=query.descending,
    )


def _listing(request: Request, query: ListQuery, found: PaymentList) -> Listing:
    t, staff = request.t.t, not request.actor.is_dealer
    states = tuple((str(state), t(f"billing.payment_state.{state}")) for state in PaymentState)
    filters = [
        Filter(name="q", label_key="billing.find_payment" if staff else "billing.find_own_payment", kind="search"),
        Filter(name="day", label_key="billing.period", kind="dates"),
        Filter(name="state", label_key="billing.state", options=states),
    ]
    if staff:
        payers = _payers(request, query, found)
        filters.append(Filter(name="party", label_key="billing.dealer", options=payers, open=True))
    return Listing(
        caption_key="billing.payments",
        columns=(
            Column(key="number", label_key="billing.payment_number", phone="id", sortable=True),
            Column(key="day", label_key="billing.day", kind="date", phone="units", sortable=True),
            Column(
                key="party", label_key="billing.dealer" if staff else "billing.contract", phone="what", sortable=True
            ),
            Column(key="for", label_key="billing.what_for"),
            Column(key="state", label_key="billing.state", kind="status", phone="state"),
            Column(key="amount", label_key="billing.total", kind="money", phone="sum", sortable=True, named=False),
        ),
        rows=tuple(_row(request, payment, staff) for payment in found.page(query.page)),
        query=query,
        total_text=t("billing.payment_count", count=len(found.payments)),
        totals={
            "amount": Cell(
                money_text(request, *(sums.total for sums in found.sums)),
                sub=t("billing.advances_of_all", rest=money_text(request, *(sums.advance for sums in found.sums)))
                if any(sums.advance for sums in found.sums)
                else None,
            )
        },
        pages=found.pages,
        filters=tuple(filters),
        empty_key="billing.no_payments_lately" if staff and not query.get("party") else "billing.no_payments",
        empty_action=("billing.new_payment", "/payments/new")
        if request.actor.may(EDIT)
        else ("billing.all_invoices", "/invoices?view=all"),
        export_href=query.link("/payments.xlsx"),
    )


def _payers(request: Request, query: ListQuery, found: PaymentList) -> tuple[tuple[str, str], ...]:
    """The dealers that paid, and the one that is looked at if it did not."""
    names = {payment.party_id: payment.party_name for payment in found.payments}
    chosen = query.get("party")
    if chosen and chosen not in names and (name := actions.payer_name(request.db, chosen)):
        names[chosen] = name
    return tuple(sorted(names.items(), key=lambda pair: pair[1].casefold()))


def _row(request: Request, payment: Payment, staff: bool) -> Row:
    fmt, t = formats(request), request.t.t
    kind = None if payment.kind is PaymentKind.PAYMENT else t(f"billing.kind.{payment.kind}")
    numbers = [part.invoice_number for part in payment.parts]
    more = len(numbers) - _INVOICES_NAMED
    whose = (
        Cell(payment.party_name, href=f"/dealers/{payment.party_id}", sub=payment.contract_number)
        if staff
        else Cell(payment.contract_number)
    )
    return Row(
        id=payment.id,
        cells={
            "number": Cell(payment.number, href=f"/payments/{payment.id}", sub=kind),
            "day": fmt.date(payment.day),
            "party": whose,
            "for": Cell(
                ", ".join(numbers[:_INVOICES_NAMED]) or "—",
                sub=t("billing.and_more_invoices", count=more) if more > 0 else None,
            ),
            "state": _state(request, payment),
            "amount": fmt.money(payment.amount, payment.currency),
        },
    )


def _state(request: Request, payment: Payment) -> Cell:
    t, state = request.t.t, state_of(payment)
    rest = Money(payment.advance, payment.currency)
    said = t("billing.advance_said", rest=rest) if state is PaymentState.ADVANCE and payment.allocated else None
    return Cell(t(f"billing.payment_state.{state}"), tone=_TONES[state], sub=said)


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
    except Refused as refusal:
        return _form(request, desk, form["account"], form, twin=repeated(request, refusal))
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
    twin: Repeated | None = None,
) -> Response:
    return request.page(
        "billing/payment_new.html",
        status=422 if wrong else 409 if twin else 200,
        desk=desk,
        account=account,
        kinds=tuple((str(kind), request.t.t(f"billing.kind.{kind}")) for kind in PaymentKind),
        form=form,
        errors=field_errors(request.t, wrong) if wrong else {},
        preview=preview,
        twin=twin,
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
