"""The facts of a manufacturer's company as they are typed at sign-up and on the settings page, and their rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.kernel.money import CURRENCIES
from chalicelib.kernel.numbers import whole
from chalicelib.kernel.taxids import COUNTRIES, normal_tax_id
from chalicelib.kernel.vat import VatRate
from chalicelib.tenancy.model import MOST_NEWS_DAYS, RoundingBase, TenantSettings

LOCALES = ("ru", "en", "ro")
TIME_ZONES = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
    "Europe/Chisinau",
    "Europe/Bucharest",
    "Europe/Minsk",
    "Europe/Kyiv",
    "Europe/Sofia",
    "Europe/Berlin",
    "Europe/Warsaw",
    "Europe/Vilnius",
    "Europe/Riga",
    "Europe/Tallinn",
    "Europe/Prague",
    "Europe/Bratislava",
    "Europe/Budapest",
    "Europe/Rome",
    "Europe/Vienna",
    "UTC",
)
_VAT = {
    # standard rates in percent, each from its first day on, newest first (domain §3.2): what a new tenant begins with
    "RU": ((date(2026, 1, 1), Decimal(22)), (date(2019, 1, 1), Decimal(20))),
    "RO": ((date(2025, 8, 1), Decimal(21)), (date(2017, 1, 1), Decimal(19))),
    "MD": ((date(2008, 1, 1), Decimal(20)),),
    "BY": ((date(2010, 1, 1), Decimal(20)),),
    "UA": ((date(1992, 1, 1), Decimal(20)),),
    "BG": ((date(1999, 1, 1), Decimal(20)),),
    "DE": ((date(2021, 1, 1), Decimal(19)),),
    "PL": ((date(2011, 1, 1), Decimal(23)),),
    "LT": ((date(2009, 9, 1), Decimal(21)),),
    "LV": ((date(2012, 7, 1), Decimal(21)),),
    "EE": ((date(2025, 7, 1), Decimal(24)), (date(2024, 1, 1), Decimal(22))),
    "CZ": ((date(2013, 1, 1), Decimal(21)),),
    "SK": ((date(2025, 1, 1), Decimal(23)), (date(2011, 1, 1), Decimal(20))),
    "HU": ((date(2012, 1, 1), Decimal(27)),),
    "IT": ((date(2013, 10, 1), Decimal(22)),),
    "AT": ((date(1984, 1, 1), Decimal(20)),),
}
_T = TypeVar("_T")
_MAX_CLOSED_DAYS = 200
_REMINDERS = (-60, 365)  # days from the due day
_MAX_REMINDERS = 12
_MAX_VAT, _MAX_VAT_CHANGES = 99, 20
_MOST_HOURS = 24 * 60  # that goods are reserved
_PREFIX = 4  # of 11 characters of an order's number (protocol §6), so that seven digits are left


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What a manufacturer says of itself to sign up; checked, the tax id in its normal form."""

    name: str
    country: str
    tax_id: str
    currency: str
    locale: str
    time_zone: str


def standard_vat(country: str) -> tuple[VatRate, ...]:
    """The standard VAT rates that a new tenant of the country starts with, the oldest first and without a day."""
    (_, oldest), *later = reversed(_VAT[country])
    return (VatRate(percent=oldest), *(VatRate(percent=rate, since=since) for since, rate in later))


class Checks:
    """Collects what is wrong with each field, so that all of it is told at once."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self._typed = typed
        self.wrong: dict[str, Complaint] = {}

    def text(self, name: str, *, limit: int, required: bool = False) -> str:
        value = self._typed.get(name, "").strip()
        if required and not value:
            self.wrong[name] = Complaint(code="required")
        elif len(value) > limit:
            self.wrong[name] = Complaint(code="too_long", params={"limit": limit})
        return value

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        value = self._typed.get(name, "").strip()
        if value not in options:
            self.wrong[name] = Complaint(code="choose")
        return value

    def parsed(self, name: str, parse: Callable[[str], _T], otherwise: _T, *, code: str, **params: object) -> _T:
        """What `parse` makes of the field; its ValueError is the complaint `code`."""
        try:
            return parse(self._typed.get(name, "").strip())
        except ValueError:
            self.wrong[name] = Complaint(code=code, params=params)
            return otherwise

    def whole(self, name: str, low: int, high: int, *, empty: int | None = None) -> int:
        """A whole number from `low`, not below 0, to `high`; an empty field means `empty`, unless that is None."""

        def parse(text: str) -> int:
            value = whole(text, high) if text else empty
            if value is None or value < low:
                raise ValueError(f"not a whole number from {low} to {high}")
            return value

        return self.parsed(name, parse, low, code="number_between", low=low, high=high)

    def finish(self) -> None:
        """Raises Invalid with every complaint, if there is one."""
        if self.wrong:
            raise Invalid(fields=self.wrong)


def checked_company(typed: Mapping[str, str]) -> Company:
    """The company of the sign-up form's fields `company country tax_id currency locale time_zone`."""
    checks = Checks(typed)
    name = checks.text("company", limit=120, required=True)
    country = checks.choice("country", COUNTRIES)
    tax_id = checks.text("tax_id", limit=40, required=True)
    if country in COUNTRIES and tax_id:
        tax_id = checks.parsed("tax_id", lambda text: normal_tax_id(country, text), "", code="tax_id_wrong")
    company = Company(
        name=name,
        country=country,
        tax_id=tax_id,
        currency=checks.choice("currency", CURRENCIES),
        locale=checks.choice("locale", LOCALES),
        time_zone=checks.choice("time_zone", TIME_ZONES),
    )
    checks.finish()
    return company


