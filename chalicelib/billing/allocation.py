"""Which invoices a payment pays (domain §6.3).

What the payer says, else the oldest due first; what is left over stays as an advance.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.billing.model import Invoice, Payment
from chalicelib.kernel.errors import Complaint, Invalid, Refused
from chalicelib.kernel.money import Money

MOST_TOLD = 19
"""Invoices that a payer may name at once: what one transaction settles (`settling.that_fit`)."""


@dataclass(frozen=True, slots=True)
class Share:
    """What an invoice gets of a payment; always positive."""

    payment_id: str
    invoice_id: str
    amount: Decimal


def oldest_due_first(invoices: Sequence[Invoice]) -> list[Invoice]:
    return sorted(invoices, key=lambda invoice: (invoice.due, invoice.day, invoice.id))


def allocate(
    payment_id: str, amount: Decimal, invoices: Sequence[Invoice], *, first: Container[str] = ()
) -> list[Share]:
    """Shares of `amount` for the open invoices, oldest due first; those with an id in `first` before all others."""
    queue = oldest_due_first([invoice for invoice in invoices if invoice.is_open])
    queue.sort(key=lambda invoice: invoice.id not in first)
    shares = []
    for invoice in queue:
        part = min(amount, invoice.rest.amount)
        if part <= 0:
            break
        shares.append(Share(payment_id, invoice.id, part))
        amount -= part
    return shares


def as_told(payment_id: str, amount: Money, invoices: Sequence[Invoice], wanted: Mapping[str, Decimal]) -> list[Share]:
    """The shares that the payer named: no more than each invoice's rest, nor than the payment in all, nor more shares
    than `MOST_TOLD`, since what is told is carried out as it was told or not at all.

    Invalid names every wrong sum by its invoice's id; Refused("invoice_not_open") an invoice that is not among these.
    """
    rests = {invoice.id: invoice.rest for invoice in invoices if invoice.is_open}
    if wanted.keys() - rests.keys():
        raise Refused("invoice_not_open")
    too_much = {
        f"part-{invoice_id}": Complaint(code="more_than_rest", params={"rest": rests[invoice_id]})
        for invoice_id, part in wanted.items()
        if not 0 <= part <= rests[invoice_id].amount
    }
    if too_much:
        raise Invalid(fields=too_much)
    if sum(wanted.values(), Decimal(0)) > amount.amount:
        raise Invalid(fields={"amount": Complaint(code="parts_exceed_payment", params={"amount": amount})})
    shares = [Share(payment_id, invoice_id, part) for invoice_id, part in wanted.items() if part]
    if len(shares) > MOST_TOLD:
        params = {"limit": MOST_TOLD, "count": len(shares)}
        raise Invalid(fields={"amount": Complaint(code="too_many_parts", params=params)})
    return shares


def allocate_advances(payments: Sequence[Payment], invoices: Sequence[Invoice]) -> list[Share]:
    """What the advances can pay: the oldest payment first, each the oldest due invoice first."""
    rests = {invoice.id: invoice.rest.amount for invoice in invoices}
    queue = [invoice.id for invoice in oldest_due_first(invoices)]
    shares = []
    for payment in sorted(payments, key=lambda p: (p.day, p.id)):
        left = payment.advance
        for invoice_id in queue:
            part = min(left, rests[invoice_id])
            if part > 0:
                shares.append(Share(payment.id, invoice_id, part))
                rests[invoice_id] -= part
                left -= part
    return shares
