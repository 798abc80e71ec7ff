"""The pricing book: chains, versions of lists, derived lists, discounts and rates (domain §3.4 to §3.9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.catalogue.model import PriceTier, PriceType
from chalicelib.http.i18n import LOCALES, translator
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.network.model import Contract, Party
from chalicelib.pricing.book import Book, OwnPrices, changed, check, check_own, with_list
from chalicelib.pricing.chain import PriceBasis, by_chain, contract_terms
from chalicelib.pricing.derived import Formula
from chalicelib.pricing.discounts import Discount, Interaction, Kind, Step, Verdict, weigh
from chalicelib.pricing.lists import (
    KEPT_VERSIONS,
    Activation,
    ListVersion,
    OwnList,
    activated,
    called_off,
    with_version,
)
from chalicelib.pricing.model import Origin, Outcome, PriceTerms, Quote, Strategy
from chalicelib.pricing.quoting import quote
from chalicelib.pricing.rates import ExchangeRate, conversions
from chalicelib.storage import codec
from chalicelib.tenancy.model import TenantSettings
from tests.support.prices import recomputed

D = Decimal
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SETTINGS = TenantSettings(
    id="t00000000000", name="Окна Севера", country="RU", tax_id="", currency="RUB", locale="ru",
    time_zone="Europe/Moscow", created=NOW,
)  # fmt: skip
CONTRACT = Contract(id="c", party_id="p", entity_id="e", number="1", price_type_id="dealer", currency="RUB")
PARTY = Party(id="p", name="Светлый дом", created=NOW, group_id="gold", region_id="north")
TYPES = tuple(PriceType(id=id, name=id.title(), currency="RUB", vat_included=True) for id in ("dealer", "retail"))


def version(number: int, made: datetime = NOW) -> ListVersion:
    return ListVersion(number=number, key=f"k{number}", sha256=f"s{number}", rows=1, made=made, made_by="Анна")


def own(list_id: str, **more: object) -> OwnList:
    """A list whose only version has been in force for a day."""
    begun = Activation(number=1, since=NOW - timedelta(days=1), decided=NOW, decided_by="Анна")
    made = OwnList(id=list_id, name=list_id.title(), currency="RUB", versions=(version(1),), activations=(begun,))
    return replace(made, **more)  # type: ignore[arg-type]


def basis(book: Book | None = None, *, usual: tuple[str, ...] = ("retail",), **more: object) -> PriceBasis:
    """With what everybody is given after the book's own lists."""
    before = book or Book()
    given = replace(before, default=(*before.default, *usual))
    made = PriceBasis(contract=CONTRACT, party=PARTY, settings=SETTINGS, at=NOW, book=given)
    return replace(made, **more)  # type: ignore[arg-type]


def chain(of: PriceBasis) -> list[tuple[Origin, str]]:
    return [(one.origin, one.id) for one in contract_terms(of, TYPES).chain]


def price(terms: PriceTerms, quantity: int = 1, **amounts: str) -> Quote | None:
    tiers = [
        PriceTier(price_type_id=source, amount=D(amount), currency="RUB", unit="", coefficient=D(1), min_quantity=D(0))
        for source, amount in amounts.items()
    ]
    answer = quote("sku", tiers, D(quantity), None, terms)
    return answer if isinstance(answer, Quote) else None


def test_the_chain_goes_from_personal_prices_to_the_tenants_default() -> None:
    book = Book(
        lists=tuple(map(own, ("special", "golden", "northern", "all"))),
        groups={"gold": ("golden",), "silver": ("special",)},
        regions={"north": ("northern",)},
        default=("all",),
    )
    contract = replace(CONTRACT, price_list_ids=("special",))
    assert chain(basis(book, contract=contract, own=OwnPrices(prices=own("mine")))) == [
        (Origin.PERSONAL, "mine"),
        (Origin.CONTRACT, "special"),
        (Origin.CONTRACT, "dealer"),
        (Origin.GROUP, "golden"),
        (Origin.REGION, "northern"),
        (Origin.TENANT, "all"),
        (Origin.TENANT, "retail"),
    ]
    assert chain(basis()) == [(Origin.CONTRACT, "dealer"), (Origin.TENANT, "retail")]


