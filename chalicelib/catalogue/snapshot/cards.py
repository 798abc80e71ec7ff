"""A snapshot as the people who keep it see it: also what is hidden or withdrawn, and what an ERP says in its place."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from chalicelib.catalogue.model import OWN_CATALOGUE
from chalicelib.catalogue.snapshot.items import price_of
from chalicelib.catalogue.snapshot.schema import open_for_reading


class Standing(StrEnum):
    LISTED = "listed"
    HIDDEN = "hidden"  # by a person
    WITHDRAWN = "withdrawn"  # by an exchange or a file, or not yet complete


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    id: str
    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A product card. `theirs` = what the ERP has where a person's text holds; `is_own` = it was made here. `prices`
    are (price type, amount) of the product itself, its smallest quantity's; `variants` = how many SKUs it is sold as
    besides itself. `pictures` are names of files, the main one first; `their_pictures` are the ERP's, None where those
    are shown as they come."""

    product_id: str
    sku: str  # the product's own
    is_own: bool
    standing: Standing
    name: str
    article: str
    barcode: str
    unit: str
    unit_code: str
    vat_rate: str
    description: str
    brand: str
    category_ids: tuple[str, ...]
    properties: tuple[Property, ...]
    prices: tuple[tuple[str, Decimal], ...]
    theirs: tuple[tuple[str, str], ...]
    variants: int
    pictures: tuple[str, ...]
    their_pictures: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A category, empty ones too. `position` 0 = by name."""

    id: str
    name: str
    parent_id: str | None
    position: int
    count: int
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which SKU an article or a product's id means; `variant_id` empty for the product itself."""

    product_id: str
    variant_id: str = ""


_TEXTS = ("name", "article", "barcode", "unit", "unit_code")
_CARD = (
    "SELECT c.no, c.id, k.id, coalesce(g.id, ''), i.sku_no IS NOT NULL OR EXISTS "
    "(SELECT 1 FROM item j WHERE j.card_no = c.no), c.hidden, "
    + ", ".join(f"coalesce(nullif(k.{field}, ''), c.{field})" for field in _TEXTS)
    + ", coalesce(c.vat_rate, ''), c.description, "
    "(SELECT count(*) FROM sku v WHERE v.card_no = c.no AND v.variant_id <> '') "
    "FROM card c LEFT JOIN sku k ON k.card_no = c.no AND k.variant_id = '' LEFT JOIN item i ON i.sku_no = k.no "
    "LEFT JOIN catalogue g ON g.no = c.catalogue_no "
)


