"""Which price holds and why (domain §3.2, §3.4, §3.6, §3.10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from chalicelib.catalogue.model import PriceTier
from chalicelib.http.i18n import LOCALES, translator
from chalicelib.kernel.vat import VatRate
from chalicelib.pricing.explain import why, why_not
from chalicelib.pricing.model import Origin, Outcome, PriceList, PriceOnRequest, PriceTerms, Quote
from chalicelib.pricing.quoting import quote

DEALER = PriceList(origin=Origin.CONTRACT, id="dealer", name="Дилерская", vat_included=True)
RETAIL = PriceList(origin=Origin.TENANT, id="retail", name="Розничная", vat_included=True)
LAST = PriceList(origin=Origin.TENANT, id="last", name="Базовая", vat_included=True)
RATES = (VatRate(percent=Decimal(20)), VatRate(percent=Decimal(22), since=date(2026, 1, 1)))
TERMS = PriceTerms(
    chain=(DEALER, RETAIL),
    currency="RUB",
    list_currency="RUB",
    vat_included=True,
    vat_rates=RATES,
    day=date(2026, 11, 20),
)


def tier(
    amount: str,
    *,
    of: PriceList = DEALER,
    least: int | str = 0,
    unit: str = "",
    pack: int = 1,
    currency: str | None = "RUB",
) -> PriceTier:
    return PriceTier(
        price_type_id=of.id,
        amount=Decimal(amount),
        currency=currency,
        unit=unit,
        coefficient=Decimal(pack),
        min_quantity=Decimal(least),
    )


def price(*tiers: PriceTier, quantity: int = 1, terms: PriceTerms = TERMS, rate: str | None = None) -> Decimal | None:
    answer = quote("sku", tiers, Decimal(quantity), None if rate is None else Decimal(rate), terms)
    return answer.price if isinstance(answer, Quote) else None


def outcomes(*tiers: PriceTier, quantity: int = 1, terms: PriceTerms = TERMS) -> list[Outcome]:
    return [one.outcome for one in quote("sku", tiers, Decimal(quantity), None, terms).considered]


def test_the_first_list_of_the_chain_that_has_a_price_wins() -> None:
    assert price(tier("100"), tier("150", of=RETAIL)) == 100
    assert price(tier("150", of=RETAIL)) == 150
    assert outcomes(tier("150", of=RETAIL)) == [Outcome.NO_PRICE, Outcome.CHOSEN]


def test_the_largest_tier_that_the_quantity_reaches_counts() -> None:
    tiers = (tier("100", least=1), tier("90", least=10), tier("80", least=100))
    assert [price(*tiers, quantity=n) for n in (1, 9, 10, 99, 100, 5000)] == [100, 100, 90, 90, 80, 80]


def test_below_the_smallest_tier_there_is_no_price() -> None:
    answer = quote("sku", (tier("90", least=10),), Decimal(9), None, TERMS)
    assert isinstance(answer, PriceOnRequest)
    assert answer.min_quantity == 10
    assert [one.outcome for one in answer.considered] == [Outcome.BELOW_MINIMUM, Outcome.NO_PRICE]


def test_lists_are_merged_tier_by_tier() -> None:
    tiers = (tier("100", least=1), tier("150", of=RETAIL, least=1), tier("80", of=RETAIL, least=10))
    assert price(*tiers, quantity=5) == 100
    assert price(*tiers, quantity=10) == 80


def test_a_list_before_the_chosen_one_is_said_to_have_a_smaller_tier_and_one_behind_it_to_be_later() -> None:
    earlier, chosen, later = tier("100"), tier("80", of=RETAIL, least=10), tier("70", of=LAST)
    terms = replace(TERMS, chain=(DEALER, RETAIL, LAST))
    assert outcomes(earlier, chosen, later, quantity=10, terms=terms) == [
        Outcome.SMALLER_TIER,
        Outcome.CHOSEN,
        Outcome.LATER,
    ]


def test_from_nothing_from_a_fraction_and_from_one_are_the_same_minimum_to_the_order_of_lists() -> None:
    for first, second in ((0, 1), ("0.5", 1), (0, "0.5"), (1, 0)):
        assert price(tier("80", least=first), tier("100", of=RETAIL, least=second)) == 80
    assert outcomes(tier("80"), tier("100", of=RETAIL, least=1)) == [Outcome.CHOSEN, Outcome.LATER]


def test_a_price_from_one_is_none_for_a_fraction() -> None:
    halves = quote("sku", (tier("80", least=1), tier("100", of=RETAIL)), Decimal("0.5"), None, TERMS)
    assert isinstance(halves, Quote)
    assert (halves.price, halves.considered[0].outcome) == (100, Outcome.BELOW_MINIMUM)


def test_behind_an_exclusive_list_that_has_prices_no_other_is_asked() -> None:
    terms = replace(TERMS, chain=(replace(DEALER, exclusive=True), RETAIL))
    tiers = (tier("100", least=5), tier("150", of=RETAIL, least=1), tier("80", of=RETAIL, least=10))
    assert price(*tiers, quantity=10, terms=terms) == 100
    assert price(*tiers, quantity=1, terms=terms) is None
    assert outcomes(*tiers, quantity=10, terms=terms) == [Outcome.CHOSEN, Outcome.NOT_ASKED]
    assert price(tier("150", of=RETAIL), terms=terms) == 150


def test_a_price_in_another_currency_is_no_price() -> None:
    assert price(tier("10", currency="EUR")) is None
    assert outcomes(tier("10", currency="EUR"), tier("900", of=RETAIL)) == [Outcome.OTHER_CURRENCY, Outcome.CHOSEN]


def test_a_price_without_a_currency_is_in_that_of_the_lists() -> None:
    assert price(tier("10", currency=None)) == 10
    assert price(tier("10", currency=None), terms=replace(TERMS, currency="EUR")) is None


def test_the_price_of_the_base_unit_is_preferred_to_that_of_a_pack() -> None:
    assert price(tier("110", unit="упак", pack=12), tier("10", unit="шт")) == 10
    assert price(tier("110", unit="упак", pack=12), tier("1000", unit="паллета", pack=144)) == Decimal("9.166667")


def test_vat_is_taken_out_or_added_only_where_list_and_contract_differ() -> None:
    net = replace(TERMS, vat_included=False)
    assert price(tier("122")) == 122
    assert price(tier("122"), terms=net) == 100
    listed_net = replace(TERMS, chain=(replace(DEALER, vat_included=False),))
    assert price(tier("100"), terms=listed_net) == 122
    assert price(tier("100"), terms=replace(listed_net, vat_included=False)) == 100


def test_goods_without_vat_and_exempt_contracts_have_none() -> None:
    for answer in (
        quote("sku", (tier("122"),), Decimal(1), Decimal(0), replace(TERMS, vat_included=False)),
        quote("sku", (tier("122"),), Decimal(1), Decimal(22), replace(TERMS, vat_included=False, vat_exempt=True)),
    ):
        assert isinstance(answer, Quote)
        assert (answer.price, answer.vat_rate) == (122, None)


def test_goods_that_name_no_rate_have_the_tenants() -> None:
    answer = quote("sku", (tier("122"),), Decimal(1), None, TERMS)
    assert isinstance(answer, Quote)
    assert answer.vat_rate == 22


def test_the_standard_rate_is_that_of_the_day_whatever_the_catalogue_still_says() -> None:
    before = replace(TERMS, day=date(2025, 12, 31))
    for told in (None, Decimal(20), Decimal(22)):
        answers = [quote("sku", (tier("122"),), Decimal(1), told, terms) for terms in (before, TERMS)]
        assert [answer.vat_rate for answer in answers if isinstance(answer, Quote)] == [20, 22]
    net = [replace(terms, vat_included=False) for terms in (before, TERMS)]
    assert [price(tier("122"), terms=terms, rate="20") for terms in net] == [Decimal("101.67"), 100]
    assert [price(tier("110"), terms=terms, rate="10") for terms in net] == [100, 100]


def test_a_quote_names_the_larger_quantities_with_another_price() -> None:
    answer = quote("sku", (tier("100"), tier("90", least=10), tier("80", least=50)), Decimal(10), None, TERMS)
    assert isinstance(answer, Quote)
    assert answer.next_tiers == ((Decimal(50), Decimal(80)),)


def test_a_price_that_would_round_to_nothing_is_on_request_and_says_why() -> None:
    terms = replace(TERMS, vat_included=False)
    assert price(tier("0.005"), rate="20", terms=terms) is None
    assert outcomes(tier("0.005"), terms=terms)[0] is Outcome.ROUNDED_AWAY
    assert price(tier("0"), terms=terms) == 0


def test_a_quotes_explanation_has_a_text_in_every_language() -> None:
    terms = replace(TERMS, vat_included=False)
    tiers = (tier("1220.50", unit="упак", pack=12, least=10), tier("150", of=RETAIL))
    answers = [quote("sku", tiers, Decimal(quantity), None, terms) for quantity in (10, 1)]
    answers.append(quote("sku", (tier("1", currency="USD"),), Decimal(1), Decimal(0), TERMS))
    told = [why(answer) if isinstance(answer, Quote) else why_not(answer) for answer in answers]
    assert told[0][:4] == (
        ("pricing.why.list_contract", "Дилерская"),
        ("pricing.why.listed", "1220.50 RUB"),
        ("pricing.why.pack", "12 (упак)"),
        ("pricing.why.tier", "10"),
    )
    for locale in LOCALES:
        texts = [translator(locale).t(key, value=value) for steps in told for key, value in steps]
        assert all(texts)


def test_every_outcome_that_is_not_the_choice_has_a_text() -> None:
    for locale in LOCALES:
        for outcome in Outcome:
            if outcome is not Outcome.CHOSEN:
                assert translator(locale).t(f"pricing.why.{outcome}_by", value="X")
