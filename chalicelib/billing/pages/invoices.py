"""The list of invoices, an invoice, its PDF, the list as a file."""

from __future__ import annotations

from chalicelib.billing import actions
from chalicelib.billing.actions import InvoiceList, Wanted
from chalicelib.billing.model import Invoice, InvoiceKind, InvoiceState
from chalicelib.billing.pages.base import (
    EDIT,
    READ,
    Repeated,
    a_date,
    age_names,
    doors,
    formats,
    money_text,
    repeated,
    rest_text,
    state_cell,
    today,
)
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row, View
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.numbers import parse_decimal

_VIEWS = {"": "open", "overdue": "overdue", "all": "all"}


@doors.page("/invoices", may=READ)
def invoice_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = actions.list_invoices(request.db, request.actor, _wanted(query), today(request))
    return request.page(
        "billing/invoices.html",
        listing=_listing(request, query, found),
        ageing=found.ageing,
        ages=age_names(request),
        is_cut=found.is_cut,
        may_pay=request.actor.may(EDIT),
        staff=not request.actor.is_dealer,
    )


@doors.page("/invoices.xlsx", may=READ)
def invoice_file(request: Request) -> Response:
    from chalicelib.billing.export import invoices_xlsx

    query = ListQuery.parse(request.query.plain())
    found = actions.list_invoices(request.db, request.actor, _wanted(query), today(request))
    content = invoices_xlsx(found.invoices, request.t, today(request), is_cut=found.is_cut)
    return download(content, name=f"{request.t.t('billing.invoices')}.xlsx", content_type=XLSX)


def _wanted(query: ListQuery) -> Wanted:
    states = {str(state): state for state in InvoiceState}
    return Wanted(
        view=_VIEWS.get(query.view, "open"),
        party_id=query.get("party") or None,
        state=states.get(query.get("state")),
        search=query.get("q"),
        since=a_date(query.get("day_from")),
        until=a_date(query.get("day_to")),
        sort=query.sort,
        descending=query.descending,
    )


def _listing(request: Request, query: ListQuery, found: InvoiceList) -> Listing:
    t = request.t.t
    staff = not request.actor.is_dealer
    states = tuple((str(s), t(f"billing.state.{s}")) for s in InvoiceState)
    filters = [Filter(name="q", label_key="billing.find" if staff else "billing.find_own", kind="search")]
    filters.append(Filter(name="state", label_key="billing.state", options=states))
    if query.view == "all":
        filters.append(Filter(name="day", label_key="billing.day", kind="dates"))
    if staff:
        parties = {invoice.party_id: invoice.party_name for invoice in found.invoices}
        options = tuple(sorted(parties.items(), key=lambda pair: pair[1].casefold()))
        filters.append(Filter(name="party", label_key="billing.dealer", options=options, open=True))
    columns = [
        Column(key="number", label_key="billing.number", phone="id", sortable=True),
        Column(key="day", label_key="billing.day", kind="date", sortable=True),
        Column(key="party", label_key="billing.dealer" if staff else "billing.contract", phone="what", sortable=True),
        Column(key="due", label_key="billing.due", kind="date", phone="units", sortable=True),
        Column(key="state", label_key="billing.state", kind="status", phone="state"),
        Column(key="total", label_key="billing.total", kind="money", phone="sum", sortable=True, named=False),
    ]
    return Listing(
        caption_key="billing.invoices",
        columns=tuple(columns),
        rows=tuple(_row(request, invoice, staff) for invoice in found.page(query.page)),
        query=query,
        total_text=t("billing.invoice_count", count=len(found.invoices)),
        totals={
            "total": Cell(
                money_text(request, *(sums.total for sums in found.sums)),
                sub=t("billing.rest_of_all", rest=money_text(request, *(sums.rest for sums in found.sums))),
            )
        },
        views=(
            View(key="", label_key="billing.view.open"),
            View(key="overdue", label_key="billing.view.overdue", count=sum(a.overdue_count for a in found.ageing)),
            View(key="all", label_key="billing.view.all"),
        ),
        filters=tuple(filters),
        pages=found.pages,
        empty_key="billing.no_invoices",
        empty_action=("billing.all_invoices", "/invoices?view=all"),
        export_href=query.link("/invoices.xlsx"),
    )


def _row(request: Request, invoice: Invoice, staff: bool) -> Row:
    fmt = formats(request)
    whose = (
        Cell(invoice.party_name, href=f"/dealers/{invoice.party_id}", sub=invoice.contract_number)
        if staff
        else Cell(invoice.contract_number, sub=invoice.order_number or None)
    )
    return Row(
        id=invoice.id,
        cells={
            "number": Cell(invoice.number, href=f"/invoices/{invoice.id}", sub=_kind(request, invoice)),
            "day": fmt.date(invoice.day),
            "party": whose,
            "due": fmt.date(invoice.due),
            "state": state_cell(request, invoice, today(request)),
            "total": Cell(fmt.money(invoice.total, invoice.currency), sub=rest_text(request, invoice)),
        },
    )


def _kind(request: Request, invoice: Invoice) -> str | None:
    return None if invoice.kind is InvoiceKind.INVOICE else request.t.t(f"billing.kind.{invoice.kind}")


@doors.page("/invoices/{invoice_id}", may=READ)
def invoice_page(request: Request) -> Response:
    return _invoice_page(request, {})


@doors.page("/invoices/{invoice_id}/pay", may=EDIT, methods=("POST",))
def pay_invoice(request: Request) -> Response:
    invoice_id, form = request.params["invoice_id"], request.form.plain()
    try:
        actions.pay_invoice(
            request.db, request.actor, invoice_id, form, parse_decimal, request.idempotency_key, request.now
        )
    except Invalid as wrong:
        return _invoice_page(request, form, wrong)
    except Refused as refusal:
        return _invoice_page(request, form, twin=repeated(request, refusal))
    return request.go(f"/invoices/{invoice_id}", notice="payment_recorded")


def _invoice_page(
    request: Request, form: dict[str, str], wrong: Invalid | None = None, twin: Repeated | None = None
) -> Response:
    page = actions.open_invoice(request.db, request.actor, request.params["invoice_id"])
    invoice, fmt, day = page.invoice, formats(request), today(request)
    typed = form or {"amount": fmt.amount(invoice.rest.amount, invoice.currency), "day": day.isoformat()}
    return request.page(
        "billing/invoice.html",
        status=422 if wrong else 409 if twin else 200,
        page=page,
        state=state_cell(request, invoice, day),
        staff=not request.actor.is_dealer,
        may_pay=request.actor.may(EDIT),
        form=typed,
        errors=field_errors(request.t, wrong) if wrong else {},
        day=day,
        twin=twin,
    )


@doors.page("/invoices/{invoice_id}/pdf", may=READ)
def invoice_pdf(request: Request) -> Response:
    from chalicelib.billing.pdf import printed_invoice

    paper = actions.open_paper(request.db, request.actor, request.params["invoice_id"])
    content = printed_invoice(paper, request.t, formats(request))
    name = request.t.t("billing.pdf.file", number=paper.page.invoice.number)
    return download(content, name=f"{name}.pdf", content_type="application/pdf", inline=True)
