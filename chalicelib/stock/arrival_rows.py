"""Rows of a file of arrivals: each becomes an arrival, or is named with its number and reason. Pure rules.

The file names its columns in one of its first rows: article, quantity and day must be there, the warehouse where there
are several, a note if one likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import attrgetter

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.stock.transit import MAX_NOTE, MOST_ARRIVALS, Arrival, expected_quantity

MOST_ROWS = 3_000
_LOOKED_AT = 20  # rows among which the names of the columns are looked for
_NEEDED = ("article", "quantity", "due")
_WORDS = {
    "article": "артикул article sku articol",
    "warehouse": "склад warehouse depozit",
    "quantity": "количество колво quantity qty cantitate",
    "due": "ожидается дата датапоступления expected date eta due seașteaptă data",
    "note": "основание документ примечание note document comment notă",
}
_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_SERIAL = re.compile(r"\d{5}")  # a day as a spreadsheet counts it
_SERIAL_ZERO = date(1899, 12, 30)
_SAME = (
    attrgetter("id"),
    attrgetter("warehouse", "due", "note", "listed"),
    attrgetter("warehouse", "due", "note"),
)
_ANOTHER_DAY = attrgetter("warehouse", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a row says, as text."""

    number: int
    article: str
    warehouse: str
    quantity: str
    due: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was not taken; `reason` is a code, `detail` the text that it is about; `sku` = its article's, where
    that is known."""

    number: int
    reason: str
    detail: str = ""
    sku: str = ""


def _plain(head: str) -> str:
    return re.sub(r"[\W_]+", "", head.casefold())


_BY_WORD = {_plain(word): name for name, words in _WORDS.items() for word in words.split()}


def read_rows(sheet: Iterable[SheetRow]) -> list[Row]:
    """The rows below the names of the columns. Invalid("arrivals_no_heads", "arrivals_too_long")."""
    rows: list[Row] = []
    places: Mapping[str, int] | None = None
    for count, row in enumerate(sheet):
        if places is None:
            places = _places(row.cells)
            if places is None and count >= _LOOKED_AT:
                break
            continue
        if len(rows) >= MOST_ROWS:
            raise Invalid("arrivals_too_long", limit=MOST_ROWS)
        texts = {name: row.cells[at] if at < len(row.cells) else "" for name, at in places.items()}
        rows.append(Row(number=row.number, **{name: texts.get(name, "") for name in _WORDS}))
    if places is None:
        raise Invalid("arrivals_no_heads")
    return rows


def _places(cells: Sequence[str]) -> dict[str, int] | None:
    """Where what is, if these are the names of the columns; the first column of a name counts."""
    places: dict[str, int] = {}
    for at, head in enumerate(cells):
        name = _BY_WORD.get(_plain(head))
        if name:
            places.setdefault(name, at)
    return places if all(name in places for name in _NEEDED) else None


class _Bad(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What rows may name: SKUs by article (several: it is ambiguous), warehouses' ids by id and by name."""

    skus: Mapping[str, Sequence[str]]
    warehouses: Mapping[str, str]
    today: date


def names_of(places: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Ids of warehouses by how a row may name them; `names` by id. A name that two have names neither."""
    out: dict[str, str] = {}
    for place in places:
        name = names.get(place, "").casefold()
        if name:
            out[name] = "" if name in out else place
    return {**{name: place for name, place in out.items() if place}, **{place.casefold(): place for place in places}}


def understood(
    rows: Iterable[Row], known: Known, ids: Mapping[int, str]
) -> tuple[dict[str, list[Arrival]], list[BadRow]]:
    """Arrivals by SKU, and the rows that are none; `ids` = by the row's number the arrival's."""
    good: dict[str, list[Arrival]] = {}
    bad: list[BadRow] = []
    for row in rows:
        sku = ""
        try:
            sku = _sku(row, known)
            arrival = _arrival(row, known, ids[row.number])
            if len(good.get(sku, ())) >= MOST_ARRIVALS:
                raise _Bad("too_many", row.article)
            good.setdefault(sku, []).append(arrival)
        except _Bad as wrong:
            bad.append(BadRow(number=row.number, reason=wrong.reason, detail=wrong.detail[:80], sku=sku))
    return good, bad


def expected(noted: Sequence[Arrival], rows: Sequence[Arrival], *, whole: bool) -> list[Arrival]:
    """A SKU's arrivals once a file's are taken; `whole` = what it does not name is expected no more.

    A row that names a noted arrival again is that arrival, each only one: of the same row of the same file, else of the
    same warehouse, day and note, else, in a whole file, of the same warehouse and note, to come on another day. What is
    still to come of it is another quantity only if the file says another one than the last file did.
    """
    left, again = list(noted), dict[int, Arrival]()
    for mark in (*_SAME, *([_ANOTHER_DAY] if whole else [])):
        for at, row in enumerate(rows):
            one = None if at in again else next((one for one in left if mark(one) == mark(row)), None)
            if one is not None:
                left.remove(one)
                again[at] = replace(row, id=one.id, quantity=one.quantity if one.listed == row.listed else row.quantity)
    return [*([] if whole else left), *(again.get(at, row) for at, row in enumerate(rows))]


def _sku(row: Row, known: Known) -> str:
    if not row.article:
        raise _Bad("no_article")
    skus = known.skus.get(row.article, ())
    if len(skus) != 1:
        raise _Bad("ambiguous" if skus else "unknown_article", row.article)
    return skus[0]


def _arrival(row: Row, known: Known, arrival_id: str) -> Arrival:
    try:
        quantity = expected_quantity(parse_decimal(row.quantity))
    except ValueError:
        raise _Bad("bad_quantity", row.quantity) from None
    due = _day(row.due)
    if due is None:
        raise _Bad("bad_day", row.due)
    if due < known.today:
        raise _Bad("day_passed", row.due)
    place, note = _warehouse(row, known), row.note[:MAX_NOTE]
    return Arrival(id=arrival_id, warehouse=place, quantity=quantity, due=due, note=note, listed=quantity)


def _warehouse(row: Row, known: Known) -> str:
    """The only one need not be named."""
    ids = set(known.warehouses.values())
    if not row.warehouse and len(ids) == 1:
        return next(iter(ids))
    found = known.warehouses.get(row.warehouse.casefold())
    if found is None:
        raise _Bad("unknown_warehouse" if row.warehouse else "no_warehouse", row.warehouse)
    return found


def _day(text: str) -> date | None:
    """`05.12.2026`, `2026-12-05`, or a day as a spreadsheet keeps it (`46361`)."""
    try:
        if _SERIAL.fullmatch(text):
            return _SERIAL_ZERO + timedelta(days=int(text))
        parts = _DAY.fullmatch(text)
        return date(*map(int, reversed(parts.groups()))) if parts else date.fromisoformat(text[:10])
    except ValueError:
        return None
