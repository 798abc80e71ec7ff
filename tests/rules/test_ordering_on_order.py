"""Orders of goods that are on order: what there is is held, the rest is noted, and never counted as held."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.network.segments import DealerGroup, StockShown
from chalicelib.ordering.cover import Cover, could_cover, cover_of, limited, told_cover, told_of
from chalicelib.ordering.erp_holding import as_the_erp_says, known_to_erp, sent_off
from chalicelib.ordering.goods import Goods
from chalicelib.ordering.holding import Held, Reservation, follow, ready_by
from chalicelib.ordering.lines import cancelled
from chalicelib.stock.model import Level, Sources, WarehouseLevel
from chalicelib.stock.showing import Amount, shown
from chalicelib.stock.transit import Arrival, ByHand, Coming
from chalicelib.tenancy.model import StockKind

D = Decimal
FIRST, LATER = date(2026, 12, 6), date(2026, 12, 20)
SPLIT = Reservation(held={"s": {"w": Held(quantity=D(6))}}, on_order={"s": Coming(quantity=D(4), due=FIRST)})
WORDS = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=D(10))


def _level(available: int, coming: int = 0) -> Level:
    arrival = Arrival(id="a", warehouse="w", quantity=D(coming), due=date(2026, 11, 28))
    noted = ByHand().expecting([arrival] if coming else [])
    return Level(
        sku="s",
        warehouses={"w": WarehouseLevel(on_hand=D(99), available=D(available))},
        arriving={one.place: WarehouseLevel(on_hand=one.quantity, available=one.quantity) for one in noted.arrivals},
        by_hand=noted,
    )


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(-3, 12)), min_size=1, max_size=8))
def test_what_there_is_is_held_and_the_rest_is_on_order_whatever_was_before(steps: list[tuple[int, int]]) -> None:
    held = Reservation()
    for wanted, available in steps:
        before, had = held, held.total("s")
        done = follow(held, {"s": D(wanted)} if wanted else {}, {"s": _level(available)}, Sources(), {"s": LATER})
        held = done.reservation
        assert not done.short
        assert held.total("s") + held.to_be_made("s") == wanted
        assert held.total("s") == max(min(D(wanted), had), min(D(wanted), had + max(0, available)))
        moved = sum((move.allocated for move in done.moves.get("s", {}).values()), D(0))
        assert moved == held.total("s") - had, "what is on order moves no stock"
        assert done.reordered == (held.on_order != before.on_order)


def test_the_day_is_kept_until_more_is_wanted_than_was_on_order() -> None:
    def due(wanted: int) -> date:
        return follow(SPLIT, {"s": D(wanted)}, {}, Sources(), {"s": LATER}).reservation.on_order["s"].due

    assert [due(9), due(10), due(11)] == [FIRST, FIRST, LATER]


def test_what_is_wanted_no_more_is_taken_off_what_is_on_order_first() -> None:
    done = follow(SPLIT, {"s": D(7)}, {}, Sources(), {"s": LATER})
    assert (done.reservation.total("s"), done.reservation.to_be_made("s"), done.moves) == (6, 1, {})
    assert follow(SPLIT, {}, {}, Sources()).reservation.on_order == {}


def test_goods_that_are_not_on_order_are_short_beside_those_that_are() -> None:
    levels = {"s": _level(2), "t": replace(_level(2), sku="t")}
    done = follow(Reservation(), {"s": D(5), "t": D(5)}, levels, Sources(), {"s": FIRST})
    assert [(one.sku, one.available) for one in done.short] == [("t", 2)]
    assert done.missing == {"s", "t"}


def test_lines_say_when_their_goods_are_there() -> None:
    goods = Goods(
        sku="s", product_id="s", variant_id="", name="s", article="s", unit="шт", unit_code="796", listed=True,
        price=D(1), vat_rate=None, lead_days=14,
    )  # fmt: skip
    line = goods.line("1", D(2))
    assert ready_by([line, replace(line, lead_days=3)], date(2026, 11, 22)) == {"s": FIRST}
    assert ready_by([replace(line, lead_days=None), cancelled(line)], date(2026, 11, 22)) == {}


@pytest.mark.parametrize("kind", list(StockKind))
def test_the_erp_who_tells_the_order_as_it_is_holds_no_more_of_it(kind: StockKind) -> None:
    told = as_the_erp_says(known_to_erp(SPLIT).reservation, {"s": D(10)}, {"s": _level(50)}, (), kind)
    assert (told.reservation.total("s"), told.reservation.to_be_made("s"), told.moves) == (6, 4, {})
    lowered = as_the_erp_says(SPLIT, {"s": D(5)}, {"s": _level(50)}, (), kind)
    assert (lowered.reservation.on_order, lowered.moves["s"]["w"].allocated) == ({}, -1)
    raised = as_the_erp_says(SPLIT, {"s": D(12)}, {"s": _level(50)}, (), kind)
    assert (raised.reservation.to_be_made("s"), raised.moves["s"]["w"].allocated) == (4, 2)


def test_what_was_held_leaves_before_what_is_on_order() -> None:
    sent = sent_off(SPLIT, {"s": D(8)}, {}, StockKind.PHYSICAL, None)
    assert (sent.reservation.held, sent.reservation.to_be_made("s")) == ({}, 2)
    assert sent.moves["s"]["w"].on_hand == -6
    rest = sent_off(sent.reservation, {"s": D(2)}, {}, StockKind.PHYSICAL, None)
    assert (rest.reservation.on_order, rest.moves, rest.reordered) == ({}, {}, True)


def test_a_quantity_is_covered_by_what_is_there_then_by_what_comes_then_on_order() -> None:
    sources = Sources(arrivals_from=date(2026, 11, 22))
    cover = could_cover(_level(3, coming=2), D(9), sources, FIRST)
    assert cover == Cover(
        now=D(3),
        coming=(Coming(quantity=D(2), due=date(2026, 11, 28)),),
        on_order=Coming(quantity=D(4), due=FIRST),
    )
    assert cover.due == FIRST
    assert cover_of(SPLIT.held["s"], D(10), SPLIT.on_order["s"]).lacking == 0


def test_a_manager_sees_what_would_stay_on_order() -> None:
    there = Cover(now=D(6))
    assert limited(there, D(10), SPLIT.on_order["s"], LATER).on_order == Coming(quantity=D(4), due=FIRST)
    assert limited(there, D(10), None, LATER).on_order == Coming(quantity=D(4), due=LATER)
    assert limited(there, D(10)).lacking == 4
    assert limited(there, D(6), None, LATER).on_order is None


@given(st.integers(0, 40), st.integers(1, 60), st.booleans())
def test_to_a_dealer_who_is_told_in_words_the_cart_says_nothing_more_than_the_word(
    available: int, quantity: int, comes: bool
) -> None:
    word = Amount(str(shown(D(available), WORDS)))
    other = {Amount.NONE: 0, Amount.FEW: 1, Amount.MANY: 11}[word]
    sources = Sources(arrivals_from=date(2026, 11, 22))
    said, alike = (
        told_cover(_level(n, coming=int(comes)), D(quantity), sources, WORDS, FIRST) for n in (available, other)
    )
    assert said == alike
    assert said.lacking == 0
    if word is Amount.MANY and quantity <= WORDS.few_at:
        assert said == Cover(now=D(quantity)), "there are surely so many"
    if word is Amount.NONE and not comes:
        assert said == Cover(on_order=Coming(quantity=D(quantity), due=FIRST))


@given(st.integers(1, 60), st.data())
def test_an_order_tells_a_dealer_who_is_told_in_words_the_same_however_much_of_it_was_there(
    quantity: int, data: st.DataObject
) -> None:
    def said(there: int) -> tuple[bool, Coming | None, Decimal, date | None]:
        rest = D(quantity - there)
        made = Coming(quantity=rest, due=data.draw(st.sampled_from([FIRST, LATER]))) if rest else None
        cover = told_of(cover_of({"w": Held(quantity=D(there))}, D(quantity), made), D(quantity), FIRST)
        return bool(cover.now), cover.on_order, cover.lacking, cover.due

    assert said(data.draw(st.integers(1, quantity))) == said(quantity)
