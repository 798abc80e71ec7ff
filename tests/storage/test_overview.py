"""The start page's figures are what the tables have, in a few round trips."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.exchange import store as exchange
from chalicelib.exchange.model import Direction, EntryKind, EntryState, JournalEntry
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import local_day, utc_now
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import money
from chalicelib.ordering import store as ordering
from chalicelib.ordering.actions import cancel, refuse
from chalicelib.overview.actions import dealer_overview, staff_overview
from chalicelib.tenancy.store import load_settings, settings_write
from tests.support.cabinet import visits
from tests.support.range import publish_range
from tests.support.shop import NOW, Shop

ZONE = "Europe/Moscow"
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def shop(tables: None) -> Shop:
    return Shop({"A-1": ("100.00", 500)}, limit="10000.00")


def person(shop: Shop, role: Role) -> Actor:
    return Actor(tenant_id=shop.settings.id, user_id="p", name="Пётр", role=role)


def aged(shop: Shop, at: datetime) -> str:
    """The number of an order as if it had been made then."""
    file = shop.place(**{"A-1": 1})
    order = replace(file.order, created=at, month=f"{local_day(at, ZONE):%Y-%m}")
    shop.db.commit([ordering.order_put(shop.settings.id, order)])
    return order.number


def journal(shop: Shop, at: datetime, state: EntryState, kind: EntryKind = EntryKind.CATALOGUE) -> None:
    entry = JournalEntry(id=new_id(at), kind=kind, direction=Direction.CATALOG, state=state, at=at)
    shop.db.commit([exchange.entry_put(shop.settings.id, entry)])


def test_a_new_tenant_sees_its_first_steps_and_no_figures(shop: Shop) -> None:
    seen = staff_overview(shop.db, person(shop, Role.OWNER), NOW, ZONE)
    assert (seen.beginnings.connected, seen.beginnings.has_catalogue, seen.beginnings.has_dealer) == (
        False,
        False,
        True,
    )
    assert (seen.month.count, seen.month.sums, seen.newest) == (0, (), ())
    assert seen.exchange is None
    assert [day.orders for day in seen.days] == [0] * 14


def test_the_owner_sees_what_waits_this_month_the_debt_and_the_last_exchange(shop: Shop) -> None:
    shop.confirmed(**{"A-1": 5})
    shop.place(**{"A-1": 2})
    journal(shop, NOW - timedelta(days=3), EntryState.FAILED)
    journal(shop, NOW - timedelta(hours=2), EntryState.PARTLY)
    journal(shop, NOW - timedelta(hours=1), EntryState.DONE)
    for of_people in (EntryKind.SETTINGS, EntryKind.HAND, EntryKind.SHEET, EntryKind.VERSION):
        journal(shop, NOW, EntryState.DONE, of_people)
    seen = staff_overview(shop.db, person(shop, Role.OWNER), LATER, ZONE)
    assert seen.waiting is not None
    assert (seen.waiting.count, seen.waiting.oldest) == (1, NOW)
    assert (seen.month.count, seen.month.sums) == (2, (money("700.00", "RUB"),))
    assert sorted(order.gross for order in seen.newest) == [200, 500]
    assert seen.debt is not None
    assert [(one.debt, bool(one.overdue)) for one in seen.debt.ageing] == [(money("500.00", "RUB"), False)]
    assert seen.exchange is not None
    assert (seen.exchange.at, seen.exchange.troubles) == (NOW - timedelta(hours=1), 1)
    assert seen.to_ship is None


def test_the_warehouse_sees_what_has_to_leave_whichever_month_it_is_of(shop: Shop) -> None:
    shop.confirmed(**{"A-1": 5})
    seen = staff_overview(shop.db, person(shop, Role.WAREHOUSE), LATER + timedelta(days=90), ZONE)
    assert seen.to_ship is not None
    assert seen.to_ship.count == 1
    assert seen.month.count == 0


def test_debt_is_overdue_when_its_day_has_ended(shop: Shop) -> None:
    shop.confirmed(**{"A-1": 5})
    seen = staff_overview(shop.db, person(shop, Role.ACCOUNTANT), NOW + timedelta(days=15), ZONE)
    assert seen.debt is not None
    assert [one.overdue for one in seen.debt.ageing] == [money("500.00", "RUB")]


def test_a_cancelled_order_is_not_counted(shop: Shop) -> None:
    file = shop.place(**{"A-1": 2})
    cancel(shop.db, shop.ask(file, shop.buyer))
    seen = staff_overview(shop.db, person(shop, Role.OWNER), LATER, ZONE)
    assert (seen.month.count, seen.month.sums) == (0, ())
    assert sum(day.orders for day in seen.days) == 0


def test_the_chart_reaches_into_the_month_before_by_the_tenants_own_days(shop: Shop) -> None:
    settings = load_settings(shop.db)
    shop.db.commit([settings_write(replace(settings, created=NOW - timedelta(days=90)))])
    shop.place(**{"A-1": 1})
    aged(shop, NOW - timedelta(days=27))
    aged(shop, NOW - timedelta(days=28))  # before the chart
    aged(shop, datetime.fromisoformat("2026-10-31T21:30:00+00:00"))  # the first of November in Moscow
    seen = staff_overview(shop.db, person(shop, Role.OWNER), NOW, ZONE)
    assert (seen.days[0].day, seen.days[-1].day, len(seen.days)) == (date(2026, 10, 24), date(2026, 11, 20), 28)
    made = {day.day: day.orders for day in seen.days if day.orders}
    assert made == {date(2026, 10, 24): 1, date(2026, 11, 1): 1, date(2026, 11, 20): 1}


@pytest.mark.parametrize(
    ("role", "moderates", "money_seen", "exchanges"),
    [
        (Role.OWNER, True, True, True),
        (Role.SALES_MANAGER, True, True, False),
        (Role.ACCOUNTANT, False, True, False),
        (Role.WAREHOUSE, False, False, False),
    ],
)
def test_a_role_sees_only_the_figures_that_it_may_open(
    shop: Shop, role: Role, moderates: bool, money_seen: bool, exchanges: bool
) -> None:
    journal(shop, NOW, EntryState.DONE)
    seen = staff_overview(shop.db, person(shop, role), LATER, ZONE)
    assert (seen.waiting is not None, seen.debt is not None, seen.exchange is not None) == (
        moderates,
        money_seen,
        exchanges,
    )


def test_a_dealers_person_sees_own_orders_debt_and_credit(shop: Shop) -> None:
    shop.confirmed(**{"A-1": 5})
    refused = shop.place(**{"A-1": 1})
    refuse(shop.db, shop.ask(refused), reason="Нет на складе")
    shop.place(**{"A-1": 2})
    seen = dealer_overview(shop.db, shop.buyer, LATER, ZONE)
    assert (seen.active, seen.asked, seen.is_cut) == (2, 0, False)
    assert len(seen.newest) == 3
    assert [one.debt for one in seen.debt] == [money("500.00", "RUB")]
    assert seen.next_due == date(2026, 12, 4)
    assert seen.dealer.accounts[shop.contract.id].exposure == 700
    late = dealer_overview(shop.db, shop.buyer, NOW + timedelta(days=15), ZONE)
    assert [one.overdue for one in late.debt] == [money("500.00", "RUB")]
    assert late.next_due is None


def test_another_dealer_sees_nothing_of_it(shop: Shop) -> None:
    shop.confirmed(**{"A-1": 5})
    stranger = replace(shop.buyer, party_id=new_id(NOW))
    with pytest.raises(NotFound):
        dealer_overview(shop.db, stranger, LATER, ZONE)
    with pytest.raises(NotFound):
        dealer_overview(shop.db, person(shop, Role.OWNER), LATER, ZONE)


def test_the_start_page_is_read_in_six_round_trips_and_a_dealers_in_four(shop: Shop) -> None:
    settings = load_settings(shop.db)
    shop.db.commit([settings_write(replace(settings, created=NOW - timedelta(days=90)))])
    shop.confirmed(**{"A-1": 5})
    before = shop.db.usage.calls
    staff_overview(shop.db, person(shop, Role.OWNER), NOW, ZONE)
    assert shop.db.usage.calls - before == 6
    before = shop.db.usage.calls
    dealer_overview(shop.db, shop.buyer, NOW, ZONE)
    assert shop.db.usage.calls - before == 4


@pytest.mark.parametrize("who", ["owner", "buyer"])
def test_the_start_page_lists_the_newest_orders(
    shop: Shop, who: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_range(shop.db, tmp_path, monkeypatch)
    number = aged(shop, utc_now())
    page = visits(shop)("/", shop.buyer if who == "buyer" else person(shop, Role.OWNER))
    assert page.status_code == 200
    assert number in page.body.decode()
