"""The rows that were not taken, as a spreadsheet: as they came, with the reason beside them, to be mended and uploaded
again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from chalicelib.goods.model import BadRow
from chalicelib.kernel.sheets.cells import SheetRow

_SAFE = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_LONGEST_CELL = 32_767


def write_rejected(
    path: Path,
    sheet: Iterable[SheetRow],
    head: int,
    bad: Mapping[int, BadRow],
    said: Callable[[BadRow], str],
    titles: tuple[str, str],
) -> None:
    """`said` words a reason; `titles` head the two columns that are added, of the row's number and of the reason."""
    import xlsxwriter  # the worker needs it, and only when something was wrong

    with xlsxwriter.Workbook(str(path), _SAFE) as book:
        page = book.add_worksheet()
        bold = book.add_format({"bold": True, "bottom": 1})
        page.freeze_panes(1, 0)
        width, line = 0, 0
        for row in sheet:
            if row.number == head:
                width = len(row.cells)
                for place, text in enumerate((*row.cells, *titles)):
                    page.write_string(0, place, text[:_LONGEST_CELL], bold)
            elif row.number in bad:
                line += 1
                for place, text in enumerate(row.cells[:width]):
                    page.write_string(line, place, text[:_LONGEST_CELL])
                page.write_number(line, width, row.number)
                page.write_string(line, width + 1, said(bad[row.number]))
