"""Rules of what is on order: their pages, and what the catalogue says of it, without a further round trip."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from chalice.test import HTTPResponse

from chalicelib.assortment import on_order
from chalicelib.catalogue.model import Available, Query, sku_id
from chalicelib.catalogue.on_order import OnOrderRule
from chalicelib.catalogue.store import load_on_order
from chalicelib.http.formats import NBSP, Formats
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import local_day, utc_now
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.network.segments import DealerGroup, Segments, StockShown
from chalicelib.network.store import party_put, segments_put
from chalicelib.ordering.actions import add_to_cart
from chalicelib.ordering.store import load_order
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.store import levels, noted_writes
from chalicelib.stock.transit import Arrival
from chalicelib.storage import keys
from chalicelib.storefront.actions import browse, look_at
from chalicelib.tenancy.store import settings_write
from tests.storage.test_ordering_pages import _strings
from tests.support.cabinet import Visit, seen_in, visits
from tests.support.range import WINDOWS, publish_range
from tests.support.shop import NOW, Shop

pytestmark = pytest.mark.usefixtures("tables")
THERE, GONE = sku_id("window-0", None), sku_id("window-1", None)
FIELDS = {"what": "category", "category": "windows", "decision": "yes", "days": "14"}
PRODUCT = {"what": "product", "product": "ОК-1300", "decision": "yes", "days": "3"}


@pytest.fixture
def shop(tables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop({})
    publish_range(shop.db, tmp_path, monkeypatch)
    told = [(THERE, {"w1": Decimal(5)})]
    erp_levels(shop.db, told, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
    return shop


def rules(shop: Shop) -> list[tuple[str, str, int | None]]:
    return [(one.what, one.key, one.days) for one in load_on_order(shop.db, consistent=True).rules]


def only(shop: Shop) -> OnOrderRule:
    (rule,) = load_on_order(shop.db, consistent=True).rules
    return rule


def test_rules_are_made_once_changed_replaced_and_removed(shop: Shop) -> None:
    for _ in range(2):
        on_order.add_rule(shop.db, shop.manager, FIELDS, "once", NOW)
    assert rules(shop) == [("category", "windows", 14)]
    typed = {"what": "product", "product": "ОК-1300", "decision": "no"}
    rule = only(shop)
    on_order.change_rule(shop.db, shop.manager, rule.id, typed, 1, NOW)
    assert rules(shop) == [("product", "window-0", None)]
    on_order.change_rule(shop.db, shop.manager, rule.id, typed, 1, NOW)  # sent twice
    with pytest.raises(Refused, match="assortment_changed"):
        on_order.change_rule(shop.db, shop.manager, rule.id, FIELDS, 1, NOW)
    on_order.add_rule(shop.db, shop.manager, PRODUCT, "other", NOW + timedelta(minutes=1))
    assert rules(shop) == [("product", "window-0", 3)], "of one subject there is one rule"
    rule = only(shop)
    on_order.BOOK.remove(shop.db, shop.manager, rule.id, NOW)
    assert rules(shop) == []
    with pytest.raises(NotFound):
        on_order.BOOK.remove(shop.db, shop.manager, rule.id, NOW)
    with pytest.raises(NotFound):
        on_order.BOOK.put_back(shop.db, shop.manager, "another", version(shop), NOW)
    seen = version(shop)
    for _ in range(2):  # sent twice
        on_order.BOOK.put_back(shop.db, shop.manager, rule.id, seen, NOW)
    assert only(shop) == rule
    trail = [record.data for record in shop.db.query_all(keys.audit(shop.settings.id, "on_order"))]
    (said,) = [one for one in trail if one["action"] == "on_order_rule_put_back"]
    assert said["actor"] == shop.manager.user_id
    assert said["detail"] == {"what": "product", "key": "window-0", "days": "3"}


def version(shop: Shop) -> int:
    return load_on_order(shop.db, consistent=True).version


def two(shop: Shop) -> tuple[OnOrderRule, OnOrderRule]:
    """Rules of a category and of a product."""
    on_order.add_rule(shop.db, shop.manager, FIELDS, "a", NOW)
    on_order.add_rule(shop.db, shop.manager, PRODUCT, "b", NOW)
    first, second = load_on_order(shop.db, consistent=True).rules
    return first, second


def test_a_rule_is_not_put_back_once_somebody_has_changed_the_rules(shop: Shop) -> None:
    first, second = two(shop)
    on_order.BOOK.remove(shop.db, shop.manager, first.id, NOW)
    seen = version(shop)
    on_order.BOOK.remove(shop.db, shop.manager, second.id, NOW)
    with pytest.raises(Refused, match="assortment_changed"):
        on_order.BOOK.put_back(shop.db, shop.manager, first.id, seen, NOW)
    assert rules(shop) == []
    seen = version(shop)
    on_order.add_rule(shop.db, shop.manager, PRODUCT, "c", NOW)
    with pytest.raises(Refused, match="assortment_changed"):
        on_order.BOOK.put_back(shop.db, shop.manager, second.id, seen, NOW)
    assert rules(shop) == [("product", "window-0", 3)]


def test_a_form_that_changes_nothing_is_no_change_though_a_rule_was_removed(shop: Shop) -> None:
    first, second = two(shop)
    seen = version(shop)
    on_order.BOOK.remove(shop.db, shop.manager, first.id, NOW)
    before = load_on_order(shop.db, consistent=True)
    on_order.change_rule(shop.db, shop.manager, second.id, PRODUCT, seen, NOW)
    assert load_on_order(shop.db, consistent=True) == before


def test_a_removed_rule_is_offered_for_a_day(shop: Shop, visit: Visit) -> None:
    first, _ = two(shop)
    now = utc_now()
    on_order.BOOK.remove(shop.db, shop.manager, first.id, now - timedelta(hours=25))
    kept = load_on_order(shop.db, consistent=True)
    assert kept.removed == first
    assert "Удалено правило" not in text(visit("/stock/on-order"))
    assert kept.undoable(now - timedelta(hours=2)) == first
    assert replace(kept, removed_at=None).undoable(now) is None, "removed before moments were kept"


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"days": ""}, {"days"}),
        ({"days": "0"}, {"days"}),
        ({"days": "366"}, {"days"}),
        ({"days": "1,5"}, {"days"}),
        ({"days": "1_4"}, {"days"}),
        ({"days": "\N{FULLWIDTH DIGIT ONE}"}, {"days"}),
        ({"decision": ""}, {"decision"}),
        ({"category": "nowhere", "days": "x"}, {"category", "days"}),
        ({"what": "product", "product": "нет"}, {"product"}),
    ],
)
def test_a_rule_names_what_there_is_and_in_how_many_days(shop: Shop, typed: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as invalid:
        on_order.add_rule(shop.db, shop.manager, FIELDS | typed, "k", NOW)
    assert set(invalid.value.fields) == wrong


def test_the_catalogue_and_the_product_know_what_is_on_order_in_the_same_round_trips(shop: Shop) -> None:
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    db = shop.session()
    found = browse(db, shop.buyer, shop.contract.id, Query(), NOW)
    assert found is not None
    assert db.usage.calls == 2
    assert {offer.item.name: offer.lead_days for offer in found.offers if offer.lead_days} == dict.fromkeys(WINDOWS, 14)
    assert Available.ORDER in found.available
    db = shop.session()
    assert look_at(db, shop.buyer, shop.contract.id, GONE, NOW).offer.lead_days == 14
    assert db.usage.calls == 2
    staff = browse(shop.session(), shop.manager, None, Query(available=Available.ORDER), NOW)
    assert staff is not None
    assert {offer.item.name for offer in staff.offers} == {*WINDOWS[1:]}


def test_where_nothing_is_on_order_nobody_is_asked_for_it(shop: Shop) -> None:
    found = browse(shop.db, shop.buyer, shop.contract.id, Query(), NOW)
    assert found is not None
    assert Available.ORDER not in found.available


@pytest.fixture
def visit(shop: Shop) -> Visit:
    return visits(shop)


def text(answer: HTTPResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(answer.body.decode())))


def test_the_page_shows_the_rules_and_their_forms(shop: Shop, visit: Visit) -> None:
    assert visit("/stock/on-order/new", **FIELDS).status_code == 303
    page = text(visit("/stock/on-order"))
    assert "Окна Категория 14 дней 3" in page, "how many products it is about"
    assert "Под заказ 3 товара." in page
    rule = only(shop)
    form = visit(f"/stock/on-order/{rule.id}").body.decode()
    assert re.search(r'<option value="windows" selected', form)
    assert re.search(r'name="days"[^>]* value="14"', form)
    assert visit("/stock/on-order/new", **FIELDS | {"days": "0"}).status_code == 422
    assert visit(f"/stock/on-order/{rule.id}", **FIELDS | {"decision": "no"}, version="1").status_code == 303
    assert rules(shop) == [("category", "windows", None)]
    assert visit(f"/stock/on-order/{rule.id}/remove", yes="1").status_code == 303
    assert visit(f"/stock/on-order/{rule.id}").status_code == 404
    assert "Удалено правило: Окна, Не под заказ" in text(visit("/stock/on-order"))
    assert visit(f"/stock/on-order/{rule.id}/put-back").status_code == 405
    seen = re.search(r'put-back".*?name="version" value="([0-9]+)"', visit("/stock/on-order").body.decode(), re.DOTALL)
    assert seen
    assert "Удалено правило" not in text(visit("/stock/on-order", replace(shop.manager, role=Role.ACCOUNTANT)))
    assert visit(f"/stock/on-order/{rule.id}/put-back", version=seen[1]).status_code == 303
    assert rules(shop) == [("category", "windows", None)]
    assert "Удалено правило" not in text(visit("/stock/on-order"))
    assert visit("/stock/on-order", shop.buyer).status_code == 403


def test_a_rule_of_a_product_says_its_name_and_one_that_takes_anothers_place_says_so(shop: Shop, visit: Visit) -> None:
    typed = {"what": "product", "product": "ОК-1300", "decision": "yes", "days": "3"}
    first = visit("/stock/on-order/new", **typed).headers["Location"]
    assert "Правило сохранено. " in text(visit(first.removeprefix("http://localhost")))
    second = visit("/stock/on-order/new", **typed | {"days": "5"}).headers["Location"]
    page = text(visit(second.removeprefix("http://localhost")))
    assert "Правило сохранено и заменило прежнее" in page
    assert f"ОК-1300 Товар: {WINDOWS[0]} 5 дней" in page


def test_what_is_wrong_with_a_rule_is_said_in_the_order_of_its_form(shop: Shop) -> None:
    with pytest.raises(Invalid) as invalid:
        on_order.add_rule(shop.db, shop.manager, FIELDS | {"category": "nowhere", "days": "x"}, "k", NOW)
    assert list(invalid.value.fields) == ["days", "category"]


def test_a_dealer_reads_on_order_in_place_of_out_of_stock(shop: Shop, visit: Visit) -> None:
    assert "Нет в наличии" in text(visit(f"/catalogue/{GONE}", shop.buyer))
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    said = "Под заказ, ~14 дней"
    page = text(visit(f"/catalogue/{GONE}", shop.buyer))
    assert said in page
    assert "Нет в наличии" not in page
    assert "Сверх этого — под заказ, ~14 дней" in text(visit(f"/catalogue/{THERE}", shop.buyer))
    assert re.search(r"5 шт \+ под заказ", text(visit("/catalogue?stock=now", shop.buyer)))
    found = text(visit("/catalogue?stock=order", shop.buyer))
    assert WINDOWS[0] not in found
    assert found.count(said) == 2
    assert said not in text(visit("/catalogue?stock=none", shop.buyer))


@pytest.mark.parametrize("takes_transit", [True, False])
def test_beyond_what_is_in_transit_means_that_it_may_be_ordered(shop: Shop, visit: Visit, takes_transit: bool) -> None:
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=takes_transit), 1)])
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    due = local_day(utc_now(), "Europe/Moscow") + timedelta(days=3)
    level = levels(shop.db, [GONE], consistent=True)[GONE]
    arrival = Arrival(id="a", warehouse="w1", quantity=Decimal(5), due=due)
    shop.db.commit(noted_writes(shop.settings.id, level, level.by_hand.expecting([arrival])))
    assert GONE not in visit("/catalogue?stock=order", shop.buyer).body.decode()
    page = text(visit(f"/catalogue/{GONE}", shop.buyer))
    listed = text(visit("/catalogue?stock=coming", shop.buyer))
    if takes_transit:
        assert re.search(r"в пути 5 шт.*Сверх этого — под заказ", page, re.IGNORECASE)
        assert "в пути 5 шт" in listed.lower()
    else:
        assert re.search(r"Под заказ, ~14 дней.*в пути 5 шт", page)
        assert "Сверх этого" not in page
        assert "Под заказ, ~14 дней" in listed


def test_a_dealer_who_is_told_in_words_reads_the_same_of_what_is_on_order(shop: Shop, visit: Visit) -> None:
    in_words(shop, few_at=6)
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    assert "Под заказ, ~14 дней" in text(visit(f"/catalogue/{GONE}", shop.buyer))


def in_words(shop: Shop, few_at: int) -> None:
    group = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=Decimal(few_at))
    segments = segments_put(shop.settings.id, Segments(groups=(group,)))
    shop.db.commit([segments, party_put(shop.settings.id, replace(shop.party, group_id="g"), 1)])


def test_cart_and_order_say_what_is_there_and_what_is_on_order_by_when(shop: Shop, visit: Visit) -> None:
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    add_to_cart(shop.db, shop.buyer, shop.contract.id, THERE, Decimal(9), NOW)
    add_to_cart(shop.db, shop.buyer, shop.contract.id, GONE, Decimal(2), NOW)
    ready = local_day(utc_now(), "Europe/Moscow") + timedelta(days=14)
    day = Formats("ru", "Europe/Moscow").day_month(ready).replace(NBSP, " ")
    split, whole = f"со склада 5 шт 4 шт под заказ, ≈ {day}", f"2 шт под заказ, ≈ {day}"
    cart = text(visit("/cart", shop.buyer))
    assert split in cart
    assert "есть 0 шт" not in cart
    assert "есть 5 шт" not in cart, "what there is is said once"
    assert whole in cart
    assert f"Всё будет в наличии ориентировочно {day}" in cart
    placed = visit("/cart/place", shop.buyer, comment="")
    assert placed.status_code == 303
    path = placed.headers["Location"].split("?")[0]
    assert "есть товары под заказ" in text(visit("/moderation"))
    for actor in (shop.buyer, shop.manager):
        page = text(visit(path, actor))
        assert split in page
        assert whole in page
    page = text(visit(path, shop.buyer))
    assert re.search(r"9 шт Частично под заказ .* 2 шт Под заказ ", page)
    assert f"Всё будет в наличии ориентировочно {day}" in page


def test_the_cart_asks_about_a_longer_term_line_by_line(shop: Shop, visit: Visit) -> None:
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    add_to_cart(shop.db, shop.buyer, shop.contract.id, GONE, Decimal(2), NOW)
    assert "Принять новые условия" not in text(visit("/cart", shop.buyer))
    on_order.change_rule(shop.db, shop.manager, only(shop).id, FIELDS | {"days": "21"}, 1, NOW)
    refused = visit("/cart/place", shop.buyer, comment="")
    assert "срок под заказ теперь 21 день вместо 14." in text(refused)
    cart = text(visit("/cart", shop.buyer))
    assert "Под заказ: теперь 21 день вместо 14" in cart
    assert "Принять новые условия" in cart
    seen = seen_in(visit("/cart", shop.buyer))
    on_order.change_rule(shop.db, shop.manager, only(shop).id, FIELDS | {"days": "120"}, 2, NOW)
    again = visit("/cart/prices", shop.buyer, **seen)
    assert (again.status_code, "цены или сроки снова изменились" in text(again)) == (409, True)
    assert "Под заказ: теперь 120 дней вместо 14" in text(again)
    assert visit("/cart/prices", shop.buyer, **seen_in(again)).status_code == 303
    assert "вместо 14" not in text(visit("/cart", shop.buyer))
    assert visit("/cart/place", shop.buyer, comment="").status_code == 303


def test_the_cart_asks_about_what_came_to_be_on_order_since_it_was_filled(shop: Shop, visit: Visit) -> None:
    add_to_cart(shop.db, shop.buyer, shop.contract.id, THERE, Decimal(9), NOW)  # five are there
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    refused = visit("/cart/place", shop.buyer, comment="")
    assert "чего нет на складе, теперь под заказ, 14 дней." in text(refused)
    page = visit("/cart", shop.buyer)
    assert "Чего нет на складе, теперь под заказ: 14 дней" in text(page)
    assert visit("/cart/prices", shop.buyer, **seen_in(page)).status_code == 303
    assert visit("/cart/place", shop.buyer, comment="").status_code == 303


@pytest.mark.parametrize(("days", "early"), [(13, True), (14, False)])
def test_a_wished_day_before_the_goods_are_there_is_told_and_not_refused(
    shop: Shop, visit: Visit, days: int, early: bool
) -> None:
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    add_to_cart(shop.db, shop.buyer, shop.contract.id, GONE, Decimal(2), NOW)
    today = local_day(utc_now(), "Europe/Moscow")
    day = Formats("ru", "Europe/Moscow").day_month(today + timedelta(days=14)).replace(NBSP, " ")
    hint = f"До {day} в наличии будет не всё"
    assert hint in text(visit("/cart", shop.buyer))
    assert hint in text(visit("/cart/place", shop.buyer, wished="скоро"))
    typed = {"wished": (today + timedelta(days=days)).isoformat(), "comment": ""}
    retyped = {f"q-{GONE}": "3", f"was-{GONE}": "2"}
    assert (hint in text(visit("/cart/place", shop.buyer, **typed, **retyped))) is early
    path = visit("/cart/place", shop.buyer, **typed).headers["Location"].split("?")[0]
    for actor in (shop.buyer, shop.manager):
        assert ("раньше, чем всё будет в наличии" in text(visit(path, actor))) is early


@pytest.mark.parametrize("in_stock", [True, False])
def test_a_reserve_is_told_of_and_prolonged_only_where_something_is_held(
    shop: Shop, visit: Visit, in_stock: bool
) -> None:
    shop.db.commit([settings_write(replace(shop.settings, reserve_hours=24), 1)])
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    add_to_cart(shop.db, shop.buyer, shop.contract.id, THERE if in_stock else GONE, Decimal(9), NOW)
    path = visit("/cart/place", shop.buyer, comment="").headers["Location"].split("?")[0]
    for actor in (shop.buyer, shop.manager):
        page = text(visit(path, actor))
        assert ("То, что есть, зарезервировано до" in page) is in_stock
        assert ("Продлить резерв" in page) is in_stock
        assert "Товары зарезервированы" not in page
    version = str(load_order(shop.db, path.rsplit("/", 1)[1]).order.version)
    answer = visit(f"{path}/extend", shop.buyer, version=version)
    if in_stock:
        assert answer.status_code == 303
        return
    assert "резерва нет: продлевать нечего" in text(answer)
    assert not load_order(shop.db, path.rsplit("/", 1)[1]).order.reserve_extended


@pytest.mark.parametrize("quantity", [5, 6])  # five are there: of the first nothing is on order, of the second one is
def test_who_is_told_in_words_reads_no_split_in_the_cart_and_on_the_order(
    shop: Shop, visit: Visit, quantity: int
) -> None:
    in_words(shop, few_at=6)
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    add_to_cart(shop.db, shop.buyer, shop.contract.id, THERE, Decimal(quantity), NOW)
    cart = text(visit("/cart", shop.buyer))
    placed = visit("/cart/place", shop.buyer, comment="")
    page = text(visit(placed.headers["Location"].split("?")[0], shop.buyer))
    for told in (cart, page):
        assert "чего нет на складе — под заказ, ~14 дней" in told
        assert "со склада" not in told
        assert "≈" not in told
    assert "В резерве" in page


def test_the_plant_sees_how_much_is_on_order_and_for_which_orders(shop: Shop, visit: Visit) -> None:
    on_order.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)
    assert "Под заказ по заказам" not in text(visit(f"/stock/{THERE}"))
    add_to_cart(shop.db, shop.buyer, shop.contract.id, THERE, Decimal(9), NOW)
    path = visit("/cart/place", shop.buyer, comment="").headers["Location"].split("?")[0]
    page = visit(f"/stock/{THERE}")
    assert re.search(r"Под заказ по заказам: 4 шт .* K-000001 4 шт", text(page))
    assert f'href="{path}"' in page.body.decode()
    listed = visit("/stock").body.decode()
    assert re.search(rf'href="/stock/{THERE}#ordered"[^>]*>4<', listed)
    assert "Под заказ" in _strings(visit("/stock.xlsx"))
