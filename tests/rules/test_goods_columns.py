"""What the columns of an uploaded file are taken to mean before a person has looked."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.goods.columns import Choices, guessed
from chalicelib.pricing.derived import Formula


@pytest.mark.parametrize(
    ("head", "prices", "meant"),
    [
        ("Цена", {}, "price"),  # the first price type of a new catalogue
        ("Цена", {"p": "Дилерская"}, "price:p"),
        ("Цена", {"p": "Дилерская", "q": "Розничная"}, ""),
        ("Цена розничная", {"p": "Дилерская", "q": "Розничная"}, "price:q"),
        ("Цена оптовая", {"p": "Дилерская", "q": "Розничная"}, "price"),
    ],
)
def test_a_column_that_says_only_price_makes_no_price_type_beside_those_there_are(
    head: str, prices: dict[str, str], meant: str
) -> None:
    assert guessed(["Артикул", head], Choices(prices=prices, places={}, properties={})) == ("article", meant)


@pytest.mark.parametrize(
    ("factor", "step"), [("0", None), ("1", "0"), ("1", "1E-19"), ("1E-19", None), ("1E+30", None)]
)
def test_a_formula_finer_than_prices_or_larger_than_any_is_unsound(factor: str, step: str | None) -> None:
    assert not Formula(base_id="b", factor=Decimal(factor), step=Decimal(step) if step else None).is_sound
