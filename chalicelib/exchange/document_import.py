"""Documents of 1C → orders, payments, shipments and invoices. A document that cannot be applied is an answer, not a
failure: `failure` would make 1C send it for ever (protocol §7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from chalicelib.catalogue.feed import RejectedRow
from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.erp import ErpInvoice, ErpOrder, ErpParty, ErpPayment, ErpRow, ErpShipment
from chalicelib.exchange.from_erp import update_of, update_of_invoice, update_of_payment, update_of_shipment
from chalicelib.exchange.model import EntryKind, KindCount, Rejected, as_rejected
from chalicelib.exchange.results import FileResult, refused
from chalicelib.gateways.telemetry import failure
from chalicelib.kernel.errors import Invalid, KontorError, Unavailable
from chalicelib.ordering.actions.erp_update import apply_erp_update
from chalicelib.ordering.erp import ErpUpdate, Outcome
from chalicelib.storage.session import TenantSession

_KINDS = {ErpOrder: "order", ErpPayment: "payment", ErpShipment: "shipment", ErpInvoice: "invoice"}


def apply_documents(db: TenantSession, name: str, chunks: Iterable[bytes], now: datetime) -> FileResult:
    """Reads the whole file first: one that is damaged changes nothing. Then each document on its own."""
    try:
        rows = list(read_documents(chunks))
    except Invalid as refusal:
        return refused(name, EntryKind.DOCUMENTS, refusal)
    received: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    rejected: list[Rejected] = []
    for row in rows:
        kind = _KINDS.get(type(row), "party")
        if isinstance(row, RejectedRow):
            received[row.kind] += 1
            rejected.append(as_rejected(row))
            continue
        received[kind] += 1
        subject = _subject(row)
        reasons, did_change = _apply(db, row, now)
        changed[kind] += did_change
        rejected += [Rejected(kind=kind, number=received[kind], reason=reason, subject=subject) for reason in reasons]
    lost = Counter(row.kind for row in rejected)
    return FileResult(
        name=name,
        kind=EntryKind.DOCUMENTS,
        counts=tuple(
            KindCount(kind=kind, received=number, rejected=lost[kind], changed=changed[kind])
            for kind, number in sorted(received.items())
        ),
        rejected=tuple(rejected),
    )


def _apply(db: TenantSession, row: ErpRow, now: datetime) -> tuple[tuple[str, ...], bool]:
    """(why it, or a part of it, was not taken; whether anything changed)."""
    update = _update(row)
    if update is None:
        return ("party_not_taken" if isinstance(row, ErpParty) else "no_order",), False
    try:
        outcome = apply_erp_update(db, update, now)
    except Unavailable:
        raise
    except KontorError as refusal:
        return (f"error.{refusal.code}",), False
    except Exception as broken:
        failure("a document of the ERP failed", broken, tenant=db.tenant_id, number=update.number)
        return ("internal",), False
    if outcome.outcome is Outcome.REJECTED:
        return (f"ordering.erp.{outcome.reason}",), False
    return tuple(f"ordering.erp.{note}" for note in outcome.notes), outcome.outcome is Outcome.APPLIED


def _update(row: ErpRow) -> ErpUpdate | None:
    if isinstance(row, ErpOrder):
        return update_of(row)
    if isinstance(row, ErpPayment) and row.based_on:
        return update_of_payment(row)
    if isinstance(row, ErpShipment) and row.based_on:
        return update_of_shipment(row)
    if isinstance(row, ErpInvoice) and row.based_on:
        return update_of_invoice(row)
    return None


def _subject(row: ErpRow) -> str:
    if isinstance(row, ErpOrder | ErpPayment | ErpShipment | ErpInvoice):
        return row.number or row.id
    return ""
