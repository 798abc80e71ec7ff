"""Payments that the ERP tells with an order: each is known by the ERP's id and counts once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.billing.erp import erp_payment_gone, payment_from_erp
from chalicelib.billing.erp_invoices import erp_refund_gone, invoices_of_order, refund_from_erp
from chalicelib.billing.model import NewPayment, Payment
from chalicelib.billing.payments import load_payment
from chalicelib.billing.store import invoice_from, load_invoice
from chalicelib.billing.terms import FIRST_YEAR
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money, money, total
from chalicelib.ordering import store
from chalicelib.ordering.erp import ErpUpdate, ErpUpdatePayment
from chalicelib.ordering.model import Happening, Order
from chalicelib.ordering.states import Side
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings

_WHOLE = "whole"


def apply_payments(db: TenantSession, order_id: str, update: ErpUpdate, now: datetime) -> tuple[bool, tuple[str, ...]]:
    """Records the document's payments with billing; whether one was different, and codes of what was refused.

    The order's history gets an entry for each that was.
    """
    if not update.payments and update.paid is None:
        return False, ()
    record = db.get(keys.order_head(db.tenant_id, order_id))
    assert record is not None, "the order was found by its document"
    order = store.order_from(record)
    today = local_day(now, load_settings(db).time_zone)
    changed, notes = False, []
    for payment in _told(update):
        try:
            kind = (_refund if payment.refund else _payment)(db, order, payment, today, now)
        except (Refused, Invalid):
            notes.append("payment_refused")
            continue
        if kind:
            changed = True
            entry = Happening(
                id=new_id(now), kind=kind, at=now, side=Side.ERP, params={"number": payment.number or order.number}
            )
            db.commit([store.happening_put(db.tenant_id, order.id, entry)])
    return changed, tuple(notes)


def _payment(db: TenantSession, order: Order, payment: ErpUpdatePayment, today: date, now: datetime) -> str:
    """What the history calls that which became of the payment; empty when nothing did."""
    erp_id = _id(order, payment)
    if payment.deleted:
        return "payment_gone" if erp_payment_gone(db, erp_id, now) else ""
    record = db.get(_place(db, order, payment))
    known = load_payment(db, str(record.data["id"])) if record is not None else None
    amount = _amount(db, order, payment, known if known and not known.reversed_at else None)
    if amount is None:
        return ""
    day = _day(payment, today, known.day if known else None)
    after = payment_from_erp(db, _new(order, payment, amount, day), now)
    if known is None:
        return "payment_came"
    if after.id == known.id:
        return ""
    return "payment_came" if known.reversed_at else "payment_changed"


def _refund(db: TenantSession, order: Order, payment: ErpUpdatePayment, today: date, now: datetime) -> str:
    """The same for money that went back; how much must be told."""
    erp_id = _id(order, payment)
    if payment.deleted:
        return "refund_gone" if erp_refund_gone(db, erp_id, now) else ""
    if payment.amount is None:
        return ""
    record = db.get(_place(db, order, payment))
    known = invoice_from(load_invoice(db, str(record.data["id"]))) if record is not None else None
    amount = money(payment.amount, payment.currency or order.currency)
    day = _day(payment, today, known.due if known else None)
    after = refund_from_erp(db, _new(order, payment, amount, day), now)
    if known is None or after.id != known.id:
        return "refund_made"
    return "refund_changed" if (after.total, after.due) != (known.total, known.due) else ""


def _day(payment: ErpUpdatePayment, today: date, known: date | None) -> date:
    """Its day. One that is missing, impossible or still to come says nothing: what was recorded first stays."""
    if payment.day is not None and payment.day.year >= FIRST_YEAR and payment.day <= today:
        return payment.day
    return known or today


def _new(order: Order, payment: ErpUpdatePayment, amount: Money, day: date) -> NewPayment:
    return NewPayment(
        party_id=order.party_id,
        contract_id=order.contract_id,
        amount=amount,
        day=day,
        number=payment.number or order.number,
        order_id=order.id,
        erp_id=_id(order, payment),
    )


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


def _amount(db: TenantSession, order: Order, payment: ErpUpdatePayment, known: Payment | None) -> Money | None:
    """What was paid; where the ERP says only that all was, what is lacking is added to what it was `known` to be.

    Lacking is what the order's invoices ask for, or, before the ERP has invoiced it, the order itself. None: nothing.
    """
    if payment.amount is not None:
        return money(payment.amount, payment.currency or order.currency)
    invoices = invoices_of_order(db, order.id)
    rests = [invoice.rest for invoice in invoices]
    if order.held:
        came = [one.amount for one in store.load_order(db, order.id).documents if one.kind == "payment"]
        spare = sum(came, Decimal(0)) - sum((invoice.paid for invoice in invoices), Decimal(0))
        rests.append(money(max(order.held - max(spare, Decimal(0)), Decimal(0)), order.currency))
    lacking = total(rests, order.currency)
    if known is None:
        return lacking or None
    if not order.held:
        lacking -= money(known.advance, known.currency)  # it is on its way to these invoices
    return money(known.amount, known.currency) + lacking if lacking.amount > 0 else None
