"""What is ordered together: the rule, and the file that keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.advice import model
from chalicelib.advice.baskets import Companions, writing
from chalicelib.advice.model import LEAST_ORDERS, MOST_LINES, companions, joint, tells

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
WINDOW, SILL, FOAM, DOOR = range(4)


def found(*baskets: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    return {product: tuple(other for other, _ in some) for product, some in companions(baskets)}


def test_two_products_of_three_orders_go_together_both_ways() -> None:
    assert found((WINDOW, SILL), (WINDOW, SILL), (WINDOW, SILL, DOOR)) == {WINDOW: (SILL,), SILL: (WINDOW,)}


def test_two_orders_with_both_are_chance() -> None:
    assert found((WINDOW, SILL), (WINDOW, SILL), (WINDOW, DOOR)) == {}


def test_what_everybody_orders_goes_only_with_what_is_ordered_with_it_more_often_than_anything() -> None:
    orders = [(WINDOW, SILL, FOAM)] * 3 + [(WINDOW, SILL)] + [(DOOR, FOAM)] * 6
    assert FOAM not in found(*orders)[WINDOW], "three of four, while nine of ten have it"
    assert found(*orders)[DOOR] == (FOAM,)


def test_the_one_with_more_orders_comes_first_then_the_rarer_one() -> None:
    orders = [(WINDOW, SILL, FOAM)] * 3 + [(WINDOW, SILL)] + [(WINDOW, DOOR)] * 3 + [(FOAM,)]
    assert found(*orders)[WINDOW] == (SILL, DOOR)
    assert found(*[(WINDOW, SILL, FOAM)] * 3, (FOAM, DOOR), (DOOR,), (DOOR,))[WINDOW] == (SILL, FOAM)


@given(st.lists(st.sets(st.integers(0, 6), min_size=2, max_size=5).map(lambda one: tuple(sorted(one))), max_size=30))
def test_companions_are_mutual_often_enough_and_never_the_product_itself(baskets: list[tuple[int, ...]]) -> None:
    counted = {(one, other): orders for one, some in companions(baskets) for other, orders in some}
    for (one, other), orders in counted.items():
        assert one != other
        assert counted[other, one] == orders == sum({one, other} <= set(basket) for basket in baskets)
        assert orders >= LEAST_ORDERS


@given(st.lists(st.sets(st.integers(0, 6), min_size=2, max_size=5).map(lambda one: tuple(sorted(one))), max_size=30))
def test_the_order_in_which_orders_are_read_makes_no_difference(baskets: list[tuple[int, ...]]) -> None:
    assert list(companions(baskets)) == list(companions(baskets[::-1]))


def test_an_order_of_one_product_or_of_very_many_tells_nothing() -> None:
    assert [tells(range(count)) for count in (1, 2, MOST_LINES, MOST_LINES + 1)] == [False, True, True, False]


def test_several_products_have_the_companions_of_most_orders_and_none_of_themselves() -> None:
    assert joint([(SILL, 3), (FOAM, 4), (SILL, 2), (WINDOW, 9)], {WINDOW}) == (SILL, FOAM)


def written(path: Path, *orders: tuple[str, ...], days_ago: int = 0) -> Companions:
    with writing(path) as baskets:
        for skus in orders:
            baskets.add(f"{days_ago}-{'-'.join(skus)}", NOW - timedelta(days=days_ago), skus)
        baskets.forget(NOW - model.KEPT)
        baskets.count()
    return Companions(path)


ORDERS = (("window", "sill", "a"), ("window", "sill", "b"), ("window", "sill", "c"))


def test_the_file_tells_the_companions_of_one_product_and_of_a_cart(tmp_path: Path) -> None:
    file = written(tmp_path / "one", *ORDERS)
    assert file.of(["window"]) == ("sill",)
    assert file.of(["window", "sill"]) == file.of(["a"]) == file.of([]) == file.of(["unknown"]) == ()


def test_a_cart_of_more_products_than_a_query_takes_is_asked_in_parts(tmp_path: Path) -> None:
    file = written(tmp_path / "one", *ORDERS)
    assert file.of([*(f"sku-{number}" for number in range(1200)), "window"]) == ("sill",)


def test_an_order_that_is_told_twice_counts_once(tmp_path: Path) -> None:
    assert written(tmp_path / "one", *ORDERS[:2], *ORDERS[:2]).of(["window"]) == ()


def test_orders_of_more_than_half_a_year_ago_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "one"
    written(path, *ORDERS[:1], days_ago=181)
    assert written(path, *ORDERS[:2]).of(["window"]) == ()
    assert written(path, *ORDERS).of(["window"]) == ("sill",)


def test_of_too_many_orders_the_newest_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_ORDERS", 3)
    path = tmp_path / "one"
    assert written(path, *ORDERS, days_ago=5).of(["window"]) == ("sill",)
    assert written(path, *(("door", "foam", one) for one in "abc")).of(["window"]) == ()
    assert Companions(path).of(["door"]) == ("foam",)
