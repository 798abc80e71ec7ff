"""Rows of the first sheet of an ODS file. A row or a cell that is there many times over is read as often, if it says
anything at all."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kernel.archive import Archive
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import MAX_COLUMNS, MAX_ROWS, SheetRow, number_text, row_of, set_cell, small_count
from chalicelib.kernel.sheets.xml import Node, attributes, local, records

CONTENT = "content.xml"
_TABLE = "table"
_CONTAINERS = frozenset(
    {"document-content", "body", "spreadsheet", _TABLE, "table-rows", "table-header-rows", "table-row-group"}
)
_NUMBERS = frozenset({"float", "percentage", "currency"})


def rows(archive: Archive) -> Iterator[SheetRow]:
    number = 0
    for node in records(archive.read(CONTENT), _CONTAINERS):
        kind = local(node)
        if number and kind == "table-column":  # the next table begins with its columns
            return
        if kind == "table-row":
            again = small_count(attributes(node).get("number-rows-repeated"))
            row = row_of(number + 1, _cells(node))
            if row is not None and again > MAX_ROWS:
                raise Invalid("sheet_too_long", limit=MAX_ROWS)
            if row is not None:
                yield from (SheetRow(number + 1 + place, row.cells) for place in range(again))
            number += again


def _cells(row: Node) -> list[str]:
    cells: list[str] = []
    place = 0
    for cell in row:
        found = attributes(cell)
        again = small_count(found.get("number-columns-repeated"))
        text = _text(cell, found)
        if text:
            for place_now in range(place, min(place + again, MAX_COLUMNS + 1)):
                set_cell(cells, place_now, text)
        place += again
    return cells


def _text(cell: Node, found: dict[str, str]) -> str:
    if found.get("value-type") in _NUMBERS and "value" in found:
        return number_text(found["value"])
    return "\n".join("".join(node.itertext()) for node in cell if local(node) == "p")
