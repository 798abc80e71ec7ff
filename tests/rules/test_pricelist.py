"""Price lists as files: what is safe to open, what programs read, when a file is made anew."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import fromstring
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http.i18n import LOCALES, translator
from chalicelib.kernel.job import LONGEST, JobState
from chalicelib.pricelist.model import (
    FRESH,
    Format,
    Line,
    PriceList,
    Wish,
    harmless,
    plain_number,
)
from chalicelib.pricelist.sheets import sheet

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
D = Decimal
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINE = Line(
    article="ОК-1300",
    name='Окно ПВХ; 1300×1400 "белое"',
    category="Окна / ПВХ",
    unit="шт",
    price=D("1250.5"),
    currency="RUB",
    vat=D(22),
    least=D(1),
    tiers=((D(10), D("1200")), (D("100.5"), D("1100.25"))),
    stock=D("-2.5"),
    barcode="4600000000001",
)
LIST = PriceList(
    party_id="p", contract_id="c", wish=Wish(format=Format.CSV, locale="ru"), run="1", asked=NOW, touched=NOW
)


def written(folder: Path, locale: str, *lines: Line, form: Format = Format.CSV) -> Path:
    path = folder / f"list.{form}"
    with sheet(path, form, translator(locale), "price_with_vat", "stock") as into:
        for one in lines:
            into.add(one)
    return path


def read(path: Path, between: str) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8")
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"), "Excel takes a file without the mark for windows-1251"
    return list(csv.reader(text[1:].splitlines(keepends=True), delimiter=between))


@given(st.text())
def test_no_text_of_a_cell_begins_a_formula_and_nothing_is_lost(text: str) -> None:
    cell = harmless(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert cell in (text, "'" + text)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), st.sampled_from(LOCALES))
def test_a_csv_has_one_row_a_line_whatever_names_contain(
    tmp_path_factory: pytest.TempPathFactory, name: str, locale: str
) -> None:
    path = written(tmp_path_factory.mktemp("csv"), locale, LINE._replace(name=name), LINE)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter="," if locale == "en" else ";"))
    assert [len(row) for row in rows] == [11] * 3
    assert rows[1][1] == harmless(name)


def test_a_russian_csv_is_what_a_russian_excel_opens_by_a_double_click(tmp_path: Path) -> None:
    heads, row = read(written(tmp_path, "ru", LINE), ";")
    assert heads[:7] == ["Артикул", "Наименование", "Категория", "Ед.", "Цена с НДС", "Валюта", "НДС, %"]
    assert row == [
        "ОК-1300", "Окно ПВХ; 1300×1400 \"белое\"", "Окна / ПВХ", "шт", "1250,50", "RUB", "22", "1",
        "от 10: 1\N{NARROW NO-BREAK SPACE}200,00; от 100,5: 1\N{NARROW NO-BREAK SPACE}100,25", "-2,5", "4600000000001",
    ]  # fmt: skip


def test_an_english_csv_has_commas_between_cells_and_points_in_numbers(tmp_path: Path) -> None:
    row = read(written(tmp_path, "en", LINE), ",")[1]
    assert (row[4], row[9]) == ("1250.50", "-2.5")


def test_a_line_on_request_has_no_price_and_one_without_vat_says_so(tmp_path: Path) -> None:
    on_request = LINE._replace(price=None, currency="", vat=None, tiers=())
    rows = read(written(tmp_path, "ru", on_request, LINE._replace(vat=None)), ";")
    assert rows[1][4:7] == ["", "", ""]
    assert rows[2][4:7] == ["1250,50", "RUB", "без НДС"]


def test_nothing_in_an_xlsx_is_a_formula_and_prices_are_numbers(tmp_path: Path) -> None:
    evil = LINE._replace(name='=HYPERLINK("http://evil.example")', article="http://evil.example")
    with ZipFile(written(tmp_path, "ru", evil, form=Format.XLSX)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in book.namelist() if "rels" in name and "sheet" in name], "no links"
        formats = book.read("xl/styles.xml").decode()
    assert "<f>" not in cells
    price = re.search(r'<c r="E2" s="(\d+)"><v>1250.5</v></c>', cells)
    assert price
    cell_formats = re.findall(r"<xf [^>]*>", formats.partition("<cellXfs")[2])
    assert "applyNumberFormat" in cell_formats[int(price.group(1))]
    assert "=HYPERLINK(" in cells


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_a_number_is_read_back_exactly(value: Decimal) -> None:
    assert D(plain_number(value, ",", 2).replace(",", ".")) == value


@given(st.text(max_size=40))
def test_an_xlsx_is_well_formed_whatever_names_contain(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = written(tmp_path_factory.mktemp("xlsx"), "ru", LINE._replace(name=name, article="_x0041_"), form=Format.XLSX)
    with ZipFile(path) as book:
        sheet_xml = fromstring(book.read("xl/worksheets/sheet1.xml"))
    texts = {cell.get("r"): "".join(cell.itertext()) for cell in sheet_xml.iter(f"{_SHEET}c")}
    assert texts["A2"] == "_x005F_x0041_", "Excel shows it as it was"
    expected = re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "", name)
    assert texts.get("B2", "").replace("_x005F_", "_") == expected.replace("_x005F_", "_")


def test_a_file_is_fresh_for_a_quarter_of_an_hour_after_it_was_asked_for() -> None:
    ready = replace(LIST, state=JobState.DONE)
    assert ready.is_fresh(NOW + FRESH - timedelta(seconds=1))
    assert not ready.is_fresh(NOW + FRESH)
    assert not LIST.is_fresh(NOW)


def test_a_worker_that_fell_silent_no_longer_keeps_others_from_asking() -> None:
    assert LIST.is_alive(NOW + LONGEST - timedelta(seconds=1))
    assert not LIST.is_alive(NOW + LONGEST)
    assert replace(LIST, state=JobState.WORKING, touched=NOW + LONGEST).is_alive(NOW + LONGEST)
    assert not replace(LIST, state=JobState.FAILED).is_alive(NOW)
