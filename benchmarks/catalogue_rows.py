"""The made-up catalogue as the rows that a reader of a feed would yield."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from benchmarks.made import CATALOGUE, PROPERTIES, Size, categories, guid, products
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


def catalogue_rows(size: Size, *, only_changes: bool = False) -> Iterator[FeedRow]:
    yield CatalogueHead(catalogue_id=CATALOGUE, only_changes=only_changes, kind="goods")
    for category, name, parent in categories(size.seed):
        yield CategoryRow(id=category, name=name, parent_id=parent)
    for n, (name, texts) in enumerate(PROPERTIES):
        yield PropertyRow(
            id=guid(3, n), name=name, values=tuple((guid(40 + n, i), text) for i, text in enumerate(texts))
        )
    for made in products(size):
        yield ProductRow(
            id=made.id,
            name=made.name,
            article=made.article,
            barcode=made.barcode,
            unit="шт",
            unit_code="796",
            brand=made.brand,
            category_ids=(made.category,),
            attributes=tuple((guid(3, n), guid(40 + n, value)) for n, value in enumerate(made.values)),
            vat_rate=Decimal(22),
        )
    yield CatalogueHead(catalogue_id=CATALOGUE, only_changes=only_changes, kind="offers")
    for n in range(size.price_types):
        yield PriceTypeRow(id=guid(6, n), name=f"Вид цены {n + 1}", currency="RUB", vat_included=True)
    for n in range(size.warehouses):
        yield WarehouseRow(id=guid(7, n), name=f"Склад {n + 1}")
    for made in products(size):
        yield OfferRow(product_id=made.id, variant_id=None)
        for kind, amount in enumerate(made.prices):
            yield PriceRow(
                product_id=made.id,
                variant_id=None,
                price_type_id=guid(6, kind),
                amount=amount,
                currency="RUB",
                unit="шт",
            )
        for place, pieces in enumerate(made.stock):
            yield StockRow(product_id=made.id, variant_id=None, warehouse_id=guid(7, place), quantity=Decimal(pieces))
