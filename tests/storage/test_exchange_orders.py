"""Orders to 1C and back over the protocol: nothing is lost or doubled, whatever breaks in between."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from chalicelib.billing import store as billing_store
from chalicelib.billing.books import check_books
from chalicelib.billing.erp_invoices import invoices_of_order
from chalicelib.billing.model import Invoice, InvoiceState
from chalicelib.exchange.model import EntryKind, EntryState
from chalicelib.exchange.store import load_rejected
from chalicelib.kernel.money import money
from chalicelib.ordering.actions import bring_invoice_up_to, orders_to_export, refuse
from chalicelib.ordering.actions.bookkeeping import held_by_contract
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.store import came_skus
from chalicelib.tenancy.model import Charset, ExchangeSettings, InvoiceSource, OrderStructure
from chalicelib.tenancy.store import settings_of, settings_record, settings_write
from tests.storage.exchange_world import World, make_world
from tests.storage.test_exchange_protocol import goods, offers
from tests.support.shop import NOW, D, Shop
from tests.support.transit import arrival, expect, kinds, note

GUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


@pytest.fixture
def shop(tables: None) -> Shop:
    return Shop({"a": ("10.00", 20), "b": ("5.00", 20)})


@pytest.fixture
def world(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    return make_world(monkeypatch, tmp_path, shop.settings.id)


def numbers(body: bytes) -> list[str]:
    return [node.text or "" for node in ET.fromstring(body).iter("Номер")]


def document(
    file: OrderFile,
    *,
    inner: str = "",
    lines: str | None = None,
    requisites: dict[str, str] | None = None,
    beside: str = "",
    formed: str = "",
) -> bytes:
    """The order as УТ would send it back, in a file that was `formed` then; `beside` = other documents in it."""
    goods = lines if lines is not None else "".join(line_xml(line.product_id, line.quantity) for line in file.lines)
    values = "".join(
        f"<ЗначениеРеквизита><Наименование>{name}</Наименование><Значение>{value}</Значение></ЗначениеРеквизита>"
        for name, value in (requisites or {}).items()
    )
    return (
        f"{root(formed)}<Документ>"
        f"<Ид>{GUID}</Ид><Номер>{file.order.number}</Номер><Дата>2026-11-21</Дата>"
        f"<ХозОперация>Заказ товара</ХозОперация><Валюта>руб</Валюта>{inner}<Товары>{goods}</Товары>"
        f"<ЗначенияРеквизитов>{values}</ЗначенияРеквизитов>"
        f"</Документ>{beside}</КоммерческаяИнформация>"
    ).encode()


def root(formed: str = "") -> str:
    when = f' ДатаФормирования="{formed}"' if formed else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.05"{when}>'


def invoice_xml(
    base: str, total: str, *, ref: str = "inv-1", number: str = "НФНФ-000017", more: str = "", lines: str = ""
) -> str:
    """An invoice as 1C's schema has it."""
    goods = f"<Товары>{lines}</Товары>" if lines else ""
    return (
        f"<Документ><Ид>{ref}</Ид><Номер>{number}</Номер><Дата>2026-11-21</Дата>"
        "<ХозОперация>Счет на оплату</ХозОперация>"
        f"<Роль>Продавец</Роль><Валюта>руб</Валюта><Сумма>{total}</Сумма><СрокПлатежа>2026-12-10</СрокПлатежа>"
        f"<Основание>{base}</Основание>{more}{goods}</Документ>"
    )


def alone(*documents: str, formed: str = "") -> bytes:
    return f"{root(formed)}{''.join(documents)}</КоммерческаяИнформация>".encode()


def from_1c(shop: Shop) -> None:
    """The tenant's 1C issues the invoices."""
    record = settings_record(shop.db)
    spoken = ExchangeSettings(invoices=InvoiceSource.ERP)
    shop.db.commit([settings_write(replace(settings_of(record), exchange=spoken), record.version)])


def invoices(shop: Shop, file: OrderFile) -> list[Invoice]:
    return sorted(invoices_of_order(shop.db, file.order.id), key=lambda one: one.number)


