"""The company's facts at sign-up, and the settings page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http.i18n import LOCALES
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import CURRENCIES
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.kernel.taxids import COUNTRIES
from chalicelib.kernel.vat import VatRate, rate_on
from chalicelib.tenancy import company, options
from chalicelib.tenancy.company import TIME_ZONES, changed_settings, checked_company, new_tenant, standard_vat
from chalicelib.tenancy.model import RoundingBase, TenantSettings

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TYPED = {
    "company": " Окна Север ",
    "country": "RU",
    "tax_id": "7707 083893",
    "currency": "RUB",
    "locale": "ru",
    "time_zone": "Europe/Moscow",
}
SETTINGS = new_tenant("t0123456789a", checked_company(TYPED), NOW)
FORM = {
    "company": "Окна Север",
    "tax_id": "7707083893",
    "address": "Вологда, ул. Мира, 1",
    "bank_details": "р/с 40702810900000000001",
    "locale": "ru",
    "time_zone": "Asia/Omsk",
    "order_prefix": "ОС-",
    "vat_rate": "22",
    "rounding_base": "total",
    "safety_stock": "2,5",
    "reserve_hours": "48",
    "news_days": "14",
    "reminder_days": "7, 0 3; 3",
    "closed_days": "31.12.2026\n2026-05-09, 2026-05-09",
}


def change(weekdays: list[str] | None = None, **typed: str) -> TenantSettings:
    return changed_settings(SETTINGS, FORM | typed, weekdays or ["6", "5"], parse_decimal)


def complaints(**typed: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        change(**typed)
    return {name: complaint.code for name, complaint in refusal.value.fields.items()}


def test_a_company_is_kept_with_its_tax_id_in_normal_form() -> None:
    checked = checked_company(TYPED)
    assert (checked.name, checked.tax_id) == ("Окна Север", "7707083893")


@pytest.mark.parametrize(
    ("country", "number", "normal"),
    [
        ("MD", "1008600038413", "1008600038413"),
        ("RO", "RO 18547290", "18547290"),
        ("DE", "136695976", "DE136695976"),
        ("RU", "500100732259", "500100732259"),
    ],
)
def test_tax_ids_are_those_of_the_country(country: str, number: str, normal: str) -> None:
    assert checked_company(TYPED | {"country": country, "tax_id": number}).tax_id == normal


def test_everything_wrong_with_a_sign_up_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        checked_company({"company": "x" * 121, "country": "RU", "tax_id": "7707083894", "currency": "XXX"})
    assert {name: complaint.code for name, complaint in refusal.value.fields.items()} == {
        "company": "too_long",
        "tax_id": "tax_id_wrong",
        "currency": "choose",
        "locale": "choose",
        "time_zone": "choose",
    }
    with pytest.raises(Invalid) as empty:
        checked_company({})
    assert empty.value.fields["company"].code == empty.value.fields["tax_id"].code == "required"


@pytest.mark.parametrize(
    ("country", "day", "rate"),
    [
        ("RU", date(2025, 12, 31), 20),
        ("RU", date(2026, 1, 1), 22),
        ("RO", date(2025, 7, 31), 19),
        ("RO", date(2025, 8, 1), 21),
        ("MD", date(2026, 11, 21), 20),
    ],
)
def test_a_new_tenant_starts_with_its_countrys_vat_rates_and_their_days(country: str, day: date, rate: int) -> None:
    assert rate_on(standard_vat(country), day) == rate


def test_every_country_has_a_rate_and_every_zone_exists() -> None:
    assert all(rate_on(standard_vat(country), NOW.date()) > 0 for country in COUNTRIES)
    assert all(ZoneInfo(zone) for zone in TIME_ZONES)
    assert company.LOCALES == LOCALES


def test_a_tenant_of_any_day_has_the_rates_before_and_after_it() -> None:
    tenant = new_tenant("t0123456789a", checked_company(TYPED), datetime(2025, 12, 1, tzinfo=UTC))
    days = (date(2025, 12, 31), date(2026, 1, 1))
    assert [rate_on(tenant.vat_rates, day) for day in days] == [20, 22]


@pytest.mark.parametrize("typed", ["20\n22 01.01.2026", " 20 \r\n\r\n22   2026-01-01\n", "20\n22 2026-01-01"])
def test_vat_rates_are_typed_a_line_each_with_the_day_they_start(typed: str) -> None:
    changed = change(vat_rate=typed)
    assert (changed.vat_rate, changed.vat_changes) == (20, (VatRate(percent=Decimal(22), since=date(2026, 1, 1)),))
    assert change().vat_changes == ()


def test_settings_are_read_as_typed() -> None:
    changed = change()
    assert changed.reminder_days == (0, 3, 7)
    assert changed.closed_days == ("2026-05-09", "2026-12-31")
    assert changed.closed_weekdays == (5, 6)
    assert changed.safety_stock == Decimal("2.5")
    assert (changed.reserve_hours, changed.news_days) == (48, 14)
    assert changed.rounding_base is RoundingBase.TOTAL
    assert changed.order_prefix == "ОС-"
    assert changed.time_zone == "Asia/Omsk"


def test_what_contracts_and_ledgers_stand_on_is_not_changed() -> None:
    changed = change(country="MD", currency="MDL", id="t9999999999z", created="2000-01-01")
    assert (changed.country, changed.currency, changed.id, changed.created) == ("RU", "RUB", SETTINGS.id, NOW)


def test_the_same_settings_again_are_the_same() -> None:
    once = change()
    assert changed_settings(once, FORM, ["5", "6"], parse_decimal) == once


@pytest.mark.parametrize(
    ("field", "wrong", "code"),
    [
        ("company", "", "required"),
        ("tax_id", "7707083894", "tax_id_wrong"),
        ("bank_details", "x" * 1001, "too_long"),
        ("time_zone", "Mars/Olympus", "choose"),
        ("rounding_base", "never", "choose"),
        ("vat_rate", "120", "vat_wrong"),
        ("vat_rate", "двадцать", "vat_wrong"),
        ("vat_rate", "", "vat_wrong"),
        ("vat_rate", "20\n22", "vat_wrong"),
        ("vat_rate", "20 01.01.2019", "vat_wrong"),
        ("vat_rate", "20\n22 32.01.2026", "vat_wrong"),
        ("vat_rate", "20\n21 01.01.2026\n22 2026-01-01", "vat_wrong"),
        ("safety_stock", "-1", "number_between"),
        ("reserve_hours", "1,5", "number_between"),
        ("reserve_hours", "1441", "number_between"),
        ("reserve_hours", "4_8", "number_between"),
        ("news_days", "0", "number_between"),
        ("news_days", "91", "number_between"),
        ("order_prefix", "ABCDE", "order_prefix_wrong"),
        ("order_prefix", "A B", "order_prefix_wrong"),
        ("reminder_days", "0, three", "reminder_days_wrong"),
        ("reminder_days", "366", "reminder_days_wrong"),
        ("reminder_days", " ".join(map(str, range(13))), "reminder_days_wrong"),
        ("closed_days", "31.02.2026", "closed_days_wrong"),
        ("closed_days", "tomorrow", "closed_days_wrong"),
    ],
)
def test_a_wrong_setting_is_named(field: str, wrong: str, code: str) -> None:
    assert complaints(**{field: wrong}) == {field: code}


def test_no_reminders_and_no_closed_days_are_settings_too() -> None:
    changed = change(weekdays=["x", "9"], reminder_days="", closed_days=" ")
    assert (changed.reminder_days, changed.closed_days, changed.closed_weekdays) == ((), (), ())


@given(st.sets(st.integers(-60, 365), max_size=12), st.sampled_from([", ", " ", ";", "\n"]))
def test_reminder_days_come_back_in_order_however_they_are_typed(days: set[int], comma: str) -> None:
    assert change(reminder_days=comma.join(map(str, days))).reminder_days == tuple(sorted(days))


@given(st.text(max_size=200))
def test_no_text_in_a_settings_field_is_more_than_wrong(text: str) -> None:
    for field in FORM:
        try:
            change(**{field: text})
        except Invalid as refusal:
            assert set(refusal.fields) == {field}  # noqa: PT017


@pytest.mark.parametrize("locale", LOCALES)
def test_every_select_offers_everything_by_a_name(locale: str) -> None:
    assert {code for code, _ in options.countries(locale)} == set(COUNTRIES)
    assert [code for code, _ in options.currencies(locale)] == list(CURRENCIES)
    assert {zone for zone, _ in options.time_zones(locale, NOW)} == set(TIME_ZONES)
    assert all(name.strip() for _, name in (*options.countries(locale), *options.time_zones(locale, NOW)))


@pytest.mark.parametrize("reader", LOCALES)
@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_left_blank_is_as_usual_in_the_country(country: str, reader: str) -> None:
    home = options.as_at_home({"country": country, "currency": "", "time_zone": ""}, reader)
    assert home["currency"] in CURRENCIES
    assert home["time_zone"] in TIME_ZONES
    assert home["locale"] in LOCALES
    chosen = {"currency": "USD", "time_zone": "UTC", "locale": "en"}
    assert options.as_at_home({"country": country, **chosen}, reader) == {"country": country, **chosen}


def test_a_reader_keeps_the_language_where_the_country_uses_it() -> None:
    assert options.home("RU", "en") == {"currency": "RUB", "time_zone": "Europe/Moscow", "locale": "ru"}
    assert [options.home("MD", reader)["locale"] for reader in LOCALES] == ["ru", "ro", "ro"]
    assert [options.home("DE", reader)["locale"] for reader in LOCALES] == list(LOCALES)
    assert options.home("XX", "ru") == {}
    assert options.country_of("RUB", "Asia/Omsk") == "RU"
    assert options.country_of("EUR", "Europe/Chisinau") == "MD"
    assert options.country_of("RON", "UTC") == "RO"
    assert options.country_of("USD", "UTC") == "RU"
    assert all(options.likely_country(reader) in COUNTRIES for reader in LOCALES)


def test_time_zones_go_from_west_to_east_and_keep_a_foreign_choice() -> None:
    labels = [label for _, label in options.time_zones("ru", NOW, "America/New_York")]
    assert labels[0] == "UTC−5 · Нью-Йорк"
    assert "UTC+3 · Москва" in labels
    assert labels[-1] == "UTC+12 · Петропавловск-Камчатский"
