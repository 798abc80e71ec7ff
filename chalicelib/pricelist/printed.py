"""A price list on paper: A4 with a small picture of each product, category by category."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from types import TracebackType
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from chalicelib.http.formats import Formats, number_text
from chalicelib.http.i18n import Translator
from chalicelib.http.paper import BOLD, INK, LINE, PLAIN, styles
from chalicelib.pricelist.model import Line, places_of
from chalicelib.stock.showing import Amount

Images = Callable[[str], bytes | None]
"""The picture of a product by the name that its goods give it, as a file that Pillow reads; None without one."""
_LEFT, _RIGHT = 14 * mm, A4[0] - 14 * mm
_TOP, _BOTTOM = A4[1] - 16 * mm, 18 * mm
_PICTURE = 14 * mm
_NAME, _STOCK, _UNIT, _PRICE = _LEFT + 18 * mm, 148 * mm, 151 * mm, _RIGHT
_NAME_WIDTH = 100 * mm
_SHORTEST_ROW = 16 * mm
_PADDING = 1 * mm


class Paper:
    """Pages in the order of the lines; whole when it is left. `title` stands on the first page and in each foot.
    `heads` = what the columns `name`, `stock`, `unit` and `price` are called."""

    def __init__(self, path: Path, t: Translator, title: str, heads: Mapping[str, str], images: Images) -> None:
        self._t, self._title, self._heads, self._images = t, title, heads, images
        self._styles = styles()
        self._canvas = Canvas(str(path), pagesize=A4, invariant=1, lang=t.locale)
        self._canvas.setTitle(title)
        self._category, self._page = "", 1
        self._canvas.setFillColor(INK)
        self._canvas.setFont(BOLD, 14)
        self._canvas.drawString(_LEFT, _TOP - 4 * mm, title)
        self._at = self._head(_TOP - 10 * mm)

    def __enter__(self) -> Paper:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._foot()
            self._canvas.save()

    def add(self, line: Line) -> None:
        about = Paragraph(_about(line, self._t), self._styles["text"])
        _, text_height = about.wrap(_NAME_WIDTH, _TOP)
        height = max(_SHORTEST_ROW, text_height + 2 * _PADDING)
        begins = line.category if line.category != self._category else ""
        if self._at - height - (9 * mm if begins else 0) < _BOTTOM:
            self._turn()
        if begins:
            self._begin(begins)
        self._draw(line, about, text_height, height)
        self._at -= height

    def _draw(self, line: Line, about: Paragraph, text_height: float, height: float) -> None:
        canvas, bottom = self._canvas, self._at - height
        content = self._images(line.picture) if line.picture else None
        if content is not None:
            lower = bottom + (height - _PICTURE) / 2
            shown = ImageReader(BytesIO(content))
            canvas.drawImage(shown, _LEFT, lower, _PICTURE, _PICTURE, preserveAspectRatio=True, mask="auto")
        about.drawOn(canvas, _NAME, bottom + (height - text_height) / 2)
        middle = bottom + height / 2 - 3
        canvas.setFont(PLAIN, 8.5)
        canvas.drawRightString(_STOCK, middle, self._stock(line))
        canvas.drawString(_UNIT, middle, line.unit[:8])
        canvas.setFont(BOLD, 8.5)
        canvas.drawRightString(_PRICE, middle, self._price(line))
        self._rule(bottom, 0.3)

    def _stock(self, line: Line) -> str:
        if isinstance(line.stock, Amount):
            return self._t.t(f"stock.amount.{line.stock}")
        return number_text(line.stock, self._t.locale)

    def _price(self, line: Line) -> str:
        if line.price is None:
            return self._t.t("pricing.on_request")
        return Formats(self._t.locale, "UTC").money(line.price, line.currency)

    def _begin(self, category: str) -> None:
        self._category = category
        self._canvas.setFont(BOLD, 10)
        self._canvas.drawString(_LEFT, self._at - 6 * mm, category)
        self._at -= 9 * mm
        self._rule(self._at, 0.3)

    def _head(self, at: float) -> float:
        """The names of the columns; where rows begin below them."""
        canvas = self._canvas
        canvas.setFont(PLAIN, 7.5)
        canvas.drawString(_NAME, at - 3 * mm, self._heads["name"])
        canvas.drawRightString(_STOCK, at - 3 * mm, self._heads["stock"])
        canvas.drawString(_UNIT, at - 3 * mm, self._heads["unit"])
        canvas.drawRightString(_PRICE, at - 3 * mm, self._heads["price"])
        below: float = at - 5 * mm
        self._rule(below, 0.8)
        return below

    def _rule(self, at: float, width: float) -> None:
        self._canvas.setStrokeColor(INK if width > 0.5 else LINE)
        self._canvas.setLineWidth(width)
        self._canvas.line(_LEFT, at, _RIGHT, at)

    def _turn(self) -> None:
        self._foot()
        self._canvas.showPage()
        self._page += 1
        self._canvas.setFillColor(INK)
        self._at = self._head(_TOP)

    def _foot(self) -> None:
        self._canvas.setFont(PLAIN, 7)
        self._canvas.drawString(_LEFT, 10 * mm, self._title)
        self._canvas.drawRightString(_RIGHT, 10 * mm, self._t.t("pricelist.page", number=self._page))


def _about(line: Line, t: Translator) -> str:
    """The name, the article below it, and what larger quantities cost."""
    places = places_of(line)
    tiers = (
        t.t("pricelist.tier", quantity=least, price=number_text(price, t.locale, places=places))
        for least, price in line.tiers
    )
    small = " · ".join(filter(None, (line.article, *tiers)))
    return escape(line.name) + (f'<br/><font size="7.5">{escape(small)}</font>' if small else "")
