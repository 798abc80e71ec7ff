"""What people note of a SKU's stock, and rows that an earlier version wrote."""
# ruff: noqa: F811 - fixtures are imported and then named as arguments

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chalicelib.kernel.clock import local_day, utc_now
from chalicelib.kernel.errors import KontorError
from chalicelib.kernel.ids import stable_id
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.ordering.actions import cancel
from chalicelib.ordering.actions.stocktaking import disagreeing
from chalicelib.stock import actions, journal_store, store
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.model import Level
from chalicelib.stock.moving import Move
from chalicelib.stock.transit import Arrival
from chalicelib.storage import files, keys
from chalicelib.storage.writes import Put
from chalicelib.tenancy.store import settings_write
from tests.storage.test_ordering_pages import World, address_of, catalogue, text_of, world  # noqa: F401
from tests.support.cabinet import seen_in
from tests.support.shop import NOW, D, Shop, W, sku

SKU = sku("A-1")
IN_A_WEEK = local_day(utc_now(), "Europe/Moscow") + timedelta(days=7)


def _add(world: World, key: str = "key", **typed: str) -> None:
    fields = {"warehouse": W, "quantity": "20", "due": IN_A_WEEK.isoformat(), "note": "ЗП-7", **typed}
    actions.add_arrival(world.shop.db, world.shop.manager, SKU, fields, parse_decimal, key, utc_now())


def _level(shop: Shop, one: str = SKU) -> Level:
    return store.levels(shop.db, [one], consistent=True)[one]


def _refused(act: object) -> KontorError:
    with pytest.raises(KontorError) as refusal:
        act()  # type: ignore[operator]
    return refusal.value


def test_an_arrival_is_noted_once_however_often_the_form_comes(world: World) -> None:
    before = _level(world.shop)
    _add(world)
    _add(world)
    level = _level(world.shop)
    (arrival,) = level.by_hand.arrivals
    assert (arrival.quantity, arrival.due, arrival.warehouse, arrival.note) == (20, IN_A_WEEK, W, "ЗП-7")
    assert level.warehouses == before.warehouses, "it is not on hand yet"
    assert store.coming_skus(world.shop.db, limit=10) == ([SKU], None)


@pytest.mark.parametrize("came", [True, False])
def test_the_form_of_an_arrival_that_came_or_was_called_off_adds_it_no_second_time(world: World, came: bool) -> None:
    _add(world)
    made = stable_id("arrival", SKU, "key")
    actions.remove_arrival(world.shop.db, world.shop.manager, SKU, made, 1, {"shown": "20"}, utc_now(), came=came)
    _add(world)
    assert _level(world.shop).by_hand.arrivals == ()
    _add(world, "another")
    assert len(_level(world.shop).by_hand.arrivals) == 1


def test_every_wrong_field_of_an_arrival_is_named(world: World) -> None:
    yesterday = (IN_A_WEEK - timedelta(days=8)).isoformat()
    wrong = _refused(lambda: _add(world, warehouse="w9", quantity="0", due=yesterday, note="x" * 121))
    assert {name: one.code for name, one in wrong.fields.items()} == {  # type: ignore[attr-defined]
        "warehouse": "choose",
        "quantity": "arrival_quantity",
        "due": "day_passed",
        "note": "too_long",
    }


def test_an_arrival_moves_to_another_day_and_whoever_saw_the_old_one_is_told(world: World) -> None:
    _add(world)
    db, manager, made = world.shop.db, world.shop.manager, stable_id("arrival", SKU, "key")
    typed = {"warehouse": W, "quantity": "15", "due": (IN_A_WEEK + timedelta(days=3)).isoformat(), "note": ""}
    typed["shown"] = "20"

    def change(edition: int, **more: str) -> None:
        actions.change_arrival(db, manager, SKU, made, edition, {**typed, **more}, parse_decimal, utc_now())

    change(1)
    change(1)
    assert _refused(lambda: change(1, quantity="9")).code == "stock_noted"
    (arrival,) = _level(world.shop).by_hand.arrivals
    assert (arrival.quantity, arrival.due) == (15, IN_A_WEEK + timedelta(days=3))
    assert store.coming_skus(db, limit=10) == ([SKU], None)


