"""What billing needs of an order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.billing.model import InvoiceLine, OrderForInvoice, VatShare
from chalicelib.kernel.money import money
from chalicelib.ordering.model import Order, OrderLine


def order_for_invoice(order: Order, lines: Sequence[OrderLine]) -> OrderForInvoice:
    """The order's live lines as an invoice has them."""
    return OrderForInvoice(
        order_id=order.id,
        number=order.number,
        party_id=order.party_id,
        party_name=order.party_name,
        lines=tuple(
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
        ),
        vat=vat_shares(lines),
        total=money(order.gross, order.currency),
        held=money(order.held, order.currency),
    )


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
