"""Money documents of the ERP. Every message may come twice and out of order; nothing changes the second time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.billing import corrections, store
from chalicelib.billing.invoices import writes_of_new
from chalicelib.billing.model import Invoice, InvoiceKind, InvoiceLine, NewPayment, Origin, Payment, VatShare
from chalicelib.billing.payments import ERP, load_payment, recorded, reverse_payment
from chalicelib.billing.terms import due_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money, money, zero
from chalicelib.network.model import Contract
from chalicelib.network.store import load_contract, load_party
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import AlreadyDone, Put, Write
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

_SYSTEM = "1c"


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


def payment_from_erp(db: TenantSession, new: NewPayment, now: datetime) -> Payment:
    """The ERP's payment `new.erp_id`: the same again changes nothing, another sum, day or contract replaces it."""
    if not new.erp_id:
        raise ValueError("an ERP's payment has the ERP's id")
    settings = load_settings(db)
    place = keys.external_id(db.tenant_id, _SYSTEM, "payment", new.erp_id)
    known = db.get(place)
    if known is not None:
        payment = load_payment(db, str(known.data["id"]))
        if payment.reversed_at is None and _says_the_same(payment, new):
            return payment
        if payment.reversed_at is None:
            reverse_payment(db, payment.id, None, now)

    def once() -> Payment:
        rival = _made_since(db, place, known)
        if rival is not None:
            return load_payment(db, rival)
        payment, writes = recorded(db, new, settings, ERP, now)
        db.commit([_mapping(place, payment.id, known), *writes])
        return payment

    return until_committed(once)


def erp_payment_gone(db: TenantSession, erp_id: str, now: datetime) -> bool:
    """The ERP deleted its payment, or made it undone; an unknown or already reversed one changes nothing."""
    known = db.get(keys.external_id(db.tenant_id, _SYSTEM, "payment", erp_id))
    if known is None or load_payment(db, str(known.data["id"])).reversed_at is not None:
        return False
    reverse_payment(db, str(known.data["id"]), None, now)
    return True


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
    settings = load_settings(db)
    known = db.get(keys.external_id(db.tenant_id, _SYSTEM, str(InvoiceKind.REFUND), facts.erp_id))
    if known is None:
        return _once_new(db, facts, InvoiceKind.REFUND, settings, now)
    refund_id = str(known.data["id"])
    if _invoice(db, refund_id).void:
        return _once_new(db, facts, InvoiceKind.REFUND, settings, now, known)
    return until_committed(lambda: _brought_up_to(db, facts, refund_id, settings, now))


def erp_refund_gone(db: TenantSession, erp_id: str, now: datetime) -> bool:
    """The ERP deleted its refund, or made it undone; an unknown or void one changes nothing."""
    return _gone(db, InvoiceKind.REFUND, erp_id, now)


def invoice_from_erp(db: TenantSession, facts: ErpInvoice, now: datetime) -> Invoice:
    """The ERP's invoice. That of an order which we invoiced ourselves takes our invoice's place: no debt is doubled.

    The same again changes nothing; another sum, other lines or another due day correct it.
    """
    settings = load_settings(db)
    place = keys.external_id(db.tenant_id, _SYSTEM, "invoice", facts.erp_id)
    known = db.get(place)
    if known is not None:
        return until_committed(lambda: _brought_up_to(db, facts, str(known.data["id"]), settings, now))
    ours = _own_invoice(db, facts.order_id) if facts.order_id else None
    if ours is not None:
        return until_committed(lambda: _adopted(db, facts, ours, place, settings, now))
    return _once_new(db, facts, InvoiceKind.INVOICE, settings, now)


def erp_invoice_gone(db: TenantSession, erp_id: str, now: datetime) -> bool:
    """The ERP deleted its invoice; an unknown or void one changes nothing."""
    return _gone(db, InvoiceKind.INVOICE, erp_id, now)


def _gone(db: TenantSession, kind: InvoiceKind, erp_id: str, now: datetime) -> bool:
    known = db.get(keys.external_id(db.tenant_id, _SYSTEM, str(kind), erp_id))
    if known is None or _invoice(db, str(known.data["id"])).void:
        return False
    settings = load_settings(db)
    invoice_id = str(known.data["id"])
    corrections.make_room(db, invoice_id, Decimal(0), settings, now)

    def once() -> None:
        _, writes = corrections.void_for_order(db, invoice_id, settings, now)
        if writes:
            db.commit(writes)

    until_committed(once)
    return True


