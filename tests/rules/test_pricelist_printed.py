"""A price list on paper: every line once, its picture beside it, categories and columns named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest

from chalicelib.http.i18n import translator
from chalicelib.pictures.making import make
from chalicelib.pictures.model import Size
from chalicelib.pricelist.model import Line
from chalicelib.pricelist.printed import Images, Paper
from chalicelib.stock.showing import Amount
from tests.support.pictures import picture

D = Decimal
HEADS = {"name": "Наименование", "unit": "Ед.", "stock": "Остаток", "price": "Цена с НДС"}
LINE = Line(
    article="ОК-1300",
    name="Окно ПВХ <1300×1400> & \"белое\"",
    category="Окна / ПВХ",
    unit="шт",
    price=D("1250.50"),
    currency="RUB",
    vat=D(22),
    least=D(1),
    tiers=((D(10), D("1200")),),
    stock=D(7),
    barcode="",
)  # fmt: skip


def printed(folder: Path, *lines: Line, images: Images = lambda _: None) -> pypdfium2.PdfDocument:
    path = folder / "list.pdf"
    with Paper(path, translator("ru"), "Прайс-лист 14/2026", HEADS, images) as into:
        for one in lines:
            into.add(one)
    return pypdfium2.PdfDocument(path)


def texts(document: pypdfium2.PdfDocument) -> list[str]:
    plain = [page.get_textpage().get_text_range() for page in document]
    return [text.replace("\r\n", " ").replace("\u202f", " ").replace("\xa0", " ") for text in plain]


def pictures(document: pypdfium2.PdfDocument) -> int:
    return sum(1 for page in document for one in page.get_objects() if isinstance(one, pypdfium2.PdfImage))


def test_a_line_says_what_it_is_what_it_costs_and_what_is_there(tmp_path: Path) -> None:
    on_request = LINE._replace(name="Ручка", category="Ручки", price=None, currency="", tiers=(), stock=Amount.FEW)
    (text,) = texts(printed(tmp_path, LINE, on_request))
    for words in (
        "Прайс-лист 14/2026", *HEADS.values(), "Окна / ПВХ", "Ручки", LINE.name, "ОК-1300 · от 10: 1 200,00",
        "1 250,50 ₽", "7", "шт", "Цена по запросу", translator("ru").t("stock.amount.few"), "Стр. 1",
    ):  # fmt: skip
        assert words in text


def test_every_line_is_printed_once_on_pages_that_all_name_their_columns(tmp_path: Path) -> None:
    names = [f"Товар {n:03d}" for n in range(100)]
    found = texts(printed(tmp_path, *(LINE._replace(name=name) for name in names)))
    assert len(found) > 5
    assert all(HEADS["price"] in text for text in found)
    whole = " ".join(found)
    assert [whole.count(name) for name in names] == [1] * 100
    assert whole.count(LINE.category) == 1


@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_a_picture_stands_beside_its_product_and_a_missing_one_leaves_its_place_empty(
    tmp_path: Path, kind: str
) -> None:
    copy = make(picture(kind)).copies[Size.SMALL]
    lines = (LINE._replace(picture="1.jpg"), LINE._replace(picture="lost.jpg"), LINE)
    assert pictures(printed(tmp_path, *lines, images={"1.jpg": copy}.get)) == 1


def test_a_name_of_many_words_makes_its_row_higher_and_stays_whole(tmp_path: Path) -> None:
    long = " ".join(f"слово{n}" for n in range(120))
    whole = " ".join(texts(printed(tmp_path, LINE._replace(name=long), LINE)))
    assert all(f"слово{n}" in whole for n in range(120))
