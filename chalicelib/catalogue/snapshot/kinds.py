"""What goods are to rules that ask for brands and categories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from chalicelib.catalogue.model import Kinds
from chalicelib.catalogue.snapshot.engine import Connection

_CHUNK = 500
_BRAND = (
    "SELECT k.id, v.text FROM sku k JOIN card_value p ON p.card_no = k.card_no JOIN value v ON v.no = p.value_no "
    "AND v.attribute_no = {} WHERE v.text IS NOT NULL AND k.id IN (%s)"
)
_CATEGORY = (
    "SELECT k.id, g.id FROM sku k JOIN card_category p ON p.card_no = k.card_no "
    "JOIN category g ON g.no = p.category_no WHERE k.id IN (%s)"
)


def read(db: Connection, skus: Sequence[str], brand: int, parents: Mapping[str, str | None]) -> dict[str, Kinds]:
    """By SKU, for those that have a brand or a category. `brand` = the number of the attribute that says it,
    `parents` = the category above each category."""
    brands = dict(_pairs(db, _BRAND.format(int(brand)), skus))
    above: dict[str, set[str]] = defaultdict(set)
    for sku, category in _pairs(db, _CATEGORY, skus):
        one: str | None = category
        while one:
            above[sku].add(one)
            one = parents.get(one)
    return {
        sku: Kinds(brand=brands.get(sku, ""), category_ids=frozenset(above.get(sku, ()))) for sku in {*brands, *above}
    }


def _pairs(db: Connection, statement: str, skus: Sequence[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(skus), _CHUNK):
        some = skus[start : start + _CHUNK]
        yield from db.execute(statement % ", ".join("?" * len(some)), some)
