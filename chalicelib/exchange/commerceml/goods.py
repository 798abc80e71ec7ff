"""Goods, offers, prices and stock: from an element to the rows it holds.

A full exchange has some millions of prices and stock figures: what is done for each of them is kept short.
"""

from __future__ import annotations

from decimal import Decimal

from chalicelib.catalogue.feed import FeedRow, OfferRow, PriceRow, ProductRow, RejectedRow, StockRow
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.classifier import CATEGORY_PROPERTY
from chalicelib.exchange.commerceml.reading import State, currency_of, subject_of, unit_name, unit_of
from chalicelib.exchange.commerceml.values import attribute, children, is_deleted, own_text, text, texts
from chalicelib.exchange.commerceml.xmlstream import Node

# A catalogue that Bitrix wrote keeps the card's own fields among the properties.
_BITRIX_FIELDS = {"CML2_ARTICLE": "article", "CML2_BAR_CODE": "barcode", "CML2_BASE_UNIT": "unit"}
_ZERO, _ONE = Decimal(0), Decimal(1)
_OWN_REQUISITES = ("Код", "ПолноеНаименование", "Вес", "Страна")
_NUMBERS = frozenset({"Цены", "Количество", "Склад", "Склады", "Остатки"})
# An offer with nothing besides these brings prices or stock, and no card.
_NO_CARD = _NUMBERS | {"Ид", "ИдХарактеристики", "КодЕдиницыИзмерения", "НомерВерсии", "ПометкаУдаления"}


def read_product(state: State, body: Node) -> list[FeedRow]:
    number = state.count("product")
    told = texts(body)
    try:
        product, variant = values.split_id(told.get("Ид", ""))
    except ValueError:
        return [RejectedRow(kind="product", number=number, reason="no_id", subject=subject_of(body))]
    attributes, own = _attributes(body)
    unit, unit_code = unit_of(state, body)
    deleted = is_deleted(body)
    name = " ".join(told.get("Наименование", "").split())
    if not name and not deleted:
        return [RejectedRow(kind="product", number=number, reason="no_name", subject=product)]
    rows: list[FeedRow] = []
    vat: Decimal | None = None
    try:
        vat = _vat(body)
    except ValueError as wrong:
        rows.append(RejectedRow(kind="value", number=number, reason="bad_vat_rate", subject=product, detail=str(wrong)))
    rows.append(
        ProductRow(
            id=product,
            name=name,
            article=told.get("Артикул") or own.get("article", ""),
            barcode=told.get("Штрихкод") or own.get("barcode", ""),
            unit=unit or own.get("unit", ""),
            unit_code=unit_code,
            description=told.get("Описание", ""),
            brand=_brand(body),
            category_ids=_texts(children(body, "Группы", "Ид")),
            attributes=attributes,
            pictures=_texts(body.findall("Картинка")),
            vat_rate=vat,
            requisites=_requisites(body, told),
            variant_id=variant or told.get("ИдХарактеристики") or None,
            characteristics=_characteristics(body),
            deleted=deleted,
        )
    )
    return rows


def read_offer(state: State, body: Node) -> list[FeedRow]:
    number = state.count("offer")
    told = texts(body)
    try:
        product, variant = values.split_id(told.get("Ид", ""))
    except ValueError:
        return [RejectedRow(kind="offer", number=number, reason="no_id", subject=subject_of(body))]
    variant = variant or told.get("ИдХарактеристики") or None
    deleted = is_deleted(body)
    rows: list[FeedRow] = []
    if deleted or body.keys() or not told.keys() <= _NO_CARD or _NUMBERS.isdisjoint(told):
        unit, unit_code = unit_of(state, body)
        rows.append(
            OfferRow(
                product_id=product,
                variant_id=variant,
                name=" ".join(told.get("Наименование", "").split()),
                article=told.get("Артикул", ""),
                barcode=told.get("Штрихкод", ""),
                unit=unit,
                unit_code=unit_code,
                characteristics=_characteristics(body),
                attributes=_attributes(body)[0],
                deleted=deleted,
            )
        )
    prices = children(body, "Цены", "Цена")
    for number, price in enumerate(prices, state.count("price", len(prices))):
        rows.append(_price(state, product, variant, price, number))
    amounts = _quantities(body, told)
    for number, (warehouse, amount) in enumerate(amounts, state.count("stock", len(amounts))):
        try:
            rows.append(StockRow(product, variant, warehouse, values.quantity(amount)))
        except ValueError as wrong:
            rows.append(_rejected("stock", number, product, variant, "bad_number", str(wrong)))
    return rows


