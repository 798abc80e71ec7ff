"""Changes by hand: what a person said of products and categories, until readers see it. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.feed import (
    CardChange,
    CatalogueHead,
    CategoryChange,
    FeedRow,
    PriceRow,
    PropertyRow,
)
from chalicelib.catalogue.model import OWN_CATALOGUE
from chalicelib.catalogue.snapshot.cards import Card, Property, Standing
from chalicelib.ordering.units import unit_code_of

TEXTS = ("name", "article", "barcode", "unit", "vat_rate", "description", "brand")
"""Fields of a product that are plain texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An attribute's values, all of them; none = it is taken away."""

    id: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEdit:
    """What changes in a product: fields of `TEXTS` by name, and what is not None or empty of the rest. An amount of
    None takes the price away."""

    product_id: str
    texts: dict[str, str]
    category_ids: tuple[str, ...] | None = None
    attributes: tuple[Value, ...] = ()
    prices: tuple[tuple[str, Decimal | None], ...] = ()
    pictures: tuple[str, ...] | None = None
    hidden: bool | None = None

    @property
    def is_empty(self) -> bool:
        given = any(one is not None for one in (self.category_ids, self.pictures, self.hidden))
        return not (given or self.texts or self.attributes or self.prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryEdit:
    """As in `CategoryChange`."""

    id: str
    name: str | None = None
    parent_id: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The last change by hand of a product, its pictures or the categories; `undo` takes that of categories back."""

    by: str
    at: datetime
    undo: tuple[CategoryEdit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One form that was saved. `attempts` to show it failed; `refused` = the reason's code why it, or a part of it, is
    not shown: it is set aside."""

    id: str
    at: datetime
    by: str
    products: tuple[ProductEdit, ...] = ()
    categories: tuple[CategoryEdit, ...] = ()
    attempts: int = 0
    refused: str = ""
    version: int = 0  # filled from the stored row


def rows_of(edits: Iterable[Edit]) -> Iterator[FeedRow]:
    """The edits as a feed, in which each product is named once: a later edit's word counts."""
    yield CatalogueHead(catalogue_id=OWN_CATALOGUE, only_changes=True, kind="goods")
    products: dict[str, ProductEdit] = {}
    categories: dict[str, CategoryEdit] = {}
    for edit in edits:
        for one in edit.products:
            before = products.get(one.product_id)
            products[one.product_id] = joined(before, one) if before else one
        for category in edit.categories:
            known = categories.get(category.id)
            categories[category.id] = _joined_category(known, category) if known else category
    for category in categories.values():
        yield CategoryChange(category.id, category.name, category.parent_id, category.position)
    for one in products.values():
        yield from _product_rows(one)


def _product_rows(one: ProductEdit) -> Iterator[FeedRow]:
    unit = one.texts.get("unit")
    for value in one.attributes:
        yield PropertyRow(id=value.id, name=value.name)
    yield CardChange(
        id=one.product_id,
        unit_code=None if unit is None else unit_code_of(unit),
        category_ids=one.category_ids,
        attributes=tuple((value.id, value.values) for value in one.attributes),
        pictures=one.pictures,
        hidden=one.hidden,
        lists=one.hidden is False,
        name=one.texts.get("name"),
        article=one.texts.get("article"),
        barcode=one.texts.get("barcode"),
        unit=unit,
        vat_rate=one.texts.get("vat_rate"),
        description=one.texts.get("description"),
        brand=one.texts.get("brand"),
    )
    yield from (PriceRow(one.product_id, None, kind, amount, None) for kind, amount in one.prices)


def joined(before: ProductEdit, after: ProductEdit) -> ProductEdit:
    """Two edits of one product as one."""
    attributes = {value.id: value for value in (*before.attributes, *after.attributes)}
    return replace(
        before,
        texts=before.texts | after.texts,
        category_ids=before.category_ids if after.category_ids is None else after.category_ids,
        attributes=tuple(attributes.values()),
        prices=tuple((dict(before.prices) | dict(after.prices)).items()),
        pictures=before.pictures if after.pictures is None else after.pictures,
        hidden=before.hidden if after.hidden is None else after.hidden,
    )


def _joined_category(before: CategoryEdit, after: CategoryEdit) -> CategoryEdit:
    return CategoryEdit(
        id=before.id,
        name=before.name if after.name is None else after.name,
        parent_id=before.parent_id if after.parent_id is None else after.parent_id,
        position=before.position if after.position is None else after.position,
    )


def with_edits(card: Card, edits: Iterable[Edit]) -> Card:
    """The product as it will be when these edits are seen."""
    for one in (one for edit in edits for one in edit.products if one.product_id == card.product_id):
        properties = {value.id: value for value in card.properties}
        properties |= {v.id: Property(id=v.id, name=v.name, values=v.values) for v in one.attributes}
        prices = dict(card.prices) | {kind: amount for kind, amount in one.prices if amount is not None}
        gone = {kind for kind, amount in one.prices if amount is None}
        standing = card.standing
        if one.hidden is not None:
            standing = Standing.HIDDEN if one.hidden else Standing.LISTED
        texts = {name: one.texts.get(name, getattr(card, name)) for name in TEXTS}
        card = replace(
            card,
            name=texts["name"],
            article=texts["article"],
            barcode=texts["barcode"],
            unit=texts["unit"],
            vat_rate=texts["vat_rate"],
            description=texts["description"],
            brand=texts["brand"],
            category_ids=card.category_ids if one.category_ids is None else one.category_ids,
            properties=tuple(value for value in properties.values() if value.values),
            prices=tuple((kind, amount) for kind, amount in prices.items() if kind not in gone),
            pictures=card.pictures if one.pictures is None else one.pictures,
            standing=standing,
        )
    return card
