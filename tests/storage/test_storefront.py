"""The catalogue as dealers and the manufacturer's people see it: own prices, live stock, few round trips."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from chalice.test import Client

import app
from chalicelib.catalogue.feed import CatalogueHead, PriceRow, ProductRow
from chalicelib.catalogue.model import Available, Query, Sort, attribute_key, sku_id
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.http import sessions
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import new_id
from chalicelib.network.model import VatMode
from chalicelib.network.segments import DealerGroup, Region, Segments, StockShown
from chalicelib.network.store import contract_put, party_put, segments_put
from chalicelib.ordering.actions import add_to_cart
from chalicelib.pricing.book import Book
from chalicelib.pricing.model import PriceOnRequest, Quote
from chalicelib.pricing.store import book_put
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.showing import Amount
from chalicelib.stock.store import levels, noted_writes
from chalicelib.stock.transit import Arrival
from chalicelib.storage import keys, snapshots
from chalicelib.storage.session import Session
from chalicelib.storefront.actions import Range, browse, look_at, suggest
from tests.support.cabinet import cookie_of, signed_in
from tests.support.range import ROWS, WINDOWS, publish_range
from tests.support.shop import NOW, Shop, sku

pytestmark = pytest.mark.usefixtures("tables")
WINDOW = sku_id("window-0", None)


@pytest.fixture
def shop(tables: None) -> Shop:
    return Shop({})


@pytest.fixture
def stocked(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    publish_range(shop.db, tmp_path, monkeypatch)
    told = [(WINDOW, {"w1": Decimal(5), "w2": Decimal(2)})]
    erp_levels(shop.db, told, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
    return shop


def seen(shop: Shop, query: Query = Query(), **options: str) -> Range:  # noqa: B008 - it is frozen
    found = browse(shop.db, shop.buyer, shop.contract.id, query, NOW, **options)
    assert found is not None
    return found


def prices(found: Range) -> dict[str, Decimal | None]:
    return {offer.item.name: offer.answer.price if isinstance(offer.answer, Quote) else None for offer in found.offers}


def test_a_dealer_sees_the_contracts_prices_and_none_where_its_list_has_none(stocked: Shop) -> None:
    assert prices(seen(stocked)) == {
        WINDOWS[0]: 9000,
        WINDOWS[1]: 10000,
        WINDOWS[2]: None,
        "Ручка Swing (бронза)": None,
        "Ручка Swing (серебро)": None,
    }


def test_the_tenants_default_list_fills_what_the_contracts_list_lacks(stocked: Shop) -> None:
    stocked.db.commit([book_put(stocked.settings.id, Book(default=("retail",)), 0)])
    assert prices(seen(stocked))["Ручка Swing (бронза)"] == Decimal("412.50")


def test_staff_are_shown_the_price_type_that_everybody_is_given(stocked: Shop) -> None:
    first = browse(stocked.db, stocked.manager, None, Query(), NOW).price_type_id
    stocked.db.commit([book_put(stocked.settings.id, Book(default=("retail",)), 0)])
    assert (first, browse(stocked.db, stocked.manager, None, Query(), NOW).price_type_id) == ("p", "retail")


def test_stock_is_what_can_be_promised_now_from_the_contracts_warehouses(stocked: Shop) -> None:
    found = seen(stocked)
    assert {offer.item.sku: offer.stock for offer in found.offers}[WINDOW] == 7
    only_w2 = replace(stocked.contract, warehouse_ids=("w2",))
    stocked.db.commit([contract_put(stocked.settings.id, only_w2, 1)])
    assert {offer.item.sku: offer.stock for offer in seen(stocked).offers}[WINDOW] == 2
    assert [
        place.warehouse.name for place in look_at(stocked.db, stocked.buyer, stocked.contract.id, WINDOW, NOW).places
    ] == ["Москва"]


def test_a_dealer_whose_group_is_told_in_words_sees_words_in_the_catalogue_and_on_the_product(stocked: Shop) -> None:
    group = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=Decimal(6))
    stocked.db.commit(
        [
            segments_put(stocked.settings.id, Segments(groups=(group,))),
            party_put(stocked.settings.id, replace(stocked.party, group_id="g"), 1),
        ]
    )
    assert {offer.item.sku: offer.stock for offer in seen(stocked).offers}[WINDOW] is Amount.MANY
    shown = look_at(stocked.db, stocked.buyer, stocked.contract.id, WINDOW, NOW)
    assert [place.stock for place in shown.places] == [Amount.FEW, Amount.FEW]


def test_a_dealers_region_says_where_goods_come_from_unless_the_contract_does(stocked: Shop) -> None:
    region = Region(id="r", name="Юг", warehouse_ids=("w2",))
    stocked.db.commit(
        [
            segments_put(stocked.settings.id, Segments(regions=(region,))),
            party_put(stocked.settings.id, replace(stocked.party, region_id="r"), 1),
        ]
    )
    assert {offer.item.sku: offer.stock for offer in seen(stocked).offers}[WINDOW] == 2


def test_a_dealers_person_without_a_contract_sees_no_stock_and_no_arrivals_of_other_regions(stocked: Shop) -> None:
    region = Region(id="r", name="Юг", warehouse_ids=("w2",))
    level = levels(stocked.db, [WINDOW], consistent=True)[WINDOW]
    elsewhere = Arrival(id="a", warehouse="w1", quantity=Decimal(50), due=NOW.date() + timedelta(days=7))
    stocked.db.commit(
        [
            segments_put(stocked.settings.id, Segments(regions=(region,))),
            party_put(stocked.settings.id, replace(stocked.party, region_id="r"), 1),
            *noted_writes(stocked.settings.id, level, level.by_hand.expecting([elsewhere])),
        ]
    )
    shown = look_at(stocked.db, stocked.buyer, None, WINDOW, NOW)
    assert (shown.offer.stock, shown.offer.coming) == (2, ())
    assert [(place.warehouse.id, place.stock) for place in shown.places] == [("w2", 2)]
    coming = browse(stocked.db, stocked.buyer, None, Query(available=Available.COMING), NOW)
    assert coming is not None
    assert coming.offers == ()


def test_what_is_on_its_way_to_the_dealers_warehouses_is_found_by_a_filter(stocked: Shop) -> None:
    def expect(warehouse: str, due: date) -> None:
        level = levels(stocked.db, [WINDOW], consistent=True)[WINDOW]
        arrival = Arrival(id="a", warehouse=warehouse, quantity=Decimal(5), due=due)
        stocked.db.commit(noted_writes(stocked.settings.id, level, level.by_hand.expecting([arrival])))

    def found(available: Available) -> set[str]:
        return {offer.item.sku for offer in seen(stocked, Query(available=available)).offers}

    expect("w2", NOW.date() + timedelta(days=7))
    assert found(Available.COMING) == {WINDOW}
    assert WINDOW not in found(Available.NONE)
    expect("w2", NOW.date() - timedelta(days=1))
    assert found(Available.COMING) == set(), "it is overdue"
    expect("w1", NOW.date() + timedelta(days=7))
    region = Region(id="r", name="Юг", warehouse_ids=("w2",))
    put = party_put(stocked.settings.id, replace(stocked.party, region_id="r"), 1)
    stocked.db.commit([segments_put(stocked.settings.id, Segments(regions=(region,))), put])
    assert found(Available.COMING) == set(), "it comes to another region's warehouse"
    assert found(Available.NOW) == set(), "what is there is in another region's warehouse"


def test_a_catalogue_page_costs_two_round_trips_beside_the_session(stocked: Shop) -> None:
    db = stocked.session()
    assert browse(db, stocked.buyer, stocked.contract.id, Query(), NOW) is not None
    assert db.usage.calls == 2
    look_at(db, stocked.buyer, stocked.contract.id, WINDOW, NOW)
    assert db.usage.calls == 4


def test_search_filters_and_sort_go_together(stocked: Shop) -> None:
    colour = attribute_key("property", "colour")
    found = seen(stocked, Query(text="окон", attributes=((colour, ("Белый",)),), sort=Sort.PRICE, descending=True))
    assert [offer.item.name for offer in found.offers] == [WINDOWS[1]]
    found = seen(stocked, Query(category_id="windows", price_from=Decimal(9500)))
    assert [offer.item.name for offer in found.offers] == [WINDOWS[1]]
    assert [category.name for category in found.path] == ["Окна"]


def test_a_category_that_is_not_there_is_not_found(stocked: Shop) -> None:
    with pytest.raises(NotFound):
        seen(stocked, Query(category_id="nowhere"))


def test_before_the_first_import_there_is_nothing_to_see(shop: Shop) -> None:
    assert browse(shop.db, shop.buyer, shop.contract.id, Query(), NOW) is None
    with pytest.raises(NotFound):
        look_at(shop.db, shop.buyer, shop.contract.id, WINDOW, NOW)


def test_a_person_without_a_contract_sees_no_prices(stocked: Shop) -> None:
    found = browse(stocked.db, stocked.buyer, None, Query(), NOW)
    assert found is not None
    assert found.terms is None
    assert {offer.answer for offer in found.offers} == {None}


def test_a_product_page_has_tiers_an_explanation_and_stock_by_warehouse(stocked: Shop) -> None:
    shown = look_at(stocked.db, stocked.buyer, stocked.contract.id, WINDOW, NOW)
    answer = shown.offer.answer
    assert isinstance(answer, Quote)
    assert (answer.price, answer.next_tiers) == (9000, ((Decimal(10), Decimal(8000)),))
    assert {place.warehouse.name: place.stock for place in shown.places} == {"Тверь": 5, "Москва": 2}
    assert shown.listed_prices == ()


def test_variants_of_one_product_are_shown_beside_each_other(stocked: Shop) -> None:
    shown = look_at(stocked.db, stocked.buyer, stocked.contract.id, sku_id("handle", "b"), NOW)
    assert [offer.item.name for offer in shown.variants] == ["Ручка Swing (бронза)", "Ручка Swing (серебро)"]
    assert look_at(stocked.db, stocked.buyer, stocked.contract.id, WINDOW, NOW).variants == ()
    with pytest.raises(NotFound):
        look_at(stocked.db, stocked.buyer, stocked.contract.id, sku_id("handle", None), NOW)


def test_the_manufacturers_people_see_all_price_types_and_choose_one_for_the_list(stocked: Shop) -> None:
    shown = look_at(stocked.db, stocked.manager, None, sku_id("handle", "b"), NOW)
    assert [(one.name, type(answer)) for one, answer in shown.listed_prices] == [
        ("Дилерская", PriceOnRequest),
        ("Розничная", Quote),
    ]
    found = browse(stocked.db, stocked.manager, None, Query(), NOW, "retail")
    assert found is not None
    assert found.price_type_id == "retail"
    assert prices(found)["Ручка Swing (серебро)"] == Decimal("412.50")


def test_a_withdrawn_product_is_gone_for_dealers_and_marked_for_the_manufacturers_people(
    stocked: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = ProductRow(id="window-0", name=WINDOWS[0], deleted=True)
    rows = [*ROWS, CatalogueHead(catalogue_id="c", only_changes=True, kind="goods"), gone]
    publish_range(stocked.db, tmp_path, monkeypatch, rows)
    assert WINDOWS[0] not in prices(seen(stocked))
    with pytest.raises(NotFound):
        look_at(stocked.db, stocked.buyer, stocked.contract.id, WINDOW, NOW)
    assert not look_at(stocked.db, stocked.manager, None, WINDOW, NOW).product.item.listed


def test_a_contract_with_vat_on_top_is_quoted_without_it(stocked: Shop) -> None:
    stocked.db.commit([contract_put(stocked.settings.id, replace(stocked.contract, vat=VatMode.ON_TOP), 1)])
    assert prices(seen(stocked))[WINDOWS[0]] == Decimal("7377.05")


class Reader:
    """Somebody signed in, with the pages as texts."""

    def __init__(self, shop: Shop, role: Role, client: Client) -> None:
        person = signed_in(shop, role)
        self.actor = person.actor
        self._db = shop.db
        self._cookie = cookie_of(shop, person)
        self._client = client

    def becomes(self, **facts: Any) -> None:
        """Changes what the session says of the person."""
        resumed = sessions.resume(self._cookie, now=utc_now())
        assert resumed is not None
        sessions.change(self._db, resumed.session, replace(resumed.session.person, **facts))

    def page(self, path: str, status: int = 200) -> str:
        headers = {"cookie": f"{sessions.cookie_name()}={self._cookie}", "host": "localhost"}
        response = self._client.http.get(path, headers=headers)
        assert response.status_code == status, response.body[:500]
        return unescape(re.sub(r"\s+", " ", response.body.decode()))


@pytest.fixture
def client() -> Client:
    with Client(app.app) as made:
        return made


def test_the_page_of_a_dealer_has_prices_stock_and_order_forms(stocked: Shop, client: Client) -> None:
    text = Reader(stocked, Role.DEALER_BUYER, client).page("/catalogue")
    assert "9 000,00" in text.replace("\u202f", " ").replace("\xa0", " ")
    assert text.count('action="/cart/add"') == 2
    assert "Цена по запросу" in text
    assert "5 товаров" in text


def test_a_list_that_only_the_search_leaves_empty_does_not_speak_of_filters(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    sought, filtered = reader.page("/catalogue?q=zzzzzz"), reader.page("/catalogue?new=1")
    assert "Очистить поиск" in sought
    assert "фильтры" not in sought
    assert "Под выбранные фильтры" in filtered
    assert "Дальше ничего нет" in reader.page("/catalogue?page=9")


def test_news_are_marked_in_the_catalogue_and_on_the_product_and_stand_on_the_dealers_start_page(
    stocked: Shop, client: Client, tmp_path: Path
) -> None:
    before, now = utc_now() - timedelta(days=2), utc_now()
    base = snapshots.read_current(stocked.db)
    assert base is not None
    head = CatalogueHead(catalogue_id="c", only_changes=True, kind="goods")
    price = PriceRow(product_id="window-0", variant_id=None, price_type_id="p", amount=Decimal(8100), currency="RUB")
    top = tmp_path / "news.sqlite"
    done = apply(
        snapshots.local_copy(stocked.db.tenant_id, base), top, [head, ProductRow(id="n", name="Окно новое"), price],
        run="2", at=before,
    )  # fmt: skip
    snapshots.publish(stocked.db, top, base=base, listed=done.listed, now=now)
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    page = reader.page("/catalogue").replace("\u202f", " ").replace("\xa0", " ")
    assert page.count(">Новинка<") == 1
    assert "<s>9 000,00 ₽</s> −10 %" in page
    assert ">Новинка<" in reader.page(f"/catalogue/{sku_id('n', None)}")
    assert "<s>9" in reader.page(f"/catalogue/{WINDOW}")
    start = reader.page("/")
    assert "<h2>Новинки</h2>" in start
    assert "<h2>Подешевело</h2>" in start
    assert "Новинк" not in Reader(stocked, Role.OWNER, client).page("/")


def test_the_top_bar_and_the_rows_say_what_is_in_the_cart(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    assert 'class="count"' not in reader.page("/catalogue")
    stocked.shelf.prices[WINDOW] = Decimal(9000)
    sku("window-0")
    add_to_cart(stocked.db, reader.actor, stocked.contract.id, WINDOW, Decimal(3), NOW, shelf_of=stocked.shelf_of)
    for path in ("/catalogue", f"/catalogue/{WINDOW}"):
        page = reader.page(path)
        assert '<span class="count">1</span>' in page
        assert page.count("в корзине 3 шт") == 1
    assert 'class="count"' not in Reader(stocked, Role.DEALER_ACCOUNTANT, client).page("/catalogue")


def test_every_filter_and_the_page_live_in_the_address(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    colour = attribute_key("property", "colour")
    query = {"q": "окно", colour: "Белый", "price_from": "9 500", "price_to": "10500,00", "sort": "-price"}
    text = reader.page(f"/catalogue?{urlencode(query)}")
    assert WINDOWS[1] in text
    assert WINDOWS[0] not in text
    assert WINDOWS[2] not in text
    assert f'value="/catalogue?q={quote("окно")}' in text  # where the order form leads back to


def test_an_address_that_makes_no_sense_shows_what_it_can(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    assert "5 товаров" in reader.page("/catalogue?sort=nonsense&page=-3&price_from=abc")
    assert "0 товаров" in reader.page("/catalogue?f_unknown=x")
    assert "0 товаров" in reader.page("/catalogue?" + urlencode({"q": '" OR name:* NEAR('}))
    for value in ("now", "order"):  # no value of that filter, and one that is not offered: nothing is on order
        unfiltered = reader.page(f"/catalogue?stock={value}")
        assert "5 товаров" in unfiltered
        assert f"Наличие: {value}" not in unfiltered
        assert f'"?stock={value}' not in unfiltered
        assert "Сбросить фильтры" not in unfiltered
    reader.page("/catalogue?category=nowhere", status=404)
    reader.page("/catalogue/" + "0" * 20, status=404)


def test_the_product_page_says_why_it_costs_what_it_costs(stocked: Shop, client: Client) -> None:
    text = Reader(stocked, Role.DEALER_BUYER, client).page(f"/catalogue/{WINDOW}")
    for words in ("Прайс-лист договора: Дилерская", "НДС 22 % входит в цену", "От 10", "Тверь", "Двухкамерный"):
        assert words in text
    assert "Цены по видам" not in text


def test_the_product_page_knows_packs_and_vat_rates_and_sells_every_variant(
    stocked: Shop, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = PriceRow("window-0", None, "p", Decimal(99000), "RUB", "уп", Decimal(12))
    free = PriceRow("handle", "b", "p", Decimal(400), "RUB")
    rows = [
        row._replace(vat_rate=Decimal(0)) if isinstance(row, ProductRow) and row.id == "handle" else row for row in ROWS
    ]
    publish_range(stocked.db, tmp_path, monkeypatch, [*rows, told, free])
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    window = reader.page(f"/catalogue/{WINDOW}").replace("\xa0", " ")
    assert "шт, уп = 12 шт" in window
    assert "<dt>НДС</dt><dd>22 %</dd>" in window
    handle = reader.page(f"/catalogue/{sku_id('handle', 's')}")
    assert "без НДС" in handle
    assert re.findall(r'aria-current="page">([^<]+)</b>', handle) == ["Ручка Swing (серебро)"]
    assert handle.count(f'name="sku" value="{sku_id("handle", "b")}"') == 1


def _calls(reader: Reader, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many calls of DynamoDB a page costs."""
    made = []
    run = Session._run
    with monkeypatch.context() as patched:
        patched.setattr(Session, "_run", lambda self, call: made.append(call) or run(self, call))
        reader.page(path)
    return len(made)


