"""The pricing book and the rows of own lists: stored, switched for all readers at once, and shown where prices are."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from chalice.test import Client

import app
from chalicelib.catalogue.model import Query, Sort, sku_id
from chalicelib.http import sessions
from chalicelib.kernel.access import Role
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.network.model import VatMode
from chalicelib.network.store import contract_put, party_put
from chalicelib.ordering.actions import NewOrder, add_to_cart, place_order
from chalicelib.ordering.actions.cart_view import show_cart
from chalicelib.ordering.store import load_order
from chalicelib.pricing import ranking, store
from chalicelib.pricing.actions import PriceChange, change_book, change_own_prices, load_book, upload_rows
from chalicelib.pricing.book import Book, OwnPrices, changed, with_list
from chalicelib.pricing.derived import Formula
from chalicelib.pricing.discounts import Discount, Kind, Step
from chalicelib.pricing.explaining import explain_price
from chalicelib.pricing.lists import KEPT_VERSIONS, ListRow, OwnList, activated, with_version
from chalicelib.pricing.model import Quote, Strategy
from chalicelib.pricing.rates import ExchangeRate
from chalicelib.stock.actions import erp_levels
from chalicelib.storage import files, keys
from chalicelib.storefront.actions import browse, look_at
from tests.support.cabinet import cookie_of, signed_in
from tests.support.range import publish_range
from tests.support.shop import NOW, D, Shop

pytestmark = pytest.mark.usefixtures("tables")
WINDOW, HANDLE = sku_id("window-0", None), sku_id("handle", "b")


@pytest.fixture
def shop(tables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A dealer in the group `gold`; window-0 costs 9000 under the price type of its contract."""
    made = Shop({})
    made.party = replace(made.party, group_id="gold")
    made.db.commit([party_put(made.settings.id, made.party, 1)])
    publish_range(made.db, tmp_path, monkeypatch)
    erp_levels(
        made.db, [(WINDOW, {"w1": D(5)})], kind=made.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW
    )
    return made


def wish(shop: Shop, version: int, **more: object) -> PriceChange:
    made = PriceChange(actor=shop.manager, version=version, key=new_id(NOW), action="prices.changed", about={}, now=NOW)
    return replace(made, **more)  # type: ignore[arg-type]


def save(shop: Shop, change: Any) -> Book:
    return change_book(shop.session(), wish(shop, load_book(shop.db)[1]), change)


def uploaded(shop: Shop, list_id: str, *rows: ListRow) -> int:
    """One more version of a list; its number."""
    book = upload_rows(shop.session(), wish(shop, load_book(shop.db)[1]), list_id, rows)
    found = book.find(list_id)
    assert found is not None
    return found.versions[-1].number


def activate(shop: Shop, list_id: str, number: int, *, after: timedelta = timedelta(0)) -> Book:
    def change(book: Book) -> Book:
        return changed(book, list_id, lambda own: activated(own, number, since=NOW + after, by="Анна", now=NOW))

    return save(shop, change)


def spring_list(shop: Shop, *rows: ListRow, **more: object) -> None:
    """The list `spring` of the dealer's group in force; by best price, as the price type is asked first."""
    made = replace(OwnList(id="spring", name="Весна", currency="RUB"), **more)  # type: ignore[arg-type]
    save(shop, lambda book: replace(with_list(book, made), groups={"gold": ("spring",)}, strategy=Strategy.BEST))
    activate(shop, "spring", uploaded(shop, "spring", *rows))


def row(amount: str, sku: str = WINDOW, least: int = 0) -> ListRow:
    return ListRow(sku=sku, amount=D(amount), min_quantity=D(least))


def quoted(shop: Shop, sku: str = WINDOW, after: timedelta = timedelta(0)) -> Quote:
    answer = look_at(shop.session(), shop.buyer, shop.contract.id, sku, NOW + after).offer.answer
    assert isinstance(answer, Quote)
    return answer


SECOND = sku_id("window-1", None)


