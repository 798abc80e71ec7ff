"""The file of what is ordered together: orders of the last months with their products, and what was counted of them.

A small immutable SQLite file per tenant, which lies beside the catalogue's snapshot and is opened like it, so that
pages find a product's companions without a call. Only a copy that nobody is shown yet is written to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.advice import model
from chalicelib.catalogue.snapshot.engine import Connection, connect
from chalicelib.kernel.clock import stamp

_CHUNK = 500
_TABLES = """
CREATE TABLE sku (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE basket (no INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, placed TEXT NOT NULL);
CREATE TABLE product (basket_no INTEGER NOT NULL, sku_no INTEGER NOT NULL, PRIMARY KEY (basket_no, sku_no))
    WITHOUT ROWID;
CREATE TABLE companion (sku_no INTEGER NOT NULL, other_no INTEGER NOT NULL, orders INTEGER NOT NULL,
    PRIMARY KEY (sku_no, other_no)) WITHOUT ROWID;
"""


class Companions:
    """What goes with what, open for reading."""

    def __init__(self, path: Path) -> None:
        """engine.OperationalError if there is no such file."""
        self._db = connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self._db.close()

    def of(self, skus: Sequence[str]) -> tuple[str, ...]:
        """SKUs that go with some others, the closest first; none of those themselves."""
        own = [no for (no,) in self._each("SELECT no FROM sku WHERE id IN (%s)", skus)]
        found = self._each("SELECT other_no, orders FROM companion WHERE sku_no IN (%s)", own)
        close = model.joint(found, frozenset(own))
        names = dict(self._each("SELECT no, id FROM sku WHERE no IN (%s)", close))
        return tuple(names[no] for no in close)

    def _each(self, query: str, values: Sequence[str | int]) -> Iterator[tuple[Any, ...]]:
        """Rows of a query that asks for some hundreds of values at a time."""
        for start in range(0, len(values), _CHUNK):
            some = values[start : start + _CHUNK]
            yield from self._db.execute(query % ", ".join("?" * len(some)), some)


class Baskets:
    """A copy that is written on."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def add(self, order_id: str, placed: datetime, skus: Collection[str]) -> None:
        """An order's products; one that is known already stays as it is."""
        added = self._db.execute(
            "INSERT OR IGNORE INTO basket (order_id, placed) VALUES (?, ?) RETURNING no", (order_id, stamp(placed))
        ).fetchone()
        if added is None:
            return
        named = [(sku,) for sku in sorted(skus)]
        self._db.executemany("INSERT OR IGNORE INTO sku (id) VALUES (?)", named)
        self._db.executemany(
            "INSERT INTO product SELECT ?, no FROM sku WHERE id = ?", [(added[0], sku) for (sku,) in named]
        )

    def forget(self, before: datetime) -> None:
        """Orders that are too old, and the oldest of too many."""
        self._db.execute(
            "DELETE FROM basket WHERE placed < ? OR no NOT IN (SELECT no FROM basket ORDER BY placed DESC, no LIMIT ?)",
            (stamp(before), model.MOST_ORDERS),
        )
        self._db.execute("DELETE FROM product WHERE basket_no NOT IN (SELECT no FROM basket)")

    def count(self) -> None:
        """Counts anew what goes with what."""
        rows = self._db.execute("SELECT basket_no, sku_no FROM product ORDER BY basket_no, sku_no").fetchall()
        baskets = [tuple(sku for _, sku in some) for _, some in groupby(rows, key=lambda row: row[0])]
        self._db.execute("DELETE FROM companion")
        for sku, found in model.companions(baskets):
            self._db.executemany("INSERT INTO companion VALUES (?, ?, ?)", [(sku, *one) for one in found])
        self._db.execute(
            "DELETE FROM sku WHERE no NOT IN (SELECT sku_no FROM product) AND no NOT IN (SELECT sku_no FROM companion)"
        )


@contextmanager
def writing(path: Path) -> Iterator[Baskets]:
    """Opens a copy of one's own, or makes a new file; it is whole when the block has ended."""
    is_new = not path.exists()
    db = connect(str(path))
    try:
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;")
        if is_new:
            db.executescript(_TABLES)
        yield Baskets(db)
        db.commit()
        db.execute("VACUUM")
    finally:
        db.close()