def test_a_form_made_before_part_of_the_arrival_came_promises_that_part_to_nobody(world: World) -> None:
    _add(world)
    db, (arrival,) = world.shop.db, _level(world.shop).by_hand.arrivals
    path = f"/stock/{SKU}/arrivals/{arrival.id}"
    fields = {"warehouse": W, "quantity": "20", "due": IN_A_WEEK.isoformat(), "note": "ЗП-8", "edition": "1"}
    came = {arrival.place: Move(on_hand=D(-5))}
    db.commit([store.move(db.tenant_id, SKU, came, cause(Why.ARRIVED, NOW))])
    assert 'value="15"' in world.manager.get(path).body.decode()
    assert "20 шт" not in text_of(world.manager.get("/stock/arrivals"))
    assert world.manager.post(path, **fields, shown="20").status_code == 409
    assert world.manager.post(path, **{**fields, "quantity": "15"}, shown="15").status_code == 303
    (after,) = _level(world.shop).by_hand.arrivals
    assert (after.quantity, after.note) == (15, "ЗП-8")


def test_an_arrival_whose_promised_part_has_come_is_one_that_no_order_relies_on(world: World) -> None:
    shop = world.shop
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=True), 1)])
    _add(world)
    world.place("A-1 12")
    (arrival,) = _level(shop).by_hand.arrivals
    page = f"/stock/{SKU}/arrivals/{arrival.id}/came"
    assert "рассчитывают заказы: K-000001" in text_of(world.manager.get(page))
    came = {arrival.place: Move(on_hand=D(-5), allocated=D(-2))}
    shop.db.commit([store.move(shop.settings.id, SKU, came, cause(Why.ARRIVED, NOW))])
    asked = text_of(world.manager.get(page))
    assert "Отметку нельзя снять." in asked
    assert "рассчитывают" not in asked


def test_an_arrival_stays_when_the_erp_raises_the_stock_and_goes_when_it_is_said_to_have_come(world: World) -> None:
    _add(world)
    world.shop.tell({"A-1": 30}, utc_now())
    assert _level(world.shop).by_hand.arrivals
    made = stable_id("arrival", SKU, "key")

    def come() -> None:
        actions.remove_arrival(world.shop.db, world.shop.manager, SKU, made, 1, {"shown": "20"}, utc_now(), came=True)

    come()
    level = _level(world.shop)
    assert level.by_hand.arrivals == ()
    assert level.available() == 30
    assert store.coming_skus(world.shop.db, limit=10) == ([], None)
    assert _refused(come).status == 404


def test_the_row_that_an_arrival_makes_takes_the_erps_first_number(world: World) -> None:
    shop = Shop({})
    arrival = _noted(shop, "new")
    shop.tell({"new": 4}, utc_now())
    level = _level(shop, sku("new"))
    assert (level.available(), level.by_hand.arrivals) == (4, arrival)
    assert disagreeing(shop.db, [sku("new")]) == {}


def _noted(shop: Shop, name: str) -> tuple[object, ...]:
    """Goods of which nobody has told anything are on their way."""
    level = _level(shop, sku(name))
    after = level.by_hand.expecting([Arrival(id="a", warehouse=W, quantity=D(3), due=date(2026, 12, 5))])
    shop.db.commit(store.noted_writes(shop.settings.id, level, after))
    return after.arrivals