def owed(shop: Shop) -> tuple[Decimal, Decimal, Decimal]:
    account = shop.account()
    return account.balance, account.ordered, account.exposure


def line_xml(product: str, quantity: object, price: str = "10.00") -> str:
    return f"<Товар><Ид>{product}</Ид><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу><Количество>{quantity}</Количество></Товар>"


def send_back(world: World, content: bytes) -> str:
    (reply,) = world.client().upload({"orders-1_1.xml": content}, "sale")
    return reply.word


def test_an_order_goes_to_1c_and_counts_only_after_success(shop: Shop, world: World) -> None:
    shop.place(a=1)
    file = shop.confirmed(a=2, b=1)
    client = world.client()
    for _ in range(2):  # read, but never confirmed: offered again
        assert numbers(client.fetch_orders()) == [file.order.number]
    assert client.confirm().word == "success"
    assert numbers(world.client().fetch_orders()) == []
    order = shop.load(file)
    assert order.happenings[-1].kind == "exported"
    assert shop.level("a").counted == 2


def test_success_confirms_exactly_what_the_session_was_given(shop: Shop, world: World) -> None:
    first = shop.confirmed(a=1)
    client = world.client()
    client.fetch_orders()
    second = shop.confirmed(b=1)  # placed between query and success
    client.confirm()
    assert numbers(world.client().fetch_orders()) == [second.order.number]
    assert shop.load(first).happenings[-1].kind == "exported"


def test_success_of_another_session_confirms_nothing(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=1)
    world.client().fetch_orders()
    other = world.client()
    other.check_in("sale")
    assert other.confirm().word == "success"
    assert numbers(world.client().fetch_orders()) == [file.order.number]


def test_success_twice_is_as_good_as_once(shop: Shop, world: World) -> None:
    shop.confirmed(a=2)
    client = world.client()
    client.fetch_orders()
    assert [client.confirm().word for _ in range(2)] == ["success", "success"]
    assert shop.level("a").counted == 2


@pytest.mark.parametrize("cookies", ["body", "header", "none"])
def test_every_kind_of_client_gets_and_confirms_its_orders(shop: Shop, world: World, cookies: str) -> None:
    file = shop.confirmed(a=1)
    client = world.client(cookies=cookies)
    assert numbers(client.fetch_orders()) == [file.order.number]
    client.confirm()
    assert orders_to_export(shop.db) == []


@pytest.mark.parametrize(
    "spoken",
    [
        ExchangeSettings(),
        ExchangeSettings(charset=Charset.UTF_8),
        ExchangeSettings(charset=Charset.UTF_8, byte_order_mark=True, structure=OrderStructure.CONTAINER),
        ExchangeSettings(structure=OrderStructure.CONTAINER, organisation="ООО «Завод»"),
    ],
)
def test_orders_are_written_as_the_tenants_settings_say(shop: Shop, world: World, spoken: ExchangeSettings) -> None:
    record = settings_record(shop.db)
    shop.db.commit([settings_write(replace(settings_of(record), exchange=spoken), record.version)])
    shop.confirmed(a=1)
    body = world.client().fetch_orders()
    assert body.startswith(b"\xef\xbb\xbf") is spoken.byte_order_mark
    assert f'encoding="{spoken.charset}"'.encode() in body[:60]
    root = ET.fromstring(body)
    path = "Контейнер/Документ" if spoken.structure is OrderStructure.CONTAINER else "Документ"
    assert root.find(path) is not None
    assert (spoken.organisation in body.decode(str(spoken.charset))) is True


def test_a_client_that_accepts_nothing_by_name_gets_its_orders_as_utf_8(shop: Shop, world: World) -> None:
    """API Gateway would hand it windows-1251, which is bytes, as base64."""
    file = shop.confirmed(a=1)
    client = world.client(accept="")
    body = client.fetch_orders()
    assert body.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    assert numbers(body) == [file.order.number]


