"""What people do to an order after it was placed: the manager's queue and the dealer's answers (domain §5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.billing.credit import rehold
from chalicelib.billing.invoices import invoice_for_order
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.money import Money, money
from chalicelib.ordering import lines as line_rules
from chalicelib.ordering import store
from chalicelib.ordering.actions.asking import bodied, needed, shortened
from chalicelib.ordering.actions.transaction import (
    Ask,
    Situation,
    Step,
    carry_out,
    happening,
    refuse_blocked,
    with_lines,
)
from chalicelib.ordering.billing_facts import held_of, order_for_invoice
from chalicelib.ordering.holding import Holding, follow, lasting, ready_by, wanted
from chalicelib.ordering.model import Order, OrderLine
from chalicelib.ordering.states import Act, Side, State, after
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.task_store import Queue, task_delete, task_of, task_put
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import InvoiceSource, TenantSettings


def confirm(db: TenantSession, ask: Ask) -> Order:
    """The manager confirms: the order is binding, invoiced, and waits for the ERP.

    Where invoices come from the ERP, the order holds its credit until they do (docs/adr/0012). Its goods are held
    without end; what has run out is taken again, and every line of which there is too little is named.
    """

    def decide(file: OrderFile, situation: Situation) -> Step:
        invoice_id, invoice_writes = None, list[Write]()
        if situation.settings.exchange.invoices is InvoiceSource.KONTOR:
            facts = order_for_invoice(file.order, file.live_lines)
            invoice, invoice_writes = invoice_for_order(facts, situation.contract, situation.settings, ask.now)
            invoice_id = invoice.id
        order = replace(
            file.order,
            state=after(file.order.state, Act.CONFIRM, ask.side),
            invoice_id=invoice_id,
            invoiced=None if invoice_id else Decimal(0),
            agreed_edition=file.order.edition,
            waiting_since=None,
            reserved_until=None,
            changed=ask.now,
        )
        order = replace(order, held=held_of(order))
        return Step(
            order=order,
            happening=happening("confirmed", ask),
            holding=_held_stock(situation, order, file.lines, ask.now),
            writes=[
                task_delete(db.tenant_id, Queue.MODERATION, order.id),
                task_put(db.tenant_id, Queue.EXPORT, task_of(order, ask.now)),
                store.told(db.tenant_id, order, "order.confirmed", ask.now),
                store.audited(db.tenant_id, order, "order.confirmed", ask.actor.user_id, ask.now),
                *invoice_writes,
            ],
        )

    return carry_out(db, bodied(ask, "confirm"), decide, also=_skus)


def extend_reserve(db: TenantSession, ask: Ask) -> Order:
    """The order's goods are held for the tenant's time from now on; what has run out is taken again, if there is
    enough.

    A dealer may have it once, Refused("extended_already") after that; a manager at any time. Refused("reserve_endless")
    for a reserve that has no end, Refused("reserve_of_nothing") where all is on order.
    """

    def decide(file: OrderFile, situation: Situation) -> Step:
        state, by_dealer = after(file.order.state, Act.EXTEND, ask.side), ask.side is Side.DEALER
        if file.order.reserved_until is None:
            raise Refused("reserve_endless")
        if not situation.reservation.holds:
            raise Refused("reserve_of_nothing")
        if by_dealer and file.order.reserve_extended:
            raise Refused("extended_already")
        order = replace(
            file.order,
            state=state,
            reserved_until=situation.settings.reserved_until(ask.now),
            reserve_extended=file.order.reserve_extended or by_dealer,
            changed=ask.now,
        )
        return Step(
            order=order,
            happening=happening("extended", ask),
            holding=_held_stock(situation, order, file.lines, ask.now),
            writes=[store.audited(db.tenant_id, order, "order.extended", ask.actor.user_id, ask.now)],
        )

    return carry_out(db, bodied(ask, "extend"), decide, also=_skus)


def _skus(file: OrderFile) -> list[str]:
    return [line.sku for line in file.lines]


def ask_dealer(db: TenantSession, ask: Ask, question: str) -> Order:
    """The manager asks something; the order waits for the dealer's answer."""
    comment = needed(question, field="question")

    def decide(file: OrderFile, _: Situation) -> Step:
        state = after(file.order.state, Act.ASK, ask.side)
        order = replace(file.order, state=state, waiting_since=None, changed=ask.now)
        return Step(
            order=order,
            happening=happening("asked", ask, comment=comment),
            writes=[
                task_delete(db.tenant_id, Queue.MODERATION, order.id),
                store.told(db.tenant_id, order, "order.changed", ask.now),
                store.audited(db.tenant_id, order, "order.asked", ask.actor.user_id, ask.now),
            ],
        )

    return carry_out(db, bodied(ask, "ask", comment), decide)


def change_lines(
    db: TenantSession, ask: Ask, quantities: Mapping[str, Decimal], added: Sequence[OrderLine] = (), comment: str = ""
) -> Order:
    """New quantities by line id (zero takes a line out) and new lines: a new edition of the order.

    By the manager it waits for the dealer's answer, by the dealer it goes on moderation. Stock and credit follow in the
    same transaction. Invalid("nothing_changed") when the lines are as they were; a blocked contract or dealer is
    Refused to a dealer who wants more of anything, as it is to one who orders.
    """

    def decide(file: OrderFile, situation: Situation) -> Step:
        lines = line_rules.edited(file.lines, quantities, added, terms_of(file.order, situation.settings))
        if line_rules.same(file.lines, lines):
            raise Invalid("nothing_changed")
        if ask.side is Side.DEALER and _wants_more(file.lines, lines):
            refuse_blocked(situation.contract, situation.party)
        return _new_edition(db, ask, file, situation, lines, kind="changed", comment=shortened(comment))

    body = " ".join([*(f"{i}={q}" for i, q in sorted(quantities.items())), *(f"{n.sku}={n.quantity}" for n in added)])
    skus = [new.sku for new in added]
    return carry_out(
        db, bodied(ask, "change", body, comment), decide, also=lambda file: [*(line.sku for line in file.lines), *skus]
    )


