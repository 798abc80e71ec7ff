"""The classifier: categories, properties, price types, warehouses, units. It may stand in any file (protocol §9)."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.catalogue.feed import (
    CategoryRow,
    FeedRow,
    PriceTypeRow,
    PropertyRow,
    RejectedRow,
    WarehouseRow,
)
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.reading import State, currency_of, subject_of
from chalicelib.exchange.commerceml.values import children, is_deleted, text
from chalicelib.exchange.commerceml.xmlstream import Node

CATEGORY_PROPERTY = "Категория"  # УНФ's second classification, told as an attribute of the product


def read_category(state: State, body: Node, parent: str | None = None) -> Iterator[FeedRow]:
    number = state.count("category")
    category = text(body, "Ид")
    if not category:
        yield RejectedRow(kind="category", number=number, reason="no_id", subject=subject_of(body))
        return
    yield CategoryRow(
        id=category, name=text(body, "Наименование") or category, parent_id=parent, deleted=is_deleted(body)
    )
    for inner in children(body, "Свойства", "Свойство"):
        yield from read_property(state, inner)
    for inner in children(body, "Группы", "Группа"):
        yield from read_category(state, inner, category)


def read_property(state: State, body: Node) -> Iterator[FeedRow]:
    number = state.count("property")
    ref = text(body, "Ид")
    if not ref:
        yield RejectedRow(kind="property", number=number, reason="no_id", subject=subject_of(body))
        return
    choices = [
        (text(choice, "ИдЗначения"), text(choice, "Значение"))
        for choice in children(body, "ВариантыЗначений", "Справочник")
    ]
    yield PropertyRow(
        id=ref,
        name=text(body, "Наименование") or ref,
        values=tuple((key, value) for key, value in choices if key),
        deleted=is_deleted(body),
    )


def read_product_kinds(state: State, body: Node) -> Iterator[FeedRow]:
    state.count("property")
    kinds = [(text(kind, "Ид"), text(kind, "Наименование")) for kind in children(body, "Категория")]
    if kinds:
        yield PropertyRow(id=CATEGORY_PROPERTY, name=CATEGORY_PROPERTY, values=tuple(k for k in kinds if k[0]))


def read_price_type(state: State, body: Node) -> Iterator[FeedRow]:
    number = state.count("price_type")
    ref = text(body, "Ид")
    if not ref:
        yield RejectedRow(kind="price_type", number=number, reason="no_id", subject=subject_of(body))
        return
    currency: str | None = None
    try:
        currency = currency_of(state, text(body, "Валюта"))
    except ValueError as wrong:
        yield RejectedRow(kind="value", number=number, reason="unknown_currency", subject=ref, detail=str(wrong))
    included = [values.flag(text(tax, "УчтеноВСумме")) for tax in children(body, "Налог")]
    yield PriceTypeRow(
        id=ref,
        name=text(body, "Наименование") or ref,
        currency=currency,
        vat_included=included[0] if included else None,
        deleted=is_deleted(body),
    )


def read_warehouse(state: State, body: Node) -> Iterator[FeedRow]:
    number = state.count("warehouse")
    ref = text(body, "Ид")
    if not ref:
        yield RejectedRow(kind="warehouse", number=number, reason="no_id", subject=subject_of(body))
        return
    address = [text(address, "Представление") for address in children(body, "Адрес")]
    yield WarehouseRow(
        id=ref,
        name=text(body, "Наименование") or ref,
        address=address[0] if address else "",
        deleted=is_deleted(body),
    )


def read_unit_definition(state: State, body: Node) -> Iterator[FeedRow]:
    name = text(body, "НаименованиеКраткое")
    code = text(body, "Код")
    for key in (code, text(body, "Ид")):
        if key and len(state.memory.units) < 10_000:
            state.memory.units[key] = name or values.UNITS.get(code) or text(body, "НаименованиеПолное")
    yield from ()
