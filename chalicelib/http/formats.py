"""Numbers, money and dates as the reader writes them, and numbers as people type them. Exact: no floats.

Groups of three are set apart by a narrow no-break space in every language: a comma or a point there would be
read as the decimal mark by a reader of another language. The decimal mark, the names of months and the
currency signs are the language's own (Babel's CLDR data).
"""

from __future__ import annotations

import datetime as dt  # the methods below bear the names of its types
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from chalicelib.kernel.money import Money, minor_digits

GROUP = "\N{NARROW NO-BREAK SPACE}"
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_DECIMAL_MARK = {"ru": ",", "en": ".", "ro": ","}
_DATE = {"ru": "dd.MM.y", "en": "d MMM y", "ro": "dd.MM.y"}
_DAY_MONTH = "d MMMM"
_AGO_LIMIT = dt.timedelta(days=7)


class Formats:
    """How one reader sees values: language and IANA time zone (of the tenant)."""

    def __init__(self, locale: str, time_zone: str) -> None:
        self.locale = locale
        self.time_zone = ZoneInfo(time_zone)

    def money(self, amount: Decimal, currency: str) -> str:
        """`142 650,00 ₽`: the sum, then the currency's sign or code."""
        return f"{self.amount(amount, currency)}{NBSP}{self.currency(currency)}"

    def amount(self, amount: Decimal, currency: str) -> str:
        """The sum alone, for a column whose head names the currency. A finer price shows all of its digits."""
        return number_text(amount, self.locale, places=minor_digits(currency))

    def currency(self, currency: str) -> str:
        """The sign that the language uses (`₽`), else the ISO code."""
        return _currency_sign(currency, self.locale)

    def quantity(self, value: Decimal) -> str:
        """`1 200`, `2,5`: without trailing zeros."""
        return number_text(value, self.locale)

    def percent(self, value: Decimal) -> str:
        """Percents as they are stored and typed: 20 -> `20 %`, 12.5 -> `12,5 %`."""
        return f"{number_text(value, self.locale)}{NBSP}%"

    def date(self, value: dt.date | dt.datetime) -> str:
        """`20.11.2026`, in English `20 Nov 2026`; a moment is shown as the day it is in the time zone."""
        return _date_text(self._local(value), _DATE[self.locale], self.locale)

    def day_month(self, value: dt.date | dt.datetime) -> str:
        """`20 ноября`: where the year is plain."""
        return _date_text(self._local(value), _DAY_MONTH, self.locale)

    def time(self, value: dt.datetime) -> str:
        return f"{self._local(value):%H:%M}"

    def datetime(self, value: dt.datetime) -> str:
        """`20.11.2026, 09:05` in the time zone; `value` is an aware moment."""
        return f"{self.date(value)},{NBSP}{self.time(value)}"

    def ago(self, value: dt.datetime, now: dt.datetime) -> str:
        """`5 минут назад`; the date when it is over a week ago."""
        from babel.dates import format_timedelta

        if abs(now - value) > _AGO_LIMIT:
            return self.date(value)
        text: str = format_timedelta(value - now, add_direction=True, locale=self.locale)
        return text

    def _local(self, value: dt.date | dt.datetime) -> dt.date | dt.datetime:
        if not isinstance(value, dt.datetime):
            return value
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(self.time_zone)


def shown(value: object, locale: str) -> object:
    """A parameter of a text as the reader writes it; what needs no care comes back as it is."""
    if isinstance(value, Money):
        digits = minor_digits(value.currency)
        return f"{number_text(value.amount, locale, places=digits)}{NBSP}{_currency_sign(value.currency, locale)}"
    if isinstance(value, Decimal):
        return number_text(value, locale)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return _date_text(value, _DATE[locale], locale)
    return value


def number_text(value: Decimal | int, locale: str, *, places: int = 0) -> str:
    """An exact number with at least `places` digits after the mark and no other trailing zeros."""
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    whole, _, rest = f"{abs(number):,f}".partition(".")
    rest = rest.rstrip("0").ljust(places, "0")
    text = whole.replace(",", GROUP) + (_DECIMAL_MARK[locale] + rest if rest else "")
    return MINUS + text if number < 0 else text


@cache
def _currency_sign(currency: str, locale: str) -> str:
    from babel.numbers import get_currency_symbol

    sign: str = get_currency_symbol(currency, locale)
    return sign


def _date_text(value: dt.date, pattern: str, locale: str) -> str:
    if pattern == "dd.MM.y":
        return f"{value:%d.%m.}{value.year}"
    from babel.dates import format_date

    text: str = format_date(value, pattern, locale=locale)
    return text.replace(" ", NBSP)  # a day and its month stay on one line
