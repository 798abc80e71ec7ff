"""What the ERP says of an order: quantities, shipments, status, payments (domain §8.1, protocol §7).

Every document may come twice and out of order; nothing changes the second time, and nothing that came from the ERP is
sent back to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.corrections import correct_for_order, void_for_order
from chalicelib.catalogue.model import sku_id
from chalicelib.kernel.clock import end_of_day
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.ids import fingerprint, new_id
from chalicelib.ordering import store
from chalicelib.ordering.actions.erp_payments import apply_payments
from chalicelib.ordering.actions.transaction import (
    MAX_WRITES,
    Situation,
    Step,
    read_situation,
    step_writes,
    with_lines,
)
from chalicelib.ordering.billing_facts import order_for_invoice
from chalicelib.ordering.erp import ErpOutcome, ErpUpdate, Outcome
from chalicelib.ordering.erp_rules import Followed, followed, is_cancelled, shipped_in
from chalicelib.ordering.holding import Holding, as_the_erp_says, known_to_erp, sent_off, together
from chalicelib.ordering.lines import Terms
from chalicelib.ordering.model import ErpTrace, Happening, Order, OrderLine, Shipment, Side, State
from chalicelib.ordering.store import OrderFile, Queue
from chalicelib.storage import codec, keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write

MAX_LINES = 300
_REMEMBERED = 50
_ERP = "erp"
_ZERO = Decimal(0)


def apply_erp_update(db: TenantSession, update: ErpUpdate, now: datetime) -> ErpOutcome:
    """Applies one document to the order that it is about and says what became of it; its content never raises.

    The order's own change is one transaction; payments are each one of their own and know themselves by their id, so
    that a run that broke in between is made good by the next.
    """
    order_id, reason = _find(db, update)
    if order_id is None:
        return ErpOutcome(outcome=Outcome.REJECTED, number=update.number, reason=reason)
    outcome = _apply(db, order_id, update, now)
    if outcome.outcome is Outcome.REJECTED and outcome.reason != "final":
        return outcome
    paid, notes = apply_payments(db, order_id, update, now)
    if paid and outcome.outcome is Outcome.UNCHANGED:
        outcome = replace(outcome, outcome=Outcome.APPLIED)
    return replace(outcome, notes=notes)


def _find(db: TenantSession, update: ErpUpdate) -> tuple[str | None, str]:
    """The order by its number, the ERP's id or our own id; or the reason why these name none, or two.

    Payments and shipments that come on their own name their order by whichever of them the ERP has.
    """
    named_by: dict[keys.Key, str] = {}
    for text in {update.number, update.document_id} - {""}:
        named_by[keys.number_guard(db.tenant_id, text)] = "order"
        named_by[store.erp_id_key(db.tenant_id, text)] = "id"
        named_by[keys.order_head(db.tenant_id, text)] = "id"
    found = db.get_many(named_by)
    named = {str(record.data[named_by[key]]) for key, record in found.items() if named_by[key] in record.data}
    if not named:
        return None, "unknown_order"
    return (named.pop(), "") if len(named) == 1 else (None, "id_disagrees")


def _apply(db: TenantSession, order_id: str, update: ErpUpdate, now: datetime) -> ErpOutcome:
    told_skus = [sku_id(line.product_id, line.variant_id) for line in update.lines or ()]

    def once() -> ErpOutcome:
        file = store.load_order(db, order_id)
        known = ErpOutcome(outcome=Outcome.UNCHANGED, order_id=order_id, number=file.order.number)
        if _was_applied(file.order, update):
            return known
        if reason := _objection(file.order, update):
            return replace(known, outcome=Outcome.REJECTED, reason=reason)
        situation, _ = read_situation(db, file, also=lambda seen: [*(line.sku for line in seen.lines), *told_skus])
        change = followed(file.lines, file.shipments, update, _terms(file.order, situation))
        if file.order.state is State.CANCELLED:
            touched = change.content_changed or change.shipments != file.shipments
            return replace(known, outcome=Outcome.REJECTED, reason="final") if touched else known
        step = _step(file, situation, change, update, now, tenant_id=db.tenant_id)
        if step is None:
            return known
        writes = _with_billing(db, file, situation, step, now)
        if len(writes) > MAX_WRITES or len(change.lines) > MAX_LINES:
            return replace(known, outcome=Outcome.REJECTED, reason="too_many_lines")
        db.commit(writes)
        return replace(known, outcome=Outcome.APPLIED)

    return until_committed(once)


def _terms(order: Order, situation: Situation) -> Terms:
    base = situation.settings.rounding_base
    return Terms(currency=order.currency, vat_included=order.vat_included, base=base)


def _mark(update: ErpUpdate) -> str:
    return fingerprint(json.dumps(codec.dump(update), ensure_ascii=False, sort_keys=True))


def _was_applied(order: Order, update: ErpUpdate) -> bool:
    """Whether this very document was applied. Without a version of its own only the last one is recognised: the ERP
    may well have changed something there and back again."""
    seen = order.erp.seen if update.document_version else order.erp.seen[-1:]
    return _mark(update) in seen or (order.state is State.CANCELLED and is_cancelled(update))


def _objection(order: Order, update: ErpUpdate) -> str:
    ours = update.document_id in ("", order.id)
    if not ours and order.erp.id not in ("", update.document_id):
        return "id_disagrees"
    if update.currency and update.currency != order.currency:
        return "currency_disagrees"
    if not order.state.is_confirmed and order.state is not State.CANCELLED:
        return "not_confirmed"
    return ""


def _step(
    file: OrderFile, situation: Situation, change: Followed, update: ErpUpdate, now: datetime, *, tenant_id: str
) -> Step | None:
    """The order after the document; None when nothing is different."""
    before = file.order
    edition = max(file.editions) + 1 if change.content_changed else before.edition
    order = replace(with_lines(before, change.lines, now), edition=edition)
    if change.content_changed:
        order = replace(order, agreed_edition=edition)
    if order.state is State.CANCELLED:
        order = replace(order, closed_by=Side.ERP)
    order = replace(order, erp=_trace(order, update))
    happenings = _happenings(file, order, change, now)
    if not happenings:
        return None
    order = replace(order, erp=replace(order.erp, seen=(*order.erp.seen, _mark(update))[-_REMEMBERED:]))
    first, *others = happenings
    return Step(
        order=order,
        happening=first,
        lines=change.lines,
        holding=_holding(file, situation, change),
        writes=[
            *(store.happening_put(tenant_id, order.id, one) for one in others),
            *(store.shipment_put(tenant_id, order.id, one) for one in change.shipments if one not in file.shipments),
            *_links(tenant_id, before, update),
            *([store.task_delete(tenant_id, Queue.EXPORT, order.id)] if situation.export else []),
            *_told(tenant_id, order, change, now),
        ],
    )


def _trace(order: Order, update: ErpUpdate) -> ErpTrace:
    """What the ERP has told of its own document; that it speaks of the order proves that it has it."""
    return replace(
        order.erp,
        exported_edition=order.edition,
        id=update.document_id if update.document_id != order.id and update.document_id else order.erp.id,
        number=update.erp_number or order.erp.number,
        day=update.erp_day or order.erp.day,
        status=update.status_text or order.erp.status,
    )


def _links(tenant_id: str, before: Order, update: ErpUpdate) -> list[Write]:
    if update.document_id in ("", before.id, before.erp.id):
        return []
    return [store.erp_id_taken(tenant_id, update.document_id, before.id)]


def _told(tenant_id: str, order: Order, change: Followed, now: datetime) -> list[Write]:
    if not change.content_changed:
        return []
    name = "order.cancelled" if order.state is State.CANCELLED else "order.changed"
    return [
        store.told(tenant_id, order, name, now, by=_ERP),
        store.audited(tenant_id, order, name, _ERP, now, edition=str(order.edition)),
    ]


def _happenings(file: OrderFile, order: Order, change: Followed, now: datetime) -> list[Happening]:
    """What the history says, one entry for each thing that is different."""
    before, out = file.order, _Entries(now)
    if order.state is State.CANCELLED:
        out.add("erp_cancelled", edition=order.edition)
    elif change.content_changed:
        out.add("erp_changed", edition=order.edition)
    known = {shipment.id: shipment for shipment in file.shipments}
    for shipment in change.shipments:
        if shipment != known.get(shipment.id):
            kind = "shipment_deleted" if shipment.deleted else "shipped"
            out.add(kind, number=shipment.number)
    if order.erp.status != before.erp.status:
        out.add("erp_status", status=order.erp.status)
    if order.erp.number != before.erp.number:
        out.add("erp_numbered", number=order.erp.number)
    if not out.made and (change.lines != file.lines or order.erp != before.erp):
        out.add("erp_updated")
    return out.made


class _Entries:
    """Entries of the history that are made at one moment and keep their order."""

    def __init__(self, now: datetime) -> None:
        self._now, self._id = now, new_id(now)
        self.made: list[Happening] = []

    def add(self, kind: str, *, edition: int = 0, **params: str) -> None:
        entry_id = f"{self._id}-{len(self.made):02d}"
        self.made.append(Happening(id=entry_id, kind=kind, at=self._now, side=Side.ERP, edition=edition, params=params))


def _holding(file: OrderFile, situation: Situation, change: Followed) -> Holding:
    """The stock after the document: the ERP knows all of it, changed it itself, and has sent some of it off."""
    kind = situation.settings.exchange.stock_kind
    was, now = shipped_in(file.shipments), shipped_in(change.shipments)
    still_here = {sku: min(was.get(sku, _ZERO), quantity) for sku, quantity in now.items()}
    known = known_to_erp(situation.reservation)
    quantities = {
        sku: max(quantity - still_here.get(sku, _ZERO), _ZERO) for sku, quantity in _quantities(change.lines).items()
    }
    among = situation.contract.warehouse_ids
    raised = as_the_erp_says(known.reservation, quantities, situation.levels, among, kind)
    gone = {sku: quantity - was.get(sku, _ZERO) for sku, quantity in now.items() if quantity > was.get(sku, _ZERO)}
    shipped_at = _shipped_at(file.shipments, change.shipments, situation)
    sent = sent_off(raised.reservation, gone, situation.levels, kind, shipped_at)
    moves = together(together(known.moves, raised.moves), sent.moves)
    return Holding(reservation=sent.reservation, moves=moves)


def _quantities(lines: Iterable[OrderLine]) -> dict[str, Decimal]:
    out: dict[str, Decimal] = {}
    for line in lines:
        if not line.service:
            out[line.sku] = out.get(line.sku, _ZERO) + line.quantity
    return out


def _shipped_at(before: Sequence[Shipment], after: Sequence[Shipment], situation: Situation) -> datetime | None:
    """The latest moment at which what is new can have left: the end of its day; None if a day is missing."""
    days = [shipment.day for shipment in after if shipment not in before]
    known = [day for day in days if day is not None]
    if not known or len(known) < len(days):
        return None
    return end_of_day(max(known), situation.settings.time_zone)


def _with_billing(db: TenantSession, file: OrderFile, situation: Situation, step: Step, now: datetime) -> list[Write]:
    """All writes; the invoice follows the lines in the same transaction if it fits, else by the event's handler."""
    writes = step_writes(db.tenant_id, step, now)
    order = step.order
    if order.edition == file.order.edition or order.invoice_id is None or step.lines is None:
        return writes
    live = [line for line in step.lines if line.is_live]
    try:
        if live:
            facts = order_for_invoice(order, live)
            _, billing = correct_for_order(db, order.invoice_id, facts, situation.settings, now)
        else:
            _, billing = void_for_order(db, order.invoice_id, situation.settings, now)
    except Refused:  # void already, or too many payments: the handler looks again
        return writes
    return [*writes, *billing] if len(writes) + len(billing) <= MAX_WRITES else writes
