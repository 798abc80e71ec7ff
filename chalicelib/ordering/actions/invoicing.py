"""An invoice that could not follow its order in the order's own transaction follows it here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from chalicelib.billing.corrections import correct_for_order, make_room, void_for_order
from chalicelib.billing.store import invoice_from
from chalicelib.ordering import store
from chalicelib.ordering.billing_facts import order_for_invoice
from chalicelib.ordering.model import State
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings


def bring_invoice_up_to(db: TenantSession, order_id: str, now: datetime) -> bool:
    """Makes the invoice of a cancelled order void, and that of a changed one as the order is; whether it had to."""

    def once() -> bool:
        file = store.load_order(db, order_id)
        order = file.order
        record = db.get(keys.invoice(db.tenant_id, order.invoice_id)) if order.invoice_id else None
        if record is None or order.invoice_id is None or invoice_from(record).void:
            return False
        settings = load_settings(db)
        if order.state is State.CANCELLED:
            make_room(db, order.invoice_id, Decimal(0), settings, now)
            _, writes = void_for_order(db, order.invoice_id, settings, now)
        elif invoice_from(record).total != order.gross:
            facts = order_for_invoice(order, file.live_lines)
            make_room(db, order.invoice_id, order.gross, settings, now)
            _, writes = correct_for_order(db, order.invoice_id, facts, settings, now)
        else:
            return False
        if writes:
            db.commit(writes)
        return True

    return until_committed(once)
