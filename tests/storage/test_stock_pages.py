"""Stock's pages in the application: movements, and what the nightly check found."""
# ruff: noqa: F811 - fixtures are imported and then named as arguments

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.gateways import mail
from chalicelib.http.formats import Formats
from chalicelib.identity.model import User
from chalicelib.identity.store import user_put
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import local_day, utc_now
from chalicelib.network.segments import DealerGroup, Segments, StockShown
from chalicelib.network.store import party_put, segments_put
from chalicelib.ordering.jobs import HANDLERS
from chalicelib.ordering.store import load_order, order_put
from chalicelib.stock import tally
from chalicelib.stock.actions.noting import ARRIVALS
from chalicelib.stock.journal import Mismatch
from chalicelib.stock.store import levels, noted_writes
from chalicelib.stock.transit import Arrival
from chalicelib.stock.words import day_text
from chalicelib.storage import keys
from chalicelib.tenancy.store import settings_write
from tests.storage.test_ordering_pages import (  # noqa: F401
    World,
    _events,
    _strings,
    address_of,
    catalogue,
    text_of,
    version_of,
    world,
)
from tests.support.cabinet import seen_in
from tests.support.shop import D, W, sku


def test_a_products_movements_name_the_order_the_person_and_the_warehouse(world: World) -> None:
    path = world.place("A-1 4")
    world.buyer.post(f"{path}/cancel", version=version_of(world.buyer.get(path)), reason="")
    page = world.manager.get(f"/stock/{sku('A-1')}/movements")
    text = text_of(page)
    assert "Заказ K-000001: отменён дилером" in text
    assert "Борис Тверь −4" in text
    assert "Борис Тверь +4" in text
    assert "Остатки из учётной системы" in text
    assert f'href="{path}"'.encode() in page.body
    assert "Ничего не нашлось" in text_of(world.manager.get(f"/stock/{sku('A-1')}/movements?day_to=2020-01-01"))
    assert "Ничего не нашлось" in text_of(world.manager.get(f"/stock/{sku('A-1')}/movements?warehouse=w9"))
    assert world.buyer.get(f"/stock/{sku('A-1')}/movements").status_code == 403


def test_movements_can_be_taken_away_as_a_file(world: World) -> None:
    world.place("A-1 4")
    exported = _strings(world.manager.get(f"/stock/{sku('A-1')}/movements.xlsx"))
    assert "K-000001" in exported
    assert "Тверь" in exported


def test_the_filter_of_the_stock_says_by_whose_numbers_it_goes(world: World) -> None:
    assert "В наличии по последнему обмену" in text_of(world.manager.get("/stock"))


def test_each_warehouse_is_a_piece_of_its_own_under_the_products_name(world: World) -> None:
    world.shop.tell({"A-1": 1_000_000}, utc_now())
    page = text_of(world.manager.get("/stock"))
    assert "Окно A-1 Тверь 1 000 000 " in page
    assert "По складам" not in page  # no column of its own, which would be too narrow
    assert "Тверь\u00a01" in _strings(world.manager.get("/stock.xlsx"))


def test_stock_that_disagrees_is_said_above_the_list(world: World) -> None:
    assert "расходятся" not in text_of(world.manager.get("/stock"))
    wrong = (Mismatch(warehouse=W, what="on_hand", kept=D(9), due=D(10)),)
    check = tally.Check(sku=sku("A-1"), at=utc_now(), wrong=wrong)
    world.shop.db.commit([tally.check_put(world.shop.settings.id, check)])
    assert "A-1 Окно A-1: на складе 9, по движениям 10" in text_of(world.manager.get("/stock"))


def test_an_order_says_until_when_its_goods_are_reserved_and_the_dealer_prolongs_it_once(world: World) -> None:
    settings = replace(world.shop.settings, reserve_hours=24)
    world.shop.db.commit([settings_write(settings, 1)])
    path = world.place("A-1 4")
    page = world.buyer.get(path)
    assert "Товары зарезервированы до" in text_of(page)
    assert f'action="{path}/extend"'.encode() in page.body
    world.buyer.post(f"{path}/extend", version=version_of(page))
    page = world.buyer.get(path)
    assert "Резерв продлён" in text_of(page)
    assert f'action="{path}/extend"'.encode() not in page.body
    again = world.buyer.post(f"{path}/extend", version=version_of(page))
    assert "Вы уже продлевали резерв" in text_of(again)
    office = world.manager.get(path)
    assert f'action="{path}/reserve"'.encode() in office.body
    assert world.manager.post(f"{path}/reserve", version=version_of(office)).status_code == 303


