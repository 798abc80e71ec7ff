"""Amounts of all goods: what lies in a range, and what the least and the greatest of a set are."""

from __future__ import annotations

from array import array
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.catalogue import amounts, bits
from chalicelib.catalogue.amounts import NONE, Amounts

columns = st.lists(st.just(NONE) | st.integers(0, 12), max_size=40)
ends = st.none() | st.integers(-1, 14)


@pytest.fixture(autouse=True)
def _short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few goods are many steps."""
    monkeypatch.setattr(amounts, "_STEP", 3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(column=columns, least=ends, most=ends)
def test_a_range_has_what_costs_as_much_as_its_ends_or_lies_between_them(
    column: list[int], least: int | None, most: int | None
) -> None:
    made = Amounts(array("q", (one if one == NONE else one * 10**6 for one in column)))
    found = made.between(*(None if end is None else Decimal(end) for end in (least, most)))
    low, high = (0 if least is None else least), (99 if most is None else max(most, 0))  # no price is below 0
    assert list(bits.places(found)) == [place for place, one in enumerate(column) if one != NONE and low <= one <= high]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(column=columns, chosen=st.sets(st.integers(0, 39)) | st.just(set(range(40))))
def test_the_bounds_of_a_set_are_its_least_and_greatest_price(column: list[int], chosen: set[int]) -> None:
    made = Amounts(array("q", (one if one == NONE else one * 10**6 for one in column)))
    places = [place for place in sorted(chosen) if place < len(column)]
    prices = [column[place] for place in places if column[place] != NONE]
    expected = (Decimal(min(prices)), Decimal(max(prices))) if prices else None
    assert made.bounds(bits.of(places, len(column))) == expected
