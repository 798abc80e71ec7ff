"""What the ERP says of an order: quantities, shipments, status, invoices, payments (domain §8.1, protocol §7).

Every document may come twice and out of order; nothing changes the second time, what is older than what was applied is
refused where files say when they were formed, and nothing that came from the ERP is sent back to it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from chalicelib.catalogue.model import sku_id
from chalicelib.kernel.errors import Refused, Unavailable
from chalicelib.kernel.ids import fingerprint
from chalicelib.ordering import store
from chalicelib.ordering.actions.erp_invoices import apply_invoices, order_of_invoice
from chalicelib.ordering.actions.erp_payments import apply_payments
from chalicelib.ordering.actions.erp_step import Work, erp_terms, next_stage
from chalicelib.ordering.actions.transaction import MAX_WRITES, Situation, read_situation
from chalicelib.ordering.erp import ErpOutcome, ErpUpdate, Outcome
from chalicelib.ordering.erp_age import is_older, remembered
from chalicelib.ordering.erp_rules import followed, is_cancelled
from chalicelib.ordering.model import Order
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.storage import codec, keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Put

MAX_LINES = 300
_MOST_STAGES = 400


def apply_erp_update(db: TenantSession, update: ErpUpdate, now: datetime) -> ErpOutcome:
    """Applies one document to the order that it is about and says what became of it; its content never raises.

    The order's own change is one transaction, or several where it is a large one; invoices and payments are each one of
    their own and know themselves by their id, so that a run that broke in between is made good by the next.
    """
    order_id, reason = _find(db, update)
    if order_id is None:
        return ErpOutcome(outcome=Outcome.REJECTED, number=update.number, reason=reason)
    outcome, word = _apply(db, order_id, update, now)
    if outcome.outcome is Outcome.REJECTED and outcome.reason != "final":
        return outcome
    invoiced, refused = apply_invoices(db, order_id, update, now)
    paid, notes = apply_payments(db, order_id, update, now)
    if word is not None:
        db.commit([word])
    if (invoiced or paid) and outcome.outcome is Outcome.UNCHANGED:
        outcome = replace(outcome, outcome=Outcome.APPLIED)
    return replace(outcome, notes=(*refused, *notes))


def _find(db: TenantSession, update: ErpUpdate) -> tuple[str | None, str]:
    """The order by its number, the ERP's id or our own id; or the reason why these name none, or two.

    Papers that come on their own name their order by whichever of them the ERP has, or an invoice of it by its id.
    """
    named_by: dict[keys.Key, str] = {}
    for text in {update.number, update.document_id} - {""}:
        named_by[keys.number_guard(db.tenant_id, text)] = "order"
        named_by[store.erp_id_key(db.tenant_id, text)] = "id"
        named_by[keys.order_head(db.tenant_id, text)] = "id"
    found = db.get_many(named_by)
    named = {str(record.data[named_by[key]]) for key, record in found.items() if named_by[key] in record.data}
    if not named:
        order_id = order_of_invoice(db, update.number)
        return order_id, "" if order_id else "unknown_order"
    return (named.pop(), "") if len(named) == 1 else (None, "id_disagrees")


def _apply(db: TenantSession, order_id: str, update: ErpUpdate, now: datetime) -> tuple[ErpOutcome, Put | None]:
    """What became of the order itself, in as many transactions as it takes; and the note of when the ERP said this,
    if that is still to be written."""

    def once() -> tuple[ErpOutcome, Put | None, bool]:
        return _stage(db, order_id, update, now)

    applied = False
    for _ in range(_MOST_STAGES):
        outcome, word, more = until_committed(once)
        applied = applied or outcome.outcome is Outcome.APPLIED
        if not more:
            done = applied and outcome.outcome is Outcome.UNCHANGED
            return replace(outcome, outcome=Outcome.APPLIED) if done else outcome, word
    raise Unavailable("storage_busy")


def _stage(db: TenantSession, order_id: str, update: ErpUpdate, now: datetime) -> tuple[ErpOutcome, Put | None, bool]:
    """One transaction; whether there is more to do."""
    told_skus = [sku_id(line.product_id, line.variant_id) for line in update.lines or ()]
    file = store.load_order(db, order_id)
    known = ErpOutcome(outcome=Outcome.UNCHANGED, order_id=order_id, number=file.order.number)
    situation, _ = read_situation(db, file, now, also=lambda seen: [*(line.sku for line in seen.lines), *told_skus])
    if reason := _objection(file, update, situation):
        return replace(known, outcome=Outcome.REJECTED, reason=reason), None, False
    word = _word(file, update, situation, now)
    mark = _mark(update)
    holds = bool(situation.reservation.held)
    if _was_applied(file.order, update, mark, holds=holds):
        return known, word, False
    change = followed(file.lines, file.shipments, update, erp_terms(file.order, situation))
    if file.order.state is State.CANCELLED and not (holds and is_cancelled(update)):
        touched = change.content_changed or change.shipments != file.shipments
        return replace(known, outcome=Outcome.REJECTED, reason="final") if touched else known, word, False
    too_large = replace(known, outcome=Outcome.REJECTED, reason="too_many_lines")
    if len(change.lines) > MAX_LINES:
        return too_large, None, False
    work = Work(file=file, situation=situation, update=update, end=change, mark=mark, now=now)
    try:
        stage = next_stage(db, work)
    except Refused:
        return too_large, None, False
    if stage is None:
        return known, word, False
    fits = word is not None and stage.last and len(stage.writes) < MAX_WRITES
    db.commit([*stage.writes, word] if word is not None and fits else stage.writes)
    return replace(known, outcome=Outcome.APPLIED), None if fits else word, not stage.last


def _word(file: OrderFile, update: ErpUpdate, situation: Situation, now: datetime) -> Put | None:
    """The note of when the ERP said this, where it said so and nothing newer is known."""
    if not update.formed:
        return None
    settings, before = situation.settings, file.erp_words.get(update.about, "")
    formed = remembered(update.formed, now, settings.time_zone)
    if formed == before or is_older(formed, before, settings.time_zone):
        return None
    return store.erp_word_put(settings.id, file.order.id, update.about, formed)


def _mark(update: ErpUpdate) -> str:
    """The document whenever it was formed."""
    return fingerprint(json.dumps(codec.dump(replace(update, formed="")), ensure_ascii=False, sort_keys=True))


def _was_applied(order: Order, update: ErpUpdate, mark: str, *, holds: bool) -> bool:
    """Whether this very document was applied. Without a version of its own only the last one is recognised: the ERP
    may well have changed something there and back again. A cancelled order that `holds` stock was only cancelled in
    part."""
    seen = order.erp.seen if update.document_version else order.erp.seen[-1:]
    return mark in seen or (order.state is State.CANCELLED and is_cancelled(update) and not holds)


def _objection(file: OrderFile, update: ErpUpdate, situation: Situation) -> str:
    order = file.order
    ours = update.document_id in ("", order.id)
    if not ours and order.erp.id not in ("", update.document_id):
        return "id_disagrees"
    if update.currency and update.currency != order.currency:
        return "currency_disagrees"
    if not order.state.is_confirmed and order.state is not State.CANCELLED:
        return "not_confirmed"
    known = file.erp_words.get(update.about, "")
    return "older" if is_older(update.formed, known, situation.settings.time_zone) else ""