def test_an_order_whose_reserve_ran_out_says_so_to_both_sides(world: World) -> None:
    world.shop.db.commit([settings_write(replace(world.shop.settings, reserve_hours=24), 1)])
    path = world.place("A-1 4")
    order = load_order(world.shop.db, path.rpartition("/")[2]).order
    world.shop.db.commit([order_put(world.shop.settings.id, replace(order, reserved_until=utc_now()))])
    for reader in (world.buyer, world.manager):
        text = text_of(reader.get(path))
        assert "Резерв истёк" in text
        assert "зарезервированы до" not in text


def _in_words(world: World) -> None:
    """The dealer's group is told of the stock in words."""
    shop = world.shop
    group = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=D(10))
    party = shop.db.fetch(keys.party_profile(shop.settings.id, shop.party.id))
    shop.db.commit(
        [
            segments_put(shop.settings.id, Segments(groups=(group,))),
            party_put(shop.settings.id, replace(shop.party, group_id="g"), party.version),
        ]
    )


def _expect(world: World, quantity: int) -> None:
    level = levels(world.shop.db, [sku("A-1")])[sku("A-1")]
    days = (local_day(utc_now(), "Europe/Moscow") + timedelta(days=n) for n in (3, 4))
    due = next(day for day in days if quantity not in (day.day, day.month))
    arrival = Arrival(id="a", warehouse=W, quantity=D(quantity), due=due)
    world.shop.db.commit(noted_writes(world.shop.settings.id, level, level.by_hand.expecting([arrival])))


def test_a_dealer_who_is_told_in_words_finds_the_quantity_nowhere(world: World) -> None:
    _in_words(world)
    world.shop.tell({"A-1": 7}, utc_now())
    _expect(world, 7)
    for path in ("/catalogue", f"/catalogue/{sku('A-1')}"):
        text = text_of(world.buyer.get(path))
        assert "мало" in text, path
        assert "в пути," in text, path
        assert not re.search(r"\b7\b", text), path
    world.buyer.post("/cart/add", sku=sku("A-1"), quantity="3")
    assert "в наличии: мало" in text_of(world.buyer.get("/cart"))
    for quantity, said in (("10", False), ("11", True)):  # more than few is too much, and nothing else is said
        world.buyer.post("/cart/change", **{f"q-{sku('A-1')}": quantity, f"was-{sku('A-1')}": "3"})
        assert ("осталось мало" in text_of(world.buyer.get("/cart"))) is said
    world.buyer.post("/cart/change", **{f"q-{sku('A-1')}": "9", f"was-{sku('A-1')}": "3"})
    cart, refused = world.buyer.get("/cart"), world.buyer.post("/cart/place")
    world.buyer.post("/cart/clear")
    path = world.place("B-2 1")
    page = world.buyer.get(path)
    edited = world.buyer.post(f"{path}/edit", version=version_of(page), lines="A-1 9")
    for answer in (refused, edited):
        assert "осталось мало" in text_of(answer), text_of(answer)
    for answer in (cart, refused, page, edited):
        assert not re.search(r"\b7\b", text_of(answer))


@pytest.mark.parametrize("in_words", [False, True])
def test_the_cart_and_the_order_say_what_a_line_waits_for(world: World, in_words: bool) -> None:
    if in_words:
        _in_words(world)
    shop = world.shop
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=True), 1)])
    _expect(world, 4)
    world.buyer.post("/cart/add", sku=sku("A-1"), quantity="12")
    cart = world.buyer.get("/cart")
    placed = address_of(world.buyer.post("/cart/place")).split("?")[0]
    order, decision = world.buyer.get(placed), world.manager.get(placed)
    said = ("остальное из поступления",) if in_words else ("со склада 10 шт", "2 шт из поступления")
    for page in (cart, order):
        assert all(one in text_of(page) for one in (*said, "Всё будет в наличии")), text_of(page)
    assert "со склада 10 шт 2 шт из поступления" in text_of(decision)
    assert "заказано 2" in text_of(world.manager.get("/stock/arrivals"))
    assert "заказано 2" in text_of(world.manager.get(f"/stock/{sku('A-1')}"))