def listed(shop: Shop, contract_id: str = "", **query: Any) -> list[tuple[str, Decimal | None]]:
    """What a page of the catalogue shows with its prices, the cheapest first."""
    asked = Query(**{"sort": Sort.PRICE, **query})
    found = browse(shop.session(), shop.buyer, contract_id or shop.contract.id, asked, NOW)
    assert found is not None
    return [(one.item.sku, one.answer.price if isinstance(one.answer, Quote) else None) for one in found.offers]


def test_the_catalogue_is_sorted_and_filtered_by_an_own_lists_prices(shop: Shop) -> None:
    assert listed(shop)[:2] == [(WINDOW, 9000), (SECOND, 10000)]
    spring_list(shop, row("8000", SECOND), row("7000", HANDLE), row("1", "unknown"))
    assert listed(shop)[:3] == [(HANDLE, 7000), (SECOND, 8000), (WINDOW, 9000)]
    assert listed(shop, price_from=D(7500), price_to=D(8500)) == [(SECOND, 8000)]
    activate(shop, "spring", uploaded(shop, "spring", row("9500", SECOND)))
    assert listed(shop)[:2] == [(WINDOW, 9000), (SECOND, 9500)]


def test_by_priority_the_first_list_of_the_chain_says_where_goods_stand(shop: Shop) -> None:
    made = store.upload(shop.settings.id, [row("30000"), row("400", HANDLE)], by="Анна", now=NOW)
    personal = with_version(OwnList(id="mine", name="Договор 14", currency="RUB"), made)
    personal = activated(personal, 1, since=NOW, by="Анна", now=NOW)
    change_own_prices(
        shop.session(), wish(shop, 0), shop.party.id, shop.contract.id, lambda own: replace(own, prices=personal)
    )
    assert listed(shop)[:3] == [(HANDLE, 400), (SECOND, 10000), (WINDOW, 30000)]


def test_sorting_and_ranges_look_at_prices_after_formulas_discounts_vat_and_rates(shop: Shop) -> None:
    half = Formula(base_id="p", factor=D("0.5"), step=D(10), surcharge=D("-0.01"))
    spring = OwnList(id="half", name="Пополам", formula=half, fixed=True)
    off = Discount(id="d", name="Осень", kind=Kind.GROUP, group_ids=("gold",), steps=(Step(percent=D(10)),))
    save(shop, lambda book: replace(with_list(book, spring), groups={"gold": ("half",)}, discounts=(off,)))
    assert listed(shop, price_to=D(8100)) == [(WINDOW, 8100)]
    save(shop, lambda book: replace(book, strategy=Strategy.BEST))
    assert listed(shop, price_to=D("4499.99")) == [(WINDOW, D("4499.99"))]
    save(shop, lambda book: replace(book, groups={}, rates=(ExchangeRate(currency="EUR", rate=D(100)),)))
    shop.db.commit([contract_put(shop.settings.id, replace(shop.contract, currency="EUR", vat=VatMode.ON_TOP), 1)])
    assert listed(shop)[:2] == [(WINDOW, D("66.39")), (SECOND, D("73.77"))]
    assert listed(shop, price_to=D("66.39")) == [(WINDOW, D("66.39"))]
    save(shop, lambda book: replace(book, discounts=(replace(off, steps=(Step(percent=D(50)),)),)))
    assert listed(shop, price_to=D(37)) == [(WINDOW, D("36.89"))]


def test_contracts_of_one_chain_have_their_amounts_worked_out_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    spring_list(shop, row("8000", SECOND))
    other = replace(shop.contract, id=new_id(NOW))
    shop.db.commit([contract_put(shop.settings.id, other, 0)])
    expected = listed(shop)
    monkeypatch.setattr(ranking, "worked_out", None)
    assert listed(shop, other.id) == expected


def test_an_own_lists_prices_are_seen_once_a_version_is_activated(shop: Shop) -> None:
    assert quoted(shop).price == 9000
    spring_list(shop, row("8500"), row("8100", least=5), row("400", HANDLE))
    found = quoted(shop)
    assert (found.price, found.price_list.name, found.next_tiers) == (
        8500,
        "Весна",
        ((D(5), D(8100)), (D(10), D(8000))),
    )
    assert quoted(shop, HANDLE).price == 400
    number = uploaded(shop, "spring", row("8400"))
    assert quoted(shop).price == 8500
    activate(shop, "spring", number)
    assert quoted(shop).price == 8400
    activate(shop, "spring", 1)
    assert quoted(shop).price == 8500


