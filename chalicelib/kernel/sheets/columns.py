"""What the columns of an uploaded file mean: the rows that a person chooses by, and what may be chosen. Pure rules.

A meaning is a text of the room that takes the file; an empty one leaves the column out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import stable_id
from chalicelib.kernel.sheets.cells import SheetRow

SKIP = ""
FIRST = 60
"""Rows of which one may name the columns."""
_LOOKED_AT = 20  # rows among which that one is looked for
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRows:
    """Some rows under the one that names the columns, `head`, counted from 1; 0 = none does, and `heads` are empty
    texts."""

    head: int
    heads: tuple[str, ...]
    rows: tuple[SheetRow, ...]


def first_rows(
    sheet: Iterable[SheetRow], head: int | None, find_head: Callable[[Sequence[SheetRow]], int]
) -> FirstRows:
    """`head` as a person said it; None: where `find_head` sees it."""
    first = tuple(islice(sheet, FIRST))
    number = find_head(first) if head is None else head
    rows = tuple(row for row in first if row.number > number)[:_SHOWN]
    if number:
        heads = next((row.cells for row in first if row.number == number), ())
    else:
        heads = ("",) * max((len(row.cells) for row in rows), default=0)
    return FirstRows(head=number, heads=heads, rows=rows)


def head_row(rows: Sequence[SheetRow], is_known: Callable[[str], bool]) -> int:
    """The number of the row that names the columns: of the first ones, that in which most names are known."""

    def fits(row: SheetRow) -> tuple[int, bool]:
        return sum(map(is_known, row.cells)), len([text for text in row.cells if text]) > 1

    found = max(rows[:_LOOKED_AT], key=fits, default=None)
    return found.number if found else 1


def plain(head: str) -> str:
    """A column's name as names are compared."""
    return re.sub(r"[\W_]+", "", head.casefold())


def heads_id(heads: Iterable[str]) -> str:
    """Under which the meaning of columns is remembered: the set of their names, whatever their order."""
    return stable_id("heads", *sorted({head.strip().casefold() for head in heads if head.strip()}))


def check_offered(chosen: Sequence[str], offered: Sequence[Collection[str]]) -> None:
    """Invalid("column_not_offered") for a meaning that its column cannot have: what a form says is not believed."""
    if len(chosen) != len(offered) or any(one not in among for one, among in zip(chosen, offered, strict=True)):
        raise Invalid("column_not_offered")
