"""New products and lowered prices, as a dealer is told of them: only what is so under the own terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.catalogue.feed import CatalogueHead, FeedRow, PriceRow, PriceTypeRow, ProductRow
from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.catalogue.store import assortment_put
from chalicelib.catalogue.visibility import Assortment, Rule, Whom
from chalicelib.pricing.actions import PriceChange, change_book, load_book, upload_rows
from chalicelib.pricing.book import Book, changed, with_list
from chalicelib.pricing.discounts import Discount, Interaction, Kind, Step
from chalicelib.pricing.explaining import explain_price
from chalicelib.pricing.lists import ListRow, OwnList, activated
from chalicelib.pricing.model import Strategy
from chalicelib.pricing.past import Fall
from chalicelib.storage import snapshots
from chalicelib.storefront.actions import browse, look_at
from chalicelib.storefront.front import front
from chalicelib.storefront.offers import News, Offer
from chalicelib.tenancy.store import settings_write
from tests.support.range import publish_range
from tests.support.shop import NOW, D, Shop

pytestmark = pytest.mark.usefixtures("tables")
WINDOW, SECOND = sku_id("window-0", None), sku_id("window-1", None)
DAY = timedelta(days=1)


class World:
    """A dealer whose contract has the price type `p`: window-0 costs 9000, window-1 10000."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shop = Shop({})
        self._folder = folder
        publish_range(self.shop.db, folder, monkeypatch)

    def exchange(self, *rows: FeedRow, at: datetime) -> None:
        db = self.shop.db
        base = snapshots.read_current(db)
        assert base is not None
        head = CatalogueHead(catalogue_id="c", only_changes=True, kind="goods")
        built = self._folder / f"{base.version}.sqlite"
        result = apply(snapshots.local_copy(db.tenant_id, base), built, [head, *rows], run=f"{at}", at=at)
        snapshots.publish(db, built, base=base, listed=result.listed, now=at)

    def book(self, change: object, now: datetime = NOW) -> Book:
        version = load_book(self.shop.db)[1]
        wish = PriceChange(
            actor=self.shop.manager, version=version, key=f"k{version}", action="prices.changed", about={}, now=now
        )
        return change_book(self.shop.session(), wish, change)  # type: ignore[arg-type]

    def in_force(self, list_id: str, *amounts: tuple[str, str], at: datetime) -> None:
        """One more version of a list, activated at a moment."""
        version = load_book(self.shop.db)[1]
        wish = PriceChange(actor=self.shop.manager, version=version, key=f"u{version}", action="up", about={}, now=at)
        rows = [ListRow(sku=sku, amount=D(amount)) for sku, amount in amounts]
        made = upload_rows(self.shop.session(), wish, list_id, rows).find(list_id)
        assert made is not None
        number = made.versions[-1].number
        self.book(
            lambda book: changed(book, list_id, lambda own: activated(own, number, since=at, by="Анна", now=at)), at
        )

    def seen(self, *news: News, now: datetime = NOW) -> dict[str, Offer]:
        found = browse(self.shop.session(), self.shop.buyer, self.shop.contract.id, Query(), now, news=news)
        assert found is not None
        return {one.item.sku: one for one in found.offers}

    def falls(self, now: datetime = NOW) -> dict[str, Fall]:
        """What a page says; what is found as cheaper must be the same."""
        falls = {sku: one.fall for sku, one in self.seen(now=now).items() if one.fall}
        assert set(self.seen(News.CHEAPER, now=now)) == set(falls)
        return falls