def _price(state: State, product: str, variant: str | None, node: Node, number: int) -> PriceRow | RejectedRow:
    told = texts(node).get
    price_type = told("ИдТипаЦены")
    if not price_type:
        return _rejected("price", number, product, variant, "no_price_type")
    said, factor, least, unit = told("ЦенаЗаЕдиницу"), told("Коэффициент"), told("МинКоличество"), told("Единица")
    try:
        amount = values.number(said) if said else None
        coefficient = values.number(factor) if factor else _ONE
        minimum = values.quantity(least) if least else _ZERO
    except ValueError as wrong:
        return _rejected("price", number, product, variant, "bad_number", str(wrong))
    if (amount is not None and amount < _ZERO) or coefficient <= _ZERO or minimum < _ZERO:
        return _rejected("price", number, product, variant, "negative_number", said or "")
    try:
        currency = currency_of(state, told("Валюта", ""))
    except ValueError as wrong:
        return _rejected("price", number, product, variant, "unknown_currency", str(wrong))
    shown = unit_name(state, unit) if unit else ""
    return PriceRow(product, variant, price_type, amount, currency, shown, coefficient, minimum)


def _rejected(kind: str, number: int, product: str, variant: str | None, reason: str, detail: str = "") -> RejectedRow:
    subject = f"{product}#{variant}" if variant else product
    return RejectedRow(kind=kind, number=number, reason=reason, subject=subject, detail=detail)


def _quantities(body: Node, told: dict[str, str]) -> list[tuple[str | None, str]]:
    """(warehouse, amount) in all notations at once: `Склад` attributes, `Остатки`, and the total only where no
    warehouse is named."""
    places: list[tuple[str | None, str]] = []
    if "Склад" in told or "Склады" in told:
        for node in (*body.findall("Склад"), *body.findall("Склады"), *children(body, "Склады", "Склад")):
            warehouse = attribute(node, "ИдСклада") or text(node, "ИдСклада") or text(node, "Ид")
            if warehouse:
                amount = attribute(node, "КоличествоНаСкладе") or text(node, "КоличествоНаСкладе")
                places.append((warehouse, amount or text(node, "Количество")))
    for rest in children(body, "Остатки", "Остаток"):
        stores = rest.findall("Склад")
        for store in stores:
            places.append((text(store, "Ид") or None, text(store, "Количество")))
        if not stores and rest.find("Количество") is not None:
            places.append((None, text(rest, "Количество")))
    if not places and "Количество" in told:
        places.append((None, told["Количество"]))
    return places


def _attributes(body: Node) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """(property, value) pairs with the empty ones left out, and the fields that Bitrix hides among them."""
    found: list[tuple[str, str]] = []
    own: dict[str, str] = {}
    for item in children(body, "ЗначенияСвойств", "ЗначенияСвойства"):
        ref = text(item, "Ид")
        for node in item.findall("Значение"):
            value = own_text(node)
            if not ref or not value:
                continue
            if ref in _BITRIX_FIELDS:
                own[_BITRIX_FIELDS[ref]] = value
            elif not ref.startswith("CML2_"):
                found.append((ref, value))
    for kind in _texts(body.findall("Категория")):
        found.append((CATEGORY_PROPERTY, kind))
    return tuple(found), own


def _texts(nodes: list[Node]) -> tuple[str, ...]:
    return tuple([shown for node in nodes if (shown := own_text(node))]) if nodes else ()


def _characteristics(body: Node) -> tuple[tuple[str, str], ...]:
    found = []
    for item in children(body, "ХарактеристикиТовара", "ХарактеристикаТовара"):
        name, value = text(item, "Наименование"), text(item, "Значение")
        if name and value:
            found.append((name, value))
    return tuple(found)


def _requisites(body: Node, told: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found = []
    for item in children(body, "ЗначенияРеквизитов", "ЗначениеРеквизита"):
        if name := text(item, "Наименование"):
            for value in _texts(item.findall("Значение")):
                found.append((name, value))
    for name in _OWN_REQUISITES:
        if value := told.get(name, ""):
            found.append((name, value))
    return tuple(found)


def _brand(body: Node) -> str:
    for name in ("Изготовитель", "ТорговаяМарка"):
        for maker in body.findall(name):
            shown = text(maker, "Наименование") if len(maker) else own_text(maker)
            if shown:
                return shown
    return ""


def _vat(body: Node) -> Decimal | None:
    rates = children(body, "СтавкиНалогов", "СтавкаНалога")
    named = [rate for rate in rates if text(rate, "Наименование").upper() in ("НДС", "ПДВ", "VAT", "TVA")]
    chosen = named or rates
    if not chosen:
        return None
    said = text(chosen[0], "Ставка")
    rate = values.vat_rate(said)
    return Decimal(0) if said and rate is None else rate  # goods without VAT, not goods that name no rate
