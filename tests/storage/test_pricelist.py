"""Price lists from the asking to the file, on the page and through the permanent link."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zipfile import ZipFile

import pypdfium2
import pytest

from chalicelib.catalogue.model import sku_id
from chalicelib.gateways import queues
from chalicelib.http import csrf, sessions
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import NotFound, Refused, TooMany
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import LONGEST, JobState
from chalicelib.network.segments import DealerGroup, Segments, StockShown
from chalicelib.network.store import contract_put, party_put, segments_put
from chalicelib.ops.queue_handlers import consume_imports
from chalicelib.pricelist import actions, making, store
from chalicelib.pricelist.jobs import run_price_list
from chalicelib.pricelist.model import FRESH, Format, PriceList, Wish
from chalicelib.stock.actions import erp_levels
from chalicelib.storage import keys
from tests.clients.in_process import InProcess
from tests.clients.onec import Reply
from tests.support.cabinet import cookie_of, signed_in
from tests.support.range import WINDOWS, publish_range
from tests.support.shop import Shop

pytestmark = pytest.mark.usefixtures("tables")
NOW = utc_now()  # what has expired by the real clock is not read
CSV = Wish(format=Format.CSV, locale="ru")


@dataclass
class World:
    """A dealer's shop whose worker's queue is a list and whose bucket is a folder."""

    shop: Shop
    folder: Path
    queue: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, wish: Wish = CSV, once: str = "once", now: datetime = NOW) -> PriceList:
        return actions.ask(self.shop.db, self.shop.buyer, self.shop.contract.id, wish, once, now)

    def work(self, now: datetime = NOW) -> None:
        for body in self.queue:
            run_price_list(body, lambda: now)
        self.queue.clear()

    def found(self, wish: Wish = CSV) -> PriceList:
        one = store.find(self.shop.db, self.shop.contract.id, wish.id)
        assert one
        return one

    def rows(self, wish: Wish = CSV) -> list[list[str]]:
        key = store.file_key(self.shop.db.tenant_id, self.found(wish))
        text = (self.folder / key.replace("/", "-")).read_text("utf-8-sig")
        return list(csv.reader(io.StringIO(text), delimiter=";"))

    def link(self) -> str:
        return actions.make_link(self.shop.db, self.shop.buyer, self.shop.contract.id, "ru", NOW)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    shop = Shop({})
    publish_range(shop.db, tmp_path, monkeypatch)
    told = [(sku_id("window-0", None), {"w1": Decimal(5), "w2": Decimal(2)})]
    erp_levels(shop.db, told, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
    made = World(shop, tmp_path)
    monkeypatch.setattr(queues, "send", lambda _url, body, **_: made.queue.append(body))
    return made


def test_the_file_has_every_listed_sku_in_the_order_of_the_tree_with_this_contracts_prices(world: World) -> None:
    world.ask()
    world.work()
    heads, *rows = world.rows()
    assert heads[:2] == ["Артикул", "Наименование"]
    assert [row[2] for row in rows] == ["Окна / ПВХ"] * 3 + ["Ручки"] * 2
    window = next(row for row in rows if row[1] == WINDOWS[0])
    assert window[4:10] == ["9000,00", "RUB", "22", "1", "от 10: 8\N{NARROW NO-BREAK SPACE}000,00", "7"]
    assert [row[4] for row in rows if row[2] == "Ручки"] == ["", ""], "the contract's price type has none of handles"
    one = world.found()
    assert (one.state, one.done, one.total) == (JobState.DONE, 5, 5)
    assert one.bytes > 0


def test_a_category_is_listed_with_what_is_below_it_and_nothing_else(world: World) -> None:
    wish = replace(CSV, category_id="windows")
    assert world.ask(wish).total == 3
    world.work()
    assert {row[1] for row in world.rows(wish)[1:]} == set(WINDOWS)


def test_a_category_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.ask(replace(CSV, category_id="nowhere"))
    assert not world.queue


PDF = Wish(format=Format.PDF, locale="ru", category_id="windows")


def test_a_category_is_printed_and_its_file_is_fetched_like_any_other(world: World) -> None:
    assert world.ask(PDF).total == 3
    world.work()
    one = world.found(PDF)
    assert (one.state, one.done) == (JobState.DONE, 3)
    key = store.file_key(world.shop.db.tenant_id, one)
    (page,) = pypdfium2.PdfDocument(world.folder / key.replace("/", "-"))
    text = page.get_textpage().get_text_range()
    assert f"Прайс-лист по договору {world.shop.contract.number}" in text
    assert all(name in text for name in WINDOWS)


def test_more_lines_than_a_pdf_holds_are_refused_before_anything_is_asked_of_a_worker(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PDF_UP_TO", 2)
    with pytest.raises(Refused) as refused:
        world.ask(PDF)
    assert (refused.value.code, refused.value.params) == ("price_list_too_long", {"limit": 2, "total": 3})
    assert not world.queue
    assert world.ask(replace(CSV, category_id="windows")).total == 3


def test_only_the_contracts_warehouses_count_as_stock(world: World) -> None:
    contract = replace(world.shop.contract, warehouse_ids=("w2",))
    world.shop.db.commit([contract_put(world.shop.settings.id, contract, 1)])
    world.ask()
    world.work()
    assert {row[1]: row[9] for row in world.rows()[1:]}[WINDOWS[0]] == "2"


def test_a_dealer_who_is_told_of_the_stock_in_words_has_words_in_both_files(world: World) -> None:
    shop = world.shop
    group = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=Decimal(10))
    party = shop.db.fetch(keys.party_profile(shop.settings.id, shop.party.id))
    writes = [
        segments_put(shop.settings.id, Segments(groups=(group,))),
        party_put(shop.settings.id, replace(shop.party, group_id="g"), party.version),
    ]
    shop.db.commit(writes)
    sheet = replace(CSV, format=Format.XLSX)
    world.ask()
    world.ask(sheet, once="sheet")
    world.work()
    told = {row[1]: row[9] for row in world.rows()[1:]}
    assert (told[WINDOWS[0]], set(told.values())) == ("мало", {"мало", "нет"})
    key = store.file_key(shop.db.tenant_id, world.found(sheet))
    with ZipFile(world.folder / key.replace("/", "-")) as book:
        content = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'r="J2" t="inlineStr"' in content
    assert "мало" in content


def test_a_large_file_tells_the_stock_of_the_last_exchange_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "LIVE_UP_TO", 4)
    world.ask()
    world.work()
    heads, *rows = world.rows()
    assert heads[9] == "Остаток по обмену с 1С"
    assert {row[1]: row[9] for row in rows}[WINDOWS[0]] == "5", "the live stock has two more in w2"


def test_the_same_form_twice_and_the_same_wish_meanwhile_are_one_file(world: World) -> None:
    first = world.ask()
    assert world.ask() == first
    assert world.ask(once="another") == first
    assert len(world.queue) == 1
    world.work()
    world.ask()
    assert not world.queue, "the same form after its file was made"
    world.ask(once="later")
    assert len(world.queue) == 1


def test_a_message_delivered_again_makes_nothing_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ask()
    again = list(world.queue)
    world.work()
    monkeypatch.setattr(making, "_make", None)
    for body in again:
        run_price_list(body, lambda: NOW)
    assert world.found().is_done


def test_an_asking_that_was_overtaken_by_another_is_not_made(world: World) -> None:
    world.ask()
    late = world.queue.pop()
    second = world.ask(once="second", now=NOW + LONGEST)
    run_price_list(late, lambda: NOW + LONGEST)
    assert world.found() == second
    world.work(NOW + LONGEST)
    assert world.found().is_done


def test_a_file_that_cannot_be_made_says_so_and_can_be_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ask()
    with monkeypatch.context() as broken:
        broken.setattr(making, "write", None)
        world.work()
    assert world.found().state is JobState.FAILED
    world.ask(once="again")
    world.work()
    assert world.found().is_done


def test_the_worker_tells_how_far_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[JobState, int]] = []
    commit = type(world.shop.db).commit

    def watched(session: Any, writes: Any) -> None:
        commit(session, writes)
        seen.append((world.found().state, world.found().done))

    world.ask()
    ticks = (NOW + timedelta(seconds=3 * n) for n in range(100))
    monkeypatch.setattr(type(world.shop.db), "commit", watched)
    run_price_list(world.queue[0], lambda: next(ticks))
    assert seen == [(JobState.WORKING, 0), (JobState.WORKING, 5), (JobState.DONE, 5)]


def test_the_import_worker_takes_price_lists_from_its_queue(world: World) -> None:
    world.ask(now=utc_now())
    message = {"messageId": "1", "attributes": {"MessageGroupId": "g"}, "body": json.dumps(world.queue[0])}
    assert consume_imports({"Records": [message]}) == {"batchItemFailures": []}
    assert world.found().is_done


# --- the permanent link ------------------------------------------------------------------------------------


def test_a_link_has_the_file_made_and_then_leads_to_it(world: World) -> None:
    token = world.link()
    assert not actions.by_link(f"{token}.csv", NOW).is_ready
    assert not actions.by_link(f"{token}.csv", NOW).is_ready
    assert len(world.queue) == 1
    world.work()
    assert actions.by_link(f"{token}.csv", NOW + FRESH - timedelta(seconds=1)).is_ready
    assert not world.queue
    assert not actions.by_link(f"{token}.csv", NOW + FRESH).is_ready, "prices as of now"
    assert len(world.queue) == 1


def test_only_the_links_own_address_leads_anywhere(world: World) -> None:
    token = world.link()
    tenant, contract, secret = token.split(".")
    other = Shop({})
    for wrong in (
        token,
        f"{token}.pdf",
        f"{tenant}.{contract}.{secret[:-1]}x.csv",
        f"{tenant}.{contract}..csv",
        f"{other.settings.id}.{contract}.{secret}.csv",
        f"{tenant}.{other.contract.id}.{secret}.csv",
        f"nobody.{contract}.{secret}.csv",
        "",
    ):
        with pytest.raises(NotFound):
            actions.by_link(wrong, NOW)
    assert not world.queue


def test_a_link_ends_when_it_is_revoked_or_replaced(world: World) -> None:
    first = world.link()
    second = world.link()
    with pytest.raises(NotFound):
        actions.by_link(f"{first}.csv", NOW)
    actions.by_link(f"{second}.csv", NOW)
    actions.revoke_link(world.shop.db, world.shop.buyer, world.shop.contract.id, NOW)
    with pytest.raises(NotFound):
        actions.by_link(f"{second}.csv", NOW)
    notes = world.shop.db.query_all(keys.audit(world.shop.settings.id, f"party/{world.shop.party.id}"))
    assert sorted(note.data["action"] for note in notes) == ["price_link_made"] * 2 + ["price_link_revoked"]


@pytest.mark.parametrize("what", ["contract", "party"])
def test_a_link_answers_as_if_it_never_was_while_the_contract_or_the_dealer_is_blocked(world: World, what: str) -> None:
    token, shop = world.link(), world.shop
    if what == "contract":
        shop.db.commit([contract_put(shop.settings.id, replace(shop.contract, blocked=True), 1)])
    else:
        shop.db.commit([party_put(shop.settings.id, replace(shop.party, blocked=True), 1)])
    with pytest.raises(NotFound):
        actions.by_link(f"{token}.csv", NOW)


def test_a_link_is_asked_sixty_times_in_a_quarter_of_an_hour_at_most(world: World) -> None:
    token = world.link()
    for second in range(60):
        actions.by_link(f"{token}.csv", NOW + timedelta(seconds=second))
    with pytest.raises(TooMany):
        actions.by_link(f"{token}.csv", NOW + timedelta(minutes=2))
    actions.by_link(f"{token}.csv", NOW + timedelta(minutes=15))


def test_the_secret_of_a_link_is_stored_nowhere(world: World) -> None:
    secret = world.link().split(".")[2]
    record = world.shop.db.get(keys.price_link(world.shop.settings.id, world.shop.contract.id))
    assert record
    assert secret not in str(record)


# --- pages -------------------------------------------------------------------------------------------------


@dataclass
class Person:
    cookie: str

    def get(self, path: str) -> Reply:
        return InProcess()("GET", path, self._headers(), b"")

    def post(self, path: str, **fields: str) -> Reply:
        body = urlencode({"csrf": csrf.token_for(self.cookie.split(".", 1)[1]), **fields}).encode()
        return InProcess()("POST", path, self._headers(), body)

    def _headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{sessions.cookie_name()}={self.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }


def person(shop: Shop, role: Role = Role.DEALER_BUYER, contract_id: str = "") -> Person:
    return Person(cookie_of(shop, signed_in(shop, role, contract_id=contract_id)))


def _text(reply: Reply) -> str:
    return unescape(reply.body.decode())


def test_a_buyer_has_a_list_made_sees_how_far_it_is_and_downloads_it(world: World) -> None:
    buyer = person(world.shop)
    page = _text(buyer.get("/price-lists?category=windows"))
    assert 'value="windows" selected' in page
    once = re.search(r'name="once" value="(\w+)"', page)
    assert once
    answer = buyer.post("/price-lists", once=once.group(1), format="csv", category="windows")
    assert answer.status == 303
    page = _text(buyer.get("/price-lists"))
    assert "Ждёт очереди" in page
    assert 'hx-trigger="every 2s"' in page
    assert 'http-equiv="refresh"' in page
    world.work(utc_now())
    page = _text(buyer.get("/price-lists"))
    assert "3 строки" in page
    assert "hx-trigger" not in page
    href = re.search(r'href="(/price-lists/\w{20})"', page)
    assert href
    away = buyer.get(href.group(1))
    assert away.status == 303
    address = urlsplit(away.headers["location"][0])
    assert address.path.endswith(
        f"/made/T/{world.shop.settings.id}/price-lists/{world.shop.contract.id}/{href.group(1)[-20:]}.csv"
    )
    asked = parse_qs(address.query)
    assert "X-Amz-Signature" in asked
    assert asked["X-Amz-Expires"] == ["300"]
    assert "filename" in asked["response-content-disposition"][0]


def test_a_list_that_is_not_ready_and_one_of_another_contract_are_not_found(world: World) -> None:
    one = world.ask()
    assert person(world.shop).get(f"/price-lists/{one.id}").status == 404
    world.work()
    assert person(world.shop).get(f"/price-lists/{one.id}").status == 303
    assert person(world.shop, contract_id=new_id(NOW)).get(f"/price-lists/{one.id}").status == 404


def test_a_link_is_shown_once_works_without_signing_in_and_says_when_to_come_again(world: World) -> None:
    buyer = person(world.shop)
    page = _text(buyer.post("/price-lists/link"))
    address = re.search(r"http://\S+/price-list/([\w.-]+)\.csv", page)
    assert address
    assert address.group(1) not in _text(buyer.get("/price-lists"))
    path = f"/price-list/{address.group(1)}.csv"
    waiting = InProcess()("GET", path, {}, b"")
    assert (waiting.status, waiting.headers["retry-after"]) == (503, ["10"])
    world.work(utc_now())
    assert InProcess()("GET", path, {}, b"").status == 303
    assert buyer.post("/price-lists/link/revoke").status == 303
    assert InProcess()("GET", path, {}, b"").status == 404


def test_a_dealers_accountant_downloads_but_gives_out_no_links(world: World) -> None:
    accountant = person(world.shop, Role.DEALER_ACCOUNTANT)
    page = _text(accountant.get("/price-lists"))
    assert "/price-lists/link" not in page
    assert accountant.post("/price-lists/link").status == 403


def test_before_the_first_import_the_page_says_that_there_is_nothing_to_list(tables: None) -> None:
    page = _text(person(Shop({})).get("/price-lists"))
    assert "ещё не выгрузил каталог" in page


def test_the_catalogue_leads_a_dealer_to_the_list_of_the_category(world: World) -> None:
    assert 'href="/price-lists?category=pvc"' in _text(person(world.shop).get("/catalogue?category=pvc"))
