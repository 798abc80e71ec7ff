"""Goods, offers, prices and stock: from an element to the rows it holds.

A full exchange has some millions of prices and stock figures: what is done for each of them is kept short.
"""

from __future__ import annotations

from decimal import Decimal

from chalicelib.catalogue.feed import FeedRow, OfferRow, PriceRow, ProductRow, RejectedRow, StockRow
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.classifier import CATEGORY_PROPERTY
from chalicelib.exchange.commerceml.reading import State, currency_of, subject_of, unit_name, unit_of
from chalicelib.exchange.commerceml.values import attribute, children, is_deleted, own_text, text
from chalicelib.exchange.commerceml.xmlstream import Node

# A catalogue that Bitrix wrote keeps the card's own fields among the properties.
_BITRIX_FIELDS = {"CML2_ARTICLE": "article", "CML2_BAR_CODE": "barcode", "CML2_BASE_UNIT": "unit"}
_ONE = Decimal(1)
_OWN_REQUISITES = ("Код", "ПолноеНаименование", "Вес", "Страна")
_NUMBERS = frozenset({"Цены", "Количество", "Склад", "Склады", "Остатки"})
# An offer with nothing besides these brings prices or stock, and no card.
_NO_CARD = _NUMBERS | {"Ид", "ИдХарактеристики", "КодЕдиницыИзмерения", "НомерВерсии", "ПометкаУдаления"}


def read_product(state: State, body: Node) -> list[FeedRow]:
    number = state.count("product")
    try:
        product, variant = values.split_id(text(body, "Ид"))
    except ValueError:
        return [RejectedRow(kind="product", number=number, reason="no_id", subject=subject_of(body))]
    attributes, own = _attributes(body)
    unit, unit_code = unit_of(state, body)
    deleted = is_deleted(body)
    name = " ".join(text(body, "Наименование").split())
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
            article=text(body, "Артикул") or own.get("article", ""),
            barcode=text(body, "Штрихкод") or own.get("barcode", ""),
            unit=unit or own.get("unit", ""),
            unit_code=unit_code,
            description=text(body, "Описание"),
            brand=_brand(body),
            category_ids=_texts(children(body, "Группы", "Ид")),
            attributes=attributes,
            pictures=_texts(body.findall("Картинка")),
            vat_rate=vat,
            requisites=_requisites(body),
            variant_id=variant or text(body, "ИдХарактеристики") or None,
            characteristics=_characteristics(body),
            deleted=deleted,
        )
    )
    return rows


def read_offer(state: State, body: Node) -> list[FeedRow]:
    number = state.count("offer")
    try:
        product, variant = values.split_id(text(body, "Ид"))
    except ValueError:
        return [RejectedRow(kind="offer", number=number, reason="no_id", subject=subject_of(body))]
    variant = variant or text(body, "ИдХарактеристики") or None
    deleted = is_deleted(body)
    told = {child.tag for child in body}
    rows: list[FeedRow] = []
    if deleted or body.keys() or not told <= _NO_CARD or told.isdisjoint(_NUMBERS):
        unit, unit_code = unit_of(state, body)
        rows.append(
            OfferRow(
                product_id=product,
                variant_id=variant,
                name=" ".join(text(body, "Наименование").split()),
                article=text(body, "Артикул"),
                barcode=text(body, "Штрихкод"),
                unit=unit,
                unit_code=unit_code,
                characteristics=_characteristics(body),
                attributes=_attributes(body)[0],
                deleted=deleted,
            )
        )
    rows += [_price(state, product, variant, price) for price in children(body, "Цены", "Цена")]
    rows += [_stock(state, product, variant, place, amount) for place, amount in _quantities(body)]
    return rows


