"""Placing an order: everything that must hold together is one transaction (domain §4.2, §5.8, §6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from chalicelib.billing.credit import credit_refusal, hold
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, Refused
from chalicelib.kernel.ids import fingerprint, new_id
from chalicelib.kernel.money import money
from chalicelib.ordering import cart_store, number_store, store
from chalicelib.ordering.actions.carts import price_problem, priced_lines
from chalicelib.ordering.actions.desk import Desk, ShelfOf, desk_keys, desk_of
from chalicelib.ordering.actions.lapsing import release_lapsed
from chalicelib.ordering.actions.shelf import open_shelf
from chalicelib.ordering.actions.transaction import MAX_WRITES, refuse_blocked, short_refusal, with_holding, with_lines
from chalicelib.ordering.cart import Cart, CartLine
from chalicelib.ordering.cover import told_cover
from chalicelib.ordering.goods import Goods
from chalicelib.ordering.hindrances import all_at_once, told_short
from chalicelib.ordering.holding import Holding, Reservation, follow, lasting, ready_by, wanted
from chalicelib.ordering.model import Happening, Order, OrderLine, order_number
from chalicelib.ordering.reservation_store import because, holding_writes
from chalicelib.ordering.states import Act, Side, State, after
from chalicelib.ordering.task_store import Queue, task_of, task_put
from chalicelib.stock.model import Level
from chalicelib.stock.store import levels
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession, TransactionRefused
from chalicelib.storage.writes import Check, Done, Equals, Write, guard

_OTHER_WRITES = 18
"""Confirming the order writes the most: guard, head, history, both queues, outbox, audit, hold, note of what was moved,
eight of the invoice, and one more for each further 200 lines."""

MAX_LINES = MAX_WRITES - _OTHER_WRITES
"""SKUs of an order: each is one write beside the others. Larger ones will be placed in steps (docs/adr)."""

MAX_COMMENT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """A person's wish to order the cart of a contract; `key` makes it happen once."""

    actor: Actor
    contract_id: str | None
    key: str
    comment: str = ""
    wished: date | None = None

    @property
    def guard_key(self) -> str:
        return f"place#{self.actor.user_id}#{self.key}"

    @property
    def fingerprint(self) -> str:
        wished = self.wished.isoformat() if self.wished else ""
        return fingerprint("\x1f".join((self.contract_id or "", self.comment, wished)))


def place_order(db: TenantSession, new: NewOrder, now: datetime, *, shelf_of: ShelfOf = open_shelf) -> str:
    """Orders what is in the cart; the new order's id. The same key again answers the first order's id.

    Nothing is taken unless all is, but for goods on order: of these the rest is noted as so. Refused names every short
    line ("short"), every line whose price is not the one that was seen or that can't be ordered ("cart_attention"), too
    little credit ("credit_short", "credit_exceeded"), a blocked contract or dealer, an empty cart, or more than
    `MAX_LINES` lines ("order_too_long"). Several of the first three are told at once ("order_hindered").
    """
    contract_id = new.contract_id
    if contract_id is None or new.actor.party_id is None:
        raise Refused("no_contract")
    guard_at = keys.idempotency(db.tenant_id, new.guard_key)
    sequence_at = number_store.sequence_key(db.tenant_id)
    wanted_rows = [*desk_keys(db.tenant_id, new.actor, contract_id), guard_at, sequence_at]
    numbers = _Numbers()

    def once() -> str:
        rows = db.get_many(wanted_rows)
        if guard_at in rows:
            return _first_answer(rows[guard_at], new)
        desk = desk_of(db, new.actor, contract_id, rows, shelf_of, now)
        _check_wish(desk, new)
        running, counting = numbers.following(db, rows.get(sequence_at))
        order, lines, holding = _drafted(db, desk, new, running, now)
        try:
            db.commit([*counting, *_writes(db.tenant_id, desk, new, order, lines, holding, rows, now)])
        except TransactionRefused as refused:
            numbers.consider(refused, keys.number_guard(db.tenant_id, order.number))
            raise
        return order.id

    return until_committed(once)


