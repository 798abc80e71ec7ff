"""Who sees what: the strongest rule decides, and what is hidden is nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.feed import CategoryRow, PropertyRow
from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.visibility import Assortment, Rule, Whom, decisive
from chalicelib.network.model import Party
from tests.rules.catalogue_feeds import Workshop, goods, offer, offers, price, product

PARENTS = {"windows": None, "pvc": "windows", "deep": "pvc", "doors": None}
PRODUCTS = {
    "1": ("Окно белое", "КБЕ", ("pvc",)),
    "2": ("Окно глухое", "Veka", ("deep",)),
    "3": ("Дверь входная", "КБЕ", ("doors",)),
    "4": ("Дверь с окном", "Veka", ("doors", "pvc")),
    "5": ("Ручка", "", ()),
}
DEALER = Party(id="d", name="Д", created=datetime(2026, 1, 1, tzinfo=UTC), group_id="g", region_id="r")
IDS = {Whom.EVERYONE: ("",), Whom.REGION: ("r", "r2"), Whom.GROUP: ("g", "g2"), Whom.DEALER: ("d", "d2")}
KEYS = {What.EVERYTHING: ("",), What.CATEGORY: tuple(PARENTS), What.BRAND: ("КБЕ", "Veka"), What.PRODUCT: tuple("1234")}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    shop = Workshop(tmp_path_factory.mktemp("assortment"))
    shop.apply(
        goods(),
        *(CategoryRow(id=one, name=one, parent_id=parent) for one, parent in PARENTS.items()),
        PropertyRow(id="size", name="Размер", values=(("a", "большой"), ("b", "малый"))),
        *(
            product(id, name, article=f"A-{id}00", brand=brand, category_ids=among, attributes=(("size", "ab"[n % 2]),))
            for n, (id, (name, brand, among)) in enumerate(PRODUCTS.items())
        ),
        product("6", "Замок", brand="КБЕ"),
        offers(),
        offer("6", "x", name="Замок левый", article="Z-1"),
        offer("6", "y", name="Замок правый", article="Z-2"),
        *(price(one, "10") for one in PRODUCTS),
    )
    with shop.open() as opened:
        yield opened


def depth(category: str) -> int:
    above = PARENTS[category]
    return 1 if above is None else 1 + depth(above)


def fits(rule: Rule, id: str) -> bool:
    _, brand, among = PRODUCTS[id]
    line = {one for leaf in among for one in PARENTS if one == leaf or one in _above(leaf)}
    named = {What.EVERYTHING: {""}, What.CATEGORY: line, What.BRAND: {brand}, What.PRODUCT: {id}}
    return rule.key in named[rule.what]


def _above(category: str) -> Iterator[str]:
    above = PARENTS[category]
    if above is not None:
        yield above
        yield from _above(above)


@st.composite
def rule(draw: st.DrawFn) -> Rule:
    whom, what = draw(st.sampled_from(Whom)), draw(st.sampled_from(What))
    return Rule(
        id=draw(st.uuids()).hex, whom=whom, whom_id=draw(st.sampled_from(IDS[whom])), what=what,
        key=draw(st.sampled_from(KEYS[what])), shown=draw(st.booleans()),
    )  # fmt: skip


def assortment(*rules: Rule) -> Assortment:
    made = Assortment()
    for one in rules:
        made = made.having(one)
    return made


@given(st.lists(rule(), max_size=8), st.randoms())
def test_a_dealer_sees_what_the_strongest_rule_for_each_product_shows(
    catalogue: Catalogue, rules: list[Rule], random: object
) -> None:
    made = assortment(*rules)
    own = made.of(DEALER)
    assert all(one.whom_id in ("", "r", "g", "d") for one in own)
    strongest = {id: decisive([one for one in own if fits(one, id)], depth) for id in PRODUCTS}
    seen = {sku_id(id, None) for id, one in strongest.items() if one is None or one.shown}
    view = catalogue.narrowed(own)
    found = {item.sku for item in view.search(Query()).items}
    assert found & {sku_id(id, None) for id in PRODUCTS} == seen
    assert len(view) == len(found)
    shuffled = list(own)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {item.sku for item in catalogue.narrowed(shuffled).search(Query()).items} == found


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        ((), "12345"),
        ((("everyone", "", "everything", "", False), ("group", "g", "category", "windows", True)), "124"),
        ((("everyone", "", "product", "1", False), ("dealer", "d", "category", "pvc", True)), "2345"),
        ((("everyone", "", "product", "1", False), ("dealer", "d", "product", "1", True)), "12345"),
        ((("region", "r", "brand", "КБЕ", True), ("group", "g", "brand", "КБЕ", False)), "245"),
        ((("group", "g", "category", "windows", False), ("group", "g", "category", "deep", True)), "235"),
        ((("group", "g", "category", "doors", False), ("group", "g", "brand", "КБЕ", True)), "1235"),
        ((("dealer", "other", "everything", "", False),), "12345"),
    ],
)
def test_the_order_of_rules_by_example(
    catalogue: Catalogue, rules: tuple[tuple[str, str, str, str, bool], ...], seen: str
) -> None:
    made = assortment(
        *(
            Rule(id=str(n), whom=Whom(whom), whom_id=whom_id, what=What(what), key=key, shown=shown)
            for n, (whom, whom_id, what, key, shown) in enumerate(rules)
        )
    )
    view = catalogue.narrowed(made.of(DEALER))
    found = {item.product_id for item in view.search(Query()).items} - {"6"}
    assert found == set(seen)


def test_a_second_rule_of_the_same_subject_takes_the_place_of_the_first() -> None:
    hide = Rule(id="1", whom=Whom.GROUP, whom_id="g", what=What.BRAND, key="КБЕ", shown=False)
    show = Rule(id="2", whom=Whom.GROUP, whom_id="g", what=What.BRAND, key="КБЕ", shown=True)
    assert assortment(hide, show).rules == (show,)
    assert assortment(hide, show).without("2", datetime(2026, 11, 20, tzinfo=UTC)).rules == ()


def test_what_is_hidden_is_nowhere(catalogue: Catalogue) -> None:
    hidden = (Rule(id="1", whom=Whom.EVERYONE, what=What.CATEGORY, key="doors", shown=False),)
    view, door = catalogue.narrowed(hidden), sku_id("3", None)
    assert catalogue.narrowed(hidden) is view, "made once for all who have the same rules"
    assert view.search(Query(text="дверь")).total == 0
    assert view.search(Query(text="двреь")).meant == ()
    assert view.search(Query(text="A-300")).total == 0
    assert [v.count for f in view.search(Query()).facets for v in f.values if v.text == "КБЕ"] == [3]
    assert "doors" not in [one.id for one in (*view.categories(), *view.search(Query()).categories)]
    assert (view.category_path("doors"), view.count("doors")) == ((), 0)
    assert view.suggest("двер") == view.suggest("A-30") == view.suggest("нетничего")
    assert view.by_article(["A-300"])[0].skus == ()
    assert not view.skus([door])[door].listed
    shown = view.product(door)
    assert shown is not None
    assert not shown.item.listed
    assert door not in {item.sku for some in view.listed() for _, item in some}
    assert catalogue.skus([door])[door].listed


def test_a_products_rule_is_for_all_of_its_variants(catalogue: Catalogue) -> None:
    hidden = (Rule(id="1", whom=Whom.EVERYONE, what=What.PRODUCT, key="6", shown=False),)
    assert catalogue.search(Query(text="замок")).total == 2
    assert catalogue.narrowed(hidden).search(Query(text="замок")).total == 0


def test_a_rule_for_what_is_no_longer_there_changes_nothing(catalogue: Catalogue) -> None:
    gone = [Rule(id=what, whom=Whom.EVERYONE, what=what, key="?", shown=False) for what in What if what != "everything"]
    assert len(catalogue.narrowed(gone)) == len(catalogue)
