"""Goods, offers, prices and stock: from an element to the rows it holds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chalicelib.catalogue.feed import FeedRow, OfferRow, PriceRow, ProductRow, RejectedRow, StockRow
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.classifier import CATEGORY_PROPERTY
from chalicelib.exchange.commerceml.reading import State, currency_of, subject_of, unit_name, unit_of
from chalicelib.exchange.commerceml.values import children, is_deleted, own_text, text
from chalicelib.exchange.commerceml.xmlstream import Node

# A catalogue that Bitrix wrote keeps the card's own fields among the properties.
_BITRIX_FIELDS = {"CML2_ARTICLE": "article", "CML2_BAR_CODE": "barcode", "CML2_BASE_UNIT": "unit"}
_OWN_REQUISITES = ("Код", "ПолноеНаименование", "Вес", "Страна")
# An offer with nothing besides these brings prices or stock, and no card.
_NUMBERS_ONLY = frozenset({"Ид", "ИдХарактеристики", "КодЕдиницыИзмерения", "НомерВерсии", "Цены", "Количество"})
_STOCK_PLACES = frozenset({"Склад", "Склады", "Остатки"})


def read_product(state: State, body: Node | str) -> Iterator[FeedRow]:
    number = state.count("product")
    try:
        product, variant = values.split_id(text(body, "Ид"))
    except ValueError:
        yield RejectedRow(kind="product", number=number, reason="no_id", subject=subject_of(body))
        return
    assert isinstance(body, dict)
    attributes, own = _attributes(body)
    unit, unit_code = unit_of(state, body)
    deleted = is_deleted(body)
    name = " ".join(text(body, "Наименование").split())
    if not name and not deleted:
        yield RejectedRow(kind="product", number=number, reason="no_name", subject=product)
        return
    vat: Decimal | None = None
    try:
        vat = _vat(body)
    except ValueError as wrong:
        yield RejectedRow(kind="value", number=number, reason="bad_vat_rate", subject=product, detail=str(wrong))
    yield ProductRow(
        id=product,
        name=name,
        article=text(body, "Артикул").strip() or own.get("article", ""),
        barcode=text(body, "Штрихкод").strip() or own.get("barcode", ""),
        unit=unit or own.get("unit", ""),
        unit_code=unit_code,
        description=text(body, "Описание"),
        brand=_brand(body),
        category_ids=tuple(ref for ref in map(own_text, children(body, "Группы", "Ид")) if ref),
        attributes=attributes,
        pictures=tuple(path for path in map(own_text, children(body, "Картинка")) if path),
        vat_rate=vat,
        requisites=_requisites(body),
        variant_id=variant or text(body, "ИдХарактеристики").strip() or None,
        characteristics=_characteristics(body),
        deleted=deleted,
    )


def read_offer(state: State, body: Node | str) -> Iterator[FeedRow]:
    number = state.count("offer")
    try:
        product, variant = values.split_id(text(body, "Ид"))
    except ValueError:
        yield RejectedRow(kind="offer", number=number, reason="no_id", subject=subject_of(body))
        return
    assert isinstance(body, dict)
    variant = variant or text(body, "ИдХарактеристики").strip() or None
    deleted = is_deleted(body)
    rest = body.keys() - _NUMBERS_ONLY - _STOCK_PLACES
    if deleted or rest - {"ПометкаУдаления"} or not body.keys() & (_STOCK_PLACES | {"Цены", "Количество"}):
        unit, unit_code = unit_of(state, body)
        yield OfferRow(
            product_id=product,
            variant_id=variant,
            name=" ".join(text(body, "Наименование").split()),
            article=text(body, "Артикул").strip(),
            barcode=text(body, "Штрихкод").strip(),
            unit=unit,
            unit_code=unit_code,
            characteristics=_characteristics(body),
            attributes=_attributes(body)[0],
            deleted=deleted,
        )
    if "Цены" in body:
        for price in children(body, "Цены", "Цена"):
            yield _price(state, product, variant, price)
    yield from _stock(state, product, variant, body)


def _price(state: State, product: str, variant: str | None, node: Node | str) -> FeedRow:
    number = state.count("price")

    def rejected(reason: str, detail: str = "") -> RejectedRow:
        subject = f"{product}#{variant}" if variant else product
        return RejectedRow(kind="price", number=number, reason=reason, subject=subject, detail=detail)

    price_type = text(node, "ИдТипаЦены").strip()
    if not price_type:
        return rejected("no_price_type")
    amount_text = text(node, "ЦенаЗаЕдиницу")
    try:
        amount = values.number(amount_text) if amount_text else None
        coefficient = values.number(text(node, "Коэффициент") or "1")
        minimum = values.quantity(text(node, "МинКоличество"))
    except ValueError as wrong:
        return rejected("bad_number", str(wrong))
    if (amount is not None and amount < 0) or coefficient <= 0 or minimum < 0:
        return rejected("negative_number", amount_text)
    try:
        currency = currency_of(state, node)
    except ValueError as wrong:
        return rejected("unknown_currency", str(wrong))
    return PriceRow(
        product_id=product,
        variant_id=variant,
        price_type_id=price_type,
        amount=amount,
        currency=currency,
        unit=unit_name(state, text(node, "Единица").strip()),
        coefficient=coefficient,
        min_quantity=minimum,
    )


def _stock(state: State, product: str, variant: str | None, body: Node) -> Iterator[FeedRow]:
    """All notations at once: `Склад` attributes, `Остатки`, and the total only where no warehouse is named."""
    places = list(_warehouse_quantities(body))
    if not places and "Количество" in body:
        places.append((None, text(body, "Количество")))
    for warehouse, amount in places:
        number = state.count("stock")
        try:
            quantity = values.quantity(amount)
        except ValueError as wrong:
            subject = f"{product}#{variant}" if variant else product
            yield RejectedRow(kind="stock", number=number, reason="bad_number", subject=subject, detail=str(wrong))
            continue
        yield StockRow(product_id=product, variant_id=variant, warehouse_id=warehouse, quantity=quantity)


def _warehouse_quantities(body: Node) -> Iterator[tuple[str | None, str]]:
    for node in (*children(body, "Склад"), *children(body, "Склады"), *children(body, "Склады", "Склад")):
        warehouse = text(node, "@ИдСклада") or text(node, "ИдСклада") or text(node, "Ид")
        if warehouse:
            yield (
                warehouse.strip(),
                text(node, "@КоличествоНаСкладе") or text(node, "КоличествоНаСкладе") or text(node, "Количество"),
            )
    for rest in children(body, "Остатки", "Остаток"):
        stores = children(rest, "Склад")
        for store in stores:
            yield text(store, "Ид").strip() or None, text(store, "Количество")
        if not stores and "Количество" in rest:
            yield None, text(rest, "Количество")


def _attributes(body: Node) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """(property, value) pairs with the empty ones left out, and the fields that Bitrix hides among them."""
    found: list[tuple[str, str]] = []
    own: dict[str, str] = {}
    if "ЗначенияСвойств" in body:
        for item in children(body, "ЗначенияСвойств", "ЗначенияСвойства"):
            ref = text(item, "Ид").strip()
            for value in map(own_text, children(item, "Значение")):
                if ref and value:
                    if ref in _BITRIX_FIELDS:
                        own[_BITRIX_FIELDS[ref]] = value
                    elif not ref.startswith("CML2_"):
                        found.append((ref, value))
    if "Категория" in body:
        found.extend((CATEGORY_PROPERTY, ref) for ref in map(own_text, body["Категория"]) if ref)
    return tuple(found), own


def _characteristics(body: Node) -> tuple[tuple[str, str], ...]:
    if "ХарактеристикиТовара" not in body:
        return ()
    pairs = (
        (text(item, "Наименование"), text(item, "Значение"))
        for item in children(body, "ХарактеристикиТовара", "ХарактеристикаТовара")
    )
    return tuple(pair for pair in pairs if all(pair))


def _requisites(body: Node) -> tuple[tuple[str, str], ...]:
    pairs = [
        (text(item, "Наименование"), value)
        for item in children(body, "ЗначенияРеквизитов", "ЗначениеРеквизита")
        for value in map(own_text, children(item, "Значение"))
    ]
    pairs.extend((name, text(body, name)) for name in _OWN_REQUISITES if name in body)
    return tuple(pair for pair in pairs if all(pair))


def _brand(body: Node) -> str:
    for name in ("Изготовитель", "ТорговаяМарка"):
        for maker in body.get(name, ()):
            shown = own_text(maker) if isinstance(maker, str) else text(maker, "Наименование")
            if shown:
                return shown
    return ""


def _vat(body: Node) -> Decimal | None:
    rates = children(body, "СтавкиНалогов", "СтавкаНалога")
    named = [rate for rate in rates if text(rate, "Наименование").strip().upper() in ("НДС", "ПДВ", "VAT", "TVA")]
    chosen = named or rates
    if not chosen:
        return None
    said = text(chosen[0], "Ставка").strip()
    rate = values.vat_rate(said)
    return Decimal(0) if said and rate is None else rate  # goods without VAT, not goods that name no rate
