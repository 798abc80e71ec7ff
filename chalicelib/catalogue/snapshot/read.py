"""Reading a snapshot: search, lists, products, prices. A `Catalogue` is one immutable file, kept open."""

from __future__ import annotations

import threading
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.catalogue.model import (
    Attribute,
    Category,
    Item,
    Kinds,
    Match,
    Page,
    PriceTier,
    PriceType,
    Product,
    Query,
    Suggestions,
    Warehouse,
)
from chalicelib.catalogue.snapshot import hint, kinds, schema
from chalicelib.catalogue.snapshot.derive import WHOLE_CATALOGUE
from chalicelib.catalogue.snapshot.engine import connect
from chalicelib.catalogue.snapshot.find import find, prepare
from chalicelib.catalogue.snapshot.items import ITEM, item_of, quantity_of, tier_of
from chalicelib.catalogue.snapshot.text import normal_code

_MAPPED_BYTES = 256 * 1024 * 1024
_CHUNK = 500
_ABOVE = "WHERE t.position <= ?1 AND t.last >= ?1 AND t.depth > 0"


class Catalogue:
    """One snapshot, open for reading. Threads may share it: searches take turns."""

    def __init__(self, path: Path) -> None:
        """engine.OperationalError if there is no such file."""
        self._db = connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        self._db.executescript(
            f"PRAGMA mmap_size = {_MAPPED_BYTES}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
        )
        self._db.isolation_level = None  # scratch rows need no transaction
        prepare(self._db)
        self._spells = schema.version(self._db) > 1
        if self._spells:
            hint.prepare(self._db)
        self._turn = threading.Lock()

    def close(self) -> None:
        self._db.close()

    def __del__(self) -> None:
        # Dropped from a cache while somebody may still be reading: closed when the last reader lets go.
        if hasattr(self, "_db"):
            self._db.close()

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        return self._db.execute(statement, parameters).fetchall()

    def _chunks(self, statement: str, keys: Sequence[object], *parameters: object) -> Iterator[Any]:
        """Runs a statement that ends with `IN (%s)` for any number of keys."""
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            yield from self._rows(statement % ", ".join("?" * len(some)), (*parameters, *some))

    def __len__(self) -> int:
        """How many SKUs are listed."""
        return int(self._rows("SELECT count FROM tree WHERE category_no = ?", (WHOLE_CATALOGUE,))[0][0])

    def count_products(self) -> int:
        """Of how many products the listed SKUs are."""
        return int(self._rows("SELECT count(DISTINCT card_no) FROM item")[0][0])

    def search(self, query: Query) -> Page:
        """A page of what fits: by relevance an exact article or barcode first, then a piece of one, then words."""
        with self._turn:
            numbers, total, facets = find(self._db, query)
            meant = () if total else self._meant(query.text)
            if meant:
                numbers, total, facets = find(self._db, replace(query, text=meant[0]))
        return Page(
            items=self._items(numbers), total=total, facets=facets, page=query.page, size=query.size, meant=meant
        )

    def suggest(self, text: str) -> Suggestions:
        """A few products and categories for a text that is being typed."""
        asked = text.strip()
        numbers, categories = self._suggested(asked)
        meant = () if numbers or categories else self._meant(asked)
        if meant:
            numbers, categories = self._suggested(meant[0])
        return Suggestions(items=self._items(numbers), categories=categories, meant=meant[0] if meant else "")

    def _suggested(self, text: str) -> tuple[list[int], tuple[Category, ...]]:
        return hint.products(self._db, text), hint.categories(self._category_words, text)

    @cached_property
    def _category_words(self) -> tuple[hint.CategoryWords, ...]:
        return hint.category_words(self.categories())

    def _meant(self, text: str) -> tuple[str, ...]:
        return hint.meant(self._db, text) if self._spells else ()

    def _items(self, numbers: Sequence[int]) -> tuple[Item, ...]:
        found = {row[0]: item_of(row) for row in self._chunks(ITEM + " WHERE k.no IN (%s)", numbers)}
        return tuple(found[number] for number in numbers)

    def skus(self, skus: Sequence[str]) -> dict[str, Item]:
        """Items by id, unlisted ones too (orders keep referring to them); unknown ids are left out."""
        rows = self._chunks(ITEM + " WHERE k.id IN (%s)", list(dict.fromkeys(skus)))
        return {row[1]: item_of(row) for row in rows}

    def product(self, sku: str) -> Product | None:
        """Everything about a SKU, listed or not; None if this catalogue has never had it."""
        rows = self._rows(ITEM + " WHERE k.id = ?", (sku,))
        if not rows:
            return None
        number = rows[0][0]
        ((card, description, card_barcode, own_barcode),) = self._rows(
            "SELECT c.no, c.description, c.barcode, k.barcode FROM sku k JOIN card c ON c.no = k.card_no "
            "WHERE k.no = ?",
            (number,),
        )
        pictures = self._rows("SELECT path FROM card_picture WHERE card_no = ? ORDER BY position", (card,))
        stock = self._rows(
            "SELECT w.id, s.quantity FROM stock s JOIN warehouse w ON w.no = s.warehouse_no "
            "WHERE s.sku_no = ? AND s.quantity <> 0 ORDER BY w.id",
            (number,),
        )
        variants = self._rows(ITEM + " WHERE k.card_no = ? AND i.sku_no IS NOT NULL ORDER BY i.by_name", (card,))
        return Product(
            item=item_of(rows[0]),
            description=description,
            attributes=self._attributes(card, number),
            pictures=tuple(path for (path,) in pictures),
            barcodes=tuple(dict.fromkeys(code for code in (own_barcode, card_barcode) if code)),
            category_path=self._path(card),
            variants=tuple(item_of(row) for row in variants),
            erp_stock=tuple((warehouse, quantity_of(thousandths)) for warehouse, thousandths in stock),
        )

    def _attributes(self, card: int, number: int) -> tuple[Attribute, ...]:
        rows = self._rows(
            "SELECT a.kind, a.key, a.name, v.text FROM (SELECT value_no FROM card_value WHERE card_no = ? "
            "UNION SELECT value_no FROM sku_value WHERE sku_no = ?) p JOIN value v ON v.no = p.value_no "
            "JOIN attribute a ON a.no = v.attribute_no WHERE a.known AND NOT a.deleted AND v.text IS NOT NULL "
            "ORDER BY a.kind = 'requisite', a.kind = 'property', a.name, v.text",
            (card, number),
        )
        texts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for kind, key, name, text in rows:
            texts[kind, key, name].append(text)
        return tuple(
            Attribute(key=key, name=name, kind=kind, values=tuple(dict.fromkeys(values)))
            for (kind, key, name), values in texts.items()
        )

    def _path(self, card: int) -> tuple[Category, ...]:
        """The way from the top to the card's first category in the tree."""
        rows = self._rows(
            "SELECT t.position FROM card_category p JOIN tree t ON t.category_no = p.category_no WHERE p.card_no = ? "
            "ORDER BY t.position LIMIT 1",
            (card,),
        )
        if not rows:
            return ()
        return self._categories(_ABOVE, rows[0])

    def categories(self) -> tuple[Category, ...]:
        """The tree in reading order with counts of listed SKUs; empty branches are left out."""
        return self._categories("WHERE t.depth > 0 AND t.count > 0", ())

    def category_path(self, category_id: str) -> tuple[Category, ...]:
        """The way from the top to a category, itself included; empty if it is not in the tree."""
        rows = self._rows(
            "SELECT t.position FROM category c JOIN tree t ON t.category_no = c.no WHERE c.id = ?", (category_id,)
        )
        return self._categories(_ABOVE, rows[0]) if rows else ()

    def _categories(self, where: str, parameters: Sequence[object]) -> tuple[Category, ...]:
        rows = self._rows(
            "SELECT c.id, c.name, p.id, t.depth, t.count FROM tree t JOIN category c ON c.no = t.category_no "
            f"LEFT JOIN category p ON p.no = t.parent_no {where} ORDER BY t.position",
            parameters,
        )
        return tuple(Category(id=i, name=n, parent_id=p, depth=d, count=c) for i, n, p, d, c in rows)

    def count(self, category_id: str = "") -> int:
        """How many SKUs are listed in a category and below it, or in all."""
        path = self.category_path(category_id) if category_id else ()
        return path[-1].count if path else 0 if category_id else len(self)

    def listed(self, category_id: str = "") -> Iterator[list[tuple[str, Item]]]:
        """Every listed SKU of a category and of those below it, or of all, some hundreds at a time: in the order of
        the tree, then by name, each with the names from the top to its category (`Windows / PVC`)."""
        places, numbers = array("l"), array("l")
        for place, number in self._db.execute(
            "SELECT coalesce((SELECT min(t.position) FROM card_category p JOIN tree t ON t.category_no = p.category_no "
            "WHERE p.card_no = i.card_no), 0) AS shelf, l.sku_no FROM listing l JOIN item i ON i.sku_no = l.sku_no "
            "WHERE l.category_no = coalesce((SELECT no FROM category WHERE id = ?), ?) ORDER BY shelf, l.place",
            (category_id, -1 if category_id else WHOLE_CATALOGUE),
        ):
            places.append(place)
            numbers.append(number)
        names = {place: " / ".join(one.name for one in self._categories(_ABOVE, (place,))) for place in set(places)}
        for start in range(0, len(numbers), _CHUNK):
            some = numbers[start : start + _CHUNK]
            found = {row[0]: item_of(row) for row in self._chunks(ITEM + " WHERE k.no IN (%s)", some)}
            shelves = zip(places[start : start + _CHUNK], some, strict=True)
            yield [(names[place], found[number]) for place, number in shelves]

    def erp_stock(self, skus: Sequence[str]) -> Mapping[str, Mapping[str, Decimal]]:
        """What the ERP last told of each SKU by warehouse; SKUs that it has none of are left out."""
        out: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for sku, warehouse, thousandths in self._chunks(
            "SELECT k.id, w.id, s.quantity FROM sku k JOIN stock s ON s.sku_no = k.no "
            "JOIN warehouse w ON w.no = s.warehouse_no WHERE s.quantity <> 0 AND k.id IN (%s)",
            skus,
        ):
            out[sku][warehouse] = quantity_of(thousandths)
        return out

    def by_article(self, texts: Sequence[str]) -> list[Match]:
        """For each asked article or barcode the listed SKUs that have it, in the order asked.

        Case, spaces, dashes and Cyrillic look-alikes do not count, unless one SKU has the text exactly as asked.
        """
        normal = {text: normal_code(text) for text in texts}
        keys = [key for key in dict.fromkeys(normal.values()) if key]
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, sku, text in self._chunks(
            "SELECT c.normal, k.id, c.text FROM code c JOIN sku k ON k.no = c.sku_no WHERE c.normal IN (%s)", keys
        ):
            found[key].append((sku, text))
        matches = []
        for text in texts:
            candidates = found.get(normal[text], [])
            exact = [sku for sku, own in candidates if own == text.strip()]
            matches.append(Match(asked=text, skus=tuple(dict.fromkeys(exact or sorted(sku for sku, _ in candidates)))))
        return matches

    def prices(
        self, skus: Sequence[str], price_type_ids: Sequence[str] | None = None
    ) -> Mapping[str, tuple[PriceTier, ...]]:
        """All tiers per SKU in the given price types (None: in all), smallest first; SKUs without any are left out."""
        out: dict[str, list[PriceTier]] = defaultdict(list)
        wanted = () if price_type_ids is None else tuple(price_type_ids)
        among = "" if price_type_ids is None else f"AND t.id IN ({', '.join('?' * len(wanted))}) "
        for sku, price_type, amount, currency, unit, coefficient, least in self._chunks(
            "SELECT k.id, t.id, p.amount, coalesce(p.currency, t.currency), p.unit, p.coefficient, p.min_quantity "
            "FROM sku k JOIN price p ON p.sku_no = k.no JOIN price_type t ON t.no = p.price_type_no AND NOT t.deleted "
            + among
            + "WHERE k.id IN (%s)",
            list(dict.fromkeys(skus)),
            *wanted,
        ):
            out[sku].append(tier_of(price_type, amount, currency, unit, coefficient, least))
        return {
            sku: tuple(sorted(tiers, key=lambda tier: (tier.price_type_id, tier.unit, tier.min_quantity)))
            for sku, tiers in out.items()
        }

    def kinds(self, skus: Sequence[str]) -> dict[str, Kinds]:
        """Brand and categories by SKU; SKUs that have neither are left out."""
        return kinds.read(self._db, skus, self._parents)

    @cached_property
    def _parents(self) -> dict[str, str | None]:
        return {one.id: one.parent_id for one in self.categories()}

    def price_types(self) -> tuple[PriceType, ...]:
        rows = self._rows(
            "SELECT id, name, currency, vat_included FROM price_type WHERE known AND NOT deleted ORDER BY name, id"
        )
        return tuple(
            PriceType(id=i, name=n, currency=c, vat_included=None if v is None else bool(v)) for i, n, c, v in rows
        )

    def warehouses(self) -> tuple[Warehouse, ...]:
        """Warehouses that the ERP described or has stock in."""
        rows = self._rows(
            "SELECT id, name, address FROM warehouse w WHERE NOT deleted AND (known OR EXISTS "
            "(SELECT 1 FROM stock s WHERE s.warehouse_no = w.no AND s.quantity <> 0)) ORDER BY name, id"
        )
        return tuple(Warehouse(id=i, name=n, address=a) for i, n, a in rows)
