"""The writes that settle invoices with payments: each locks what it changes by its version.

Every share costs one write, every invoice up to three, every payment two: `FITS` of them fit a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.billing import dunning, ledger, store
from chalicelib.billing.allocation import Share
from chalicelib.billing.model import Allocation, Invoice, Part, Payment
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.ids import new_id
from chalicelib.storage import keys
from chalicelib.storage.session import Record
from chalicelib.storage.writes import Delete, Write
from chalicelib.tenancy.model import TenantSettings

FITS = 80
"""Writes of a transaction that settling may use; the rest is for what happens along with it."""


def that_fit(shares: Sequence[Share], room: int = FITS) -> list[Share]:
    """As many shares, from the first on, as one transaction can carry out."""
    invoices: set[str] = set()
    payments: set[str] = set()
    taken: list[Share] = []
    for share in shares:
        invoices.add(share.invoice_id)
        payments.add(share.payment_id)
        if len(taken) + 1 + 3 * len(invoices) + 2 * len(payments) > room:
            break
        taken.append(share)
    return taken


def with_shares(payment: Payment, shares: Sequence[Share], numbers: Mapping[str, str]) -> Payment:
    """The payment with its shares added to its parts; `numbers` are the invoices' by id."""
    amounts = {part.invoice_id: part.amount for part in payment.parts}
    numbers = {part.invoice_id: part.invoice_number for part in payment.parts} | dict(numbers)
    for share in shares:
        amounts[share.invoice_id] = amounts.get(share.invoice_id, Decimal(0)) + share.amount
    parts = tuple(
        Part(invoice_id=invoice_id, invoice_number=numbers[invoice_id], amount=amount)
        for invoice_id, amount in amounts.items()
        if amount
    )
    return replace(payment, parts=parts)


def settled_invoices(
    records: Mapping[str, Record], shares: Sequence[Share], settings: TenantSettings, now: datetime
) -> list[Write]:
    """The invoices' side: each invoice gets (a negative share: loses) what the shares say."""
    writes: list[Write] = []
    for invoice_id in dict.fromkeys(share.invoice_id for share in shares):
        change = sum((share.amount for share in shares if share.invoice_id == invoice_id), Decimal(0))
        before = store.invoice_from(records[invoice_id])
        after = replace(before, paid=before.paid + change)
        writes.extend(store.invoice_puts(settings.id, after, records[invoice_id].version))
        writes.extend(clock_changes(before, after, settings, now))
    return writes


def clock_changes(before: Invoice, after: Invoice, settings: TenantSettings, now: datetime) -> list[Write]:
    """Reminders stop when the invoice is settled, go on when it is open again, and follow its due day."""
    if (before.is_open, before.due) == (after.is_open, after.due):
        return []
    look_at = dunning.look_again(after.due, settings, now) if after.is_open else None
    return [store.clock_update(settings.id, after.id, look_at)]


def allocations(tenant_id: str, payment: Payment, invoice_ids: Sequence[str]) -> list[Write]:
    """The invoices' lists of what they got, as the payment's parts now are."""
    amounts = {part.invoice_id: part.amount for part in payment.parts}
    writes: list[Write] = []
    for invoice_id in dict.fromkeys(invoice_ids):
        if invoice_id in amounts:
            allocation = Allocation(
                payment_id=payment.id, payment_number=payment.number, day=payment.day, amount=amounts[invoice_id]
            )
            writes.append(store.allocation_put(tenant_id, invoice_id, allocation))
        else:
            writes.append(Delete(key=keys.allocation(tenant_id, invoice_id, payment.id)))
    return writes


def moved(
    payment: Payment,
    version: int,
    shares: Sequence[Share],
    numbers: Mapping[str, str],
    settings: TenantSettings,
    now: datetime,
) -> list[Write]:
    """The payment's side of its shares, all given or all taken back: its row, the lists, one ledger entry."""
    after = with_shares(payment, shares, numbers)
    amount = sum((share.amount for share in shares), Decimal(0))
    day = local_day(now, settings.time_zone)
    entry = (ledger.moved_to_invoices if amount > 0 else ledger.freed)(payment, abs(amount), day, now, mark=new_id(now))
    return [
        store.payment_put(settings.id, after, version),
        *allocations(settings.id, after, [share.invoice_id for share in shares]),
        store.entry_put(settings.id, payment.contract_id, entry),
    ]