def test_a_skus_own_safety_stock_is_in_force_at_once_and_given_up_again(world: World) -> None:
    db, manager = world.shop.db, world.shop.manager
    settings = replace(world.shop.settings, safety_stock=D(1))
    db.commit([settings_write(settings, 1)])

    def keep(text: str, edition: int) -> None:
        actions.set_safety(db, manager, SKU, edition, {"safety": text}, parse_decimal, utc_now())

    world.place("A-1 2")
    keep("3", 0)
    keep("3", 0)
    assert _level(world.shop).available() == 5
    world.shop.tell({"A-1": 18}, utc_now())
    held = _level(world.shop)
    assert held.available() == held.warehouses[W].on_hand - 2 - 3
    assert _refused(lambda: keep("4", 0)).code == "stock_noted"
    keep("", 1)
    assert _level(world.shop).available() == held.warehouses[W].on_hand - 2 - 1
    assert _refused(lambda: keep("-1", 2)).code == "invalid"


def _aged(shop: Shop, name: str) -> None:
    """The row as a version without journals wrote it."""
    key = keys.stock_level(shop.settings.id, sku(name))
    row = shop.db.fetch(key)
    data = {"sku": sku(name), "told": row.data["told"]}
    shop.db.commit([Put(key=key, kind="stock", version=row.version, data=data, counters=dict(row.n))])


def test_rows_from_before_the_journal_are_ordered_given_back_told_and_checked(tables: None) -> None:
    shop = Shop({"A": ("10.00", 10)})
    shop.settings = replace(shop.settings, reserve_hours=24)
    shop.db.commit([settings_write(shop.settings, 1)])
    _aged(shop, "A")
    assert _level(shop, sku("A")).available() == 10
    for _ in range(5):
        file = shop.place(A=2)
        cancel(shop.db, shop.ask(file, shop.buyer))
    journal_store.turn_pages(shop.db, [sku("A")])
    assert _level(shop, sku("A")).pages == 1
    shop.tell({"A": 7}, NOW + timedelta(hours=1))
    shop.place(A=3)
    level = _level(shop, sku("A"))
    assert level.available() == 4
    assert len(level.timed) == 1
    assert len(journal_store.movements(shop.db, sku("A"), most=100).movements) == 12
    assert disagreeing(shop.db, [sku("A")]) == {}


def test_the_pages_note_show_and_take_back_what_is_on_its_way(world: World) -> None:
    page = world.manager.get(f"/stock/{SKU}")
    assert "Поступлений не ожидается" in text_of(page)
    fields = {"warehouse": W, "quantity": "20", "due": IN_A_WEEK.isoformat(), "note": "ЗП-7"}
    assert world.manager.post(f"/stock/{SKU}/arrivals", **{**fields, "quantity": "x"}).status_code == 422
    assert world.manager.post(f"/stock/{SKU}/arrivals", **fields).status_code == 303
    (arrival,) = _level(world.shop).by_hand.arrivals
    for path in (f"/stock/{SKU}", "/stock/arrivals", "/stock"):
        assert "20" in text_of(world.manager.get(path)), path
    for path in ("/catalogue", f"/catalogue/{SKU}"):
        assert "в пути 20 шт," in text_of(world.buyer.get(path)), path
    assert world.manager.get(f"/stock/{SKU}/arrivals/{arrival.id}").status_code == 200
    assert world.buyer.get(f"/stock/{SKU}").status_code == 403
    came = f"/stock/{SKU}/arrivals/{arrival.id}/came"
    for path, asks in ((f"/stock/{SKU}", came), ("/stock/arrivals", f"{came}?of=list")):
        assert f'href="{asks}"'.encode() in world.manager.get(path).body, "what follows is said first"
        assert f'href="{path}"'.encode() in world.manager.get(asks).body, "and one comes back"
    form = world.manager.get(came)
    asked = text_of(form)
    assert "Отметку нельзя снять." in asked
    assert "Заказов, которые ждут это поступление, нет." in asked
    assert "Заказы, которые на него рассчитывают" not in asked
    assert world.manager.post(came, **seen_in(form)).status_code == 303
    assert "в пути" not in text_of(world.buyer.get("/catalogue"))
    assert world.manager.post(f"/stock/{SKU}/safety", safety="4", edition="2").status_code == 303
    assert _level(world.shop).available() == 6