class _Numbers:
    """Where an order's running number comes from. At first it is the counter's next one, and the counter moves with
    the order: no round trip of its own, no gap. When somebody was quicker, it is drawn beforehand, so that buyers who
    order at the same time don't wait for one another; then a refused order leaves a gap."""

    def __init__(self) -> None:
        self._clashed = False
        self._drawn: int | None = None

    def following(self, db: TenantSession, counter: Record | None) -> tuple[int, list[Write]]:
        """The number for this attempt, and what is to be written for it."""
        if not self._clashed or counter is None:
            running = number_store.last_number(counter) + 1
            return running, [number_store.number_given(db.tenant_id, counter, running)]
        if self._drawn is None:
            self._drawn = number_store.number_drawn(db)
        return self._drawn, []

    def consider(self, refused: TransactionRefused, number: Key) -> None:
        """After a clash: a number that an order has already is not tried again (the counter is behind the orders
        after a backup was restored)."""
        self._clashed = True
        if any(write.key == number for write, _ in refused.failures):
            self._drawn = None


def _first_answer(done: Record, new: NewOrder) -> str:
    if done.data["fingerprint"] != new.fingerprint:
        raise Invalid("key_reused")
    return str(done.data["result"]["order"])


def _check_wish(desk: Desk, new: NewOrder) -> None:
    """What can be said before the stock is looked at."""
    if len(new.comment) > MAX_COMMENT:
        raise Invalid(fields={"comment": Complaint(code="too_long", params={"limit": MAX_COMMENT})})
    if new.wished is not None and new.wished < desk.day:
        raise Invalid(fields={"wished": Complaint(code="day_passed")})
    refuse_blocked(desk.contract, desk.party)
    if not desk.cart.lines:
        raise Refused("cart_empty")
    if len(desk.cart.lines) > MAX_LINES:
        raise Refused("order_too_long", limit=MAX_LINES, count=len(desk.cart.lines))


def _drafted(
    db: TenantSession, desk: Desk, new: NewOrder, running: int, now: datetime
) -> tuple[Order, tuple[OrderLine, ...], Holding]:
    """The order as it would be; refuses what can't be ordered, naming every line and what credit is missing."""
    goods = desk.shelf.goods({line.sku: line.quantity for line in desk.cart.lines})
    listed = {sku: one for sku, one in goods.items() if one.listed}
    lines = tuple(priced_lines(desk.terms, desk.cart.lines, listed).values())
    order = _order(desk, new, lines, running, now)
    skus = sorted(line.sku for line in lines)
    stock, ready = levels(db, skus, consistent=True), ready_by(lines, desk.day)
    holding = follow(Reservation(), wanted(lines), stock, desk.sources, ready)
    if release_lapsed(db, holding, stock, now):
        stock = levels(db, skus, consistent=True)
        holding = follow(Reservation(), wanted(lines), stock, desk.sources, ready)
    holding = lasting(holding, Reservation(), order.reserved_until)
    news, credit = _news_refusal(desk, goods, stock, ready), _credit_refusal(desk, order)
    short = told_short(holding.short, desk.group, alone=news is None and credit is None)
    refusal = all_at_once(news, short_refusal(short, desk.group, lines) if short else None, credit)
    if refusal is not None:
        raise refusal
    return order, lines, holding


def _credit_refusal(desk: Desk, order: Order) -> Refused | None:
    limit = desk.contract.credit_limit
    if limit is None or desk.account.exposure + order.gross <= limit:
        return None
    return credit_refusal(desk.account, money(order.gross, order.currency), limit)