def test_a_version_for_a_later_moment_needs_nobody_to_switch_it(shop: Shop) -> None:
    spring_list(shop, row("8500"), row("400", HANDLE))
    number = uploaded(shop, "spring", row("8400"))
    activate(shop, "spring", number, after=timedelta(hours=1))
    assert quoted(shop, after=timedelta(minutes=59)).price == 8500
    assert quoted(shop, after=timedelta(hours=1)).price == 8400


def test_readers_see_all_of_a_version_or_nothing_of_it(shop: Shop) -> None:
    spring_list(shop, row("8500"), row("500", HANDLE))
    number = uploaded(shop, "spring", row("8400"), row("400", HANDLE))

    def look(_: int) -> tuple[Decimal, ...]:
        found = browse(shop.session(), shop.buyer, shop.contract.id, Query(), NOW)
        assert found is not None
        by_sku = {offer.item.sku: offer.answer for offer in found.offers}
        return tuple(answer.price for sku in (WINDOW, HANDLE) if isinstance(answer := by_sku[sku], Quote))

    with ThreadPoolExecutor(8) as pool:
        before = list(pool.map(look, range(8)))
        switching = pool.submit(activate, shop, "spring", number)
        seen = {*before, *pool.map(look, range(40))}
        switching.result()
    assert seen <= {(8500, 500), (8400, 400)}
    assert look(0) == (8400, 400)


def test_prices_cost_no_round_trip_of_their_own(shop: Shop) -> None:
    spring_list(shop, row("8500"))
    mine = OwnPrices(rates=(ExchangeRate(currency="EUR", rate=D(90)),))
    change_own_prices(shop.db, wish(shop, 0), shop.party.id, shop.contract.id, lambda _: mine)
    db = shop.session()
    browse(db, shop.buyer, shop.contract.id, Query(), NOW)
    assert db.usage.calls == 2
    look_at(db, shop.buyer, shop.contract.id, WINDOW, NOW)
    assert db.usage.calls == 4
    show_cart(db, shop.buyer, shop.contract.id, NOW)
    assert db.usage.calls <= 6


def test_personal_prices_stand_before_everything_and_are_one_contracts(shop: Shop) -> None:
    spring_list(shop, row("8500"))
    made = store.upload(shop.settings.id, [row("7000")], by="Анна", now=NOW)
    personal = with_version(OwnList(id="mine", name="Договор 14", currency="RUB", fixed=True, exclusive=True), made)
    personal = activated(personal, 1, since=NOW, by="Анна", now=NOW)
    ask = wish(shop, 0)
    change_own_prices(shop.db, ask, shop.party.id, shop.contract.id, lambda own: replace(own, prices=personal))
    assert quoted(shop).price == 7000
    with pytest.raises(NotFound):
        change_own_prices(shop.db, wish(shop, 0), "somebody", shop.contract.id, lambda own: own)


def test_a_cart_whose_price_an_activation_changed_says_so_before_it_is_placed(shop: Shop) -> None:
    add_to_cart(shop.db, shop.buyer, shop.contract.id, WINDOW, D(2), NOW)
    spring_list(shop, row("8500"))
    shown = show_cart(shop.db, shop.buyer, shop.contract.id, NOW)
    assert [line.problem for line in shown.lines] == ["price_changed"]
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key="k" * 16)
    with pytest.raises(Refused, match="cart_attention"):
        place_order(shop.db, new, NOW)


def test_an_order_line_keeps_the_list_and_the_discounts_of_its_price(shop: Shop) -> None:
    spring_list(shop, row("8500"))
    save(shop, lambda book: replace(book, discounts=(brand_discount(),)))
    add_to_cart(shop.db, shop.buyer, shop.contract.id, WINDOW, D(2), NOW)
    placed = place_order(shop.db, NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key="k" * 16), NOW)
    (line,) = load_order(shop.db, placed).lines
    assert (line.price, line.price_type_id) == (7650, "spring")
    assert ("pricing.why.list_group", "Весна") in line.why
    assert ("pricing.why.discount_applied", "10 (Месяц КБЕ)") in line.why


