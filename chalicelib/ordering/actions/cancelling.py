"""Orders that are called off, by either side: their goods, their credit and their invoice are given back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from chalicelib.billing.corrections import void_for_order
from chalicelib.billing.credit import release
from chalicelib.kernel.money import money
from chalicelib.ordering import store, task_store
from chalicelib.ordering.actions.asking import bodied, needed, shortened
from chalicelib.ordering.actions.transaction import (
    MAX_WRITES,
    Ask,
    Situation,
    Step,
    carry_out,
    happening,
    step_writes,
)
from chalicelib.ordering.holding import follow, lasting
from chalicelib.ordering.model import Order
from chalicelib.ordering.states import Act, Side, after
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.task_store import Queue, task_delete, task_of, task_put
from chalicelib.stock.model import Sources
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write


def refuse(db: TenantSession, ask: Ask, reason: str) -> Order:
    """The manufacturer says no, or calls a confirmed order off; the dealer reads why."""
    reason = needed(reason, field="reason")
    return _cancelled(db, bodied(ask, "refuse", reason), reason)


def cancel(db: TenantSession, ask: Ask, reason: str = "") -> Order:
    """The dealer takes the order back, before production."""
    return _cancelled(db, bodied(ask, "cancel", reason), shortened(reason, field="reason"))


def _cancelled(db: TenantSession, ask: Ask, reason: str) -> Order:
    def decide(file: OrderFile, situation: Situation) -> Step:
        order = replace(
            file.order,
            state=after(file.order.state, Act.CANCEL, ask.side),
            closed_by=ask.side,
            reason=reason,
            held=Decimal(0),
            waiting_since=None,
            reserved_until=None,
            changed=ask.now,
        )
        kind = "refused" if ask.side is Side.STAFF else "cancelled"
        step = Step(
            order=order,
            happening=happening(kind, ask, comment=reason),
            holding=lasting(follow(situation.reservation, {}, {}, Sources()), situation.reservation, None),
            writes=[
                *_queues_left(db.tenant_id, file.order, order, situation, ask),
                store.told(db.tenant_id, order, f"order.{kind}", ask.now),
                store.audited(db.tenant_id, order, f"order.{kind}", ask.actor.user_id, ask.now, reason=reason[:200]),
            ],
        )
        return replace(step, writes=[*step.writes, *money_back(db, file.order, situation, step, ask)])

    return carry_out(db, ask, decide)


def _queues_left(tenant_id: str, before: Order, order: Order, situation: Situation, ask: Ask) -> list[Write]:
    """A cancelled order leaves moderation; the ERP is told if it has, or may have, read the order."""
    if not before.state.is_confirmed:
        return [task_delete(tenant_id, Queue.MODERATION, order.id)]
    may_know = before.erp.exported_edition > 0 or (situation.export is not None and situation.export.offered)
    if may_know:
        return [task_put(tenant_id, Queue.EXPORT, task_of(order, ask.now, offered=True))]
    return [task_store.never_offered(tenant_id, order.id)] if situation.export else []


def money_back(db: TenantSession, before: Order, situation: Situation, step: Step, ask: Ask) -> list[Write]:
    """The credit or the invoice of an order that is no more.

    The ERP's invoices, and one with so many payments that all does not fit one transaction, are made void by the
    event's handler.
    """
    if before.invoice_id is None or before.invoiced is not None:
        held = money(before.held, before.currency)
        return [release(db.tenant_id, before.contract_id, held)] if held else []
    _, writes = void_for_order(db, before.invoice_id, situation.settings, ask.now)
    others = len(step_writes(db.tenant_id, step, ask.now)) + 1
    return writes if others + len(writes) <= MAX_WRITES else []
