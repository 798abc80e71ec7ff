"""A list as a spreadsheet: one sheet, sums as numbers, days as dates; a text that begins with `=` stays a text.

Imported where it is needed only: the library costs a cold start more than most pages do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import xlsxwriter

from chalicelib.kernel.sheets.cells import SheetRow

_PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "dd.mm.yyyy",
}
_IN_CONSTANT_MEMORY = {"constant_memory": True, **_PLAIN}
_LONGEST_CELL = 32_767
Value = str | date | Decimal | int | None


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column's head, its width in characters, and whether its numbers are sums of money."""

    title: str
    width: int
    is_money: bool = False


Columns = Sequence[SheetColumn]
Rows = Iterable[Sequence[Value]]
"""They have a value for each column; None leaves the cell empty."""


def xlsx(title: str, columns: Columns, rows: Rows, *, note: str = "") -> bytes:
    """The `note`, if any, stands below the rows."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **_PLAIN}) as book:
        _fill(book, title, columns, rows, note)
    return content.getvalue()


def write_xlsx(path: Path, title: str, columns: Columns, rows: Rows) -> None:
    """However many rows there are, no more than one is in memory."""
    with xlsxwriter.Workbook(str(path), _IN_CONSTANT_MEMORY) as book:
        _fill(book, title, columns, rows, "")


def _fill(book: xlsxwriter.Workbook, title: str, columns: Columns, rows: Rows, note: str) -> None:
    sheet = book.add_worksheet(title[:31])
    head = book.add_format({"bold": True, "bottom": 1})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, money if column.is_money else None)
        sheet.write_string(0, place, column.title, head)
    number = 0
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            _write(sheet, number, place, value)
    if note:
        sheet.write_string(number + 2, 0, note, book.add_format({"italic": True}))


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, place: int, value: Value) -> None:
    if isinstance(value, str):
        sheet.write_string(row, place, value[:_LONGEST_CELL])
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value)
    elif value is not None:
        sheet.write_number(row, place, value)


def write_rejected(
    path: Path, sheet: Iterable[SheetRow], head: int, said: Mapping[int, str], titles: tuple[str, str]
) -> None:
    """The rows that were not taken of an uploaded file, as they came, to be mended and uploaded again. `said`: the
    reason by the row's number, which both stand in two more columns under `titles`; `head` = the row of the names."""
    width, line = 0, 0
    with xlsxwriter.Workbook(str(path), _IN_CONSTANT_MEMORY) as book:
        page = book.add_worksheet()
        bold = book.add_format({"bold": True, "bottom": 1})
        for row in sheet:
            if row.number != head and row.number not in said:
                continue
            width = width if line else len(row.cells)
            style = bold if row.number == head else None
            for place, text in enumerate(row.cells[:width]):
                page.write_string(line, place, text[:_LONGEST_CELL], style)
            if row.number == head:
                page.freeze_panes(1, 0)
                page.write_string(line, width, titles[0], bold)
                page.write_string(line, width + 1, titles[1], bold)
            else:
                page.write_number(line, width, row.number)
                page.write_string(line, width + 1, said[row.number])
            line += 1
