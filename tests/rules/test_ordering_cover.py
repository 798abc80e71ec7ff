"""Whether the stock still has what an order holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.network.segments import DealerGroup, StockShown
from chalicelib.ordering.cover import Cover, could_cover, covered, limited, told_cover
from chalicelib.ordering.hindrances import told_short
from chalicelib.ordering.holding import Held, Reservation, Short
from chalicelib.stock.model import Level, Sources, WarehouseLevel
from chalicelib.stock.showing import Amount, shown
from chalicelib.stock.transit import Arrival, ByHand

D = Decimal
TRANSIT = Sources(arrivals_from=date(2026, 11, 22))
WORDS = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=D(10))


@pytest.mark.parametrize(
    ("held", "available", "among", "expected"),
    [
        ({"a": 4}, {"a": 6}, (), 10),
        ({}, {"a": 6, "b": 2}, ("b",), 2),
        ({"a": 4}, {"a": -3}, (), 1),  # the ERP says that less is there than orders hold
        ({"a": 4}, {"a": -9}, (), 0),
        ({"a": 4}, {"a": 5, "b": 1}, ("b",), 5),  # held elsewhere: the hold counts, what else is there does not
        ({"a": 4}, {}, (), 4),
    ],
)
def test_an_order_can_have_what_it_holds_and_what_is_free_where_it_is_really_there(
    held: dict[str, int], available: dict[str, int], among: tuple[str, ...], expected: int
) -> None:
    reservation = Reservation(held={"s": {name: Held(quantity=D(q)) for name, q in held.items()}})
    level = Level(sku="s", warehouses={n: WarehouseLevel(on_hand=D(99), available=D(q)) for n, q in available.items()})
    assert covered(reservation, level, Sources(warehouses=among)).now == expected


def _level(available: int, **arrivals: int) -> Level:
    """`arrivals` = by `d<day>` of December how much comes then."""
    noted = ByHand().expecting(
        Arrival(id=name, warehouse="w", quantity=D(q), due=date(2026, 12, int(name[1:])))
        for name, q in arrivals.items()
    )
    return Level(
        sku="s",
        warehouses={"w": WarehouseLevel(on_hand=D(99), available=D(available))},
        arriving={one.place: WarehouseLevel(on_hand=one.quantity, available=one.quantity) for one in noted.arrivals},
        by_hand=noted,
    )


def _told(cover: Cover) -> tuple[int, list[tuple[int, int]], int]:
    return int(cover.now), [(one.due.day, int(one.quantity)) for one in cover.coming], int(cover.lacking)


def test_a_quantity_is_covered_by_what_is_there_then_by_what_comes_first() -> None:
    level = _level(3, d9=5, d5=2)
    assert _told(could_cover(level, D(3), TRANSIT)) == (3, [], 0)
    assert _told(could_cover(level, D(6), TRANSIT)) == (3, [(5, 2), (9, 1)], 0)
    assert _told(could_cover(level, D(12), TRANSIT)) == (3, [(5, 2), (9, 5)], 2)
    assert _told(could_cover(level, D(6), Sources())) == (3, [], 3)


@given(st.integers(0, 40), st.integers(1, 60), st.booleans())
def test_to_a_dealer_who_is_told_in_words_the_cart_says_nothing_more_than_the_word(
    available: int, quantity: int, comes: bool
) -> None:
    arrivals = {"d5": 1} if comes else {}
    word = shown(D(available), WORDS)
    other = {Amount.NONE: 0, Amount.FEW: 1, Amount.MANY: 11}[Amount(str(word))]
    said, alike = (told_cover(_level(n, **arrivals), D(quantity), TRANSIT, WORDS) for n in (available, other))
    assert said == alike


@given(st.integers(0, 40), st.integers(41, 60))
def test_while_something_else_is_in_the_way_no_refusal_says_more_than_the_word(available: int, wanted: int) -> None:
    word = shown(D(available), WORDS)
    other = {Amount.NONE: 0, Amount.FEW: 1, Amount.MANY: 11}[Amount(str(word))]
    alike = (Short(sku="s", wanted=D(wanted), available=D(n)) for n in (available, other))
    said, also = (told_short([one], WORDS, alone=False) for one in alike)
    assert bool(said) is bool(also) is (word is not Amount.MANY)


def test_a_line_that_is_short_by_its_word_keeps_the_others_untold() -> None:
    sold_out = Short(sku="a", wanted=D(1), available=D(0))
    unsaid = Short(sku="b", wanted=D(40), available=D(37))
    assert told_short([sold_out, unsaid], WORDS, alone=True) == [sold_out]
    assert told_short([unsaid], WORDS, alone=True) == [unsaid], "placing alone finds out"
    assert told_short([unsaid], WORDS, alone=False) == []
    assert told_short([sold_out, unsaid], None, alone=False) == [sold_out, unsaid]


def test_what_the_order_can_have_counts_its_own_promise_and_what_else_comes() -> None:
    level = _level(0, d5=2)
    place = level.by_hand.arrivals[0].place
    reservation = Reservation(held={"s": {place: Held(quantity=D(3), due=date(2026, 12, 5))}})
    could = covered(reservation, level, TRANSIT)
    assert _told(limited(could, D(4))) == (0, [(5, 4)], 0)
    assert _told(limited(could, D(7))) == (0, [(5, 5)], 2)
    assert _told(covered(reservation, level, Sources())) == (0, [(5, 3)], 0), "without leave only what it has"
