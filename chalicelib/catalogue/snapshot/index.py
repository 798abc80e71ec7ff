"""A snapshot's sets and columns as a search uses them: read when first needed, the last used ones kept.

What is kept takes at most some 50 MB at 150,000 SKUs, of which a set takes 20 KB and a chain's amounts 2.4 MB.
"""

from __future__ import annotations

import json
import threading
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from chalicelib.catalogue import bits
from chalicelib.catalogue.amounts import NONE, PRICE_DIGITS, Amounts
from chalicelib.catalogue.model import BRAND, Category, Selection
from chalicelib.catalogue.snapshot import sets
from chalicelib.catalogue.snapshot.schema import open_for_reading
from chalicelib.catalogue.snapshot.sets import Track
from chalicelib.kernel.recent import Recent

_MAPPED_BYTES = 256 * 1024 * 1024
_KEPT_BYTES = 12 * 1024 * 1024  # of sets
_FEWEST_KEPT = 64
_TEXTS = 50  # what they found, in four sets each
_CHAINS, _PRICES = 3, 12  # chains of price types; of price lists of all kinds
_BY_STOCK = 4  # orders by the stock of regions, 0.6 MB each
_SELECTIONS = 12  # 0.6 MB each, if everything is selected
_MAX_VALUES = 500  # of an attribute that can be chosen from
_BRAND_NAMES = frozenset({"бренд", "марка", "торговая марка", "brand", "trademark", "marca", "marcă"})
_ABOVE_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Branch:
    """A category of the tree by its number; `position` and `last` span it and those below."""

    no: int
    position: int
    last: int
    category: Category


