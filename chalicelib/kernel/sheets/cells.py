"""What every kind of spreadsheet is read as, and how large one may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

from chalicelib.kernel.errors import Invalid

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_TEXT = 100_000  # characters of one cell
MAX_CHARACTERS = 200_000_000  # of all cells: an ODS file says in a few bytes that a cell is there many times
_AS_SHOWN = Context(prec=15)  # of the 17 digits that a file has, a spreadsheet shows 15: 19.99 is 19.989999999999998


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row with anything in it. `number` counts from 1 as the program shows it; cells behind the last filled one are
    left out."""

    number: int
    cells: tuple[str, ...]


def row_of(number: int, cells: Sequence[str]) -> SheetRow | None:
    """The row of some cells from A on; None if all are empty. Refused beyond the limits."""
    filled = [text.strip() for text in cells]
    while filled and not filled[-1]:
        filled.pop()
    if not filled:
        return None
    if len(filled) > MAX_COLUMNS:
        raise Invalid("sheet_too_wide", limit=MAX_COLUMNS)
    if max(map(len, filled)) > MAX_TEXT:
        raise Invalid("sheet_cell_too_long", row=number, limit=MAX_TEXT)
    return SheetRow(number, tuple(filled))


def set_cell(cells: list[str], place: int, text: str) -> None:
    """Puts a text into a row that is read cell by cell, in whatever order its file has them; 0 = A. A blank is none."""
    if not text or text.isspace():
        return
    if place >= MAX_COLUMNS:
        raise Invalid("sheet_too_wide", limit=MAX_COLUMNS)
    if place >= len(cells):
        cells.extend([""] * (place + 1 - len(cells)))
    cells[place] = text


def number_text(raw: str) -> str:
    """A number as a spreadsheet's file has it, as the spreadsheet shows it; what is none stays as it is."""
    if len(raw) < 15 and raw.isdecimal():
        return raw
    try:
        number = _AS_SHOWN.create_decimal(raw.strip())
    except InvalidOperation:
        return raw
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return raw
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def small_count(text: str | None) -> int:
    """A repetition as ODS counts it: at least one."""
    return max(1, int(Decimal(text))) if text and text.isdecimal() and len(text) < 10 else 1
