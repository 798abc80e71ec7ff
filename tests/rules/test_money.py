"""Money is exact, and parts add up to the whole (domain §3.1, §3.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import CURRENCIES, Money, minor_digits, money, quantity, shares, total

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False, allow_infinity=False)


def test_money_keeps_the_currencys_own_precision() -> None:
    assert [minor_digits(c) for c in ("RUB", "JPY", "KWD")] == [2, 0, 3]
    assert money("10.005", "RUB").amount == Decimal("10.01")
    assert money("10.5", "JPY").amount == Decimal(11)


def test_money_finer_than_its_currency_is_refused_rather_than_rounded_silently() -> None:
    with pytest.raises(ValueError, match="finer"):
        Money(Decimal("0.001"), "RUB")


def test_floats_are_no_money() -> None:
    with pytest.raises(TypeError):
        Money(0.1, "RUB")  # type: ignore[arg-type]


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="don't mix"):
        money(1, "RUB") + money(1, "MDL")


@given(
    whole=amounts,
    weights=st.lists(st.decimals(0, 10**6, places=3), min_size=1, max_size=30),
    currency=st.sampled_from(CURRENCIES),
)
def test_shares_always_add_up_to_the_whole(whole: Decimal, weights: list[Decimal], currency: str) -> None:
    parts = shares(money(whole, currency), weights)
    assert len(parts) == len(weights)
    assert total(parts, currency) == money(whole, currency)


@given(whole=amounts, weights=st.lists(st.decimals(1, 10**3, places=0), min_size=1, max_size=10))
def test_no_share_is_off_by_a_whole_minor_unit(whole: Decimal, weights: list[Decimal]) -> None:
    parts = shares(money(whole, "RUB"), weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount - whole * weight / sum(weights)) < Decimal("0.01")


@pytest.mark.parametrize(
    ("given_", "kept"), [("2.500", "2.5"), ("10", "10"), ("100", "100"), ("0.125", "0.125"), ("1E+2", "100")]
)
def test_a_quantity_has_no_trailing_zeros(given_: str, kept: str) -> None:
    assert str(quantity(given_)) == kept


@pytest.mark.parametrize("wrong", ["0.0001", "NaN", "Infinity", "9" * 30, "1e400"])
def test_a_quantity_is_finite_and_at_most_a_thousandth(wrong: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        quantity(wrong)
