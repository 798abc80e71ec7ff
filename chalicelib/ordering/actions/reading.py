"""Lists of orders: a dealer's own, the factory's of a month, and what waits for the manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.kernel.access import Actor
from chalicelib.kernel.money import Money, money
from chalicelib.ordering import number_store, store, task_store
from chalicelib.ordering.model import Order
from chalicelib.ordering.reservation_store import reservation_from, reservation_key
from chalicelib.ordering.states import State
from chalicelib.ordering.task_store import Queue, Task
from chalicelib.storage import keys
from chalicelib.storage.session import Page, TenantSession

PAGE = 50
MOST = 2000
_MAX_READS = 14  # a year of months without orders, and something found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which orders. The manufacturer's people see those of the `months` (`2026-11`), one after another, but for what
    waits for them and what is in work: these are never out of sight, and months only narrow them. A dealer's own are
    those placed between two moments, if given."""

    months: tuple[str, ...] = ()
    view: str = "all"  # all | waiting | active | closed
    state: State | None = None
    contract_id: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderList:
    """A page of orders, newest first, those that wait oldest first; `next` continues it. `sums` are of what is on this
    page, one a currency."""

    orders: tuple[Order, ...]
    next: str | None
    sums: tuple[Money, ...]


def list_orders(db: TenantSession, actor: Actor, wanted: Wanted) -> OrderList:
    """Orders that fit, about a page of them. A whole number of an order finds it wherever it is."""
    if wanted.search and (found := _by_number(db, actor, wanted.search)) is not None:
        return _listed([found], None)
    out: list[Order] = []
    cursor = wanted.cursor
    for _ in range(_MAX_READS):
        page = _page(db, actor, wanted, cursor)
        out += [order for order in map(store.order_from, page.records) if _fits(order, actor, wanted)]
        cursor = page.next
        if cursor is None or len(out) >= PAGE // 2:
            break
    return _listed(out, cursor)


def every_order(db: TenantSession, actor: Actor, wanted: Wanted) -> tuple[tuple[Order, ...], bool]:
    """All orders that fit, for a file: `MOST` at most; and whether there are more."""
    out: list[Order] = []
    cursor = wanted.cursor
    while len(out) < MOST:
        found = list_orders(db, actor, replace(wanted, cursor=cursor))
        out += found.orders
        cursor = found.next
        if cursor is None:
            break
    return tuple(out[:MOST]), cursor is not None or len(out) > MOST


def _page(db: TenantSession, actor: Actor, wanted: Wanted, cursor: str | None) -> Page:
    if actor.party_id is not None:
        since, until = wanted.since, wanted.until
        return store.party_orders(db, actor.party_id, limit=PAGE, after=cursor, since=since, until=until)
    match wanted.view:
        case "waiting":
            return _queued(db, cursor)
        case "active":
            return store.open_orders(db, limit=PAGE, after=cursor)
    return _of_months(db, wanted.months, cursor)


def _of_months(db: TenantSession, months: tuple[str, ...], cursor: str | None) -> Page:
    """A month's page; after its last one the next month's first. The cursor is `<month>/<place in it>`."""
    month, _, after = (cursor or "").partition("/")
    at = months.index(month) if month in months else 0
    page = store.month_orders(db, months[at], limit=PAGE, after=(after or None) if month in months else None)
    if page.next is not None:
        return Page(page.records, f"{months[at]}/{page.next}")
    return Page(page.records, f"{months[at + 1]}/" if at + 1 < len(months) else None)


def _queued(db: TenantSession, cursor: str | None) -> Page:
    """Orders that wait for the manager, the longest waiting first."""
    page = task_store.queue_page(db, Queue.MODERATION, limit=PAGE, after=cursor)
    heads = [keys.order_head(db.tenant_id, task_store.task_from(record).order_id) for record in page.records]
    found = db.get_many(heads)
    return Page(tuple(found[head] for head in heads if head in found), page.next)


def _listed(orders: Sequence[Order], cursor: str | None) -> OrderList:
    currencies = sorted({order.currency for order in orders})
    live = [order for order in orders if order.state is not State.CANCELLED]
    sums = tuple(
        money(sum((order.gross for order in live if order.currency == currency), Decimal(0)), currency)
        for currency in currencies
    )
    return OrderList(orders=tuple(orders), next=cursor, sums=sums)


def _by_number(db: TenantSession, actor: Actor, text: str) -> Order | None:
    order_id = number_store.order_of_number(db, text.strip().upper())
    record = db.get(keys.order_head(db.tenant_id, order_id)) if order_id else None
    order = store.order_from(record) if record else None
    return order if order is not None and store.is_visible(order, actor) else None


def _in_view(order: Order, actor: Actor, view: str) -> bool:
    match view:
        case "waiting":
            return order.state is (State.AWAITING_DEALER if actor.is_dealer else State.SUBMITTED)
        case "active":
            return not order.state.is_final
        case "closed":
            return order.state.is_final
    return True


def _fits(order: Order, actor: Actor, wanted: Wanted) -> bool:
    if not _in_view(order, actor, wanted.view):
        return False
    if not actor.is_dealer and wanted.months and order.month not in wanted.months:
        return False
    if wanted.state is not None and order.state is not wanted.state:
        return False
    if wanted.contract_id and order.contract_id != wanted.contract_id:
        return False
    sought = wanted.search.casefold()
    texts = (order.number, order.erp.number, order.party_name, order.first_line, order.contract_number)
    return not sought or any(sought in text.casefold() for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Tasks of the moderation queue, oldest first. `in_transit` = ids of the orders with a promise of goods on their
    way, `on_order` = of those of which something is to be made or brought."""

    tasks: tuple[Task, ...]
    in_transit: frozenset[str]
    on_order: frozenset[str]
    next: str | None


def moderation_queue(db: TenantSession, cursor: str | None) -> Waiting:
    page = task_store.queue_page(db, Queue.MODERATION, limit=PAGE, after=cursor)
    tasks = tuple(task_store.task_from(record) for record in page.records)
    held = {task.order_id: reservation_key(db.tenant_id, task.order_id) for task in tasks}
    rows = db.get_many(held.values(), consistent=False)
    reservations = {order_id: reservation_from(rows.get(key)) for order_id, key in held.items()}
    return Waiting(
        tasks=tasks,
        in_transit=frozenset(order_id for order_id, one in reservations.items() if one.waits),
        on_order=frozenset(order_id for order_id, one in reservations.items() if one.on_order),
        next=page.next,
    )