def _news_refusal(
    desk: Desk, goods: Mapping[str, Goods], stock: Mapping[str, Level], ready: Mapping[str, date]
) -> Refused | None:
    """Every line that is not as the person saw it, at once (domain §3.11)."""
    made = {
        line.sku
        for line in desk.cart.lines
        if line.seen_days is None
        and line.sku in ready
        and told_cover(stock[line.sku], line.quantity, desk.sources, desk.group, ready[line.sku]).on_order
    }
    told = [news for line in desk.cart.lines if (news := _news(line, goods.get(line.sku), line.sku in made))]
    return Refused("cart_attention", tuple(chain.from_iterable(told)), count=len(told)) if told else None


def _news(line: CartLine, now: Goods | None, on_order: bool) -> list[Complaint]:
    """That goods on order are there later is told whether or not some are in stock: to whom stock is words only, it
    would tell more than the word. For the same reason `on_order` is what the cart's page tells."""
    about = {"article": line.article, "name": line.name}
    news = []
    if problem := price_problem(line, now):
        prices = {"before": line.seen_price, "now": now.price if now else None}
        news.append(Complaint(code=f"line_{problem}", params={**about, **prices}))
    if now and line.is_later(now.lead_days, on_order=on_order):
        code = "line_on_order" if line.seen_days is None else "line_later"
        days = {"before": line.seen_days, "count": now.lead_days}
        news.append(Complaint(code=code, params={**about, **days}))
    return news


def _order(desk: Desk, new: NewOrder, lines: tuple[OrderLine, ...], running: int, now: datetime) -> Order:
    contract = desk.contract
    order = Order(
        id=new_id(now),
        number=order_number(desk.settings.order_prefix, running),
        state=after(State.DRAFT, Act.PLACE, Side.DEALER),
        party_id=desk.party.id,
        party_name=desk.party.name,
        contract_id=contract.id,
        contract_number=contract.number,
        entity_id=contract.entity_id,
        currency=contract.currency,
        vat_included=desk.shelf.vat_included,
        created=now,
        month=f"{desk.day:%Y-%m}",
        changed=now,
        placed_by=new.actor.user_id,
        placed_by_name=new.actor.name,
        net=Decimal(0),
        vat=Decimal(0),
        gross=Decimal(0),
        line_count=0,
        first_line="",
        comment=new.comment,
        wished=new.wished,
        waiting_since=now,
        reserved_until=desk.settings.reserved_until(now),
    )
    order = with_lines(order, lines, now)
    return replace(order, held=order.gross)


def _writes(
    tenant_id: str,
    desk: Desk,
    new: NewOrder,
    order: Order,
    lines: tuple[OrderLine, ...],
    holding: Holding,
    rows: Mapping[Key, Record],
    now: datetime,
) -> list[Write]:
    amount = money(order.gross, order.currency)
    placed = Happening(
        id=new_id(now),
        kind="placed",
        at=now,
        side=Side.DEALER,
        actor_id=new.actor.user_id,
        actor_name=new.actor.name,
        comment=new.comment,
        edition=1,
    )
    terms = (
        keys.contract(tenant_id, desk.party.id, desk.contract.id),
        keys.party_profile(tenant_id, desk.party.id),
    )
    return [
        guard(tenant_id, new.guard_key, Done({"order": order.id}, new.fingerprint), now=now),
        number_store.number_taken(tenant_id, order),
        store.order_put(tenant_id, with_holding(order, holding)),
        store.lines_put(tenant_id, order, lines),
        store.happening_put(tenant_id, order.id, placed),
        task_put(tenant_id, Queue.MODERATION, task_of(order, now)),
        store.told(tenant_id, order, "order.submitted", now),
        store.audited(tenant_id, order, "order.placed", new.actor.user_id, now),
        hold(tenant_id, order.contract_id, amount, desk.contract.credit_limit),
        *(Check(key=key, when=(Equals(("version",), rows[key].version),)) for key in terms),
        *cart_store.cart_writes(tenant_id, new.actor.user_id, desk.cart, Cart(contract_id=desk.contract.id)),
        *holding_writes(tenant_id, order.id, holding, because(order, placed)),
    ]
