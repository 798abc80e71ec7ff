"""Documents from 1C in every spelling that the protocol names (§7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chalicelib.catalogue.feed import RejectedRow
from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.erp import ErpInvoice, ErpOrder, ErpParty, ErpPayment, ErpRow, ErpShipment
from chalicelib.exchange.from_erp import shipment_of, update_of_invoice

HEAD = '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.10">'
END = "</КоммерческаяИнформация>"


def read(body: str) -> list[ErpRow]:
    return list(read_documents([f"{HEAD}{body}{END}".encode()]))


def requisites(**pairs: str) -> str:
    items = "".join(
        f"<ЗначениеРеквизита><Наименование>{name.replace('_', ' ')}</Наименование>"
        f"<Значение>{value}</Значение></ЗначениеРеквизита>"
        for name, value in pairs.items()
    )
    return f"<ЗначенияРеквизитов>{items}</ЗначенияРеквизитов>"


def document(body: str, operation: str = "Заказ товара", number: str = "7") -> str:
    return f"<Документ><Ид>i</Ид><Номер>{number}</Номер><ХозОперация>{operation}</ХозОперация>{body}</Документ>"


def order(body: str) -> ErpOrder:
    (row,) = read(document(body))
    assert isinstance(row, ErpOrder)
    return row


def test_ut_tells_payment_and_shipment_by_their_numbers_and_dates_alone() -> None:
    row = order(
        requisites(
            Номер_по_1С="УТ-1",
            Дата_по_1С="2026-11-20T00:00:00",
            ПометкаУдаления="false",
            Проведен="true",
            Номер_оплаты_по_1С="П-5",
            Дата_оплаты_по_1С="2026-11-21T12:00:00",
            Номер_отгрузки_по_1С="О-6",
            Дата_отгрузки_по_1С="2026-11-22",
        )
    )
    assert (row.erp_number, row.erp_date, row.posted, row.deleted) == ("УТ-1", date(2026, 11, 20), True, False)
    assert (row.paid, row.payment_number, row.payment_date) == (True, "П-5", date(2026, 11, 21))
    assert (row.shipped, row.shipment_number, row.shipment_date) == (True, "О-6", date(2026, 11, 22))
    assert row.cancelled is None


def test_unf_tells_them_by_flags_that_are_always_there() -> None:
    row = order(requisites(Оплачен="false", Отгружен="true", Отменен="false"))
    assert (row.paid, row.shipped, row.cancelled) == (False, True, False)


@pytest.mark.parametrize("name", ["Статус_заказа", "СтатусЗаказа", "статус_заказа", "СТАТУС_ЗАКАЗА", "Статус__заказа"])
def test_the_status_is_found_under_every_spelling(name: str) -> None:
    assert order(requisites(**{name: "Отгружен"})).status == "Отгружен"


def test_a_status_with_its_code_in_brackets_is_taken_apart() -> None:
    row = order(requisites(Статус_заказа="[F] Доставлен", Статуса_заказа_ИД="F"))
    assert (row.status_code, row.status) == ("F", "Доставлен")


def test_a_latin_letter_in_1c_makes_no_difference() -> None:
    assert order(requisites(**{"Номер по 1C": "УТ-1"})).erp_number == "УТ-1"


def test_cancelled_and_deleted_are_told_in_every_notation() -> None:
    assert order(requisites(Отменен="true")).cancelled
    assert order("<ПометкаУдаления>true</ПометкаУдаления>").deleted
    assert order(requisites(ПометкаУдаления="true")).deleted
    assert not order("").deleted


def test_the_module_gives_numbers_padded_and_prices_under_other_names() -> None:
    row = order(
        "<Номер1С>K-7      </Номер1С><Дата1С>2026-11-20</Дата1С><Товары><Товар><Ид>a#b</Ид><Цена>5.50</Цена>"
        "<Количество>2</Количество><Единица><Ид>796 </Ид><Код>796</Код><НаименованиеКраткое>шт </НаименованиеКраткое>"
        "</Единица>"
        "</Товар></Товары>"
    )
    assert row.erp_number == "K-7"
    assert row.lines is not None
    assert (row.lines[0].price, row.lines[0].unit, row.lines[0].quantity) == (Decimal("5.50"), "шт", Decimal(2))


def test_delivery_and_services_are_told_from_goods() -> None:
    service = "<Товар><Ид>s</Ид><Количество>1</Количество>" + requisites(ТипНоменклатуры="Услуга") + "</Товар>"
    goods = "<Товар><Ид>g</Ид><Количество>1</Количество>" + requisites(ТипНоменклатуры="Товар") + "</Товар>"
    delivery = "<Товар><Ид>ORDER_DELIVERY</Ид><Количество>1</Количество></Товар>"
    row = order(f"<Товары>{service}{goods}{delivery}</Товары>")
    assert row.lines is not None
    assert [line.service for line in row.lines] == [True, False, True]


SUBORDINATES = (
    "<ПодчиненныеДокументы>"
    "<ПодчиненныйДокумент><Ид>p1</Ид><Номер>П-1</Номер><Дата>2026-11-20</Дата>"
    "<ХозОперация>Выплата безналичных денег</ХозОперация>"
    "<Сумма>100.50</Сумма><Валюта>руб</Валюта>"
    + requisites(Оплачен="true", Дата_оплаты_по_1С="2026-11-19")
    + "</ПодчиненныйДокумент>"
    "<ПодчиненныйДокумент><Ид>p2</Ид><Номер>П-2</Номер><ХозОперация>Эквайринговая операция</ХозОперация>"
    "<Сумма>5</Сумма>" + requisites(Оплачен="false") + "</ПодчиненныйДокумент>"
    "<ПодчиненныйДокумент><Ид>s1</Ид><Номер>О-1</Номер><Дата>2026-11-21</Дата><ХозОперация>Отпуск товара</ХозОперация>"
    "<Товары><Товар><Ид>a#b</Ид><Количество>3</Количество></Товар></Товары>"
    + requisites(Отгружен="true")
    + "</ПодчиненныйДокумент>"
    "</ПодчиненныеДокументы>"
)


@pytest.mark.parametrize(
    ("tax", "rate"),
    [
        ("", None),
        ("<Налоги><Налог><Ставка></Ставка></Налог></Налоги>", None),
        ("<Налоги><Налог><Ставка>Без НДС</Ставка></Налог></Налоги>", Decimal(0)),
        ("<СтавкиНалогов><СтавкаНалога><Ставка>0</Ставка></СтавкаНалога></СтавкиНалогов>", Decimal(0)),
        ("<Налоги><Налог><Ставка>22</Ставка></Налог></Налоги>", Decimal(22)),
    ],
)
def test_without_vat_is_told_from_no_word_of_vat(tax: str, rate: Decimal | None) -> None:
    row = order(f"<Товары><Товар><Ид>a</Ид><Количество>1</Количество>{tax}</Товар></Товары>")
    assert row.lines is not None
    assert row.lines[0].vat_rate == rate


def test_a_shipment_of_services_alone_is_told_from_one_without_lines() -> None:
    service = "<Товары><Товар><Ид>ORDER_DELIVERY</Ид><Количество>1</Количество></Товар></Товары>"
    lines = []
    for body in (service, ""):
        (row,) = read(document(body, "Отпуск товара"))
        assert isinstance(row, ErpShipment)
        lines.append(shipment_of(row).lines)
    assert lines == [(), None]


def test_subordinate_documents_carry_partial_payments_and_shipments() -> None:
    row = order(SUBORDINATES)
    first, second = row.payments
    assert first == ErpPayment(
        id="p1", number="П-1", day=date(2026, 11, 19), amount=Decimal("100.50"), currency="RUB", kind="bank"
    )
    assert (second.kind, second.done) == ("card", False)
    (shipment,) = row.shipments
    assert (shipment.id, shipment.number, shipment.day, shipment.done) == ("s1", "О-1", date(2026, 11, 21), True)
    assert [(line.product_id, line.variant_id, line.quantity) for line in shipment.lines] == [("a", "b", Decimal(3))]


def test_documents_of_one_container_belong_to_its_order() -> None:
    (row,) = read(
        "<Контейнер>"
        + document("")
        + document("<Сумма>5</Сумма>", "Выплата наличных денег", "П-1")
        + document("", "Отпуск товара", "О-1")
        + "</Контейнер>"
    )
    assert isinstance(row, ErpOrder)
    assert [payment.kind for payment in row.payments] == ["cash"]
    assert [shipment.number for shipment in row.shipments] == ["О-1"]


def test_payments_and_shipments_may_come_on_their_own() -> None:
    payment, shipment, refund = read(
        document("<Основание>7</Основание><Сумма>5</Сумма>", "Выплата безналичных денег", "П-1")
        + document("<Основание>7</Основание>", "Отпуск товара", "О-1")
        + document("<Сумма>5</Сумма>", "Возврат безналичных денег", "В-1")
    )
    assert isinstance(payment, ErpPayment)
    assert (payment.based_on, payment.amount) == ("7", Decimal(5))
    assert isinstance(shipment, ErpShipment)
    assert isinstance(refund, ErpPayment)
    assert refund.refund


INVOICE = (
    "<Дата>2026-11-21</Дата><Валюта>руб</Валюта><Сумма>1220,00</Сумма><СрокПлатежа>2026-12-05</СрокПлатежа>"
    "<Товары><Товар><Ид>p#v</Ид><Количество>2</Количество><Цена>610</Цена><Сумма>1220</Сумма></Товар></Товары>"
)


@pytest.mark.parametrize("operation", ["Счет на оплату", "Счёт на оплату", "CчетНаОплату", "счет  на  оплату"])
def test_an_invoice_is_read_however_its_operation_is_written(operation: str) -> None:
    (row,) = read(document(INVOICE + "<Основание>K-000001</Основание>", operation, "НФ-17"))
    assert isinstance(row, ErpInvoice)
    assert (row.id, row.number, row.day, row.due) == ("i", "НФ-17", date(2026, 11, 21), date(2026, 12, 5))
    assert (row.amount, row.currency, row.done, row.deleted) == (Decimal(1220), "RUB", True, False)
    assert [(line.product_id, line.quantity, line.total) for line in row.lines or ()] == [("p", 2, 1220)]
    assert update_of_invoice(row).number == "K-000001"


@pytest.mark.parametrize("name", ["Основание", "Номер заказа", "Заказ", "Номер_заказа_на_сайте", "ДокументОснование"])
def test_an_invoice_names_its_order_in_a_requisite_too(name: str) -> None:
    (row,) = read(document(INVOICE + requisites(**{name: "K-000001"}), "Счет на оплату"))
    assert isinstance(row, ErpInvoice)
    assert row.based_on == "K-000001"


def test_an_invoice_that_is_not_posted_or_marked_for_deletion_is_gone() -> None:
    for more in (requisites(Проведен="false"), "<ПометкаУдаления>true</ПометкаУдаления>", requisites(Отменен="true")):
        (row,) = read(document(INVOICE + more, "Счет на оплату"))
        assert isinstance(row, ErpInvoice)
        assert update_of_invoice(row).invoices[0].deleted


def test_an_invoice_under_an_order_or_in_its_container_belongs_to_it() -> None:
    paper = f"<ПодчиненныйДокумент><Номер>9</Номер><ХозОперация>Счет на оплату</ХозОперация>{INVOICE}"
    row = order(f"<ПодчиненныеДокументы>{paper}</ПодчиненныйДокумент></ПодчиненныеДокументы>")
    assert [one.number for one in row.invoices] == ["9"]
    both = document("") + document(INVOICE, "Счет на оплату", "9")
    (held,) = read(f"<Контейнер>{both}</Контейнер>")
    assert isinstance(held, ErpOrder)
    assert [one.number for one in held.invoices] == ["9"]


@pytest.mark.parametrize(
    ("said", "formed"),
    [
        ("2026-11-21T13:51:02", "2026-11-21T13:51:02"),
        ("2014-11-25T8:00:00", "2014-11-25T08:00:00"),
        ("2007-10-30", "2007-10-30"),
        ("2026-11-21T13:51:02+03:00", "2026-11-21T13:51:02"),
        ("0001-01-01T00:00:00", ""),
        ("вчера", ""),
    ],
)
def test_every_document_knows_when_its_file_was_formed(said: str, formed: str) -> None:
    body = document("") + document("", "Выплата наличных денег") + document(INVOICE, "Счет на оплату")
    head = f'<КоммерческаяИнформация ВерсияСхемы="2.05" ДатаФормирования="{said}">'
    rows = list(read_documents([f"{head}{body}{END}".encode()]))
    assert [row.formed for row in rows if isinstance(row, ErpOrder | ErpPayment | ErpInvoice)] == [formed] * 3


def test_a_bad_document_is_rejected_whole_and_the_next_is_taken() -> None:
    rows = read(
        document("<Товары><Товар><Ид>a</Ид><Количество>много</Количество></Товар></Товары>", number="1")
        + document("", "Танцы", number="2")
        + "<Документ><ХозОперация>Заказ товара</ХозОперация></Документ>"
        + document("<Валюта>у.е.</Валюта>", number="4")
        + document("", number="5")
    )
    assert [(row.number, row.reason, row.subject) for row in rows if isinstance(row, RejectedRow)] == [
        (1, "bad_value", "1"),
        (2, "unknown_operation", "2"),
        (3, "no_number", ""),
        (4, "bad_value", "4"),
    ]
    assert [row.number for row in rows if isinstance(row, ErpOrder)] == ["5"]


def test_a_file_of_counterparties_is_read() -> None:
    company, rejected = read(
        "<Контрагенты СодержитТолькоИзменения='true'><Контрагент><Ид>c-1</Ид><Наименование>Окна</Наименование>"
        "<ОфициальноеНаименование>ООО Окна</ОфициальноеНаименование><ИНН>7707083893 </ИНН><КПП>773601001</КПП>"
        "<ЮридическийАдрес><Представление>Москва</Представление></ЮридическийАдрес><Контакты><Контакт><Тип>Почта</Тип>"
        "<Значение>a@example.org</Значение></Контакт></Контакты>"
        + requisites(ТипЦенId="p")
        + "</Контрагент><Контрагент><Наименование>Без ида</Наименование></Контрагент></Контрагенты>"
    )
    assert company == ErpParty(
        id="c-1",
        name="Окна",
        full_name="ООО Окна",
        legal=True,
        tax_id="7707083893",
        kpp="773601001",
        legal_address="Москва",
        contacts=(("Почта", "a@example.org"),),
        requisites=(("ТипЦенId", "p"),),
    )
    assert rejected == RejectedRow(kind="party", number=2, reason="no_id", subject="Без ида")


@pytest.mark.parametrize(
    ("document", "line", "said"),
    [("", "", None), ("", "true", True), ("", "false", False), ("true", "", True), ("true", "false", False)],
)
def test_whether_sums_contain_vat_is_told_by_the_line_or_else_by_the_document(
    document: str, line: str, said: bool | None
) -> None:
    taxes = [
        f"<Налоги><Налог><Наименование>НДС</Наименование><УчтеноВСумме>{word}</УчтеноВСумме></Налог></Налоги>"
        for word in (document, line)
    ]
    row = order(f"{taxes[0]}<Товары><Товар><Ид>a</Ид><Количество>1</Количество>{taxes[1]}</Товар></Товары>")
    assert row.lines is not None
    assert row.lines[0].vat_in_sum is said


@pytest.mark.parametrize(
    "goods",
    [
        "<Количество>-3</Количество><ЦенаЗаЕдиницу>10</ЦенаЗаЕдиницу>",
        "<Количество>5</Количество><ЦенаЗаЕдиницу>-10</ЦенаЗаЕдиницу>",
        "<Количество>5</Количество><ЦенаЗаЕдиницу>10</ЦенаЗаЕдиницу><Коэффициент>-1</Коэффициент>",
        "<Количество>999999999999</Количество><ЦенаЗаЕдиницу>10</ЦенаЗаЕдиницу>",
        "<Количество>5</Количество><ЦенаЗаЕдиницу>10</ЦенаЗаЕдиницу><Сумма>999999999999999999</Сумма>",
    ],
)
def test_a_document_with_an_impossible_amount_is_rejected_whole(goods: str) -> None:
    document = (
        '<КоммерческаяИнформация ВерсияСхемы="2.08"><Документ><Ид>1</Ид><Номер>K-000001</Номер><Дата>2026-11-20</Дата>'
        f"<ХозОперация>Заказ товара</ХозОперация><Товары><Товар><Ид>a</Ид><Наименование>A</Наименование>{goods}"
        "</Товар></Товары></Документ></КоммерческаяИнформация>"
    )
    (row,) = read_documents([document.encode()])
    assert isinstance(row, RejectedRow)


def test_a_document_number_that_no_key_could_hold_is_rejected() -> None:
    document = (
        '<КоммерческаяИнформация ВерсияСхемы="2.08"><Документ><Ид>1</Ид><Номер>' + "9" * 3000 + "</Номер>"
        "<Дата>2026-11-20</Дата><ХозОперация>Заказ товара</ХозОперация></Документ></КоммерческаяИнформация>"
    )
    (row,) = read_documents([document.encode()])
    assert isinstance(row, RejectedRow)
