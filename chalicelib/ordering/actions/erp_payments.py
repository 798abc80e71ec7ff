"""Payments that the ERP tells with an order: each is known by the ERP's id and counts once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.billing.erp import erp_payment_gone, payment_from_erp, refund_from_erp
from chalicelib.billing.model import NewPayment
from chalicelib.billing.store import invoice_from
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.money import Money, money
from chalicelib.ordering import store
from chalicelib.ordering.erp import ErpUpdate, ErpUpdatePayment
from chalicelib.ordering.model import Order
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings

_WHOLE = "whole"


def apply_payments(db: TenantSession, order_id: str, update: ErpUpdate, now: datetime) -> tuple[bool, tuple[str, ...]]:
    """Records the document's payments with billing; whether one was new, and codes of what was refused."""
    if not update.payments and update.paid is None:
        return False, ()
    record = db.get(keys.order_head(db.tenant_id, order_id))
    assert record is not None, "the order was found by its document"
    order = store.order_from(record)
    today = local_day(now, load_settings(db).time_zone)
    changed, notes = False, []
    for payment in _told(update):
        known = db.get(_place(db, order, payment))
        if payment.deleted:
            erp_payment_gone(db, _id(order, payment), now)
            continue
        amount = _amount(db, order, payment, is_known=known is not None)
        if amount is None:
            continue
        new = NewPayment(
            party_id=order.party_id,
            contract_id=order.contract_id,
            amount=amount,
            day=min(payment.day or today, today),
            number=payment.number or order.number,
            order_id=order.id,
            erp_id=_id(order, payment),
        )
        try:
            (refund_from_erp if payment.refund else payment_from_erp)(db, new, now)
        except (Refused, Invalid):
            notes.append("payment_refused")
            continue
        changed = changed or known is None
    return changed, tuple(notes)


def _told(update: ErpUpdate) -> Iterator[ErpUpdatePayment]:
    """Parts as they were told; that all was paid matters only when no parts are told."""
    yield from update.payments
    if update.paid is not None and not update.payments:
        yield replace(update.paid, id=update.paid.id or _WHOLE)


def _id(order: Order, payment: ErpUpdatePayment) -> str:
    """The ERP's own id; one that is unique only within its order is made unique by it."""
    if payment.id and payment.id != _WHOLE:
        return payment.id
    return f"{order.id}/{payment.id or payment.number}"


def _place(db: TenantSession, order: Order, payment: ErpUpdatePayment) -> keys.Key:
    kind = "refund" if payment.refund else "payment"
    return keys.external_id(db.tenant_id, "1c", kind, _id(order, payment))


def _amount(db: TenantSession, order: Order, payment: ErpUpdatePayment, *, is_known: bool) -> Money | None:
    """What was paid; where the ERP says only that all was, what the invoice still lacks the first time it says so."""
    if payment.amount is not None:
        return money(payment.amount, payment.currency or order.currency)
    if is_known or order.invoice_id is None:
        return None
    record = db.get(keys.invoice(db.tenant_id, order.invoice_id))
    rest = invoice_from(record).rest if record is not None else None
    return rest if rest else None
