"""Documents that come back from 1C: orders as they now stand there, with payments and shipments (protocol §7).

Both structures (flat `Документ`, `Контейнер/Документ`) and all spellings of the requisites end in the same frozen
dataclasses. A document is taken whole or becomes one RejectedRow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from chalicelib.catalogue.feed import RejectedRow
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.erp import ErpLine, ErpOrder, ErpParty, ErpPayment, ErpRow, ErpShipment
from chalicelib.exchange.commerceml.values import children, is_deleted, own_text, text
from chalicelib.exchange.commerceml.xmlstream import Element, Limits, Node, read_parts

DELIVERY_ID = "ORDER_DELIVERY"
_MOST_PIECES, _MOST_MONEY = Decimal(10) ** 7, Decimal(10) ** 13
_LONGEST_NAME = 120
_Amount = TypeVar("_Amount", Decimal, Decimal | None)
_STATUS_CODE = re.compile(r"\[([^\]]{1,20})\]\s*(.*)", re.DOTALL)
_OPERATIONS = {
    "заказ товара": "order",
    "отпуск товара": "shipment",
    "выплата наличных денег": "cash",
    "выплата безналичных денег": "bank",
    "эквайринговая операция": "card",
    "возврат наличных денег": "cash_refund",
    "возврат безналичных денег": "bank_refund",
}


def read_documents(chunks: Iterable[bytes], limits: Limits | None = None) -> Iterator[ErpRow]:
    """Orders (with what hangs on them), payments and shipments on their own, and counterparties, in order.

    Raises Invalid like `xmlstream.read_parts`.
    """
    number = 0
    for part in read_parts(chunks, limits):
        if not isinstance(part, Element) or isinstance(part.body, str):
            continue
        if part.name == "Документ":
            number += 1
            yield _document(part.body, number)
        elif part.name == "Контейнер":
            rows = [_document(body, number + i) for i, body in enumerate(children(part.body, "Документ"), 1)]
            number += len(rows)
            yield from _together(rows)
        elif part.container == "Контрагенты" and part.name == "Контрагент":
            number += 1
            yield _party_row(part.body, number)


def _together(rows: list[ErpRow]) -> Iterator[ErpRow]:
    """One container is one order with its payments and shipments; several orders in it keep their own."""
    orders = [row for row in rows if isinstance(row, ErpOrder)]
    if len(orders) != 1:
        yield from rows
        return
    order = orders[0]
    payments = tuple(row for row in rows if isinstance(row, ErpPayment))
    shipments = tuple(row for row in rows if isinstance(row, ErpShipment))
    yield replace(order, payments=order.payments + payments, shipments=order.shipments + shipments)
    yield from (row for row in rows if isinstance(row, RejectedRow))


def _document(body: Node | str, number: int) -> ErpRow:
    subject = text(body, "Номер").strip() or text(body, "Ид").strip()
    if isinstance(body, str) or not subject:
        return RejectedRow(kind="document", number=number, reason="no_number")
    operation = " ".join(text(body, "ХозОперация").lower().split())
    kind = _OPERATIONS.get(operation)
    try:
        if kind is None:
            return RejectedRow(
                kind="document", number=number, reason="unknown_operation", subject=subject, detail=operation[:60]
            )
        if kind == "order":
            return _order(body)
        if kind == "shipment":
            return _shipment(body)
        return _payment(body, kind)
    except ValueError as wrong:
        return RejectedRow(kind="document", number=number, reason="bad_value", subject=subject, detail=str(wrong))


def _order(body: Node) -> ErpOrder:
    given = _requisites(body)
    known = {_plain(name): value.strip() for name, value in given}
    code, status = _status(known)
    payments: list[ErpPayment] = []
    shipments: list[ErpShipment] = []
    for child in children(body, "ПодчиненныеДокументы", "ПодчиненныйДокумент"):
        kind = _OPERATIONS.get(" ".join(text(child, "ХозОперация").lower().split()))
        if kind == "shipment":
            shipments.append(_shipment(child))
        elif kind and kind != "order":
            payments.append(_payment(child, kind))
    payment_number, payment_date = known.get("номероплатыпо1с", ""), values.day(known.get("датаоплатыпо1с", ""))
    shipment_number = known.get("номеротгрузкипо1с", "")
    shipment_date = values.day(known.get("датаотгрузкипо1с", ""))
    parties = children(body, "Контрагенты", "Контрагент")
    return ErpOrder(
        number=_name(text(body, "Номер")),
        id=_name(text(body, "Ид")),
        version=text(body, "НомерВерсии").strip(),
        erp_number=text(body, "Номер1С").strip() or known.get("номерпо1с", ""),
        erp_date=values.day(text(body, "Дата1С") or known.get("датапо1с", "")),
        day=values.day(text(body, "Дата")),
        currency=values.currency(text(body, "Валюта")),
        total=_optional(text(body, "Сумма")),
        due=values.day(text(body, "СрокПлатежа")),
        comment=text(body, "Комментарий"),
        status=status,
        status_code=code,
        posted=_flag(known, "проведен"),
        paid=_told(_flag(known, "оплачен", "заказоплачен"), payment_number, payment_date),
        shipped=_told(_flag(known, "отгружен"), shipment_number, shipment_date),
        cancelled=_flag(known, "отменен"),
        deleted=is_deleted(body) or _flag(known, "пометкаудаления") is True,
        payment_number=payment_number,
        payment_date=payment_date,
        shipment_number=shipment_number,
        shipment_date=shipment_date,
        lines=_lines(body) or None,  # an empty list says nothing: a cancelled order is marked so
        payments=tuple(payments),
        shipments=tuple(shipments),
        party=_party(parties[0]) if parties else None,
        requisites=given,
    )


def _line(body: Node | str) -> ErpLine:
    product, variant = values.split_id(text(body, "Ид"))
    unit = text(body, "Единица") or text(body, "БазоваяЕдиница")
    for node in children(body, "Единица"):
        unit = text(node, "НаименованиеКраткое") or unit
    types = {_plain(name): value for name, value in _requisites(body)}
    price = text(body, "ЦенаЗаЕдиницу") or text(body, "Цена")
    rates = (
        *children(body, "Налоги", "Налог"),
        *children(body, "СтавкиНалогов", "СтавкаНалога"),
    )
    return ErpLine(
        product_id=product,
        variant_id=variant or text(body, "ИдХарактеристики").strip() or None,
        name=" ".join(text(body, "Наименование").split()),
        quantity=_told_amount(values.quantity(text(body, "Количество")), _MOST_PIECES),
        article=text(body, "Артикул").strip(),
        price=_told_amount(_optional(price), _MOST_MONEY),
        total=_told_amount(_optional(text(body, "Сумма")), _MOST_MONEY),
        unit=unit.strip(),
        coefficient=_optional(text(body, "Коэффициент")) or Decimal(1),
        vat_rate=_vat_rate(text(rates[0], "Ставка")) if rates else None,
        service=product == DELIVERY_ID or "услуга" in types.get("типноменклатуры", "").lower(),
    )


def _told_amount(amount: _Amount, most: Decimal) -> _Amount:
    """The amount, if goods and money can be so many; ValueError rejects the document."""
    if amount is not None and not 0 <= amount <= most:
        raise ValueError(f"not between 0 and {most}")
    return amount


def _name(said: str) -> str:
    """An id or a number; ValueError for one that no storage key could hold."""
    name = said.strip()
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"longer than {_LONGEST_NAME} characters")
    return name


def _vat_rate(said: str) -> Decimal | None:
    """In percent: 0 for goods without VAT, None where nothing is said."""
    return values.vat_rate(said) or Decimal(0) if said.strip() else None


def _lines(body: Node | str) -> tuple[ErpLine, ...] | None:
    """The document's lines; None where it lists none at all."""
    if isinstance(body, str) or "Товары" not in body:
        return None
    return tuple(_line(line) for line in children(body, "Товары", "Товар"))


