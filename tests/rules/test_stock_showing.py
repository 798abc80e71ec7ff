"""How much of the stock a dealer learns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.network.segments import DealerGroup, StockShown
from chalicelib.ordering.hindrances import shortage
from chalicelib.stock.showing import Amount, is_there, shown

D = Decimal
WORDS = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=D(10))


@pytest.mark.parametrize(
    ("quantity", "word"),
    [("-3", "none"), ("0", "none"), ("0.1", "few"), ("10", "few"), ("10.5", "many"), ("10000", "many")],
)
def test_a_group_with_words_learns_nothing_but_a_word(quantity: str, word: str) -> None:
    told = shown(D(quantity), WORDS)
    assert told is Amount(word)
    assert is_there(told) == (D(quantity) > 0)


def test_everybody_else_learns_the_quantity() -> None:
    exact = DealerGroup(id="g", name="Опт")
    assert shown(D("2.5"), exact) == shown(D("2.5"), None) == D("2.5")


def test_a_shortage_names_the_number_only_to_those_who_may_know_it() -> None:
    said = {"article": "A-1", "name": "Окно", "wanted": D(7), "unit": "шт"}
    assert shortage(D(5), **said).params["available"] == 5  # type: ignore[arg-type]
    hidden = shortage(shown(D(5), WORDS), **said)  # type: ignore[arg-type]
    assert (hidden.code, dict(hidden.params)) == ("short_line_few", said)
