"""What is new in a catalogue, and what its prices were."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.catalogue.feed import CardChange, PriceTypeRow
from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.snapshot.restore import restore
from tests.rules.catalogue_feeds import D, Workshop, goods, offers, price, product

DAY = timedelta(days=1)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """A catalogue of two products, a day old."""
    shop = Workshop(tmp_path)
    type_of_price = PriceTypeRow(id="p", name="P", currency="RUB", vat_included=True)
    shop.apply(goods(), product("a"), product("b"), offers(), type_of_price, price("a", "100"), price("b", "10"))
    shop.now += DAY
    return shop


def new(shop: Workshop, days: int = 30, text: str = "") -> list[str]:
    with shop.open() as catalogue:
        selection = catalogue.newest(shop.now - days * DAY)
        return [item.product_id for item in catalogue.search(Query(text=text, selections=(selection,))).items]


def before(shop: Workshop, product_id: str, days: int = 30) -> list[tuple[str, str]]:
    """(day of May until which, amount) of the product's prices before their last change."""
    with shop.open() as catalogue:
        sku = sku_id(product_id, None)
        found = catalogue.prices_before([sku], ["p", "q"], shop.now - days * DAY).get(sku, ())
        return [(f"{until:%d}", f"{tier.amount:f}") for until, tier in found]


def test_the_first_catalogue_is_not_new_and_what_comes_later_is_the_newest_first(shop: Workshop) -> None:
    assert new(shop) == []
    shop.apply(goods(full=False), product("d"), run="2")
    shop.now += DAY
    shop.apply(goods(full=False), product("c"), product("e"), run="3")
    assert new(shop) == ["c", "e", "d"]
    assert new(shop, days=0) == ["c", "e"]
    with shop.open() as catalogue:
        skus = [sku_id(one, None) for one in "acd"]
        assert catalogue.first_shown(skus, shop.now) == {skus[1]: shop.now}


def test_a_run_that_brings_more_than_there_was_begins_the_catalogue_however_often_it_is_assembled(
    shop: Workshop,
) -> None:
    shop.apply(goods(full=False), *(product(f"n{n}") for n in range(60)), run="2")
    assert len(new(shop)) == 50  # a page
    shop.now += DAY
    shop.apply(goods(full=False), *(product(f"m{n}") for n in range(60)), run="2")
    assert new(shop) == []


def test_withdrawal_hiding_and_a_full_exchange_do_not_make_a_product_new_again(shop: Workshop) -> None:
    shop.apply(goods(full=False), product("c"), run="2")
    shop.now += 40 * DAY
    shop.apply(goods(full=False), product("a", deleted=True), CardChange("c", hidden=True), run="3")
    shop.apply(goods(), product("b"), run="4")
    shop.withdraw("4")
    shop.now += DAY
    shop.apply(goods(), product("a"), product("b"), product("c"), CardChange("c", hidden=False), run="5")
    assert sorted(shop.names()) == ["Товар a", "Товар b", "Товар c"]
    assert new(shop) == []
    assert new(shop, days=50) == ["c"]


def test_what_waits_for_its_goods_is_new_when_it_is_listed(shop: Workshop) -> None:
    shop.apply(offers(full=False), price("c", "5"), run="2")
    shop.now += 40 * DAY
    shop.apply(goods(full=False), product("c"), run="3")
    assert new(shop) == ["c"]


def test_going_back_keeps_since_when_products_are_known_and_tells_no_fall(shop: Workshop, tmp_path: Path) -> None:
    shop.apply(goods(full=False), product("c"), run="2")
    earlier = shop.top
    shop.apply(offers(full=False), price("a", "120"), goods(full=False), product("d"), run="3")
    shop.apply(offers(full=False), price("a", "110"), run="4")
    current, target = shop.top, tmp_path / "restored"
    assert earlier
    assert current
    shutil.copyfile(earlier, target)
    shop.now += 40 * DAY
    restore(target, current, shop.now)
    shop.top = target
    assert (new(shop), new(shop, days=50)) == ([], ["c"])
    assert before(shop, "a", days=80) == []
    with shop.open() as catalogue:
        assert catalogue.prices_noted == shop.now
    shop.apply(goods(full=False), product("d"), run="5")
    assert new(shop) == []


def test_what_a_price_was_is_kept_until_it_changes_again(shop: Workshop) -> None:
    assert before(shop, "a") == []
    shop.apply(offers(full=False), price("a", "90"), price("b", "10"), run="2")
    assert (before(shop, "a"), before(shop, "b")) == ([("02", "100")], [])
    shop.now += DAY
    shop.apply(offers(full=False), price("a", "95"), run="3")
    assert before(shop, "a") == [("03", "90")]
    shop.now += 20 * DAY
    shop.apply(offers(full=False), price("a", "95"), run="4")
    assert (before(shop, "a", days=30), before(shop, "a", days=10)) == ([("03", "90")], [])


def test_a_price_that_one_run_changes_twice_was_what_readers_had_seen(shop: Workshop) -> None:
    shop.assemble([offers(full=False), price("a", "90")], [offers(full=False), price("a", "80")], run="2")
    assert before(shop, "a") == [("02", "100")]


def test_a_price_that_is_taken_away_is_noted_too(shop: Workshop) -> None:
    shop.apply(offers(full=False), price("a", None), run="2")
    assert before(shop, "a") == [("02", "100")]
    shop.apply(offers(), price("a", "5"), run="3")
    shop.withdraw("3")
    assert before(shop, "b") == [("02", "10")]


def test_old_changes_are_forgotten(shop: Workshop) -> None:
    shop.apply(offers(full=False), price("a", "90"), run="2")
    shop.now += 93 * DAY
    shop.apply(offers(full=False), price("b", "9"), run="3")
    assert (before(shop, "a", days=99), len(before(shop, "b", days=99))) == ([], 1)


def test_a_price_type_that_becomes_another_ends_what_is_known(shop: Workshop) -> None:
    changed = PriceTypeRow(id="p", name="P", currency="RUB", vat_included=False)
    shop.apply(offers(full=False), changed, price("a", "90"), run="2")
    with shop.open() as catalogue:
        assert catalogue.prices_noted == shop.now


def test_amounts_before_are_those_of_the_smallest_tier(shop: Workshop) -> None:
    shop.apply(offers(full=False), price("a", "90"), price("a", "80", min_quantity=D(10)), run="2")
    shop.now += DAY
    shop.apply(offers(full=False), price("a", "70"), price("a", "60", min_quantity=D(10)), run="3")
    with shop.open() as catalogue:
        place = catalogue.places([sku_id("a", None)])[sku_id("a", None)]
        assert catalogue.amounts_before("p", shop.now - DAY) == {place: 90_000_000}


def test_a_new_product_is_found_among_the_new_by_words(shop: Workshop) -> None:
    shop.apply(goods(full=False), product("c", "Ручка белая"), product("d", "Окно"), run="2")
    assert new(shop, text="ручка") == ["c"]
