"""Invoices: from a confirmed order, from the ERP, and made void."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.billing import dunning, ledger, store
from chalicelib.billing.model import Invoice, InvoiceLine, OrderDocument, OrderForInvoice, Reminders
from chalicelib.billing.terms import due_day
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money, money
from chalicelib.network.model import Contract
from chalicelib.storage import keys
from chalicelib.storage.writes import Add, Put, Update, Write, publish
from chalicelib.tenancy.model import TenantSettings


def invoice_for_order(
    order: OrderForInvoice, contract: Contract, settings: TenantSettings, now: datetime
) -> tuple[Invoice, list[Write]]:
    """The invoice of an order and what writes it: 8 writes and one more for each further 200 lines.

    They contain the transaction's one update of the contract's account: what the order held becomes debt.
    Its number is the order's (from the second revision on with `-2`…), Refused("invoice_exists") if it is taken.
    """
    invoice = _invoice(order, contract, settings, now)
    guard = _number_guard(settings.id, invoice)
    return invoice, [guard, *writes_of_new(invoice, order.lines, order.held, settings, now)]


def writes_of_new(
    invoice: Invoice, lines: Sequence[InvoiceLine], held: Money, settings: TenantSettings, now: datetime
) -> list[Write]:
    """What writes a new invoice, apart from the guard that it is one; `held` = what its order held of the credit."""
    tenant_id = settings.id
    total = money(invoice.total, invoice.currency)
    look_at = dunning.first_look(invoice.due, settings, now) if invoice.is_open else None
    writes: list[Write] = [
        *store.invoice_puts(tenant_id, invoice, 0),
        *store.line_puts(tenant_id, invoice.id, lines),
        account_update(tenant_id, invoice.contract_id, balance=total, ordered=-held),
        store.reminders_put(tenant_id, Reminders(invoice_id=invoice.id), look_at, 0),
        publish(issued(tenant_id, invoice, now)),
    ]
    if invoice.order_id:
        writes.append(store.document_put(tenant_id, invoice.order_id, document_of(invoice)))
    if invoice.total:
        writes.append(store.entry_put(tenant_id, invoice.contract_id, ledger.invoiced(invoice)))
    return writes


def _invoice(order: OrderForInvoice, contract: Contract, settings: TenantSettings, now: datetime) -> Invoice:
    day = local_day(now, settings.time_zone)
    return Invoice(
        id=new_id(now),
        number=order.number if order.revision == 1 else f"{order.number}-{order.revision}",
        party_id=order.party_id,
        party_name=order.party_name,
        contract_id=contract.id,
        contract_number=contract.number,
        entity_id=contract.entity_id,
        currency=order.total.currency,
        total=order.total.amount,
        vat=order.vat,
        day=day,
        due=due_day(day, months=contract.deferral_months, days=contract.deferral_days),
        created=now,
        line_pages=-(-len(order.lines) // store.LINES_A_PAGE),
        order_id=order.order_id,
        order_number=order.number,
    )


def account_update(tenant_id: str, contract_id: str, *, balance: Money, ordered: Money) -> Update:
    """The contract's debt and its orders change by so much (either sign); the exposure by both."""
    changes = (
        Add(("n", "balance"), balance.amount),
        Add(("n", "ordered"), ordered.amount),
        Add(("n", "exposure"), (balance + ordered).amount),
    )
    return Update(key=keys.account(tenant_id, contract_id), changes=changes)


def document_of(invoice: Invoice) -> OrderDocument:
    return OrderDocument(
        kind=str(invoice.kind),
        id=invoice.id,
        number=invoice.number,
        amount=invoice.total,
        currency=invoice.currency,
        day=invoice.day,
        origin=invoice.origin,
    )


def issued(tenant_id: str, invoice: Invoice, now: datetime) -> Event:
    return _event(tenant_id, "invoice.issued", invoice, now)


def changed(tenant_id: str, invoice: Invoice, now: datetime) -> Event:
    """Another sum, or void: advances may have come up, or something to pay from them."""
    return _event(tenant_id, "invoice.changed", invoice, now)


def _event(tenant_id: str, name: str, invoice: Invoice, now: datetime) -> Event:
    """Told in the order of the contract's account, so that advances are applied one after another."""
    data = {"invoice": invoice.id, "party": invoice.party_id, "contract": invoice.contract_id}
    return Event(
        id=new_id(now),
        tenant_id=tenant_id,
        name=name,
        aggregate=f"account/{invoice.contract_id}",
        at=now,
        data=data | ({"order": invoice.order_id} if invoice.order_id else {}),
    )


def _number_guard(tenant_id: str, invoice: Invoice) -> Put:
    return Put(
        key=keys.number_guard(tenant_id, f"invoice#{invoice.number}"),
        kind="guard",
        data={"invoice": invoice.id},
        version=0,
        refusal=Refused("invoice_exists", number=invoice.number),
    )
