"""The first rows of an uploaded file, by which a person says what its columns mean."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.kernel.sheets.columns import check_offered, first_rows, head_row
from chalicelib.pricing.sheet import guessed, head_of, problem

ROWS = (
    SheetRow(1, ("Прайс",)),
    SheetRow(3, ("Артикул", "Цена, руб.")),
    SheetRow(4, ("A-1", "5")),
    SheetRow(5, ("",) * 3),
)


def test_the_row_in_which_most_names_are_known_names_the_columns() -> None:
    assert head_row(ROWS, {"Артикул"}.__contains__) == 3
    assert head_row((), {"Артикул"}.__contains__) == 1


def test_the_rows_under_the_names_are_shown_and_a_person_may_say_which_row_names_them() -> None:
    seen = first_rows(ROWS, None, head_of)
    assert (seen.head, seen.heads, [row.number for row in seen.rows]) == (3, ("Артикул", "Цена, руб."), [4, 5])
    assert first_rows(ROWS, 4, head_of).heads == ("A-1", "5")
    assert first_rows(ROWS, 2, head_of).heads == (), "a row with nothing in it names nothing"


def test_without_names_columns_go_by_their_number() -> None:
    rows = (SheetRow(1, ("A-1", "5")), SheetRow(2, ("A-2", "6", "шт")))
    seen = first_rows(rows, None, head_of)
    assert (seen.head, seen.heads, len(seen.rows)) == (0, ("", "", ""), 2)
    assert guessed(seen.heads) == ("article", "price", "")


def test_a_column_means_only_what_it_was_offered_for() -> None:
    check_offered(("", "price"), [("",), ("", "price")])
    for chosen in (("price", ""), ("",), ("", "", "")):
        with pytest.raises(Invalid):
            check_offered(chosen, [("",), ("", "price")])


@pytest.mark.parametrize(
    ("meanings", "wrong"),
    [
        (("article", "price"), None),
        (("", "price", "barcode"), None),
        (("article", ""), "price_columns"),
        (("price", "unit"), "price_columns"),
        (("article", "price", "price"), "price_columns_twice"),
    ],
)
def test_prices_need_an_article_or_a_barcode_and_a_price_each_once(
    meanings: tuple[str, ...], wrong: str | None
) -> None:
    assert problem(meanings) == wrong