class Index:
    """One snapshot's file, open for reading. Who searches takes the `turn`."""

    def __init__(self, path: Path) -> None:
        """Errors as in `schema.open_for_reading`."""
        self.db = open_for_reading(path)
        # Dropped from a cache while somebody may still be reading: closed when the last reader lets go.
        self.close = weakref.finalize(self, self.db.close)
        self.db.executescript(
            f"PRAGMA mmap_size = {_MAPPED_BYTES}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
        )
        self.turn = threading.Lock()
        self._orders: dict[Track, array[int]] = {}
        self.size = len(self.order(Track.SKU))
        self.everything = bits.everything(self.size)
        self.texts: Recent[str, tuple[int, ...]] = Recent(_TEXTS)
        self._sets: Recent[Hashable, int] = Recent(max(_FEWEST_KEPT, _KEPT_BYTES // (self.size // 7 + 1)))
        self._amounts: Recent[tuple[str, ...], Amounts] = Recent(_CHAINS)
        self.prices: Recent[str, Amounts] = Recent(_PRICES)
        self._by_stock: Recent[tuple[tuple[str, ...], bool], array[int]] = Recent(_BY_STOCK)
        self.selections: Recent[str, Selection] = Recent(_SELECTIONS)

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        return self.db.execute(statement, parameters).fetchall()

    def _track(self, name: Track) -> bytes:
        """Empty in a snapshot in which nothing was ever listed."""
        return b"".join(row[0] for row in self.rows("SELECT numbers FROM track WHERE name = ?", (name,)))

    def order(self, name: Track) -> array[int]:
        """A column of places or of SKU numbers."""
        if name not in self._orders:
            self._orders[name] = array(bits.PLACES, self._track(name))
        return self._orders[name]

    def numbers(self, places: Iterable[int]) -> list[int]:
        """SKU numbers at some places."""
        return list(map(self.order(Track.SKU).__getitem__, places))

    def of_numbers(self, numbers: Sequence[int]) -> int:
        """The set of some listed SKUs."""
        return bits.of(list(map(self.order(Track.PLACE).__getitem__, numbers)), self.size)

    def of_skus(self, skus: frozenset[str]) -> int:
        """The set of some SKUs, as far as they are listed; kept, as the same ones are asked for again."""
        kept = self._sets.get(skus)
        if kept is None:
            statement = "SELECT no FROM sku WHERE id IN (SELECT value FROM json_each(?))"
            found = (self.place(no) for (no,) in self.rows(statement, (json.dumps(list(skus)),)))
            kept = self._sets.keep(skus, bits.of([place for place in found if place is not None], self.size))
        return kept

    def place(self, number: int) -> int | None:
        """Where a SKU stands; None if it is not listed."""
        places = self.order(Track.PLACE)
        place = places[number] if number < len(places) else sets.NOWHERE
        return None if place == sets.NOWHERE else place

    def _set(self, key: Hashable, statement: str, *parameters: object) -> int:
        kept = self._sets.get(key)
        if kept is None:
            read = (row[0] for row in self.rows(statement, parameters))
            kept = self._sets.keep(key, bits.unpacked(read, self.size))
        return kept

    def in_stock(self, warehouses: tuple[str, ...]) -> int:
        """What the ERP had some of in some warehouses at the import, in none named: in any."""
        kept = self._sets.get(("stock", warehouses))
        if kept is None:
            if warehouses:
                kept = bits.of([place for place, amount in self._amounts_in(warehouses) if amount > 0], self.size)
            else:
                kept = bits.unpacked([self._track(Track.IN_STOCK)], self.size)
            self._sets.keep(("stock", warehouses), kept)
        return kept

    def by_stock(self, warehouses: tuple[str, ...], *, falling: bool) -> Sequence[int]:
        """Everything by how much of it some warehouses had at the import, in none named: all of them."""
        if not warehouses:
            return self.order(Track.STOCK_DOWN if falling else Track.STOCK_UP)
        kept = self._by_stock.get((warehouses, falling))
        if kept is None:
            amounts = [0] * self.size
            for place, amount in self._amounts_in(warehouses):
                amounts[place] = amount
            order = sorted(range(self.size), key=amounts.__getitem__, reverse=falling)
            kept = self._by_stock.keep((warehouses, falling), array(bits.PLACES, order))
        return kept

    def _amounts_in(self, warehouses: tuple[str, ...]) -> Iterator[tuple[int, int]]:
        """How much of it some warehouses have, by place."""
        statement = (
            "SELECT sku_no, sum(max(quantity, 0)) FROM stock WHERE quantity <> 0 AND warehouse_no IN "
            "(SELECT no FROM warehouse WHERE id IN (SELECT value FROM json_each(?))) GROUP BY sku_no"
        )
        found = ((self.place(no), amount) for no, amount in self.rows(statement, (json.dumps(warehouses),)))
        return ((place, amount) for place, amount in found if place is not None)

    @cached_property
    def by_article(self) -> array[int]:
        """Which one each place is in the order of articles."""
        ranks = array(bits.PLACES, bytes(4 * self.size))
        for rank, place in enumerate(self.order(Track.ARTICLE)):
            ranks[place] = rank
        return ranks

    def newest(self, since: int) -> Selection:
        """What readers first saw at that moment or after it, in seconds of Unix time; the newest first."""
        moments = self.order(Track.NEWEST_SINCE)
        count = bisect_left(moments, 1 - since, key=int.__neg__)
        order = self.order(Track.NEWEST)[:count]
        return Selection(order=order, places=bits.of(order, self.size))

    def term(self, term: str, field: int) -> int:
        """What has a term of `text.word_terms` in a field of `sets`."""
        key = ("term", term, field)
        if not term.endswith("*") or len(term) <= sets.SHORT + 1:
            return self._set(key, "SELECT places FROM posting WHERE term = ? AND field = ?", term, field)
        begun = "SELECT places FROM posting WHERE term >= ? AND term < ? AND field = ?"
        return self._set(key, begun, term[:-1], term[:-1] + _ABOVE_ALL, field)

    def shelf(self, category: int) -> int:
        """A category's goods with those below it."""
        return self._set(("shelf", category), "SELECT places FROM shelf WHERE category_no = ?", category)

    def value(self, attribute: int, text: str) -> int:
        having = "SELECT places FROM facet WHERE attribute_no = ? AND text = ?"
        return self._set(("value", attribute, text), having, attribute, text)

    def having(self, attribute: int) -> int:
        """What has any value of an attribute."""
        return self._set(("having", attribute), "SELECT places FROM facet WHERE attribute_no = ?", attribute)

    @cached_property
    def attributes(self) -> dict[str, tuple[int, str]]:
        """Number and name by key."""
        return {key: (no, name) for no, key, name in self.rows("SELECT no, key, name FROM attribute")}

    @cached_property
    def brand(self) -> int:
        """The number of the attribute that says the brand: the ERP's own field for it, else a property that is called
        so; 0 if there is neither."""
        called = (no for no, name in self.attributes.values() if name.casefold() in _BRAND_NAMES)
        return self.attributes[BRAND][0] if BRAND in self.attributes else min(called, default=0)

    @cached_property
    def choices(self) -> dict[int, tuple[tuple[str, int], ...]]:
        """Texts of values with how many SKUs of the whole snapshot have them, the most frequent first, by attribute:
        of those that can be chosen from."""
        among = "SELECT attribute_no FROM facet GROUP BY 1 HAVING count(*) BETWEEN 2 AND ?"
        rows = self.rows(
            f"SELECT attribute_no, text, count FROM facet WHERE attribute_no IN ({among}) ORDER BY count DESC, text",
            (_MAX_VALUES,),
        )
        out: dict[int, list[tuple[str, int]]] = {}
        for attribute, text, count in rows:
            out.setdefault(attribute, []).append((text, count))
        return {attribute: tuple(values) for attribute, values in out.items()}

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The tree in reading order, empty ones too; counts are of everything that is listed."""
        rows = self.rows(
            "SELECT c.no, t.position, t.last, c.id, c.name, p.id, t.depth, t.count FROM tree t "
            "JOIN category c ON c.no = t.category_no LEFT JOIN category p ON p.no = t.parent_no "
            "WHERE t.depth > 0 ORDER BY t.position"
        )
        return tuple(
            Branch(no, position, last, Category(id=own, name=name, parent_id=parent, depth=depth, count=count))
            for no, position, last, own, name, parent, depth, count in rows
        )

    @cached_property
    def branch(self) -> dict[str, Branch]:
        return {one.category.id: one for one in self.branches}

    def depth(self, category_id: str) -> int:
        """How deep a category is in the tree, from 1; 0 if it is not in it."""
        branch = self.branch.get(category_id)
        return branch.category.depth if branch else 0

    def amounts(self, price_types: tuple[str, ...]) -> Amounts:
        """The first amount along a chain of price types."""
        kept = self._amounts.get(price_types)
        if kept is not None:
            return kept
        chain = [found for one in price_types if (found := self._of_type(one)) is not None]
        return self._amounts.keep(price_types, reduce(Amounts.before, chain, self.unpriced))

    @cached_property
    def unpriced(self) -> Amounts:
        return Amounts(array(sets.AMOUNTS, [NONE]) * self.size)

    def amounts_before(self, price_type: str, since: int) -> dict[int, int]:
        """By place, amounts before their last change, where that was after a moment; of the smallest tier, as above."""
        rows = self.rows(
            "SELECT i.by_name, b.amount, min((b.coefficient <> ?) << 60 | b.min_quantity) FROM price_type t "
            "CROSS JOIN price_before b ON b.price_type_no = t.no AND b.until > ? "
            "CROSS JOIN item i ON i.sku_no = b.sku_no WHERE t.id = ? AND NOT t.deleted GROUP BY b.sku_no",
            (10**PRICE_DIGITS, since, price_type),
        )
        return {place: amount for place, amount, _ in rows}

    def _of_type(self, price_type: str) -> Amounts | None:
        """A price type's amounts by place; None if it has none."""
        rows = self.rows(
            "SELECT a.numbers FROM price_type t JOIN amount a ON a.price_type_no = t.no WHERE t.id = ? "
            "AND NOT t.deleted",
            (price_type,),
        )
        if not rows:
            return None
        by_number = array(sets.AMOUNTS, rows[0][0])
        numbers = self.order(Track.SKU)
        by_number.extend([NONE] * (max(numbers, default=-1) + 1 - len(by_number)))
        return Amounts(array(sets.AMOUNTS, map(by_number.__getitem__, numbers)))
