"""Papers of an order that 1C sends under it, beside it or on their own: payments, shipments, invoices (protocol §7).

Real configurations send payments and shipments so. `Счет на оплату` is an operation of the format's schema for which no
file of the exchange with sites is known: its base is read from wherever 1C puts one in its other documents.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.exchange.commerceml import document_parts as parts
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.erp import ErpInvoice, ErpPayment, ErpShipment
from chalicelib.exchange.commerceml.values import text
from chalicelib.exchange.commerceml.xmlstream import Node

Paper = ErpPayment | ErpShipment | ErpInvoice
ORDER = "order"
_OPERATIONS = {
    "заказтовара": ORDER,
    "счетнаоплату": "invoice",
    "отпусктовара": "shipment",
    "выплатаналичныхденег": "cash",
    "выплатабезналичныхденег": "bank",
    "эквайринговаяоперация": "card",
    "возвратналичныхденег": "cash_refund",
    "возвратбезналичныхденег": "bank_refund",
}
_BASES = ("основание", "документоснование", "номероснования", "заказ", "номерзаказа", "номерзаказанасайте")


def kind_of(body: Node) -> str:
    """What a document is: `order`, or a kind of `paper`; empty for what an order has no use for.

    The schema writes an operation with and without spaces, and begins one of them with a Latin C.
    """
    said = parts.plain(text(body, "ХозОперация"))
    return _OPERATIONS.get("с" + said[1:] if said.startswith("c") else said, "")


def paper(body: Node, kind: str) -> Paper:
    """ValueError names what cannot be read."""
    read: dict[str, Callable[[Node], Paper]] = {"shipment": _shipment, "invoice": _invoice}
    return read[kind](body) if kind in read else _payment(body, kind)


def _payment(body: Node, kind: str) -> ErpPayment:
    known = {parts.plain(title): value.strip() for title, value in parts.requisites(body)}
    posted, paid = parts.flag(known, "проведен"), parts.flag(known, "оплачен")
    return ErpPayment(
        id=parts.name(text(body, "Ид")),
        number=parts.name(_document_number(body, known, "номероплатыпо1с", "номерплатежногодокумента")),
        day=values.day(known.get("датаоплатыпо1с", "") or known.get("датаоплаты", "") or text(body, "Дата")),
        amount=parts.told_amount(parts.optional(text(body, "Сумма")), parts.MOST_MONEY),
        currency=values.currency(text(body, "Валюта")),
        kind=kind.removesuffix("_refund"),
        refund=kind.endswith("_refund") or parts.flag(known, "возврат") is True,
        done=paid if paid is not None else posted is not False,
        deleted=parts.is_dead(body, known),
        based_on=_base(body, known),
    )


def _shipment(body: Node) -> ErpShipment:
    known = {parts.plain(title): value.strip() for title, value in parts.requisites(body)}
    posted, shipped = parts.flag(known, "проведен"), parts.flag(known, "отгружен")
    return ErpShipment(
        id=parts.name(text(body, "Ид")),
        number=parts.name(_document_number(body, known, "номеротгрузкипо1с", "номердокументаотгрузки")),
        day=values.day(known.get("датаотгрузкипо1с", "") or known.get("датаотгрузки", "") or text(body, "Дата")),
        lines=parts.lines(body),
        done=shipped if shipped is not None else posted is not False,
        deleted=parts.is_dead(body, known),
        based_on=_base(body, known),
    )


def _invoice(body: Node) -> ErpInvoice:
    known = {parts.plain(title): value.strip() for title, value in parts.requisites(body)}
    posted = parts.flag(known, "проведен")
    return ErpInvoice(
        id=parts.name(text(body, "Ид")),
        number=parts.name(_document_number(body, known, "номерсчетапо1с", "номерпо1с")),
        day=values.day(text(body, "Дата1С") or known.get("датасчетапо1с", "") or text(body, "Дата")),
        due=values.day(text(body, "СрокПлатежа")),
        amount=parts.told_amount(parts.optional(text(body, "Сумма")), parts.MOST_MONEY),
        currency=values.currency(text(body, "Валюта")),
        lines=parts.lines(body),
        done=posted is not False,
        deleted=parts.is_dead(body, known),
        based_on=_base(body, known),
    )


def _document_number(body: Node, known: dict[str, str], *names: str) -> str:
    own = text(body, "Номер1С")
    return next((known[word] for word in names if known.get(word)), own) or text(body, "Номер")


def _base(body: Node, known: dict[str, str]) -> str:
    """The number or id of the order that it was made for."""
    said = text(body, "Основание") or text(body, "НомерОснования")
    return said or next((known[word] for word in _BASES if known.get(word)), "")
