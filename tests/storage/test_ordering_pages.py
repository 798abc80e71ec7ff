"""Ordering's and stock's pages in the application, on real DynamoDB semantics and a real catalogue snapshot."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from chalice.test import Client, HTTPResponse

import app
from chalicelib.catalogue.feed import (
    CatalogueHead,
    FeedRow,
    OfferRow,
    PriceRow,
    PriceTypeRow,
    ProductRow,
    StockRow,
    WarehouseRow,
)
from chalicelib.catalogue.snapshot import build
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.gateways import mail
from chalicelib.identity.model import User
from chalicelib.identity.store import user_put
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import local_day, utc_now
from chalicelib.kernel.events import Event
from chalicelib.ordering import number_store, store
from chalicelib.ordering.actions import apply_erp_update, exported_versions, mark_exported, orders_to_export
from chalicelib.ordering.erp import ErpUpdate, ErpUpdateLine
from chalicelib.ordering.jobs import HANDLERS
from chalicelib.storage import keys
from chalicelib.storage import session as storage_session
from tests.support.cabinet import Cabinet, cabinet_of
from tests.support.shop import D, Shop, W, sku


def _feed(names: tuple[str, ...]) -> Iterator[FeedRow]:
    yield CatalogueHead(catalogue_id="c1", only_changes=False, kind="goods")
    for name in names:
        yield ProductRow(id=name, name=f"Окно {name}", article=name, unit="шт", unit_code="796", vat_rate=D(22))
    yield CatalogueHead(catalogue_id="c1", only_changes=False, kind="offers")
    yield PriceTypeRow(id="p", name="Дилерская", currency="RUB", vat_included=True)
    yield WarehouseRow(id=W, name="Тверь")
    for name in names:
        yield OfferRow(product_id=name, variant_id=None)
        yield PriceRow(product_id=name, variant_id=None, price_type_id="p", amount=Decimal("100.50"), currency="RUB")
        yield StockRow(product_id=name, variant_id=None, warehouse_id=W, quantity=Decimal(10))


@dataclass
class World:
    shop: Shop
    buyer: Cabinet
    manager: Cabinet

    def place(self, *rows: str) -> str:
        """Pastes rows into the cart and orders them; the order's address."""
        self.buyer.post("/cart/paste", text="\n".join(rows))
        answer = self.buyer.post("/cart/place")
        assert answer.status_code == 303, text_of(answer)
        return address_of(answer).split("?")[0]


def address_of(answer: HTTPResponse) -> str:
    location = answer.headers["Location"]
    return location[0] if isinstance(location, list) else str(location)


def text_of(answer: HTTPResponse) -> str:
    """The visible text of a page."""
    body = re.sub(r"<(script|style).*?</\1>", "", answer.body.decode(), flags=re.DOTALL)
    text = re.sub(r"<(?:del|input|textarea)[^>]*>", " ", body)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"[\s\u00a0\u202f]+", " ", text)


def version_of(answer: HTTPResponse) -> str:
    found = re.search(r'name="version" value="(\d+)"', answer.body.decode())
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot") / "c.sqlite"
    build.apply(None, path, _feed(("A-1", "B-2", "C-3")), run="r1")
    return path


