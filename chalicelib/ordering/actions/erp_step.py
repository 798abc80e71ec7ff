"""One transaction's worth of what a document of the ERP makes of an order.

A large document is carried out in several: each follows the stock of some SKUs and the shipments as far as they are
of those, and leaves order, shipments, what is held and stock in agreement. Whoever carries on, be it after a
breakdown, works out from what is stored what is still to be done.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.corrections import correct_for_order, void_for_order
from chalicelib.billing.credit import rehold
from chalicelib.kernel.clock import end_of_day, local_day
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import money
from chalicelib.kernel.vat import rate_on
from chalicelib.ordering import store, task_store
from chalicelib.ordering.actions.transaction import MAX_WRITES, Situation, Step, step_writes, with_lines
from chalicelib.ordering.billing_facts import held_of, order_for_invoice
from chalicelib.ordering.erp import ErpUpdate
from chalicelib.ordering.erp_holding import as_the_erp_says, known_to_erp, sent_off
from chalicelib.ordering.erp_rules import Followed, followed, shipped_in
from chalicelib.ordering.holding import Holding, changed, together
from chalicelib.ordering.lines import Terms
from chalicelib.ordering.model import ErpTrace, Happening, Order, OrderLine, Shipment
from chalicelib.ordering.states import Side, State
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.task_store import Queue
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write

_REMEMBERED = 50
_NAMED = 10
"""Shipments that the history names one by one; more of them share an entry."""
_SKUS = (60, 45, 30, 20, 10, 5, 2, 1)
_ERP = "erp"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be done: `end` is what the order becomes in the end, `mark` names the document."""

    file: OrderFile
    situation: Situation
    update: ErpUpdate
    end: Followed
    mark: str
    now: datetime

    @property
    def tenant_id(self) -> str:
        return self.situation.settings.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Writes of one transaction; `last`: nothing is left after it."""

    writes: list[Write]
    last: bool


def next_stage(db: TenantSession, work: Work) -> Stage | None:
    """What is to be written next; None when nothing is different. Refused("order_too_large") when not even one SKU's
    part fits a transaction."""
    whole = _writes(db, work, work.end, None)
    if not whole:
        return None
    if len(whole) <= MAX_WRITES:
        return Stage(writes=whole, last=True)
    skus = sorted({*_holding(work, work.end).moves, *_left_to_ship(work)})
    for count in _SKUS:
        only = frozenset(skus[:count])
        part = followed(work.file.lines, work.file.shipments, work.update, terms_of(work), only)
        writes = _writes(db, work, part, only)
        if 0 < len(writes) <= MAX_WRITES:
            return Stage(writes=writes, last=False)
    raise Refused("order_too_large", limit=MAX_WRITES)


def _left_to_ship(work: Work) -> set[str]:
    """The SKUs of which some shipment is to take more or less than it has so far."""
    known = {shipment.id: shipment for shipment in work.file.shipments}
    out: set[str] = set()
    for shipment in work.end.shipments:
        before = shipped_in([known[shipment.id]] if shipment.id in known else [])
        after = shipped_in([shipment])
        out |= {sku for sku in {*before, *after} if before.get(sku) != after.get(sku)}
    return out


def terms_of(work: Work) -> Terms:
    return erp_terms(work.file.order, work.situation)


def erp_terms(order: Order, situation: Situation) -> Terms:
    """How what the ERP tells of the order is summed up, with the VAT of the order's day."""
    settings = situation.settings
    standard = rate_on(settings.vat_rates, local_day(order.created, settings.time_zone)) or None
    return Terms(
        currency=order.currency,
        vat_included=order.vat_included,
        base=settings.rounding_base,
        standard_vat=None if situation.contract.vat_exempt else standard,
    )


def _writes(db: TenantSession, work: Work, change: Followed, only: Container[str] | None) -> list[Write]:
    """All writes of a step; `only` = the SKUs whose stock it follows, None = all, and then it is the last one."""
    step = _step(work, change, only)
    return [] if step is None else _with_billing(db, work, step)


