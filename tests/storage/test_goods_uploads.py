"""Files with goods from the choice of columns to the catalogue, on the pages and in the worker."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from chalicelib.catalogue.model import Query, sku_id
from chalicelib.exchange import runs
from chalicelib.gateways import queues
from chalicelib.goods import store
from chalicelib.goods.jobs import run_goods
from chalicelib.goods.model import Upload
from chalicelib.http import csrf, sessions
from chalicelib.kernel.access import Role
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import JobState
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.stock.store import levels
from chalicelib.storage import files, snapshots
from chalicelib.storage.files import UploadForm
from chalicelib.tenancy.model import StockKind
from tests.clients.in_process import InProcess
from tests.clients.onec import Reply
from tests.storage.exchange_world import World
from tests.storage.exchange_world import world as world

_HEAD = "Артикул;Наименование;Группа;Ед.;НДС;Цена Розница;Остаток Север;Цвет\n"
_MEANT = ("article", "name", "category", "unit", "vat", "price", "stock", "attribute")


@dataclass
class Office:
    """A sales manager at the pages; the worker runs when it is told to."""

    world: World
    cookie: str

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Reply:
        body = {"csrf": csrf.token_for(self.cookie.split(".", 1)[1]), "once": new_id(self.world.now), **(fields or {})}
        headers = {"cookie": f"{sessions.cookie_name()}={self.cookie}", "accept-language": "ru"}
        headers |= {"content-type": "application/x-www-form-urlencoded"}
        return InProcess()(method, path, headers, urlencode(body).encode() if method == "POST" else b"")

    def text(self, path: str) -> str:
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status)
        return unescape(answer.body.decode())

    def bring(self, content: bytes | str, name: str = "товары.csv") -> tuple[str, str]:
        """What the browser does: (upload's address, the key that S3 sends it back with)."""
        address = self.ask("POST", "/goods/uploads").headers["location"][0]
        key = store.file_key(self.world.tenant_id, address.rpartition("/")[2], name)
        self.world.blobs[key] = content.encode() if isinstance(content, str) else content
        return address, key

    def take(self, content: bytes | str, meant: tuple[str, ...] = _MEANT, **fields: str) -> Upload:
        address, key = self.bring(content)
        columns = {f"column_{place}": meaning for place, meaning in enumerate(meant)}
        answer = self.ask("POST", address, {"name": key.rpartition("/")[2], "head": "1", **columns, **fields})
        assert answer.status == 303, (answer.status, unescape(answer.body.decode())[:3000])
        self.work()
        return self.upload(address)

    def upload(self, address: str) -> Upload:
        return store.load_upload(self.world.db, address.rpartition("/")[2])

    def work(self) -> None:
        while self.world.queue:
            run_goods(self.world.queue.pop(0), lambda: self.world.now)


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Office:
    world.eager = False
    person = sessions.SignedIn(
        tenant_id=world.tenant_id, tenant_name="Завод", currency="RUB", time_zone="Europe/Moscow", user_id="u",
        name="Анна", email="a@example.org", locale="ru", role=Role.SALES_MANAGER,
    )  # fmt: skip
    form = UploadForm("https://bucket.s3.example/", {"key": "k/${filename}"})
    monkeypatch.setattr(files, "upload_form", lambda *_args, **_named: form)
    return Office(world, sessions.start(world.db, person, now=world.now, agent="test"))


def names(office: Office, text: str = "") -> list[str]:
    catalogue = office.world.catalogue()
    return sorted(item.name for item in catalogue.search(Query(text=text)).items) if catalogue else []


def kontor_sku(office: Office, article: str) -> str:
    catalogue = office.world.catalogue()
    assert catalogue
    (match,) = catalogue.by_article([article])
    assert match.sku
    return match.sku


WINDOW = "A-1;Окно;Окна / ПВХ;шт;22%;1 990,50;7;белый\n"
DOOR = "B-1;Дверь;Двери;шт;Без НДС;0;;\n"


def test_a_csv_file_becomes_a_catalogue_with_prices_stock_and_attributes(office: Office) -> None:
    done = office.take((_HEAD + WINDOW + DOOR).encode("cp1251"))
    assert (done.state, done.read, done.bad) == (JobState.DONE, 2, 0)
    catalogue = office.world.catalogue()
    assert catalogue
    window = catalogue.product(kontor_sku(office, "A-1"))
    assert window
    assert [one.name for one in window.category_path] == ["Окна", "ПВХ"]
    assert [(one.name, one.values) for one in window.attributes] == [("Цвет", ("белый",))]
    assert (window.item.vat_rate, window.item.unit, window.item.unit_code) == (Decimal(22), "шт", "796")
    ((tier,),) = catalogue.prices([window.item.sku]).values()
    assert (str(tier.amount), tier.currency) == ("1990.5", "RUB")
    assert catalogue.prices([kontor_sku(office, "B-1")]) == {}
    (level,) = levels(office.world.db, [window.item.sku]).values()
    assert level.available() == Decimal(7)


def test_the_same_file_again_changes_nothing_and_makes_no_version(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    again = office.take(_HEAD + WINDOW)
    assert (again.state, again.changed, office.world.version()) == (JobState.DONE, 0, 1)


def test_bad_rows_are_named_and_given_back_to_be_mended_while_good_ones_are_taken(office: Office) -> None:
    bad = ";Без артикула;;;;;;\nA-2;;;;;;;\nA-3;Окно;;;300%;;;\nA-4;Окно;;;;дорого;;\nA-1;Опять;;;;;;\n"
    long = f"{'x' * 200};Окно;;;;;;\n"
    done = office.take(_HEAD + WINDOW + bad + long)
    assert names(office) == ["Окно"]
    assert [(one.number, one.reason) for one in done.rejected] == [
        (3, "no_key"),
        (4, "new_without_name"),
        (5, "bad_vat"),
        (6, "bad_price"),
        (7, "duplicate"),
        (8, "text_too_long"),
    ]
    content = office.world.blobs[store.rejected_key(office.world.tenant_id, done.id)]
    rows = [row.cells for row in rows_of(io.BytesIO(content))]
    assert rows[0][-2:] == ("Строка", "Причина")
    assert rows[1] == ("", "Без артикула", "", "", "", "", "", "", "3", "Нет ни внешнего кода, ни артикула")
    assert rows[4][-1] == "Недопустимая цена: Цена Розница: дорого"
    assert "Нет ни внешнего кода" in office.text(f"/goods/uploads/{done.id}")


def test_an_article_that_came_from_the_erp_updates_that_product(office: Office) -> None:
    office.world.eager = True
    office.world.client().upload({"import.xml": _ERP.encode()})
    office.world.eager = False
    before = names(office)
    office.take("Артикул;Описание\nERP-1;Тёплое окно\n", ("article", "description"))
    assert names(office) == before
    catalogue = office.world.catalogue()
    assert catalogue
    shown = catalogue.product(sku_id("p-1", None))
    assert shown
    assert (shown.item.name, shown.description) == ("Окно из 1С", "Тёплое окно")


_ERP = """<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.08">
<Каталог СодержитТолькоИзменения="true"><Ид>c</Ид><Товары><Товар><Ид>p-1</Ид><Артикул>ERP-1</Артикул>
<Наименование>Окно из 1С</Наименование></Товар></Товары></Каталог></КоммерческаяИнформация>"""


def test_a_full_file_withdraws_what_it_leaves_out_unless_that_is_most_of_the_catalogue(office: Office) -> None:
    many = "".join(f"N-{n};Ручка {n};;;;;;\n" for n in range(30))
    office.take(_HEAD + WINDOW + many)
    doubted = office.take(_HEAD + WINDOW, mode="full")
    assert (doubted.withheld, office.world.listed()) == (30, 31)
    assert "это большая часть каталога" in office.text(f"/goods/uploads/{doubted.id}")
    office.ask("POST", f"/goods/uploads/{doubted.id}", {"again": "1"})
    office.work()
    assert names(office) == ["Окно"]


def test_a_bad_row_of_a_full_file_keeps_its_product_with_its_price_and_stock(office: Office) -> None:
    others = "".join(f"N-{n};Ручка {n};;;;5;3;\n" for n in range(9))
    office.take(_HEAD + WINDOW + DOOR + others)
    typo = "A-1;Окно;;;;дорого;7;\nN-0;Ручка 0;;;;0,00000001;3;\n"
    done = office.take(_HEAD + typo + others.partition("\n")[2], mode="full")
    assert (done.rejected[0].article, done.rejected[0].reason) == ("A-1", "bad_price")
    assert (done.bad, done.withheld, done.withdrawn) == (2, 0, 1)
    assert len(names(office)) == 10
    assert "Окно" in names(office)
    assert "Дверь" not in names(office)
    catalogue = office.world.catalogue()
    assert catalogue
    for article, price, stock in (("A-1", "1990.5", 7), ("N-0", "5", 3)):
        sku = kontor_sku(office, article)
        assert [str(tier.amount) for tier in catalogue.prices([sku])[sku]] == [price]
        assert levels(office.world.db, [sku])[sku].available() == Decimal(stock)


def test_a_full_file_with_a_row_of_an_unknown_product_withdraws_nothing_until_a_person_says_so(office: Office) -> None:
    others = "".join(f"N-{n};Ручка {n};;;;5;3;\n" for n in range(9))
    office.take(_HEAD + WINDOW + others)
    done = office.take(_HEAD + ";Окно;;;;1990;7;\n" + others, mode="full")
    assert (done.nameless, done.withheld, done.withdrawn, "Окно" in names(office)) == (1, 1, 0, True)
    assert "с показа ничего не снято" in office.text(f"/goods/uploads/{done.id}")
    assert office.world.journal()[-1].code == "nameless"
    office.ask("POST", f"/goods/uploads/{done.id}", {"again": "1"})
    office.work()
    assert "Окно" not in names(office)


def test_stock_holds_as_of_when_its_file_came_however_late_it_is_read(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    address, key = office.bring("Артикул;Остаток Север\nA-1;3\n")
    assert office.ask("GET", f"{address}?key={quote(key)}").status == 200
    office.world.ahead += timedelta(minutes=10)
    office.take("Артикул;Остаток Север\nA-1;5\n", ("article", "stock"))
    office.world.ahead += timedelta(minutes=10)
    fields = {"name": key.rpartition("/")[2], "head": "1", "column_0": "article", "column_1": "stock"}
    assert office.ask("POST", address, fields).status == 303
    office.work()
    sku = kontor_sku(office, "A-1")
    assert levels(office.world.db, [sku])[sku].available() == Decimal(5)


def test_the_form_asks_what_the_stock_counts_and_as_of_when(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[StockKind, datetime]] = []
    monkeypatch.setattr(runs, "erp_levels", lambda *_args, kind, as_of, **_named: told.append((kind, as_of)))
    address, key = office.bring(_HEAD + WINDOW)
    page = office.text(f"{address}?key={quote(key)}")
    assert 'value="free" checked' in page
    came = office.upload(address).came
    assert came is not None
    shown = came.astimezone(ZoneInfo("Europe/Moscow")).strftime("%Y-%m-%dT%H:%M")
    assert f'value="{shown}"' in page
    office.take(_HEAD + WINDOW, stock_kind="physical", as_of="2025-03-01T12:00")
    assert told == [(StockKind.PHYSICAL, datetime(2025, 3, 1, 9, tzinfo=UTC))]
    columns = {f"column_{place}": meaning for place, meaning in enumerate(_MEANT)}
    fields = {"name": key.rpartition("/")[2], "head": "1", **columns, "stock_kind": "free"}
    for wrong in ("2999-01-01T00:00", "вчера"):
        answer = office.ask("POST", address, {**fields, "as_of": wrong})
        assert answer.status == 422
        assert "на какой момент остатки" in unescape(answer.body.decode())
    office.world.ahead += timedelta(minutes=10)
    office.ask("POST", address, {**fields, "as_of": shown})
    office.work()
    assert told[1:] == [(StockKind.FREE, came)]


def test_columns_are_guessed_by_their_heads_and_remembered(office: Office) -> None:
    address, key = office.bring("Прайс-лист на 20.11\n\n" + _HEAD + WINDOW)
    page = office.text(f"{address}?key={quote(key)}")
    assert _chosen(page) == ["article", "name", "category", "unit", "vat", "price", "stock", ""]
    assert 'name="head" value="3"' in page
    office.take(_HEAD + WINDOW)
    address, key = office.bring(_HEAD + DOOR)
    page = office.text(f"{address}?key={quote(key)}")
    assert "как в прошлый раз" in page
    assert _chosen(page)[-3:] == ["price", "stock", "attribute"]


def _chosen(page: str) -> list[str]:
    selects = re.findall(r'<select name="column_\d+".*?</select>', page, re.DOTALL)
    return [match[1] for select in selects if (match := re.search(r'value="([^"]*)" selected', select))]


@pytest.mark.parametrize(
    ("meant", "said"),
    [
        (("name", "", "", "", "", "", "", ""), "Укажите колонку с артикулом"),
        (("article", "name", "name", "", "", "", "", ""), "Две колонки"),
        (("article", "", "", "", "", "", "", ""), "загружать нечего"),
        (("article", "name", "", "", "", "price:p", "", ""), "Такого значения у колонки нет"),
    ],
)
def test_columns_that_make_no_sense_are_said_and_nothing_is_taken(
    office: Office, meant: tuple[str, ...], said: str
) -> None:
    address, key = office.bring(_HEAD + WINDOW)
    columns = {f"column_{place}": meaning for place, meaning in enumerate(meant)}
    answer = office.ask("POST", address, {"name": key.rpartition("/")[2], "head": "1", **columns})
    assert answer.status == 422
    assert said in unescape(answer.body.decode())
    assert not office.world.queue


def test_a_file_that_cannot_be_read_is_said_before_anything_happens(office: Office) -> None:
    address, key = office.bring(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    answer = office.ask("GET", f"{address}?key={quote(key)}")
    assert answer.status == 422
    assert "сохраните файл как XLSX" in unescape(answer.body.decode()).replace("Сохраните", "сохраните")


def test_a_file_that_breaks_off_in_the_middle_leaves_the_catalogue_as_it_was(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    rows = "".join(f"N-{n};Ручка {n};;;;;;\n" for n in range(70)) + "x" * 150_000
    broken = office.take(_HEAD + rows)
    assert (broken.state, broken.code) == (JobState.FAILED, "sheet_cell_too_long")
    assert (names(office), office.world.version()) == (["Окно"], 1)
    assert "Каталог остался как был" in office.text(f"/goods/uploads/{broken.id}")


def test_a_message_that_comes_twice_takes_the_file_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(queues, "send", lambda _url, body, **_: sent.append(body))
    done = office.take(_HEAD + WINDOW)
    for _ in range(2):
        run_goods(sent[0], lambda: office.world.now)
    assert store.load_upload(office.world.db, done.id).state is JobState.DONE
    assert len([entry for entry in office.world.journal() if entry.kind == "sheet"]) == 1


def test_a_file_of_another_upload_is_not_found(office: Office) -> None:
    address, _ = office.bring(_HEAD)
    _, other = office.bring(_HEAD)
    assert office.ask("GET", f"{address}?key={quote(other)}").status == 404
    assert office.ask("POST", address, {"name": "../x", "head": "1"}).status == 404


def test_the_choice_page_lets_its_form_go_to_the_bucket_and_no_other_does(office: Office) -> None:
    address, _ = office.bring(_HEAD)
    policy = office.ask("GET", address).headers["content-security-policy"][0]
    assert "form-action 'self' https://bucket.s3.example;" in policy
    assert "form-action 'self';" in office.ask("GET", "/goods/uploads").headers["content-security-policy"][0]


def test_the_sample_can_be_uploaded_as_it_is(office: Office) -> None:
    done = office.take(
        office.ask("GET", "/goods/uploads/sample.xlsx").body,
        ("article", "name", "category", "brand", "barcode", "unit", "vat", "description", "price", "stock"),
    )
    assert (done.read, done.bad, len(names(office))) == (2, 0, 2)


def test_a_formula_in_a_rejected_row_comes_back_as_text(office: Office) -> None:
    done = office.take(_HEAD + ";=1+1;;;;;;\n")
    content = office.world.blobs[store.rejected_key(office.world.tenant_id, done.id)]
    assert b"<f>" not in content
    assert [row.cells[1] for row in rows_of(io.BytesIO(content))][1] == "=1+1"


def test_an_xlsx_file_of_prices_changes_only_prices(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Артикул", "Цена Розница"])
        sheet.write_row(1, 0, ["A-1", 2100.1])
    catalogue = office.world.catalogue()
    assert catalogue
    (kind,) = catalogue.price_types()
    snapshots._seen.clear()  # the form comes later than a process keeps a pointer
    done = office.take(content.getvalue(), ("article", f"price:{kind.id}"))
    assert [(one.kind, one.changed) for one in done.counts] == [("price", 1)]
    catalogue = office.world.catalogue()
    assert catalogue
    assert [str(t.amount) for t in catalogue.prices([kontor_sku(office, "A-1")])[kontor_sku(office, "A-1")]] == [
        "2100.1"
    ]
