"""What a person says of products and categories, into the tables of its part: see `stage`."""

from __future__ import annotations

from chalicelib.catalogue.feed import CardChange, CategoryChange, KeptRow
from chalicelib.catalogue.snapshot import pictures
from chalicelib.catalogue.snapshot.checks import MAX_CODE, MAX_DESCRIPTION, MAX_NAME, MAX_VALUE, fit, need
from chalicelib.catalogue.snapshot.numbers import Numbers
from chalicelib.catalogue.snapshot.rows import Buffers


def card_change(row: CardChange, catalogue: int | None, numbers: Numbers, put: Buffers) -> None:
    need(row.id, "no_id", row.name or "")
    if row.name is not None:
        need(row.name, "no_name", row.id)
    fit(row.id, MAX_NAME, row.name or "", row.brand or "")
    fit(row.id, MAX_CODE, row.id, row.article or "", row.barcode or "", row.unit or "", row.unit_code or "")
    fit(row.id, MAX_DESCRIPTION, row.description or "")
    for _, values in row.attributes:
        fit(row.id, MAX_VALUE, *values)
    numbers.sku(row.id, None)
    card = numbers.card(row.id)
    texts = (row.name, row.article, row.barcode, row.unit, row.unit_code, row.vat_rate, row.description)
    plain = (None if text is None else text.strip() for text in texts)
    put["change"].append((card, catalogue, *plain, row.category_ids is not None, row.hidden, row.lists))
    for category in row.category_ids or ():
        put["change_category"].append((card, numbers.category.no(category)))
    named = [("property", attribute, values) for attribute, values in row.attributes]
    if row.brand is not None:
        named.append(("brand", "", (row.brand,)))
    for kind, attribute, values in named:
        number = numbers.attribute(kind, attribute)
        put["change_attribute"].append((card, number))
        for value in filter(None, map(str.strip, values)):
            put["change_value"].append((card, numbers.value(number, value)))
    if row.pictures is not None:
        put["change_picture"].append((card, pictures.as_text(row.pictures)))


def category_change(row: CategoryChange, numbers: Numbers, put: Buffers) -> None:
    need(row.id, "no_id", row.name or "")
    if row.name is not None:
        need(row.name, "no_name", row.id)
    fit(row.id, MAX_NAME, row.name or "")
    fit(row.id, MAX_CODE, row.id, row.parent_id or "")
    parent = numbers.category.no(row.parent_id) if row.parent_id else None
    name = None if row.name is None else row.name.strip()
    number = numbers.category.no(row.id)
    put["category_change"].append((number, name, row.parent_id is not None, parent, row.position))


def kept(row: KeptRow, numbers: Numbers, put: Buffers) -> None:
    put["kept"].append((numbers.sku(row.product_id, row.variant_id),))
