"""Rows of a snapshot as what readers are given: items, prices, quantities."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from chalicelib.catalogue.amounts import unscaled
from chalicelib.catalogue.model import Item, PriceTier
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS
from chalicelib.kernel.money import quantity

ITEM = """
    SELECT k.no, k.id, c.id, k.variant_id, coalesce(g.id, ''), coalesce(nullif(k.name, ''), c.name),
        coalesce(nullif(k.article, ''), c.article), coalesce(nullif(k.barcode, ''), c.barcode),
        coalesce(nullif(k.unit, ''), c.unit), coalesce(nullif(k.unit_code, ''), c.unit_code), c.vat_rate,
        coalesce((SELECT path FROM card_picture WHERE card_no = c.no AND position = 0), ''),
        coalesce(i.stock, 0), i.sku_no IS NOT NULL
    FROM sku k JOIN card c ON c.no = k.card_no LEFT JOIN item i ON i.sku_no = k.no
    LEFT JOIN catalogue g ON g.no = c.catalogue_no
"""


def item_of(row: tuple[Any, ...]) -> Item:
    (_, sku, product, variant, catalogue, name, article, barcode, unit, unit_code, vat, picture, stock, listed) = row
    vat_rate, erp_stock = None if vat is None else _percent(vat), quantity_of(stock)
    return Item(
        sku, product, variant, catalogue, name, article, barcode, unit, unit_code, vat_rate, picture, erp_stock,
        bool(listed),
    )  # fmt: skip


@lru_cache(maxsize=4096)  # stock, least quantities and packs are few numbers, read very many times
def quantity_of(thousandths: int) -> Decimal:
    return quantity(Decimal(thousandths).scaleb(-QUANTITY_DIGITS))


price_of = lru_cache(maxsize=4096)(unscaled)
_percent = lru_cache(maxsize=64)(Decimal)


def tier_of(
    list_id: str, amount: int, currency: str | None, unit: str, coefficient: int, min_quantity: int
) -> PriceTier:
    return PriceTier(list_id, unscaled(amount), currency, unit, price_of(coefficient), quantity_of(min_quantity))
