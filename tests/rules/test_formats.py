"""Numbers, money and dates: written as the reader writes them, read as people type them."""

from __future__ import annotations

import ast
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http import formats
from chalicelib.http.formats import Formats, number_text
from chalicelib.kernel.numbers import parse_decimal, whole

RU = Formats("ru", "Europe/Moscow")
EN = Formats("en", "Europe/Chisinau")
RO = Formats("ro", "Europe/Bucharest")
NOW = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
exact_numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4)


def test_money_has_groups_the_currencys_digits_and_its_sign_after_the_sum() -> None:
    assert RU.money(Decimal("142650"), "RUB") == "142\u202f650,00\xa0₽"
    assert EN.money(Decimal("142650.5"), "EUR") == "142\u202f650.50\xa0€"
    assert RO.money(Decimal("-1234.5"), "RON") == "−1\u202f234,50\xa0RON"
    assert RU.money(Decimal("1500"), "JPY") == "1\u202f500\xa0¥"


def test_an_amount_goes_without_the_currency_and_hides_no_digit() -> None:
    assert RU.amount(Decimal("0"), "MDL") == "0,00"
    assert RU.amount(Decimal("0.1275"), "RUB") == "0,1275"


def test_quantities_and_percents_drop_trailing_zeros() -> None:
    assert RU.quantity(Decimal("1200.500")) == "1\u202f200,5"
    assert EN.quantity(Decimal("3.000")) == "3"
    assert RU.quantity(Decimal("1E+3")) == "1\u202f000"
    assert RU.percent(Decimal("22")) == "22\xa0%"
    assert RO.percent(Decimal("12.50")) == "12,5\xa0%"


def test_a_moment_is_shown_as_the_day_and_hour_of_the_time_zone() -> None:
    assert RU.date(NOW) == "21.11.2026"
    assert RU.datetime(NOW) == "21.11.2026,\xa001:30"
    assert EN.datetime(NOW) == "21\xa0Nov\xa02026,\xa000:30"
    assert RO.date(date(2026, 3, 1)) == "01.03.2026"
    assert RU.day_month(date(2026, 11, 28)) == "28\xa0ноября"


def test_a_moment_without_a_time_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="time zone"):
        RU.date(datetime(2026, 11, 20))  # noqa: DTZ001


def test_ago_counts_up_to_a_week_and_then_gives_the_date() -> None:
    assert RU.ago(NOW - timedelta(minutes=5), NOW) == "5 минут назад"
    assert EN.ago(NOW - timedelta(hours=3), NOW) == "3 hours ago"
    assert RU.ago(NOW - timedelta(days=8), NOW) == "13.11.2026"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1 234,50", "1234.50"),
        ("1\xa0234,5", "1234.5"),
        ("1\u202f234\u202f567", "1234567"),
        ("1234.5", "1234.5"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("12,345,678.9", "12345678.9"),
        ("1'234.5", "1234.5"),
        ("−5", "-5"),
        ("+7", "7"),
        (",5", "0.5"),
        ("10.", "10"),
        ("1,500", "1.500"),
        (" 3 ", "3"),
    ],
)
def test_typed_numbers_are_understood(typed: str, number: str) -> None:
    assert parse_decimal(typed) == Decimal(number)


@pytest.mark.parametrize(
    "typed", ["", "abc", "1e5", "NaN", "Infinity", "1,2,3", "1.2.3", "--1", "5 шт", "1" * 31, "٣", "-", "."]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(typed)


@given(exact_numbers, st.sampled_from(["ru", "en", "ro"]))
def test_what_is_written_is_read_back_exactly(number: Decimal, locale: str) -> None:
    assert parse_decimal(number_text(number, locale, places=2)) == number


@given(st.text(max_size=40))
def test_any_text_is_a_finite_number_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_decimal(text).is_finite()


def test_there_are_no_floats_in_the_formats() -> None:
    tree = ast.parse(Path(formats.__file__).read_text("utf-8"))
    floats = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert floats == []


@pytest.mark.parametrize(
    ("typed", "number"),
    [("0", 0), ("007", 7), ("500", 500), ("501", None), ("0500", None), ("-1", None), ("", None), ("٣", None)],
)
def test_a_whole_number_is_digits_alone_and_at_most_so_many(typed: str, number: int | None) -> None:
    assert whole(typed, 500) == number


def test_a_number_too_long_for_python_is_none() -> None:
    assert whole("9" * 5_000) is None
