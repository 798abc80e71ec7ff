"""Invoices: from a confirmed order, from the ERP, and made void."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing import dunning, ledger, store
from chalicelib.billing.model import Invoice, OrderDocument, OrderForInvoice, Reminders
from chalicelib.billing.terms import due_day
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money
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
    tenant_id = settings.id
    writes: list[Write] = [
        *store.invoice_puts(tenant_id, invoice, 0),
        *store.line_puts(tenant_id, invoice.id, order.lines),
        _number_guard(tenant_id, invoice),
        account_update(tenant_id, contract.id, balance=order.total, ordered=-order.held),
        reminders_of_new(invoice, settings, now),
        store.document_put(tenant_id, order.order_id, document_of(invoice)),
        publish(issued(tenant_id, invoice, now)),
    ]
    if invoice.total:
        writes.append(store.entry_put(tenant_id, contract.id, ledger.invoiced(invoice)))
    return invoice, writes


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


def reminders_of_new(invoice: Invoice, settings: TenantSettings, now: datetime) -> Put:
    look_at = dunning.next_look(invoice.due, settings, now) if invoice.is_open else None
    return store.reminders_put(settings.id, Reminders(invoice_id=invoice.id), look_at, 0)


def document_of(invoice: Invoice) -> OrderDocument:
    return OrderDocument(
        kind="invoice",
        id=invoice.id,
        number=invoice.number,
        amount=invoice.total,
        currency=invoice.currency,
        day=invoice.day,
    )


def issued(tenant_id: str, invoice: Invoice, now: datetime) -> Event:
    """Told in the order of the contract's account, so that advances are applied one after another."""
    data = {"invoice": invoice.id, "party": invoice.party_id, "contract": invoice.contract_id}
    return Event(
        id=new_id(now),
        tenant_id=tenant_id,
        name="invoice.issued",
        aggregate=f"account/{invoice.contract_id}",
        at=now,
        data=data,
    )


def _number_guard(tenant_id: str, invoice: Invoice) -> Put:
    return Put(
        key=keys.number_guard(tenant_id, f"invoice#{invoice.number}"),
        kind="guard",
        data={"invoice": invoice.id},
        version=0,
        refusal=Refused("invoice_exists", number=invoice.number),
    )
