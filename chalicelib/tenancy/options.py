"""What the selects of sign-up and settings offer, named in the reader's language (Babel's CLDR data)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from chalicelib.kernel.money import CURRENCIES
from chalicelib.kernel.taxids import COUNTRIES
from chalicelib.tenancy.company import TIME_ZONES

Options = tuple[tuple[str, str], ...]
_COUNTRY_OF = {"ru": "RU", "ro": "RO"}
_HOME: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # currency, time zone, and the languages among ours that its companies use; none: the reader's own is kept
    "RU": ("RUB", "Europe/Moscow", ("ru",)),
    "MD": ("MDL", "Europe/Chisinau", ("ro", "ru")),
    "RO": ("RON", "Europe/Bucharest", ("ro",)),
    "BY": ("BYN", "Europe/Minsk", ("ru",)),
    "UA": ("UAH", "Europe/Kyiv", ()),
    "BG": ("EUR", "Europe/Sofia", ()),
    "DE": ("EUR", "Europe/Berlin", ()),
    "PL": ("PLN", "Europe/Warsaw", ()),
    "LT": ("EUR", "Europe/Vilnius", ()),
    "LV": ("EUR", "Europe/Riga", ()),
    "EE": ("EUR", "Europe/Tallinn", ()),
    "CZ": ("CZK", "Europe/Prague", ()),
    "SK": ("EUR", "Europe/Bratislava", ()),
    "HU": ("HUF", "Europe/Budapest", ()),
    "IT": ("EUR", "Europe/Rome", ()),
    "AT": ("EUR", "Europe/Vienna", ()),
}


def likely_country(locale: str) -> str:
    """Where a visitor with this language most likely is."""
    return _COUNTRY_OF.get(locale, "DE")


def country_of(currency: str, time_zone: str) -> str:
    """Where a company that keeps its books in this currency and time zone most likely is, and its dealers too."""
    by_zone = [country for country, (_, zone, _) in _HOME.items() if zone == time_zone]
    by_currency = [country for country, (money, _, _) in _HOME.items() if money == currency]
    return next(iter((*by_zone, *by_currency, *COUNTRIES)))


def home(country: str, reader: str) -> dict[str, str]:
    """`currency`, `time_zone` and `locale` that a company of the country most likely wants; nothing for an unknown one.

    `reader` is the language of who asks: it is kept where it is one of the country's.
    """
    if country not in _HOME:
        return {}
    currency, time_zone, languages = _HOME[country]
    locale = reader if reader in languages or not languages else languages[0]
    return {"currency": currency, "time_zone": time_zone, "locale": locale}


def homes(reader: str) -> dict[str, dict[str, str]]:
    """`home` of every country, for the form's script."""
    return {country: home(country, reader) for country in COUNTRIES}


def as_at_home(typed: Mapping[str, str], reader: str) -> dict[str, str]:
    """What was typed, with the currency, time zone and language of its country where they were left blank."""
    blank = {name: value for name, value in home(typed.get("country", ""), reader).items() if not typed.get(name)}
    return {**typed, **blank}


@cache
def countries(locale: str) -> Options:
    from babel.core import Locale

    names = Locale.parse(locale).territories
    return tuple(sorted(((code, str(names[code])) for code in COUNTRIES), key=lambda pair: pair[1]))


@cache
def currencies(locale: str) -> Options:
    """`RUB · российский рубль`, the likely ones first."""
    from babel.numbers import get_currency_name

    return tuple((code, f"{code} · {get_currency_name(code, locale=locale)}") for code in CURRENCIES)


def time_zones(locale: str, now: datetime, chosen: str = "") -> Options:
    """`UTC+3 · Москва`, from west to east; a zone that was chosen by other means is offered too."""
    zones = dict.fromkeys((*TIME_ZONES, *([chosen] if chosen else [])))
    by_offset = sorted(
        zones, key=lambda zone: (_offset(zone, now), TIME_ZONES.index(zone) if zone in TIME_ZONES else 0)
    )
    return tuple((zone, f"{_offset_text(zone, now)} · {_city(zone, locale)}") for zone in by_offset)


def _offset(zone: str, now: datetime) -> int:
    """Minutes east of UTC."""
    offset = now.astimezone(ZoneInfo(zone)).utcoffset()
    return round(offset.total_seconds() / 60) if offset is not None else 0


def _offset_text(zone: str, now: datetime) -> str:
    minutes = _offset(zone, now)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


@cache
def _city(zone: str, locale: str) -> str:
    if zone == "UTC":
        return "UTC"
    from babel.dates import get_timezone_location

    city: str = get_timezone_location(zone, locale=locale, return_city=True)
    return city


@cache
def weekdays(locale: str) -> Options:
    """`0` is Monday."""
    from babel.dates import get_day_names

    names = get_day_names("abbreviated", context="stand-alone", locale=locale)
    return tuple((str(day), str(names[day])) for day in range(7))
