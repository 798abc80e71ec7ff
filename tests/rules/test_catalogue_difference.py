"""What differs between two snapshots, and an earlier one made fit to be in force again."""

from __future__ import annotations

import shutil
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from chalicelib.catalogue.feed import CategoryRow, FeedRow, PriceTypeRow
from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.snapshot.build import End
from chalicelib.catalogue.snapshot.difference import Change, Difference, Kind, Wanted
from chalicelib.catalogue.snapshot.engine import connect
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.snapshot.restore import restore
from chalicelib.kernel.clock import utc_now
from tests.rules.catalogue_feeds import Workshop, goods, offer, offers, price, product, stock
from tests.rules.test_catalogue_build import feeds

A, B = sku_id("a", None), sku_id("b", None)
ALL = Wanted()


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def between(before: Path | None, after: Path | None) -> Difference:
    assert before
    assert after
    return Difference(before, after)


def told(found: Difference, wanted: Wanted = ALL) -> list[tuple[str, str, str, str, str]]:
    return [_plain(one) for one in found.changes(wanted, most=1000)]


def _plain(one: Change) -> tuple[str, str, str, str, str]:
    if one.price is None:
        return (one.kind, one.name, one.field, one.before, one.now)
    return (one.kind, one.name, one.price.price_type, str(one.price.before), str(one.price.now))


def restored(folder: Path, earlier: Path | None, current: Path | None) -> Path:
    assert earlier
    assert current
    target = folder / "restored.sqlite"
    shutil.copyfile(earlier, target)
    restore(target, current, utc_now())
    return target


def test_new_withdrawn_and_returned_products_are_told_apart(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно"), product("b", "Дверь"), run="1")
    first = shop.top
    shop.apply(goods(), product("a", "Окно"), product("c", "Ручка"), run="2")
    shop.withdraw("2")
    second = shop.top
    assert told(between(first, second)) == [("new", "Ручка", "", "", ""), ("withdrawn", "Дверь", "", "", "")]
    shop.apply(goods(full=False), product("b", "Дверь"), product("a", "Окно", deleted=True), run="3")
    assert told(between(second, shop.top)) == [("returned", "Дверь", "", "", ""), ("withdrawn", "Окно", "", "", "")]


def test_each_changed_field_of_a_card_is_told_with_before_and_now(shop: Workshop) -> None:
    groups = [CategoryRow(id=one, name=name, parent_id=None) for one, name in (("g", "Окна"), ("h", "Двери"))]
    before = product("a", "Окно", article="A-1", category_ids=("g",), pictures=("1.jpg",), brand="Тор")
    now = product("a", "Окно ПВХ", article="A-2", category_ids=("h",), pictures=("1.jpg", "2.jpg"), brand="Рем")
    shop.apply(goods(), *groups, before, product("b"))
    first = shop.top
    shop.apply(goods(full=False), now)
    found = between(first, shop.top)
    assert [(field, was, become) for _, _, field, was, become in told(found)] == [
        ("article", "A-1", "A-2"),
        ("categories", "Окна", "Двери"),
        ("name", "Окно", "Окно ПВХ"),
        ("pictures", "", "2.jpg"),
        ("properties", "Тор", "Рем"),
    ]
    assert found.counts[Kind.CHANGED] == 1


def test_prices_are_told_by_type_with_the_percent_where_it_means_something(shop: Workshop) -> None:
    types = [PriceTypeRow(id=one, name=name, currency="RUB", vat_included=None) for one, name in ("pА", "qБ")]
    shop.apply(
        goods(), product("a"), product("b"), *types, price("a", "100"), price("b", "10"), price("b", "7", of="q")
    )
    first = shop.top
    shop.apply(
        offers(full=False), price("a", "110.5"), price("a", "5", of="q"), price("b", None), price("b", "7", of="q")
    )
    found = between(first, shop.top)
    assert [(row[2], row[3], row[4]) for row in told(found)] == [
        ("А", "100.000000", "110.500000"),
        ("Б", "None", "5.000000"),
        ("А", "10.000000", "None"),
    ]
    percents = [one.price.percent for one in found.changes(ALL, most=9) if one.price]
    assert percents == [Decimal("10.5"), None, None]
    assert found.price_types == (("p", "А", 2), ("q", "Б", 1))
    assert found.counts[Kind.PRICE] == 2
    assert found.count(Wanted(kind=Kind.PRICE, price_type="q")) == 1


def test_a_new_price_of_a_new_product_is_no_change_of_price(shop: Workshop) -> None:
    shop.apply(goods(), product("a"))
    first = shop.top
    shop.apply(goods(full=False), product("b"), price("b", "5"))
    assert [row[0] for row in told(between(first, shop.top))] == ["new"]


def test_changes_are_found_by_a_piece_of_the_article_also_of_what_is_gone(shop: Workshop) -> None:
    shop.apply(goods(), product("a", article="FR-10"), product("b", article="FR-20"), product("c", article="GX-1"))
    first = shop.top
    shop.apply(goods(full=False), product("a", article="FR-10", deleted=True), product("b", "Б", article="FR-20"))
    found = between(first, shop.top)
    assert [row[0] for row in told(found, Wanted(code="fr 1"))] == ["withdrawn"]
    assert found.count(Wanted(code="FR")) == 2
    assert found.count(Wanted(kind=Kind.CHANGED, code="gx")) == 0


def test_pages_follow_one_another(shop: Workshop) -> None:
    shop.apply(goods(), product("z"))
    first = shop.top
    shop.apply(goods(full=False), *(product(f"n{n:04d}", article=f"{n:04d}") for n in range(1203)))
    found = between(first, shop.top)
    whole = [one.article for one in found.changes(ALL, most=5000)]
    assert whole == [f"{n:04d}" for n in range(1203)]
    assert [one.article for one in found.changes(ALL, start=600, most=601)] == whole[600:1201]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=feeds, second=feeds)