def brand_discount(**more: object) -> Discount:
    made = Discount(id="d", name="Месяц КБЕ", kind=Kind.BRAND, brands=("КБЕ",), steps=(Step(percent=D(10)),))
    return replace(made, **more)  # type: ignore[arg-type]


def test_discounts_know_the_brand_and_every_category_above_a_product(shop: Shop) -> None:
    save(shop, lambda book: replace(book, discounts=(brand_discount(),)))
    assert quoted(shop).price == 8100
    of_windows = brand_discount(kind=Kind.CATEGORY, brands=(), category_ids=("windows",))  # pvc is below it
    save(shop, lambda book: replace(book, discounts=(of_windows,)))
    assert quoted(shop).price == 8100
    of_handles = replace(of_windows, category_ids=("handles",))
    save(shop, lambda book: replace(book, discounts=(of_handles,)))
    assert quoted(shop).price == 9000


def test_somebody_who_saw_an_older_book_changes_nothing_and_a_repeat_changes_nothing_twice(shop: Shop) -> None:
    first = wish(shop, 0)
    change_book(shop.db, first, lambda book: with_list(book, OwnList(id="a", name="A", currency="RUB")))
    again = change_book(shop.db, first, lambda book: with_list(book, OwnList(id="b", name="B", currency="RUB")))
    assert [one.id for one in again.lists] == ["a"]
    with pytest.raises(Refused, match="prices_changed"):
        change_book(shop.db, wish(shop, 0), lambda book: replace(book, default=("a",)))
    assert load_book(shop.db) == (again, 1)


def test_of_many_who_change_the_same_book_one_wins(shop: Shop) -> None:
    def attempt(n: int) -> str:
        own = OwnList(id=f"l{n}", name="L", currency="RUB")
        try:
            change_book(shop.session(), wish(shop, 0), lambda book: with_list(book, own))
        except Refused as refused:
            return refused.code
        return "won"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == ["prices_changed"] * 7 + ["won"]
    assert len(load_book(shop.db)[0].lists) == 1


def test_a_change_is_told_to_the_audit(shop: Shop) -> None:
    asked = wish(shop, 0, action="list.made", about={"list": "A"})
    change_book(shop.db, asked, lambda book: with_list(book, OwnList(id="a", name="A", currency="RUB")))
    (entry,) = shop.db.query_all(keys.audit(shop.settings.id, "prices"))
    assert (entry.data["action"], entry.data["detail"]) == ("list.made", {"list": "A"})


def test_what_disagrees_is_not_saved(shop: Shop) -> None:
    circle = [OwnList(id=a, name=a, formula=Formula(base_id=b)) for a, b in (("a", "b"), ("b", "a"))]
    with pytest.raises(Refused, match="prices_disagree"):
        save(shop, lambda book: replace(book, lists=tuple(circle)))
    assert load_book(shop.db) == (Book(), 0)


def test_a_book_that_no_item_could_hold_is_refused(shop: Shop) -> None:
    many = tuple(brand_discount(id=str(n), name="N" * 80, priority=n) for n in range(3000))
    with pytest.raises(Refused, match="book_full"):
        save(shop, lambda book: replace(book, discounts=many))


def test_files_of_dropped_versions_are_deleted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[str] = []
    monkeypatch.setattr(files, "delete", lambda _tenant, key: gone.append(key))
    spring_list(shop, row("8500"))
    for n in range(KEPT_VERSIONS + 1):
        uploaded(shop, "spring", row(str(100 + n)))
    own = load_book(shop.db)[0].find("spring")
    assert own is not None
    assert [one.number for one in own.versions] == [1, *range(3, 13)]
    assert len(gone) == 1
    assert gone[0] not in {one.key for one in own.versions}