def test_a_list_is_asked_once_and_one_that_is_gone_not_at_all() -> None:
    book = Book(lists=(own("a"),), groups={"gold": ("a", "gone")}, regions={"north": ("a", "retail")}, default=("a",))
    assert [id for _, id in chain(basis(book))] == ["dealer", "a", "retail"]


def test_what_the_contracts_price_type_prices_costs_that_by_priority_only() -> None:
    book = Book(lists=(own("a"),), default=("a",))
    first = price(contract_terms(basis(book), TYPES), dealer="100", a="90")
    best = price(contract_terms(basis(replace(book, strategy=Strategy.BEST)), TYPES), dealer="100", a="90")
    assert first is not None
    assert best is not None
    assert (first.price, best.price) == (100, 90)
    assert [one.outcome for one in first.considered] == [Outcome.CHOSEN, Outcome.NOT_ASKED, Outcome.NOT_ASKED]
    assert [one.outcome for one in best.considered] == [Outcome.DEARER, Outcome.CHOSEN, Outcome.NO_PRICE]


def test_a_list_holds_on_its_days_in_the_tenants_time_zone() -> None:
    book = Book(lists=(own("a", since=date(2026, 11, 20), until=date(2026, 11, 21)),), default=("a",))

    def in_force(at: datetime) -> bool:
        return contract_terms(basis(book, at=at), TYPES).chain[1].in_force

    assert not in_force(datetime(2026, 11, 19, 20, 59, tzinfo=UTC))
    assert in_force(datetime(2026, 11, 19, 21, tzinfo=UTC))  # midnight in Moscow
    assert in_force(datetime(2026, 11, 21, 20, 59, tzinfo=UTC))
    assert not in_force(datetime(2026, 11, 21, 21, tzinfo=UTC))


def test_a_version_is_in_force_from_its_moment_for_everybody() -> None:
    made = with_version(with_version(OwnList(id="a", name="A", currency="RUB"), version(0)), version(0))
    assert [one.number for one in made.versions] == [1, 2]
    assert made.version_at(NOW) is None
    made = activated(made, 1, since=NOW, by="Анна", now=NOW)
    made = activated(made, 2, since=NOW + timedelta(days=1), by="Анна", now=NOW)
    at = [NOW - timedelta(seconds=1), NOW, NOW + timedelta(hours=23), NOW + timedelta(days=1)]
    assert [found.number if (found := made.version_at(moment)) else None for moment in at] == [None, 1, 1, 2]


def test_going_back_is_activating_an_earlier_version() -> None:
    made = with_version(own("a"), version(0))
    made = activated(made, 2, since=NOW, by="Анна", now=NOW)
    back = activated(made, 1, since=NOW, by="Борис", now=NOW)
    assert back.version_at(NOW) == version(1)
    assert [(one.number, one.decided_by) for one in back.activations] == [(1, "Анна"), (2, "Анна"), (1, "Борис")]
    with pytest.raises(Refused, match="no_such_version"):
        activated(back, 7, since=NOW, by="Борис", now=NOW)
    with pytest.raises(Refused, match="moment_passed"):
        activated(back, 2, since=NOW - timedelta(minutes=1), by="Борис", now=NOW)


def test_what_is_still_to_come_can_be_called_off() -> None:
    made = activated(with_version(own("a"), version(0)), 2, since=NOW + timedelta(days=1), by="Анна", now=NOW)
    later = NOW + timedelta(days=2)
    assert made.version_at(later) is not None
    assert called_off(made, NOW).version_at(later) == version(1)


def test_old_versions_are_dropped_but_never_one_in_force_or_to_come() -> None:
    made = with_version(own("a"), version(0))
    made = activated(made, 2, since=NOW + timedelta(days=9), by="Анна", now=NOW)
    for _ in range(KEPT_VERSIONS + 3):
        made = with_version(made, version(0))
    assert [one.number for one in made.versions] == [1, 2, *range(6, 16)]
    assert made.version_at(NOW) == version(1)
    assert made.version_at(NOW + timedelta(days=9)) is not None


