"""Rows of a file of arrivals: none is dropped silently."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.stock.arrival_rows import MOST_ROWS, BadRow, Known, names_of, read_rows, understood
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
    assert good == {"s1": [Arrival(id="a3", warehouse="w1", quantity=Decimal("1020.5"), due=due, note="ЗП-7")]}


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