def _payment(body: Node | str, kind: str) -> ErpPayment:
    known = {_plain(name): value.strip() for name, value in _requisites(body)}
    posted, paid = _flag(known, "проведен"), _flag(known, "оплачен")
    return ErpPayment(
        id=_name(text(body, "Ид")),
        number=_name(_document_number(body, known, "номероплатыпо1с", "номерплатежногодокумента")),
        day=values.day(known.get("датаоплатыпо1с", "") or known.get("датаоплаты", "") or text(body, "Дата")),
        amount=_told_amount(_optional(text(body, "Сумма")), _MOST_MONEY),
        currency=values.currency(text(body, "Валюта")),
        kind=kind.removesuffix("_refund"),
        refund=kind.endswith("_refund") or _flag(known, "возврат") is True,
        done=paid if paid is not None else posted is not False,
        deleted=_dead(body, known),
        based_on=_base(body),
    )


def _shipment(body: Node | str) -> ErpShipment:
    known = {_plain(name): value.strip() for name, value in _requisites(body)}
    posted, shipped = _flag(known, "проведен"), _flag(known, "отгружен")
    return ErpShipment(
        id=_name(text(body, "Ид")),
        number=_name(_document_number(body, known, "номеротгрузкипо1с", "номердокументаотгрузки")),
        day=values.day(known.get("датаотгрузкипо1с", "") or known.get("датаотгрузки", "") or text(body, "Дата")),
        lines=_lines(body),
        done=shipped if shipped is not None else posted is not False,
        deleted=_dead(body, known),
        based_on=_base(body),
    )