def test_the_document_has_what_1c_needs(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    order = ET.fromstring(world.client().fetch_orders()).find("Документ")
    assert order is not None
    assert order.findtext("ХозОперация") == "Заказ товара"
    assert order.findtext("Валюта") == "RUB"
    assert order.findtext("Сумма") == "20.00"
    assert len(order.findtext("Номер") or "") <= 11
    assert order.findtext("Контрагенты/Контрагент/ОфициальноеНаименование") == "ООО «Светлый дом»"
    assert order.findtext("Контрагенты/Контрагент/ИНН") == "7707083893"
    line = order.find("Товары/Товар")
    assert line is not None
    assert (line.findtext("Ид"), line.findtext("Количество"), line.findtext("ЦенаЗаЕдиницу")) == ("a", "2", "10")
    assert line.findtext("Налоги/Налог/Ставка") == "22"
    placed = f"{order.findtext('Дата')}T{order.findtext('Время')}"
    assert placed == file.order.created.astimezone(world_zone(world)).strftime("%Y-%m-%dT%H:%M:%S")


def world_zone(world: World) -> object:
    from zoneinfo import ZoneInfo

    return ZoneInfo(world.settings.time_zone)


def test_a_cancelled_order_that_1c_has_is_sent_as_cancelled(shop: Shop, world: World) -> None:
    from chalicelib.ordering.actions import cancel

    file = shop.confirmed(a=1)
    client = world.client()
    client.fetch_orders()
    client.confirm()
    cancel(shop.db, shop.ask(file, shop.buyer))
    body = world.client().fetch_orders().decode("windows-1251")
    assert re.search(r"<Наименование>Отменен</Наименование>\s*<Значение>true</Значение>", body)


@pytest.mark.parametrize("free", [6, 0])
def test_a_stock_number_that_1c_repeats_takes_back_what_a_cancelled_order_let_go(
    shop: Shop, world: World, free: int
) -> None:
    stock = {"import.xml": goods("a"), "offers.xml": offers("a", quantity=30)}  # the fullest warehouse
    world.client().upload(stock)
    file = shop.confirmed(a=4)
    client = world.client()
    client.fetch_orders()
    client.confirm()
    world.client().upload({"offers.xml": offers("a", quantity=free)})
    assert shop.level("a", "main").available == free
    version = world.version()
    refuse(shop.db, shop.ask(file), "нет сырья")
    assert shop.level("a", "main").available == free + 4
    world.client().upload({"offers.xml": offers("a", quantity=free)})  # it has not read the cancellation yet
    assert shop.level("a", "main").available == free
    assert world.version() == version


def test_none_in_stock_by_silence_takes_back_what_a_cancelled_order_let_go(shop: Shop, world: World) -> None:
    full = {"import.xml": goods("a", "b", full=True), "offers.xml": offers("a", "b", full=True, quantity=30)}
    world.client().upload(full)
    file = shop.confirmed(a=4)
    client = world.client()
    client.fetch_orders()
    client.confirm()
    world.later(600)
    without = {"import.xml": goods("a", "b", full=True), "offers.xml": offers("b", full=True, quantity=30)}
    world.client().upload(without)
    world.later(600)
    assert shop.level("a", "main").available == 0
    refuse(shop.db, shop.ask(file), "нет сырья")
    assert shop.level("a", "main").available == 4
    world.client().upload(without)
    world.later(600)
    assert shop.level("a", "main").available == 0
    assert shop.level("b", "main").available == 30


@pytest.mark.parametrize("names", [("b",), ("a", "b")])
def test_goods_that_came_are_settled_when_1c_names_them_or_at_the_end_of_an_exchange(
    shop: Shop, world: World, names: tuple[str, ...]
) -> None:
    world.client().upload({"import.xml": goods("a", "b"), "offers.xml": offers("a", "b", quantity=5)})
    world.later(600)
    world.ahead = timedelta()
    shop.settings = replace(world.settings, transit_orders=True)
    shop.db.commit([settings_write(shop.settings, settings_record(shop.db).version)])
    expect(shop, replace(arrival(4), warehouse="main"))
    file = shop.place(a=28)  # 20 and 5 are there
    note(shop, lambda noted: noted.received(noted.arrivals[0], datetime.now(UTC)))
    world.client().upload({"offers.xml": offers(*names, quantity=5)})
    assert ("arrival_short" in kinds(shop, file)) is ("a" in names)
    world.later(600)
    assert "arrival_short" in kinds(shop, file)
    assert came_skus(shop.db) == []


def test_1c_changes_an_order_and_its_history_shows_it(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    content = document(
        file,
        lines=line_xml("a", 3),
        requisites={"Номер по 1С": "0000-000123", "Дата по 1С": "2026-11-21", "Проведен": "true"},
    )
    assert send_back(world, content) == "success"
    after = shop.load(file)
    assert [line.quantity for line in after.lines] == [3]
    assert after.order.erp.number == "0000-000123"
    assert after.order.gross == D(30)
    entry = world.entry("orders-1_1.xml")
    assert (entry.kind, entry.state) == (EntryKind.DOCUMENTS, EntryState.DONE)
    assert [(one.kind, one.received, one.changed) for one in entry.counts] == [("order", 1, 1)]


def test_vat_that_1c_has_in_its_sums_is_not_added_to_them(shop: Shop, world: World) -> None:
    shop.shelf.vat_included = False
    file = shop.confirmed(a=2)
    tax = "<Налоги><Налог><УчтеноВСумме>true</УчтеноВСумме><Ставка>22</Ставка></Налог></Налоги>"
    goods = (
        "<Товар><Ид>a</Ид><Наименование>a</Наименование><ЦенаЗаЕдиницу>12.20</ЦенаЗаЕдиницу>"
        f"<Количество>2</Количество><Сумма>24.40</Сумма>{tax}</Товар>"
    )
    assert send_back(world, document(file, lines=goods)).startswith("success")
    after = shop.load(file)
    assert (after.order.gross, after.lines[0].price, after.order.edition) == (D("24.40"), D("10.00"), 1)


def test_the_same_document_again_changes_nothing(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    content = document(file, lines=line_xml("a", 3))
    send_back(world, content)
    before = shop.load(file)
    assert send_back(world, content) == "success"
    assert shop.load(file) == before
    assert [one.changed for one in world.journal()[-1].counts] == [0]


def test_ut_ships_and_pays_the_whole_order_by_number_and_date(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    told = {
        "Проведен": "true",
        "Номер отгрузки по 1С": "О-1",
        "Дата отгрузки по 1С": "2026-11-22",
        "Номер оплаты по 1С": "П-1",
        "Дата оплаты по 1С": "2026-11-22",
    }
    for _ in range(2):
        assert send_back(world, document(file, requisites=told)) == "success"
    after = shop.load(file)
    assert after.lines[0].shipped == 2
    assert after.order.state in (State.SHIPPING, State.COMPLETED)
    assert after.order.invoice_id
    invoice = billing_store.invoice_from(billing_store.load_invoice(shop.db, after.order.invoice_id))
    assert invoice.state is InvoiceState.PAID


def test_unf_ships_and_pays_in_parts_by_subordinate_documents(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=4)
    inner = (
        "<ПодчиненныеДокументы><ПодчиненныйДокумент><Ид>p1</Ид><Номер>П-1</Номер><Дата>2026-11-21</Дата>"
        "<ХозОперация>Выплата безналичных денег</ХозОперация><Сумма>15</Сумма><Валюта>руб</Валюта>"
        "</ПодчиненныйДокумент><ПодчиненныйДокумент><Ид>s1</Ид><Номер>О-1</Номер><Дата>2026-11-21</Дата>"
        "<ХозОперация>Отпуск товара</ХозОперация>"
        f"<Товары>{line_xml('a', 1)}</Товары></ПодчиненныйДокумент></ПодчиненныеДокументы>"
    )
    for _ in range(2):
        assert send_back(world, document(file, inner=inner)) == "success"
    after = shop.load(file)
    assert after.lines[0].shipped == 1
    assert after.order.invoice_id
    invoice = billing_store.invoice_from(billing_store.load_invoice(shop.db, after.order.invoice_id))
    assert (invoice.state, invoice.rest) == (InvoiceState.PARTLY_PAID, money(25, "RUB"))


def test_a_document_about_an_unknown_order_is_success_with_a_reason_in_the_journal(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    stranger = replace(file, order=replace(file.order, number="K-999999"))
    (reply,) = world.client().upload({"orders.xml": document(stranger)}, "sale")
    assert reply.word == "success"
    entry = world.entry("orders.xml")
    assert entry.state is EntryState.PARTLY
    assert [row.reason for row in load_rejected(shop.db, entry.id)] == ["ordering.erp.unknown_order"]


def test_a_sale_file_without_an_import_call_is_applied(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    client = world.client(calls_import=False, uses_zip=False)
    client.upload({"orders.xml": document(file, lines=line_xml("a", 5))}, "sale")
    assert [line.quantity for line in shop.load(file).lines] == [5]


def test_a_damaged_sale_file_changes_nothing(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    before = shop.load(file)
    assert send_back(world, document(file, lines=line_xml("a", 5))[:-20]) == "failure"
    assert shop.load(file) == before


def test_a_run_that_breaks_at_any_step_is_run_again_without_loss_or_doubling(shop: Shop, world: World) -> None:
    """Query, success, the document back: each may be the last thing that works, and each may come twice."""
    file = shop.confirmed(a=2)
    client = world.client()
    client.fetch_orders()
    again = world.client()
    assert numbers(again.fetch_orders()) == [file.order.number]
    assert again.confirm().word == "success"
    assert client.confirm().word == "success"  # the broken session wakes up late
    assert shop.level("a").counted == 2
    content = document(file, requisites={"Номер отгрузки по 1С": "О-1", "Дата отгрузки по 1С": "2026-11-22"})
    for _ in range(3):
        assert send_back(world, content) == "success"
    assert shop.load(file).lines[0].shipped == 2
    assert (shop.level("a").allocated, shop.level("a").counted) == (0, 0)


def test_the_journal_says_what_was_given_and_what_was_confirmed(shop: Shop, world: World) -> None:
    shop.confirmed(a=1)
    shop.confirmed(b=1)
    client = world.client()
    client.fetch_orders()
    (entry,) = [one for one in world.journal() if one.kind is EntryKind.ORDERS]
    assert (entry.state, entry.received) == (EntryState.WAITING, 2)
    client.confirm()
    (entry,) = [one for one in world.journal() if one.kind is EntryKind.ORDERS]
    assert (entry.state, entry.changed) == (EntryState.DONE, 2)


def books_agree(shop: Shop) -> None:
    held = held_by_contract(shop.db, shop.party.id) or {}
    assert check_books(shop.db, shop.party.id, shop.contract.id, NOW, held[shop.contract.id]) == ()


def test_an_invoice_of_1c_takes_the_place_of_ours_and_the_debt_is_not_counted_twice(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2, b=2)
    assert owed(shop) == (30, 0, 30)
    content = alone(invoice_xml(file.order.number, "30.00"))
    for _ in range(2):
        assert send_back(world, content) == "success"
        (invoice,) = invoices(shop, file)
        assert (invoice.number, invoice.total, invoice.due) == ("НФНФ-000017", 30, date(2026, 12, 10))
        assert owed(shop) == (30, 0, 30)
    assert [one.changed for one in world.journal()[-1].counts] == [0]
    told = [one.kind for one in shop.load(file).happenings if one.kind.startswith("invoice_")]
    assert told == ["invoice_came"]
    books_agree(shop)


def test_where_1c_invoices_an_order_holds_its_credit_until_the_invoice_comes(shop: Shop, world: World) -> None:
    from_1c(shop)
    file = shop.confirmed(a=2, b=2)
    assert (file.order.invoice_id, owed(shop)) == (None, (0, 30, 30))
    half = alone(invoice_xml(file.order.number, "12.00"))
    rest = alone(invoice_xml(file.order.id, "18.00", ref="inv-2", number="НФНФ-000018"))
    send_back(world, half)
    assert owed(shop) == (12, 18, 30)
    for _ in range(2):
        send_back(world, rest)
        assert owed(shop) == (30, 0, 30)
    assert [one.total for one in invoices(shop, file)] == [12, 18]
    books_agree(shop)


def test_two_invoices_of_1c_for_one_order_replace_our_single_one_whatever_comes_first(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2, b=2)
    second = invoice_xml(file.order.number, "18.00", ref="inv-2", number="НФНФ-000018")
    first = invoice_xml(file.order.number, "12.00")
    send_back(world, alone(second))
    assert owed(shop) == (18, 12, 30)
    send_back(world, alone(first))
    assert owed(shop) == (30, 0, 30)
    assert [one.total for one in invoices(shop, file)] == [12, 18]
    books_agree(shop)


def test_an_invoice_that_1c_takes_back_is_void_and_the_order_holds_its_credit_again(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2, b=2)
    send_back(world, alone(invoice_xml(file.order.number, "30.00")))
    gone = alone(invoice_xml(file.order.number, "30.00", more="<ПометкаУдаления>true</ПометкаУдаления>"))
    for _ in range(2):
        assert send_back(world, gone) == "success"
        assert (invoices(shop, file), owed(shop)) == ([], (0, 30, 30))
    send_back(world, alone(invoice_xml(file.order.number, "30.00")))
    assert owed(shop) == (30, 0, 30)
    send_back(world, alone(invoice_xml("K-000077", "5.00", ref="stranger")))
    send_back(world, alone(invoice_xml("", "5.00", ref="free")))
    reasons = [row.reason for entry in world.journal()[-4:] for row in load_rejected(shop.db, entry.id)]
    assert reasons == ["ordering.erp.unknown_order", "no_order"]
    assert owed(shop) == (30, 0, 30)
    books_agree(shop)


def test_an_invoice_taken_back_before_it_came_stays_away(shop: Shop, world: World) -> None:
    from_1c(shop)
    file = shop.confirmed(a=2)
    gone = invoice_xml(file.order.number, "20.00", more="<ПометкаУдаления>true</ПометкаУдаления>")
    send_back(world, alone(gone, formed="2026-11-20T10:05:00"))
    send_back(world, alone(invoice_xml(file.order.number, "20.00"), formed="2026-11-20T10:00:00"))
    assert (invoices(shop, file), owed(shop)) == ([], (0, 20, 20))
    (row,) = load_rejected(shop.db, world.journal()[-1].id)
    assert (row.kind, row.reason) == ("invoice", "ordering.erp.older")


def test_1c_corrects_its_invoice_and_its_order_each_for_itself(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2, b=2)
    send_back(world, alone(invoice_xml(file.order.number, "30.00")))
    send_back(world, document(file, lines=line_xml("a", 4)))
    assert owed(shop) == (30, 10, 40)
    assert not bring_invoice_up_to(shop.db, file.order.id, NOW)
    lines = line_xml("a", 4)
    send_back(world, alone(invoice_xml(file.order.number, "40.00", lines=lines)))
    assert owed(shop) == (40, 0, 40)
    (invoice,) = invoices(shop, file)
    assert [(share.rate, share.base + share.vat) for share in invoice.vat] == [(22, 40)]
    send_back(world, document(file, lines=line_xml("a", 3)))
    assert owed(shop) == (40, 0, 40)  # more is invoiced than ordered: that is what is owed until 1C says otherwise
    books_agree(shop)


def test_a_payment_meets_the_invoice_of_1c_whichever_comes_first(shop: Shop, world: World) -> None:
    from_1c(shop)
    file = shop.confirmed(a=2)
    paid = (
        "<Документ><Ид>p1</Ид><Номер>П-1</Номер><Дата>2026-11-20</Дата><Сумма>20</Сумма><Валюта>руб</Валюта>"
        "<ХозОперация>Выплата безналичных денег</ХозОперация><Основание>{}</Основание></Документ>"
    )
    send_back(world, alone(paid.format(file.order.number)))
    assert owed(shop) == (-20, 20, 0)
    send_back(world, alone(invoice_xml(file.order.number, "20.00")))
    assert owed(shop) == (0, 0, 0)
    again = paid.replace("p1", "p2").replace("П-1", "П-2").format("inv-1")
    assert send_back(world, alone(again)) == "success"
    assert owed(shop) == (-20, 0, -20)
    books_agree(shop)


def test_ut_that_says_only_paid_before_its_invoice_came_paid_the_order(shop: Shop, world: World) -> None:
    from_1c(shop)
    file = shop.confirmed(a=2)
    told = {"Номер оплаты по 1С": "П-1", "Дата оплаты по 1С": "2026-11-20"}
    for _ in range(2):
        send_back(world, document(file, requisites=told))
        assert owed(shop) == (-20, 20, 0)


def test_a_cancelled_order_leaves_no_invoice_of_1c_behind(shop: Shop, world: World) -> None:
    from_1c(shop)
    file = shop.confirmed(a=2, b=2)
    send_back(world, alone(invoice_xml(file.order.number, "12.00")))
    refuse(shop.db, shop.ask(file), "нет сырья")
    bring_invoice_up_to(shop.db, file.order.id, NOW)
    assert (invoices(shop, file), owed(shop)) == ([], (0, 0, 0))
    send_back(world, alone(invoice_xml(file.order.number, "15.00")))
    assert owed(shop) == (0, 0, 0)
    assert [row.reason for row in load_rejected(shop.db, world.journal()[-1].id)] == ["ordering.erp.invoice_refused"]
    books_agree(shop)


def test_an_invoice_beside_its_order_in_one_file_is_taken_with_it(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    content = document(file, lines=line_xml("a", 3), beside=invoice_xml(file.order.number, "30.00"))
    send_back(world, content)
    assert (owed(shop), len(invoices(shop, file))) == ((30, 0, 30), 1)
    books_agree(shop)


def test_an_older_document_that_comes_late_is_refused_and_the_journal_says_so(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    newer = document(file, lines=line_xml("a", 4), formed="2026-11-20T12:00:00")
    older = document(file, lines=line_xml("a", 3), formed="2026-11-20T11:00:00")
    send_back(world, newer)
    before = shop.load(file)
    assert send_back(world, older) == "success"
    assert shop.load(file) == before
    (row,) = load_rejected(shop.db, world.journal()[-1].id)
    assert (row.kind, row.subject, row.reason) == ("order", file.order.number, "ordering.erp.older")
    send_back(world, document(file, lines=line_xml("a", 5), formed="2026-11-20T12:00:01"))
    assert shop.load(file).order.gross == 50


def test_what_1c_only_repeats_counts_as_its_latest_word(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    for formed in ("2026-11-20T10:00:00", "2026-11-20T12:00:00"):
        send_back(world, document(file, lines=line_xml("a", 4), formed=formed))
    send_back(world, document(file, lines=line_xml("a", 3), formed="2026-11-20T11:00:00"))
    assert shop.load(file).order.gross == 40


def test_documents_that_say_nothing_of_their_age_are_applied_as_they_come(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    send_back(world, document(file, lines=line_xml("a", 4), formed="2026-11-20T12:00:00"))
    send_back(world, document(file, lines=line_xml("a", 3)))
    assert shop.load(file).order.gross == 30


def test_an_older_payment_of_an_order_that_changed_since_is_still_new(shop: Shop, world: World) -> None:
    file = shop.confirmed(a=2)
    send_back(world, document(file, lines=line_xml("a", 4), formed="2026-11-20T12:00:00"))
    paid = (
        "<Документ><Ид>p1</Ид><Номер>П-1</Номер><Дата>2026-11-20</Дата><Сумма>20</Сумма><Валюта>руб</Валюта>"
        f"<ХозОперация>Выплата безналичных денег</ХозОперация><Основание>{file.order.number}</Основание></Документ>"
    )
    send_back(world, alone(paid, formed="2026-11-20T11:00:00"))
    assert owed(shop) == (20, 0, 20)
    send_back(world, alone(paid.replace("<Сумма>20", "<Сумма>5"), formed="2026-11-20T10:00:00"))
    assert owed(shop) == (20, 0, 20)
