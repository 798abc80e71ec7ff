"""Our orders as 1C gets them, read back by our own reader of documents and by the standard library."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.erp import ErpOrder
from chalicelib.exchange.commerceml.orders_xml import (
    BankAccount,
    Dialect,
    OrderDocument,
    OrderLine,
    OrderParty,
    info_xml,
    orders_xml,
)

MADE = datetime(2026, 11, 21, 11, 30, 5)  # noqa: DTZ001 - the tenant's own time, as 1C writes it
PARTY = OrderParty(
    id="le-1",
    name="ООО «Окна & Двери»",
    official_name='Общество с ограниченной ответственностью "Окна & Двери"',
    tax_id="7707083893",
    kpp="773601001",
    legal_address="117312, Москва, ул. Вавилова, 19",
    delivery_address="Кишинёв, str. Ștefan cel Mare 1",
    account=BankAccount(number="40702810600023341231", bank="Банк", bic="044599292"),
    contacts=(("Телефон рабочий", "+373 22 000000"),),
    representative="Иван Buyer",
)
LINE = OrderLine(
    product_id="bd72d910-55bc-11d9-848a-00112f43529a",
    variant_id="90c55447-d3a8-11e4-9423-e0cb4ed5eed4",
    line_id="l1",
    article="А<1>",
    name="Дверь «Ștefan» 2×1 ™",
    quantity=Decimal("2.5"),
    price=Decimal("1234.5"),
    total=Decimal("3086.25"),
    discount=Decimal("100"),
    vat_rate=Decimal(20),
    vat_amount=Decimal("514.38"),
)
ORDER = OrderDocument(
    id="0abc",
    number="K-000123",
    placed=datetime(2026, 11, 20, 18, 5, 9),  # noqa: DTZ001
    currency="руб",
    total=Decimal("3086.25"),
    party=PARTY,
    lines=(LINE, replace(LINE, variant_id=None, vat_rate=Decimal(0), vat_amount=None, discount=Decimal(0))),
    comment="Звонить\x0b с 10 до 18",
    due=date(2026, 12, 5),
    wished=date(2026, 11, 25),
    status="Подтверждён",
    status_code="confirmed",
    changed=MADE,
    warehouse="Главный",
)
DIALECTS = [
    Dialect(),
    Dialect(containers=True),
    Dialect(charset="utf-8"),
    Dialect(charset="utf-8", bom=True, containers=True),
]


def back(content: bytes) -> ErpOrder:
    (order,) = read_documents([content])
    assert isinstance(order, ErpOrder)
    return order


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_order_comes_back_as_it_was_in_every_dialect(dialect: Dialect) -> None:
    order = back(orders_xml([ORDER], dialect, MADE))
    assert (order.number, order.id, order.currency, order.total) == ("K-000123", "0abc", "RUB", Decimal("3086.25"))
    assert (order.day, order.due, order.status, order.status_code) == (
        date(2026, 11, 20),
        date(2026, 12, 5),
        "Подтверждён",
        "confirmed",
    )
    assert order.comment == "Звонить  с 10 до 18"
    assert (order.cancelled, order.paid) == (False, False)
    assert dict(order.requisites)["Дата отгрузки"] == "2026-11-25"
    assert order.party is not None
    assert order.party.legal
    assert (order.party.name, order.party.tax_id, order.party.kpp) == (PARTY.name, "7707083893", "773601001")
    assert (order.party.address, order.party.legal_address) == (PARTY.delivery_address, PARTY.legal_address)
    assert order.lines is not None
    first, second = order.lines
    assert (first.product_id, first.variant_id) == (LINE.product_id, LINE.variant_id)
    assert (first.name, first.article) == (LINE.name, LINE.article)
    assert (first.quantity, first.price, first.total, first.vat_rate) == (
        Decimal("2.5"),
        Decimal("1234.5"),
        Decimal("3086.25"),
        Decimal(20),
    )
    assert second.variant_id is None


def test_each_order_has_its_own_container_where_the_client_wants_that() -> None:
    root = ET.fromstring(orders_xml([ORDER, ORDER], Dialect(containers=True), MADE))
    assert [child.tag for child in root] == ["Контейнер", "Контейнер"]
    flat = ET.fromstring(orders_xml([ORDER, ORDER], Dialect(), MADE))
    assert [child.tag for child in flat] == ["Документ", "Документ"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_to_send_is_an_empty_root_and_never_an_empty_body(dialect: Dialect) -> None:
    content = orders_xml([], dialect, MADE)
    assert content.removeprefix(b"\xef\xbb\xbf").startswith(b"<?xml")
    assert list(ET.fromstring(content)) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_bytes_are_in_the_charset_that_header_and_declaration_say(dialect: Dialect) -> None:
    content = orders_xml([ORDER], dialect, MADE)
    assert content.startswith(b"\xef\xbb\xbf") is dialect.bom
    assert dialect.content_type == f"application/xml; charset={dialect.charset}"
    assert f'encoding="{dialect.charset}"'.encode() in content[:60]
    assert "КоммерческаяИнформация" in content.decode(dialect.charset)


def test_letters_that_windows_1251_lacks_become_references() -> None:
    content = orders_xml([ORDER], Dialect(), MADE)
    assert b"&#536;tefan" in content
    assert "™".encode("cp1251") in content


def test_no_element_is_empty_since_1c_takes_those_for_objects() -> None:
    bare = replace(
        ORDER,
        party=OrderParty(id="1", name="Иванов"),
        comment="",
        due=None,
        wished=None,
        status="",
        status_code="",
        changed=None,
        warehouse="",
        lines=(replace(LINE, article="", line_id="", vat_amount=None, discount=Decimal(0)),),
    )
    for element in ET.fromstring(orders_xml([bare], Dialect(), MADE)).iter():
        assert len(element) or (element.text or "").strip(), element.tag


def test_every_line_says_its_vat_rate_as_a_number() -> None:
    root = ET.fromstring(orders_xml([ORDER], Dialect(), MADE))
    assert [rate.text for rate in root.iterfind("Документ/Товары/Товар/Налоги/Налог/Ставка")] == ["20", "0"]


def test_a_person_is_no_company() -> None:
    order = back(orders_xml([replace(ORDER, party=OrderParty(id="1", name="Иванов"))], Dialect(), MADE))
    assert order.party is not None
    assert not order.party.legal
    assert order.party.full_name == "Иванов"


def test_a_number_that_1c_could_not_find_again_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 11 characters"):
        replace(ORDER, number="K-2026-00000123")


def test_the_list_of_statuses_begins_with_the_latin_letter_that_1c_looks_for() -> None:
    content = info_xml([("confirmed", "Подтверждён")], [("invoice", "Счёт")], Dialect())
    assert content.startswith(b"<?xml")
    assert b"<C\xf2\xe0\xf2\xf3\xf1\xfb>" in content  # 0x43 and not 0xd1
    root = ET.fromstring(content)
    assert root.tag == "Справочник"
    assert [item.findtext("Ид") for item in root.iterfind("Cтатусы/Элемент")] == ["confirmed"]
    assert [item.findtext("Название") for item in root.iterfind("ПлатежныеСистемы/Элемент")] == ["Счёт"]


texts = st.text(max_size=60)
sums = st.decimals(min_value=0, max_value=Decimal(10**9), places=2)


@settings(max_examples=200)
@given(texts, texts, sums, st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**6), places=3))
def test_whatever_people_type_gives_well_formed_xml_in_every_dialect(
    name: str, comment: str, amount: Decimal, quantity: Decimal
) -> None:
    line = replace(LINE, name=name, quantity=quantity, price=amount, total=amount)
    order = replace(ORDER, comment=comment, lines=(line,), total=amount, party=replace(PARTY, name=f"x{name}"))
    for dialect in DIALECTS:
        read = back(orders_xml([order], dialect, MADE))
        assert read.lines is not None
        assert (read.lines[0].quantity, read.lines[0].total, read.total) == (quantity, amount, amount)
