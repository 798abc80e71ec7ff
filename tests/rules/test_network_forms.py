"""What is typed about dealers: every wrong field is named at once, requisites have their country's form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network.forms import Known, contract_from_form, entity_from_form, party_from_form
from chalicelib.network.model import Account, Contract, LegalEntity, Party, VatMode, is_tax_reason, standings
from chalicelib.network.segments import Segments
from chalicelib.tenancy.company import Checks

PARTY = Party(id="p", name="Светлый дом", created=datetime(2026, 11, 20, tzinfo=UTC))
ENTITY = LegalEntity(id="e", party_id="p", name="ООО «Светлый дом»", country="RU", tax_id="7707083893")
RUSSIAN = {"entity_name": "ООО «Светлый дом»", "country": "RU", "tax_id": "7707083893", "tax_reason": "770101001"}
TERMS = {"number": "14/2026", "currency": "RUB", "vat": "included", "price_type": "wholesale", "deferral_days": "14"}
KNOWN = Known(price_types=["wholesale", "retail"], warehouses=["w1", "w2"])


def entity(**typed: str) -> LegalEntity:
    checks = Checks(RUSSIAN | typed)
    made = entity_from_form(checks, PARTY, "e")
    checks.finish()
    return made


def contract(*warehouses: str, **typed: str) -> Contract:
    checks = Checks(TERMS | typed)
    made = contract_from_form(checks, parse_decimal, KNOWN, warehouses, contract_id="c", entity=ENTITY)
    checks.finish()
    return made


def wrong_fields(make: object, **typed: str) -> set[str]:
    with pytest.raises(Invalid) as wrong:
        make(**typed)  # type: ignore[operator]
    return set(wrong.value.fields)


def test_a_russian_organisation_has_its_tax_id_and_its_kpp() -> None:
    made = entity(tax_id=" 7707 083893 ")
    assert (made.tax_id, made.tax_reason) == ("7707083893", "770101001")


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"tax_id": "7707083894"}, {"tax_id", "tax_reason"}),
        ({"tax_reason": ""}, {"tax_reason"}),
        ({"tax_reason": "77010100"}, {"tax_reason"}),
        ({"entity_name": "", "country": "XX"}, {"entity_name", "country"}),
        ({"bank_code": "12345", "account": "407028109000000000"}, {"bank_code", "account"}),
        ({"account": "4070281090000000000А"}, {"account"}),
    ],
)
def test_every_wrong_requisite_is_named(typed: dict[str, str], fields: set[str]) -> None:
    assert wrong_fields(entity, **typed) - {"tax_reason"} == fields - {"tax_reason"}
    assert fields <= wrong_fields(entity, **typed) | {"tax_reason"}


def test_a_sole_proprietor_and_a_foreign_company_have_no_kpp() -> None:
    assert entity(tax_id="500100732259", tax_reason="770101001").tax_reason == ""
    moldovan = entity(country="MD", tax_id="1008600038413", account="MD24AG000225100013104168", bank_code="AGRNMD2X")
    assert (moldovan.tax_reason, moldovan.account) == ("", "MD24AG000225100013104168")


@pytest.mark.parametrize(
    ("country", "tax_id", "text", "is_right"),
    [
        ("RU", "7707083893", "770101001", True),
        ("RU", "7707083893", "7701AB001", True),
        ("RU", "7707083893", "", False),
        ("RU", "500100732259", "", True),
        ("RU", "500100732259", "770101001", False),
        ("MD", "1008600038413", "", True),
    ],
)
def test_a_kpp_belongs_to_russian_organisations_only(country: str, tax_id: str, text: str, is_right: bool) -> None:
    assert is_tax_reason(country, tax_id, text) is is_right


def test_a_contract_takes_its_terms_from_the_form() -> None:
    made = contract("w2", "w9", "w2", credit_limit="500 000,50", signed="2026-01-15", deferral_months="1")
    assert made.credit_limit == Decimal("500000.50")
    assert (made.signed, made.deferral_days, made.deferral_months) == (date(2026, 1, 15), 14, 1)
    assert (made.warehouse_ids, made.vat_included, made.vat_exempt) == (("w2",), True, False)


@pytest.mark.parametrize(
    ("vat", "included", "exempt"),
    [("by_price_type", None, False), ("on_top", False, False), ("exempt", True, True), ("included", True, False)],
)
def test_the_vat_mode_says_what_prices_contain(vat: str, included: bool | None, exempt: bool) -> None:
    made = contract(vat=vat)
    assert (made.vat, made.vat_included, made.vat_exempt) == (VatMode(vat), included, exempt)


def test_no_limit_and_a_limit_of_zero_are_different_things() -> None:
    assert contract(credit_limit="").credit_limit is None
    assert contract(credit_limit="0").credit_limit == 0


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"number": "", "price_type": "stolen"}, {"number", "price_type"}),
        ({"credit_limit": "-1"}, {"credit_limit"}),
        ({"credit_limit": "0,001"}, {"credit_limit"}),
        ({"credit_limit": "1e5"}, {"credit_limit"}),
        ({"deferral_days": "366", "deferral_months": "x"}, {"deferral_days", "deferral_months"}),
        ({"deferral_days": "1_4", "deferral_months": "-1"}, {"deferral_days", "deferral_months"}),
        ({"currency": "XXX"}, {"currency"}),
        ({"signed": "15.01.2026"}, {"signed"}),
        ({"vat": ""}, {"vat"}),
    ],
)
def test_every_wrong_term_is_named(typed: dict[str, str], fields: set[str]) -> None:
    assert wrong_fields(contract, **typed) == fields


def test_what_a_contract_names_already_may_stay_though_the_erp_is_silent_about_it() -> None:
    known = Known(price_types=[], warehouses=[]).and_those_of(contract("w1"))
    assert ("wholesale" in known.price_types, "w1" in known.warehouses) == (True, True)


def test_a_dealer_needs_a_name_and_a_plausible_address() -> None:
    checks = Checks({"name": "", "email": "nobody"})
    party_from_form(checks, PARTY, Segments())
    assert set(checks.wrong) == {"name", "email"}


def test_a_dealers_standing_is_told_by_currency_and_contracts_lend_each_other_no_credit() -> None:
    def terms(limit: str, balance: int, ordered: int, currency: str = "RUB") -> tuple[Contract, Account]:
        account = Account(balance=Decimal(balance), ordered=Decimal(ordered), exposure=Decimal(balance + ordered))
        return contract(credit_limit=limit, currency=currency), account

    roubles, euros = standings([terms("1000", 300, 200), terms("500", 900, 0), terms("", 70, 0, "EUR")])
    assert (roubles.currency, roubles.debt, roubles.ordered, roubles.used) == ("RUB", 1200, 200, 1400)
    assert (roubles.limit, roubles.free) == (1500, 500)  # 1000 - 500, and nothing where the limit is exceeded
    assert (euros.currency, euros.debt, euros.limit, euros.free) == ("EUR", 70, None, None)
    assert standings([terms("1000", 0, 0), terms("", 0, 0)])[0].limit is None
    assert standings([]) == ()
