"""Invoices that could not follow their order in the order's own transaction follow it here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from chalicelib.billing.corrections import correct_for_order, make_room, void_for_order
from chalicelib.billing.erp_invoices import invoices_of_order, lines_of
from chalicelib.ordering import store
from chalicelib.ordering.billing_facts import order_for_invoice
from chalicelib.ordering.states import State
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings


def bring_invoice_up_to(db: TenantSession, order_id: str, now: datetime) -> bool:
    """Makes the invoices of a cancelled order void, and our own one of a changed order as the order is; whether
    there was something to do. The ERP's invoices of a changed order are the ERP's to change."""

    def once() -> bool:
        file = store.load_order(db, order_id)
        order = file.order
        live = invoices_of_order(db, order_id)
        settings = load_settings(db)
        if order.state is State.CANCELLED:
            for invoice in live:
                make_room(db, invoice.id, Decimal(0), settings, now)
                db.commit(void_for_order(db, invoice.id, settings, now)[1])
            return bool(live)
        ours = next((one for one in live if one.id == order.invoice_id and order.invoiced is None), None)
        if ours is None:
            return False
        facts = order_for_invoice(order, file.live_lines)
        if (ours.total, ours.vat, lines_of(db, ours)) == (order.gross, facts.vat, facts.lines):
            return False
        make_room(db, ours.id, order.gross, settings, now)
        db.commit(correct_for_order(db, ours.id, facts, settings, now)[1])
        return True

    return until_committed(once)
