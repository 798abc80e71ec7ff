"""What is read of money: lists, an invoice's page, debts. A dealer's person sees only the own counterparty's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from chalicelib.billing import store
from chalicelib.billing.ageing import Ageing, ageing, ageing_of
from chalicelib.billing.allocation import allocate, as_told
from chalicelib.billing.debts import listed_debts
from chalicelib.billing.forms import ParseNumber, Typed, payment_from_form
from chalicelib.billing.model import Allocation, Invoice, InvoiceLine, InvoiceState, NewPayment, Payment, Reminders
from chalicelib.billing.payments import record_payment
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import NotFound, found
from chalicelib.kernel.money import Money, total
from chalicelib.network.model import Contract, LegalEntity, Party
from chalicelib.network.store import contract_from, dealers, entity_from, load_contract, load_party, party_from
from chalicelib.storage import keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings, settings_of

PAGE = 50
_MOST = 2000
"""Invoices that a list reads at most: a longer one asks for a shorter period."""
_PERIOD = timedelta(days=92)
_LONGEST = timedelta(days=5 * 366)  # as far back as one list goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list of invoices shows. `view`: open, overdue or all; a period counts for all, by the invoices' days."""

    view: str = "open"
    party_id: str | None = None
    state: InvoiceState | None = None
    search: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the listed invoices of one currency add up to."""

    total: Money
    rest: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceList:
    invoices: tuple[Invoice, ...]
    sums: tuple[Sums, ...]  # of the whole list, one a currency
    ageing: tuple[Ageing, ...]  # of all that is open for whom the list is, one a currency
    is_cut: bool  # there are more than were read
    since: date
    until: date

    def page(self, number: int) -> tuple[Invoice, ...]:
        return self.invoices[(number - 1) * PAGE : number * PAGE]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.invoices) // PAGE))


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """An invoice with everything that its page shows: one query."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]
    allocations: tuple[Allocation, ...]
    reminders: Reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaper:
    """What the printed invoice needs besides."""

    page: InvoicePage
    seller: TenantSettings
    buyer: LegalEntity
    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """What one dealer owes in one currency; `advance` = payments that no invoice has got."""

    party_id: str
    party_name: str
    ageing: Ageing
    advance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDesk:
    """What the form of a new payment for one contract shows."""

    party: Party
    contract: Contract
    invoices: tuple[Invoice, ...]  # the open ones, oldest due first
    today: date


def list_invoices(db: TenantSession, actor: Actor, wanted: Wanted, today: date) -> InvoiceList:
    """The invoices wanted, open ones by due day, others newest first unless `sort` says otherwise.

    Of all dealers together no more is read than `_MOST` invoices and one row a debtor.
    """
    party_id = actor.party_id or wanted.party_id
    until = wanted.until or today
    since = max(wanted.since or until - _PERIOD, until - _LONGEST)
    owed = store.listed_open(db, party_id) if party_id else []
    if wanted.view == "all":
        source: Iterable[Invoice] = (
            store.invoices_of_party(db, party_id, since, until)
            if party_id
            else store.invoices_of_months(db, since, until)
        )
    elif party_id:
        source = sorted(owed, key=lambda i: (i.due, i.day, i.id))
    else:
        source = store.open_by_due(db, today if wanted.view == "overdue" else None)
    read = list(islice(source, _MOST + 1))
    chosen = [invoice for invoice in read[:_MOST] if _is_wanted(invoice, wanted, today)]
    if wanted.sort in _SORTS:
        chosen.sort(key=_SORTS[wanted.sort], reverse=wanted.descending)
    return InvoiceList(
        invoices=tuple(chosen),
        sums=_sums(chosen),
        ageing=tuple(ageing(owed, today) if party_id else _ageing_of_all(db, today)),
        is_cut=len(read) > _MOST,
        since=since,
        until=until,
    )


_SORTS: dict[str, Callable[[Invoice], tuple[object, ...]]] = {
    "number": lambda i: (i.number,),
    "day": lambda i: (i.day, i.id),
    "due": lambda i: (i.due, i.id),
    "party": lambda i: (i.party_name.casefold(), i.due),
    "total": lambda i: (i.currency, i.total),
}


def _is_wanted(invoice: Invoice, wanted: Wanted, today: date) -> bool:
    words = (invoice.number, invoice.party_name, invoice.order_number, invoice.contract_number)
    return (
        (wanted.view != "overdue" or invoice.overdue_days(today) > 0)
        and (wanted.state is None or invoice.state is wanted.state)
        and any(wanted.search.casefold() in word.casefold() for word in words)
    )


def _sums(invoices: Iterable[Invoice]) -> tuple[Sums, ...]:
    by_currency: dict[str, list[Invoice]] = {}
    for invoice in invoices:
        if invoice.state is not InvoiceState.VOID:
            by_currency.setdefault(invoice.currency, []).append(invoice)
    return tuple(
        Sums(
            total=total([Money(i.total, currency) for i in group], currency),
            rest=total([i.rest for i in group], currency),
        )
        for currency, group in sorted(by_currency.items())
    )