def _once_new(
    db: TenantSession,
    facts: ErpInvoice,
    kind: InvoiceKind,
    settings: TenantSettings,
    now: datetime,
    known: Record | None = None,
) -> Invoice:
    if facts.total.amount < 0:
        raise Invalid("not_positive")
    place = keys.external_id(db.tenant_id, _SYSTEM, str(kind), facts.erp_id)
    contract = load_contract(db, facts.party_id, facts.contract_id)
    if contract.currency != facts.total.currency:
        raise Refused("invoice_currency", currency=contract.currency)
    invoice = _new_invoice(facts, kind, contract, load_party(db, facts.party_id).name, now)

    def once() -> Invoice:
        rival = _made_since(db, place, known)
        if rival is not None:
            return _invoice(db, rival)
        writes = writes_of_new(invoice, facts.lines, zero(invoice.currency), settings, now)
        db.commit([_mapping(place, invoice.id, known), *writes])
        return invoice

    return until_committed(once)


def _new_invoice(facts: ErpInvoice, kind: InvoiceKind, contract: Contract, party_name: str, now: datetime) -> Invoice:
    by_contract = due_day(facts.day, months=contract.deferral_months, days=contract.deferral_days)
    return Invoice(
        id=new_id(now),
        number=facts.number,
        party_id=facts.party_id,
        party_name=party_name,
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
        origin=Origin.ERP,
        erp_id=facts.erp_id,
    )


def _brought_up_to(
    db: TenantSession, facts: ErpInvoice, invoice_id: str, settings: TenantSettings, now: datetime
) -> Invoice:
    invoice = _invoice(db, invoice_id)
    if invoice.void or _is_up_to(invoice, facts):
        return invoice
    corrections.make_room(db, invoice_id, facts.total.amount, settings, now)
    after, writes = _corrected(db, facts, _invoice(db, invoice_id), settings, now)
    db.commit(writes)
    return after


def _adopted(
    db: TenantSession, facts: ErpInvoice, ours: str, place: keys.Key, settings: TenantSettings, now: datetime
) -> Invoice:
    """Our invoice of the order becomes the ERP's: its id and, if they differ, its sum, lines and due day."""
    if (known := db.get(place)) is not None:
        return _invoice(db, str(known.data["id"]))
    corrections.make_room(db, ours, facts.total.amount, settings, now)
    after, writes = _corrected(db, facts, _invoice(db, ours), settings, now)
    db.commit([_mapping(place, after.id, None), *writes])
    return after


def _corrected(
    db: TenantSession, facts: ErpInvoice, invoice: Invoice, settings: TenantSettings, now: datetime
) -> tuple[Invoice, list[Write]]:
    change = corrections.Change(
        total=facts.total,
        vat=facts.vat or invoice.vat,
        lines=facts.lines or _lines(db, invoice),
        due=facts.due or invoice.due,
        number=facts.number,
        erp_id=facts.erp_id,
    )
    return corrections.corrected(db, invoice.id, change, settings, now)


def _lines(db: TenantSession, invoice: Invoice) -> tuple[InvoiceLine, ...]:
    pages = [keys.invoice_lines(db.tenant_id, invoice.id, page) for page in range(invoice.line_pages)]
    found = db.get_many(pages)
    return store.lines_from(found[page] for page in pages)


def _own_invoice(db: TenantSession, order_id: str) -> str | None:
    """The id of the order's invoice that is ours alone so far."""
    listed = db.query_all(keys.order_invoices(db.tenant_id, order_id), consistent=True)
    heads = db.get_many(keys.invoice(db.tenant_id, str(record.data["id"])) for record in listed)
    own = (store.invoice_from(record) for record in heads.values())
    return next((invoice.id for invoice in own if not invoice.void and invoice.erp_id is None), None)


def _is_up_to(invoice: Invoice, facts: ErpInvoice) -> bool:
    told = (facts.total, facts.number, facts.due or invoice.due, facts.vat or invoice.vat)
    kept = (money(invoice.total, invoice.currency), invoice.number, invoice.due, invoice.vat)
    return told == kept


def _says_the_same(payment: Payment, new: NewPayment) -> bool:
    # Not the order: one payment for two orders comes with both of their documents.
    told = (new.contract_id, new.amount, new.day, new.kind)
    kept = (payment.contract_id, money(payment.amount, payment.currency), payment.day, payment.kind)
    return told == kept


def _invoice(db: TenantSession, invoice_id: str) -> Invoice:
    return store.invoice_from(store.load_invoice(db, invoice_id))


def _mapping(place: keys.Key, our_id: str, known: Record | None) -> Put:
    return Put(
        key=place,
        kind="external_id",
        data={"id": our_id},
        version=known.version if known else 0,
        refusal=AlreadyDone("already_done"),
    )


def _made_since(db: TenantSession, place: keys.Key, known: Record | None) -> str | None:
    """The id of what a rival has made of the same message since `known` was read."""
    record = db.get(place)
    if record is None or (known is not None and record.version == known.version):
        return None
    return str(record.data["id"])