def _document_number(body: Node | str, known: dict[str, str], *names: str) -> str:
    own = text(body, "Номер1С").strip()
    return next((known[name] for name in names if known.get(name)), own) or text(body, "Номер").strip()


def _dead(body: Node | str, known: dict[str, str]) -> bool:
    marked = isinstance(body, dict) and is_deleted(body)
    return marked or _flag(known, "пометкаудаления", "отменен") is True


def _base(body: Node | str) -> str:
    return (text(body, "Основание") or text(body, "НомерОснования")).strip()


def _party_row(body: Node, number: int) -> ErpRow:
    party = _party(body)
    if not party.id:
        return RejectedRow(kind="party", number=number, reason="no_id", subject=party.name)
    return party


def _party(body: Node | str) -> ErpParty:
    official = text(body, "ОфициальноеНаименование").strip()
    address = [text(node, "Представление") for node in children(body, "Адрес")]
    legal_address = [
        text(node, "Представление")
        for name in ("ЮридическийАдрес", "АдресРегистрации")
        for node in children(body, name)
    ]
    return ErpParty(
        id=text(body, "Ид").strip(),
        name=text(body, "Наименование").strip(),
        full_name=official or text(body, "ПолноеНаименование").strip(),
        legal=bool(official),
        tax_id=text(body, "ИНН").strip(),
        kpp=text(body, "КПП").strip(),
        okpo=(text(body, "ОКПО") or text(body, "КодПоОКПО")).strip(),
        address=address[0] if address else "",
        legal_address=legal_address[0] if legal_address else "",
        contacts=tuple(
            (text(item, "Тип").strip(), text(item, "Значение").strip())
            for item in children(body, "Контакты", "Контакт")
            if text(item, "Значение").strip()
        ),
        requisites=_requisites(body),
        deleted=isinstance(body, dict) and is_deleted(body),
    )


def _requisites(body: Node | str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text(item, "Наименование").strip(), value)
        for item in children(body, "ЗначенияРеквизитов", "ЗначениеРеквизита")
        for value in map(own_text, children(item, "Значение"))
        if value
    )


def _plain(name: str) -> str:
    """A requisite's name without case, spaces, ё, and with the C of 1С made Cyrillic (protocol §7)."""
    return re.sub(r"[\s_]+", "", name.lower()).replace("ё", "е").replace("1c", "1с")


def _status(known: dict[str, str]) -> tuple[str, str]:
    shown = known.get("статусзаказа", "") or known.get("статус", "")
    code = known.get("статусазаказаид", "") or known.get("статусзаказаид", "")
    if found := _STATUS_CODE.fullmatch(shown):
        return code or found[1].strip(), found[2].strip()
    return code, shown


def _flag(known: dict[str, str], *names: str) -> bool | None:
    return next((values.flag(known[name]) for name in names if name in known), None)


def _told(flagged: bool | None, number: str, day: date | None) -> bool | None:
    """УТ tells that something happened by its number and date alone."""
    return flagged if flagged is not None else True if number or day else None


def _optional(given: str) -> Decimal | None:
    return values.number(given) if given.strip() else None