class Cards:
    """One snapshot, open for reading. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Errors as in `schema.open_for_reading`."""
        self._db = open_for_reading(path)

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self._db.close()

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        return self._db.execute(statement, parameters).fetchall()

    def card(self, sku: str) -> Card | None:
        """The card of a SKU, its own or a variant's; None if this catalogue has never had it."""
        found = self._rows(_CARD + "WHERE c.no = (SELECT card_no FROM sku WHERE id = ?) AND c.known", (sku,))
        return self._full(found[0]) if found else None

    def unlisted(self, standing: Standing, text: str, *, page: int, size: int) -> tuple[tuple[Card, ...], int]:
        """A page of what is hidden or withdrawn, by name, and how many there are; `text` is a piece of the name or the
        article."""
        wanted = "c.hidden" if standing is Standing.HIDDEN else "NOT c.hidden"
        where = f"WHERE c.known AND {wanted} AND NOT EXISTS (SELECT 1 FROM item j WHERE j.card_no = c.no)"
        parameters: tuple[object, ...] = ()
        if text:
            where += " AND (instr(c.name, ?1) OR instr(lower(c.name), lower(?1)) OR instr(c.article, ?1))"
            parameters = (text,)
        ((total,),) = self._rows(f"SELECT count(*) FROM card c {where}", parameters)
        rows = self._rows(
            f"{_CARD} {where} ORDER BY c.name, c.no LIMIT {size:d} OFFSET {(page - 1) * size:d}", parameters
        )
        return tuple(self._full(row) for row in rows), int(total)

    def _full(self, row: tuple[Any, ...]) -> Card:
        no, product, sku, catalogue, listed, hidden, *texts, vat, description, variants = row
        standing = Standing.HIDDEN if hidden else Standing.LISTED if listed else Standing.WITHDRAWN
        categories = self._rows(
            "SELECT g.id FROM card_category p JOIN category g ON g.no = p.category_no "
            "LEFT JOIN tree t ON t.category_no = g.no WHERE p.card_no = ? "
            "ORDER BY t.position IS NULL, t.position, g.no",
            (no,),
        )
        prices = self._rows(
            "SELECT t.id, p.amount FROM price p JOIN price_type t ON t.no = p.price_type_no "
            "JOIN sku k ON k.no = p.sku_no WHERE k.card_no = ? AND k.variant_id = '' "
            "ORDER BY t.name, t.id, p.min_quantity DESC",
            (no,),
        )
        pictures = self._rows("SELECT path FROM card_picture WHERE card_no = ? ORDER BY position", (no,))
        theirs = dict(self._rows("SELECT field, theirs FROM own WHERE kind = 'card' AND no = ?", (no,)))
        their_pictures = theirs.pop("pictures", None)
        brand, properties = self._attributes(no)
        name, article, barcode, unit, unit_code = texts
        return Card(
            product_id=product, sku=sku or self._any_sku(no), is_own=catalogue == OWN_CATALOGUE, standing=standing,
            name=name, article=article, barcode=barcode, unit=unit, unit_code=unit_code, vat_rate=vat,
            description=description, brand=brand, category_ids=tuple(one for (one,) in categories),
            properties=properties, prices=tuple({kind: price_of(amount) for kind, amount in prices}.items()),
            theirs=tuple((field, text or "") for field, text in theirs.items()), variants=variants,
            pictures=tuple(path for (path,) in pictures),
            their_pictures=None if their_pictures is None else tuple(json.loads(their_pictures)),
        )  # fmt: skip

    def _any_sku(self, card_no: int) -> str:
        return str(self._rows("SELECT min(id) FROM sku WHERE card_no = ?", (card_no,))[0][0] or "")

    def _attributes(self, card_no: int) -> tuple[str, tuple[Property, ...]]:
        brand = ""
        values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for kind, own_id, name, text in self._rows(
            "SELECT a.kind, a.id, a.name, v.text FROM card_value p JOIN value v ON v.no = p.value_no "
            "JOIN attribute a ON a.no = v.attribute_no WHERE p.card_no = ? AND v.text IS NOT NULL AND a.known "
            "AND NOT a.deleted AND a.kind IN ('brand', 'property') ORDER BY a.name, v.text",
            (card_no,),
        ):
            if kind == "brand":
                brand = text
            else:
                values[own_id, name].append(text)
        return brand, tuple(Property(id=i, name=n, values=tuple(some)) for (i, n), some in values.items())

    def branches(self) -> tuple[Branch, ...]:
        """All categories in reading order."""
        rows = self._rows(
            "SELECT c.id, c.name, p.id, c.position, t.count, t.depth FROM tree t "
            "JOIN category c ON c.no = t.category_no LEFT JOIN category p ON p.no = t.parent_no "
            "WHERE t.depth > 0 ORDER BY t.position"
        )
        return tuple(
            Branch(id=i, name=name, parent_id=parent, position=place, count=count, depth=depth)
            for i, name, parent, place, count, depth in rows
        )

    def properties(self) -> tuple[Property, ...]:
        """The attributes that a product may have, by name."""
        rows = self._rows(
            "SELECT id, name FROM attribute WHERE kind = 'property' AND known AND NOT deleted AND name <> '' "
            "ORDER BY name"
        )
        return tuple(Property(id=i, name=name) for i, name in rows)

    def products(self) -> frozenset[str]:
        """The ids of all products that have come."""
        return frozenset(one for (one,) in self._rows("SELECT id FROM card WHERE known"))

    def has_product(self, product_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM card WHERE id = ?", (product_id,)))

    def has_article(self, article: str) -> bool:
        """Whether any product has it, listed or not."""
        found = self._rows(
            "SELECT EXISTS (SELECT 1 FROM card WHERE known AND article = ?1) OR EXISTS (SELECT 1 FROM sku k "
            "JOIN card c ON c.no = k.card_no WHERE k.article = ?1 AND c.known)",
            (article,),
        )
        return bool(found[0][0])

    def by_article(self) -> dict[str, Identity | None]:
        """Every article with the SKU that has it; None where several have."""
        found: dict[str, Identity | None] = {}
        for article, product, variant in self._db.execute(
            "SELECT coalesce(nullif(k.article, ''), c.article), c.id, k.variant_id FROM sku k "
            "JOIN card c ON c.no = k.card_no WHERE c.known AND coalesce(nullif(k.article, ''), c.article) <> '' "
            "AND (k.variant_id = '' OR k.article <> '')"
        ):
            found[article] = None if article in found else Identity(product_id=product, variant_id=variant)
        return found
