"""Orders for 1C: the answer to `type=sale&mode=query`, and the lists of `mode=info` (protocol §6, §5).

What a 1C configuration does with each element decides what is written: empty elements are left out (УТ takes them for
objects), every line says its VAT rate (УТ would keep the line's before), the counterparty is always there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

OPERATION = "Заказ товара"
MAX_NUMBER = 11  # characters: the column of 1C in which the site's number is looked up
_BAD_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMATS = (
    ' ФорматДаты="ДФ=yyyy-MM-dd; ДЛФ=DT" ФорматВремени="ДФ=ЧЧ:мм:сс; ДЛФ=T" РазделительДатаВремя="T"'
    ' ФорматСуммы="ЧЦ=18; ЧДЦ=2; ЧРД=." ФорматКоличества="ЧЦ=18; ЧДЦ=3; ЧРД=."'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    number: str
    bank: str = ""
    bic: str = ""
    correspondent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParty:
    """The dealer's legal entity. `official_name` makes it a company for 1C; without it, it is a person."""

    id: str
    name: str  # never empty: an order without it loses its counterparty in 1C
    official_name: str = ""
    tax_id: str = ""
    kpp: str = ""
    okpo: str = ""
    legal_address: str = ""
    delivery_address: str = ""
    account: BankAccount | None = None
    contacts: tuple[tuple[str, str], ...] = ()  # (`Телефон рабочий` | `Почта`…, value)
    representative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """`product_id` and `variant_id` are 1C's own: an unknown one would become a new product there."""

    product_id: str
    name: str
    quantity: Decimal
    price: Decimal
    total: Decimal
    variant_id: str | None = None
    line_id: str = ""
    catalogue_id: str = ""
    article: str = ""
    unit: str = "шт"
    unit_code: str = "796"
    unit_name: str = ""
    reserve: Decimal | None = None
    discount: Decimal = Decimal(0)  # already in `total`
    vat_rate: Decimal = Decimal(0)  # percent; 0 = without VAT
    vat_included: bool = True
    vat_amount: Decimal | None = None
    service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocument:
    """An order as the ERP gets it. `placed` is in the tenant's time zone, `currency` in the ERP's own word."""

    id: str
    number: str
    placed: datetime
    currency: str
    total: Decimal
    party: OrderParty
    lines: tuple[OrderLine, ...]
    comment: str = ""
    due: date | None = None
    wished: date | None = None
    cancelled: bool = False
    paid: bool = False
    vat_included: bool = True
    status: str = ""
    status_code: str = ""
    changed: datetime | None = None
    organisation: str = ""
    warehouse: str = ""
    contract: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        if not 0 < len(self.number) <= MAX_NUMBER:
            raise ValueError(f"an order's number has 1 to {MAX_NUMBER} characters: {self.number!r}")
        if not self.party.name or not self.currency:
            raise ValueError("an order needs a currency and a counterparty's name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the tenant's 1C wants its orders."""

    charset: str = "windows-1251"
    bom: bool = False  # only with utf-8
    containers: bool = False  # each order in its own `Контейнер` (Bitrix module ≥ 6.5)

    @property
    def content_type(self) -> str:
        return f"application/xml; charset={self.charset}"


def orders_xml(orders: Sequence[OrderDocument], dialect: Dialect, made: datetime) -> bytes:
    """The whole answer; an empty root when there is nothing, since an empty body is an error to 1C."""
    version = "3.1" if dialect.containers else "2.05"
    out = [f'<КоммерческаяИнформация ВерсияСхемы="{version}" ДатаФормирования="{made:%Y-%m-%dT%H:%M:%S}"{_FORMATS}>']
    for order in orders:
        body = _element("Документ", _document(order))
        out.append(_element("Контейнер", [body]) if dialect.containers else body)
    out.append("</КоммерческаяИнформация>")
    return _encoded("\n".join(out), dialect)


def info_xml(statuses: Sequence[tuple[str, str]], payments: Sequence[tuple[str, str]], dialect: Dialect) -> bytes:
    """The lists for 1C's mapping of statuses and ways of payment: (id, name) pairs.

    The first letter of the element of statuses is a Latin C: 1C looks for it so (protocol §5).
    """
    status_list = [_element("Элемент", [_leaf("Ид", ref), _leaf("Название", name)]) for ref, name in statuses]
    payment_list = [
        _element("Элемент", [_leaf("Ид", ref), _leaf("Название", name), _leaf("ТипОплаты", name)])
        for ref, name in payments
    ]
    lists = [
        _element("\N{LATIN CAPITAL LETTER C}татусы", status_list),
        _element("ПлатежныеСистемы", payment_list),
        "<СлужбыДоставки/>",
    ]
    return _encoded(_element("Справочник", lists), dialect)


def _encoded(body: str, dialect: Dialect) -> bytes:
    text = f'<?xml version="1.0" encoding="{dialect.charset}"?>\n{body}\n'
    if dialect.charset == "utf-8":
        return (b"\xef\xbb\xbf" if dialect.bom else b"") + text.encode()
    return text.encode("cp1251", "xmlcharrefreplace")


def _document(order: OrderDocument) -> list[str]:
    requisites = [
        ("Статус заказа", f"[{order.status_code}] {order.status}" if order.status_code else order.status),
        ("Статуса заказа ИД", order.status_code),
        ("Дата изменения статуса", f"{order.changed:%Y-%m-%d %H:%M:%S}" if order.changed else ""),
        ("Заказ оплачен", _flag(order.paid)),
        ("Отменен", _flag(order.cancelled)),
        ("Дата отгрузки", f"{order.wished:%Y-%m-%d}" if order.wished else ""),
        ("Организация", order.organisation),
        ("Склад", order.warehouse),
        ("Договор", order.contract),
        ("Версия заказа", str(order.version)),
    ]
    rates = {line.vat_rate for line in order.lines}
    tax = [_leaf("Наименование", "НДС"), _leaf("УчтеноВСумме", _flag(order.vat_included))]
    amounts = [line.vat_amount for line in order.lines if line.vat_amount is not None]
    if amounts:
        tax.append(_leaf("Сумма", _money(sum(amounts, Decimal(0)))))
    if len(rates) == 1:
        tax.append(_leaf("Ставка", _plain(rates.pop())))
    return [
        _leaf("Ид", order.id),
        _leaf("Номер", order.number),
        _leaf("Дата", f"{order.placed:%Y-%m-%d}"),
        _leaf("ХозОперация", OPERATION),
        _leaf("Роль", "Продавец"),
        _leaf("Валюта", order.currency),
        _leaf("Курс", "1"),
        _leaf("Сумма", _money(order.total)),
        _element("Контрагенты", [_element("Контрагент", _party(order.party))]),
        _leaf("Время", f"{order.placed:%H:%M:%S}"),
        _leaf("СрокПлатежа", f"{order.due:%Y-%m-%d}" if order.due else ""),
        _leaf("Комментарий", order.comment),
        _element("Налоги", [_element("Налог", tax)]),
        _element("Товары", [_element("Товар", _line(line)) for line in order.lines]),
        _requisites(requisites),
    ]


def _party(party: OrderParty) -> list[str]:
    company = bool(party.official_name)
    parts = [
        _leaf("Ид", party.id),
        _leaf("Наименование", party.name),
        _leaf("Роль", "Покупатель"),
        _leaf("ОфициальноеНаименование", party.official_name),
        "" if company else _leaf("ПолноеНаименование", party.name),
        _address("ЮридическийАдрес" if company else "АдресРегистрации", party.legal_address),
        _leaf("ИНН", party.tax_id),
        _leaf("КПП", party.kpp),
        _leaf("ОКПО", party.okpo),
    ]
    if party.account:
        bank = [
            _leaf("СчетКорреспондентский", party.account.correspondent),
            _leaf("Наименование", party.account.bank),
            _leaf("БИК", party.account.bic),
        ]
        account = [_leaf("НомерСчета", party.account.number), _element("Банк", bank)]
        parts.append(_element("РасчетныеСчета", [_element("РасчетныйСчет", account)]))
    parts.append(_address("Адрес", party.delivery_address))
    contacts = [_element("Контакт", [_leaf("Тип", kind), _leaf("Значение", value)]) for kind, value in party.contacts]
    if contacts:
        parts.append(_element("Контакты", contacts))
    if party.representative:
        person = [
            _leaf("Отношение", "Контактное лицо"),
            _leaf("Ид", f"{party.id}/contact"),
            _leaf("Наименование", party.representative),
        ]
        parts.append(_element("Представители", [_element("Представитель", [_element("Контрагент", person)])]))
    return parts


def _line(line: OrderLine) -> list[str]:
    kind = "Услуга" if line.service else "Товар"
    unit = f"<БазоваяЕдиница Код={quoteattr(_clean(line.unit_code))}" if line.unit_code else "<БазоваяЕдиница"
    if line.unit_name:
        unit += f" НаименованиеПолное={quoteattr(_clean(line.unit_name))}"
    tax = [
        _leaf("Наименование", "НДС"),
        _leaf("УчтеноВСумме", _flag(line.vat_included)),
        _leaf("Сумма", _money(line.vat_amount) if line.vat_amount is not None else ""),
        _leaf("Ставка", _plain(line.vat_rate)),
    ]
    rate = [_leaf("Наименование", "НДС"), _leaf("Ставка", _plain(line.vat_rate))]
    discount = [_leaf("Наименование", "Скидка"), _leaf("Сумма", _money(line.discount)), _leaf("УчтеноВСумме", "true")]
    return [
        _leaf("Ид", f"{line.product_id}#{line.variant_id}" if line.variant_id else line.product_id),
        _leaf("ИдКаталога", line.catalogue_id),
        _leaf("Артикул", line.article),
        _leaf("Наименование", line.name),
        f"{unit}>{escape(_clean(line.unit))}</БазоваяЕдиница>",
        _element("СтавкиНалогов", [_element("СтавкаНалога", rate)]),
        _leaf("ЦенаЗаЕдиницу", _plain(line.price)),
        _leaf("Количество", _plain(line.quantity)),
        _leaf("Сумма", _money(line.total)),
        _leaf("Резерв", _plain(line.reserve) if line.reserve else ""),
        _element("Скидки", [_element("Скидка", discount)]) if line.discount else "",
        _element("Налоги", [_element("Налог", tax)]),
        _requisites([("ВидНоменклатуры", kind), ("ТипНоменклатуры", kind), ("НомерПозицииКорзины", line.line_id)]),
    ]


def _requisites(pairs: Sequence[tuple[str, str]]) -> str:
    items = [
        _element("ЗначениеРеквизита", [_leaf("Наименование", name), _leaf("Значение", value)])
        for name, value in pairs
        if value
    ]
    return _element("ЗначенияРеквизитов", items) if items else ""


def _address(name: str, text: str) -> str:
    return _element(name, [_leaf("Представление", text)]) if text else ""


def _element(name: str, parts: Sequence[str]) -> str:
    inner = "\n".join(part for part in parts if part)
    return f"<{name}>\n{inner}\n</{name}>" if inner else f"<{name}/>"


def _leaf(name: str, text: str) -> str:
    return f"<{name}>{escape(_clean(text))}</{name}>" if text else ""


def _clean(text: str) -> str:
    """Characters that no XML may hold, not even as a reference, become spaces."""
    return _BAD_IN_XML.sub(" ", text)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else _plain(amount)


def _plain(number: Decimal) -> str:
    """Without exponent and trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def _flag(value: bool) -> str:
    return "true" if value else "false"