def test_rows_whose_change_is_refused_or_a_repeat_leave_no_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[str] = []
    gone: list[str] = []
    monkeypatch.setattr(files, "delete", lambda _tenant, key: gone.append(key))
    monkeypatch.setattr(files, "put_path", lambda _tenant, key, _path: put.append(key))
    save(shop, lambda book: with_list(book, OwnList(id="spring", name="Весна", currency="RUB")))
    first = wish(shop, 1)
    upload_rows(shop.db, first, "spring", [row("8500")])
    assert (len(put), gone) == (1, [])
    again = upload_rows(shop.db, first, "spring", [row("8500")])
    assert len(again.lists[0].versions) == 1
    with pytest.raises(Refused, match="prices_changed"):
        upload_rows(shop.db, wish(shop, 1), "spring", [row("8400")])
    with pytest.raises(NotFound):
        upload_rows(shop.db, wish(shop, 2), "autumn", [row("8400")])
    assert gone == put[1:]
    assert len(gone) == 3


@pytest.mark.parametrize(
    "rows",
    [[row("0")], [row("1.1234567")], [row("-1")], [row("1"), row("2")], [row("1", "")], [row("1E+30")]],
)
def test_rows_that_no_list_can_have_are_refused(shop: Shop, rows: list[ListRow]) -> None:
    with pytest.raises(Invalid):
        store.upload(shop.settings.id, rows, by="Анна", now=NOW)


def test_rows_come_back_as_they_were_written(shop: Shop) -> None:
    rows = [
        ListRow(sku="a", amount=D("1.234567"), unit="упак", coefficient=D("0.5"), min_quantity=D("2.5")),
        ListRow(sku="b", amount=D(1_000_000)),
    ]
    made = store.upload(shop.settings.id, rows, by="Анна", now=NOW)
    assert list(store.opened(shop.settings.id, made).rows()) == rows
    assert made.rows == 2


@pytest.fixture
def client() -> Client:
    with Client(app.app) as made:
        return made


def ask(shop: Shop, client: Client, role: Role, status: int = 200, path: str = "", **query: str) -> Any:
    cookie = cookie_of(shop, signed_in(shop, role))
    headers = {"cookie": f"{sessions.cookie_name()}={cookie}", "host": "localhost"}
    answer = client.http.get(path or "/api/v1/prices/explain?" + urlencode(query), headers=headers)
    assert answer.status_code == status, answer.body[:500]
    text = answer.body.decode()
    return unescape(re.sub(r"\s+", " ", text)) if path else json.loads(text)


def explained_shop(shop: Shop) -> None:
    """A derived list in euros with a discount."""
    base = OwnList(id="cost", name="Закупка", currency="EUR")
    nines = OwnList(id="nines", name="Весна", formula=Formula(base_id="cost", factor=D("1.5"), surcharge=D("-0.01")))
    rates = (ExchangeRate(currency="EUR", rate=D("98.5")),)
    volume = brand_discount(id="v", name="Объём", kind=Kind.VOLUME, steps=(Step(percent=D(15), min_quantity=D(5)),))

    def change(book: Book) -> Book:
        return replace(
            with_list(with_list(book, base), nines),
            groups={"gold": ("nines",)}, strategy=Strategy.BEST, rates=rates, discounts=(brand_discount(), volume),
        )  # fmt: skip

    save(shop, change)
    activate(shop, "cost", uploaded(shop, "cost", row("50")))


def test_a_price_is_explained_to_programs_and_the_formula_only_to_the_manufacturers_own(
    shop: Shop, client: Client
) -> None:
    explained_shop(shop)
    told = ask(shop, client, Role.DEALER_BUYER, sku=WINDOW, quantity="2")
    assert (told["price"], told["currency"], told["rounded_to"]) == ("6647.86", "RUB", "0.01")  # 74.99 × 98.5 × 0.9
    assert told["list"]["amount"] == "74.99"
    assert told["rate"] == {"from": "EUR", "to": "RUB", "rate": "98.5", "since": None, "of_contract": False}
    assert {one["name"]: one["verdict"] for one in told["discounts"]} == {
        "Месяц КБЕ": "applied", "Объём": "below_quantity"
    }  # fmt: skip
    assert {one["name"]: one["outcome"] for one in told["lists"]} == {"Дилерская": "dearer", "Весна": "chosen"}
    assert told["next"] == [{"from_quantity": "5", "price": "6278.54"}]
    assert "own" not in told
    assert "Закупка" not in json.dumps(told, ensure_ascii=False)
    staff = ask(shop, client, Role.SALES_MANAGER, sku=WINDOW, quantity="2", contract=shop.contract.id)
    assert staff["price"] == told["price"]
    assert staff["own"]["derivation"][:2] == [
        "Рассчитано от прайс-листа: Закупка, 50,00\xa0€", "Умножено на 1,5"
    ]  # fmt: skip


