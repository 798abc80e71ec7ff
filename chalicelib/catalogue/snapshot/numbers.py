"""Small integers for other systems' ids, given out when a file first names them. They are the part's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from chalicelib.catalogue.model import attribute_key, sku_id
from chalicelib.catalogue.snapshot.engine import Connection

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_Key = TypeVar("_Key")
_Row = tuple[object, ...]


class Register(Generic[_Key]):
    """The numbers of one table. New keys are written by `flush`, with the columns that `row` makes of them.

    `known` = numbers that keys have from an earlier reading.
    """

    def __init__(self, insert: str, row: Callable[[int, _Key], _Row], known: Iterable[tuple[int, _Key]]) -> None:
        self._numbers: dict[_Key, int] = {key: number for number, key in known}
        self._last = max(self._numbers.values(), default=0)
        self._insert = insert
        self._row = row
        self._fresh: list[_Row] = []

    def no(self, key: _Key) -> int:
        number = self._numbers.get(key)
        if number is None:
            self._last += 1
            number = self._numbers[key] = self._last
            self._fresh.append(self._row(number, key))
        return number

    def flush(self, db: Connection) -> None:
        db.executemany(self._insert, self._fresh)
        self._fresh.clear()


class Numbers:
    """All registers of a part, with what it has already."""

    def __init__(self, db: Connection) -> None:
        self._product_id = ""
        self._last_sku: tuple[str, str | None, int] = ("", None, 0)
        self.catalogue = _by_id(db, "catalogue")
        self.category = _by_id(db, "category")
        self.price_type = _by_id(db, "price_type")
        self.warehouse = _by_id(db, "warehouse")
        self._cards = _by_id(db, "card")
        self._attributes: Register[tuple[str, str]] = Register(
            "INSERT INTO attribute (no, kind, id, key) VALUES (?, ?, ?, ?)",
            lambda no, key: (no, *key, attribute_key(*key)),
            _pairs(db, "SELECT no, kind, id FROM attribute"),
        )
        self._values: Register[tuple[int, str]] = Register(
            "INSERT INTO value (no, attribute_no, raw, text) VALUES (?, ?, ?, ?)",
            lambda no, key: (no, *key, None if _GUID.fullmatch(key[1]) else key[1]),
            _pairs(db, "SELECT no, attribute_no, raw FROM value"),
        )
        self._skus: Register[tuple[int, str]] = Register(
            "INSERT INTO sku (no, id, card_no, variant_id) VALUES (?, ?, ?, ?)",
            lambda no, key: (no, sku_id(self._product_id, key[1]), *key),
            _pairs(db, "SELECT no, card_no, variant_id FROM sku"),
        )

    def card(self, product_id: str) -> int:
        return self._cards.no(product_id)

    def sku(self, product_id: str, variant_id: str | None) -> int:
        last_product, last_variant, number = self._last_sku
        if product_id == last_product and variant_id == last_variant:
            return number  # prices and stock of one SKU come together
        self._product_id = product_id
        number = self._skus.no((self._cards.no(product_id), variant_id or ""))
        self._last_sku = product_id, variant_id, number
        return number

    def attribute(self, kind: str, attribute_id: str) -> int:
        """`kind`: "property" (a PropertyRow names it), or "characteristic", "requisite", "brand" (the id names it)."""
        return self._attributes.no((kind, attribute_id))

    def value(self, attribute_no: int, raw: str) -> int:
        """A value's number. A reference (a GUID) has no text until its property's list names it."""
        return self._values.no((attribute_no, raw))

    def flush(self, db: Connection) -> None:
        for register in (self.catalogue, self.category, self.price_type, self.warehouse, self._cards):
            register.flush(db)
        for pairs in (self._attributes, self._values, self._skus):
            pairs.flush(db)


def _by_id(db: Connection, table: str) -> Register[str]:
    # `table` is one of our own words, never input.
    known = db.execute(f"SELECT no, id FROM {table}")
    return Register(f"INSERT INTO {table} (no, id) VALUES (?, ?)", lambda no, key: (no, key), known)


def _pairs(db: Connection, statement: str) -> Iterator[tuple[int, tuple[Any, Any]]]:
    return ((no, (one, other)) for no, one, other in db.execute(statement))
