"""What readers see differently in one snapshot than in another: made once by a bounded number of walks, then read by
pages.

Rows of the two files are matched by the ERP's ids: numbers mean nothing outside their file. What is found lies in a
temporary database of numbers, on disk, so memory does not grow with the change. Stock is no part of it: it is live
elsewhere.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.catalogue.amounts import PRICE_DIGITS
from chalicelib.catalogue.snapshot import differing
from chalicelib.catalogue.snapshot.engine import connect
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS, check
from chalicelib.catalogue.snapshot.text import normal_code
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.money import quantity

_CHUNK = 500
_LONGEST = 300  # characters of a text that is shown
_FIELDS = {
    "name": "coalesce(nullif(k.name, ''), c.name)",
    "article": "coalesce(nullif(k.article, ''), c.article)",
    "barcode": "coalesce(nullif(k.barcode, ''), c.barcode)",
    "unit": "coalesce(nullif(k.unit, ''), c.unit)",
    "vat_rate": "coalesce(c.vat_rate, '')",
    "description": "c.description",
}
_SETS = {
    "categories": "SELECT k.no, g.name FROM {0}.sku k CROSS JOIN {0}.card_category p ON p.card_no = k.card_no "
    "CROSS JOIN {0}.category g ON g.no = p.category_no WHERE k.no IN (%s)",
    "properties": "SELECT p.no, CASE a.name WHEN '' THEN v.text ELSE a.name || ': ' || v.text END FROM ("
    "SELECT k.no, p.value_no FROM {0}.sku k CROSS JOIN {0}.card_value p ON p.card_no = k.card_no "
    "UNION SELECT sku_no, value_no FROM {0}.sku_value) p CROSS JOIN {0}.value v ON v.no = p.value_no "
    "CROSS JOIN {0}.attribute a ON a.no = v.attribute_no WHERE v.text IS NOT NULL AND p.no IN (%s)",
    "pictures": "SELECT k.no, p.path FROM {0}.sku k CROSS JOIN {0}.card_picture p ON p.card_no = k.card_no "
    "WHERE k.no IN (%s)",
}


class Kind(StrEnum):
    """What happened to a SKU. `returned` = it had been withdrawn or deleted; `withdrawn` = either of the two."""

    NEW = "new"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    PRICE = "price"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """A price of one type from one quantity on, per `unit`; None where there is none."""

    price_type: str  # its name, or its id if it has none
    unit: str
    min_quantity: Decimal
    before: Decimal | None
    before_currency: str
    now: Decimal | None
    now_currency: str

    @property
    def percent(self) -> Decimal | None:
        """By how much the price went up, in percent to a tenth; None where the two can't be compared."""
        if not self.before or self.now is None or self.before_currency != self.now_currency:
            return None
        return ((self.now - self.before) * 100 / self.before).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference of a SKU. `field`, `before` and `now` are of a changed card: name, article, barcode, unit,
    vat_rate, description, categories, properties or pictures."""

    kind: Kind
    sku: str
    article: str
    name: str
    field: str = ""
    before: str = ""
    now: str = ""
    price: PriceChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which changes: of one kind (None: all), of SKUs with a piece of an article or barcode, of one price type."""

    kind: Kind | None = None
    code: str = ""
    price_type: str = ""


