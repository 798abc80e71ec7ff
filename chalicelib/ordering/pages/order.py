"""An order: its lines, history and documents, and what its dealer and the manager may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.billing.model import OrderDocument
from chalicelib.http.listing import Tone
from chalicelib.http.problems import field_errors, sentence
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, KontorError, Refused
from chalicelib.ordering import actions
from chalicelib.ordering.actions import Ask
from chalicelib.ordering.actions.order_view import DecisionDesk, ShownCover
from chalicelib.ordering.billing_facts import vat_shares
from chalicelib.ordering.cover import limited
from chalicelib.ordering.holding import wanted_of
from chalicelib.ordering.model import Order
from chalicelib.ordering.pages.base import (
    MODERATE,
    PLACE,
    READ,
    TONES,
    complaints_of,
    doors,
    due_text,
    formats,
    line_tag,
    state_text,
)
from chalicelib.ordering.pages.history import change_rows, timeline
from chalicelib.ordering.pages.quantities import retyped, typed_quantities
from chalicelib.ordering.states import Act, Side, State, may
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.words import cover_texts, lacking_text
from chalicelib.pricing.words import sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What this reader may do to the order now."""

    confirm: bool
    ask: bool
    change: bool
    refuse: bool
    answer: bool
    edit: bool
    cancel: bool
    receive: bool
    extend: bool
    repeat: bool


@doors.page("/orders/{order_id}", may=READ)
def order_page(request: Request) -> Response:
    return _show(request)


@doors.page("/orders/{order_id}/confirm", may=MODERATE, methods=("POST",))
def order_confirm(request: Request) -> Response:
    return _acting(request, lambda ask: _confirmed(request, ask), "order_confirmed")


@doors.page("/orders/{order_id}/ask", may=MODERATE, methods=("POST",))
def order_ask(request: Request) -> Response:
    question = request.form.text("question")
    return _acting(request, lambda ask: actions.ask_dealer(request.db, ask, question), "dealer_asked")


@doors.page("/orders/{order_id}/change", may=MODERATE, methods=("POST",))
def order_change(request: Request) -> Response:
    return _acting(request, lambda ask: _edited(request, ask), "order_changed_by_us")


@doors.page("/orders/{order_id}/refuse", may=MODERATE, methods=("POST",))
def order_refuse(request: Request) -> Response:
    reason = request.form.text("reason")
    return _acting(request, lambda ask: actions.refuse(request.db, ask, reason), "order_refused")


@doors.page("/orders/{order_id}/edit", may=PLACE, methods=("POST",))
def order_edit(request: Request) -> Response:
    return _acting(request, lambda ask: _edited(request, ask), "order_edited")


@doors.page("/orders/{order_id}/accept", may=PLACE, methods=("POST",))
def order_accept(request: Request) -> Response:
    answer = request.form.text("answer")
    return _acting(request, lambda ask: actions.accept_changes(request.db, ask, answer), "changes_accepted")


@doors.page("/orders/{order_id}/decline", may=PLACE, methods=("POST",))
def order_decline(request: Request) -> Response:
    answer = request.form.text("answer")
    return _acting(request, lambda ask: actions.decline_changes(request.db, ask, answer), "changes_declined")


@doors.page("/orders/{order_id}/cancel", may=PLACE, methods=("POST",))
def order_cancel(request: Request) -> Response:
    reason = request.form.text("reason")
    return _acting(request, lambda ask: actions.cancel(request.db, ask, reason), "order_cancelled")


@doors.page("/orders/{order_id}/extend", may=PLACE, methods=("POST",))
def order_extend(request: Request) -> Response:
    return _acting(request, lambda ask: actions.extend_reserve(request.db, ask), "reserve_extended")


@doors.page("/orders/{order_id}/reserve", may=MODERATE, methods=("POST",))
def order_reserve(request: Request) -> Response:
    return _acting(request, lambda ask: actions.extend_reserve(request.db, ask), "reserve_extended")


@doors.page("/orders/{order_id}/receive", may=PLACE, methods=("POST",))
def order_receive(request: Request) -> Response:
    return _acting(request, lambda ask: actions.receive(request.db, ask), "order_received")


@doors.page("/orders/{order_id}/repeat", may=PLACE, methods=("POST",))
def order_repeat(request: Request) -> Response:
    once, now = request.idempotency_key, request.now
    order_id, contract_id = request.params["order_id"], request.person.contract_id
    left = actions.repeat_order(request.db, request.actor, contract_id, order_id, now, once=once)
    return request.go("/cart", notice="order_repeated_partly" if left else "order_repeated")


def _edited(request: Request, ask: Ask) -> Order:
    form = request.form
    return actions.edit_order(request.db, ask, typed_quantities(form), form.text("lines"), form.text("comment"))


def _confirmed(request: Request, ask: Ask) -> Order:
    """What was typed beside is never lost in a confirmation: the dealer has to agree to it first."""
    form = request.form
    if retyped(form) or form.text("lines") or form.text("comment"):
        raise Refused("order_retyped")
    return actions.confirm(request.db, ask)


