"""A price list written line by line, in constant memory: CSV as the reader's spreadsheet opens it, or XLSX."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from chalicelib.http.formats import number_text
from chalicelib.http.i18n import Translator
from chalicelib.pricelist.model import Format, Line, harmless, places_of, plain_number

_CSV_MARKS = {"ru": (";", ","), "ro": (";", ","), "en": (",", ".")}  # (between cells, decimal)
_LONGEST_CELL = 32_767
_COLUMNS = {
    "article": 18,
    "name": 48,
    "category": 36,
    "unit": 8,
    "price": 12,
    "currency": 8,
    "vat": 10,
    "least": 12,
    "tiers": 30,
    "stock": 12,
    "barcode": 16,
}
"""Name → width in characters. The order is a contract with dealers' programs: new ones come last."""


class Sheet(Protocol):
    def add(self, line: Line) -> None: ...


def sheet(path: Path, wish: Format, t: Translator, price_key: str) -> AbstractContextManager[Sheet]:
    """A file with its head, to add lines to; whole when it is left. `price_key` says whether prices contain VAT."""
    heads = [t.t(price_key if name == "price" else f"pricelist.column.{name}") for name in _COLUMNS]
    return _Csv(path, t, heads) if wish is Format.CSV else _Xlsx(path, t, heads)


def _tiers(t: Translator, line: Line) -> str:
    """`from 10: 95.00; from 100: 90.00`."""
    places = places_of(line)
    return "; ".join(
        t.t("pricelist.tier", quantity=least, price=number_text(price, t.locale, places=places))
        for least, price in line.tiers
    )


class _Csv:
    """UTF-8 with a byte order mark, so that Excel sees the letters; cells set apart as the language's Excel does."""

    def __init__(self, path: Path, t: Translator, heads: list[str]) -> None:
        self._t = t
        between, self._mark = _CSV_MARKS[t.locale]
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._write: Callable[[list[str]], Any] = csv.writer(self._file, delimiter=between).writerow
        self._write(heads)
        self._without_vat = t.t("pricelist.without_vat")

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, line: Line) -> None:
        texts = [harmless(text) for text in (line.article, line.name, line.category, line.unit)]
        self._write(
            [
                *texts,
                self._number(line.price, places_of(line)),
                line.currency,
                self._number(line.vat) or (self._without_vat if line.price is not None else ""),
                self._number(line.least),
                _tiers(self._t, line),
                self._number(line.available),
                harmless(line.barcode),
            ]
        )

    def _number(self, value: Decimal | None, places: int = 0) -> str:
        return "" if value is None else plain_number(value, self._mark, places)


class _Xlsx:
    """Texts are written as texts: nothing in them is a formula or a link."""

    def __init__(self, path: Path, t: Translator, heads: list[str]) -> None:
        import xlsxwriter  # costs a cold start more than a CSV takes

        self._t = t
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book = xlsxwriter.Workbook(path, options)
        self._sheet = self._book.add_worksheet(t.t("pricelist.title")[:31])
        self._money = self._book.add_format({"num_format": "#,##0.00####"})
        head = self._book.add_format({"bold": True, "bottom": 1})
        for place, (title, width) in enumerate(zip(heads, _COLUMNS.values(), strict=True)):
            self._sheet.set_column(place, place, width)
            self._sheet.write_string(0, place, title, head)
        self._sheet.freeze_panes(1, 1)
        self._row = 0
        self._without_vat = t.t("pricelist.without_vat")

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._book.close()

    def add(self, line: Line) -> None:
        self._row += 1
        row, text, number = self._row, self._sheet.write_string, self._sheet.write_number
        for place, value in enumerate((line.article, line.name, line.category, line.unit)):
            text(row, place, value[:_LONGEST_CELL])
        if line.price is not None:
            number(row, 4, line.price, self._money)
            text(row, 5, line.currency)
            if line.vat is None:
                text(row, 6, self._without_vat)
            else:
                number(row, 6, line.vat)
        number(row, 7, line.least)
        text(row, 8, _tiers(self._t, line))
        number(row, 9, line.available)
        text(row, 10, line.barcode)
