"""Reading spreadsheets that somebody uploads: every kind gives the same rows, and none can fill the memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.sheets.cells import MAX_COLUMNS, number_text
from chalicelib.kernel.sheets.reading import rows_of

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def read(content: bytes) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in rows_of(io.BytesIO(content))]


def written(fill: Callable[[xlsxwriter.worksheet.Worksheet], None]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        fill(book.add_worksheet())
    return content.getvalue()


def packed(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def sheet(body: str, *, strings: str = "") -> bytes:
    """An XLSX file of which only the sheet matters."""
    book = f'<workbook {_MAIN} xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>'
    relations = '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'
    files = {
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations,
        "xl/worksheets/sheet1.xml": body,
    }
    return packed(**files, **({"xl/sharedStrings.xml": strings} if strings else {}))


def worksheet(rows: str) -> str:
    return f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>"


def ods(table: str) -> str:
    spaces = " ".join(f'xmlns:{name}="{_OFFICE}:{name}:1.0"' for name in ("office", "table", "text"))
    return (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{table}"
        "</office:spreadsheet></office:body></office:document-content>"
    )


def test_an_xlsx_file_gives_its_rows_with_texts_numbers_and_row_numbers() -> None:
    def fill(sheet: xlsxwriter.worksheet.Worksheet) -> None:
        sheet.write_row(0, 0, ["Артикул", "Цена", "", "Шт"])
        sheet.write_row(4, 0, ["A-1", 19.99, "", 4607012345678])
        sheet.write_formula(5, 1, "=B5*2", None, "39.98")

    assert read(written(fill)) == [
        (1, ("Артикул", "Цена", "", "Шт")),
        (5, ("A-1", "19.99", "", "4607012345678")),
        (6, ("", "39.98")),
    ]


def test_a_csv_file_is_read_whatever_its_charset_and_its_mark() -> None:
    rows = [(1, ("Артикул", "Имя; длинное", "Цена")), (2, ("A-1", "Окно", "1,5"))]
    for mark in (";", ",", "\t"):
        text = f'Артикул{mark}"Имя; длинное"{mark}Цена\r\nA-1{mark}Окно{mark}"1,5"\r\n'
        for charset in ("utf-8", "utf-8-sig", "cp1251", "utf-16"):
            assert read(text.encode(charset)) == rows, (mark, charset)


def test_a_csv_file_may_name_its_mark_as_excel_does() -> None:
    assert read(b"sep=,\r\na,b;c\r\n") == [(2, ("a", "b;c"))]


def test_a_csv_cell_may_have_line_breaks() -> None:
    assert read(b'a;"one\ntwo"\nb;c\n') == [(1, ("a", "one\ntwo")), (2, ("b", "c"))]


def test_an_ods_file_gives_its_first_table_with_what_is_repeated() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>A-1</text:p></table:table-cell>'
    number = 'office:value-type="float" office:value="19.989999999999998"'
    price = f"<table:table-cell {number}><text:p>20</text:p></table:table-cell>"
    empty = '<table:table-cell table:number-columns-repeated="2"/>'
    table = (
        "<table:table><table:table-column/><table:table-header-rows>"
        f"<table:table-row>{cell}</table:table-row></table:table-header-rows>"
        f'<table:table-row table:number-rows-repeated="2">{cell}{empty}{price}</table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row></table:table>'
        f"<table:table><table:table-column/><table:table-row>{cell}</table:table-row></table:table>"
    )
    both = ("A-1", "", "", "19.99")
    assert read(packed(**{"content.xml": ods(table)})) == [(1, ("A-1",)), (2, both), (3, both)]


def test_the_first_rows_cost_only_what_stands_before_them() -> None:
    rows = "".join(f'<row r="{n}"><c t="inlineStr"><is><t>{n}</t></is></c></row>' for n in range(1, 50_001))
    content = io.BytesIO(sheet(worksheet(rows)))
    found = rows_of(content)
    assert [next(found).number for _ in range(3)] == [1, 2, 3]


def test_formatted_strings_are_read_without_how_they_are_pronounced() -> None:
    strings = f"<sst {_MAIN}><si><r><t>Ок</t></r><r><t>но</t></r><rPh><t>okno</t></rPh></si></sst>"
    assert read(sheet(worksheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'), strings=strings)) == [(1, ("Окно",))]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (sheet(worksheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')), "sheet_too_wide"),
        (sheet(worksheet('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')), "sheet_damaged"),
        (sheet('<!DOCTYPE a [<!ENTITY b "c">]>' + worksheet("")), "sheet_damaged"),
        (sheet("<worksheet><sheetData>" * 30 + "</sheetData></worksheet>" * 30), "sheet_damaged"),
        (sheet(worksheet('<row r="1"><c r="A1"><v>1</v>')), "sheet_damaged"),
        (sheet(worksheet("<row/>")), "sheet_empty"),
        (sheet(worksheet("<row/>" + "<c>" + "x" * 9_000_000 + "</c>")), "zip_bomb"),
        (packed(**{"word/document.xml": "<a/>"}), "sheet_unknown"),
        (b"PK\x03\x04 and nothing more", "zip_damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "sheet_old_excel"),
        (b"", "sheet_empty"),
        (b" ;; \n\n", "sheet_empty"),
        (b";" * MAX_COLUMNS + b"x", "sheet_too_wide"),
        (b"x" * 150_000, "sheet_cell_too_long"),
    ],
)
def test_a_file_that_is_none_or_would_fill_the_memory_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(content)
    assert refusal.value.code == code


def test_a_row_that_is_repeated_a_million_times_is_refused_and_an_empty_one_is_not() -> None:
    again = 'table:number-rows-repeated="1048576"'
    row = f"<table:table-row {again}><table:table-cell>{{}}</table:table-cell></table:table-row>"
    with pytest.raises(Invalid, match="sheet_too_long"):
        read(packed(**{"content.xml": ods(f"<table:table>{row.format('<text:p>x</text:p>')}</table:table>")}))
    with pytest.raises(Invalid, match="sheet_empty"):
        read(packed(**{"content.xml": ods(f"<table:table>{row.format('')}</table:table>")}))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("19.989999999999998", "19.99"),
        ("4.607012345678E12", "4607012345678"),
        ("1E-3", "0.001"),
        ("10", "10"),
        ("10.50", "10.5"),
        ("1e999", "1e999"),
        ("A-1", "A-1"),
    ],
)
def test_a_number_is_read_as_the_spreadsheet_shows_it(raw: str, shown: str) -> None:
    assert number_text(raw) == shown


def test_a_line_of_nothing_but_marks_is_refused_before_it_becomes_cells() -> None:
    with pytest.raises(Invalid, match="sheet_too_big"):
        read(b"a;b\n" + b";" * 3_000_000)


def test_few_bytes_that_stand_for_endless_text_are_refused() -> None:
    cell = f'<table:table-cell table:number-columns-repeated="190"><text:p>{"x" * 30_000}</text:p></table:table-cell>'
    with pytest.raises(Invalid, match="sheet_too_big"):
        for _ in rows_of(io.BytesIO(packed(**{
            "content.xml": ods(f'<table:table-row table:number-rows-repeated="100000">{cell}</table:table-row>')
        }))):  # fmt: skip
            pass


def test_a_text_that_is_nested_without_end_is_read_as_far_as_texts_go() -> None:
    deep = "<r>" * 200 + "<t>deep</t>" + "</r>" * 200
    assert read(sheet(worksheet(f'<row r="1"><c t="inlineStr"><is><t>a</t>{deep}</is></c></row>'))) == [(1, ("a",))]