def open_invoice(db: TenantSession, actor: Actor, invoice_id: str) -> InvoicePage:
    """The invoice's page; NotFound if there is none, or it is another counterparty's."""
    rows: dict[str, list[Record]] = {}
    for record in db.query_all(keys.invoice_rows(db.tenant_id, invoice_id), consistent=True):
        rows.setdefault(record.kind, []).append(record)
    if "invoice" not in rows:
        raise NotFound()
    invoice = store.invoice_from(rows["invoice"][0])
    _only_own(actor, invoice.party_id)
    reminders = rows.get("reminders")
    return InvoicePage(
        invoice=invoice,
        lines=store.lines_from(rows.get("invoice_lines", ())),
        allocations=tuple(record.load(Allocation) for record in rows.get("allocation", ())),
        reminders=store.reminders_from(reminders[0]) if reminders else Reminders(invoice_id=invoice_id),
    )


def open_paper(db: TenantSession, actor: Actor, invoice_id: str) -> InvoicePaper:
    """Two round trips: the invoice, then seller, buyer and contract."""
    page = open_invoice(db, actor, invoice_id)
    invoice, tenant_id = page.invoice, db.tenant_id
    seller = keys.tenant_settings(tenant_id)
    buyer = keys.legal_entity(tenant_id, invoice.party_id, invoice.entity_id)
    contract = keys.contract(tenant_id, invoice.party_id, invoice.contract_id)
    rows = db.get_many((seller, buyer, contract))
    return InvoicePaper(
        page=page,
        seller=settings_of(found(rows.get(seller))),
        buyer=entity_from(found(rows.get(buyer))),
        contract=contract_from(found(rows.get(contract))),
    )


def open_payment(db: TenantSession, actor: Actor, payment_id: str) -> Payment:
    payment = store.payment_from(store.load_payment(db, payment_id))
    _only_own(actor, payment.party_id)
    return payment


def list_debtors(db: TenantSession, actor: Actor, today: date) -> tuple[Debtor, ...]:
    """Who owes, by what is overdue: the most first. NotFound for a dealer's person."""
    if actor.is_dealer:
        raise NotFound()
    debtors = [
        Debtor(party_id=debt.party_id, party_name=debt.party_name, ageing=one, advance=debt.advance(one.currency))
        for debt in listed_debts(db)
        for one in debt.ageing(today)
    ]
    return tuple(sorted(debtors, key=lambda d: (d.ageing.overdue.amount, d.ageing.debt.amount), reverse=True))


def _ageing_of_all(db: TenantSession, today: date) -> list[Ageing]:
    return ageing_of((one for debt in listed_debts(db) for one in debt.sums), today)


def payer_name(db: TenantSession, party_id: str) -> str | None:
    """What a counterparty is called; None if there is none."""
    record = db.get(keys.party_profile(db.tenant_id, party_id))
    return None if record is None else party_from(record).name


def payers(db: TenantSession) -> list[Party]:
    """All dealers with their contracts: whose payment it may be."""
    return dealers(db)


def open_payment_desk(db: TenantSession, party_id: str, contract_id: str, now: datetime) -> PaymentDesk:
    """The form of a payment for this contract; NotFound if the counterparty has no such contract."""
    return PaymentDesk(
        party=load_party(db, party_id),
        contract=load_contract(db, party_id, contract_id),
        invoices=tuple(store.invoice_from(r) for r in store.open_invoices(db, party_id, contract_id)),
        today=local_day(now, load_settings(db).time_zone),
    )


def preview(desk: PaymentDesk, new: NewPayment) -> dict[str, Money]:
    """What each open invoice would get of the payment, by its id; Invalid as when it is recorded."""
    if new.wanted:
        shares = as_told("", new.amount, desk.invoices, new.wanted)
    else:
        shares = allocate("", new.amount.amount, desk.invoices)
    return {share.invoice_id: Money(share.amount, new.amount.currency) for share in shares}


def pay_invoice(
    db: TenantSession, actor: Actor, invoice_id: str, typed: Typed, parse: ParseNumber, key: str, now: datetime
) -> Payment:
    """A payment (fields as in `forms`) for this invoice; what it does not need goes by the usual order."""
    invoice = open_invoice(db, actor, invoice_id).invoice
    contract = load_contract(db, invoice.party_id, invoice.contract_id)
    new = replace(payment_from_form(typed, parse, contract), first_invoice=invoice_id)
    return record_payment(db, new, actor, key, now)


def _only_own(actor: Actor, party_id: str) -> None:
    if actor.party_id is not None and actor.party_id != party_id:
        raise NotFound()
