"""Finding products: words, codes, categories, attributes, prices, stock, order and pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.amounts import Amounts, scaled
from chalicelib.catalogue.feed import CategoryRow, PriceTypeRow, PropertyRow, WarehouseRow
from chalicelib.catalogue.model import NO_WAREHOUSE, Available, Query, Sort, attribute_key, sku_id
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.visibility import Rule, Whom
from tests.rules.catalogue_feeds import Workshop, goods, offer, offers, price, product, stock

D = Decimal
COLOUR, FINISH = attribute_key("property", "colour"), attribute_key("characteristic", "Отделка")
WHITE, BROWN = (("colour", "w"),), (("colour", "b"),)
ROWS = (
    goods(),
    CategoryRow(id="windows", name="Окна", parent_id=None),
    CategoryRow(id="pvc", name="Пластиковые", parent_id="windows"),
    CategoryRow(id="wood", name="Деревянные", parent_id="windows"),
    CategoryRow(id="gone", name="Удалённая", parent_id="windows", deleted=True),
    CategoryRow(id="below", name="Под удалённой", parent_id="gone"),
    CategoryRow(id="fittings", name="Фурнитура", parent_id=None),
    CategoryRow(id="empty", name="Пустая", parent_id=None),
    PropertyRow(id="colour", name="Цвет", values=(("w", "Белый"), ("b", "Коричневый"))),
    PriceTypeRow(id="p", name="Дилерская", currency="RUB", vat_included=True),
    PriceTypeRow(id="q", name="Розничная", currency="EUR", vat_included=None),
    WarehouseRow(id="w", name="Склад", address="Тверь"),
    product("w9", "Окно 9 створок", article="ОК-900", category_ids=("pvc",), attributes=WHITE, brand="КБЕ"),
    product("w10", "Окно 10 створок", article="ОК-1000", category_ids=("pvc",), attributes=BROWN, brand="КБЕ"),
    product("wood", "Окно деревянное", article="ДР 5/7", barcode="4601234567890", category_ids=("wood",),
            attributes=WHITE, brand="Сосна"),
    product("lost", "Форточка", category_ids=("below",), attributes=WHITE),
    product("handle", "Ручка", article="RH-5", category_ids=("fittings",), requisites=(("Вес", "0,5"),)),
    offers(),
    offer("handle", "b", name="Ручка оконная (бронза)", characteristics=(("Отделка", "бронза"),)),
    offer("handle", "s", name="Ручка оконная (серебро)", characteristics=(("Отделка", "серебро"),), barcode="777"),
    price("w9", "100"), price("w10", "90"), price("w10", "80", min_quantity=D(10)),
    price("wood", "300", of="q", currency=None),
    stock("w9", "5"), stock("w9", "2", "v"), stock("wood", "1", None),
)  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    shop = Workshop(tmp_path_factory.mktemp("search"))
    shop.apply(*ROWS)
    with shop.open() as opened:
        yield opened


def names(catalogue: Catalogue, text: str = "", **query: object) -> list[str]:
    return [item.name for item in catalogue.search(Query(text=text, **query)).items]  # type: ignore[arg-type]


def test_without_a_wish_everything_is_listed_by_name_with_numbers_in_their_order(catalogue: Catalogue) -> None:
    assert names(catalogue) == [
        "Окно 9 створок",
        "Окно 10 створок",
        "Окно деревянное",
        "Ручка оконная (бронза)",
        "Ручка оконная (серебро)",
        "Форточка",
    ]
    assert len(catalogue) == 6


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("окна", 5),
        ("ОКОН", 5),
        ("створки 10", 1),
        ("ручек", 2),
        ("бронзовый", 0),
        ("бронза", 1),
        ("кбе", 2),  # the brand
        ("белое окно", 2),  # an attribute's value
        ("фурнитура", 2),  # the category's name
        ("коричневых", 1),
        ("0,5", 0),  # requisites are not searched
        ("дерев", 1),
        ("   ", 6),
        ("нетакого", 0),
    ],
)
def test_words_are_found_in_names_brands_values_and_categories(catalogue: Catalogue, text: str, found: int) -> None:
    assert catalogue.search(Query(text=text)).total == found


def test_an_exact_article_comes_first_then_pieces_of_articles_then_words(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(
        goods(),
        product("1", "Болт 900"),
        product("2", "Винт", article="X-9001"),
        product("3", "Гайка", article="900"),
        product("4", "Дюбель", brand="900"),
    )
    assert shop.names("900") == ["Гайка", "Винт", "Болт 900", "Дюбель"]


def test_what_a_text_finds_equally_well_goes_by_article_then_name_and_all_goods_by_name_then_article(
    tmp_path: Path,
) -> None:
    shop = Workshop(tmp_path)
    articles = {"1": "Р-10", "2": "Р-9", "3": "Р-9", "4": "", "5": "А-1"}
    shop.apply(
        goods(),
        *(product(id, "Ручка оконная" if id != "3" else "Ручка дверная", article=a) for id, a in articles.items()),
        *(product(f"x{n}", f"Петля {n}") for n in range(200)),
    )
    with shop.open() as catalogue:
        by_words = catalogue.search(Query(text="ручка")).items
        by_name = catalogue.search(Query(page=5)).items
        assert [item.product_id for item in by_words] == ["5", "3", "2", "1", "4"]
        assert [item.product_id for item in by_name] == ["3", "4", "5", "2", "1"]
        pages = [catalogue.search(Query(text="петля", page=page, size=70)).items for page in (1, 2, 3)]
    assert [item.name for page in pages for item in page] == [f"Петля {n}" for n in range(200)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ok-900", "Окно 9 створок"),  # Latin letters for Cyrillic ones
        ("ок900", "Окно 9 створок"),
        ("др57", "Окно деревянное"),
        ("0123456", "Окно деревянное"),  # a piece of the barcode
        ("деревянное 12345", "Окно деревянное"),  # a word and a piece of a code
    ],
)
def test_articles_and_barcodes_are_found_by_pieces_however_written(catalogue: Catalogue, text: str, name: str) -> None:
    assert names(catalogue, text) == [name]


def test_a_category_holds_what_is_below_it(catalogue: Catalogue) -> None:
    assert len(names(catalogue, category_id="windows")) == 4
    assert names(catalogue, category_id="wood") == ["Окно деревянное"]
    assert names(catalogue, "белый", category_id="pvc") == ["Окно 9 створок"]
    assert names(catalogue, category_id="nowhere") == []


def test_the_tree_has_counts_no_empty_branches_and_children_of_deleted_categories_move_up(catalogue: Catalogue) -> None:
    tree = [(one.name, one.depth, one.count, one.parent_id) for one in catalogue.categories()]
    assert tree == [
        ("Окна", 1, 4, None),
        ("Деревянные", 2, 1, "windows"),
        ("Пластиковые", 2, 2, "windows"),
        ("Под удалённой", 2, 1, "windows"),
        ("Фурнитура", 1, 2, None),
    ]
    assert [one.name for one in catalogue.category_path("pvc")] == ["Окна", "Пластиковые"]
    assert [catalogue.depth(one) for one in ("windows", "pvc", "nowhere")] == [1, 2, 0]


def test_categories_that_contain_each_other_do_no_harm(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    rows = [CategoryRow(id=a, name=a, parent_id=b) for a, b in (("x", "y"), ("y", "z"), ("z", "x"))]
    shop.apply(goods(), *rows, product("1", category_ids=("x",)))
    assert shop.names() == ["Товар 1"]


def facets(catalogue: Catalogue, **query: object) -> dict[str, list[tuple[str, int, bool]]]:
    page = catalogue.search(Query(**query))  # type: ignore[arg-type]
    return {facet.name: [(v.text, v.count, v.chosen) for v in facet.values] for facet in page.facets}


def test_facets_count_the_values_of_what_was_found(catalogue: Catalogue) -> None:
    everything = {
        "Цвет": [("Белый", 3, False), ("Коричневый", 1, False)],
        "": [("КБЕ", 2, False), ("Сосна", 1, False)],  # the brand: its name is the page's
        "Отделка": [("бронза", 1, False), ("серебро", 1, False)],
    }
    assert facets(catalogue) == everything
    assert facets(catalogue, sort=Sort.PRICE) == everything
    assert facets(catalogue, category_id="pvc") == {"Цвет": [("Белый", 1, False), ("Коричневый", 1, False)]}
    assert facets(catalogue, text="ручка") == {"Отделка": [("бронза", 1, False), ("серебро", 1, False)]}


def test_counts_of_a_chosen_attribute_show_what_else_could_be_chosen(catalogue: Catalogue) -> None:
    found = facets(catalogue, attributes=((COLOUR, ("Белый",)),))
    assert found["Цвет"] == [("Белый", 3, True), ("Коричневый", 1, False)]
    assert found[""] == [("КБЕ", 1, False), ("Сосна", 1, False)]


def test_values_of_one_attribute_are_alternatives_and_attributes_go_together(catalogue: Catalogue) -> None:
    assert len(names(catalogue, attributes=((COLOUR, ("Белый", "Коричневый")),))) == 4
    brand = attribute_key("brand", "")
    assert names(catalogue, attributes=((COLOUR, ("Белый",)), (brand, ("КБЕ",)))) == ["Окно 9 створок"]
    assert names(catalogue, attributes=((FINISH, ("бронза",)),)) == ["Ручка оконная (бронза)"]
    assert names(catalogue, attributes=(("f_nowhere", ("x",)),)) == []


def test_what_is_on_its_way_and_what_is_neither_there_nor_coming_are_filters_of_their_own(catalogue: Catalogue) -> None:
    every, there = names(catalogue), names(catalogue, available=Available.NOW)
    coming = frozenset(item.sku for item in catalogue.search(Query()).items if item.name in (every[0], there[0]))
    coming |= {"nobody has it"}
    on_its_way = names(catalogue, available=Available.COMING, coming=coming)
    assert set(on_its_way) == {every[0], there[0]}
    nowhere = names(catalogue, available=Available.NONE, coming=coming)
    assert set(nowhere) == set(every) - set(there) - {every[0]}


def test_in_stock_means_that_the_erp_had_some(catalogue: Catalogue) -> None:
    assert names(catalogue, available=Available.NOW) == ["Окно 9 створок", "Окно деревянное"]


def test_whose_goods_come_from_some_warehouses_finds_what_these_have(catalogue: Catalogue) -> None:
    assert names(catalogue, available=Available.NOW, warehouses=("v",)) == ["Окно 9 створок"]
    assert names(catalogue, available=Available.NOW, warehouses=("v", NO_WAREHOUSE)) == names(
        catalogue, available=Available.NOW
    )
    assert names(catalogue, available=Available.NOW, warehouses=("nowhere",)) == []
    assert "Окно деревянное" in names(catalogue, available=Available.NONE, warehouses=("v",))
    by_stock = names(catalogue, sort=Sort.STOCK, descending=True, warehouses=(NO_WAREHOUSE,))
    assert by_stock[0] == "Окно деревянное"
    assert names(catalogue, sort=Sort.STOCK, warehouses=(NO_WAREHOUSE,))[-1] == "Окно деревянное"


def test_prices_are_looked_at_along_the_chain_at_the_smallest_tier(catalogue: Catalogue) -> None:
    dealer, chain = ("p",), ("p", "q")
    assert names(catalogue, price_types=dealer, price_from=D(95)) == ["Окно 9 створок"]
    assert names(catalogue, price_types=dealer, price_to=D("99.99")) == ["Окно 10 створок"]
    assert names(catalogue, price_types=chain, price_from=D(95)) == ["Окно 9 створок", "Окно деревянное"]
    assert names(catalogue, price_from=D(1)) == []


def test_sorting_puts_what_has_no_price_last_either_way(catalogue: Catalogue) -> None:
    up = names(catalogue, sort=Sort.PRICE, price_types=("p", "q"))
    down = names(catalogue, sort=Sort.PRICE, price_types=("p", "q"), descending=True)
    assert up[:3] == ["Окно 10 створок", "Окно 9 створок", "Окно деревянное"]
    assert down[:3] == up[2::-1]
    assert names(catalogue, sort=Sort.STOCK, descending=True)[:2] == ["Окно 9 створок", "Окно деревянное"]
    assert names(catalogue, sort=Sort.NAME, descending=True)[0] == "Форточка"
    assert names(catalogue, sort=Sort.ARTICLE)[0] == "Ручка оконная (бронза)"
    assert names(catalogue, sort=Sort.ARTICLE)[-1] == "Форточка"


@pytest.mark.parametrize("query", [Query(), Query(text="окно"), Query(sort=Sort.PRICE, price_types=("p",))])
def test_pages_together_are_the_whole(catalogue: Catalogue, query: Query) -> None:
    whole = catalogue.search(query)
    parts = [catalogue.search(replace(query, page=n, size=2)) for n in range(1, 4)]
    assert [item for part in parts for item in part.items] == list(whole.items)
    assert {part.total for part in parts} == {whole.total}
    assert parts[0].pages == -(-whole.total // 2)
    assert catalogue.search(replace(query, page=99, size=2)).items == ()


def test_quick_order_finds_exact_codes_and_names_what_is_ambiguous(catalogue: Catalogue) -> None:
    asked = ["ОК-900", "ок 1000", "777", "RH-5", "нет", "", "  "]
    matches = catalogue.by_article(asked)
    assert [match.asked for match in matches] == asked
    assert [match.sku for match in matches[:3]] == [sku_id("w9", None), sku_id("w10", None), sku_id("handle", "s")]
    assert set(matches[3].skus) == {sku_id("handle", "b"), sku_id("handle", "s")}  # one article, two variants
    assert matches[3].sku is None
    assert [match.skus for match in matches[4:]] == [(), (), ()]


def test_an_article_that_is_written_exactly_so_wins_over_look_alikes(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(goods(), product("1", article="A-12"), product("2", article="A12"))
    with shop.open() as opened:
        assert [len(match.skus) for match in opened.by_article(["A-12", "A12", "a 12"])] == [1, 1, 2]


def test_many_skus_and_articles_are_read_in_one_go(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(
        goods(), *(product(f"{n}", article=f"N-{n}") for n in range(1200)), *(price(f"{n}", "5") for n in range(1200))
    )
    with shop.open() as opened:
        skus = [sku_id(f"{n}", None) for n in range(1200)]
        assert len(opened.skus(skus)) == 1200
        assert len(opened.prices(skus, ["p"])) == 1200
        assert all(match.sku for match in opened.by_article([f"n{n}" for n in range(1200)]))


def test_a_product_has_everything_its_page_shows(catalogue: Catalogue) -> None:
    shown = catalogue.product(sku_id("w9", None))
    assert shown is not None
    assert [(a.name, a.kind, a.values) for a in shown.attributes] == [
        ("", "brand", ("КБЕ",)),
        ("Цвет", "property", ("Белый",)),
    ]
    assert [category.name for category in shown.category_path] == ["Окна", "Пластиковые"]
    assert dict(shown.erp_stock) == {"w": 5, "v": 2}
    assert (shown.item.catalogue_id, shown.item.erp_stock, shown.item.listed) == ("c", 7, True)
    wooden = catalogue.product(sku_id("wood", None))
    assert wooden is not None
    assert (wooden.barcodes, dict(wooden.erp_stock)) == (("4601234567890",), {NO_WAREHOUSE: 1})
    handle = catalogue.product(sku_id("handle", "b"))
    assert handle is not None
    assert ("Вес", "requisite", ("0,5",)) in [(a.name, a.kind, a.values) for a in handle.attributes]
    assert catalogue.product("nowhere") is None


def test_price_types_and_warehouses_are_those_the_erp_named(catalogue: Catalogue) -> None:
    assert [(one.id, one.currency, one.vat_included) for one in catalogue.price_types()] == [
        ("p", "RUB", True),
        ("q", "EUR", None),
    ]
    assert {one.id: one.name for one in catalogue.warehouses()} == {"w": "Склад", "v": "", NO_WAREHOUSE: ""}
    tiers = catalogue.prices([sku_id("w10", None), sku_id("wood", None)])
    assert [(t.min_quantity, t.amount) for t in tiers[sku_id("w10", None)]] == [(0, 90), (10, 80)]
    assert tiers[sku_id("wood", None)][0].currency == "EUR"  # its type's


def test_a_values_text_that_changes_later_is_searched_by_its_new_text(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    reference = "11111111-2222-3333-4444-555555555555"
    shop.apply(goods(), product("1", "Окно", attributes=(("c", reference),)))
    assert shop.names("белый") == []
    shop.apply(goods(full=False), PropertyRow(id="c", name="Цвет", values=((reference, "Белый"),)))
    assert shop.names("белый") == ["Окно"]
    shop.apply(goods(full=False), PropertyRow(id="c", name="Цвет", values=((reference, "Серый"),)))
    assert (shop.names("белый"), shop.names("серое")) == ([], ["Окно"])
    shop.apply(goods(full=False), PropertyRow(id="c", name="Цвет", deleted=True))
    assert shop.names("серое") == []


def test_a_renamed_category_is_searched_by_its_new_name(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(goods(), CategoryRow(id="g", name="Ручки", parent_id=None), product("1", "Swing", category_ids=("g",)))
    shop.apply(goods(full=False), CategoryRow(id="g", name="Петли", parent_id=None))
    assert (shop.names("ручка"), shop.names("петля")) == ([], ["Swing"])


@given(
    text=st.text(max_size=40),
    category=st.sampled_from([None, "windows", "x"]),
    sort=st.sampled_from(Sort),
    chosen=st.lists(st.tuples(st.sampled_from([COLOUR, FINISH, "'"]), st.tuples(st.text(max_size=5))), max_size=2),
    bounds=st.tuples(st.none() | st.decimals(-5, 10**15, places=2), st.none() | st.decimals(0, 10**15, places=2)),
    page=st.integers(-3, 10**6),
)
def test_no_wish_breaks_the_search(
    catalogue: Catalogue,
    text: str,
    category: str | None,
    sort: Sort,
    chosen: list[tuple[str, tuple[str, ...]]],
    bounds: tuple[Decimal | None, Decimal | None],
    page: int,
) -> None:
    query = Query(
        text=text, category_id=category, sort=sort, attributes=tuple(chosen), price_types=("p", "'"), page=page,
        price_from=bounds[0], price_to=bounds[1],
    )  # fmt: skip
    found = catalogue.search(query)
    assert len(found.items) <= found.total


def branches(catalogue: Catalogue, **query: object) -> list[tuple[str, int]]:
    return [(one.name, one.count) for one in catalogue.search(Query(**query)).categories]  # type: ignore[arg-type]


def test_the_counts_beside_the_tree_follow_what_was_asked(catalogue: Catalogue) -> None:
    assert branches(catalogue) == [("Окна", 4), ("Фурнитура", 2)]
    assert branches(catalogue, text="окно") == [("Окна", 3), ("Фурнитура", 2)]  # «окно» is in «Ручка оконная»
    assert branches(catalogue, text="створок", available=Available.NOW) == [("Окна", 1)]
    assert branches(catalogue, attributes=((COLOUR, ("Коричневый",)),)) == [("Окна", 1)]
    opened = [("Окна", 4), ("Деревянные", 1), ("Пластиковые", 2), ("Под удалённой", 1), ("Фурнитура", 2)]
    assert branches(catalogue, category_id="wood") == opened, "the choice of a category leaves nothing out"
    assert branches(catalogue, category_id="wood", text="створок") == [
        ("Окна", 2),
        ("Деревянные", 0),
        ("Пластиковые", 2),
    ]


def test_the_range_of_prices_is_of_what_was_found_whatever_range_was_chosen(catalogue: Catalogue) -> None:
    def prices(**query: object) -> tuple[Decimal, Decimal] | None:
        return catalogue.search(Query(**query)).prices  # type: ignore[arg-type]

    assert prices(price_types=("p", "q")) == (90, 300)
    assert prices(price_types=("p", "q"), price_to=D(100), text="окно") == (90, 300)
    assert prices(price_types=("p", "q"), category_id="pvc") == (90, 100)
    assert prices(price_types=("p",), text="ручка") is None
    assert prices() is None


def test_other_amounts_may_stand_before_those_of_the_price_types(catalogue: Catalogue) -> None:
    places = catalogue.places([sku_id("wood", None), "nowhere"])
    own = Amounts(catalogue.amounts(()).by_place[:])
    own.by_place[places[sku_id("wood", None)]] = scaled(D("12.50"))
    amounts = own.before(catalogue.amounts(["p", "q"]))
    assert names(catalogue, amounts=amounts, sort=Sort.PRICE)[:2] == ["Окно деревянное", "Окно 10 створок"]
    assert catalogue.search(Query(amounts=amounts)).prices == (D("12.50"), 100)
    assert names(catalogue, sort=Sort.PRICE, price_types=("p", "q"))[0] == "Окно 10 створок"


def test_a_facet_shows_its_most_frequent_values_and_the_chosen_one(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    times = {f"{n:02}": n % 7 + 1 for n in range(60)}
    shop.apply(
        goods(),
        PropertyRow(id="size", name="Размер"),
        *(
            product(f"{value}-{n}", f"Болт {value}", attributes=(("size", value),))
            for value, most in times.items()
            for n in range(most)
        ),
        product("nut", "Гайка", attributes=(("size", "00"),)),
    )
    size = attribute_key("property", "size")
    with shop.open() as opened:
        ranked = sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))
        (facet,) = opened.search(Query(text="болт")).facets
        assert [(v.text, v.count) for v in facet.values] == ranked[:30]
        (facet,) = opened.search(Query(text="болт", attributes=((size, ("00",)),))).facets
        assert [(v.text, v.count) for v in facet.values] == [*ranked[:29], ("00", 1)]


def test_stock_and_prices_that_come_alone_are_sorted_by(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(goods(), product("1"), product("2"), offers(), price("1", "5"), price("2", "6"), stock("1", "1"))
    by_price = {"sort": Sort.PRICE, "price_types": ("p",)}
    assert (shop.names(**by_price), shop.names(available=Available.NOW)) == (["Товар 1", "Товар 2"], ["Товар 1"])
    shop.apply(offers(full=False), price("1", "7"))
    assert shop.names(**by_price) == ["Товар 2", "Товар 1"]
    shop.apply(offers(full=False), stock("2", "3"))
    assert shop.names(sort=Sort.STOCK, descending=True) == ["Товар 2", "Товар 1"]
    assert shop.names(available=Available.NOW) == ["Товар 1", "Товар 2"]


def test_goods_that_come_after_their_prices_are_sorted_by_them(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(offers(), price("1", "6"), price("2", "5"))
    shop.apply(goods(), product("1"), product("2"))
    shop.apply(goods(full=False), product("3"))
    assert shop.names(sort=Sort.PRICE, price_types=("p",)) == ["Товар 2", "Товар 1", "Товар 3"]


def test_a_property_that_is_called_brand_says_the_brand_where_the_erp_has_no_field_for_it(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    named = PropertyRow(id="x", name="Бренд", values=(("k", "КБЕ"), ("v", "Века")))
    goods_of_two = (product("a", "Окно", attributes=(("x", "k"),)), product("b", "Дверь", attributes=(("x", "v"),)))
    shop.apply(goods(), named, *goods_of_two)
    with shop.open() as opened:
        assert opened.brands() == ("Века", "КБЕ")
        (sku,) = (item.sku for item in opened.search(Query(text="окно")).items)
        assert opened.kinds([sku])[sku].brand == "КБЕ"
        hidden = Rule(id="r", whom=Whom.EVERYONE, what=What.BRAND, key="КБЕ", name="КБЕ", shown=False)
        assert [item.name for item in opened.narrowed((hidden,)).search(Query()).items] == ["Дверь"]