def test_a_page_of_the_catalogue_costs_two_calls_once_the_session_was_met(
    stocked: Shop, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    assert _calls(reader, "/catalogue", monkeypatch) == 3
    assert _calls(reader, "/catalogue", monkeypatch) == 2
    assert _calls(reader, f"/catalogue/{WINDOW}", monkeypatch) == 2
    manager = Reader(stocked, Role.SALES_MANAGER, client)
    manager.page("/catalogue")
    assert _calls(manager, "/catalogue", monkeypatch) == 2


def test_what_is_read_with_the_session_is_as_of_now(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    for price_type, price in (("p", "9 000,00"), ("retail", "412,50"), ("p", "9 000,00")):
        version = stocked.db.fetch(keys.contract(stocked.settings.id, stocked.party.id, stocked.contract.id)).version
        changed = replace(stocked.contract, price_type_id=price_type)
        stocked.db.commit([contract_put(stocked.settings.id, changed, version)])
        text = reader.page("/catalogue").replace("\u202f", " ").replace("\xa0", " ")
        assert price in text


def test_who_changes_the_contract_or_the_role_is_not_shown_what_was_read_for_the_former_one(
    stocked: Shop, client: Client
) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    assert 'action="/cart/add"' in reader.page("/catalogue")
    reader.becomes(role=Role.DEALER_ACCOUNTANT)
    assert 'action="/cart/add"' not in reader.page("/catalogue")
    reader.becomes(contract_id=new_id(utc_now()))  # nobody's
    reader.page("/catalogue", status=404)
    reader.becomes(contract_id=stocked.contract.id, role=Role.DEALER_BUYER)
    assert 'action="/cart/add"' in reader.page("/catalogue")


def test_a_session_that_was_ended_reads_nothing(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    reader.page("/catalogue")
    sessions.revoke_all(stocked.db, reader.actor.user_id, now=utc_now())
    assert "9 000,00" not in reader.page("/catalogue", status=303)


def test_the_manufacturers_people_get_no_order_form(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.SALES_MANAGER, client)
    assert "/cart/add" not in reader.page("/catalogue")
    assert "Цены по видам" in reader.page(f"/catalogue/{WINDOW}")


def test_the_owner_of_an_empty_catalogue_is_led_to_the_exchange(shop: Shop, client: Client) -> None:
    assert 'href="/exchange"' in Reader(shop, Role.OWNER, client).page("/catalogue")
    assert "Каталога ещё нет" in Reader(shop, Role.DEALER_BUYER, client).page("/catalogue")


def test_suggestions_are_products_by_code_or_words_and_categories(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    ask = lambda text: reader.page("/catalogue/suggest?" + urlencode({"q": text}))  # noqa: E731
    assert re.findall(r'data-href="(.+?)"', ask("ок-1300")) == [f"/catalogue/{WINDOW}"]
    assert re.findall(r'data-href="(.+?)"', ask("окн"))[-1] == "/catalogue?category=windows"
    mistyped = ask("рчк swing")
    assert "<html" not in mistyped
    assert ask("о").strip() == ask("нетакого").strip() == ""
    found = ask("рчка")
    assert "По запросу «рчка» ничего не нашлось" in found
    assert "Ручка Swing (бронза)" in found


def test_suggestions_cost_the_snapshots_pointer_and_a_dealers_rules_in_one_call(stocked: Shop) -> None:
    dealers, own = stocked.session(), stocked.session()
    for text in ("балк", "балко"):
        assert [item.name for item in suggest(dealers, stocked.buyer, text, NOW).items] == [WINDOWS[2]]
        assert [item.name for item in suggest(own, stocked.manager, text, NOW).items] == [WINDOWS[2]]
    assert dealers.usage.calls == 2
    assert own.usage.calls <= 1


def test_nothing_withdrawn_is_suggested(stocked: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ProductRow(id="window-2", name=WINDOWS[2], deleted=True)
    rows = [*ROWS, CatalogueHead(catalogue_id="c", only_changes=True, kind="goods"), gone]
    publish_range(stocked.db, tmp_path, monkeypatch, rows)
    assert suggest(stocked.db, stocked.buyer, "балкон", NOW + timedelta(minutes=1)).items == ()


def test_before_the_first_import_nothing_is_suggested(shop: Shop, client: Client) -> None:
    assert Reader(shop, Role.OWNER, client).page("/catalogue/suggest?q=окно").strip() == ""


def test_a_mistyped_word_shows_what_was_meant_and_says_so(stocked: Shop, client: Client) -> None:
    reader = Reader(stocked, Role.DEALER_BUYER, client)
    text = reader.page("/catalogue?" + urlencode({"q": "болконный", "sort": "-name"}))
    assert "По запросу «болконный» ничего не нашлось." in text
    assert f'href="?q={quote("балконный")}&sort=-name"' in text
    assert WINDOWS[2] in text
    assert "ничего не нашлось" not in reader.page("/catalogue?" + urlencode({"q": "балконный"}))


def test_every_order_can_be_chosen_and_given_up_again(stocked: Shop, client: Client) -> None:
    text = Reader(stocked, Role.DEALER_BUYER, client).page("/catalogue?" + urlencode({"q": "окно", "sort": "-price"}))
    assert "Сортировка: Цена ↓" in text
    for sort in ("article", "-article", "name", "-name", "price", "-price", "stock", "-stock"):
        assert f'&sort={sort}"' in text
    assert f'href="?q={quote("окно")}">Сначала подходящие' in text
