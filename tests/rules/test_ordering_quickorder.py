"""Quick order as people write it, and refusals that name everything at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Complaint, Refused
from chalicelib.ordering.hindrances import all_at_once
from chalicelib.ordering.quickorder import Found, Reading, articles, resolved, rows_of
from chalicelib.ordering.units import unit_fits

D = Decimal


@pytest.mark.parametrize(
    ("row", "reading"),
    [
        ("Окно белое 2 шт", Reading("Окно белое", "2", "шт")),
        ("A-1 2шт.", Reading("A-1", "2", "шт.")),
        ("A-1 6,5 пог. м", Reading("A-1", "6,5", "пог. м")),
        ("A-1\t2,5 м", Reading("A-1", "2,5", "м")),
        ("A-1 × 5 шт", Reading("A-1", "5", "шт")),
        ("A-1 x5", Reading("A-1", "5")),
        ("A-1 – 5", Reading("A-1", "5")),
        ("2 шт A-1", Reading("A-1", "2", "шт")),
        ("A-1\u00a02,5", Reading("A-1", "2,5")),
        ("A-1 1\u00a0200", Reading("A-1", "1200")),
        ("A-1\t1\u202f200,5", Reading("A-1", "1\u202f200,5")),
        ("1\tA-1\tОкно\t5\tшт\t12 696,00\t63 480,00", Reading("A-1", "5", "шт")),
    ],
)
def test_a_pasted_row_is_read_as_people_write_it(row: str, reading: Reading) -> None:
    assert rows_of(row)[0].readings[0] == reading


def test_the_catalogue_says_which_reading_of_a_row_holds() -> None:
    rows = rows_of("A-1 1 200\nB 1 200\n2\tA-1\t3")
    found = {"A-1": Found(skus=("a",), unit_code="796"), "B 1": Found(skus=("b",), unit_code="796")}
    assert articles(rows) == ["A-1 1", "A-1", "B 1", "B", "2"]
    assert resolved(rows, found, frozenset("ab")).quantities == {"a": D(1203), "b": D(200)}


@pytest.mark.parametrize(
    ("written", "unit", "code", "fits"),
    [
        ("шт", "шт", "796", True),
        ("штук", "шт", "796", True),
        ("buc.", "шт", "796", True),
        ("уп", "шт", "796", False),
        ("м", "пог. м", "018", True),
        ("м", "м", "006", True),
        ("м", "шт", "796", False),
        ("хлыст", "хлыст", "", True),
        ("шт", "хлыст", "", True),
        ("шт", "", "", True),
    ],
)
def test_a_written_unit_must_be_the_products_own(written: str, unit: str, code: str, fits: bool) -> None:
    assert unit_fits(written, unit, code) is fits


def test_another_unit_than_the_products_is_a_bad_row_and_not_another_quantity() -> None:
    found = {"A-1": Found(skus=("a",), unit_code="796", unit="шт")}
    pasted = resolved(rows_of("A-1 2 уп\nA-1 3 шт"), found, frozenset("a"))
    assert pasted.quantities == {"a": D(3)}
    assert [(row.number, row.text, row.reason, row.sold_in) for row in pasted.bad] == [
        (1, "A-1 2 уп", "other_unit", "шт")
    ]


def test_a_persons_choice_stands_for_what_the_row_says() -> None:
    rows = rows_of("Окно белое 2 шт\nX 1")
    pasted = resolved(rows, {}, frozenset("a"), {1: Found(skus=("a",), unit_code="796", unit="шт")})
    assert pasted.quantities == {"a": D(2)}
    assert [row.number for row in pasted.bad] == [2]


def test_several_reasons_are_told_at_once_and_a_single_one_as_it_is() -> None:
    short = Refused("short", (Complaint(code="short_line"), Complaint(code="short_line")), count=2)
    credit = Refused("credit_short", missing=1)
    assert all_at_once(None, None) is None
    assert all_at_once(None, credit) is credit
    both = all_at_once(short, credit)
    assert both is not None
    assert [complaint.code for complaint in both.complaints] == ["short_line", "short_line", "credit_short"]