def test_forty_chains_are_forty_however_many_contracts_have_them() -> None:
    book = Book(
        lists=tuple(own(f"l{n}", versions=(replace(version(1), sha256=f"rows{n}"),)) for n in range(40)),
        groups={f"g{n}": (f"l{n}",) for n in range(40)},
    )
    terms = {
        f"c{n}": contract_terms(
            basis(book, contract=replace(CONTRACT, id=f"c{n}"), party=replace(PARTY, group_id=f"g{n % 40}")), TYPES
        )
        for n in range(10_000)
    }
    chains = by_chain(terms)
    assert len(chains) == 40
    assert sorted(len(contracts) for _, contracts in chains.values()) == [250] * 40


def test_a_chain_is_the_same_whoever_gave_its_lists_and_another_by_any_rule() -> None:
    book = Book(lists=(own("a"),), groups={"gold": ("a",)})
    same = Book(lists=(own("a", name="B"), own("b", until=date(2026, 1, 1))), regions={"north": ("a", "b")})
    discount = Discount(id="d", name="D", kind=Kind.PROMOTION, steps=(Step(percent=D(5)),))
    others = [
        replace(book, discounts=(discount,)),
        replace(book, strategy=Strategy.BEST),
        replace(book, rates=(ExchangeRate(currency="EUR", rate=D(90)),)),
        replace(book, lists=(own("a", exclusive=True),)),
        replace(book, lists=(own("a", versions=(replace(version(1), sha256="other"),)),)),
    ]
    terms = {str(n): contract_terms(basis(one), TYPES) for n, one in enumerate([book, same, *others])}
    assert sorted(contracts for _, contracts in by_chain(terms).values()) == [
        ("0", "1"), *((str(n),) for n in range(2, 7))
    ]  # fmt: skip


def test_a_derived_list_is_factor_then_step_then_surcharge_then_margins() -> None:
    nines = Formula(base_id="b", factor=D("1.2"), step=D(10), surcharge=D("-0.01"))
    assert [nines.price(D(n)) for n in (100, 104, 105, 33)] == [D("119.99"), D("119.99"), D("129.99"), D("39.99")]
    assert replace(nines, least_margin=D(30)).price(D(100)) == 130
    assert replace(nines, most_margin=D(15)).price(D(100)) == 115


def test_a_derived_list_follows_its_base_through_every_formula_and_version() -> None:
    book = Book(
        lists=(
            own("base"),
            OwnList(id="mid", name="Mid", formula=Formula(base_id="base", factor=D(2))),
            OwnList(id="top", name="Top", formula=Formula(base_id="mid", surcharge=D("-0.01"))),
            OwnList(id="erp", name="Erp", formula=Formula(base_id="retail", factor=D("0.9"))),
        ),
        default=("top", "erp"),
    )
    terms = contract_terms(basis(book, contract=replace(CONTRACT, price_type_id="")), TYPES)
    found = price(terms, base="50", retail="1000")
    assert found is not None
    assert (found.price, found.listed, found.list_amount) == (D("99.99"), D("99.99"), 50)
    assert (found.price_list.rows_name, found.price_list.version) == ("Base", version(1))
    assert recomputed(found) == found.price
    from_erp = price(terms, retail="1000")
    assert from_erp is not None
    assert (from_erp.price, from_erp.price_list.version) == (900, None)


def test_a_derived_price_of_nothing_is_no_price() -> None:
    cheap = Formula(base_id="retail", step=D(10), surcharge=D("-0.01"))
    book = Book(lists=(OwnList(id="d", name="D", formula=cheap),), default=("d",))
    terms = contract_terms(basis(book, usual=()), TYPES)
    assert price(terms, retail="4") is None
    assert price(terms, retail="6") is not None


def test_lists_derived_in_a_circle_are_refused_with_the_circle_named() -> None:
    circle = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
    book = Book(lists=tuple(OwnList(id=one, name=one.upper(), formula=Formula(base_id=base)) for one, base in circle))
    with pytest.raises(Refused) as refused:
        check(book)
    assert [one.params for one in refused.value.complaints] == [{"lists": "A → B → C → A"}]


def discount(name: str, percent: str = "5", **more: object) -> Discount:
    made = Discount(id=name, name=name, kind=Kind.PROMOTION, steps=(Step(percent=D(percent)),), since=date(2026, 1, 1))
    return replace(made, **more)  # type: ignore[arg-type]


def verdicts(*rules: Discount, quantity: int = 1) -> dict[str, Verdict]:
    return {one.name: one.verdict for one in weigh(rules, D(quantity))}


