"""What the start page reads: a few queries, each with a limit, so that it is quick however large the tenant grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.billing import store as billing
from chalicelib.billing.ageing import Ageing, ageing
from chalicelib.exchange import store as exchange
from chalicelib.kernel.access import Actor, Permission
from chalicelib.kernel.clock import local_day, stamp, start_of_day
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import Money
from chalicelib.network.actions.reading import Dealer, open_dealer
from chalicelib.ordering import store as ordering
from chalicelib.ordering import task_store
from chalicelib.ordering.model import Order
from chalicelib.ordering.states import State
from chalicelib.overview.model import TO_SHIP, Day, LastExchange, added_up, by_day, first_day, last_exchange
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import Beginnings, load_beginnings

NEWEST = 6
_MOST = 1000  # rows of one query
_QUEUE = 200
_OWN = 50
_JOURNAL = 40
_END = "~"  # after every moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Orders that wait for the manager; `oldest` = since when the first of them does."""

    count: int
    is_cut: bool
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToShip:
    """Orders that have still to leave; cut: there are more open orders than were read."""

    count: int
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The orders of this month but the cancelled ones; cut: there are more than were read."""

    count: int
    sums: tuple[Money, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What is owed, one ageing a currency; cut: there are more open invoices than were read."""

    ageing: tuple[Ageing, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOverview:
    """What the manufacturer's people see; None = not for this role."""

    beginnings: Beginnings
    month: Month
    days: tuple[Day, ...]
    newest: tuple[Order, ...]
    waiting: Waiting | None  # for who decides on orders
    to_ship: ToShip | None  # for the others
    debt: Debt | None
    exchange: LastExchange | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerOverview:
    """What a dealer's people see. `active` orders are not finished, `asked` of them wait for the dealer's answer."""

    dealer: Dealer
    newest: tuple[Order, ...]
    active: int
    asked: int
    is_cut: bool
    debt: tuple[Ageing, ...]
    next_due: date | None  # of what is not overdue yet


def staff_overview(db: TenantSession, actor: Actor, now: datetime, time_zone: str) -> StaffOverview:
    """At most six round trips, one of them only while the first steps are not done."""
    today = local_day(now, time_zone)
    page = ordering.month_orders(db, f"{today:%Y-%m}", limit=_MOST, after=None)
    this_month = [ordering.order_from(record) for record in page.records]
    beginnings = load_beginnings(db, has_dealer=bool(this_month))
    since = first_day(today, local_day(beginnings.settings.created, time_zone))
    orders = this_month
    if page.next is not None:
        since = max(since, local_day(this_month[-1].created, time_zone) + timedelta(days=1))
    elif since.month != today.month:
        orders = this_month + _earlier(db, since, time_zone)
    live = [order for order in orders if order.state is not State.CANCELLED]
    this_months = sum(order.state is not State.CANCELLED for order in this_month)
    decides = actor.may(Permission.MODERATE)
    return StaffOverview(
        beginnings=beginnings,
        month=Month(count=this_months, sums=added_up(this_month), is_cut=page.next is not None),
        days=by_day((local_day(order.created, time_zone) for order in live), since, today),
        newest=tuple(orders[:NEWEST]),
        waiting=_waiting(db) if decides else None,
        to_ship=None if decides else _to_ship(db),
        debt=_debt(db, today) if actor.may(Permission.BILLING_READ) else None,
        exchange=_exchange(db, now) if actor.may(Permission.EXCHANGE) else None,
    )


def _earlier(db: TenantSession, since: date, time_zone: str) -> list[Order]:
    """Orders of the month of `since` from that day on, newest first."""
    places = keys.month_orders(db.tenant_id, f"{since:%Y-%m}")
    page = db.query(places, newest_first=True, limit=_MOST, since=stamp(start_of_day(since, time_zone)), until=_END)
    return [ordering.order_from(record) for record in page.records]


def _waiting(db: TenantSession) -> Waiting:
    page = task_store.queue_page(db, task_store.Queue.MODERATION, limit=_QUEUE)
    tasks = [task_store.task_from(record) for record in page.records]
    return Waiting(count=len(tasks), is_cut=page.next is not None, oldest=tasks[0].since if tasks else None)


def _to_ship(db: TenantSession) -> ToShip:
    page = ordering.open_orders(db, limit=_MOST)
    orders = [ordering.order_from(record) for record in page.records]
    return ToShip(count=sum(order.state in TO_SHIP for order in orders), is_cut=page.next is not None)


def _debt(db: TenantSession, today: date) -> Debt:
    page = db.query(keys.all_open_invoices(db.tenant_id), limit=_MOST)
    invoices = [billing.invoice_from(record) for record in page.records]
    return Debt(ageing=tuple(ageing(invoices, today)), is_cut=page.next is not None)


def _exchange(db: TenantSession, now: datetime) -> LastExchange | None:
    entries, _ = exchange.journal_page(db, exchange.month_of(now), after=None, limit=_JOURNAL)
    return last_exchange(entries)


def dealer_overview(db: TenantSession, actor: Actor, now: datetime, time_zone: str) -> DealerOverview:
    """Four round trips; NotFound for the manufacturer's people."""
    if actor.party_id is None:
        raise NotFound()
    today = local_day(now, time_zone)
    page = ordering.party_orders(db, actor.party_id, limit=_OWN, after=None)
    orders = [ordering.order_from(record) for record in page.records]
    invoices = billing.listed_open(db, actor.party_id)
    return DealerOverview(
        dealer=open_dealer(db, actor.party_id),
        newest=tuple(orders[:NEWEST]),
        active=sum(not order.state.is_final for order in orders),
        asked=sum(order.state is State.AWAITING_DEALER for order in orders),
        is_cut=page.next is not None,
        debt=tuple(ageing(invoices, today)),
        next_due=min((one.due for one in invoices if one.is_open and not one.overdue_days(today)), default=None),
    )