@pytest.fixture(params=["ru"])
def world(
    tables: None, request: pytest.FixtureRequest, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    opened = Catalogue(catalogue)
    monkeypatch.setattr("chalicelib.ordering.actions.shelf.catalogue_in", lambda *_: opened)
    monkeypatch.setattr("chalicelib.storefront.desk.catalogue_in", lambda *_: opened)
    for module in ("reading", "arrival_files"):
        monkeypatch.setattr(f"chalicelib.stock.actions.{module}.current_catalogue", lambda *_: opened)
    shop = Shop({"A-1": ("0", 10), "B-2": ("0", 10), "C-3": ("0", 10)}, limit="5000")
    with Client(app.app) as client:
        yield World(
            shop,
            cabinet_of(shop, shop.buyer, client, name="Борис", locale=request.param),
            cabinet_of(shop, shop.manager, client, name="Анна", locale=request.param),
        )
    opened.close()


def test_an_order_of_an_earlier_month_still_waits_for_the_manager(world: World) -> None:
    world.buyer.post("/cart/add", sku=sku("A-1"), quantity="2")
    placed = address_of(world.buyer.post("/cart/place"))
    order = store.load_order(world.shop.db, placed.partition("?")[0].rpartition("/")[2]).order
    old = replace(order, month="2020-01", created=order.created - timedelta(days=365))
    world.shop.db.commit([store.order_put(world.shop.settings.id, old)])
    assert order.number not in text_of(world.manager.get("/orders"))
    for view in ("waiting", "active"):
        assert order.number in text_of(world.manager.get(f"/orders?view={view}"))


def test_a_dealer_fills_the_cart_orders_and_reads_the_order(world: World) -> None:
    assert "Корзина пуста" in text_of(world.buyer.get("/cart"))
    added = world.buyer.post("/cart/add", sku=sku("A-1"), quantity="2", back="/catalogue?q=окно")
    assert address_of(added) == "/catalogue?q=окно&notice=added_to_cart"
    page = text_of(world.buyer.get("/cart"))
    assert "Окно A-1" in page
    assert "201,00" in page
    assert "есть 10" in page
    placed = world.buyer.post("/cart/place", comment="до обеда", wished="2030-01-15")
    order = world.buyer.get(address_of(placed))
    page = text_of(order)
    for said in (
        "Заказ K-000001",
        "Ждёт подтверждения",
        "В резерве",
        "Окно A-1",
        "201,00",
        "36,25",
        "до обеда",
        "15.01.2030",
        "Дилерская",
    ):
        assert said in page, said
    assert "K-000001" in text_of(world.buyer.get("/orders"))
    assert "K-000001" in text_of(world.manager.get("/moderation"))


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets an entry with every call to the storage from now on."""
    calls: list[int] = []
    run = storage_session.Session._run
    monkeypatch.setattr(storage_session.Session, "_run", lambda self, call: (calls.append(1), run(self, call))[1])
    return calls


def test_the_place_action_takes_four_calls_and_the_order_page_two(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = _counted(monkeypatch)
    world.buyer.post("/cart/paste", text="A-1 2\nB-2 1\nC-3 4")
    calls.clear()
    placed = world.buyer.post("/cart/place")
    assert len(calls) == 4
    calls.clear()
    assert world.buyer.get(address_of(placed)).status_code == 200
    assert len(calls) == 2


def test_a_manager_proposes_a_change_the_dealer_sees_the_difference_and_agrees(world: World) -> None:
    path = world.place("A-1 2", "B-2 1")
    page = world.manager.get(path)
    changed = world.manager.post(
        f"{path}/change",
        **{"version": version_of(page), "q-1": "3", "q-2": "0", "lines": "C-3\t1", "comment": "B-2 кончился"},
    )
    assert changed.status_code == 303
    seen = world.buyer.get(path)
    page_text = text_of(seen)
    for said in ("Ждёт вашего ответа", "B-2 кончился", "Нужен ваш ответ", "C-3: добавлено 1 шт", "A-1: 2 → 3 шт"):
        assert said in page_text, said
    assert "анна" not in page_text.lower()
    agreed = world.buyer.post(f"{path}/accept", version=version_of(seen), answer="хорошо")
    assert agreed.status_code == 303
    page = world.manager.get(path)
    assert world.manager.post(f"{path}/confirm", version=version_of(page)).status_code == 303
    page_text = text_of(world.manager.get(path))
    for said in ("Подтверждён", "Счёт K-000001", "хорошо", "402,00"):
        assert said in page_text, said


def test_a_manager_sees_stock_credit_and_debt_beside_the_decisions(world: World) -> None:
    confirmed = world.place("B-2 10")
    world.manager.post(f"{confirmed}/confirm", version=version_of(world.manager.get(confirmed)))
    path = world.place("A-1 4", "C-3 2")
    world.shop.tell({"C-3": 1}, utc_now())
    page = world.manager.get(path)
    said = text_of(page)
    for expected in ("Есть 10 шт", "Есть 1 шт не хватает 1", "3 392,00 ₽", "1 005,00 ₽", "просрочки нет"):
        assert expected in said, expected
    body = page.body.decode()
    for action in ("confirm", "change", "ask", "refuse"):
        assert f'action="{path}/{action}"' in body
    assert "<details" not in re.sub(r'<details class="(?:small|drop)[^>]*>', "", body)
    assert "Есть" not in text_of(world.buyer.get(path))


def test_the_manager_reads_what_is_needed_to_decide_in_four_calls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.place("A-1 2", "B-2 1")
    calls = _counted(monkeypatch)
    assert world.manager.get(path).status_code == 200
    assert len(calls) == 4


def test_no_line_is_confirmed_before_its_order_is_and_none_lives_on_in_a_cancelled_one(world: World) -> None:
    path = world.place("A-1 2")
    assert "Подтверждена" not in text_of(world.buyer.get(path))
    world.manager.post(f"{path}/confirm", version=version_of(world.manager.get(path)))
    assert "Подтверждена" in text_of(world.buyer.get(path))
    world.buyer.post(f"{path}/cancel", version=version_of(world.buyer.get(path)))
    page = text_of(world.manager.get(path))
    assert "Отменена" in page
    assert "Подтверждена" not in page


def test_both_sides_read_the_same_word_for_a_state(world: World) -> None:
    path = world.place("A-1 2")
    for address in (path, "/orders"):
        assert "Ждёт подтверждения" in text_of(world.buyer.get(address))
        assert "Ждёт подтверждения" in text_of(world.manager.get(address))


def test_a_price_is_explained_in_the_readers_numbers(world: World) -> None:
    path = world.place("A-1 2")
    page = text_of(world.buyer.get(path))
    assert "В прайс-листе: 100,50 ₽" in page
    assert "НДС 22 % входит в цену" in page


def test_a_form_of_an_order_that_changed_meanwhile_says_so_and_keeps_what_was_typed(world: World) -> None:
    path = world.place("A-1 2")
    stale = version_of(world.manager.get(path))
    world.buyer.post(f"{path}/edit", **{"version": stale, "q-1": "3"})
    answer = world.manager.post(f"{path}/refuse", version=stale, reason="нет сырья")
    assert answer.status_code == 409
    assert "тем временем изменился" in text_of(answer)
    assert "нет сырья" in answer.body.decode()
    assert version_of(answer) != stale


def test_every_short_line_is_named_on_the_page_and_the_form_keeps_what_was_typed(world: World) -> None:
    world.buyer.post("/cart/paste", text="A-1 11\nB-2 1\nC-3 12")
    answer = world.buyer.post("/cart/place", comment="срочно")
    page = text_of(answer)
    assert answer.status_code == 409
    assert "A-1 Окно A-1: нужно 11 шт, есть 10" in page
    assert "C-3 Окно C-3: нужно 12 шт, есть 10" in page
    assert "срочно" in answer.body.decode()


def test_bad_pasted_rows_are_named_and_stay_in_the_box(world: World) -> None:
    answer = world.buyer.post("/cart/paste", text="A-1 2\nНЕТ-1 3\nB-2 пять")
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Строка 2: артикула или штрихкода «НЕТ-1» в каталоге нет" in page
    assert "Строка 3: «B-2», количество «пять» не число" in page
    assert _box(answer) == "НЕТ-1 3\nB-2 пять"
    assert "Окно A-1" in page


def _box(answer: HTTPResponse) -> str:
    """What the paste field shows."""
    found = re.search(r'<textarea id="f-text"[^>]*>\n(.*?)</textarea>', answer.body.decode(), re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def test_bad_rows_keep_the_numbers_and_the_text_that_were_pasted(world: World) -> None:
    pasted = "\r\n\r\n  НЕТ-1;;3 ;\r\nA-1\u00a01\r\n\tB-2\t1 уп"
    answer = world.buyer.post("/cart/paste", text=pasted)
    page = text_of(answer)
    assert "Строка 3: артикула или штрихкода «НЕТ-1» в каталоге нет" in page
    assert "Строка 5: «B-2» продаётся в «шт», а указано «уп»" in page
    assert _box(answer) == "  НЕТ-1;;3 ;\n\tB-2\t1 уп"
    assert world.shop.cart() == {"A-1": D(1)}


def test_a_name_in_place_of_an_article_is_answered_with_products_to_choose_from(world: World) -> None:
    answer = world.buyer.post("/cart/paste", text="окно B-2 2 шт\nНЕТ-1 3")
    picks = [html.unescape(pick) for pick in re.findall(r'name="pick" value="([^"]+)"', answer.body.decode())]
    assert picks == [f"{sku('B-2')}|окно B-2 2 шт"]
    answer = world.buyer.post("/cart/paste", text=_box(answer), pick=picks[0])
    assert _box(answer) == "НЕТ-1 3"
    assert world.shop.cart() == {"B-2": D(2)}


def test_everything_that_is_in_an_orders_way_is_said_before_and_when_it_is_placed(world: World) -> None:
    world.buyer.post("/cart/paste", text="A-1 60\nB-2 1\nC-3 12")
    for answer in (world.buyer.get("/cart"), world.buyer.post("/cart/place")):
        page = text_of(answer)
        for said in ("A-1 Окно A-1: нужно 60 шт, есть 10", "C-3 Окно C-3: нужно 12 шт, есть 10", "2 336,50 ₽"):
            assert said in page, said
    assert answer.status_code == 409


def test_the_same_form_adds_to_the_cart_once(world: World) -> None:
    for _ in range(2):
        world.buyer.post("/cart/add", sku=sku("A-1"), quantity="2", once="0" * 20)
        world.buyer.post("/cart/paste", text="B-2 3\nX 1", once="1" * 20)
    assert world.shop.cart() == {"A-1": D(2), "B-2": D(3)}
    path = world.place("C-3 1")
    for _ in range(2):
        world.buyer.post(f"{path}/repeat", once="2" * 20)
    assert world.shop.cart() == {"A-1": D(2), "B-2": D(3), "C-3": D(1)}


def test_a_removed_line_can_be_put_back(world: World) -> None:
    world.buyer.post("/cart/paste", text="A-1 2")
    removed = world.buyer.post("/cart/remove", **{"remove": sku("A-1"), f"q-{sku('A-1')}": "2"})
    page = world.buyer.get(address_of(removed)).body.decode()
    assert "Вернуть" in page
    world.buyer.post("/cart/add", sku=sku("A-1"), quantity="2")
    assert world.shop.cart() == {"A-1": D(2)}


def test_a_wrong_quantity_is_named_at_its_field(world: World) -> None:
    world.buyer.post("/cart/paste", text="A-1 2")
    answer = world.buyer.post("/cart/change", **{f"q-{sku('A-1')}": "много"})
    assert answer.status_code == 422
    assert "много" in answer.body.decode()
    answer = world.buyer.post("/cart/change", **{f"q-{sku('A-1')}": "1,5"})
    assert "продаётся целыми единицами" in text_of(answer)


@pytest.mark.parametrize(("typed", "said"), [("0", "количество должно быть больше нуля"), ("много", "«много»")])
def test_a_wrong_quantity_never_reaches_the_cart(world: World, typed: str, said: str) -> None:
    answer = world.buyer.post("/cart/add", sku=sku("A-1"), quantity=typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert world.shop.cart() == {}


def test_orders_are_filtered_by_the_address(world: World) -> None:
    first, second = world.place("A-1 1"), world.place("B-2 1")
    page = world.buyer.get(first)
    world.buyer.post(f"{first}/cancel", version=version_of(page), reason="")
    listed = text_of(world.buyer.get("/orders?view=active"))
    assert "K-000002" in listed
    assert "K-000001" not in listed
    assert "K-000001" in text_of(world.buyer.get("/orders?q=k-000001&view=active"))
    assert "K-000001" in text_of(world.manager.get("/orders?state=cancelled"))
    assert "Ничего не нашлось" in text_of(world.manager.get("/orders?month=2026-01&q=zzz"))
    assert second != first


@pytest.mark.parametrize("asked", ["state=draft", "state=odd", "month=1999-01"])
def test_a_filters_value_that_is_not_offered_filters_no_orders(world: World, asked: str) -> None:
    world.place("A-1 1")
    page = world.manager.get(f"/orders?{asked}")
    assert "K-000001" in text_of(page)
    assert "Сбросить фильтры" not in text_of(page)
    assert f'"?{asked}' not in page.body.decode(), "the list's links"
    assert "В этом месяце" not in text_of(world.manager.get(f"/orders?{asked}&view=closed"))


def test_a_dealers_orders_are_filtered_by_period(world: World) -> None:
    world.place("A-1 1")
    today = local_day(utc_now(), "Europe/Moscow")
    assert "K-000001" in text_of(world.buyer.get(f"/orders?day_from={today}&day_to={today}"))
    assert "Ничего не нашлось" in text_of(world.buyer.get(f"/orders?day_to={today - timedelta(days=1)}"))
    assert "K-000001" in text_of(world.buyer.get("/orders?day_from=yesterday"))


def test_exactly_the_view_is_exported_and_only_the_own_orders(world: World) -> None:
    first = world.place("A-1 1")
    world.place("B-2 1")
    world.buyer.post(f"{first}/cancel", version=version_of(world.buyer.get(first)))
    for reader in (world.buyer, world.manager):
        exported = _strings(reader.get("/orders.xlsx?view=active"))
        assert "K-000002" in exported
        assert "Ждёт подтверждения" in exported
        assert "K-000001" not in exported
    assert "Тверь" in _strings(world.manager.get("/stock.xlsx?q=A-1"))
    assert world.buyer.get("/stock.xlsx").status_code == 403


def test_a_file_that_cannot_hold_all_orders_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.place("A-1 1")
    world.place("B-2 1")
    assert "сузьте отбор" not in _strings(world.manager.get("/orders.xlsx"))
    monkeypatch.setattr("chalicelib.ordering.actions.reading.MOST", 1)
    for reader in (world.buyer, world.manager):
        exported = _strings(reader.get("/orders.xlsx"))
        assert "K-000002" in exported
        assert "K-000001" not in exported
        assert "Заказов в файле: 1" in exported


def _strings(answer: HTTPResponse) -> str:
    """The texts of a spreadsheet."""
    body = answer.body if answer.body[:2] == b"PK" else base64.b64decode(answer.body)
    with ZipFile(BytesIO(body)) as book:
        return book.read("xl/sharedStrings.xml").decode()


def test_an_order_can_be_repeated_and_cleared(world: World) -> None:
    path = world.place("A-1 1", "B-2 2")
    assert address_of(world.buyer.post(f"{path}/repeat")) == "/cart?notice=order_repeated"
    assert world.shop.cart() == {"A-1": D(1), "B-2": D(2)}
    world.buyer.post("/cart/clear")
    assert world.shop.cart() == {}


def test_what_the_erp_did_is_in_the_history(world: World) -> None:
    path = world.place("A-1 2")
    world.manager.post(f"{path}/confirm", version=version_of(world.manager.get(path)))
    mark_exported(world.shop.db, exported_versions(orders_to_export(world.shop.db)), utc_now())
    line = ErpUpdateLine(product_id="A-1", variant_id="", quantity=D(1))
    update = ErpUpdate(
        number="K-000001", document_id="guid", erp_number="УТ-7", lines=(line,), status_text="К отгрузке"
    )
    apply_erp_update(world.shop.db, update, utc_now())
    page = text_of(world.buyer.get(path))
    for said in ("Передан в 1С", "1С изменила состав", "A-1: 2 → 1 шт", "Номер в 1С: УТ-7", "Статус в 1С: К отгрузке"):
        assert said in page, said


def test_staff_have_no_cart_and_dealers_no_moderation(world: World) -> None:
    assert world.manager.get("/cart").status_code == 403
    assert world.buyer.get("/moderation").status_code == 403
    assert world.buyer.get("/stock").status_code == 403


def test_the_stock_page_shows_levels_by_warehouse(world: World) -> None:
    world.place("A-1 4")
    page = text_of(world.manager.get("/stock"))
    assert re.search(r"A-1 Окно A-1 Тверь 6 \D*6 шт \D*10 \D*4 ", page), page
    assert "B-2" not in text_of(world.manager.get("/stock?q=A-1"))


def _events(shop: Shop) -> list[Event]:
    found = []
    for place in shop.db.query_all(keys.due(shop.settings.id)):
        record = shop.db.get(place.key)
        if record is not None and record.kind == "outbox":
            data = record.data
            found.append(
                Event(
                    id=data["id"],
                    tenant_id=shop.settings.id,
                    name=data["name"],
                    aggregate=data["aggregate"],
                    at=datetime.fromisoformat(data["at"]),
                    data=data["data"],
                )
            )
    return found


def test_each_reader_gets_one_mail_in_their_language(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[mail.Mail] = []
    monkeypatch.setattr(mail, "send", sent.append)
    shop, now = world.shop, utc_now()
    people = (
        User(id="anna", email="anna@f.example", name="Anna", role=Role.SALES_MANAGER, locale="en", created=now),
        User(id="olga", email="olga@f.example", name="Ольга", role=Role.OWNER, locale="ru", created=now),
        User(
            id="boris", email="boris@d.example", name="Boris", role=Role.DEALER_BUYER, locale="ro", created=now,
            party_id=shop.party.id,
        ),
    )  # fmt: skip
    shop.db.commit([user_put(shop.settings.id, person, 0) for person in people])
    path = world.place("A-1 2")
    page = world.manager.get(path)
    world.manager.post(f"{path}/change", **{"version": version_of(page), "q-1": "1", "comment": "осталось мало"})
    page = world.manager.get(path)
    world.manager.post(f"{path}/refuse", version=version_of(page), reason="снято с производства")
    events = [event for event in _events(shop) if event.name in HANDLERS]
    for _ in range(2):
        for event in events:
            HANDLERS[event.name](event, shop.db, now + timedelta(minutes=1))
    by_subject = {one.subject: one for one in sent}
    assert set(by_subject) == {
        "New order K-000001: Светлый дом",
        "Comanda K-000001: modificări și întrebări",
        "Comanda K-000001 este anulată",
    }
    assert len(sent) == 3
    changed = by_subject["Comanda K-000001: modificări și întrebări"]
    assert changed.to == "boris@d.example"
    assert "A-1: 2 → 1" in changed.text
    assert "осталось мало" in changed.html
    assert "снято с производства" in by_subject["Comanda K-000001 este anulată"].text
    assert number_store.order_of_number(shop.db, "K-000001") is not None


def test_the_managers_read_what_the_dealer_changed_and_the_dealer_gets_no_mail_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[mail.Mail] = []
    monkeypatch.setattr(mail, "send", sent.append)
    shop, now = world.shop, utc_now()
    anna = User(id="anna", email="anna@f.example", name="Анна", role=Role.SALES_MANAGER, locale="ru", created=now)
    shop.db.commit([user_put(shop.settings.id, anna, 0)])
    path = world.place("A-1 2")
    world.manager.post(f"{path}/change", **{"version": version_of(world.manager.get(path)), "q-1": "3"})
    world.buyer.post(f"{path}/decline", version=version_of(world.buyer.get(path)), answer="нужно два")
    (edited,) = (event for event in _events(shop) if event.name == "order.edited")
    HANDLERS[edited.name](edited, shop.db, now)
    assert [(one.to, one.subject) for one in sent] == [("anna@f.example", "Светлый дом изменил заказ K-000001")]
    assert "A-1: 3 → 2" in sent[0].text
    assert "нужно два" in sent[0].html


def test_a_quantity_typed_at_checkout_is_shown_with_its_sum_before_the_order_is_placed(world: World) -> None:
    world.buyer.post("/cart/paste", text="A-1 2")
    field = sku("A-1")
    typed = {f"q-{field}": "4", f"was-{field}": "2", "comment": "до обеда"}
    for _ in range(2):  # the same form, sent twice
        shown = world.buyer.post("/cart/place", **typed)
        assert shown.status_code == 200
        assert "Количество изменилось" in text_of(shown)
        assert "до обеда" in shown.body.decode()
        assert f'name="was-{field}" value="4"' in shown.body.decode()
    placed = world.buyer.post("/cart/place", **{**typed, f"was-{field}": "4"})
    page = text_of(world.buyer.get(address_of(placed)))
    assert re.search(r"A-1 \S.* 4 шт", page), page


def test_what_the_manager_has_typed_is_not_lost_by_confirming(world: World) -> None:
    path = world.place("A-1 2")
    version = version_of(world.manager.get(path))
    for typed in ({"q-1": "9", "was-1": "2"}, {"lines": "B-2 1"}, {"comment": "B-2 кончился"}):
        refused = world.manager.post(f"{path}/confirm", version=version, **typed)
        assert refused.status_code == 409
        assert "Отправьте изменения на согласование" in text_of(refused)
        assert all(value in refused.body.decode() for value in typed.values())
    assert "Ждёт подтверждения" in text_of(world.buyer.get(path))
    assert world.manager.post(f"{path}/confirm", version=version, **{"q-1": "2", "was-1": "2"}).status_code == 303


def test_the_manager_opens_a_contract_and_a_wrong_limit_is_named_at_its_field(world: World) -> None:
    path = f"/dealers/{world.shop.party.id}/contracts/{world.shop.contract.id}"
    page = world.manager.get(path)
    assert (page.status_code, "14/2026" in text_of(page)) == (200, True)
    refused = world.manager.post(path, credit_limit="много", deferral_days="14")
    assert (refused.status_code, "много" in refused.body.decode()) == (422, True)