def _wants_more(before: Sequence[OrderLine], now: Sequence[OrderLine]) -> bool:
    had = {line.id: line.quantity for line in before}
    return any(line.quantity > had.get(line.id, Decimal(0)) for line in now)


def accept_changes(db: TenantSession, ask: Ask, comment: str = "") -> Order:
    """The dealer answers yes: what the manager made of the order, or the answer to a question, goes to moderation."""

    def decide(file: OrderFile, _: Situation) -> Step:
        order = replace(
            file.order,
            state=after(file.order.state, Act.ACCEPT, ask.side),
            agreed_edition=file.order.edition,
            waiting_since=ask.now,
            changed=ask.now,
        )
        return Step(
            order=order,
            happening=happening("accepted", ask, comment=shortened(comment, field="answer")),
            writes=[
                task_put(db.tenant_id, Queue.MODERATION, task_of(order, ask.now)),
                store.told(db.tenant_id, order, "order.answered", ask.now),
                store.audited(db.tenant_id, order, "order.accepted", ask.actor.user_id, ask.now),
            ],
        )

    return carry_out(db, bodied(ask, "accept", comment), decide)


def decline_changes(db: TenantSession, ask: Ask, comment: str = "") -> Order:
    """The dealer answers no: the lines become what the dealer last agreed to, if the stock still has them."""

    def decide(file: OrderFile, situation: Situation) -> Step:
        after(file.order.state, Act.DECLINE, ask.side)
        lines = line_rules.restored(file.lines, file.editions[file.order.agreed_edition])
        return _new_edition(
            db, ask, file, situation, lines, kind="declined", comment=shortened(comment, field="answer")
        )

    def skus(file: OrderFile) -> list[str]:
        return [line.sku for lines in file.editions.values() for line in lines]

    return carry_out(db, bodied(ask, "decline", comment), decide, also=skus)


def receive(db: TenantSession, ask: Ask) -> Order:
    """The dealer has what was on its way; with its last line the order is completed."""

    def decide(file: OrderFile, _: Situation) -> Step:
        after(file.order.state, Act.RECEIVE, ask.side)
        lines = line_rules.arrived(file.lines)
        if lines == file.lines:
            raise Invalid("nothing_on_its_way")
        order = with_lines(file.order, lines, ask.now)
        return Step(
            order=order,
            lines=lines,
            happening=happening("received", ask),
            writes=[store.audited(db.tenant_id, order, "order.received", ask.actor.user_id, ask.now)],
        )

    return carry_out(db, bodied(ask, "receive"), decide)


def _new_edition(
    db: TenantSession,
    ask: Ask,
    file: OrderFile,
    situation: Situation,
    lines: tuple[OrderLine, ...],
    *,
    kind: str,
    comment: str,
) -> Step:
    """Other lines: stock and credit follow, and the other side is told."""
    tenant_id, before = db.tenant_id, file.order
    if not any(line.is_live for line in lines):
        raise Invalid("order_empty")
    act = Act.DECLINE if kind == "declined" else Act.EDIT
    state = after(before.state, act, ask.side)
    edition = max(file.editions) + 1
    by_dealer = ask.side is Side.DEALER
    was_waiting = before.waiting_since if before.state is State.SUBMITTED else None
    order = replace(
        with_lines(before, lines, ask.now),
        state=state,
        edition=edition,
        agreed_edition=edition if by_dealer else before.agreed_edition,
        waiting_since=(was_waiting or ask.now) if by_dealer else None,
    )
    order = replace(order, held=order.gross)
    if not by_dealer:  # their changes give the order its whole time anew; the dealer's own give it none
        order = replace(order, reserved_until=situation.settings.reserved_until(ask.now), reserve_extended=False)
    queue: Write = (
        task_put(tenant_id, Queue.MODERATION, task_of(order, order.waiting_since or ask.now))
        if by_dealer
        else task_delete(tenant_id, Queue.MODERATION, order.id)
    )
    before_held, after_held = _held(before), _held(order)
    credit = [rehold(tenant_id, order.contract_id, before_held, after_held, situation.contract.credit_limit)]
    return Step(
        order=order,
        lines=lines,
        happening=happening(kind, ask, comment=comment, edition=edition),
        holding=_held_stock(situation, order, lines, ask.now),
        writes=[
            queue,
            store.told(tenant_id, order, "order.edited" if by_dealer else "order.changed", ask.now),
            store.audited(tenant_id, order, f"order.{kind}", ask.actor.user_id, ask.now, edition=str(edition)),
            *(credit if before_held != after_held else []),
        ],
    )


def terms_of(order: Order, settings: TenantSettings) -> line_rules.Terms:
    return line_rules.Terms(currency=order.currency, vat_included=order.vat_included, base=settings.rounding_base)


def _held_stock(situation: Situation, order: Order, lines: Sequence[OrderLine], now: datetime) -> Holding:
    """What the order holds of its lines, until its reserve ends: nothing if that was before. Of what was on order it
    takes what there is now (docs/adr/0027)."""
    before, ready = situation.reservation, ready_by(lines, local_day(now, situation.settings.time_zone))
    quantities = {} if order.has_lapsed(now) else wanted(lines)
    held = follow(before, quantities, situation.levels, situation.sources, ready)
    return lasting(held, before, order.reserved_until)


def _held(order: Order) -> Money:
    return money(order.held, order.currency)