def _step(work: Work, change: Followed, only: Container[str] | None) -> Step | None:
    """The order after the step; None when nothing is different."""
    file, update, tenant_id = work.file, work.update, work.tenant_id
    before = file.order
    edition = max(file.editions) + 1 if change.content_changed else before.edition
    order = replace(with_lines(before, change.lines, work.now), edition=edition)
    if change.content_changed:
        order = replace(order, agreed_edition=edition)
    if order.state is State.CANCELLED:
        order = replace(order, closed_by=Side.ERP)
    order = replace(order, erp=_trace(order, update), held=held_of(order))
    holding = _holding(work, change, only)
    happenings = _happenings(work, order, change)
    if not happenings and not holding.moves:
        return None
    if only is None:
        order = replace(order, erp=replace(order.erp, seen=(*order.erp.seen, work.mark)[-_REMEMBERED:]))
    return Step(
        order=order,
        happening=None,
        lines=change.lines,
        holding=holding,
        writes=[
            *(store.happening_put(tenant_id, order.id, one) for one in happenings),
            *(store.shipment_put(tenant_id, order.id, one) for one in change.shipments if one not in file.shipments),
            *_links(tenant_id, before, update),
            *([task_store.task_delete(tenant_id, Queue.EXPORT, order.id)] if work.situation.export else []),
            *_told(tenant_id, order, change, work.now),
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


def _happenings(work: Work, order: Order, change: Followed) -> list[Happening]:
    """What the history says, one entry for each thing that is different and will not be different again."""
    before, out = work.file.order, _Entries(work.now)
    if order.state is State.CANCELLED and before.state is not State.CANCELLED:
        out.add("erp_cancelled", edition=order.edition)
    elif change.content_changed:
        out.add("erp_changed", edition=order.edition)
    known = {shipment.id: shipment for shipment in work.file.shipments}
    done = [one for one in change.shipments if one != known.get(one.id) and one in work.end.shipments]
    for deleted, kind in ((False, "shipped"), (True, "shipment_deleted")):
        numbers = [one.number for one in done if one.deleted is deleted]
        for named in (", ".join(numbers),) if len(numbers) > _NAMED else numbers:
            out.add(kind, number=named)
    if order.erp.status != before.erp.status:
        out.add("erp_status", status=order.erp.status)
    if order.erp.number != before.erp.number:
        out.add("erp_numbered", number=order.erp.number)
    if not out.made and not done and (change.lines != work.file.lines or order.erp != before.erp):
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


def _holding(work: Work, change: Followed, only: Container[str] | None = None) -> Holding:
    """The stock after the document: the ERP knows all of it, changed it itself, and has sent some of it off."""
    file, situation = work.file, work.situation
    kind = situation.settings.exchange.stock_kind
    was, now = shipped_in(file.shipments), shipped_in(change.shipments)
    still_here = {sku: min(was.get(sku, _ZERO), quantity) for sku, quantity in now.items()}
    known = known_to_erp(situation.reservation)
    quantities = {
        sku: max(quantity - still_here.get(sku, _ZERO), _ZERO) for sku, quantity in _quantities(change.lines).items()
    }
    among = situation.sources.warehouses
    raised = as_the_erp_says(known.reservation, quantities, situation.levels, among, kind)
    gone = {sku: quantity - was.get(sku, _ZERO) for sku, quantity in now.items() if quantity > was.get(sku, _ZERO)}
    shipped_at = _shipped_at(file.shipments, change.shipments, situation)
    sent = sent_off(raised.reservation, gone, situation.levels, kind, shipped_at)
    moves = together(together(known.moves, raised.moves), sent.moves)
    before, after = situation.reservation, sent.reservation
    if only is None:
        return changed(before, after.held, after.on_order, moves)
    held = {sku: parts for sku, parts in before.held.items() if sku not in only}
    held |= {sku: parts for sku, parts in after.held.items() if sku in only}
    made = {sku: one for sku, one in before.on_order.items() if sku not in only}
    made |= {sku: one for sku, one in after.on_order.items() if sku in only}
    return changed(before, held, made, {sku: parts for sku, parts in moves.items() if sku in only})


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


def _with_billing(db: TenantSession, work: Work, step: Step) -> list[Write]:
    """All writes. What the order holds of the credit follows at once; an invoice of ours follows the lines in the
    same transaction if it fits, else by the event's handler."""
    before, order = work.file.order, step.order
    writes = step_writes(work.tenant_id, step, work.now)
    if order.held != before.held:
        held, now = money(before.held, order.currency), money(order.held, order.currency)
        return [*writes, rehold(work.tenant_id, order.contract_id, held, now, None)]
    if order.edition == before.edition or order.invoice_id is None or order.invoiced is not None or step.lines is None:
        return writes
    live = [line for line in step.lines if line.is_live]
    settings = work.situation.settings
    try:
        if live:
            facts = order_for_invoice(order, live)
            _, billing = correct_for_order(db, order.invoice_id, facts, settings, work.now)
        else:
            _, billing = void_for_order(db, order.invoice_id, settings, work.now)
    except Refused:  # void already, or too many payments: the handler looks again
        return writes
    return [*writes, *billing] if len(writes) + len(billing) <= MAX_WRITES else writes
