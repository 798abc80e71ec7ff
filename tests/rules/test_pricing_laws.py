"""What holds of every price, whatever the lists, discounts and rates are (domain §3.3 to §3.10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.model import Kinds, PriceTier
from chalicelib.kernel.money import money, quantum, shares, total
from chalicelib.kernel.vat import VatRate
from chalicelib.pricing.derived import Formula, derived
from chalicelib.pricing.discounts import Discount, Interaction, Kind, Step, Verdict, disagreements, weigh
from chalicelib.pricing.lists import ListVersion
from chalicelib.pricing.model import Origin, Outcome, PriceList, PriceOnRequest, PriceTerms, Quote, Strategy
from chalicelib.pricing.quoting import quote
from chalicelib.pricing.rates import Conversion
from tests.support.prices import recomputed

D = Decimal
FILE = ListVersion(number=1, key="k", sha256="s", rows=1, made=datetime(2026, 1, 1), made_by="Анна")  # noqa: DTZ001
RATES = (VatRate(percent=D(20)), VatRate(percent=D(22), since=date(2026, 1, 1)))
quantities = st.decimals("0.001", 100, places=3)
minimums = st.sampled_from([D(n) for n in (0, 1, 5, 10)])
percents = st.decimals("0.01", "99.99", places=2)
formulas = st.builds(
    Formula,
    base_id=st.just("x"),
    factor=st.decimals("0.1", 3, places=3),
    step=st.sampled_from([None, D("0.05"), D(1), D(10)]),
    surcharge=st.decimals(-2, 2, places=2),
    least_margin=st.none() | st.decimals(-5, 0, places=2),
    most_margin=st.none() | st.decimals(0, 5, places=2),
)
lists = st.builds(
    PriceList,
    origin=st.sampled_from(Origin),
    id=st.sampled_from(["a", "b", "c"]),
    name=st.sampled_from(["A", "B"]),
    vat_included=st.booleans(),
    exclusive=st.booleans(),
    fixed=st.booleans(),
    in_force=st.sampled_from([True, True, True, False]),
    version=st.sampled_from([None, FILE]),
    formulas=st.just(()) | st.lists(formulas, max_size=2).map(tuple),
)
tiers_of_any_kind = st.builds(
    PriceTier,
    price_type_id=st.sampled_from(["a", "b", "c", "d"]),
    amount=st.decimals("0.01", 10**6, places=4),
    currency=st.sampled_from(["RUB", "EUR", "JPY", None]),
    unit=st.sampled_from(["", "упак"]),
    coefficient=st.sampled_from([D(1), D(12), D("0.5")]),
    min_quantity=minimums,
)
tier_sets = st.lists(
    tiers_of_any_kind,
    max_size=8,
    # Within one list a snapshot has a tier once by minimum, unit and pack.
    unique_by=lambda tier: (tier.price_type_id, tier.coefficient, tier.unit, tier.min_quantity),
)
discounts = st.builds(
    Discount,
    id=st.uuids().map(str),
    name=st.just("Акция"),
    kind=st.sampled_from(Kind),
    steps=st.lists(st.builds(Step, percent=percents, min_quantity=minimums), min_size=1, max_size=3).map(tuple),
    interaction=st.sampled_from(Interaction),
    priority=st.integers(1, 3),
    brands=st.sampled_from([(), ("КБЕ",), ("Rehau",)]),
    category_ids=st.sampled_from([(), ("windows",), ("handles",)]),
    skus=st.sampled_from([(), ("sku",), ("other",)]),
)
discount_sets = st.lists(discounts, max_size=5, unique_by=lambda one: one.id).map(tuple)
conversions = st.builds(
    Conversion,
    currency=st.sampled_from(["EUR", "JPY", "USD"]),
    into=st.just("RUB"),
    rate=st.decimals("0.0001", 200, places=4),
    by_contract=st.booleans(),
)
terms_of_any_kind = st.builds(
    PriceTerms,
    chain=st.lists(lists, max_size=3, unique_by=lambda one: one.id).map(tuple),
    currency=st.sampled_from(["RUB", "EUR", "JPY"]),
    list_currency=st.just("RUB"),
    vat_included=st.booleans(),
    vat_rates=st.sampled_from([(), (VatRate(percent=D(20)),), RATES]),
    day=st.dates(date(2025, 12, 30), date(2026, 1, 2)),
    vat_exempt=st.booleans(),
    strategy=st.sampled_from(Strategy),
    discounts=discount_sets,
    conversions=st.lists(conversions, max_size=2, unique_by=lambda one: one.currency).map(tuple),
)
goods = st.builds(
    Kinds,
    brand=st.sampled_from(["", "КБЕ"]),
    category_ids=st.sampled_from([frozenset(), frozenset({"windows"}), frozenset({"windows", "handles"})]),
)
vat_rates = st.sampled_from([None, D(0), D(10)])


@given(tiers=tier_sets, quantity=quantities, rate=vat_rates, terms=terms_of_any_kind, kinds=goods)
def test_every_answer_explains_itself_and_the_explanation_makes_the_price_again(
    tiers: list[PriceTier], quantity: Decimal, rate: Decimal | None, terms: PriceTerms, kinds: Kinds
) -> None:
    answer = quote("sku", tiers, quantity, rate, terms, kinds)
    assert [one.price_list for one in answer.considered] == list(terms.chain)
    chosen = [one for one in answer.considered if one.outcome is Outcome.CHOSEN]
    if isinstance(answer, PriceOnRequest):
        assert not chosen
        assert answer.min_quantity is None or answer.min_quantity > quantity
        return
    assert [one.price_list for one in chosen] == [answer.price_list]
    assert answer.min_quantity <= quantity
    assert recomputed(answer) == answer.price
    assert all(least > quantity for least, _ in answer.next_tiers)
    covering = {one.id for one in terms.discounts if one.covers("sku", kinds)}
    assert {one.id for one in answer.discounts} == covering


@given(tiers=tier_sets, quantity=quantities, terms=terms_of_any_kind, kinds=goods, order=st.randoms())
def test_neither_the_order_of_prices_nor_that_of_discounts_and_rates_matters(
    tiers: list[PriceTier], quantity: Decimal, terms: PriceTerms, kinds: Kinds, order: Random
) -> None:
    mixed, rules = list(tiers), list(terms.discounts)
    order.shuffle(mixed)
    order.shuffle(rules)
    other = replace(terms, discounts=tuple(rules))
    assert quote("sku", tiers, quantity, None, terms, kinds) == quote("sku", mixed, quantity, None, other, kinds)


@given(tiers=tier_sets, quantity=quantities, rate=vat_rates, terms=terms_of_any_kind, kinds=goods)
def test_by_best_price_nothing_costs_more_than_by_priority(
    tiers: list[PriceTier], quantity: Decimal, rate: Decimal | None, terms: PriceTerms, kinds: Kinds
) -> None:
    first, best = (
        quote("sku", tiers, quantity, rate, replace(terms, strategy=strategy), kinds) for strategy in Strategy
    )
    assert isinstance(first, Quote) == isinstance(best, Quote)
    if isinstance(first, Quote) and isinstance(best, Quote):
        assert best.price <= first.price


@given(tiers=tier_sets, quantity=quantities, terms=terms_of_any_kind)
def test_a_list_marked_later_stands_after_the_chosen_one_and_one_with_a_smaller_tier_before_it(
    tiers: list[PriceTier], quantity: Decimal, terms: PriceTerms
) -> None:
    told = [one.outcome for one in quote("sku", tiers, quantity, None, terms).considered]
    chosen = told.index(Outcome.CHOSEN) if Outcome.CHOSEN in told else len(told)
    assert Outcome.LATER not in told[:chosen]
    assert Outcome.SMALLER_TIER not in told[chosen:]


@given(tiers=tier_sets, quantity=quantities, terms=terms_of_any_kind, kinds=goods)
def test_what_is_said_of_larger_quantities_is_what_they_cost(
    tiers: list[PriceTier], quantity: Decimal, terms: PriceTerms, kinds: Kinds
) -> None:
    answer = quote("sku", tiers, quantity, None, terms, kinds)
    if isinstance(answer, PriceOnRequest):
        if answer.min_quantity is not None:
            assert isinstance(quote("sku", tiers, answer.min_quantity, None, terms, kinds), Quote)
        return
    for least, price in answer.next_tiers:
        there = quote("sku", tiers, least, None, terms, kinds)
        assert isinstance(there, Quote)
        assert there.price == price


@given(tiers=tier_sets, terms=terms_of_any_kind)
def test_below_the_smallest_tier_of_every_list_there_is_no_price(tiers: list[PriceTier], terms: PriceTerms) -> None:
    raised = [tier._replace(min_quantity=tier.min_quantity + 5) for tier in tiers]
    assert isinstance(quote("sku", raised, D(4), None, terms), PriceOnRequest)


@given(tiers=tier_sets, quantity=quantities, rate=vat_rates, terms=terms_of_any_kind)
def test_a_price_that_was_worked_out_is_in_whole_minor_units(
    tiers: list[PriceTier], quantity: Decimal, rate: Decimal | None, terms: PriceTerms
) -> None:
    answer = quote("sku", tiers, quantity, rate, terms)
    if isinstance(answer, Quote) and answer.is_rounded:
        assert answer.price == answer.price.quantize(quantum(answer.currency))


@given(rules=discount_sets, quantity=quantities)
def test_discounts_that_are_given_together_keep_to_what_they_declare(
    rules: tuple[Discount, ...], quantity: Decimal
) -> None:
    weighed = {one.id: one for one in weigh(rules, quantity)}
    given_ = [one for one in rules if weighed[one.id].verdict is Verdict.APPLIED]
    best = [one for one in given_ if one.interaction is Interaction.BEST]
    assert len(best) <= 1
    if any(one.interaction is Interaction.EXCLUSIVE for one in given_):
        assert len(given_) == 1
    for one in rules:
        if weighed[one.id].verdict is Verdict.NOT_BEST:
            assert weighed[one.id].percent <= weighed[best[0].id].percent
        if weighed[one.id].verdict is Verdict.BELOW_QUANTITY:
            assert all(step.min_quantity > quantity for step in one.steps)


@given(rules=discount_sets, quantity=quantities, kinds=goods)
def test_rules_that_could_be_saved_together_never_disagree_at_a_price(
    rules: tuple[Discount, ...], quantity: Decimal, kinds: Kinds
) -> None:
    if disagreements(rules):
        return
    covering = [one for one in rules if one.covers("sku", kinds)]
    assert all(one.verdict is not Verdict.DISAGREES for one in weigh(covering, quantity))


@given(base=st.decimals("0.01", 10**6, places=2), formula=formulas)
def test_a_derived_price_stays_within_the_margins(base: Decimal, formula: Formula) -> None:
    price = derived(base, [formula])
    assert formula.least_margin is None or price >= base + formula.least_margin
    assert formula.most_margin is None or price <= base + formula.most_margin


@given(
    price=st.decimals("0.01", 10**6, places=2),
    parts=st.lists(st.integers(0, 1000), min_size=1, max_size=40),
    percent=percents,
)
def test_a_discount_spread_over_lines_and_its_shipments_add_up_to_the_whole(
    price: Decimal, parts: list[int], percent: Decimal
) -> None:
    whole = money(price * sum(parts) * percent / 100, "RUB")
    lines = shares(whole, [D(part) * price for part in parts])
    assert total(lines, "RUB") == whole
    shipped = shares(lines[0], [D(1), D(2), D(3)])
    assert total(shipped, "RUB") == lines[0]