def test_an_arrival_that_was_changed_meanwhile_is_shown_again_before_it_has_come_or_is_removed(world: World) -> None:
    _add(world)
    (arrival,) = _level(world.shop).by_hand.arrivals
    path = f"/stock/{SKU}/arrivals/{arrival.id}"
    seen = seen_in(world.manager.get(f"{path}/came"))
    assert seen == seen_in(world.manager.get(path))
    fields = {"warehouse": W, "quantity": "500", "due": IN_A_WEEK.isoformat(), "note": "ЗП-8", **seen}
    assert world.manager.post(path, **fields).status_code == 303
    again = world.manager.post(f"{path}/came", **seen)
    assert (again.status_code, "500 шт" in text_of(again)) == (409, True)
    assert "данные этого товара изменили" in text_of(again)
    assert world.manager.post(f"{path}/remove", **seen).status_code == 409
    assert len(_level(world.shop).by_hand.arrivals) == 1
    assert world.manager.post(f"{path}/came", **seen_in(again)).status_code == 303
    assert _level(world.shop).by_hand.arrivals == ()


def test_an_arrival_of_a_product_that_the_catalogue_in_force_does_not_have_can_be_said_to_have_come(
    world: World,
) -> None:
    gone = sku("Z-9")
    before = _level(world.shop, gone)
    arrival = Arrival(id="a", warehouse=W, quantity=D(4), due=IN_A_WEEK)
    world.shop.db.commit(store.noted_writes(world.shop.settings.id, before, before.by_hand.expecting([arrival])))
    came = f"/stock/{gone}/arrivals/a/came?of=list"
    listed = world.manager.get("/stock/arrivals").body.decode()
    assert (f'href="{came}"' in listed, f'href="/stock/{gone}"' in listed) == (True, False)
    asked = world.manager.get(came)
    assert (asked.status_code, gone in text_of(asked)) == (200, True)
    done = address_of(world.manager.post(came, **seen_in(asked)))
    assert done.partition("?")[0] == "/stock/arrivals"
    assert world.manager.get(done).status_code == 200
    assert _level(world.shop, gone).by_hand.arrivals == ()


def test_an_arrival_whose_day_has_passed_is_overdue_for_staff_and_no_promise_to_dealers(world: World) -> None:
    _add(world)
    level = _level(world.shop)
    late = replace(level.by_hand.arrivals[0], due=IN_A_WEEK - timedelta(days=8))
    world.shop.db.commit(store.noted_writes(world.shop.settings.id, level, level.by_hand.expecting([late])))
    for path in (f"/stock/{SKU}", "/stock/arrivals", "/stock"):
        assert "просрочено" in text_of(world.manager.get(path)), path
    for path in ("/catalogue", f"/catalogue/{SKU}"):
        assert "в пути" not in text_of(world.buyer.get(path)), path