def _acting(request: Request, act: Callable[[Ask], Order], notice: str) -> Response:
    """Does it on the version that the person saw; a refusal is shown above the order as it is now."""
    ask = Ask(
        actor=request.actor,
        order_id=request.params["order_id"],
        version=request.form.version,
        key=request.idempotency_key,
        now=request.now,
    )
    try:
        act(ask)
    except (Invalid, Refused) as refusal:
        return _show(request, refusal)
    return request.go(f"/orders/{ask.order_id}", notice=notice)


def _show(request: Request, refusal: KontorError | None = None) -> Response:
    file = actions.show_order(request.db, request.actor, request.params["order_id"])
    order, possible = file.order, _possible(request, file.order)
    desk = actions.decision_desk(request.db, file, request.now) if possible.change else None
    cover = _could(file, desk) if desk else actions.show_cover(request.db, request.actor, file, request.now)
    errors = field_errors(request.t, refusal) if isinstance(refusal, Invalid) else {}
    return request.page(
        "ordering/order.html",
        status=refusal.status if refusal else 200,
        order=order,
        lines=file.lines,
        vat=vat_shares(file.live_lines),
        state=(TONES[order.state], state_text(request, order.state)),
        tags={line.id: line_tag(request, order, line, cover) for line in file.lines},
        reserve=_reserve(request, order, cover),
        why={line.id: sentences(request.t, formats(request), line.why) for line in file.lines},
        desk=desk,
        cover=_covers(request, file, cover),
        due=due_text(request, cover.due),
        is_late=cover.is_after(order.wished),
        events=timeline(request, file, exact=cover.exact),
        documents=[(document, _document_path(request, document)) for document in file.documents],
        shipments=file.shipments,
        changes=change_rows(request, file) if order.waits_for_agreement else [],
        question=_question(file),
        possible=possible,
        waits_for_buyer=order.state is State.AWAITING_DEALER and request.actor.is_dealer and not possible.answer,
        staff=not request.actor.is_dealer,
        refused=sentence(request.t, refusal) if refusal and not errors else None,
        complaints=complaints_of(request, refusal) if refusal and not errors else [],
        errors=errors,
        form=request.form.plain(),
    )


def _covers(request: Request, file: OrderFile, cover: ShownCover) -> dict[str, tuple[list[str], str]]:
    """By line what it is covered by, where goods have to come, and what is lacking."""
    fmt, today = formats(request), local_day(request.now, request.time_zone)
    return {
        line.id: (
            cover_texts(request.t, fmt, one, line.unit, today, lead_days=line.lead_days, exact=cover.exact),
            lacking_text(request.t, fmt, one, exact=cover.exact),
        )
        for line in file.lines
        if (one := cover.lines.get(line.id)) is not None
    }


def _could(file: OrderFile, desk: DecisionDesk) -> ShownCover:
    """What the order can have now, for the manager who decides."""
    lines = {
        line.id: limited(there, wanted_of(line), desk.on_order.get(line.sku), desk.ready.get(line.sku))
        for line in file.lines
        if (there := desk.covered.get(line.sku)) is not None
    }
    return ShownCover(lines=lines, exact=True, holds=desk.holds)


def _reserve(request: Request, order: Order, cover: ShownCover) -> tuple[Tone, str] | None:
    """Until when the goods are held, or since when they are not; None for a reserve without an end, or of nothing."""
    if order.reserved_until is None or not cover.holds:
        return None
    moment = formats(request).datetime(order.reserved_until)
    if order.has_lapsed(request.now):
        return "warn", request.t.t("ordering.reserve.lapsed", at=moment)
    some = any(one.on_order for one in cover.lines.values())
    return "info", request.t.t("ordering.reserve.until_some" if some else "ordering.reserve.until", at=moment)


def _possible(request: Request, order: Order) -> Possible:
    actor, state = request.actor, order.state
    staff = actor.may(MODERATE) and not actor.is_dealer
    buyer = actor.may(PLACE) and actor.is_dealer
    return Possible(
        confirm=staff and may(state, Act.CONFIRM, Side.STAFF),
        ask=staff and may(state, Act.ASK, Side.STAFF),
        change=staff and may(state, Act.EDIT, Side.STAFF),
        refuse=staff and may(state, Act.CANCEL, Side.STAFF),
        answer=buyer and may(state, Act.ACCEPT, Side.DEALER),
        edit=buyer and may(state, Act.EDIT, Side.DEALER),
        cancel=buyer and may(state, Act.CANCEL, Side.DEALER),
        receive=buyer and may(state, Act.RECEIVE, Side.DEALER),
        extend=order.reserved_until is not None and (staff or (buyer and not order.reserve_extended)),
        repeat=buyer,
    )


def _question(file: OrderFile) -> str:
    """What the manager last said with a question or a change."""
    said = [one.comment for one in file.happenings if one.side is Side.STAFF and one.comment]
    return said[-1] if said else ""


def _document_path(request: Request, document: OrderDocument) -> str | None:
    """Where the reader may open it; None where it is only named."""
    if not request.actor.may(Permission.BILLING_READ):
        return None
    places = {"invoice": "/invoices/", "payment": "/payments/"}
    return places[document.kind] + document.id if document.kind in places else None
