"""What billing needs of an order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.billing.model import InvoiceLine, OrderForInvoice, VatShare
from chalicelib.kernel.money import money
from chalicelib.ordering.model import Order, OrderLine
from chalicelib.ordering.states import State


def order_for_invoice(order: Order, lines: Sequence[OrderLine]) -> OrderForInvoice:
    """The order's live lines as an invoice has them."""
    return OrderForInvoice(
        order_id=order.id,
        number=order.number,
        party_id=order.party_id,
        party_name=order.party_name,
        lines=invoice_lines(lines),
        vat=vat_shares(lines),
        total=money(order.gross, order.currency),
        held=money(order.held, order.currency),
    )


def invoice_lines(lines: Sequence[OrderLine]) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(
            name=line.name,
            article=line.article,
            unit=line.unit,
            quantity=line.quantity,
            price=line.price,
            amount=line.gross,
            vat_rate=line.vat_rate,
            vat=line.vat,
        )
        for line in lines
    )


def held_of(order: Order) -> Decimal:
    """What the order holds of the credit: what is to be paid for it and no invoice asks for yet (domain §6.1)."""
    if order.state in (State.DRAFT, State.CANCELLED):
        return Decimal(0)
    if not order.state.is_confirmed:
        return order.gross
    return Decimal(0) if order.invoiced is None else max(order.gross - order.invoiced, Decimal(0))


def vat_shares(lines: Sequence[OrderLine]) -> tuple[VatShare, ...]:
    """Sums by rate, the highest first, what is without VAT last."""
    rates = sorted({line.vat_rate for line in lines}, key=lambda rate: -1 if rate is None else rate, reverse=True)
    return tuple(
        VatShare(
            rate=rate,
            base=sum((line.net for line in lines if line.vat_rate == rate), Decimal(0)),
            vat=sum((line.vat for line in lines if line.vat_rate == rate), Decimal(0)),
        )
        for rate in rates
    )
