"""Invoices that change after they were issued: another sum, or void.

What was paid too much becomes an advance again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.billing import ledger, settling, store
from chalicelib.billing.allocation import Share
from chalicelib.billing.invoices import account_update, changed, document_of
from chalicelib.billing.model import Invoice, InvoiceLine, OrderForInvoice, Origin, Payment, VatShare
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money, money, zero
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Delete, Write, publish
from chalicelib.tenancy.model import TenantSettings

_PAYMENTS_AT_ONCE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an invoice becomes; None leaves as it is."""

    total: Money
    vat: tuple[VatShare, ...]
    lines: Sequence[InvoiceLine]
    due: date | None = None
    number: str | None = None
    erp_id: str | None = None


def correct_for_order(
    db: TenantSession, invoice_id: str, order: OrderForInvoice, settings: TenantSettings, now: datetime
) -> tuple[Invoice, list[Write]]:
    """The invoice with the order's new lines and sum, and what writes it, one of it on the account.

    Each payment that loses its part is three writes: `make_room` before it keeps them within a transaction.
    Refused("invoice_void") when it was made void.
    """
    return corrected(db, invoice_id, Change(total=order.total, vat=order.vat, lines=order.lines), settings, now)


def corrected(
    db: TenantSession,
    invoice_id: str,
    change: Change,
    settings: TenantSettings,
    now: datetime,
    *,
    ordered: Money | None = None,
) -> tuple[Invoice, list[Write]]:
    """The invoice as `change` has it, and what writes it. `ordered` = by how much what its order holds of the credit
    as not yet invoiced changes with it. Refused: `invoice_void`, `invoice_currency`."""
    record, before = _loaded(db, invoice_id)
    total, pages = change.total, -(-len(change.lines) // store.LINES_A_PAGE)
    if total.currency != before.currency:
        raise Refused("invoice_currency", currency=before.currency)
    after = replace(
        before,
        total=total.amount,
        vat=change.vat,
        due=change.due or before.due,
        paid=min(before.paid, total.amount),
        line_pages=pages,
        number=change.number or before.number,
        erp_id=change.erp_id or before.erp_id,
        origin=Origin.ERP if change.erp_id else before.origin,
    )
    stale = range(pages, before.line_pages)
    difference = total.amount - before.total
    writes = [
        *_changed_head(db, record, before, after, settings, now),
        *store.line_puts(settings.id, after.id, change.lines),
        *(Delete(key=keys.invoice_lines(settings.id, after.id, page)) for page in stale),
        _debt(after, difference, settings, ordered),
    ]
    if difference:
        day = local_day(now, settings.time_zone)
        entry = ledger.corrected(after, difference, day, now, mark=new_id(now))
        writes.append(store.entry_put(settings.id, after.contract_id, entry))
    return after, writes


def void_for_order(
    db: TenantSession, invoice_id: str, settings: TenantSettings, now: datetime, *, ordered: Money | None = None
) -> tuple[Invoice, list[Write]]:
    """The invoice made void (its order was cancelled), and what writes it, one of it on the account; nothing if it is.

    `ordered` as in `corrected`. Each payment that loses its part is three writes: `make_room` before it keeps them
    within a transaction.
    """
    record = store.load_invoice(db, invoice_id)
    before = store.invoice_from(record)
    if before.void:
        return before, []
    after = replace(before, void=True, paid=Decimal(0))
    writes = [
        *_changed_head(db, record, before, after, settings, now),
        _debt(after, -before.total, settings, ordered),
    ]
    if before.total:
        entry = ledger.voided(before, local_day(now, settings.time_zone), now)
        writes.append(store.entry_put(settings.id, after.contract_id, entry))
    return after, writes


def make_room(db: TenantSession, invoice_id: str, total: Decimal, settings: TenantSettings, now: datetime) -> None:
    """Lowers the invoice towards `total`, step by step, until the payments that must still give back fit one change.

    Between the steps it is paid in full, so that no advance comes back to it, and the books agree.
    """
    while until_committed(lambda: _lowered(db, invoice_id, total, settings, now)):
        pass


def _lowered(db: TenantSession, invoice_id: str, total: Decimal, settings: TenantSettings, now: datetime) -> bool:
    """One transaction's worth of freed payments; False when what is left fits."""
    record = store.load_invoice(db, invoice_id)
    before = store.invoice_from(record)
    givers = [] if before.void else _givers(db, before, before.paid - total)
    if len(givers) <= _PAYMENTS_AT_ONCE:
        return False
    kept = before.paid - sum((amount for _, _, amount in givers[:_PAYMENTS_AT_ONCE]), Decimal(0))
    after = replace(before, total=kept, paid=kept)
    difference = after.total - before.total
    entry = ledger.corrected(after, difference, local_day(now, settings.time_zone), now, mark=new_id(now))
    writes = _changed_head(db, record, before, after, settings, now)
    db.commit([*writes, _debt(after, difference, settings), store.entry_put(settings.id, after.contract_id, entry)])
    return True


def _loaded(db: TenantSession, invoice_id: str) -> tuple[Record, Invoice]:
    record = store.load_invoice(db, invoice_id)
    invoice = store.invoice_from(record)
    if invoice.void:
        raise Refused("invoice_void", number=invoice.number)
    return record, invoice


def _changed_head(
    db: TenantSession, record: Record, before: Invoice, after: Invoice, settings: TenantSettings, now: datetime
) -> list[Write]:
    writes: list[Write] = [
        *store.invoice_puts(settings.id, after, record.version),
        *settling.clock_changes(before, after, settings, now),
        *_taken_back(db, before, before.paid - after.paid, settings, now),
        publish(changed(settings.id, after, now)),
    ]
    if after.order_id:
        writes.append(store.document_put(settings.id, after.order_id, document_of(after)))
    return writes


def _taken_back(
    db: TenantSession, invoice: Invoice, amount: Decimal, settings: TenantSettings, now: datetime
) -> list[Write]:
    """Frees `amount` of what the invoice got, from the payment that came last on."""
    writes: list[Write] = []
    for payment, version, part in _givers(db, invoice, amount):
        writes.extend(settling.moved(payment, version, [Share(payment.id, invoice.id, -part)], {}, settings, now))
    return writes


def _givers(db: TenantSession, invoice: Invoice, amount: Decimal) -> list[tuple[Payment, int, Decimal]]:
    """The payments, each with its version, that must give back how much of `amount`, the last one first."""
    if amount <= 0:
        return []
    rows = [record.data for record in db.query_all(keys.allocations(db.tenant_id, invoice.id), consistent=True)]
    found = db.get_many(keys.payment(db.tenant_id, str(row["payment_id"])) for row in rows)
    payments = [(store.payment_from(record), record.version) for record in found.values()]
    givers: list[tuple[Payment, int, Decimal]] = []
    for payment, version in sorted(payments, key=lambda pair: (pair[0].day, pair[0].id), reverse=True):
        got = sum((part.amount for part in payment.parts if part.invoice_id == invoice.id), Decimal(0))
        part = min(amount, got)
        if part:
            givers.append((payment, version, part))
            amount -= part
    return givers


def _debt(invoice: Invoice, difference: Decimal, settings: TenantSettings, ordered: Money | None = None) -> Write:
    more, held = money(difference, invoice.currency), ordered or zero(invoice.currency)
    return account_update(settings.id, invoice.contract_id, balance=more, ordered=held)
