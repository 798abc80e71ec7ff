"""Invoices that the ERP issues for an order: each is known by the ERP's id and counts once (docs/adr/0012)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.erp import SYSTEM
from chalicelib.billing.erp_invoices import ErpInvoice, Tie, erp_invoice_gone, invoice_from_erp
from chalicelib.billing.model import VatShare
from chalicelib.billing.store import invoice_from, load_invoice
from chalicelib.billing.terms import FIRST_YEAR
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import Money, money, shares
from chalicelib.kernel.vat import vat_of
from chalicelib.ordering import store
from chalicelib.ordering.actions.erp_step import erp_terms
from chalicelib.ordering.actions.transaction import Situation, read_situation
from chalicelib.ordering.billing_facts import held_of, invoice_lines, vat_shares
from chalicelib.ordering.erp import ErpUpdate, ErpUpdateInvoice
from chalicelib.ordering.erp_lines import told_lines
from chalicelib.ordering.model import Happening, Order, OrderLine
from chalicelib.ordering.states import Side, State
from chalicelib.ordering.store import OrderFile
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write


def apply_invoices(db: TenantSession, order_id: str, update: ErpUpdate, now: datetime) -> tuple[bool, tuple[str, ...]]:
    """Records the document's invoices with billing; whether one was different, and codes of what was refused.

    A cancelled order gets none any more, but what the ERP takes back goes.
    """
    changed, notes = False, []
    for told in update.invoices:
        file = store.load_order(db, order_id)
        situation, _ = read_situation(db, file, now)
        try:
            kind = _applied(db, file, situation, told, now)
        except (Refused, Invalid):
            notes.append("invoice_refused")
            continue
        if kind:
            changed = True
            number = told.number or file.order.number
            entry = Happening(id=new_id(now), kind=kind, at=now, side=Side.ERP, params={"number": number})
            db.commit([store.happening_put(db.tenant_id, order_id, entry)])
    return changed, tuple(notes)


def order_of_invoice(db: TenantSession, erp_id: str) -> str | None:
    """The order of the ERP's invoice with this id: what a payment may be based on."""
    record = db.get(keys.external_id(db.tenant_id, SYSTEM, "invoice", erp_id)) if erp_id else None
    return invoice_from(load_invoice(db, str(record.data["id"]))).order_id if record is not None else None


def _applied(db: TenantSession, file: OrderFile, situation: Situation, told: ErpUpdateInvoice, now: datetime) -> str:
    """What the history calls that which became of the invoice; empty when nothing did."""
    order, erp_id = file.order, _id(file.order, told)
    tie = _tie(db, order.id)
    if told.deleted:
        return "invoice_gone" if erp_invoice_gone(db, erp_id, now, tie) else ""
    if order.state is State.CANCELLED:
        raise Refused("order_state", state=str(order.state), act="invoice")
    record = db.get(keys.external_id(db.tenant_id, SYSTEM, "invoice", erp_id))
    before = invoice_from(load_invoice(db, str(record.data["id"]))) if record is not None else None
    after = invoice_from_erp(db, _facts(file, situation, told, erp_id, now), now, tie)
    if before is None or before.id != after.id:
        return "invoice_came"
    said, kept = ((one.total, one.due, one.number, one.vat) for one in (after, before))
    return "invoice_changed" if said != kept else ""


def _tie(db: TenantSession, order_id: str) -> Tie:
    """The order's part: what its invoices come to, and what is left to be held of the credit."""

    def tie(invoiced: Money) -> tuple[Money, list[Write]]:
        record = db.get(keys.order_head(db.tenant_id, order_id))
        assert record is not None, "the order was found by its document"
        before = store.order_from(record)
        after = replace(before, invoiced=invoiced.amount)
        after = replace(after, held=held_of(after))
        more = money(after.held - before.held, before.currency)
        return more, [store.order_put(db.tenant_id, after)]

    return tie


def _facts(file: OrderFile, situation: Situation, told: ErpUpdateInvoice, erp_id: str, now: datetime) -> ErpInvoice:
    order, today = file.order, local_day(now, situation.settings.time_zone)
    lines = _lines(file, situation, told)
    total = money(_total(order, told, lines), told.currency or order.currency)
    return ErpInvoice(
        erp_id=erp_id,
        number=told.number or order.number,
        party_id=order.party_id,
        contract_id=order.contract_id,
        total=total,
        day=told.day if told.day and FIRST_YEAR <= told.day.year <= today.year + 1 else today,
        lines=invoice_lines(lines),
        vat=_vat(vat_shares(lines), total),
        due=told.due,
        order_id=order.id,
        order_number=order.number,
    )


def _lines(file: OrderFile, situation: Situation, told: ErpUpdateInvoice) -> tuple[OrderLine, ...]:
    """The invoice's lines, with the order's words and VAT where it has none of its own; the order's if it has none."""
    if not told.lines:
        return file.live_lines
    lines = told_lines(file.lines, told.lines, erp_terms(file.order, situation))
    return tuple(line for line in lines if line.is_live)


def _total(order: Order, told: ErpUpdateInvoice, lines: tuple[OrderLine, ...]) -> Decimal:
    if told.total is not None:
        return told.total
    return sum((line.gross for line in lines), Decimal(0)) if told.lines else order.gross


def _vat(listed: tuple[VatShare, ...], total: Money) -> tuple[VatShare, ...]:
    """VAT by rate for what the invoice asks for: of a part of the lines' sum, each rate's part."""
    weights = [share.base + share.vat for share in listed]
    if sum(weights, Decimal(0)) == total.amount:
        return listed
    out = []
    for share, part in zip(listed, shares(total, weights), strict=True):
        vat = vat_of(part.amount, share.rate or Decimal(0), total.currency, included=True)
        out.append(VatShare(rate=share.rate, base=part.amount - vat, vat=vat))
    return tuple(out)


def _id(order: Order, told: ErpUpdateInvoice) -> str:
    """The ERP's own id; a number is unique only within its order."""
    return told.id or f"{order.id}/{told.number}"
