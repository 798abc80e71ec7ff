"""What a feed makes of a catalogue: full and partial packages, in any order, twice, with rows that are wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.catalogue.feed import (
    CategoryRow,
    FeedRow,
    PriceTypeRow,
    PropertyRow,
    RejectedRow,
    WarehouseRow,
)
from chalicelib.catalogue.model import NO_WAREHOUSE, Available, Query, sku_id
from chalicelib.catalogue.snapshot.build import End, apply
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.catalogue.snapshot.part import read_part
from tests.rules.catalogue_feeds import Workshop, changed, goods, offer, offers, price, product, said, stock

A, B, C = (sku_id(name, None) for name in "abc")
RED, BLUE = sku_id("a", "red"), sku_id("a", "blue")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def tiers(shop: Workshop, sku: str = A) -> dict[tuple[str, str], str]:
    with shop.open() as catalogue:
        found = catalogue.prices([sku]).get(sku, ())
        return {(tier.price_type_id, str(tier.min_quantity)): str(tier.amount) for tier in found}


def test_a_product_is_listed_when_its_card_has_come_even_without_an_offer(shop: Workshop) -> None:
    result = shop.apply(goods(), product("a"), product("b"))
    assert (result.listed, result.waiting) == (2, 0)
    assert shop.names() == ["Товар a", "Товар b"]


def test_a_feeds_tree_of_any_depth_is_shown(shop: Workshop) -> None:
    chain = [CategoryRow(id=f"g{n}", name="Окна", parent_id=f"g{n - 1}" if n else None) for n in range(1_100)]
    shop.apply(goods(), *chain, product("a", category_ids=("g1099",)))
    with shop.open() as catalogue:
        assert catalogue.search(Query(category_id="g0")).total == 1


def test_offers_that_come_before_their_goods_are_kept_and_joined_later(shop: Workshop) -> None:
    result = shop.apply(offers(), offer("a"), price("a", "5"), stock("a", "3"))
    assert (result.listed, result.waiting) == (0, 1)
    assert said(result.stock) == [(A, "w", "3")]
    result = shop.apply(goods(), product("a"))
    assert (result.listed, result.waiting) == (1, 0)
    assert tiers(shop) == {("p", "0"): "5"}


def test_a_product_with_variants_is_sold_by_variant(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Ручка"), offers(), offer("a", "red", name="Ручка (красная)"), offer("a", "blue"))
    assert shop.names() == ["Ручка", "Ручка (красная)"]
    with shop.open() as catalogue:
        listed = {sku: item.listed for sku, item in catalogue.skus([A, RED, BLUE]).items()}
        assert listed == {A: False, RED: True, BLUE: True}
        shown = catalogue.product(RED)
        assert shown is not None
        assert [item.sku for item in shown.variants] == [BLUE, RED]


def test_goods_may_come_as_variants_themselves(shop: Workshop) -> None:
    rows = [
        product("a", f"Ткань {colour}", variant_id=colour, article=f"T-{colour}", characteristics=(("Цвет", colour),))
        for colour in ("red", "blue")
    ]
    shop.apply(goods(), *rows)
    assert shop.names() == ["Ткань blue", "Ткань red"]
    with shop.open() as catalogue:
        assert [match.skus for match in catalogue.by_article(["T-red", "T-blue"])] == [(RED,), (BLUE,)]


def test_the_same_rows_again_change_nothing(shop: Workshop) -> None:
    rows: list[FeedRow] = [
        goods(),
        CategoryRow(id="g", name="Окна", parent_id=None),
        PropertyRow(id="c", name="Цвет", values=(("w", "Белый"),)),
        PriceTypeRow(id="p", name="Розница", currency="RUB", vat_included=True),
        WarehouseRow(id="w", name="Склад"),
        product(
            "a", category_ids=("g",), attributes=(("c", "w"),), pictures=("1.jpg",), brand="КБЕ", vat_rate=Decimal(20)
        ),
        offers(),
        offer("a", "red", name="красная", characteristics=(("Размер", "XL"),)),
        price("a", "5.25", variant="red"),
        stock("a", "7", variant="red"),
    ]
    first = shop.apply(*rows)
    assert first.changed
    before = content_digest(shop.top or Path())
    again = shop.apply(*rows, run="another")
    assert not again.changed
    assert said(again.stock) == said(first.stock)  # the live stock may have moved since
    assert changed(again) == {}
    assert content_digest(shop.top or Path()) == before


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (product("a", "Другое имя"), "product"),
        (product("a", category_ids=("g",)), "product"),
        (product("a", attributes=(("c", "зелёный"),)), "product"),
        (product("a", brand="Roto"), "product"),
        (product("a", pictures=("2.jpg",)), "product"),
        (product("a", vat_rate=Decimal(10)), "product"),
        (product("a", deleted=True), "product"),
        (offer("a", article="A-1"), "offer"),
        (price("a", "6"), "price"),
        (price("a", None), "price"),
        (stock("a", "8"), "stock"),
        (CategoryRow(id="g", name="Двери", parent_id=None), "category"),
        (PriceTypeRow(id="p", name="Опт", currency="RUB", vat_included=True), "price_type"),
        (WarehouseRow(id="w", name="Другой"), "warehouse"),
        (PropertyRow(id="c", name="Оттенок"), "property"),
    ],
)
def test_every_difference_is_noticed(shop: Workshop, row: FeedRow, kind: str) -> None:
    shop.apply(
        goods(), CategoryRow(id="g", name="Окна", parent_id=None), PropertyRow(id="c", name="Цвет"),
        PriceTypeRow(id="p", name="Розница", currency="RUB", vat_included=True), WarehouseRow(id="w", name="Склад"),
        product("a"), offers(), offer("a"), price("a", "5"), stock("a", "7"),
    )  # fmt: skip
    before = content_digest(shop.top or Path())
    assert kind in changed(shop.apply(goods(full=False), row))
    assert content_digest(shop.top or Path()) != before


def test_every_stock_row_that_was_named_is_told_and_only_differences_count(shop: Workshop) -> None:
    shop.apply(goods(), product("a"), product("b"), offers(), stock("a", "7"), stock("a", "2", "v"), stock("b", "1"))
    result = shop.apply(offers(full=False), stock("a", "7"), stock("a", "0", "v"), stock("b", "4"))
    assert sorted(said(result.stock)) == sorted([(A, "v", "0"), (A, "w", "7"), (B, "w", "4")])
    assert changed(result) == {"stock": 2}
    with shop.open() as catalogue:
        assert {item.name: str(item.erp_stock) for item in catalogue.skus([A, B]).values()} == {
            "Товар a": "7",
            "Товар b": "4",
        }


def test_a_total_counts_only_where_no_warehouse_is_named(shop: Workshop) -> None:
    first = shop.apply(goods(), product("a"), product("b"), offers(), stock("a", "7", None), stock("b", "5", None))
    assert said(first.stock) == [(sku, NO_WAREHOUSE, n) for sku, n in sorted([(A, "7"), (B, "5")])]
    named = shop.apply(offers(full=False), stock("a", "3"), stock("a", "9", None))
    assert sorted(said(named.stock)) == sorted([(A, NO_WAREHOUSE, "0"), (A, "w", "3")])
    assert shop.apply(offers(full=False), stock("a", "9", None)).stock == ()


def test_stock_may_be_negative_and_is_cut_to_a_thousandth_downwards(shop: Workshop) -> None:
    result = shop.apply(goods(), product("a"), product("b"), stock("a", "-2"), stock("b", "1.23456"))
    assert {row[0]: row[2] for row in said(result.stock)} == {A: "-2", B: "1.234"}


def test_what_the_erp_told_is_promised_from_the_given_warehouses_less_the_safety_in_each(shop: Workshop) -> None:
    told = (stock("a", "10", "u"), stock("a", "3", "v"), stock("a", "-5"), stock("b", "1.5"))
    shop.apply(goods(), product("a"), product("b"), product("c"), *told)
    with shop.open() as catalogue:

        def promised(among: tuple[str, ...], safety: str) -> dict[str, str]:
            found = catalogue.erp_stock([A, B, C, "unknown"], among, Decimal(safety))
            return {sku: str(quantity) for sku, quantity in found.items()}

        assert promised((), "0") == {A: "13", B: "1.5", C: "0"}
        assert promised(("v", "w", "nowhere"), "1") == {A: "2", B: "0.5", C: "0"}
        assert promised((), "4") == {A: "6", B: "0", C: "0"}


def test_a_deleted_warehouse_holds_nothing(shop: Workshop) -> None:
    shop.apply(goods(), WarehouseRow(id="w", name="Склад"), product("a"), stock("a", "7"))
    result = shop.apply(goods(full=False), WarehouseRow(id="w", name="Склад", deleted=True))
    assert said(result.stock) == [(A, "w", "0")]


def test_the_tiers_of_a_price_type_are_replaced_together(shop: Workshop) -> None:
    shop.apply(
        goods(), product("a"), price("a", "10"), price("a", "9", min_quantity=Decimal(5)), price("a", "7", of="q")
    )
    shop.apply(offers(full=False), price("a", "11"))
    assert tiers(shop) == {("p", "0"): "11", ("q", "0"): "7"}
    shop.apply(offers(full=False), price("a", None))
    assert tiers(shop) == {("q", "0"): "7"}


def test_a_price_of_zero_is_no_price(shop: Workshop) -> None:
    shop.apply(goods(), product("a"), price("a", "0"))
    assert tiers(shop) == {}


def test_prices_are_exact_to_a_millionth(shop: Workshop) -> None:
    shop.apply(goods(), product("a"), price("a", "0.123456"), price("a", "99999999999.999999", of="q"))
    assert tiers(shop) == {("p", "0"): "0.123456", ("q", "0"): "99999999999.999999"}


def test_a_wrong_row_costs_only_itself_and_is_named_with_its_number(shop: Workshop) -> None:
    result = shop.apply(
        goods(),
        product("a"),
        RejectedRow(kind="product", number=2, reason="no_name", subject="x"),
        product("", "без ид"),
        product("c", " "),
        price("a", "-1"),
        price("a", "0.0000001"),
        price("a", "NaN"),
        price("a", "5", coefficient=Decimal(0)),
        price("a", "5"),
        stock("a", "Infinity"),
        CategoryRow(id="g", name="Сам себе", parent_id="g"),
    )
    assert [(row.kind, row.number, row.reason) for row in result.rejected] == [
        ("product", 2, "no_name"),
        ("product", 3, "no_id"),
        ("product", 4, "no_name"),
        ("price", 1, "bad_price"),
        ("price", 2, "price_too_fine"),
        ("price", 3, "bad_price"),
        ("price", 4, "bad_coefficient"),
        ("stock", 1, "bad_quantity"),
        ("category", 1, "own_parent"),
    ]
    assert (result.counts["product"].received, result.counts["product"].applied) == (4, 1)
    assert tiers(shop) == {("p", "0"): "5"}


def test_a_text_beyond_its_limit_costs_its_row_and_its_beginning_is_shown(shop: Workshop) -> None:
    result = shop.apply(
        goods(),
        product("a", "Ш" * 1_024),
        product("b", "Ш" * 1_025),
        product("c", article="7" * 151),
        product("d", description="о" * 100_001),
        CategoryRow(id="g", name="Г" * 1_025, parent_id=None),
        WarehouseRow(id="w", name="С" * 1_025),
    )
    assert [(row.kind, row.number, row.reason) for row in result.rejected] == [
        ("product", 2, "text_too_long"),
        ("product", 3, "text_too_long"),
        ("product", 4, "text_too_long"),
        ("category", 1, "text_too_long"),
        ("warehouse", 1, "text_too_long"),
    ]
    assert result.rejected[0].detail == "Ш" * 150
    assert result.counts["product"].applied == 1


def test_a_feed_that_breaks_leaves_no_file(tmp_path: Path) -> None:
    def rows() -> object:
        yield product("a")
        raise ConnectionError("the file ends here")

    with pytest.raises(ConnectionError):
        apply(None, tmp_path / "broken", rows(), run="r")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_empty_text_of_an_offer_means_as_before(shop: Workshop) -> None:
    named = offer("a", "red", name="Ручка (красная)", article="R-1", characteristics=(("Цвет", "красный"),))
    shop.apply(goods(), product("a", "Ручка"), offers(), named)
    assert changed(shop.apply(offers(full=False), offer("a", "red"))) == {}
    assert changed(shop.apply(offers(full=True), offer("a", "red"))) == {}
    assert shop.names() == ["Ручка (красная)"]


def test_deleted_products_and_variants_disappear_and_may_come_back(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Ручка"), product("b"), offers(), offer("a", "red"), offer("a", "blue"))
    shop.apply(goods(full=False), product("b", deleted=True), offer("a", "red", deleted=True))
    assert shop.names() == ["Ручка"]
    with shop.open() as catalogue:
        assert not catalogue.skus([B])[B].listed
        assert catalogue.product(B) is not None
    shop.apply(goods(full=False), product("b"), offer("a", "red"))
    assert shop.names() == ["Ручка", "Ручка", "Товар b"]


def test_a_deleted_product_that_nobody_knew_is_not_listed(shop: Workshop) -> None:
    assert shop.apply(goods(), product("a", deleted=True), product("b")).listed == 1


# --- the end of a full run (domain §4.5)


@pytest.fixture
def before(shop: Workshop) -> Workshop:
    cards = (product("a"), product("b"), product("v"))
    offered = (offer("a"), offer("b"), offer("v", "x"), offer("v", "y"))
    prices = (price("a", "5"), price("b", "5"), price("a", "4", of="q"))
    levels = (stock("a", "7"), stock("b", "2"), stock("b", "1", "w2"))
    shop.apply(goods(), *cards, offers(), *offered, *prices, *levels, run="1")
    return shop


def test_what_a_full_run_did_not_name_is_withdrawn_not_deleted(before: Workshop) -> None:
    before.apply(goods(), product("a"), product("v"), run="2")
    assert before.names() == ["Товар a", "Товар b", "Товар v", "Товар v"]
    result = before.withdraw("2")
    assert changed(result) == {"product": 1}
    assert before.names() == ["Товар a", "Товар v", "Товар v"]
    with before.open() as catalogue:
        assert catalogue.skus([B])[B].name == "Товар b"
    before.apply(goods(full=False), product("b"), run="3")
    assert "Товар b" in before.names()


def test_portions_of_one_run_count_together_though_only_the_first_says_full(before: Workshop) -> None:
    before.apply(goods(), product("a"), run="2")
    before.apply(goods(full=False), product("b"), run="2")
    before.apply(goods(full=False), product("v"), run="2")
    assert not before.withdraw("2").changed


def test_a_changes_only_run_withdraws_nothing(before: Workshop) -> None:
    before.apply(goods(full=False), product("a"), offers(full=False), price("a", "6"), run="2")
    assert not before.withdraw("2").changed


def test_each_part_is_withdrawn_by_itself(before: Workshop) -> None:
    rows = [offers(), offer("a"), offer("v", "x"), price("a", "5"), stock("a", "7"), stock("b", "2")]
    before.apply(*rows, run="2")
    result = before.withdraw("2")
    assert changed(result) == {"offer": 2, "price": 2, "stock": 1}
    told = said(result.stock)
    assert (B, "w2", "0") in told
    assert {row[2] for row in told} == {"0"}
    assert (A, "w", "0") not in told  # the run named it
    assert tiers(before) == {("p", "0"): "5"}
    assert tiers(before, B) == {}
    assert before.names() == ["Товар a", "Товар b", "Товар v"]  # b without an offer, v with one variant less


def test_another_catalogue_is_left_alone(before: Workshop) -> None:
    before.apply(goods(catalogue="other"), product("z"), run="2")
    assert not before.withdraw("2").changed


def test_deactivate_withdraws_what_the_run_left_out_even_if_no_package_said_full(before: Workshop) -> None:
    before.apply(goods(full=False), product("a"), run="2")
    assert changed(before.withdraw("2", deactivate=True)) == {"product": 2}
    assert before.names() == ["Товар a"]


def test_deactivate_of_a_run_that_brought_nothing_withdraws_nothing(before: Workshop) -> None:
    assert not before.withdraw("2", deactivate=True).changed


# --- order and portions

ids = st.sampled_from("abcde")
variants = st.sampled_from([None, None, "x", "y"])
rows_of_any_kind = st.one_of(
    st.builds(product, ids, st.sampled_from(["Окно", "Дверь"]), article=st.sampled_from(["", "A-1", "B-2"]),
              category_ids=st.sampled_from([(), ("g",), ("h", "g")]), deleted=st.booleans(),
              attributes=st.sampled_from([(), (("c", "w"),), (("c", "w"), ("d", "5"))])),
    st.builds(offer, ids, variants, name=st.sampled_from(["", "Вариант"]), deleted=st.booleans()),
    st.builds(price, ids, st.sampled_from(["1", "2.5", None]), variant=variants, of=st.sampled_from("pq")),
    st.builds(stock, ids, st.sampled_from(["0", "3", "-1"]), st.sampled_from(["w", "w2"]), variant=variants),
    st.builds(CategoryRow, id=st.sampled_from("gh"), name=st.sampled_from(["Окна", "Двери"]), parent_id=st.none()),
    st.builds(PropertyRow, id=st.sampled_from("cd"), name=st.just("Цвет"), values=st.sampled_from([(), (("w", "Б"),)])),
)  # fmt: skip


def identity(row: FeedRow) -> tuple[object, ...]:
    names = ("id", "product_id", "variant_id", "price_type_id", "warehouse_id")
    return (type(row), *(getattr(row, name, None) for name in names))


feeds = st.lists(rows_of_any_kind, max_size=10, unique_by=identity)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(feed=feeds, data=st.data())
def test_neither_the_order_of_rows_nor_their_portions_matter(
    tmp_path_factory: pytest.TempPathFactory, feed: list[FeedRow], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(feed))
    cut = data.draw(st.integers(0, len(feed)))
    head = goods(full=False)
    digests = []
    for portions in ([feed], [shuffled[:cut], shuffled[cut:]]):
        shop = Workshop(tmp_path_factory.mktemp("portions"))
        for portion in portions:
            shop.apply(head, *portion)
        digests.append(content_digest(shop.top or Path()))
    assert digests[0] == digests[1]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=feeds, second=feeds)
def test_a_repeated_feed_is_silent_and_its_stock_changes_lead_from_one_state_to_the_next(
    tmp_path_factory: pytest.TempPathFactory, first: list[FeedRow], second: list[FeedRow]
) -> None:
    shop = Workshop(tmp_path_factory.mktemp("twice"))
    levels: dict[tuple[str, str], str] = {}
    for feed in (first, second):
        for repeat in (False, True):
            result = shop.apply(goods(full=False), *feed)
            assert not (repeat and result.changed)
            levels.update({(sku, warehouse): quantity for sku, warehouse, quantity in said(result.stock)})
    told: dict[tuple[str, str], Decimal] = {}
    for row in (row for feed in (first, second) for row in feed if hasattr(row, "warehouse_id")):
        told[sku_id(row.product_id, row.variant_id), row.warehouse_id] = row.quantity
    assert {key: Decimal(quantity) for key, quantity in levels.items() if Decimal(quantity)} == {
        key: quantity for key, quantity in told.items() if quantity
    }


def test_parts_assembled_together_make_what_they_make_one_after_another(shop: Workshop, tmp_path: Path) -> None:
    portions = (
        [goods(), CategoryRow(id="g", name="Окна", parent_id=None), product("a", category_ids=("g",)), product("b")],
        [offers(), offer("a", "x", name="Вариант"), price("a", "5", variant="x"), stock("a", "7", variant="x")],
        [offers(full=False), price("a", "6", variant="x"), stock("a", "0", variant="x"), stock("b", "3", "v")],
    )
    (tmp_path / "apart").mkdir()
    apart = Workshop(tmp_path / "apart")
    results = [apart.apply(*portion) for portion in portions]
    done = shop.assemble(*portions)
    assert content_digest(shop.top or Path()) == content_digest(apart.top or Path())
    assert [{kind: n for kind, n in counts.items() if n} for counts in done.parts] == [changed(r) for r in results]
    assert done.listed == results[-1].listed
    told = {lot: {sku: {w: str(q) for w, q in row.items()} for sku, row in done.told.by_sku(lot)} for lot in (1, 2)}
    assert told == {1: {sku_id("a", "x"): {"w": "7"}}, 2: {sku_id("a", "x"): {"w": "0"}, B: {"v": "3"}}}


def test_a_part_is_the_same_whatever_was_read_before_it_and_may_be_read_again(tmp_path: Path) -> None:
    rows = [goods(), product("a", attributes=(("c", "w"),)), offers(), offer("a"), price("a", "5"), stock("a", "7")]
    made = []
    for name in ("once", "again"):
        read = read_part(tmp_path / name, rows)
        made.append((read, (tmp_path / name).read_bytes()))
    assert made[0] == made[1]


def test_a_unit_that_another_file_defines_is_named_when_the_parts_come_together(shop: Workshop) -> None:
    rows = [goods(), product("a", unit="u-1"), product("b", unit="м"), price("a", "5", unit="u-1")]
    shop.assemble(rows, units={"u-1": "бухта"})
    with shop.open() as catalogue:
        assert [item.unit for item in catalogue.skus([A, B]).values()] == ["бухта", "м"]
        assert [tier.unit for tier in catalogue.prices([A])[A]] == ["бухта"]


def test_only_where_there_was_stock_once_the_end_of_a_full_run_tells_none(shop: Workshop) -> None:
    """Elsewhere the live stock has no counter that could be mended; what the run named has been told already."""
    cards = [product(name) for name in "abcd"]
    shop.apply(goods(), *cards, offers(), stock("a", "7"), stock("b", "2"), stock("c", "4"), stock("d", "0"), run="1")
    shop.apply(offers(full=False), stock("b", "0"), run="2")
    shop.apply(goods(), *cards, offers(), stock("a", "7"), run="3")
    told = said(shop.withdraw("3").stock)
    assert sorted(told) == sorted([(B, "w", "0"), (sku_id("c", None), "w", "0")])


def test_stock_of_a_deleted_warehouse_stays_none_however_often_it_is_sent(shop: Workshop) -> None:
    gone = WarehouseRow(id="w", name="Склад", deleted=True)
    shop.apply(goods(), gone, product("a"), stock("a", "7"))
    assert changed(shop.apply(goods(full=False), stock("a", "7"))) == {}


def test_a_doubted_withdrawal_leaves_everything_as_it_was(before: Workshop) -> None:
    rows = [goods(), product("a"), offers(), offer("a"), price("a", "5"), stock("a", "7")]
    done = before.assemble(rows, run="2", end=End(lot=9, doubt=lambda was, left: was - left > 1))
    assert (done.withheld, dict(done.withdrawn)) == (3, {})
    assert before.names() == ["Товар a", "Товар b", "Товар v", "Товар v"]
    assert done.told.lots() == (0,)


def test_new_stock_alone_leaves_the_lists_and_is_seen_in_them(shop: Workshop) -> None:
    shop.apply(goods(), product("a"), product("b"), offers(), stock("a", "7"))
    shop.apply(offers(full=False), stock("a", "0"), stock("b", "2"))
    assert shop.names(available=Available.NOW) == ["Товар b"]
