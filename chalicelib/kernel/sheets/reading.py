"""Rows of a spreadsheet that somebody uploads: XLSX, ODS or CSV, told apart by content and not by name.

    for row in rows_of(file):
        row.number, row.cells     # 2, ("A-1", "Window", "19.99")

Nothing is unpacked onto a disk, and what an archive claims is checked before the first byte is unpacked: two megabytes
may hold half a gigabyte, and a cell may claim to be in column XFD.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from chalicelib.kernel.archive import Archive, ArchiveLimits
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets import ods, text, xlsx
from chalicelib.kernel.sheets.cells import MAX_CHARACTERS, MAX_ROWS, SheetRow

_LIMITS = ArchiveLimits(entries=2_000, total_bytes=1_200_000_000, entry_bytes=800_000_000, ratio=400)
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def rows_of(file: BinaryIO) -> Iterator[SheetRow]:
    """Rows with anything in them, in the file's order; the reader of the first few pays for little more than those.

    Invalid: "sheet_old_excel", "sheet_unknown" (an archive of another kind), "sheet_empty", "sheet_too_long" beyond
    200,000 rows, "sheet_too_wide", "sheet_too_big", "sheet_cell_too_long", "sheet_damaged", and those of `Archive`.
    """
    rows = characters = 0
    for row in _opened(file):
        rows += 1
        characters += sum(map(len, row.cells))
        if characters > MAX_CHARACTERS:
            raise Invalid("sheet_too_big")
        if rows > MAX_ROWS:
            raise Invalid("sheet_too_long", limit=MAX_ROWS)
        yield row
    if not rows:
        raise Invalid("sheet_empty")


def _opened(file: BinaryIO) -> Iterator[SheetRow]:
    file.seek(0)
    start = file.read(4)
    if start == _OLD_EXCEL:
        raise Invalid("sheet_old_excel")
    if start != _ZIP:
        return text.rows(file)
    archive = Archive(file, _LIMITS)
    names = {entry.name for entry in archive.entries}
    if xlsx.BOOK in names:
        return xlsx.rows(archive)
    if ods.CONTENT in names:
        return ods.rows(archive)
    raise Invalid("sheet_unknown")