def test_discounts_stack_and_of_the_best_ones_one_is_given() -> None:
    rules = (
        discount("s1", "10", interaction=Interaction.STACK),
        discount("s2", "5", interaction=Interaction.STACK),
        discount("b1", "7"),
        discount("b2", "3"),
    )
    assert verdicts(*rules) == {
        "s1": Verdict.APPLIED, "s2": Verdict.APPLIED, "b1": Verdict.APPLIED, "b2": Verdict.NOT_BEST
    }  # fmt: skip
    terms = contract_terms(basis(Book(discounts=rules)), TYPES)
    found = price(terms, dealer="1000")
    assert found is not None
    assert found.price == D("795.15")  # 1000 × 0.9 × 0.95 × 0.93


def test_an_exclusive_discount_is_never_combined_and_the_higher_priority_decides() -> None:
    alone = discount("alone", interaction=Interaction.EXCLUSIVE, priority=2)
    assert verdicts(alone, discount("later", priority=3)) == {"alone": Verdict.APPLIED, "later": Verdict.EXCLUDED}
    assert verdicts(alone, discount("sooner", priority=1)) == {"sooner": Verdict.APPLIED, "alone": Verdict.EXCLUDED}


def test_a_volume_discount_holds_from_its_quantity_on() -> None:
    volume = discount(
        "v", kind=Kind.VOLUME, steps=(Step(percent=D(3), min_quantity=D(10)), Step(percent=D(5), min_quantity=D(100)))
    )
    terms = contract_terms(basis(Book(discounts=(volume,))), TYPES)
    found = [price(terms, quantity, dealer="100") for quantity in (9, 10, 100)]
    assert [one.price for one in found if one] == [100, 97, 95]
    assert found[0] is not None
    assert found[0].next_tiers == ((D(10), D(97)), (D(100), D(95)))
    assert [one.verdict for one in found[0].discounts] == [Verdict.BELOW_QUANTITY]


def test_prices_of_a_fixed_list_are_not_discounted() -> None:
    book = Book(lists=(own("net", fixed=True),), discounts=(discount("d"),))
    terms = contract_terms(basis(book, contract=replace(CONTRACT, price_list_ids=("net",))), TYPES)
    found = price(terms, net="80", dealer="100")
    assert found is not None
    assert (found.price, found.discounts[0].verdict) == (80, Verdict.FIXED_PRICE)


def test_a_discount_is_for_whom_and_when_it_names() -> None:
    rules = (
        discount("mine", contract_ids=("c",)),
        discount("others", contract_ids=("x",)),
        discount("gold", group_ids=("gold", "silver")),
        discount("south", region_ids=("south",)),
        discount("over", until=date(2026, 11, 19)),
        discount("today", until=date(2026, 11, 20)),
    )
    terms = contract_terms(basis(Book(discounts=rules)), TYPES)
    assert [one.name for one in terms.discounts] == ["mine", "gold", "today"]


def test_two_rules_of_equal_standing_that_disagree_are_told_to_who_saves_them() -> None:
    alone = discount("alone", "10", interaction=Interaction.EXCLUSIVE)
    other = discount("other", "15", interaction=Interaction.EXCLUSIVE)
    with pytest.raises(Refused) as refused:
        check(Book(discounts=(alone, other)))
    assert [one.code for one in refused.value.complaints] == ["discounts_disagree"]
    assert verdicts(alone, other) == {"alone": Verdict.DISAGREES, "other": Verdict.DISAGREES}
    for agreeing in (
        replace(other, priority=11),
        replace(other, steps=alone.steps),
        replace(other, since=date(2027, 1, 1)),
    ):
        check(Book(discounts=(replace(alone, until=date(2026, 12, 31)), agreeing)))
    check(Book(discounts=(replace(alone, brands=("КБЕ",)), replace(other, brands=("Rehau",)))))


