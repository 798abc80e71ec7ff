"""What is on order: the most specific rule decides, and nobody is promised too much."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.feed import CategoryRow, StockRow
from chalicelib.catalogue.model import Available, Query, sku_id
from chalicelib.catalogue.on_order import OnOrder, OnOrderRule, decisive
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.visibility import Rule, Whom
from tests.rules.catalogue_feeds import Workshop, goods, offer, offers, price, product

ABOVE = {"windows": (), "pvc": ("windows",), "deep": ("windows", "pvc"), "doors": ()}
PRODUCTS = {
    "1": ("КБЕ", ("pvc",)),
    "2": ("Veka", ("deep",)),
    "3": ("КБЕ", ("doors",)),
    "4": ("Veka", ("doors", "windows")),
    "5": ("", ()),
}
KEYS = {What.EVERYTHING: ("",), What.CATEGORY: tuple(ABOVE), What.BRAND: ("КБЕ", "Veka"), What.PRODUCT: tuple("1234")}
SKUS = {sku_id(one, None): one for one in PRODUCTS}
IN_STOCK, COMING = sku_id("1", None), sku_id("2", None)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    shop = Workshop(tmp_path_factory.mktemp("on-order"))
    shop.apply(
        goods(),
        *(CategoryRow(id=one, name=one, parent_id=(above or (None,))[-1]) for one, above in ABOVE.items()),
        *(product(one, f"Товар {one}", brand=brand, category_ids=among) for one, (brand, among) in PRODUCTS.items()),
        offers(),
        *(offer(one) for one in PRODUCTS),
        *(price(one, "10") for one in PRODUCTS),
        StockRow(product_id="1", variant_id=None, warehouse_id="w1", quantity=Decimal(5)),
    )
    with shop.open() as opened:
        yield opened


def depth(category: str) -> int:
    return len(ABOVE[category]) + 1


def fits(rule: OnOrderRule, one: str) -> bool:
    brand, among = PRODUCTS[one]
    line = {category for leaf in among for category in (leaf, *ABOVE[leaf])}
    named = {What.EVERYTHING: {""}, What.CATEGORY: line, What.BRAND: {brand}, What.PRODUCT: {one}}
    return rule.key in named[rule.what]


@st.composite
def rule(draw: st.DrawFn) -> OnOrderRule:
    what = draw(st.sampled_from(What))
    key, days = draw(st.sampled_from(KEYS[what])), draw(st.none() | st.integers(1, 5))
    return OnOrderRule(id=draw(st.uuids()).hex, what=what, key=key, days=days)


def kept(*rules: OnOrderRule) -> tuple[OnOrderRule, ...]:
    made = OnOrder()
    for one in rules:
        made = made.having(one)
    return made.rules


@given(st.lists(rule(), max_size=9), st.randoms())
def test_the_most_specific_rule_says_in_how_many_days_a_product_is_there(
    catalogue: Catalogue, rules: list[OnOrderRule], random: object
) -> None:
    own = kept(*rules)
    decided = {sku: decisive([rule for rule in own if fits(rule, one)], depth) for sku, one in SKUS.items()}
    days = {sku: one.days for sku, one in decided.items() if one is not None and one.days is not None}
    view = catalogue.narrowed((), own)
    assert view.lead_days(list(SKUS)) == days
    assert view.on_order_count == len(days)
    shuffled = list(own)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert catalogue.narrowed((), shuffled).lead_days(list(SKUS)) == days


@given(st.lists(rule(), max_size=9))
def test_the_filter_finds_each_product_in_stock_or_else_in_transit_or_else_on_order_or_else_nowhere(
    catalogue: Catalogue, rules: list[OnOrderRule]
) -> None:
    view = catalogue.narrowed((), kept(*rules))

    def found(available: Available) -> set[str]:
        query = Query(available=available, coming=frozenset((COMING,)))
        return {item.sku for item in view.search(query).items}

    assert (found(Available.NOW), found(Available.COMING)) == ({IN_STOCK}, {COMING})
    on_order = set(view.lead_days(list(SKUS))) - {IN_STOCK, COMING}
    assert found(Available.ORDER) == on_order
    assert found(Available.NONE) == set(SKUS) - {IN_STOCK, COMING} - on_order


def test_of_two_categories_of_one_depth_the_longer_term_holds_and_not_on_order_beats_both(catalogue: Catalogue) -> None:
    windows = OnOrderRule(id="w", what=What.CATEGORY, key="windows", days=3)
    doors = OnOrderRule(id="d", what=What.CATEGORY, key="doors", days=9)
    both = sku_id("4", None)
    assert catalogue.narrowed((), (windows, doors)).lead_days([both]) == {both: 9}
    excepted = OnOrderRule(id="d", what=What.CATEGORY, key="doors")
    assert catalogue.narrowed((), (windows, excepted)).lead_days([both]) == {}


@pytest.mark.parametrize(
    ("what", "key"), [*((what, key) for what, keys in KEYS.items() for key in keys), (What.CATEGORY, "nowhere")]
)
def test_how_many_products_a_rule_is_about_is_known(catalogue: Catalogue, what: What, key: str) -> None:
    rule = OnOrderRule(id="r", what=what, key=key, days=1)
    assert catalogue.count_of(rule) == sum(fits(rule, one) for one in PRODUCTS)


def test_what_a_dealer_does_not_see_is_not_found_as_on_order_either(catalogue: Catalogue) -> None:
    hidden = Rule(id="h", whom=Whom.EVERYONE, what=What.BRAND, key="КБЕ", shown=False)
    everything = OnOrderRule(id="e", what=What.EVERYTHING, days=7)
    view = catalogue.narrowed((hidden,), (everything,))
    assert view.on_order_count == len(SKUS) - 2
    assert {SKUS[item.sku] for item in view.search(Query(available=Available.ORDER)).items} == {"2", "4", "5"}
