"""Invoices and refunds of the ERP. Every message may come twice and out of order; nothing changes the second time.

What an order's invoices come to and what the order holds of the credit as not yet invoiced change in one transaction,
so that no debt counts twice and none is missing (domain §6.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.billing import corrections, store
from chalicelib.billing.erp import SYSTEM, mapping
from chalicelib.billing.invoices import writes_of_new
from chalicelib.billing.model import Invoice, InvoiceKind, InvoiceLine, NewPayment, Origin, VatShare
from chalicelib.billing.terms import due_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money, money, total, zero
from chalicelib.network.store import load_contract, load_party
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

Tie = Callable[[Money], tuple[Money, list[Write]]]
"""What an order makes of what its invoices now come to in all: by how much what it holds of the credit changes, and
what writes that, but for the account. It reads the order anew at each call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpInvoice:
    """An invoice as the ERP has it; `due` None = by the contract. `order_id` names the order that it belongs to."""

    erp_id: str
    number: str
    party_id: str
    contract_id: str
    total: Money
    day: date
    lines: tuple[InvoiceLine, ...] = ()
    vat: tuple[VatShare, ...] = ()
    due: date | None = None
    order_id: str | None = None
    order_number: str = ""


def invoice_from_erp(db: TenantSession, facts: ErpInvoice, now: datetime, tie: Tie | None = None) -> Invoice:
    """The ERP's invoice. Of an order that we have invoiced ourselves it takes our invoice's place: no debt is doubled.

    The same again changes nothing; another sum, other lines or another due day correct it; one that the ERP had taken
    back comes back as a new one. `tie` is the order's part in it.
    """
    return _told(db, facts, InvoiceKind.INVOICE, now, tie)


def erp_invoice_gone(db: TenantSession, erp_id: str, now: datetime, tie: Tie | None = None) -> bool:
    """The ERP deleted its invoice, or made it undone; an unknown or void one changes nothing."""
    return _gone(db, InvoiceKind.INVOICE, erp_id, now, tie)


def refund_from_erp(db: TenantSession, new: NewPayment, now: datetime) -> Invoice:
    """Money that the ERP says went back to the dealer: a debit that advances cover, or the dealer owes it again.

    Its sum is `new.amount`, positive. The same again changes nothing, another sum corrects it, and one that the ERP
    had taken back comes back as a new one.
    """
    if not new.erp_id:
        raise ValueError("an ERP's refund has the ERP's id")
    facts = ErpInvoice(
        erp_id=new.erp_id,
        number=new.number,
        party_id=new.party_id,
        contract_id=new.contract_id,
        total=new.amount,
        day=new.day,
        due=new.day,
        order_id=new.order_id,
    )
    return _told(db, facts, InvoiceKind.REFUND, now, None)


def erp_refund_gone(db: TenantSession, erp_id: str, now: datetime) -> bool:
    """The ERP deleted its refund, or made it undone; an unknown or void one changes nothing."""
    return _gone(db, InvoiceKind.REFUND, erp_id, now, None)


def invoices_of_order(db: TenantSession, order_id: str) -> list[Invoice]:
    """The order's invoices as they stand now, but for void ones."""
    listed = db.query_all(keys.order_invoices(db.tenant_id, order_id), consistent=True)
    heads = db.get_many(keys.invoice(db.tenant_id, str(record.data["id"])) for record in listed)
    return [invoice for invoice in map(store.invoice_from, heads.values()) if not invoice.void]


def _told(db: TenantSession, facts: ErpInvoice, kind: InvoiceKind, now: datetime, tie: Tie | None) -> Invoice:
    if facts.total.amount < 0:
        raise Invalid("not_positive")
    settings = load_settings(db)
    place = keys.external_id(db.tenant_id, SYSTEM, str(kind), facts.erp_id)

    def once() -> Invoice:
        known = db.get(place)
        before = _invoice(db, known) if known is not None else None
        others = _others(db, facts, before) if kind is InvoiceKind.INVOICE else []
        if before is not None and not before.void:
            if _is_up_to(db, before, facts):
                return before
            return _changed(db, facts, before, others, settings, now, tie, [])
        ours = next((one for one in others if one.erp_id is None), None)
        if ours is not None and before is None:
            others = [one for one in others if one is not ours]
            return _changed(db, facts, ours, others, settings, now, tie, [mapping(place, ours.id, None)])
        invoice = _new(db, facts, kind, now)
        more, also = _tied(tie, facts, others)
        writes = writes_of_new(invoice, facts.lines, -more, settings, now)
        db.commit([mapping(place, invoice.id, known), *also, *writes])
        return invoice

    return until_committed(once)


