"""What a person does to the catalogue, by hand or by a file, beside the exchange with an ERP (docs/adr/0018)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.feed import CardChange, CatalogueHead, CategoryChange, CategoryRow, FeedRow
from chalicelib.catalogue.model import OWN_CATALOGUE, Query, sku_id
from chalicelib.catalogue.snapshot.build import End, Portion, assemble
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.catalogue.snapshot.part import read_part
from chalicelib.catalogue.snapshot.pictures import together
from tests.rules.catalogue_feeds import Workshop, goods, offer, offers, price, product, said, stock

A, B = sku_id("a", None), sku_id("b", None)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def hand(*, full: bool = False) -> CatalogueHead:
    return goods(full=full, catalogue=OWN_CATALOGUE)


def fields(shop: Workshop, sku: str = A) -> tuple[str, str, str, str]:
    with shop.open() as catalogue:
        found = catalogue.product(sku)
        assert found
        return found.item.name, found.item.article, str(found.item.vat_rate), found.description


def theirs(shop: Workshop) -> dict[str, str]:
    assert shop.top
    with sqlite3.connect(shop.top) as db:
        return dict(db.execute("SELECT field, theirs FROM own"))


def tree(shop: Workshop) -> list[str]:
    with shop.open() as catalogue:
        return ["." * one.depth + one.name for one in catalogue.categories()]


def test_a_product_can_be_made_without_any_erp(shop: Workshop) -> None:
    change = CardChange("k", name="Окно", article="A-1", unit="шт", vat_rate="20", description="Тёплое", brand="REHAU")
    result = shop.apply(hand(), change, price("k", "19.99"), stock("k", "3"))
    assert result.listed == 1
    assert fields(shop, sku_id("k", None)) == ("Окно", "A-1", "20", "Тёплое")
    with shop.open() as catalogue:
        assert catalogue.search(Query(text="окна rehau")).total == 1


def test_what_is_not_named_stays_as_it_is(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно", article="A-1", description="Тёплое", category_ids=("g",)))
    shop.apply(hand(), CardChange("a", article="A-2"))
    assert fields(shop) == ("Окно", "A-2", "None", "Тёплое")


def test_the_same_change_again_changes_nothing(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно"))
    rows: list[FeedRow] = [
        hand(),
        CardChange("a", name="Дверь", hidden=True),
        CategoryChange("kontor-g", "Двери", "", 1),
    ]
    assert shop.apply(*rows).changed
    before = content_digest(shop.top or Path())
    assert not shop.apply(*rows).changed
    assert content_digest(shop.top or Path()) == before


def test_a_persons_text_holds_against_the_erp_which_is_remembered(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно", description="Старое"))
    shop.apply(hand(), CardChange("a", name="Окно тёплое"))
    shop.apply(goods(), product("a", "Окно 2", description="Новое"))
    assert fields(shop) == ("Окно тёплое", "", "None", "Новое")
    assert theirs(shop) == {"name": "Окно 2"}


def test_typing_the_erps_text_gives_the_field_back_to_it(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно"))
    shop.apply(hand(), CardChange("a", name="Дверь"))
    shop.apply(hand(), CardChange("a", name="Окно"))
    assert theirs(shop) == {}
    shop.apply(goods(), product("a", "Окно 2"))
    assert fields(shop)[0] == "Окно 2"


def test_a_persons_text_is_seen_although_the_erps_offer_names_the_product_too(shop: Workshop) -> None:
    erp: list[FeedRow] = [goods(), product("a", "Окно"), offers(), offer("a", name="Окно по прайсу", article="X")]
    shop.apply(*erp)
    shop.apply(hand(), CardChange("a", name="Дверь"))
    assert fields(shop)[:2] == ("Дверь", "X")
    shop.apply(*erp)
    assert fields(shop)[:2] == ("Дверь", "X")


def test_a_hidden_product_is_listed_nowhere_but_orders_find_it_and_the_exchange_does_not_bring_it_back(
    shop: Workshop,
) -> None:
    erp: list[FeedRow] = [goods(), product("a", "Окно", article="A-1"), product("b", "Дверь")]
    shop.apply(*erp)
    shop.apply(hand(), CardChange("a", hidden=True))
    shop.apply(*erp)
    with shop.open() as catalogue:
        assert catalogue.search(Query(text="окно")).total == 0
        assert catalogue.by_article(["A-1"])[0].skus == ()
        assert not catalogue.skus([A])[A].listed
    assert shop.apply(hand(), CardChange("a", hidden=False)).listed == 2


def test_attributes_that_are_named_are_replaced_and_others_stay(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно", requisites=(("Вид", "Товар"),), brand="REHAU"))
    shop.apply(hand(), CardChange("a", attributes=(("kontor-1", ("белый",)), ("kontor-2", ("да",)))))
    shop.apply(hand(), CardChange("a", attributes=(("kontor-1", ("синий", "красный")), ("kontor-2", ()))))
    with sqlite3.connect(shop.top or "") as db:
        found = db.execute(
            "SELECT a.id, v.raw FROM card_value p JOIN value v ON v.no = p.value_no "
            "JOIN attribute a ON a.no = v.attribute_no ORDER BY 1, 2"
        ).fetchall()
    assert found == [("", "REHAU"), ("kontor-1", "красный"), ("kontor-1", "синий"), ("Вид", "Товар")]


def test_a_full_file_withdraws_only_what_is_the_persons_own(shop: Workshop, tmp_path: Path) -> None:
    shop.apply(goods(), product("a", "Из 1С"))
    shop.apply(hand(), CardChange("k1", name="Своё 1"), CardChange("k2", name="Своё 2"))
    part = tmp_path / "part"
    read_part(part, [hand(full=True), CardChange("k1", name="Своё 1", lists=True)])
    target = tmp_path / "target.sqlite"
    done = assemble(shop.top, target, [Portion(path=part)], run="file", at=shop.now, end=End(lot=-1))
    assert (done.withdrawn["product"], done.listed) == (1, 2)
    shop.top = target
    shop.apply(hand(), CardChange("k2", name="Своё 2", lists=True), run="again")
    assert shop.names() == ["Из 1С", "Своё 1", "Своё 2"]


def test_what_a_person_changes_while_an_exchange_goes_on_is_not_withdrawn_at_its_end(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно"), offers(), price("a", "5"), stock("a", "2"), run="1c")
    shop.apply(hand(), CardChange("a", description="Тёплое"), price("a", "6"), stock("a", "4"), run="file")
    result = shop.withdraw(run="1c")
    assert not result.changed
    with shop.open() as catalogue:
        assert str(catalogue.prices([A])[A][0].amount) == "6"


def test_a_category_can_be_renamed_moved_and_put_in_order_and_keeps_it(shop: Workshop) -> None:
    erp: list[FeedRow] = [
        CategoryRow(id="d", name="Двери", parent_id=None),
        CategoryRow(id="o", name="Окна", parent_id=None),
        CategoryRow(id="p", name="ПВХ", parent_id="d"),
        goods(),
        product("a", "A", category_ids=("p",)),
        product("b", "B", category_ids=("o",)),
        product("c", "C", category_ids=("d",)),
    ]
    shop.apply(*erp)
    assert tree(shop) == [".Двери", "..ПВХ", ".Окна"]
    changes = (CategoryChange("o", position=1), CategoryChange("p", name="Пластик", parent_id="o"))
    assert shop.apply(hand(), *changes).changed
    assert tree(shop) == [".Окна", "..Пластик", ".Двери"]
    shop.apply(*erp)
    assert tree(shop) == [".Окна", "..Пластик", ".Двери"]
    with shop.open() as catalogue:
        assert catalogue.search(Query(text="пластик")).total == 1
    shop.apply(hand(), CategoryChange("p", name="ПВХ", parent_id="d"), CategoryChange("o", position=0))
    assert (tree(shop), theirs(shop)) == ([".Двери", "..ПВХ", ".Окна"], {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (CardChange("", name="x"), "no_id"),
        (CardChange("a", name=" "), "no_name"),
        (CardChange("a", article="x" * 151), "text_too_long"),
    ],
)
def test_a_change_that_cannot_be_is_rejected(shop: Workshop, change: CardChange, reason: str) -> None:
    assert [row.reason for row in shop.apply(hand(), change).rejected] == [reason]


def test_stock_by_hand_is_told_like_an_erps(shop: Workshop) -> None:
    shop.apply(goods(), product("a", "Окно"))
    assert said(shop.apply(hand(), stock("a", "7")).stock) == [(A, "w", "7")]


def shown_pictures(shop: Workshop, sku: str = A) -> tuple[str, ...]:
    with shop.open() as catalogue:
        found = catalogue.product(sku)
        assert found
        return found.pictures


def pictured(*names: str) -> FeedRow:
    return product("a", "Окно", pictures=names)


def test_pictures_that_a_person_put_in_order_stay_so_whatever_the_erp_repeats(shop: Workshop) -> None:
    shop.apply(goods(), pictured("1", "2", "3"))
    shop.apply(hand(), CardChange("a", pictures=("mine", "3", "1")))
    assert shown_pictures(shop) == ("mine", "3", "1")
    again = shop.apply(goods(), pictured("1", "2", "3"))
    assert not again.changed
    assert shown_pictures(shop) == ("mine", "3", "1")


def test_a_picture_that_the_erp_adds_later_comes_last_and_one_that_it_takes_away_goes(shop: Workshop) -> None:
    shop.apply(goods(), pictured("1", "2"))
    shop.apply(hand(), CardChange("a", pictures=("mine", "2", "1")))
    shop.apply(goods(), pictured("4", "1"))
    assert shown_pictures(shop) == ("mine", "1", "4")
    assert theirs(shop) == {"pictures": '["4", "1"]'}


def test_pictures_put_back_as_the_erp_has_them_are_the_erps_again(shop: Workshop) -> None:
    shop.apply(goods(), pictured("1", "2"))
    shop.apply(hand(), CardChange("a", pictures=("2",)))
    shop.apply(hand(), CardChange("a", pictures=("1", "2")))
    assert theirs(shop) == {}
    shop.apply(goods(), pictured("3", "1"))
    assert shown_pictures(shop) == ("3", "1")


def test_all_pictures_can_be_taken_away_and_other_changes_leave_them_alone(shop: Workshop) -> None:
    shop.apply(hand(), CardChange("k", name="Окно", pictures=("x", "y")))
    shop.apply(hand(), CardChange("k", name="Дверь"))
    own = sku_id("k", None)
    assert shown_pictures(shop, own) == ("x", "y")
    shop.apply(hand(), CardChange("k", pictures=()))
    assert (shown_pictures(shop, own), theirs(shop)) == ((), {})


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcd"), unique=True), st.data())
def test_an_exchange_keeps_the_persons_order_and_brings_back_nothing_that_was_taken_away(
    shown: list[str], before: list[str], data: st.DataObject
) -> None:
    now = data.draw(st.lists(st.sampled_from("abcdgh"), unique=True))
    result = together(shown, before, now)
    kept = [one for one in shown if one not in before or one in now]
    assert list(result[: len(kept)]) == kept
    assert set(result) == set(kept) | (set(now) - set(before))
    assert together(shown, before, before) == tuple(shown)
