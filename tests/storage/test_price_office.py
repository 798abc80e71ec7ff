"""The back office of prices: lists and their rows, as the manufacturer's people make and switch them."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import xlsxwriter

from chalicelib.catalogue.model import sku_id
from chalicelib.gateways import queues
from chalicelib.http import csrf, sessions
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import SILENT, UNTAKEN, JobState
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.network.model import ContractMark, PriceType
from chalicelib.network.segments import DealerGroup, Segments
from chalicelib.network.store import party_put, price_types_write, segments_put
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.pricing import contracting, importing, store
from chalicelib.pricing.actions import PriceChange, load_book, upload_rows
from chalicelib.pricing.contracting import ContractPrices
from chalicelib.pricing.discounts import Step
from chalicelib.pricing.explaining import explain_price
from chalicelib.pricing.jobs import run_price_rows
from chalicelib.pricing.lists import ListRow, OwnList
from chalicelib.pricing.model import Origin, Quote, Strategy
from chalicelib.pricing.rates import ExchangeRate
from chalicelib.pricing.sheet import guessed
from chalicelib.storage import files
from chalicelib.storage.worker import Progress
from tests.clients.in_process import InProcess
from tests.clients.onec import Reply
from tests.support.cabinet import cookie_of, signed_in
from tests.support.range import publish_range
from tests.support.shop import D, Shop

pytestmark = pytest.mark.usefixtures("tables")
WINDOW, HANDLE = sku_id("window-0", None), sku_id("handle", "b")


@dataclass
class Desk:
    """A person of the manufacturer at the pages of prices; the bucket is a folder, the worker's queue a list."""

    shop: Shop
    folder: Path
    cookie: str
    queue: list[dict[str, Any]] = field(default_factory=list)

    def get(self, path: str) -> Reply:
        return InProcess()("GET", path, self._headers(), b"")

    def post(self, path: str, once: str = "", **fields: str) -> Reply:
        typed = {"version": str(load_book(self.shop.db)[1]), "once": once or new_id(utc_now()), **fields}
        return self.post_pairs(path, list(typed.items()))

    def post_pairs(self, path: str, pairs: list[tuple[str, str]]) -> Reply:
        token = csrf.token_for(self.cookie.split(".", 1)[1])
        once = [] if "once" in dict(pairs) else [("once", new_id(utc_now()))]
        return InProcess()("POST", path, self._headers(), urlencode([("csrf", token), *once, *pairs]).encode())

    def _headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{sessions.cookie_name()}={self.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def text(self, path: str) -> str:
        reply = self.get(path)
        assert reply.status == 200, path
        return text(reply)

    def made(self, name: str = "Опт", **fields: str) -> str:
        """A new list; its id."""
        typed = {"name": name, "currency": "RUB", "vat": "included", **fields}
        return went(self.post("/prices/lists/new", **typed)).rpartition("/")[2]

    def own(self, list_id: str) -> OwnList:
        found = load_book(self.shop.db)[0].find(list_id)
        assert found
        return found

    def rows(self, list_id: str) -> list[ListRow]:
        return list(store.opened(self.shop.db.tenant_id, self.own(list_id).versions[-1]).rows())

    def brought(self, list_id: str, name: str, content: bytes) -> tuple[str, str]:
        """Brings a file as a browser and S3 do: the upload's page, and the key that the browser is sent back with."""
        page = went(self.post(f"/prices/lists/{list_id}/upload"))
        key = f"{store.upload_folder(self.shop.db.tenant_id, page.rpartition('/')[2])}/{name}"
        (self.folder / key.replace("/", "-")).write_bytes(content)
        return page, key

    def upload(self, list_id: str, name: str, content: bytes) -> str:
        """Brings a file and says that it is to be read, with the columns that are seen in it; the upload's page."""
        page, key = self.brought(list_id, name, content)
        seen = self.text(f"{page}?{urlencode({'key': key})}")
        assert went(self.post(page, key=key, head=head_of(seen), **columns_of(seen))) == page
        return page

    def work(self) -> None:
        for body in self.queue:
            run_price_rows(body, utc_now)


def columns_of(page: str) -> dict[str, str]:
    """What is chosen for each column."""
    selects = re.findall(r'<select name="(column_\d+)".*?value="([^"]*)" selected', page, re.DOTALL)
    return dict(selects)


def head_of(page: str) -> str:
    return re.findall('name="head" value="([0-9]+)"', page)[-1]


def went(reply: Reply) -> str:
    """Where a form that was carried out leads, without its notice."""
    assert reply.status == 303, text(reply)
    return reply.headers["location"][0].partition("?")[0]


def text(reply: Reply) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", unescape(reply.body.decode()))


def sheet(*rows: tuple[object, ...]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return content.getvalue()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    shop = Shop({})
    catalogue = publish_range(shop.db, tmp_path, monkeypatch)
    types = [PriceType(id=one.id, name=one.name, currency=one.currency) for one in catalogue.price_types()]
    shop.db.commit([price_types_write(shop.settings.id, types)])
    return desk_of(shop, tmp_path, monkeypatch)


def desk_of(shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch, role: Role = Role.SALES_MANAGER) -> Desk:
    made = Desk(shop, folder, cookie_of(shop, signed_in(shop, role)))
    monkeypatch.setattr(queues, "send", lambda _url, body, **_: made.queue.append(body))
    monkeypatch.setattr(importing, "form_for", lambda *_: files.UploadForm("https://s3.example/bucket", {"key": "k"}))
    return made


def test_a_list_is_made_typed_put_in_force_and_gone_back_from(desk: Desk) -> None:
    one = desk.made()
    page = f"/prices/lists/{one}"
    typed = {"new_article_0": "ОК-1300", "new_price_0": "7 500,50", "pasted": "RH-5b\t1"}
    refused = desk.post(f"{page}/rows", **typed)
    assert refused.status == 422
    assert "Такого артикула в каталоге нет" in text(refused)
    assert 'value="ОК-1300"' in text(refused), "what was typed is shown again"
    went(desk.post(f"{page}/rows", **(typed | {"pasted": "ОК-1300\t7000\t10"})))
    assert desk.rows(one) == [
        ListRow(sku=WINDOW, amount=D("7500.50")),
        ListRow(sku=WINDOW, amount=D("7000"), min_quantity=D(10)),
    ]
    assert desk.own(one).version_at(utc_now()) is None, "a new version is in force only when it was put there"
    assert "Не введён в действие" in desk.text("/prices")

    went(desk.post(f"{page}/activate", number="1"))
    row = {"row_0": f"{WINDOW}\t\t0", "price_0": "7000", "row_1": f"{WINDOW}\t\t10", "gone_1": "1"}
    went(desk.post(f"{page}/rows", **row))
    assert desk.rows(one) == [ListRow(sku=WINDOW, amount=D(7000))]
    went(desk.post(f"{page}/activate", number="2"))
    assert desk.own(one).activation_at(utc_now()).number == 2  # type: ignore[union-attr]
    assert "Вернуться к ней" in desk.text(page)
    went(desk.post(f"{page}/activate", number="1"))
    assert desk.own(one).activation_at(utc_now()).number == 1  # type: ignore[union-attr]


def test_a_version_is_planned_for_a_moment_in_the_tenants_zone_and_called_off(desk: Desk) -> None:
    page = f"/prices/lists/{(one := desk.made())}"
    went(desk.post(f"{page}/rows", new_article_0="ОК-1300", new_price_0="1"))
    tomorrow = (utc_now() + timedelta(days=1)).astimezone().strftime("%Y-%m-%d")
    went(desk.post(f"{page}/activate", number="1", at=f"{tomorrow}T09:00"))
    (planned,) = desk.own(one).planned(utc_now())
    assert planned.since == datetime.fromisoformat(f"{tomorrow}T09:00:00+03:00")
    assert "Запланирована" in desk.text(page)
    went(desk.post(f"{page}/call-off"))
    assert desk.own(one).planned(utc_now()) == ()
    passed = desk.post(f"{page}/activate", number="1", at="2020-01-01T09:00")
    assert (passed.status, "Этот момент уже прошёл" in text(passed)) == (409, True)
    assert desk.post(f"{page}/activate", number="1", at="завтра").status == 422


def test_what_somebody_else_changed_meanwhile_is_told_and_the_same_form_twice_makes_one_list(desk: Desk) -> None:
    seen = str(load_book(desk.shop.db)[1])
    once = new_id(utc_now())
    first = desk.made(once=once)
    assert desk.made(once=once, version=seen) == first
    late = desk.post("/prices/lists/new", name="Розница", currency="RUB", vat="included", version=seen)
    assert (late.status, "Цены уже изменил кто-то другой" in text(late)) == (409, True)
    assert 'value="Розница"' in text(late)
    assert [one.name for one in load_book(desk.shop.db)[0].lists] == ["Опт"]


def test_a_list_is_derived_shown_on_products_and_never_in_a_circle(desk: Desk) -> None:
    typed = {"name": "Плюс 5 %", "base": "p", "factor": "1,05", "step": "100", "surcharge": "-0,01"}
    shown = text(desk.post("/prices/lists/derive", preview="1", **typed))
    assert "9 499,99 ₽" in shown, "9000 × 1.05 = 9450 → 9500 − 0.01"
    assert load_book(desk.shop.db)[0].lists == ()
    one = went(desk.post("/prices/lists/derive", **typed)).rpartition("/")[2]
    other = went(desk.post("/prices/lists/derive", **(typed | {"name": "Ещё", "base": one}))).rpartition("/")[2]
    circle = desk.post(f"/prices/lists/{one}/edit", **(typed | {"base": other}))
    assert circle.status == 409
    assert re.search("по кругу: (Плюс 5 % → Ещё → Плюс 5 %|Ещё → Плюс 5 % → Ещё)", text(circle))
    in_use = desk.post(f"/prices/lists/{one}/remove")
    assert (in_use.status, "Сначала уберите" in text(in_use)) == (409, True)
    went(desk.post(f"/prices/lists/{other}/remove"))
    went(desk.post(f"/prices/lists/{one}/remove"))
    assert load_book(desk.shop.db)[0].lists == ()


def test_good_rows_of_a_file_become_a_version_and_bad_ones_are_named_and_given_back(desk: Desk) -> None:
    one = desk.made()
    content = sheet(
        ("Прайс завода",),
        ("Артикул", "Цена, руб.", "От количества", "Ед. изм.", "Коэффициент"),
        ("ОК-1300", 19.99, 0, "шт"),
        ("ок 1300", 19.99),
        ("ОК-1300", 20),
        ("ОК-1301", 180, 10, "уп", 10),
        ("RH-5", 5),
        ("нет такого", 5),
        ("ОК-1302", -1),
        ("ОК-1302", "дорого"),
        ("ОК-1302", 1, 0, "ящик"),
        ("", 7),
    )
    page = desk.upload(one, "цены.xlsx", content)
    assert "ждёт очереди" in desk.text(page)
    desk.work()
    desk.work()
    assert sorted(desk.rows(one), key=lambda row: row.amount) == [
        ListRow(sku=WINDOW, amount=D("19.99")),
        ListRow(sku=sku_id("window-1", None), amount=D(180), unit="уп", coefficient=D(10), min_quantity=D(10)),
    ]
    assert len(desk.own(one).versions) == 1, "a message that comes twice is worked once"
    assert desk.own(one).version_at(utc_now()) is None
    said = desk.text(page)
    reasons = dict(re.findall(r'>(\d+)</td>.*?<td class="what wrap">(.*?)</td>', said))
    assert reasons == {
        "5": "В строке 3 у этого товара другая цена",
        "7": "Артикул подходит нескольким товарам: 2",
        "8": "Такого артикула в каталоге нет",
        "9": "Цена «-1» не подходит: нужно число больше нуля, не больше шести знаков после запятой",
        "10": "Цена «дорого» не подходит: нужно число больше нуля, не больше шести знаков после запятой",
        "11": "Для единицы «ящик» нужен коэффициент: сколько в ней базовых",
        "12": "Нет ни артикула, ни штрихкода",
    }
    key = store.rejected_key(desk.shop.db.tenant_id, page.rpartition("/")[2])
    head, *rejected = rows_of(io.BytesIO((desk.folder / key.replace("/", "-")).read_bytes()))
    assert head.cells[-2:] == ("Строка", "Почему не принята")
    assert [row.cells[5] for row in rejected] == list(reasons)


def test_a_file_whose_message_was_lost_or_whose_worker_died_is_read_after_a_while(
    desk: Desk,
) -> None:
    list_id = desk.made()
    desk.upload(list_id, "цены.csv", "Артикул;Цена\nОК-1300;10\n".encode())
    desk.queue.clear()
    tenant_id = desk.shop.db.tenant_id
    run_due(tenant_id, due_handler, utc_now() + UNTAKEN + timedelta(seconds=5))
    assert len(desk.queue) == 1
    (upload,) = store.last_uploads(desk.shop.db, list_id)
    desk.shop.db.commit([store.upload_put(tenant_id, replace(upload, state=JobState.WORKING))])
    desk.queue.clear()
    run_due(tenant_id, due_handler, upload.touched + SILENT + timedelta(seconds=5))
    desk.work()
    (upload,) = store.last_uploads(desk.shop.db, list_id)
    assert upload.state is JobState.DONE


def test_a_file_that_is_read_again_names_its_own_version_and_not_one_made_since(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = desk.made()
    desk.upload(list_id, "цены.csv", "Артикул;Цена\nОК-1300;10\n".encode())
    write = Progress.write

    def dies(self: Progress[Any], **changes: Any) -> Any:
        if changes.get("state") is JobState.DONE:
            raise SystemExit
        return write(self, **changes)

    with monkeypatch.context() as dying:
        dying.setattr(Progress, "write", dies)
        with pytest.raises(SystemExit):
            desk.work()
    wish = PriceChange(
        actor=desk.shop.manager, version=None, key=new_id(utc_now()), action="list.rows", about={}, now=utc_now()
    )
    upload_rows(desk.shop.db, wish, list_id, [ListRow(sku=WINDOW, amount=D(999))])
    desk.work()
    (upload,) = store.last_uploads(desk.shop.db, list_id)
    assert (upload.state, upload.number) == (JobState.DONE, 1)
    assert [one.number for one in desk.own(list_id).versions] == [1, 2]


def test_columns_that_are_not_understood_are_chosen_by_a_person_and_remembered(desk: Desk) -> None:
    one = desk.made()
    page, key = desk.brought(one, "x.csv", "Цвет;Номер;За штуку\nбелый;ОК-1300;10\n".encode())
    seen = desk.text(f"{page}?{urlencode({'key': key})}")
    assert columns_of(seen) == {"column_0": "", "column_1": "", "column_2": ""}
    assert "белый" in seen, "the first rows are there to choose by"
    for columns, said in (
        (("", "", ""), "Укажите, в какой колонке"),
        (("price", "", ""), "Укажите, в какой колонке"),
        (("price", "article", "price"), "Две колонки"),
        (("", "article", "discount"), "Такого значения у колонки нет"),
    ):
        wrong = desk.post(page, key=key, head="1", **{f"column_{place}": one for place, one in enumerate(columns)})
        assert (wrong.status, said in text(wrong)) == (422, True)
    assert desk.queue == []
    assert went(desk.post(page, key=key, head="1", column_0="", column_1="article", column_2="price")) == page
    desk.work()
    assert desk.rows(one) == [ListRow(sku=WINDOW, amount=D(10))]
    page, key = desk.brought(one, "y.csv", "За штуку;Номер;Цвет\n11;ОК-1300;белый\n".encode())
    seen = desk.text(f"{page}?{urlencode({'key': key})}")
    assert "как в прошлый раз" in seen
    assert columns_of(seen) == {"column_0": "price", "column_1": "article", "column_2": ""}
    assert desk.post(page, key="uploads/another").status == 404


def test_columns_of_one_name_are_guessed_anew_each_time(desk: Desk) -> None:
    one = desk.made()
    for name in ("x.csv", "y.csv"):
        page, key = desk.brought(one, name, "Артикул;Цена;Цена\nОК-1300;10;11\n".encode())
        seen = columns_of(desk.text(f"{page}?{urlencode({'key': key})}"))
        assert seen == {"column_0": "article", "column_1": "price", "column_2": ""}
        went(desk.post(page, key=key, head="1", **seen))


def test_a_currency_behind_an_amount_is_no_part_of_the_number(desk: Desk) -> None:
    one = desk.made()
    page, key = desk.brought(one, "x.csv", "Артикул;Цена\nОК-1300;9 900,50 ₽\nОК-1301;31000р.\n".encode())
    went(desk.post(page, key=key, head="1", column_0="article", column_1="price"))
    desk.work()
    assert sorted(row.amount for row in desk.rows(one)) == [D("9900.50"), D(31000)]


def test_the_row_that_names_the_columns_is_a_persons_to_say(desk: Desk) -> None:
    one = desk.made()
    page, key = desk.brought(one, "x.csv", "Артикул;Цена\nАртикул;Цена\nОК-1300;10\n".encode())
    seen = desk.text(f"{page}?{urlencode({'key': key, 'head': '2'})}")
    assert (head_of(seen), columns_of(seen)) == ("2", {"column_0": "article", "column_1": "price"})
    went(desk.post(page, key=key, head="2", **columns_of(seen)))
    desk.work()
    (upload,) = store.last_uploads(desk.shop.db, one)
    assert (upload.read, upload.bad) == (1, 0)


def test_a_file_that_cannot_be_read_is_said_and_leaves_the_list(desk: Desk) -> None:
    one = desk.made()
    page, key = desk.brought(one, "x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    refused = desk.get(f"{page}?{urlencode({'key': key})}")
    assert (refused.status, "XLSX" in text(refused)) == (422, True)
    assert desk.post(page, key=key, head="1").status == 422
    assert (desk.queue, desk.own(one).versions) == ([], ())


def test_what_is_downloaded_can_be_uploaded_again_and_no_name_becomes_a_formula(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.made()
    desk.upload(one, "=1+1.csv", "ОК-1300;7,5\nОК-1301;8\n".encode("cp1251"))
    desk.work()
    kept: list[str] = []

    def address(_tenant_id: str, key: str, **_: object) -> str:
        kept.append(key)
        return "https://s3.example/file"

    monkeypatch.setattr(files, "address", address)
    assert desk.get(f"/prices/lists/{one}/versions/1").status == 303
    content = (desk.folder / kept[0].replace("/", "-")).read_bytes()
    assert guessed(next(rows_of(io.BytesIO(content))).cells).index("least") == 3
    desk.upload(one, "again.xlsx", content)
    desk.work()
    first, second = desk.own(one).versions
    assert first.sha256 == second.sha256
    assert desk.get(f"/prices/lists/{one}/versions/7").status == 409
    assert Decimal(first.rows) == 2


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.WAREHOUSE])
def test_others_neither_see_nor_change_prices(desk: Desk, monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    other = desk_of(desk.shop, desk.folder, monkeypatch, role)
    assert other.get("/prices").status == 403
    assert other.post("/prices/lists/new", name="x", currency="RUB", vat="included").status == 403
    assert 'href="/prices"' not in text(other.get("/catalogue"))


def test_lists_are_given_to_groups_regions_and_everybody_in_their_order(desk: Desk) -> None:
    group = DealerGroup(id=new_id(utc_now()), name="Золото")
    desk.shop.db.commit([segments_put(desk.shop.settings.id, Segments(groups=(group,)))])
    one = desk.made()
    page = f"/prices/assignments/{group.id}"
    token = {"version": str(load_book(desk.shop.db)[1])}
    body = [("list", "p"), ("list", one), ("list", ""), ("list", one), ("list", "gone")]
    went(desk.post_pairs(page, [*token.items(), *body]))
    went(desk.post_pairs("/prices/assignments/default", [("version", "2"), ("list", one)]))
    went(desk.post("/prices/assignments", strategy="best"))
    book, _ = load_book(desk.shop.db)
    assert (book.groups, book.default, book.strategy) == ({group.id: ("p", one)}, (one,), Strategy.BEST)
    assert "Дилерская → Опт" in desk.text("/prices/assignments")
    assert "все контрагенты, группы: 1" in desk.text("/prices")
    used = desk.text(f"/prices/lists/{one}")
    assert "Золото" in used
    assert "Все контрагенты" in used
    assert desk.post("/prices/assignments/nowhere", list="p").status == 404


def test_a_discount_is_kept_with_what_it_names_and_one_that_disagrees_is_refused_with_both_names(desk: Desk) -> None:
    typed = {"name": "Зима", "kind": "product", "interaction": "exclusive", "priority": "3", "percent_0": "5"}
    wrong = desk.post("/prices/discounts/new", **(typed | {"percent_1": "120", "least_1": "3"}), articles="нет")
    assert wrong.status == 422
    assert "Нет в каталоге или подходит нескольким товарам: нет" in text(wrong)
    assert "больше 0 и меньше 100" in text(wrong)
    assert "назовите артикулы" in text(desk.post("/prices/discounts/new", **typed))
    went(desk.post("/prices/discounts/new", **typed, articles="ОК-1300"))
    (kept,) = load_book(desk.shop.db)[0].discounts
    assert (kept.skus, kept.steps, kept.priority) == ((WINDOW,), (Step(percent=D(5)),), 3)
    other = {"name": "Марка", "kind": "brand", "interaction": "best", "priority": "3", "percent_0": "7,5"}
    refused = desk.post("/prices/discounts/new", **other, brands="КБЕ")
    assert refused.status == 409
    assert "«Зима» и «Марка» с приоритетом 3 противоречат" in text(refused)
    assert 'value="7,5"' in text(refused)
    went(desk.post("/prices/discounts/new", **(other | {"priority": "4"}), brands="КБЕ"))
    page = f"/prices/discounts/{kept.id}"
    assert "ОК-1300" in desk.text(page)
    went(desk.post(page, **(typed | {"percent_0": "6"}), articles="ОК-1300"))
    assert "6 %" in desk.text("/prices/discounts")
    went(desk.post(f"{page}/remove"))
    assert [one.name for one in load_book(desk.shop.db)[0].discounts] == ["Марка"]


def test_an_exchange_rate_is_added_in_place_of_the_days_and_removed(desk: Desk) -> None:
    went(desk.post("/prices/rates", currency="EUR", rate="98,5", since="2026-01-01"))
    went(desk.post("/prices/rates", currency="EUR", rate="99", since="2026-01-01"))
    assert load_book(desk.shop.db)[0].rates == (ExchangeRate(currency="EUR", rate=D(99), since=date(2026, 1, 1)),)
    wrong = desk.post("/prices/rates", currency="RUB", rate="0")
    assert (wrong.status, "Введите число больше нуля" in text(wrong)) == (422, True)
    went(desk.post("/prices/rates/remove", currency="EUR", since="2026-01-01"))
    assert load_book(desk.shop.db)[0].rates == ()


def test_a_contract_shows_its_chain_and_has_lists_prices_and_rates_of_its_own(desk: Desk) -> None:
    party_id, contract = desk.shop.party.id, desk.shop.contract
    page, one = f"/prices/contracts/{party_id}/{contract.id}", desk.made()
    mark = ContractMark(id=contract.id, number=contract.number, currency=contract.currency)
    desk.shop.db.commit([party_put(desk.shop.settings.id, replace(desk.shop.party, contracts=(mark,)), 1)])

    def seen() -> ContractPrices:
        return contracting.look(desk.shop.db, party_id, contract.id, utc_now())

    went(desk.post(f"{page}/lists", list=one, version=str(seen().contract_version)))
    assert desk.post(f"{page}/lists", list="p", version="0").status == 409, "somebody else has changed the contract"
    assert seen().basis.contract.price_list_ids == (one,)
    assert "договоры: 1" in desk.text("/prices")

    typed = {"new_article_0": "ОК-1300", "new_price_0": "6 500"}
    went(desk.post(f"{page}/rows", version="0", **typed))
    went(desk.post(f"{page}/rates", version="1", currency="EUR", rate="95"))
    assert [link.origin for link in seen().terms.chain][:2] == [Origin.PERSONAL, Origin.CONTRACT]
    price = explain_price(desk.shop.db, desk.shop.manager, contract.id, WINDOW, None, utc_now()).answer
    assert isinstance(price, Quote)
    assert (price.price, price.price_list.origin) == (D(6500), Origin.PERSONAL), "personal prices hold at once"
    shown = desk.text(page)
    assert "Строк с ценами: 1" in shown
    assert "EUR" in shown
    unchanged = desk.post(f"{page}/rows", version="2", **typed)
    assert (unchanged.status, "Ничего не изменилось" in text(unchanged)) == (409, True)
    went(desk.post(f"{page}/rates/remove", version="2", currency="EUR", since=""))
    went(desk.post(f"{page}/rows", version="3", row_0=f"{WINDOW}\t\t0", gone_0="1"))
    assert "Персональных цен нет" in desk.text(page)
    assert desk.get(f"/prices/contracts/{new_id(utc_now())}/{contract.id}").status == 404


def test_the_prices_of_the_erp_are_looked_at_page_by_page_and_one_is_found(desk: Desk) -> None:
    assert 'href="/prices/types/p"' in desk.text("/prices")
    page = desk.text("/prices/types/p")
    assert "9 000,00" in page
    assert "Ручка" not in page, "what has no price of this type is not there"
    found = desk.text("/prices/types/p?q=ОК-1301")
    assert ("10 000,00" in found, "9 000,00" in found) == (True, False)
    assert desk.get("/prices/types/nowhere").status == 404


def test_the_base_of_a_derived_list_is_chosen_by_a_person(desk: Desk) -> None:
    page = desk.text("/prices/lists/derive")
    assert re.search(r'<select id="f-base"[^>]*><option value="" selected>— выберите —</option>', page)
    refused = desk.post("/prices/lists/derive", name="Опт", base="", factor="1")
    assert (refused.status, load_book(desk.shop.db)[0].lists) == (422, ())