@pytest.fixture
def brought(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Brings a file of these rows; its key."""
    texts: dict[str, str] = {}

    def get_path(_tenant: str, key: str, path: Path) -> None:
        path.write_text(texts[key], encoding="utf-8")

    def bring(rows: str) -> str:
        key = files.upload_key(world.shop.settings.id, "arrivals", f"u{len(texts)}") + "/Поставка.csv"
        texts[key] = "артикул;склад;количество;дата\n" + rows
        return key

    monkeypatch.setattr(files, "get_path", get_path)
    return bring


def test_a_file_adds_its_good_rows_and_names_the_bad_ones(world: World, brought: Callable[[str], str]) -> None:
    _add(world)
    key = brought(f"A-1;Тверь;5;{IN_A_WEEK:%d.%m.%Y}\nB-2;Тверь;x;{IN_A_WEEK}\nC-3;;7;{IN_A_WEEK}\n")
    page = text_of(world.manager.get(f"/stock/arrivals/file/read?{urlencode({'key': key})}"))
    assert "Поставка.csv" in page
    assert "3 количество «x»: нужно число больше нуля" in page
    for _ in range(2):
        answer = world.manager.post("/stock/arrivals/file/read", key=key, mode="add")
        assert answer.status_code == 303
    assert sorted(one.quantity for one in _level(world.shop).by_hand.arrivals) == [5, 20]
    assert [one.quantity for one in _level(world.shop, sku("C-3")).by_hand.arrivals] == [7]
    assert _level(world.shop, sku("B-2")).by_hand.arrivals == ()


def test_a_whole_file_takes_the_place_of_everything_expected(world: World, brought: Callable[[str], str]) -> None:
    _add(world)
    key = brought(f"C-3;Тверь;7;{IN_A_WEEK}\n")
    for _ in range(2):
        world.manager.post("/stock/arrivals/file/read", key=key, mode="whole")
    assert _level(world.shop).by_hand.arrivals == ()
    assert store.coming_skus(world.shop.db, limit=10) == ([sku("C-3")], None)


@pytest.mark.parametrize("mode", ["add", "whole"])
def test_a_file_that_says_the_same_again_changes_nothing(
    world: World, brought: Callable[[str], str], mode: str
) -> None:
    rows = f"A-1;Тверь;5;{IN_A_WEEK}\nA-1;Тверь;7;{IN_A_WEEK}\nC-3;Тверь;7;{IN_A_WEEK}\n"
    world.manager.post("/stock/arrivals/file/read", key=brought(rows), mode=mode)
    before = _level(world.shop)
    assert len(before.by_hand.arrivals) == 2
    for again in (rows, "\n".join(reversed(rows.splitlines()))):  # the same bytes, and another file of the same rows
        world.manager.post("/stock/arrivals/file/read", key=brought(again), mode=mode)
        assert _level(world.shop) == before


def test_a_whole_files_arrival_on_another_day_is_the_one_that_orders_have_a_promise_of(
    world: World, brought: Callable[[str], str]
) -> None:
    _add(world, note="")
    (before,) = _level(world.shop).by_hand.arrivals
    later = IN_A_WEEK + timedelta(days=3)
    world.manager.post("/stock/arrivals/file/read", key=brought(f"A-1;Тверь;15;{later}\n"), mode="whole")
    (after,) = _level(world.shop).by_hand.arrivals
    assert (after.id, after.quantity, after.due) == (before.id, 15, later)


def test_a_row_of_a_whole_file_that_cannot_be_taken_calls_nothing_off(
    world: World, brought: Callable[[str], str]
) -> None:
    _add(world)
    rows = f"A-1;Тверь;20;{IN_A_WEEK - timedelta(days=20)}\nA-1;Тверь;4;{IN_A_WEEK}\nC-3;Тверь;7;{IN_A_WEEK}\n"
    world.manager.post("/stock/arrivals/file/read", key=brought(rows), mode="whole")
    assert sorted(one.quantity for one in _level(world.shop).by_hand.arrivals) == [4, 20]
    assert [one.quantity for one in _level(world.shop, sku("C-3")).by_hand.arrivals] == [7]


def test_only_the_tenants_own_files_of_arrivals_are_read(world: World) -> None:
    foreign = files.upload_key("t99999999999", "arrivals", "u") + "/a.csv"
    other = files.upload_key(world.shop.settings.id, "goods", "u") + "/a.csv"
    for key in (foreign, other, "", "a.csv"):
        query = urlencode({"key": key})
        assert world.manager.get(f"/stock/arrivals/file/read?{query}").status_code == 404, key
        assert world.manager.post("/stock/arrivals/file/read", key=key, mode="add").status_code == 404, key
    assert world.buyer.get("/stock/arrivals/file").status_code == 403
