"""What documents of 1C are made of: lines, requisites, amounts, names."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeVar

from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.erp import ErpLine
from chalicelib.exchange.commerceml.values import children, is_deleted, own_text, text
from chalicelib.exchange.commerceml.xmlstream import Node

DELIVERY_ID = "ORDER_DELIVERY"
_MOST_PIECES, MOST_MONEY = Decimal(10) ** 7, Decimal(10) ** 13
_LONGEST_NAME = 120
_Amount = TypeVar("_Amount", Decimal, Decimal | None)


def line(body: Node, vat_in_sum: bool | None = None) -> ErpLine:
    """`vat_in_sum` = what the document says of all its lines; what a line says of itself counts more."""
    product, variant = values.split_id(text(body, "Ид"))
    unit = text(body, "Единица") or text(body, "БазоваяЕдиница")
    for node in children(body, "Единица"):
        unit = text(node, "НаименованиеКраткое") or unit
    types = {plain(name): value for name, value in requisites(body)}
    price = text(body, "ЦенаЗаЕдиницу") or text(body, "Цена")
    rates = (
        *children(body, "Налоги", "Налог"),
        *children(body, "СтавкиНалогов", "СтавкаНалога"),
    )
    return ErpLine(
        product_id=product,
        variant_id=variant or text(body, "ИдХарактеристики") or None,
        name=" ".join(text(body, "Наименование").split()),
        quantity=told_amount(values.quantity(text(body, "Количество")), _MOST_PIECES),
        article=text(body, "Артикул"),
        price=told_amount(optional(price), MOST_MONEY),
        total=told_amount(optional(text(body, "Сумма")), MOST_MONEY),
        unit=unit,
        coefficient=told_amount(optional(text(body, "Коэффициент")), _MOST_PIECES) or Decimal(1),
        vat_rate=_vat_rate(text(rates[0], "Ставка")) if rates else None,
        vat_in_sum=_vat_in_sum(body, vat_in_sum),
        service=product == DELIVERY_ID or "услуга" in types.get("типноменклатуры", "").lower(),
    )


def told_amount(amount: _Amount, most: Decimal) -> _Amount:
    """The amount, if goods and money can be so many; ValueError rejects the document."""
    if amount is not None and not 0 <= amount <= most:
        raise ValueError(f"not between 0 and {most}")
    return amount


def name(said: str) -> str:
    """An id or a number; ValueError for one that no storage key could hold."""
    name = said.strip()
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"longer than {_LONGEST_NAME} characters")
    return name


def _vat_rate(said: str) -> Decimal | None:
    """In percent: 0 for goods without VAT, None where nothing is said."""
    return values.vat_rate(said) or Decimal(0) if said.strip() else None


def _vat_in_sum(body: Node, otherwise: bool | None = None) -> bool | None:
    """Whether price and sum contain the VAT: `УчтеноВСумме` of the taxes; `otherwise` where nothing is said."""
    said = [text(tax, "УчтеноВСумме") for tax in children(body, "Налоги", "Налог")]
    return next((values.flag(word) for word in said if word.strip()), otherwise)


def lines(body: Node) -> tuple[ErpLine, ...] | None:
    """The document's lines; None where it lists none at all."""
    if body.find("Товары") is None:
        return None
    vat_in_sum = _vat_in_sum(body)
    return tuple(line(one, vat_in_sum) for one in children(body, "Товары", "Товар"))


def is_dead(body: Node, known: dict[str, str]) -> bool:
    """Whether the document is marked for deletion or called off."""
    return is_deleted(body) or flag(known, "пометкаудаления", "отменен") is True


def requisites(body: Node) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text(item, "Наименование"), value)
        for item in children(body, "ЗначенияРеквизитов", "ЗначениеРеквизита")
        for value in map(own_text, children(item, "Значение"))
        if value
    )


def plain(name: str) -> str:
    """A requisite's name without case, spaces, ё, and with the C of 1С made Cyrillic (protocol §7)."""
    return re.sub(r"[\s_]+", "", name.lower()).replace("ё", "е").replace("1c", "1с")


def flag(known: dict[str, str], *names: str) -> bool | None:
    """What the first of these requisites that is there says."""
    return next((values.flag(known[name]) for name in names if name in known), None)


def optional(given: str) -> Decimal | None:
    return values.number(given) if given.strip() else None


def formed(said: str) -> str:
    """When a file was formed, as `ordering.erp_age` reads it: with its time if it has one; empty if it says nothing."""
    moment = values.moment(said)
    if moment is None or moment.year == 1:
        return ""
    return moment.isoformat() if ":" in said else moment.date().isoformat()