class Difference:
    """Two open snapshots and what differs between them. Threads may share it: they take turns.

    `counts` = SKUs by kind; `rows` = all changes; `price_types` = (id, name, changed prices) of those with any.
    """

    def __init__(self, before: Path, after: Path) -> None:
        """engine.OperationalError if there is no such file; Refused("catalogue_of_another_release") as in `restore`."""
        self._turn = threading.Lock()
        self._db = connect(_address(after), uri=True)
        self._db.isolation_level = None
        self._db.execute("ATTACH ? AS old", (_address(before),))
        for database in ("main", "old"):
            check(self._db, Refused, database)
        self._db.executescript(
            "PRAGMA temp_store = FILE; PRAGMA temp.journal_mode = OFF; PRAGMA temp.synchronous = OFF;"
            "PRAGMA main.cache_size = -16384; PRAGMA old.cache_size = -16384; PRAGMA temp.cache_size = -16384;"
        )
        differing.find(self._db, _FIELDS)
        counted = "SELECT kind, count(DISTINCT coalesce(no, -old_no)), min(place), max(place) FROM change GROUP BY kind"
        found = {Kind(kind): (skus, first, last) for kind, skus, first, last in self._db.execute(counted)}
        self.counts: Mapping[Kind, int] = {kind: found.get(kind, (0,))[0] for kind in Kind}
        self.rows = max((last for _, _, last in found.values()), default=0)
        self._stretches = {kind: (first, last) for kind, (_, first, last) in found.items()}
        self.price_types: tuple[tuple[str, str, int], ...] = tuple(
            self._db.execute(
                "SELECT t.id, t.name, c.rows FROM (SELECT type_no, count(*) AS rows FROM change "
                "WHERE type_no IS NOT NULL GROUP BY type_no) c CROSS JOIN price_kind t ON t.no = c.type_no "
                "ORDER BY t.name, t.id"
            )
        )

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self._db.close()

    def count(self, wanted: Wanted) -> int:
        where, parameters = self._where(wanted)
        with self._turn:
            return int(self._db.execute(f"SELECT count(*) FROM change {where}", parameters).fetchone()[0])

    def changes(self, wanted: Wanted, *, start: int = 0, most: int) -> Iterator[Change]:
        """Changes from the `start`-th on, by kind; then by article and field, but prices in the order in which the
        products first came, and those that are gone last. Read as they are taken, some hundreds at a time."""
        where, parameters = self._where(wanted)
        while most > 0:
            with self._turn:
                rows = self._db.execute(
                    "SELECT kind, no, old_no, field, type_no, unit, least, was, was_in, is_now, now_in "
                    f"FROM change {where} ORDER BY place LIMIT ? OFFSET ?",
                    (*parameters, min(most, _CHUNK), start),
                ).fetchall()
                told = self._told(rows)
            yield from told
            if len(rows) < min(most, _CHUNK):
                return
            start, most = start + len(rows), most - len(rows)

    def _where(self, wanted: Wanted) -> tuple[str, tuple[object, ...]]:
        parts = ["place BETWEEN ? AND ?"]
        first, last = self._stretches.get(wanted.kind, (1, 0)) if wanted.kind else (1, self.rows)
        parameters: list[object] = [first, last]
        if wanted.code:
            code = normal_code(wanted.code)
            parts.append(
                "(no IN (SELECT sku_no FROM main.code WHERE instr(normal, ?)) "
                "OR old_no IN (SELECT sku_no FROM old.code WHERE instr(normal, ?)))"
            )
            parameters += [code, code]
        if wanted.price_type:
            parts.append("type_no = (SELECT no FROM price_kind WHERE id = ?)")
            parameters.append(wanted.price_type)
        return "WHERE " + " AND ".join(parts), tuple(parameters)

    def _told(self, rows: Sequence[tuple[Any, ...]]) -> list[Change]:
        now, before = self._texts("main", [row[1] for row in rows]), self._texts("old", [row[2] for row in rows])
        fields = {row[3] for row in rows}
        for field in _SETS.keys() & fields:
            for schema, texts, place in (("main", now, 1), ("old", before, 2)):
                numbers = [row[place] for row in rows if row[3] == field]
                for number, members in self._members(schema, field, numbers).items():
                    texts[number][field] = members
        types = dict(self._db.execute("SELECT no, name FROM price_kind"))
        told = []
        for kind, no, old_no, field, *price in rows:
            here, there = now.get(no, {}), before.get(old_no, {})
            item = there if kind == Kind.WITHDRAWN else here
            was, become = _apart(there.get(field, ""), here.get(field, "")) if field else ("", "")
            told.append(
                Change(
                    kind=Kind(kind),
                    sku=item["sku"],
                    article=item["article"],
                    name=item["name"],
                    field=field,
                    before=was,
                    now=become,
                    price=_price_change(types, *price) if kind == Kind.PRICE else None,
                )
            )
        return told

    def _texts(self, schema: str, numbers: Sequence[int | None]) -> dict[int, dict[str, Any]]:
        known = sorted({number for number in numbers if number is not None})
        rows = self._db.execute(
            f"SELECT k.no, k.id, {', '.join(_FIELDS.values())} FROM {schema}.sku k CROSS JOIN {schema}.card c "
            f"ON c.no = k.card_no WHERE k.no IN ({', '.join('?' * len(known))})",
            known,
        )
        return {no: {"sku": sku, **dict(zip(_FIELDS, texts, strict=True))} for no, sku, *texts in rows}

    def _members(self, schema: str, field: str, numbers: Sequence[int]) -> dict[int, Counter[str]]:
        some = sorted(set(numbers))
        found: dict[int, Counter[str]] = {number: Counter() for number in some}
        for number, text in self._db.execute(_SETS[field].format(schema) % ", ".join("?" * len(some)), some):
            found[number][text] += 1
        return found


def _apart(before: str | Counter[str], now: str | Counter[str]) -> tuple[str, str]:
    """Both texts as they are shown; of sets only what the other one lacks."""
    if isinstance(before, Counter) and isinstance(now, Counter):
        before, now = ("; ".join(sorted(one.elements())) for one in (before - now, now - before))
    return _short(str(before)), _short(str(now))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _price_change(
    types: Mapping[int, str],
    type_no: int,
    unit: str,
    least: int,
    was: int | None,
    was_in: str | None,
    now: int | None,
    now_in: str | None,
) -> PriceChange:
    return PriceChange(
        price_type=types[type_no],
        unit=unit,
        min_quantity=quantity(Decimal(least).scaleb(-QUANTITY_DIGITS)),
        before=_amount(was),
        before_currency=was_in or "",
        now=_amount(now),
        now_currency=now_in or "",
    )


def _amount(millionths: int | None) -> Decimal | None:
    return None if millionths is None else Decimal(millionths).scaleb(-PRICE_DIGITS)


def _address(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro&immutable=1"
