"""Rules of goods that are kept here."""

from __future__ import annotations

import pytest

from chalicelib.kernel.filenames import title_of
from chalicelib.kernel.sheets.columns import heads_id


@pytest.mark.parametrize("name", ["осень.csv", "осень.csv".encode().decode("latin-1")])
def test_a_files_name_is_read_whatever_the_store_made_of_it(name: str) -> None:
    assert title_of(name) == "осень.csv"


def test_columns_are_remembered_by_the_set_of_their_heads() -> None:
    assert heads_id(("Артикул", "Цена ", "")) == heads_id(("цена", "артикул"))
    assert heads_id(("Артикул",)) != heads_id(("Артикул", "Цена"))
