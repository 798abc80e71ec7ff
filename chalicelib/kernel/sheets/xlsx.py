"""Rows of the first visible sheet of an XLSX file. Formulas count as what they came to; formats are not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chalicelib.kernel.archive import Archive
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import SheetRow, number_text, row_of, set_cell
from chalicelib.kernel.sheets.xml import Node, attributes, local, records

BOOK = "xl/workbook.xml"
_RELATIONS, _STRINGS = "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
_MAX_STRINGS, _MAX_STRING_CHARACTERS = 4_000_000, 300_000_000
_COLUMN = re.compile("[A-Z]{1,3}")


def rows(archive: Archive) -> Iterator[SheetRow]:
    strings = _Strings(archive)
    number = 0
    sheet = records(archive.read(_first_sheet(archive)), frozenset({"worksheet", "sheetData"}))
    for node in sheet:
        if local(node) == "row":
            number = int(given) if (given := node.get("r", "")).isdecimal() and len(given) < 8 else number + 1
            row = row_of(number, _cells(node, strings))
            if row is not None:
                yield row


def _first_sheet(archive: Archive) -> str:
    names = {entry.name for entry in archive.entries}
    if _RELATIONS not in names:
        raise Invalid("sheet_damaged")
    targets = {
        found["Id"]: found.get("Target", "")
        for found in map(attributes, records(archive.read(_RELATIONS), frozenset({"Relationships"})))
        if "Id" in found
    }
    sheets = records(archive.read(BOOK), frozenset({"workbook", "sheets"}))
    for found in (attributes(node) for node in sheets if local(node) == "sheet"):
        if found.get("state", "visible") == "visible":
            target = targets.get(found.get("id", ""), "")
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if name in names:
                return name
    raise Invalid("sheet_empty")


def _cells(row: Node, strings: _Strings) -> list[str]:
    cells: list[str] = []
    place = -1
    for cell in row:
        named = cell.get("r", "").rstrip("0123456789")
        place = _column(named) if named else place + 1
        set_cell(cells, place, _text(cell, strings))
    return cells


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    if not _COLUMN.fullmatch(letters):
        raise Invalid("sheet_damaged")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _text(cell: Node, strings: _Strings) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(_words(child) for child in cell if local(child) == "is")
    value = ""
    for child in cell:
        if local(child) == "v":  # beside it there can be a formula, `f`
            value = child.text or ""
    if kind == "s":
        return strings.at(int(value)) if value.isdecimal() and len(value) < 9 else ""
    if kind == "e":  # #N/A and its like
        return ""
    return number_text(value) if kind == "n" and value else value


def _words(node: Node) -> str:
    """The text of a string, whose pieces (`r`) may be formatted apart; how it is pronounced (`rPh`) is left out."""
    if len(node) == 1 and local(node[0]) == "t":
        return node[0].text or ""
    pieces: list[str] = []
    for child in node:
        texts = [child] if local(child) == "t" else [one for one in child if local(one) == "t"]
        if local(child) != "rPh":
            pieces.extend(text.text or "" for text in texts)
    return "".join(pieces)


class _Strings:
    """The file's shared strings, read as far as somebody asked: programs number them in the order of the rows."""

    def __init__(self, archive: Archive) -> None:
        there = any(entry.name == _STRINGS for entry in archive.entries)
        self._rest = records(archive.read(_STRINGS), frozenset({"sst"})) if there else iter(())
        self._read: list[str] = []
        self._characters = 0

    def at(self, place: int) -> str:
        while len(self._read) <= place:
            node = next(self._rest, None)
            if node is None:
                raise Invalid("sheet_damaged")
            text = _words(node)
            self._characters += len(text)
            if len(self._read) >= _MAX_STRINGS or self._characters > _MAX_STRING_CHARACTERS:
                raise Invalid("sheet_too_big")
            self._read.append(text)
        return self._read[place]
