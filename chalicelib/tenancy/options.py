"""What the selects of sign-up and settings offer, named in the reader's language (Babel's CLDR data)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from chalicelib.kernel.money import CURRENCIES
from chalicelib.kernel.taxids import COUNTRIES
from chalicelib.tenancy.company import TIME_ZONES

Options = tuple[tuple[str, str], ...]
_START = {"ru": ("RU", "RUB", "Europe/Moscow"), "ro": ("RO", "RON", "Europe/Bucharest")}
_OTHERWISE = ("DE", "EUR", "Europe/Berlin")


def likely(locale: str) -> dict[str, str]:
    """What a visitor with this language most likely chooses."""
    country, currency, time_zone = _START.get(locale, _OTHERWISE)
    return {"country": country, "currency": currency, "time_zone": time_zone, "locale": locale}


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
