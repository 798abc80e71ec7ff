"""What a price was before it last changed: which change counts, and since when the terms are those of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.catalogue.model import PriceTier
from chalicelib.kernel.vat import VatRate
from chalicelib.pricing.book import Book, OwnPrices
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.discounts import Discount, Interaction, Kind, Step
from chalicelib.pricing.lists import KEPT_VERSIONS, Activation, OwnList, activated, with_version
from chalicelib.pricing.model import Quote, Strategy
from chalicelib.pricing.past import Fall, Past, deciding, fallen, past_of, tiers_before
from chalicelib.pricing.quoting import quote
from chalicelib.pricing.rates import ExchangeRate
from tests.rules.test_pricing_book import CONTRACT, NOW, SETTINGS, TYPES, D, basis, own, version

DAY = timedelta(days=1)
WINDOW = datetime(2026, 10, 20, 21, tzinfo=UTC)  # thirty days ago in Moscow


def past(book: Book | None = None, **more: object) -> Past:
    made = basis(book, **more)
    return past_of(made, contract_terms(made, TYPES), TYPES)


def midnight(day: int) -> datetime:
    """Of a day of November in Moscow."""
    return datetime(2026, 11, day, tzinfo=UTC) - timedelta(hours=3)


def two_versions(**more: object) -> OwnList:
    """The second one has been in force for an hour."""
    made = own("a", versions=(version(1), version(2)), **more)
    later = Activation(number=2, since=NOW - timedelta(hours=1), decided=NOW, decided_by="Анна")
    return replace(made, activations=(replace(made.activations[0], since=NOW - 50 * DAY), later))


def tier(source: str, amount: str, least: str = "0", unit: str = "") -> PriceTier:
    return PriceTier(
        price_type_id=source, amount=D(amount), currency="RUB", unit=unit, coefficient=D(1), min_quantity=D(least)
    )


def quoted(made: PriceBasis, *tiers: PriceTier, quantity: int = 1) -> Quote:
    answer = quote("sku", tiers, D(quantity), None, contract_terms(made, TYPES))
    assert isinstance(answer, Quote)
    return answer


def test_without_anything_dated_the_terms_are_those_of_now_as_long_as_the_tenant_says() -> None:
    assert past() == Past(since=WINDOW)
    assert past(settings=replace(SETTINGS, news_days=1)).since == midnight(19)


def test_the_last_activation_of_a_list_of_the_chain_ends_what_held_before() -> None:
    found = past(Book(lists=(two_versions(),), default=("a",)))
    assert found.since == NOW - timedelta(hours=1)
    assert found.terms is not None
    assert [one.version and one.version.number for one in found.terms.chain] == [None, 1, None]


def test_what_is_not_in_the_chain_or_changes_nothing_is_no_turn() -> None:
    again = own("a")
    repeated = Activation(number=1, since=NOW - timedelta(hours=1), decided=NOW, decided_by="Анна")
    older = replace(again.activations[0], since=NOW - 50 * DAY)
    again = replace(again, activations=(older, repeated))
    assert past(Book(lists=(two_versions(),))) == Past(since=WINDOW)
    assert past(Book(lists=(again,), default=("a",))) == Past(since=WINDOW)
    elsewhere = (ExchangeRate(currency="USD", rate=D(90), since=date(2026, 11, 1)),)
    assert past(Book(rates=elsewhere)) == Past(since=WINDOW)


def test_days_of_lists_discounts_rates_and_vat_are_turns_and_the_last_one_counts() -> None:
    old = replace(own("a").activations[0], since=NOW - 50 * DAY)
    ended = own("a", until=date(2026, 11, 9), activations=(old,))
    assert past(Book(lists=(ended,), default=("a",))).since == midnight(10)
    begun = own("a", since=date(2026, 11, 12), activations=(old,))
    assert past(Book(lists=(begun,), default=("a",))).since == midnight(12)
    sale = Discount(
        id="s", name="S", kind=Kind.PROMOTION, steps=(Step(percent=D(5)),), interaction=Interaction.STACK,
        since=date(2026, 11, 14), until=date(2026, 11, 15),
    )  # fmt: skip
    assert past(Book(lists=(begun,), default=("a",), discounts=(sale,))).since == midnight(16)
    rates = (ExchangeRate(currency="USD", rate=D(90), since=date(2026, 11, 17)),)
    dollars = replace(CONTRACT, currency="USD")
    assert past(Book(rates=rates), contract=dollars).since == midnight(17)
    assert past(own=OwnPrices(rates=rates), contract=dollars).since == midnight(17)
    settings = replace(SETTINGS, vat_changes=(VatRate(percent=D(22), since=date(2026, 11, 18)),))
    assert past(settings=settings).since == midnight(18)


def test_what_is_still_to_come_is_no_turn() -> None:
    planned = own("a", since=date(2026, 12, 1))
    assert past(Book(lists=(planned,), default=("a",))) == Past(since=WINDOW)


def test_lists_behind_the_one_that_decides_have_no_say() -> None:
    book = Book(lists=(own("a"),), groups={"gold": ("a",)})
    tiers = (tier("dealer", "100"), tier("a", "90"), tier("retail", "120"))
    exclusive = quoted(basis(book), *tiers)
    assert [one.id for one in deciding(exclusive, D(1))] == ["dealer"]
    first = quoted(basis(book, contract=replace(CONTRACT, price_type_id="")), *tiers)
    assert [one.id for one in deciding(first, D(1))] == ["a"]
    assert [one.id for one in deciding(first, D(10))] == ["a", "retail"]
    best = quoted(basis(replace(book, strategy=Strategy.BEST)), *tiers)
    assert [one.id for one in deciding(best, D(1))] == ["dealer", "a", "retail"]


def test_of_several_changes_the_last_one_is_taken_back() -> None:
    now = (tier("p", "90"), tier("p", "80", "10"), tier("q", "70"))
    changes = ((NOW - DAY, tier("p", "100")), (NOW, tier("q", "75")), (NOW, tier("q", "60", "5")))
    until, before = tiers_before(now, changes)
    assert until == NOW
    assert sorted((one.price_type_id, one.min_quantity, one.amount) for one in before) == [
        ("p", 0, 90), ("p", 10, 80), ("q", 0, 75), ("q", 5, 60)
    ]  # fmt: skip


def test_only_a_higher_price_of_the_same_mode_of_vat_is_a_fall() -> None:
    dear, cheap = quoted(basis(), tier("dealer", "100")), quoted(basis(), tier("dealer", "95"))
    assert fallen(cheap, dear, NOW) == Fall(price=D(100), until=NOW)
    assert fallen(dear, dear, NOW) is None
    assert fallen(dear, cheap, NOW) is None
    assert fallen(cheap, dear._replace(vat_included=False), NOW) is None
    none = quote("sku", [], D(1), None, contract_terms(basis(), TYPES))
    assert fallen(cheap, none, NOW) is None


def test_how_much_less_it_is_is_told_in_whole_percents_of_what_it_was() -> None:
    assert Fall(price=D(200), until=NOW).percent(D(150)) == 25
    assert Fall(price=D("99.90"), until=NOW).percent(D("94.50")) == 5
    assert str(Fall(price=D(1000), until=NOW).percent(D(996))) == "0.4"


def test_the_version_before_the_one_in_force_is_kept_however_many_come() -> None:
    made = OwnList(id="a", name="A", currency="RUB")
    for number in (1, 2):
        made = activated(with_version(made, version(0)), number, since=NOW, by="Анна", now=NOW)
        made = replace(
            made, activations=(*made.activations[:-1], replace(made.activations[-1], since=NOW + number * DAY))
        )
    for _ in range(KEPT_VERSIONS + 3):
        made = with_version(made, version(0, made=NOW + 3 * DAY))
    assert [one.number for one in made.versions[:2]] == [1, 2]
    assert made.version_at(NOW + 1.5 * DAY) == made.versions[0]