def _others(db: TenantSession, facts: ErpInvoice, own: Invoice | None) -> list[Invoice]:
    """The order's other invoices."""
    if facts.order_id is None:
        return []
    return [one for one in invoices_of_order(db, facts.order_id) if own is None or one.id != own.id]


def _tied(tie: Tie | None, facts: ErpInvoice, others: list[Invoice]) -> tuple[Money, list[Write]]:
    currency = facts.total.currency
    if tie is None:
        return zero(currency), []
    return tie(facts.total + total([money(one.total, currency) for one in others], currency))


def _changed(
    db: TenantSession,
    facts: ErpInvoice,
    invoice: Invoice,
    others: list[Invoice],
    settings: TenantSettings,
    now: datetime,
    tie: Tie | None,
    also: list[Write],
) -> Invoice:
    """An invoice of ours, or of the ERP, becomes as the ERP now has it."""
    if facts.total.currency != invoice.currency:
        raise Refused("invoice_currency", currency=invoice.currency)
    corrections.make_room(db, invoice.id, facts.total.amount, settings, now)
    more, tied = _tied(tie, facts, others)
    change = corrections.Change(
        total=facts.total,
        vat=facts.vat or invoice.vat,
        lines=facts.lines or lines_of(db, invoice),
        due=facts.due or invoice.due,
        number=facts.number,
        erp_id=facts.erp_id,
    )
    after, writes = corrections.corrected(db, invoice.id, change, settings, now, ordered=more)
    db.commit([*also, *tied, *writes])
    return after


def _gone(db: TenantSession, kind: InvoiceKind, erp_id: str, now: datetime, tie: Tie | None) -> bool:
    known = db.get(keys.external_id(db.tenant_id, SYSTEM, str(kind), erp_id))
    if known is None or _invoice(db, known).void:
        return False
    settings = load_settings(db)
    invoice_id = str(known.data["id"])

    def once() -> bool:
        corrections.make_room(db, invoice_id, Decimal(0), settings, now)
        invoice = store.invoice_from(store.load_invoice(db, invoice_id))
        more, tied = zero(invoice.currency), list[Write]()
        if tie is not None and invoice.order_id:
            left = [one for one in invoices_of_order(db, invoice.order_id) if one.id != invoice_id]
            more, tied = tie(total([money(one.total, one.currency) for one in left], invoice.currency))
        _, writes = corrections.void_for_order(db, invoice_id, settings, now, ordered=more)
        if writes:
            db.commit([*tied, *writes])
        return bool(writes)

    return until_committed(once)


def _new(db: TenantSession, facts: ErpInvoice, kind: InvoiceKind, now: datetime) -> Invoice:
    contract = load_contract(db, facts.party_id, facts.contract_id)
    if contract.currency != facts.total.currency:
        raise Refused("invoice_currency", currency=contract.currency)
    by_contract = due_day(facts.day, months=contract.deferral_months, days=contract.deferral_days)
    return Invoice(
        id=new_id(now),
        number=facts.number,
        party_id=facts.party_id,
        party_name=load_party(db, facts.party_id).name,
        contract_id=contract.id,
        contract_number=contract.number,
        entity_id=contract.entity_id,
        currency=facts.total.currency,
        total=facts.total.amount,
        vat=facts.vat,
        day=facts.day,
        due=facts.due or by_contract,
        created=now,
        line_pages=-(-len(facts.lines) // store.LINES_A_PAGE),
        kind=kind,
        order_id=facts.order_id,
        order_number=facts.order_number,
        origin=Origin.ERP,
        erp_id=facts.erp_id,
    )


def lines_of(db: TenantSession, invoice: Invoice) -> tuple[InvoiceLine, ...]:
    """The invoice's lines as they are stored."""
    pages = [keys.invoice_lines(db.tenant_id, invoice.id, page) for page in range(invoice.line_pages)]
    found = db.get_many(pages)
    return store.lines_from(found[page] for page in pages)


def _is_up_to(db: TenantSession, invoice: Invoice, facts: ErpInvoice) -> bool:
    told = (facts.total, facts.number, facts.due or invoice.due, facts.vat or invoice.vat)
    kept = (money(invoice.total, invoice.currency), invoice.number, invoice.due, invoice.vat)
    return told == kept and (not facts.lines or facts.lines == lines_of(db, invoice))


def _invoice(db: TenantSession, known: Record) -> Invoice:
    return store.invoice_from(store.load_invoice(db, str(known.data["id"])))