def new_tenant(tenant_id: str, company: Company, now: datetime) -> TenantSettings:
    """The settings that a tenant starts with."""
    rate, *changes = standard_vat(company.country)
    return TenantSettings(
        id=tenant_id,
        name=company.name,
        country=company.country,
        tax_id=company.tax_id,
        currency=company.currency,
        locale=company.locale,
        time_zone=company.time_zone,
        created=now,
        vat_rate=rate.percent,
        vat_changes=tuple(changes),
    )


def changed_settings(
    settings: TenantSettings, typed: Mapping[str, str], weekdays: list[str], parse_number: Callable[[str], Decimal]
) -> TenantSettings:
    """The settings as the settings page's fields say; Invalid names every wrong one.

    Country and currency stay: contracts and ledgers are kept in them.
    """
    checks = Checks(typed)
    nothing: tuple[VatRate, ...] = (VatRate(percent=Decimal(0)),)
    rate, *changes = checks.parsed("vat_rate", lambda text: _vat_rates(text, parse_number), nothing, code="vat_wrong")

    def number(name: str, low: int, high: int) -> Decimal:
        def parse(text: str) -> Decimal:
            value = parse_number(text)
            if not low <= value <= high:
                raise ValueError
            return value

        return checks.parsed(name, parse, Decimal(0), code="number_between", low=low, high=high)

    changed = replace(
        settings,
        name=checks.text("company", limit=120, required=True),
        tax_id=checks.parsed("tax_id", lambda text: normal_tax_id(settings.country, text), "", code="tax_id_wrong"),
        address=checks.text("address", limit=300),
        bank_details=checks.text("bank_details", limit=1000),
        locale=checks.choice("locale", LOCALES),
        time_zone=checks.choice("time_zone", tuple(dict.fromkeys((*TIME_ZONES, settings.time_zone)))),
        order_prefix=checks.parsed("order_prefix", _prefix, "", code="order_prefix_wrong", limit=_PREFIX),
        vat_rate=rate.percent,
        vat_changes=tuple(changes),
        rounding_base=checks.parsed("rounding_base", RoundingBase, settings.rounding_base, code="choose"),
        safety_stock=number("safety_stock", 0, 1_000_000),
        reserve_hours=checks.whole("reserve_hours", 0, _MOST_HOURS),
        news_days=checks.whole("news_days", 1, MOST_NEWS_DAYS),
        transit_orders=checks.text("transit_orders", limit=1) == "1",
        reminder_days=checks.parsed("reminder_days", _reminder_days, (), code="reminder_days_wrong"),
        closed_days=checks.parsed("closed_days", _closed_days, (), code="closed_days_wrong"),
        closed_weekdays=tuple(sorted({int(day) for day in weekdays if day in set("0123456")})),
    )
    checks.finish()
    return changed


def _prefix(text: str) -> str:
    if len(text) > _PREFIX or not all(c.isalnum() or c in "-/" for c in text):
        raise ValueError
    return text


def _vat_rates(text: str, parse_number: Callable[[str], Decimal]) -> tuple[VatRate, ...]:
    """A rate a line: `20`, then each later one with its first day, `22 01.01.2026`; in the order of the days."""
    first, *later = (line.split() for line in text.splitlines() if line.strip())
    if len(first) != 1 or len(later) > _MAX_VAT_CHANGES or any(len(words) != 2 for words in later):
        raise ValueError
    changes = sorted(
        (VatRate(percent=_percent(parse_number(rate)), since=_day(day)) for rate, day in later),
        key=lambda one: one.since or date.min,
    )
    if len({one.since for one in changes}) < len(changes):
        raise ValueError
    return (VatRate(percent=_percent(parse_number(first[0]))), *changes)


def _percent(value: Decimal) -> Decimal:
    if not 0 <= value <= _MAX_VAT:
        raise ValueError
    return value


def _reminder_days(text: str) -> tuple[int, ...]:
    """`0, 3, 7` → days from the due day, in order, each once; empty = no reminders."""
    days = {int(part) for part in text.replace(",", " ").replace(";", " ").split()}
    if len(days) > _MAX_REMINDERS or any(not _REMINDERS[0] <= day <= _REMINDERS[1] for day in days):
        raise ValueError
    return tuple(sorted(days))


def _closed_days(text: str) -> tuple[str, ...]:
    """Dates as `2026-12-31` or `31.12.2026`, set apart by spaces, commas or lines → ISO dates in order."""
    days = {_day(part) for part in text.replace(",", " ").replace(";", " ").split()}
    if len(days) > _MAX_CLOSED_DAYS:
        raise ValueError
    return tuple(day.isoformat() for day in sorted(days))


def _day(text: str) -> date:
    if text.count(".") == 2:
        day, month, year = text.split(".")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)
