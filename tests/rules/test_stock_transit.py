"""Goods on their way and a SKU's own safety stock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.network.segments import DealerGroup, StockShown
from chalicelib.stock.journal import Movement, Shift, Why, added_up, cause, mismatches, next_page, opening
from chalicelib.stock.model import Level, WarehouseLevel
from chalicelib.stock.restating import kept_back, restate
from chalicelib.stock.showing import expected
from chalicelib.stock.transit import Arrival, ByHand, coming
from chalicelib.tenancy.model import StockKind

D = Decimal
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def _arrival(day: int, quantity: int, warehouse: str = "w1", month: int = 12) -> Arrival:
    due = date(2026, month, day)
    return Arrival(id=f"{warehouse}-{day}-{quantity}", warehouse=warehouse, quantity=D(quantity), due=due)


def test_what_comes_is_told_by_day_and_what_is_overdue_to_nobody() -> None:
    yesterday, today = _arrival(20, 7, month=11), _arrival(21, 2, month=11)
    arrivals = [_arrival(9, 1), _arrival(5, 20), _arrival(5, 3, "w2"), yesterday, today]
    assert [(one.due.day, one.quantity) for one in coming(arrivals, TODAY)] == [(21, 2), (5, 23), (9, 1)]
    assert [(one.due.day, one.quantity) for one in coming(arrivals, TODAY, ("w2",))] == [(5, 3)]


def test_of_an_arrival_that_has_all_come_nothing_is_told() -> None:
    assert coming([_arrival(5, 0)], TODAY) == ()


def test_what_is_expected_again_has_not_come() -> None:
    one = _arrival(5, 2)
    came = ByHand().expecting([one]).received(one, NOW)
    assert (came.arrivals, came.came) == ((), (replace(one, came_at=NOW),))
    assert (came.expecting([one]).arrivals, came.expecting([one]).came) == ((one,), ())


def test_arrivals_stand_in_the_order_of_their_days() -> None:
    assert [one.due.day for one in ByHand().expecting([_arrival(9, 1), _arrival(5, 1)]).arrivals] == [5, 9]


def test_a_dealer_who_is_told_in_words_learns_the_day_and_not_how_much() -> None:
    days = coming([_arrival(5, 20)], TODAY)
    in_words = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS)
    assert [one.quantity for one in expected(days, in_words)] == [None]
    assert [one.quantity for one in expected(days, DealerGroup(id="g", name="Опт"))] == [20]
    assert [one.quantity for one in expected(days, None)] == [20]


def _level(**rows: WarehouseLevel) -> Level:
    return Level(sku="s", warehouses=rows, version=1)


def test_a_skus_own_safety_stock_goes_before_the_tenants() -> None:
    row = WarehouseLevel(D(10), D(2), D(0), D(8))
    own = Level(sku="s", warehouses={"w": row}, by_hand=ByHand(safety=D(0)), version=1)
    (change,) = restate(own, {"w": D(12)}, kind=StockKind.PHYSICAL, as_of=NOW, safety=D(3))
    assert change.after.available == 10
    (change,) = restate(_level(w=row), {"w": D(12)}, kind=StockKind.PHYSICAL, as_of=NOW, safety=D(3))
    assert change.after.available == 7


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 20), st.integers(0, 20))
def test_what_is_kept_back_is_what_the_erps_same_numbers_would_keep_back(
    on_hand: int, allocated: int, before: int, safety: int
) -> None:
    row = WarehouseLevel(D(on_hand), D(allocated), D(0), D(on_hand - allocated - before))
    by_hand = ByHand(safety=D(safety))
    told = restate(
        Level(sku="s", warehouses={"w": row}, by_hand=by_hand), {"w": D(on_hand)}, kind=StockKind.PHYSICAL, as_of=NOW
    )
    assert kept_back(_level(w=row), D(safety)) == told


def test_the_journal_of_a_row_that_is_older_begins_with_what_the_row_had() -> None:
    waiting = [Movement(cause=cause(Why.PLACED, NOW, order_id="o"), shifts={"w": Shift(allocated=D(3))})]
    old = Level(sku="s", warehouses={"w": WarehouseLevel(D(10), D(5), D(0), D(5))}, pages=None, version=4)
    begun = opening(old, waiting)
    assert begun.closing == {"w": Shift(on_hand=D(10), allocated=D(2))}
    page = next_page(None, begun, waiting)
    assert mismatches(old, page.sums, {}) == ()
    later = added_up(page.sums, waiting)
    assert [one.what for one in mismatches(old, later, {})] == ["allocated"]