@pytest.fixture
def world(tables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def cost(product: str, amount: str, of: str = "p") -> PriceRow:
    return PriceRow(product_id=product, variant_id=None, price_type_id=of, amount=D(amount), currency="RUB")


def made(product: str) -> ProductRow:
    return ProductRow(id=product, name=f"Новое окно {product}", article=product, category_ids=("pvc",))


def test_a_new_product_is_marked_and_found_for_as_long_as_the_tenant_says(world: World) -> None:
    assert not any(one.is_new for one in world.seen().values())
    world.exchange(made("n"), at=NOW - 5 * DAY)
    new = sku_id("n", None)
    assert [sku for sku, one in world.seen().items() if one.is_new] == [new]
    assert list(world.seen(News.NEW)) == [new]
    assert look_at(world.shop.db, world.shop.buyer, world.shop.contract.id, new, NOW).offer.is_new
    assert list(world.seen(News.NEW, now=NOW + 26 * DAY)) == []
    world.shop.db.commit([settings_write(replace(world.shop.settings, news_days=4), 1)])
    assert list(world.seen(News.NEW)) == []


def test_a_lower_price_of_the_contracts_price_type_is_told_with_what_it_was_and_since_when(world: World) -> None:
    world.exchange(cost("window-0", "8100"), cost("window-1", "11000"), at=NOW - DAY)
    assert world.falls() == {WINDOW: Fall(price=D(9000), until=NOW - DAY)}
    offer = look_at(world.shop.db, world.shop.buyer, world.shop.contract.id, WINDOW, NOW).offer
    assert offer.fall == Fall(price=D(9000), until=NOW - DAY)
    assert world.falls(now=NOW + 30 * DAY) == {}
    told = explain_price(world.shop.db, world.shop.buyer, world.shop.contract.id, WINDOW, None, NOW)
    assert told.fall == offer.fall


def test_another_price_types_fall_is_not_told(world: World) -> None:
    world.exchange(cost("window-0", "20000", "retail"), at=NOW - 2 * DAY)
    world.exchange(cost("window-0", "15000", "retail"), at=NOW - DAY)
    assert world.falls() == {}
    world.book(lambda book: replace(book, default=("retail",)), NOW - 9 * DAY)
    assert world.falls() == {}, "the contract's price type has the product"


def test_a_price_that_rose_again_is_no_lower_one(world: World) -> None:
    world.exchange(cost("window-0", "8000"), at=NOW - 2 * DAY)
    world.exchange(cost("window-0", "8500"), at=NOW - DAY)
    assert world.falls() == {}


def spring(world: World, *amounts: tuple[str, str], **more: object) -> None:
    made = replace(OwnList(id="spring", name="Весна", currency="RUB"), **more)  # type: ignore[arg-type]
    world.book(lambda book: replace(with_list(book, made), default=("spring",), strategy=Strategy.BEST), NOW - 9 * DAY)
    world.in_force("spring", *amounts, at=NOW - 9 * DAY)


def test_an_activated_version_tells_from_its_moment_on_what_was_before(world: World) -> None:
    spring(world, (WINDOW, "8500"), (SECOND, "12000"))
    assert world.falls() == {WINDOW: Fall(price=D(9000), until=NOW - 9 * DAY)}
    world.in_force("spring", (WINDOW, "8000"), (SECOND, "9500"), at=NOW)
    assert world.falls(now=NOW - DAY) == {WINDOW: Fall(price=D(9000), until=NOW - 9 * DAY)}
    assert world.falls() == {
        WINDOW: Fall(price=D(8500), until=NOW),
        SECOND: Fall(price=D(10000), until=NOW),
    }


def test_of_a_price_types_fall_and_an_activation_the_later_one_counts(world: World) -> None:
    spring(world, (WINDOW, "8500"))
    world.exchange(cost("window-0", "8000"), cost("window-1", "9000"), at=NOW - DAY)
    assert world.falls() == {
        WINDOW: Fall(price=D(8500), until=NOW - DAY),
        SECOND: Fall(price=D(10000), until=NOW - DAY),
    }
    before = world.falls()
    world.in_force("spring", (WINDOW, "8200"), at=NOW)
    assert world.falls() == before, "the activation changed no price"
    world.in_force("spring", (WINDOW, "7900"), at=NOW + DAY)
    assert world.falls(now=NOW + DAY) == {WINDOW: Fall(price=D(8000), until=NOW + DAY)}, "nor is it looked back twice"


def test_what_rose_because_a_list_ended_is_not_told_as_lower(world: World) -> None:
    spring(world, (WINDOW, "7000"), until=(NOW - 2 * DAY).date())
    world.exchange(cost("window-0", "8500"), at=NOW - 5 * DAY)
    assert world.falls() == {}


def test_what_only_seems_to_have_fallen_among_all_goods_is_left_out_of_the_page(world: World) -> None:
    world.book(lambda book: replace(book, strategy=Strategy.BEST, default=("retail",)))
    world.exchange(cost("window-0", "8800", "retail"), at=NOW - 3 * DAY)
    world.exchange(cost("window-0", "8700"), at=NOW - 2 * DAY)
    world.exchange(cost("window-0", "20000", "retail"), at=NOW - DAY)
    assert world.falls() == {}, "what cost the least is not what changed last"


def test_discounts_count_on_both_sides_and_one_that_ended_is_no_fall(world: World) -> None:
    sale = Discount(
        id="s", name="S", kind=Kind.PROMOTION, steps=(Step(percent=D(10)),), interaction=Interaction.STACK,
        since=(NOW - 60 * DAY).date(),
    )  # fmt: skip
    world.book(lambda book: replace(book, discounts=(sale,)))
    world.exchange(cost("window-0", "8000"), at=NOW - 3 * DAY)
    assert world.falls() == {WINDOW: Fall(price=D(8100), until=NOW - 3 * DAY)}
    ended = replace(sale, until=(NOW - 2 * DAY).date())
    world.book(lambda book: replace(book, discounts=(ended,)))
    assert world.falls() == {}


def test_no_fall_is_told_of_before_a_price_type_became_another(world: World) -> None:
    world.exchange(cost("window-0", "8100"), at=NOW - 3 * DAY)
    on_top = PriceTypeRow(id="retail", name="Розничная", currency="RUB", vat_included=False)
    world.exchange(on_top, cost("window-1", "9000"), at=NOW - 2 * DAY)
    assert world.falls() == {}
    world.exchange(cost("window-1", "8000"), at=NOW - DAY)
    assert world.falls() == {SECOND: Fall(price=D(9000), until=NOW - DAY)}


def test_the_start_page_has_a_few_of_each_that_the_dealer_sees(world: World) -> None:
    shop = world.shop
    assert front(shop.db, shop.buyer, shop.contract.id, NOW).shelves == ()
    world.exchange(*(made(f"n{n}") for n in range(9)), cost("window-0", "8100"), cost("window-1", "8000"), at=NOW - DAY)
    session = shop.session()
    new, cheaper = front(session, shop.buyer, shop.contract.id, NOW).shelves
    assert session.usage.calls == 2
    assert (new.news, len(new.offers), new.has_more) == (News.NEW, 8, True)
    assert [one.item.sku for one in cheaper.offers] == [SECOND, WINDOW], "what fell most comes first"
    assert not cheaper.has_more
    rule = Rule(id="r", whom=Whom.DEALER, whom_id=shop.party.id, what=What.CATEGORY, key="pvc", shown=False)
    shop.db.commit([assortment_put(shop.settings.id, Assortment(rules=(rule,)))])
    assert front(shop.db, shop.buyer, shop.contract.id, NOW).shelves == ()
    assert world.seen(News.NEW) == {}


def test_who_has_no_contract_sees_what_is_new_and_nothing_of_prices(world: World) -> None:
    world.exchange(made("n"), cost("window-0", "8100"), at=NOW - DAY)
    shelves = front(world.shop.db, world.shop.buyer, None, NOW).shelves
    assert [(one.news, [offer.answer for offer in one.offers]) for one in shelves] == [(News.NEW, [None])]
    found = browse(world.shop.db, world.shop.buyer, None, Query(), NOW, news=[News.CHEAPER])
    assert found is not None
    assert found.offers == ()


def test_the_manufacturers_people_see_what_fell_in_the_price_type_they_look_at(world: World) -> None:
    world.exchange(cost("window-0", "8100"), at=NOW - DAY)
    for price_type, expected in (("p", [WINDOW]), ("retail", [])):
        found = browse(world.shop.db, world.shop.manager, None, Query(), NOW, price_type, news=[News.CHEAPER])
        assert found is not None
        assert [one.item.sku for one in found.offers] == expected