def _price(state: State, product: str, variant: str | None, node: Node) -> PriceRow | RejectedRow:
    number = state.count("price")
    price_type = text(node, "ИдТипаЦены")
    if not price_type:
        return _rejected("price", number, product, variant, "no_price_type")
    said, factor, unit = text(node, "ЦенаЗаЕдиницу"), text(node, "Коэффициент"), text(node, "Единица")
    try:
        amount = values.number(said) if said else None
        coefficient = values.number(factor) if factor else _ONE
        minimum = values.quantity(text(node, "МинКоличество"))
    except ValueError as wrong:
        return _rejected("price", number, product, variant, "bad_number", str(wrong))
    if (amount is not None and amount < 0) or coefficient <= 0 or minimum < 0:
        return _rejected("price", number, product, variant, "negative_number", said)
    try:
        currency = currency_of(state, node)
    except ValueError as wrong:
        return _rejected("price", number, product, variant, "unknown_currency", str(wrong))
    return PriceRow(product, variant, price_type, amount, currency, unit_name(state, unit), coefficient, minimum)


def _stock(
    state: State, product: str, variant: str | None, warehouse: str | None, amount: str
) -> StockRow | RejectedRow:
    number = state.count("stock")
    try:
        return StockRow(product, variant, warehouse, values.quantity(amount))
    except ValueError as wrong:
        return _rejected("stock", number, product, variant, "bad_number", str(wrong))


def _rejected(kind: str, number: int, product: str, variant: str | None, reason: str, detail: str = "") -> RejectedRow:
    subject = f"{product}#{variant}" if variant else product
    return RejectedRow(kind=kind, number=number, reason=reason, subject=subject, detail=detail)


def _quantities(body: Node) -> list[tuple[str | None, str]]:
    """(warehouse, amount) in all notations at once: `Склад` attributes, `Остатки`, and the total only where no
    warehouse is named."""
    places: list[tuple[str | None, str]] = []
    for node in (*body.findall("Склад"), *body.findall("Склады"), *children(body, "Склады", "Склад")):
        warehouse = attribute(node, "ИдСклада") or text(node, "ИдСклада") or text(node, "Ид")
        if warehouse:
            amount = attribute(node, "КоличествоНаСкладе") or text(node, "КоличествоНаСкладе")
            places.append((warehouse, amount or text(node, "Количество")))
    for rest in children(body, "Остатки", "Остаток"):
        stores = rest.findall("Склад")
        places += [(text(store, "Ид") or None, text(store, "Количество")) for store in stores]
        if not stores and rest.find("Количество") is not None:
            places.append((None, text(rest, "Количество")))
    if not places and body.find("Количество") is not None:
        places.append((None, text(body, "Количество")))
    return places


def _attributes(body: Node) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """(property, value) pairs with the empty ones left out, and the fields that Bitrix hides among them."""
    found: list[tuple[str, str]] = []
    own: dict[str, str] = {}
    for item in children(body, "ЗначенияСвойств", "ЗначенияСвойства"):
        ref = text(item, "Ид")
        for value in _texts(item.findall("Значение")):
            if ref in _BITRIX_FIELDS:
                own[_BITRIX_FIELDS[ref]] = value
            elif ref and not ref.startswith("CML2_"):
                found.append((ref, value))
    found += [(CATEGORY_PROPERTY, ref) for ref in _texts(body.findall("Категория"))]
    return tuple(found), own


def _texts(nodes: list[Node]) -> tuple[str, ...]:
    return tuple(filter(None, map(own_text, nodes)))


def _characteristics(body: Node) -> tuple[tuple[str, str], ...]:
    pairs = (
        (text(item, "Наименование"), text(item, "Значение"))
        for item in children(body, "ХарактеристикиТовара", "ХарактеристикаТовара")
    )
    return tuple(pair for pair in pairs if all(pair))


def _requisites(body: Node) -> tuple[tuple[str, str], ...]:
    pairs = [
        (text(item, "Наименование"), value)
        for item in children(body, "ЗначенияРеквизитов", "ЗначениеРеквизита")
        for value in _texts(item.findall("Значение"))
    ]
    pairs += [(name, text(body, name)) for name in _OWN_REQUISITES]
    return tuple(pair for pair in pairs if all(pair))


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
