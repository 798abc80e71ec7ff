"""Rows of a CSV file: UTF-8, UTF-16 or windows-1251; cells apart by a semicolon, a comma or a tab."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import MAX_TEXT, SheetRow, row_of

_MARKS = (";", "\t", ",")
_PIECE, _HEAD = 1 << 20, 20_000
_LONGEST_LINE = 1_000_000  # characters: the reader makes cells of a whole line before anybody can count them


def rows(file: BinaryIO) -> Iterator[SheetRow]:
    charset = _charset(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=charset, errors="replace", newline="")
    try:
        head = text.read(_HEAD)
        text.seek(0)
        named = head[:6].lower()
        if named.startswith("sep=") and len(named) > 4:
            mark = head[4]
            text.readline()
        else:
            mark = _mark(head)
        reader = csv.reader(_lines(text), delimiter=mark)
        csv.field_size_limit(max(csv.field_size_limit(), MAX_TEXT * 2))
        shift = 1 if named.startswith("sep=") else 0
        for number, cells in enumerate(reader, 1 + shift):
            row = row_of(number, cells)
            if row is not None:
                yield row
    except csv.Error as wrong:
        raise Invalid("sheet_damaged") from wrong
    finally:
        text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise Invalid("sheet_too_big")
        yield line


def _charset(file: BinaryIO) -> str:
    """By its mark; without one UTF-8 if all of it is, else what Excel writes in Russia."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8-sig"


def _mark(head: str) -> str:
    """What parts cells: the mark of which the first lines have most outside of quotes."""
    plain = "".join(head.split('"')[::2])
    lines = plain.split("\n")[:20]
    return max(_MARKS, key=lambda mark: sum(line.count(mark) for line in lines))