def test_the_difference_is_what_readers_see_differently(
    tmp_path_factory: pytest.TempPathFactory, first: list[FeedRow], second: list[FeedRow]
) -> None:
    shop = Workshop(tmp_path_factory.mktemp("two"))
    shop.apply(goods(full=False), *first, run="1")
    before = shop.top or Path()
    shop.apply(goods(full=False), *second, run="2")
    after = shop.top or Path()
    assert told(Difference(before, before)) == []
    (one, one_prices), (two, two_prices) = _seen(before), _seen(after)
    found, back = Difference(before, after), Difference(after, before)
    assert {row.sku for row in found.changes(Wanted(kind=Kind.WITHDRAWN), most=99)} == one.keys() - two.keys()
    come = {row.sku for kind in (Kind.NEW, Kind.RETURNED) for row in found.changes(Wanted(kind=kind), most=99)}
    assert come == two.keys() - one.keys()
    both = one.keys() & two.keys()
    changed = [row.sku for row in found.changes(Wanted(kind=Kind.CHANGED), most=99) if row.field in ("name", "article")]
    assert set(changed) == {sku for sku in both if one[sku] != two[sku]}
    dearer = {row.sku for row in found.changes(Wanted(kind=Kind.PRICE), most=99)}
    assert dearer == {sku for sku in both if one_prices.get(sku) != two_prices.get(sku)}
    assert found.counts[Kind.PRICE] == back.counts[Kind.PRICE]
    assert found.counts[Kind.CHANGED] == back.counts[Kind.CHANGED]


def _seen(path: Path) -> tuple[dict[str, tuple[str, str]], object]:
    with closing(Catalogue(path)) as catalogue:
        items = catalogue.search(Query(size=500)).items
        return {item.sku: (item.name, item.article) for item in items}, catalogue.prices([item.sku for item in items])


# --- an earlier snapshot in force again


def _stock(path: Path) -> list[tuple[str, str, int]]:
    with closing(connect(str(path))) as db:
        return db.execute(
            "SELECT k.id, w.id, s.quantity FROM stock s JOIN sku k ON k.no = s.sku_no "
            "JOIN warehouse w ON w.no = s.warehouse_no ORDER BY 1, 2"
        ).fetchall()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=feeds, second=feeds, third=feeds)
def test_a_restored_version_shows_what_it_showed_with_the_stock_of_now(
    tmp_path_factory: pytest.TempPathFactory, first: list[FeedRow], second: list[FeedRow], third: list[FeedRow]
) -> None:
    folder = tmp_path_factory.mktemp("restore")
    shop = Workshop(folder)
    shop.apply(goods(full=False), *first, run="1")
    before = shop.top or Path()
    shop.apply(goods(full=False), *second, run="2")
    after = shop.top or Path()
    again = restored(folder, before, after)
    assert told(Difference(before, again)) == []
    assert _stock(again) == _stock(after)
    with closing(Catalogue(after)) as now, closing(Catalogue(again)) as then:
        known = [sku_id(id, variant) for id in "abcde" for variant in (None, "x", "y")]
        assert now.skus(known).keys() <= then.skus(known).keys(), "orders keep finding what came later"
    shop.top = again
    shop.apply(goods(full=False), *third, run="3")
    plain = Workshop(tmp_path_factory.mktemp("plain"))
    plain.top = before
    plain.apply(goods(full=False), *third, run="3")
    ours, theirs = _seen(shop.top), _seen(plain.top)
    assert ours[0].keys() == theirs[0].keys()
    named = {sku_id(row.product_id, row.variant_id) for row in second if hasattr(row, "product_id")}
    goods_of_then = ours[0].keys() - named - {sku_id(row.id, None) for row in second if hasattr(row, "brand")}
    assert {sku: ours[0][sku] for sku in goods_of_then} == {sku: theirs[0][sku] for sku in goods_of_then}


def test_goods_that_came_later_are_withdrawn_and_come_back_with_the_next_full_exchange(
    shop: Workshop, tmp_path: Path
) -> None:
    everything = [goods(), product("a"), product("b"), offers(), offer("a", "x"), offer("b"), price("b", "5")]
    shop.apply(goods(), product("a"), run="1")
    first = shop.top
    shop.apply(*everything, run="2")
    shop.top = restored(tmp_path, first, shop.top)
    assert shop.names() == ["Товар a"]
    shop.apply(goods(full=False), product("c"), price("a", "1"), run="3")
    assert shop.names() == ["Товар a", "Товар c"], "a variant that came later does not hide what was sold as itself"
    shop.apply(*everything, run="4")
    shop.withdraw("4")
    with shop.open() as catalogue:
        found = {(item.product_id, item.variant_id) for item in catalogue.search(Query()).items}
        assert found == {("a", "x"), ("b", "")}
        assert catalogue.prices([B])[B][0].amount == 5


def test_the_end_of_a_full_run_after_a_restoring_tells_none_where_later_stock_was(
    shop: Workshop, tmp_path: Path
) -> None:
    shop.apply(goods(), product("a"), offers(), offer("a"), stock("a", "3", "w"), run="1")
    first = shop.top
    shop.apply(offers(full=False), stock("a", "0", "w"), stock("a", "10", "later"), run="2")
    shop.top = restored(tmp_path, first, shop.top)
    done = shop.assemble([goods(), product("a"), offers(), offer("a"), stock("a", "4", "w")], run="3", end=End(lot=9))
    assert dict(done.told.by_sku(9)) == {A: {"later": Decimal(0)}}
