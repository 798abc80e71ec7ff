"""A document of 1C → what ordering understands (protocol §7). Whatever the document did not say stays unsaid.

A payment, shipment or invoice that is only planned, or no longer posted, counts as deleted: one that was never there is
not missed.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.exchange.commerceml.erp import ErpInvoice, ErpLine, ErpOrder, ErpPayment, ErpShipment
from chalicelib.kernel.ids import stable_id
from chalicelib.ordering.erp import (
    ErpStatus,
    ErpUpdate,
    ErpUpdateInvoice,
    ErpUpdateLine,
    ErpUpdatePayment,
    ErpUpdateShipment,
)

_PRICE_STEP = Decimal("0.0001")
# Beginnings of the words that configurations and sites use for an order's status, without case and spaces.
_STATUSES = (
    ("неподтвержд", None),
    ("необесп", None),
    ("отмен", ErpStatus.CANCELLED),
    ("аннулир", ErpStatus.CANCELLED),
    ("достав", ErpStatus.DELIVERED),
    ("выполнен", ErpStatus.DELIVERED),
    ("закрыт", ErpStatus.DELIVERED),
    ("отгруж", ErpStatus.SHIPPED),
    ("вдороге", ErpStatus.SHIPPED),
    ("готовкотгрузке", ErpStatus.READY),
    ("коотгрузке", ErpStatus.READY),
    ("котгрузке", ErpStatus.READY),
    ("готов", ErpStatus.READY),
    ("собран", ErpStatus.READY),
    ("впроизводств", ErpStatus.IN_PRODUCTION),
    ("вработе", ErpStatus.IN_PRODUCTION),
    ("кпроизводству", ErpStatus.IN_PRODUCTION),
    ("квыполнению", ErpStatus.CONFIRMED),
    ("кобеспечению", ErpStatus.CONFIRMED),
    ("подтвержд", ErpStatus.CONFIRMED),
    ("согласован", ErpStatus.CONFIRMED),
    ("принят", ErpStatus.CONFIRMED),
)
_CODES = {str(status): status for status in ErpStatus} | {
    "shipping": ErpStatus.SHIPPED,
    "completed": ErpStatus.DELIVERED,
}


def status_of(code: str, text: str) -> ErpStatus | None:
    """What the ERP's status means; None for words that mean nothing to us: they are kept as they came."""
    if code.lower() in _CODES:
        return _CODES[code.lower()]
    plain = re.sub(r"[\W_]+", "", text.lower()).replace("ё", "е")
    return next((status for start, status in _STATUSES if plain.startswith(start)), None)


def update_of(order: ErpOrder) -> ErpUpdate:
    return ErpUpdate(
        number=order.number,
        document_id=order.id,
        document_version=order.version,
        erp_number=order.erp_number,
        erp_day=order.erp_date,
        currency=order.currency or "",
        lines=None if order.lines is None else tuple(_line(line) for line in order.lines),
        status=status_of(order.status_code, order.status),
        status_text=order.status,
        cancelled=order.cancelled is True or order.deleted,
        shipped=_all_shipped(order),
        paid=_all_paid(order),
        shipments=tuple(shipment_of(one) for one in order.shipments),
        payments=tuple(payment_of(one) for one in order.payments),
        invoices=tuple(invoice_of(one) for one in order.invoices),
        formed=order.formed,
    )


def update_of_payment(payment: ErpPayment) -> ErpUpdate:
    """A payment that came on its own, for the order that it names."""
    about = f"payment#{payment.id or payment.number}"
    return ErpUpdate(number=payment.based_on, payments=(payment_of(payment),), about=about, formed=payment.formed)


def update_of_shipment(shipment: ErpShipment) -> ErpUpdate:
    told = shipment_of(shipment)
    return ErpUpdate(number=shipment.based_on, shipments=(told,), about=f"shipment#{told.id}", formed=shipment.formed)


def update_of_invoice(invoice: ErpInvoice) -> ErpUpdate:
    about = f"invoice#{invoice.id or invoice.number}"
    return ErpUpdate(number=invoice.based_on, invoices=(invoice_of(invoice),), about=about, formed=invoice.formed)


def _all_shipped(order: ErpOrder) -> ErpUpdateShipment | None:
    """УТ tells only the whole shipment, by its number and day; where shipments come as documents, those count.

    One that was told and is denied later has gone.
    """
    if order.shipped is None or order.shipments:
        return None
    return ErpUpdateShipment(
        id=stable_id("shipped", order.number or order.id),
        number=order.shipment_number,
        day=order.shipment_date,
        deleted=not order.shipped,
    )


def _all_paid(order: ErpOrder) -> ErpUpdatePayment | None:
    """The same for the payment."""
    if order.paid is None or order.payments:
        return None
    return ErpUpdatePayment(
        id=stable_id("paid", order.number or order.id),
        number=order.payment_number,
        day=order.payment_date,
        deleted=not order.paid,
    )


def shipment_of(shipment: ErpShipment) -> ErpUpdateShipment:
    return ErpUpdateShipment(
        id=shipment.id or stable_id("shipment", shipment.based_on, shipment.number),
        number=shipment.number,
        day=shipment.day,
        lines=None if shipment.lines is None else tuple(_line(line) for line in shipment.lines if not line.service),
        deleted=shipment.deleted or not shipment.done,
    )


def payment_of(payment: ErpPayment) -> ErpUpdatePayment:
    """Without an id of its own it stays without one: its number is unique only within its order."""
    return ErpUpdatePayment(
        id=payment.id,
        number=payment.number,
        day=payment.day,
        amount=payment.amount,
        currency=payment.currency or "",
        refund=payment.refund,
        deleted=payment.deleted or not payment.done,
    )


def invoice_of(invoice: ErpInvoice) -> ErpUpdateInvoice:
    """Without an id of its own it stays without one, as a payment does."""
    return ErpUpdateInvoice(
        id=invoice.id,
        number=invoice.number,
        day=invoice.day,
        due=invoice.due,
        total=invoice.amount,
        currency=invoice.currency or "",
        lines=None if invoice.lines is None else tuple(_line(line) for line in invoice.lines),
        deleted=invoice.deleted or not invoice.done,
    )


def _line(line: ErpLine) -> ErpUpdateLine:
    """In base units: 1C may count in packs of `coefficient` units."""
    price = line.price
    if price is not None and line.coefficient != 1:
        price = (price / line.coefficient).quantize(_PRICE_STEP, ROUND_HALF_UP)
    return ErpUpdateLine(
        product_id=line.product_id,
        variant_id=line.variant_id or "",
        quantity=line.quantity * line.coefficient,
        name=line.name,
        article=line.article,
        unit=line.unit,
        price=price,
        total=line.total,
        vat_rate=line.vat_rate,
        vat_included=line.vat_in_sum,
        service=line.service,
    )
