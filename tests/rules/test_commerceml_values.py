"""Numbers, currencies, flags and moments inside CommerceML."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.exchange.commerceml import values

exact = st.decimals(min_value=Decimal(-(10**12)), max_value=Decimal(10**12), places=3)


@given(exact)
def test_a_number_survives_every_way_of_writing_it(number: Decimal) -> None:
    for text in (f"{number}", f"{number:,}".replace(",", " "), f"{number:,}", f"{number}".replace(".", ",")):
        assert values.number(text) == number
    russian = f"{number:,}".replace(",", "\u00a0").replace(".", ",")
    german = f"{number:,}".translate(str.maketrans(",.", ".,"))
    assert values.number(russian) == values.number(german) == number


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_none(text: str) -> None:
    try:
        number = values.number(text)
    except ValueError:
        return
    assert number.is_finite()


@pytest.mark.parametrize("text", ["", "-", "NaN", "Infinity", "1e5", "1_000", "٣", "0x10", "1.2.3", "1,2,3", "9" * 30])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        values.number(text)


@given(exact)
def test_a_quantity_is_exact_to_the_thousandth(number: Decimal) -> None:
    assert values.quantity(str(number)) == number


def test_an_empty_quantity_is_zero_as_1c_formats_it() -> None:
    assert values.quantity("") == 0


def test_a_finer_quantity_is_rounded_to_the_thousandth() -> None:
    assert values.quantity("0.33333") == Decimal("0.333")


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("RUB", "RUB"), ("руб", "RUB"), ("руб.", "RUB"), ("РУБ", "RUB"), ("р.", "RUB"), ("643", "RUB"), ("RUR", "RUB"),
        ("UAH", "UAH"), ("грн", "UAH"), ("USD", "USD"), ("usd", "USD"), ("$", "USD"), ("BYR", "BYR"), ("BYN", "BYN"),
        ("EUR", "EUR"), ("€", "EUR"), ("MDL", "MDL"), ("498", "MDL"), ("946", "RON"), ("KZT", "KZT"), ("", None),
    ],
)  # fmt: skip
def test_currencies_are_known_by_the_words_that_1c_uses(word: str, code: str | None) -> None:
    assert values.currency(word) == code


@given(st.text(max_size=12))
def test_any_word_is_an_iso_currency_or_none_or_refused(word: str) -> None:
    try:
        code = values.currency(word)
    except ValueError:
        return
    assert code is None or (len(code) == 3 and code.isascii() and code.isupper())


@pytest.mark.parametrize("word", ["у.е.", "XXX", "RUBL", "бонус"])
def test_an_unknown_currency_is_refused_and_never_taken_for_another(word: str) -> None:
    with pytest.raises(ValueError, match="no known currency"):
        values.currency(word)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("20", 20), ("18%", 18), ("НДС 20%", 20), ("10,5", Decimal("10.5")), ("0", 0), ("Без налога", None),
     ("Без НДС", None), ("без ндс", None), ("", None)],
)  # fmt: skip
def test_vat_rates_are_percents_or_none(text: str, rate: object) -> None:
    assert values.vat_rate(text) == rate


@pytest.mark.parametrize("text", ["101", "-1", "двадцать"])
def test_an_impossible_vat_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"VAT rate|not a number"):
        values.vat_rate(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-06-01T0:36:33", "2014-06-01T00:36:33"),
        ("2014-11-25T8:00:00", "2014-11-25T08:00:00"),
        ("2021-02-12T17:03:19+03:00", "2021-02-12T17:03:19"),
        ("2021-02-12T17:03:19.123Z", "2021-02-12T17:03:19"),
        ("2008-03-28", "2008-03-28T00:00:00"),
        ("2007-10-16 15:44:47", "2007-10-16T15:44:47"),
        ("11.02.2021 18:45:21", "2021-02-11T18:45:21"),
        ("11.02.2021", "2021-02-11T00:00:00"),
    ],
)
def test_moments_are_read_in_every_notation(text: str, expected: str) -> None:
    found = values.moment(text)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("text", ["", "вчера", "2021-02-30", "2021-13-01", "2021-02-12T25:00:00"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert values.moment(text) is None


def test_the_empty_date_of_1c_is_no_day() -> None:
    assert values.day("0001-01-01T00:00:00") is None
    assert values.day("2026-11-21T10:00:00") == date(2026, 11, 21)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    values.moment(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a#b", ("a", "b")),
        ("a", ("a", None)),
        ("a#", ("a", None)),
        (" 7992E ", ("7992E", None)),
        ("a#b#c", ("a", "b#c")),
    ],
)
def test_an_id_is_split_at_its_first_mark(text: str, expected: tuple[str, str | None]) -> None:
    assert values.split_id(text) == expected


@pytest.mark.parametrize("text", ["", "  ", "#b"])
def test_an_id_without_a_product_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        values.split_id(text)
