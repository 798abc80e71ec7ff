"""The rows of an own price list: an immutable SQLite file, written once, opened once a process."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote

from chalicelib.catalogue.amounts import PRICE_DIGITS
from chalicelib.catalogue.model import PriceTier
from chalicelib.catalogue.snapshot.engine import connect
from chalicelib.catalogue.snapshot.items import price_of, quantity_of, tier_of
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS
from chalicelib.kernel.errors import Invalid
from chalicelib.pricing.lists import ListRow

_TABLE = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;
CREATE TABLE price (sku TEXT NOT NULL, unit TEXT NOT NULL, min_quantity INTEGER NOT NULL, amount INTEGER NOT NULL,
    coefficient INTEGER NOT NULL, PRIMARY KEY (sku, unit, min_quantity)) WITHOUT ROWID;
"""
_COLUMNS = "sku, unit, min_quantity, amount, coefficient"
_LARGEST = 10**18
_ZERO = Decimal(0)
_CHUNK = 500
_MAPPED_BYTES = 64 * 1024 * 1024


def write(path: Path, rows: Iterable[ListRow]) -> int:
    """Writes a new file; how many rows it has.

    Invalid("bad_price_row") for a row that no list can have: a price or pack that is not above zero, or finer or larger
    than can be kept; Invalid("price_twice") for a second one of the same SKU, unit and minimum.
    """
    db = connect(str(path))
    try:
        db.executescript(_TABLE)
        try:
            # In the order of the key: each row goes to the end of the file, which comes out the same for the same rows.
            db.executemany("INSERT INTO price VALUES (?, ?, ?, ?, ?)", sorted(map(_stored, rows)))
        except sqlite3.IntegrityError as twice:
            raise Invalid("price_twice") from twice
        count = int(db.execute("SELECT count(*) FROM price").fetchone()[0])
        db.commit()
    finally:
        db.close()
    return count


def _stored(row: ListRow) -> tuple[str, str, int, int, int]:
    amount, coefficient = _whole(row.amount, PRICE_DIGITS), _one_of_few(row.coefficient, PRICE_DIGITS)
    least = _one_of_few(row.min_quantity, QUANTITY_DIGITS)
    if not row.sku or amount is None or coefficient is None or least is None or not amount or not coefficient:
        raise Invalid("bad_price_row", sku=row.sku)
    return row.sku, row.unit, least, amount, coefficient


def wrong_of(row: ListRow) -> str:
    """What no list can have: "bad_price" and "bad_coefficient" for what is not above zero, "bad_least" for what is
    below it, and each for a number that is finer or larger than can be kept; empty if nothing is."""
    if not _whole(row.amount, PRICE_DIGITS):
        return "bad_price"
    if not _one_of_few(row.coefficient, PRICE_DIGITS):
        return "bad_coefficient"
    return "bad_least" if _one_of_few(row.min_quantity, QUANTITY_DIGITS) is None else ""


def _whole(number: Decimal, digits: int) -> int | None:
    """The number in units of its last kept digit; None if it is finer, negative, too large or not finite."""
    if not number.is_finite() or number < _ZERO or number.adjusted() > 18:
        return None
    scaled = number.scaleb(digits)
    whole = int(scaled)
    return whole if whole < _LARGEST and scaled == whole else None


_one_of_few = lru_cache(maxsize=4096)(_whole)  # packs and least quantities are few numbers, written very many times


def differing(before: Path | None, after: Path) -> list[str]:
    """SKUs of which two files do not say the same, in order; without `before` all of them.

    sqlite3.OperationalError if a file is not there.
    """
    db = connect("file::memory:", uri=True)
    try:
        db.executescript(_TABLE)  # stands for a list without rows
        db.execute("ATTACH ? AS later", (_address(after),))
        if before:
            db.execute("ATTACH ? AS earlier", (_address(before),))
        old, new = ("earlier.price" if before else "main.price"), "later.price"
        changed = f"""SELECT sku FROM (SELECT {_COLUMNS} FROM {old} EXCEPT SELECT {_COLUMNS} FROM {new})
            UNION SELECT sku FROM (SELECT {_COLUMNS} FROM {new} EXCEPT SELECT {_COLUMNS} FROM {old}) ORDER BY sku"""  # noqa: S608
        return [sku for (sku,) in db.execute(changed)]
    finally:
        db.close()


def _address(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro&immutable=1"


class ListFile:
    """The rows of one version, open for reading. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """sqlite3.OperationalError if there is no such file."""
        self._db = connect(_address(path), uri=True)
        self._db.executescript(f"PRAGMA mmap_size = {_MAPPED_BYTES}; PRAGMA cache_size = -512;")

    def __del__(self) -> None:
        # Dropped from a cache while somebody may still be reading: closed when the last reader lets go.
        if hasattr(self, "_db"):
            self._db.close()

    def tiers(self, skus: Sequence[str], list_id: str, currency: str) -> Mapping[str, tuple[PriceTier, ...]]:
        """All tiers by SKU, as those of the list `list_id`; SKUs without any are left out. One query for 500 SKUs."""
        out: dict[str, list[PriceTier]] = defaultdict(list)
        for start in range(0, len(skus), _CHUNK):
            some = skus[start : start + _CHUNK]
            marks = ", ".join("?" * len(some))
            for sku, unit, least, amount, coefficient in self._db.execute(
                f"SELECT {_COLUMNS} FROM price WHERE sku IN ({marks})",  # noqa: S608 - our own words
                some,
            ):
                out[sku].append(tier_of(list_id, amount, currency, unit, coefficient, least))
        return {sku: tuple(tiers) for sku, tiers in out.items()}

    def smallest(self) -> Iterator[tuple[str, int, int]]:
        """Of every SKU the price that its smallest tier says for the base unit, or else for the smallest pack: (SKU,
        amount, for how many base units), the numbers in millionths."""
        rows = self._db.execute(
            "SELECT sku, amount, coefficient FROM price "
            "ORDER BY sku, coefficient <> ?, coefficient, unit, min_quantity",
            (10**PRICE_DIGITS,),
        )
        for _, tiers in groupby(rows, key=itemgetter(0)):
            yield next(tiers)

    def rows(self) -> Iterator[ListRow]:
        """Every row, by SKU, unit and minimum."""
        for sku, unit, least, amount, coefficient in self._db.execute(f"SELECT {_COLUMNS} FROM price ORDER BY 1, 2, 3"):  # noqa: S608
            yield ListRow(
                sku=sku,
                amount=price_of(amount),
                unit=unit,
                coefficient=price_of(coefficient),
                min_quantity=quantity_of(least),
            )