@pytest.mark.parametrize(
    "wrong",
    [
        Book(discounts=(discount("d", "100"),)),
        Book(discounts=(discount("d", kind=Kind.BRAND),)),
        Book(discounts=(discount("d", steps=()),)),
        Book(discounts=(discount("d", until=date(2025, 1, 1)),)),
        Book(lists=(OwnList(id="a", name="A"),)),
        Book(lists=(own("a", formula=Formula(base_id="b")),)),
        Book(lists=(OwnList(id="a", name="A", formula=Formula(base_id="b", factor=D(0))),)),
        Book(lists=(own("a", since=date(2026, 2, 1), until=date(2026, 1, 1)),)),
        Book(rates=(ExchangeRate(currency="EUR", rate=D(0)),)),
        Book(rates=(ExchangeRate(currency="EUR", rate=D(90)), ExchangeRate(currency="EUR", rate=D(91)))),
    ],
)
def test_rules_that_make_no_sense_are_refused_in_words(wrong: Book) -> None:
    with pytest.raises(Refused) as refused:
        check(wrong)
    assert len(refused.value.complaints) == 1
    for locale in LOCALES:
        told = refused.value.complaints[0]
        assert translator(locale).t(f"error.{told.code}", **dict(told.params))


def test_personal_prices_are_never_derived() -> None:
    check_own(OwnPrices(prices=own("mine"), rates=(ExchangeRate(currency="EUR", rate=D(90)),)))
    with pytest.raises(Refused):
        check_own(OwnPrices(prices=OwnList(id="m", name="M", formula=Formula(base_id="retail"))))


def test_a_rate_is_that_of_the_day_and_the_contracts_stands_before_the_tenants() -> None:
    rates = (
        ExchangeRate(currency="EUR", rate=D(90), since=date(2026, 1, 1)),
        ExchangeRate(currency="EUR", rate=D(100), since=date(2026, 11, 20)),
        ExchangeRate(currency="USD", rate=D(80)),
    )
    mine = (ExchangeRate(currency="EUR", rate=D(95), since=date(2026, 6, 1)),)

    def worth(into: str, day: date, *own_rates: ExchangeRate) -> dict[str, Decimal]:
        return {one.currency: one.rate for one in conversions(into, "RUB", day, rates, own_rates)}

    assert worth("RUB", date(2026, 11, 19)) == {"EUR": 90, "USD": 80}
    assert worth("RUB", date(2026, 11, 20)) == {"EUR": 100, "USD": 80}
    assert worth("RUB", date(2026, 11, 20), *mine) == {"EUR": 95, "USD": 80}
    assert worth("RUB", date(2026, 5, 1), *mine)["EUR"] == 90
    assert worth("USD", date(2026, 11, 20)) == {"EUR": D("1.25"), "RUB": D("0.0125")}
    assert worth("KZT", date(2026, 11, 20)) == {}


def test_a_price_in_another_currency_is_converted_at_the_rate_which_the_quote_keeps() -> None:
    book = Book(rates=(ExchangeRate(currency="EUR", rate=D("98.765"), since=date(2026, 11, 1)),))
    terms = contract_terms(basis(book), TYPES)
    tier = PriceTier(
        price_type_id="dealer", amount=D("10.01"), currency="EUR", unit="", coefficient=D(1), min_quantity=D(0)
    )
    found = quote("sku", [tier], D(1), None, terms)
    assert isinstance(found, Quote)
    assert found.price == D("988.64")  # 988.63765
    assert found.conversion is not None
    assert (found.conversion.rate, found.conversion.since) == (D("98.765"), date(2026, 11, 1))
    assert (found.list_amount, found.list_currency) == (D("10.01"), "EUR")
    without = quote("sku", [tier], D(1), None, contract_terms(basis(), TYPES))
    assert [one.outcome for one in without.considered] == [Outcome.OTHER_CURRENCY, Outcome.NO_PRICE]


def test_a_list_is_changed_in_its_place_and_only_if_it_is_there() -> None:
    book = with_list(with_list(Book(), own("a")), own("b"))
    assert [one.id for one in with_list(book, own("a", name="Other")).lists] == ["a", "b"]
    with pytest.raises(NotFound):
        changed(book, "c", lambda one: one)


def test_a_book_survives_being_stored() -> None:
    book = Book(
        lists=(own("a"), OwnList(id="d", name="D", formula=Formula(base_id="a", step=D(10)))),
        groups={"gold": ("a", "d")},
        strategy=Strategy.BEST,
        discounts=(discount("d", contract_ids=("c",)),),
        rates=(ExchangeRate(currency="EUR", rate=D("98.765"), since=date(2026, 11, 1)),),
    )
    assert codec.load(Book, codec.dump(book)) == book