def test_the_moderation_list_marks_orders_that_wait_and_the_order_says_that_its_goods_have_come(world: World) -> None:
    shop = world.shop
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=True), 1)])
    _expect(world, 4)
    path = world.place("A-1 12")
    assert "ждёт товары в пути" in text_of(world.manager.get("/moderation"))
    asks = f"/stock/{sku('A-1')}/arrivals/a/came"
    assert f'href="{asks}?of=list"' in world.manager.get("/stock/arrivals").body.decode()
    asked = world.manager.get(asks)
    assert f'action="{asks}"' in asked.body.decode()
    assert "берут то, что свободно на складе" in text_of(asked)
    assert "На это поступление рассчитывают заказы: K-000001" in text_of(asked)
    done = world.manager.get(address_of(world.manager.post(asks, **seen_in(asked))))
    assert "На это поступление рассчитывают заказы: K-000001" in text_of(done)
    assert f'href="{path}"' in done.body.decode()
    assert re.search(r"пришло\s\d+\s\w+\sпоступило, ждём остаток", text_of(done))
    (event,) = [one for one in _events(world.shop) if one.name == ARRIVALS]
    HANDLERS[ARRIVALS](event, shop.db, utc_now())
    for person in (world.buyer, world.manager):
        page = text_of(person.get(path))
        assert "2 шт поступило, ждём остаток из учётной системы" in page
        assert "A-1: 2 шт поступило" in page, "the history says it"
        assert "из поступления" not in page


def test_a_dealer_who_is_told_in_words_reads_in_the_history_that_goods_have_come_and_not_how_many(world: World) -> None:
    _in_words(world)
    shop = world.shop
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=True), 1)])
    _expect(world, 4)
    path = world.place("A-1 12")
    came = f"/stock/{sku('A-1')}/arrivals/a/came"
    world.manager.post(came, **seen_in(world.manager.get(came)))
    (event,) = [one for one in _events(shop) if one.name == ARRIVALS]
    HANDLERS[ARRIVALS](event, shop.db, utc_now())
    page = text_of(world.buyer.get(path))
    assert "A-1: поступило, ждём остаток из учётной системы" in page
    assert " 2 шт" not in page
    assert "A-1: 2 шт поступило" in text_of(world.manager.get(path))
    world.buyer.post(f"{path}/cancel", version=version_of(world.buyer.get(path)), reason="")
    assert " 2 шт" not in text_of(world.buyer.get(path)), "nor once the order is over"


def test_who_is_told_of_another_day_reads_which_goods_and_both_days(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = world.shop
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=True), 1)])
    _expect(world, 4)
    path = world.place("A-1 12")
    before = levels(shop.db, [sku("A-1")])[sku("A-1")].by_hand.arrivals[0]
    typed = {"quantity": "4", "shown": "4", "edition": "1", "warehouse": W, "note": ""}
    due = before.due + timedelta(days=3)
    world.manager.post(f"/stock/{sku('A-1')}/arrivals/a", due=due.isoformat(), **typed)
    (event,) = [one for one in _events(world.shop) if one.name == ARRIVALS]
    HANDLERS[ARRIVALS](event, shop.db, utc_now())
    sent: list[mail.Mail] = []
    monkeypatch.setattr(mail, "send", sent.append)
    buyer = User(
        id="boris", email="b@d.example", name="Борис", role=Role.DEALER_BUYER, locale="ru", created=utc_now(),
        party_id=shop.party.id,
    )  # fmt: skip
    shop.db.commit([user_put(shop.settings.id, buyer, 0)])
    (delayed,) = [one for one in _events(world.shop) if one.name == "order.delayed"]
    HANDLERS[delayed.name](delayed, shop.db, utc_now())
    fmt = Formats("ru", "Europe/Moscow")
    today = local_day(utc_now(), "Europe/Moscow")
    said = f"A-1: ожидается {day_text(fmt, due, today)} вместо {day_text(fmt, before.due, today)}"
    assert [said in one.text for one in sent] == [True]
    assert said.replace("\N{NO-BREAK SPACE}", " ") in text_of(world.buyer.get(path))


def test_the_manufacturers_people_are_told_the_quantity_of_such_a_dealers_order(world: World) -> None:
    _in_words(world)
    path = world.place("A-1 4")
    refused = world.manager.post(f"{path}/change", version=version_of(world.manager.get(path)), **{"q-1": "11"})
    assert "нужно 11 шт, есть 10" in text_of(refused)
