"""Reading a snapshot: search, lists, products, prices. A `Catalogue` is one immutable file, kept open."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib.catalogue import bits
from chalicelib.catalogue.amounts import Amounts
from chalicelib.catalogue.model import (
    Attribute,
    Category,
    Item,
    Match,
    Page,
    Product,
    Query,
    Selection,
    Suggestions,
)
from chalicelib.catalogue.on_order import OnOrderRule
from chalicelib.catalogue.rules import About
from chalicelib.catalogue.snapshot import hint
from chalicelib.catalogue.snapshot.facts import CHUNK, Facts
from chalicelib.catalogue.snapshot.find import counted, find
from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.snapshot.items import ITEM, item_of, quantity_of
from chalicelib.catalogue.snapshot.scope import named, on_order_under, seen_under
from chalicelib.catalogue.snapshot.text import normal_code
from chalicelib.catalogue.visibility import Rule
from chalicelib.kernel.recent import Recent

_VIEWS = 40  # sets of rules whose views are kept, 20 KB each at 150,000 SKUs
_TERMS = 2  # sets of rules whose goods on order are kept: a tenant's own, and before they were changed
_Views = Recent[tuple[tuple[Rule, ...], tuple[OnOrderRule, ...]], "Catalogue"]


class Catalogue(Facts):
    """One snapshot, open for reading, or as much of it as a dealer sees. Threads may share it: searches take turns."""

    def __init__(self, path: Path) -> None:
        """engine.OperationalError if there is no such file."""
        index = Index(path)
        self._see(index, index.everything, {})

    def _see(self, index: Index, seen: int, on_order: Mapping[int, int]) -> None:
        self._index = index
        self._seen = seen
        self._on_order = on_order
        self._views: _Views = Recent(_VIEWS)
        self._terms: Recent[tuple[OnOrderRule, ...], Mapping[int, int]] = Recent(_TERMS)

    def narrowed(self, rules: Sequence[Rule], on_order: Sequence[OnOrderRule] = ()) -> Catalogue:
        """What those see whom all of some rules concern. To them the rest is as goods that are no longer listed: it is
        found by no search, counted nowhere, and known only to who has its SKU. `on_order` = the rules of what may be
        ordered though there is none. Made once for all who have the same rules."""
        if not rules and not on_order:
            return self
        key = tuple(rules), tuple(on_order)
        with self._index.turn:
            view = self._views.get(key)
            if view is None:
                terms = self._terms.get(key[1])
                if terms is None:
                    terms = self._terms.keep(key[1], on_order_under(self._index, key[1]))
                view = self._views.keep(key, Catalogue.__new__(Catalogue))
                view._see(self._index, self._seen & seen_under(self._index, key[0]), terms)
        return view

    @cached_property
    def on_order_count(self) -> int:
        """How many SKUs may be ordered though there are none."""
        return (bits.joined(self._on_order.values()) & self._seen).bit_count()

    def count_of(self, rule: About) -> int:
        """How many SKUs a rule is about."""
        with self._index.turn:
            return (named(self._index, rule) & self._seen).bit_count()

    def lead_days(self, skus: Sequence[str]) -> dict[str, int]:
        """In how many days those of some SKUs are there that are on order."""
        if not self._on_order:
            return {}
        flags = self._lead_flags
        return {
            sku: days for sku, place in self.places(skus).items() for days, of_days in flags if bits.has(of_days, place)
        }

    @cached_property
    def _lead_flags(self) -> tuple[tuple[int, bytes], ...]:
        size = self._index.size // 8 + 1
        return tuple((days, places.to_bytes(size, "little")) for days, places in self._on_order.items())

    def __len__(self) -> int:
        """How many SKUs are listed."""
        return self._seen.bit_count()

    def search(self, query: Query) -> Page:
        """A page of what fits: by relevance an exact article or barcode first, then a piece of one, then words."""
        with self._index.turn:
            found = find(self._index, query, self._seen, self._on_order)
            meant = () if found.total else self._meant(query.text)
            if meant:
                found = find(self._index, replace(query, text=meant[0]), self._seen, self._on_order)
        return Page(
            items=self._items(found.numbers),
            total=found.total,
            facets=found.facets,
            page=query.page,
            size=query.size,
            categories=found.categories,
            prices=found.prices,
            meant=meant,
        )

    def amounts(self, price_types: Sequence[str]) -> Amounts:
        """What sorting by price and a range of prices look at for a chain of price types, the first that has any."""
        with self._index.turn:
            return self._index.amounts(tuple(price_types))

    def first_of(self, selection: Selection, most: int) -> tuple[tuple[Item, ...], int]:
        """The first few of a selection, and how many of it there are."""
        found = selection.places & self._seen
        places = islice(bits.along(selection.order, found, self._index.size), most)
        return self._items(self._index.numbers(places)), found.bit_count()

    def suggest(self, text: str) -> Suggestions:
        """A few products and categories for a text that is being typed."""
        asked = text.strip()
        with self._index.turn:
            numbers, categories = self._suggested(asked)
            meant = () if numbers or categories else self._meant(asked)
            if meant:
                numbers, categories = self._suggested(meant[0])
        return Suggestions(items=self._items(numbers), categories=categories, meant=meant[0] if meant else "")

    def _suggested(self, text: str) -> tuple[list[int], tuple[Category, ...]]:
        return hint.products(self._index, text, self._seen), hint.categories(self._category_words, text)

    @cached_property
    def _category_words(self) -> tuple[hint.CategoryWords, ...]:
        return hint.category_words(self.categories())

    def _meant(self, text: str) -> tuple[str, ...]:
        return hint.meant(self._index, text, self._seen)

    def _items(self, numbers: Sequence[int]) -> tuple[Item, ...]:
        found = {row[0]: item_of(row) for row in self._chunks(ITEM + " WHERE k.no IN (%s)", numbers)}
        return tuple(found[number] for number in numbers)

    @cached_property
    def _flags(self) -> bytes:
        return self._seen.to_bytes(self._index.size // 8 + 1, "little")

    def _sees(self, number: int) -> bool:
        place = self._index.place(number)
        return place is not None and bits.has(self._flags, place)

    def _item(self, row: tuple[Any, ...]) -> Item:
        """Of any SKU: one that is listed but not seen is told as one that is not listed."""
        item = item_of(row)
        return item if not item.listed or self._sees(row[0]) else item._replace(listed=False)

    def skus(self, skus: Sequence[str]) -> dict[str, Item]:
        """Items by id, unlisted ones too (orders keep referring to them); unknown ids are left out."""
        rows = self._chunks(ITEM + " WHERE k.id IN (%s)", list(dict.fromkeys(skus)))
        return {row[1]: self._item(row) for row in rows}

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
            item=self._item(rows[0]),
            description=description,
            attributes=self._attributes(card, number),
            pictures=tuple(path for (path,) in pictures),
            barcodes=tuple(dict.fromkeys(code for code in (own_barcode, card_barcode) if code)),
            category_path=self._path(card),
            variants=tuple(item_of(row) for row in variants if self._sees(row[0])),
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
        ((position,),) = self._rows(
            "SELECT min(t.position) FROM card_category p JOIN tree t ON t.category_no = p.category_no "
            "WHERE p.card_no = ?",
            (card,),
        )
        return () if position is None else self._above(position)

    @cached_property
    def _tree(self) -> tuple[Category, ...]:
        return tuple(one for one in counted(self._index, self._index.branches, self._seen) if one.count)

    def categories(self) -> tuple[Category, ...]:
        """The tree in reading order with counts of listed SKUs; empty branches are left out."""
        return self._tree

    def depth(self, category_id: str) -> int:
        """How deep a category is in the whole tree, from 1; 0 if it is not in it."""
        return self._index.depth(category_id)

    def category_path(self, category_id: str) -> tuple[Category, ...]:
        """The way from the top to a category, itself included; empty if it is not in the tree, or nothing of it is left
        of what the reader sees."""
        at = self._index.branch.get(category_id)
        path = self._above(at.position) if at else ()
        hidden = self._seen != self._index.everything and path and not path[-1].count
        return () if hidden else path

    def _above(self, position: int) -> tuple[Category, ...]:
        above = [one for one in self._index.branches if one.position <= position <= one.last]
        return tuple(counted(self._index, above, self._seen))

    def count(self, category_id: str = "") -> int:
        """How many SKUs are listed in a category and below it, or in all."""
        return self._within(category_id).bit_count()

    def _within(self, category_id: str) -> int:
        at = self._index.branch.get(category_id)
        return self._seen & self._index.shelf(at.no) if at else 0 if category_id else self._seen

    def listed(self, category_id: str = "") -> Iterator[list[tuple[str, Item]]]:
        """Every listed SKU of a category and of those below it, or of all, some hundreds at a time: in the order of
        the tree, then by name, each with the names from the top to its category (`Windows / PVC`)."""
        size = self._index.size
        rows = self._chunks(
            "SELECT i.by_name, coalesce((SELECT min(t.position) FROM card_category p JOIN tree t "
            "ON t.category_no = p.category_no WHERE p.card_no = i.card_no), 0) FROM item i WHERE i.sku_no IN (%s)",
            self._index.numbers(bits.places(self._within(category_id))),
        )
        ordered = array("q", sorted(position * size + place for place, position in rows))
        names: dict[int, str] = {}
        for start in range(0, len(ordered), CHUNK):
            some = [divmod(one, size) for one in ordered[start : start + CHUNK]]
            for position in {position for position, _ in some} - names.keys():
                names[position] = " / ".join(one.name for one in self._above(position))
            items = self._items(self._index.numbers(place for _, place in some))
            yield [(names[position], item) for (position, _), item in zip(some, items, strict=True)]

    def by_article(self, texts: Sequence[str]) -> list[Match]:
        """For each asked article or barcode the listed SKUs that have it, in the order asked.

        Case, spaces, dashes and Cyrillic look-alikes do not count, unless one SKU has the text exactly as asked.
        """
        normal = {text: normal_code(text) for text in texts}
        keys = [key for key in dict.fromkeys(normal.values()) if key]
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, number, sku, text in self._chunks(
            "SELECT c.normal, k.no, k.id, c.text FROM code c JOIN sku k ON k.no = c.sku_no WHERE c.normal IN (%s)", keys
        ):
            if self._sees(number):
                found[key].append((sku, text))
        matches = []
        for text in texts:
            candidates = found.get(normal[text], [])
            if len(candidates) > 1:
                exact = [sku for sku, own in candidates if own == text.strip()]
                skus = tuple(dict.fromkeys(exact or sorted(sku for sku, _ in candidates)))
            else:
                skus = tuple(sku for sku, _ in candidates)
            matches.append(Match(asked=text, skus=skus))
        return matches