def test_what_is_not_there_or_anothers_is_not_found_and_what_is_malformed_is_named(shop: Shop, client: Client) -> None:
    explain = lambda status, **query: ask(shop, client, Role.DEALER_BUYER, status, **query)  # noqa: E731
    assert explain(404, sku=WINDOW, contract=Shop({}).contract.id)["code"] == "not_found"
    assert explain(404, sku="nothing")["code"] == "not_found"
    assert explain(422)["errors"][0]["field"] == "sku"
    for wrong in ("many", "0", "-1", "0.0001"):
        assert explain(422, sku=WINDOW, quantity=wrong)["errors"][0]["field"] == "quantity"
    assert ask(shop, client, Role.OWNER, 404, sku=WINDOW, contract="nothing")["status"] == 404
    assert ask(shop, client, Role.OWNER, 422, sku=WINDOW)["errors"][0]["field"] == "contract"


def test_below_the_smallest_tier_the_api_says_from_how_many_on_there_is_a_price(shop: Shop, client: Client) -> None:
    spring_list(shop, row("400", HANDLE, least=10))
    told = ask(shop, client, Role.DEALER_BUYER, sku=HANDLE, quantity="3")
    assert (told["price"], told["from_quantity"]) == (None, "10")
    assert "Цены только для большего количества: Весна" in told["sentences"]


def test_the_product_page_says_which_rules_were_applied_and_which_not(shop: Shop, client: Client) -> None:
    explained_shop(shop)
    text = ask(shop, client, Role.DEALER_BUYER, path=f"/catalogue/{WINDOW}").replace("\xa0", " ")
    for words in (
        "Прайс-лист группы контрагентов: Весна",
        "Пересчитано по курсу: 1 € = 98,5 ₽",
        "Скидка 10 % (Месяц КБЕ)",
        "Не дана скидка 15 % (Объём): она действует от большего количества",
        "Округлено до 0,01 ₽",
        "По этому прайс-листу дороже: Дилерская",
    ):
        assert words in text
    assert "Закупка" not in text


def test_no_dealer_is_shown_or_can_filter_out_what_a_derived_list_reads(shop: Shop, client: Client) -> None:
    twice = OwnList(id="twice", name="Вдвое", formula=Formula(base_id="retail", factor=D(2)))
    save(shop, lambda book: replace(with_list(book, twice), groups={"gold": ("twice",)}))
    assert quoted(shop, HANDLE).price == 825
    base = D("412.50")
    found = browse(shop.session(), shop.buyer, shop.contract.id, Query(price_from=base, price_to=base), NOW)
    assert found is not None
    assert found.offers == ()
    assert found.page.prices == (825, 10000)
    for path in ("/catalogue", "/catalogue?price_from=412&price_to=413", f"/catalogue/{HANDLE}"):
        text = ask(shop, client, Role.DEALER_BUYER, path=path)
        assert not re.search(r"412[.,]5", text), path
    assert "412.5" not in json.dumps(ask(shop, client, Role.DEALER_BUYER, sku=HANDLE))


def test_packs_of_own_lists_are_told_as_those_of_price_types(shop: Shop) -> None:
    packed = ListRow(sku=HANDLE, amount=D(4000), unit="упак", coefficient=D(12))
    spring_list(shop, row("400", HANDLE), packed)
    assert look_at(shop.session(), shop.buyer, shop.contract.id, HANDLE, NOW).packs == (("упак", 12),)


def test_before_the_first_import_a_price_cannot_be_explained() -> None:
    empty = Shop({})
    with pytest.raises(Refused, match="no_catalogue"):
        explain_price(empty.db, empty.buyer, empty.contract.id, WINDOW, None, NOW)
