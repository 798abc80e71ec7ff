"""Payments of the ERP. Every message may come twice and out of order; nothing changes the second time.

Its invoices and refunds are in `erp_invoices`.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing.model import NewPayment, Payment
from chalicelib.billing.payments import ERP, load_payment, recorded, reverse_payment
from chalicelib.kernel.money import money
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import AlreadyDone, Put
from chalicelib.tenancy.store import load_settings

SYSTEM = "1c"


def payment_from_erp(db: TenantSession, new: NewPayment, now: datetime) -> Payment:
    """The ERP's payment `new.erp_id`: the same again changes nothing, another sum, day or contract replaces it."""
    if not new.erp_id:
        raise ValueError("an ERP's payment has the ERP's id")
    settings = load_settings(db)
    place = keys.external_id(db.tenant_id, SYSTEM, "payment", new.erp_id)
    known = db.get(place)
    if known is not None:
        payment = load_payment(db, str(known.data["id"]))
        if payment.reversed_at is None and _says_the_same(payment, new):
            return payment
        if payment.reversed_at is None:
            reverse_payment(db, payment.id, None, now)

    def once() -> Payment:
        rival = _made_since(db, place, known)
        if rival is not None:
            return load_payment(db, rival)
        payment, writes = recorded(db, new, settings, ERP, now)
        db.commit([mapping(place, payment.id, known), *writes])
        return payment

    return until_committed(once)


def erp_payment_gone(db: TenantSession, erp_id: str, now: datetime) -> bool:
    """The ERP deleted its payment, or made it undone; an unknown or already reversed one changes nothing."""
    known = db.get(keys.external_id(db.tenant_id, SYSTEM, "payment", erp_id))
    if known is None or load_payment(db, str(known.data["id"])).reversed_at is not None:
        return False
    reverse_payment(db, str(known.data["id"]), None, now)
    return True


def _says_the_same(payment: Payment, new: NewPayment) -> bool:
    # Not the order: one payment for two orders comes with both of their documents.
    told = (new.contract_id, new.amount, new.day, new.kind)
    kept = (payment.contract_id, money(payment.amount, payment.currency), payment.day, payment.kind)
    return told == kept


def mapping(place: keys.Key, our_id: str, known: Record | None) -> Put:
    """Which of our documents the ERP's is, on condition that nobody has said so since `known` was read."""
    return Put(
        key=place,
        kind="external_id",
        data={"id": our_id},
        version=known.version if known else 0,
        refusal=AlreadyDone("already_done"),
    )


def _made_since(db: TenantSession, place: keys.Key, known: Record | None) -> str | None:
    """The id of what a rival has made of the same message since `known` was read."""
    record = db.get(place)
    if record is None or (known is not None and record.version == known.version):
        return None
    return str(record.data["id"])
