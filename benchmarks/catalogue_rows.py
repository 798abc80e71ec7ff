"""A made-up catalogue of any size, the same for the same seed: rows as a reader of a feed would yield them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from chalicelib.catalogue.feed import (
    CatalogueHead,
    CategoryRow,
    FeedRow,
    OfferRow,
    PriceRow,
    PriceTypeRow,
    ProductRow,
    PropertyRow,
    StockRow,
    WarehouseRow,
)

_THINGS = (
    "Окно",
    "Дверь",
    "Ручка",
    "Петля",
    "Замок",
    "Профиль",
    "Подоконник",
    "Отлив",
    "Стекло",
    "Уплотнитель",
    "Саморез",
)
_KINDS = ("оконная", "дверная", "балконная", "входная", "раздвижная", "противопожарная", "межкомнатная", "мансардная")
_MORE = (
    "усиленный",
    "левый",
    "правый",
    "с доводчиком",
    "для ПВХ",
    "алюминиевый",
    "нержавеющий",
    "утеплённый",
    "handle",
    "lock",
)
_COLOURS = ("белый", "коричневый", "антрацит", "дуб золотой", "махагон", "серебро", "чёрный", "крем")
_BRANDS = ("Roto", "Maco", "Siegenia", "КБЕ", "Rehau", "Veka", "Schüco", "Winkhaus", "Elementis", "Internika")
_MATERIALS = ("ПВХ", "алюминий", "сталь", "дерево", "цинк", "EPDM")


def guid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def catalogue_rows(
    products: int,
    *,
    seed: int = 7,
    price_types: int = 5,
    warehouses: int = 5,
    changed: float = 0.0,
    only_changes: bool = False,
) -> Iterator[FeedRow]:
    """`changed` = the share of products whose price and stock differ from those of the same seed."""
    draw = random.Random(seed)
    other = random.Random(seed + 1)
    yield CatalogueHead(catalogue_id=guid(1, 0), only_changes=only_changes, kind="goods")
    tops, leaves = 20, 300
    for n in range(tops):
        yield CategoryRow(id=guid(2, n), name=f"{draw.choice(_THINGS)} {n}", parent_id=None)
    for n in range(tops, tops + leaves):
        yield CategoryRow(
            id=guid(2, n), name=f"{draw.choice(_THINGS)} {draw.choice(_KINDS)} {n}", parent_id=guid(2, n % tops)
        )
    lists = (
        ("Цвет", _COLOURS),
        ("Материал", _MATERIALS),
        ("Размер", tuple(f"{w}×{h}" for w in range(400, 2000, 100) for h in (600, 1400))),
    )
    for n, (name, texts) in enumerate(lists):
        yield PropertyRow(
            id=guid(3, n), name=name, values=tuple((guid(40 + n, i), text) for i, text in enumerate(texts))
        )
    for n in range(products):
        yield ProductRow(
            id=guid(5, n),
            name=" ".join(draw.choice(words) for words in (_THINGS, _KINDS, _MORE, _COLOURS))
            + f" {draw.randrange(400, 2400)}",
            article=f"{draw.choice('ABCDEFGH')}{draw.choice('KLMN')}-{n:06d}/{draw.randrange(100)}",
            barcode=f"46{draw.randrange(10**11):011d}",
            unit="шт",
            unit_code="796",
            brand=draw.choice(_BRANDS),
            category_ids=(guid(2, tops + draw.randrange(leaves)),),
            attributes=tuple(
                (guid(3, i), guid(40 + i, draw.randrange(len(texts)))) for i, (_, texts) in enumerate(lists)
            ),
            vat_rate=Decimal(22),
        )
    yield CatalogueHead(catalogue_id=guid(1, 0), only_changes=only_changes, kind="offers")
    for n in range(price_types):
        yield PriceTypeRow(id=guid(6, n), name=f"Вид цены {n + 1}", currency="RUB", vat_included=True)
    for n in range(warehouses):
        yield WarehouseRow(id=guid(7, n), name=f"Склад {n + 1}")
    for n in range(products):
        product = guid(5, n)
        yield OfferRow(product_id=product, variant_id=None)
        base, quantity = draw.randrange(1_000, 5_000_000), draw.randrange(0, 200)
        if changed and other.random() < changed:
            base, quantity = base + 100, quantity + 1
        for kind in range(price_types):
            yield PriceRow(
                product_id=product,
                variant_id=None,
                price_type_id=guid(6, kind),
                amount=Decimal(base * (100 - 3 * kind) // 100).scaleb(-2),
                currency="RUB",
                unit="шт",
            )
        for place in range(warehouses):
            yield StockRow(
                product_id=product,
                variant_id=None,
                warehouse_id=guid(7, place),
                quantity=Decimal(quantity * (place % 3)),
            )
