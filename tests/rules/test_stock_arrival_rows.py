"""Rows of a file of arrivals: none is dropped silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.stock.arrival_rows import MOST_ROWS, BadRow, Known, expected, names_of, read_rows, understood
from chalicelib.stock.transit import MOST_ARRIVALS, Arrival

HEADS = SheetRow(2, ("Склад", "Артикул", "Кол-во", "Дата поступления", "Примечание"))
TODAY = date(2026, 11, 21)
KNOWN = Known(
    skus={"A-1": ("s1",), "A-2": ("s2", "s3")},
    warehouses=names_of(("w1", "w2"), {"w1": "Тверь", "w2": "Москва"}),
    today=TODAY,
)


def _read(*cells: tuple[str, ...]) -> tuple[dict[str, list[Arrival]], list[BadRow]]:
    rows = read_rows([SheetRow(1, ("Поставка",)), HEADS, *(SheetRow(n, one) for n, one in enumerate(cells, 3))])
    return understood(rows, KNOWN, {row.number: f"a{row.number}" for row in rows})


@pytest.mark.parametrize("day", ["05.12.2026", "5/12/2026", "2026-12-05", "2026-12-05 00:00:00", "46361"])
def test_a_row_is_an_arrival_however_its_day_is_written(day: str) -> None:
    good, bad = _read(("тверь", "A-1", "1 020,5", day, "ЗП-7"))
    due = date(2026, 12, 5)
    assert bad == []
    much = Decimal("1020.5")
    assert good == {"s1": [Arrival(id="a3", warehouse="w1", quantity=much, due=due, note="ЗП-7", listed=much)]}


def test_bad_rows_are_named_by_number_and_reason_and_good_ones_survive() -> None:
    good, bad = _read(
        ("Тверь", "A-1", "5", "05.12.2026"),
        ("Тверь", "", "5", "05.12.2026"),
        ("Тверь", "A-9", "5", "05.12.2026"),
        ("Тверь", "A-2", "5", "05.12.2026"),
        ("Тверь", "A-1", "0", "05.12.2026"),
        ("Тверь", "A-1", "пять", "05.12.2026"),
        ("Тверь", "A-1", "5", "31.02.2026"),
        ("Тверь", "A-1", "5", "20.11.2026"),
        ("", "A-1", "5", "05.12.2026"),
        ("Псков", "A-1", "5", "05.12.2026"),
    )
    assert [one.quantity for one in good["s1"]] == [5]
    assert [(one.number, one.reason) for one in bad] == [
        (4, "no_article"),
        (5, "unknown_article"),
        (6, "ambiguous"),
        (7, "bad_quantity"),
        (8, "bad_quantity"),
        (9, "bad_day"),
        (10, "day_passed"),
        (11, "no_warehouse"),
        (12, "unknown_warehouse"),
    ]
    assert [one.sku for one in bad] == ["", "", "", "s1", "s1", "s1", "s1", "s1", "s1"]


def _row(made: str, quantity: int, day: int = 5, note: str = "") -> Arrival:
    many = Decimal(quantity)
    return Arrival(id=made, warehouse="w1", quantity=many, due=date(2026, 12, day), note=note, listed=many)


def _expected(noted: list[Arrival], *rows: Arrival, whole: bool = True) -> list[tuple[str, int, int]]:
    return [(one.id, int(one.quantity), one.due.day) for one in expected(noted, rows, whole=whole)]


def test_a_row_is_the_arrival_that_it_names_again_on_the_same_day_before_another_one() -> None:
    noted = [_row("a", 5), _row("b", 7, 9), _row("c", 4, 9, "ЗП-7")]
    again = (_row("x", 7, 9), _row("y", 6, 20), _row("z", 4, 11, "ЗП-7"))
    assert _expected(noted, *again) == [("b", 7, 9), ("a", 6, 20), ("c", 4, 11)]
    assert _expected(noted, *again, whole=False)[:2] == [("a", 5, 5), ("c", 4, 9)], "those of other days stay"


def test_rows_that_differ_in_nothing_but_quantity_keep_their_arrivals_in_any_order() -> None:
    noted = [_row("a", 5), _row("b", 7)]
    assert _expected(noted, _row("x", 7), _row("y", 5)) == [("b", 7, 5), ("a", 5, 5)]
    assert _expected(noted, _row("x", 5), _row("y", 5)) == [("a", 5, 5), ("b", 5, 5)], "each is one row's only"


def test_what_has_come_of_an_arrival_comes_no_more_until_a_file_says_another_quantity() -> None:
    noted = [replace(_row("a", 10), quantity=Decimal(6))]
    assert _expected(noted, _row("a", 10)) == _expected(noted, _row("x", 10)) == [("a", 6, 5)]
    assert _expected(noted, _row("x", 8)) == [("a", 8, 5)]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(5, 6), st.sampled_from(["", "ЗП-7"])), max_size=6))
def test_a_file_taken_again_under_another_name_changes_nothing(said: list[tuple[int, int, str]]) -> None:
    first = expected([], [_row(f"a{n}", *one) for n, one in enumerate(said)], whole=True)
    for whole in (True, False):
        again = expected(first, [_row(f"b{n}", *one) for n, one in enumerate(said)], whole=whole)
        assert sorted(again, key=lambda one: one.id) == sorted(first, key=lambda one: one.id)


def test_a_product_has_only_so_many_arrivals() -> None:
    good, bad = _read(*[("w1", "A-1", "1", "05.12.2026")] * (MOST_ARRIVALS + 1))
    assert len(good["s1"]) == MOST_ARRIVALS
    assert [one.reason for one in bad] == ["too_many"]


def test_the_only_warehouse_need_not_be_named_and_a_name_of_two_names_neither() -> None:
    assert names_of(("w1", "w2"), {"w1": "Склад", "w2": "склад"}) == {"w1": "w1", "w2": "w2"}
    rows = read_rows([SheetRow(1, ("article", "qty", "eta")), SheetRow(2, ("A-1", "5", "2026-12-05"))])
    one = Known(skus=KNOWN.skus, warehouses=names_of(("w1",), {}), today=TODAY)
    good, bad = understood(rows, one, {2: "a"})
    assert (good["s1"][0].warehouse, bad) == ("w1", [])


def test_a_file_without_names_of_columns_or_with_too_many_rows_is_refused() -> None:
    with pytest.raises(Invalid, match="arrivals_no_heads"):
        read_rows([SheetRow(n, ("A-1", "5")) for n in range(1, 40)])
    with pytest.raises(Invalid, match="arrivals_too_long"):
        read_rows([HEADS, *(SheetRow(n, ("w1", "A-1", "5", "x")) for n in range(3, MOST_ROWS + 4))])


@given(st.lists(st.tuples(*[st.text(max_size=12)] * 5), max_size=20))
def test_every_row_is_taken_or_named(cells: list[tuple[str, ...]]) -> None:
    good, bad = _read(*cells)
    assert sum(map(len, good.values())) + len(bad) == len(cells)
