"""A price list as a table, line by line, in constant memory: CSV as the reader's spreadsheet opens it, or XLSX."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from chalicelib.http.formats import number_text
from chalicelib.http.i18n import Translator
from chalicelib.pricelist.model import Format, Line, harmless, places_of, plain_number
from chalicelib.stock.showing import Amount, Shown

_CSV_MARKS = {"ru": (";", ","), "ro": (";", ","), "en": (",", ".")}  # (between cells, decimal)
_LONGEST_CELL = 32_767
_SHEET, _END = "xl/worksheets/sheet1.xml", b"</sheetData>"
_DIMENSION = re.compile(rb"<dimension [^>]*>")  # of the head alone; a sheet needn't say it
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0d-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_MONEY = re.compile(rb'<col min="5"[^>]* style="(\d+)"')  # the number of the price column's format
_COMPRESSION, _ROWS_AT_ONCE = 2, 500
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


def sheet(path: Path, wish: Format, t: Translator, price: str, stock: str) -> AbstractContextManager[Sheet]:
    """A file with its head, to add lines to; whole when it is left. `price` and `stock` name those columns' heads:
    whether prices contain VAT, and as of when the stock is."""
    heads = [t.t(f"pricelist.column.{ {'price': price, 'stock': stock}.get(name, name) }") for name in _COLUMNS]
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
        self._words = _amounts(t)

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
                self._words[line.stock] if isinstance(line.stock, Amount) else self._number(line.stock),
                harmless(line.barcode),
            ]
        )

    def _number(self, value: Decimal | None, places: int = 0) -> str:
        return "" if value is None else plain_number(value, self._mark, places)


class _Xlsx:
    """The workbook is xlsxwriter's, with its head alone; the lines are put into its sheet as they come, straight into
    the archive: cell by cell through the library they would take four times as long.

    Texts are written as texts: nothing in them is a formula or a link.
    """

    def __init__(self, path: Path, t: Translator, heads: list[str]) -> None:
        self._t = t
        self._without_vat = t.t("pricelist.without_vat")
        self._words = _amounts(t)
        with ZipFile(_workbook(t.t("pricelist.title")[:31], heads)) as empty:
            parts = {name: empty.read(name) for name in empty.namelist()}
        before, self._after = _DIMENSION.sub(b"", parts.pop(_SHEET)).split(_END, 1)
        self._money = int(_MONEY.findall(before)[0])
        self._archive = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=_COMPRESSION)
        for name, content in parts.items():
            self._archive.writestr(name, content)
        self._sheet = self._archive.open(_SHEET, "w", force_zip64=True)
        self._sheet.write(before)
        self._row, self._rows = 1, list[str]()

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flush()
        self._sheet.write(_END + self._after)
        self._sheet.close()
        self._archive.close()

    def add(self, line: Line) -> None:
        self._row += 1
        row, price = self._row, ""
        texts: Iterable[str] = (line.article, line.name, line.category, line.unit, line.currency, line.barcode)
        if not _is_plain("".join(texts)):
            texts = map(_safe, texts)
        article, name, category, unit, currency, barcode = texts
        tiers = _text(f"I{row}", _tiers(self._t, line)) if line.tiers else ""
        if line.price is not None:
            vat = _text(f"G{row}", self._without_vat) if line.vat is None else _number(f"G{row}", line.vat)
            price = f'<c r="E{row}" s="{self._money}"><v>{line.price:f}</v></c>{_text(f"F{row}", currency)}{vat}'
        self._rows.append(
            f'<row r="{row}">{_text(f"A{row}", article)}{_text(f"B{row}", name)}{_text(f"C{row}", category)}'
            f"{_text(f'D{row}', unit)}{price}{_number(f'H{row}', line.least)}{tiers}"
            f"{self._stock(f'J{row}', line.stock)}{_text(f'K{row}', barcode)}</row>"
        )
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def _stock(self, place: str, told: Shown) -> str:
        return _text(place, self._words[told]) if isinstance(told, Amount) else _number(place, told)

    def _flush(self) -> None:
        self._sheet.write("".join(self._rows).encode())
        self._rows.clear()


def _workbook(title: str, heads: list[str]) -> BytesIO:
    import xlsxwriter  # costs a cold start more than a CSV takes

    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title)
        head = book.add_format({"bold": True, "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00####"})
        for place, (name, width) in enumerate(_COLUMNS.items()):
            sheet.write_string(0, place, heads[place], head)
            sheet.set_column(place, place, width, money if name == "price" else None)
        sheet.freeze_panes(1, 1)
    return content


def _amounts(t: Translator) -> dict[Amount, str]:
    return {amount: t.t(f"stock.amount.{amount}") for amount in Amount}


def _text(place: str, text: str) -> str:
    """A cell with a text that XML may hold (`_safe`); none for an empty one."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' if text else ""


def _is_plain(text: str) -> bool:
    """Whether `_safe` would leave it as it is: what is printable has no characters that XML has not."""
    is_plain = len(text) <= _LONGEST_CELL and text.isprintable()
    return is_plain and "&" not in text and "<" not in text and ">" not in text and "_x" not in text


def _safe(text: str) -> str:
    """What XML has no characters for is left out, what Excel would read as its own escape for one (`_x0041_`) is
    escaped."""
    return _ESCAPE.sub("_x005F_", escape(_NO_XML.sub("", text[:_LONGEST_CELL])))


def _number(place: str, value: Decimal) -> str:
    return f'<c r="{place}"><v>{value:f}</v></c>'
