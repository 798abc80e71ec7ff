"""Drawings of the demo catalogue's goods: an archive of PNG files, as its 1C would send them, and outlines that people
add by hand."""

from __future__ import annotations

import io
import re
import zipfile

from PIL import Image, ImageDraw, ImageFont

from tools.demo_catalogue import Sku, picture_names, skus

_SIDE = 800
_GLASS, _EDGE, _METAL = "#cfe4f0", "#59626c", "#9aa3ad"
_COLOURS = {
    "бел": "#f4f4f1", "дуб": "#b98a4b", "золот": "#c08f3f", "антрацит": "#454b52", "орех": "#7a5230",
    "венге": "#43302a", "графит": "#555a60", "сер": "#b9bdc0", "бронз": "#8c6a3f", "титан": "#8f9499",
    "хром": "#c3c9ce", "чёрн": "#26282b", "мрамор": "#e3e0dc", "корич": "#6b4a35", "покраск": "#e9e5dc",
}  # fmt: skip


def archive() -> bytes:
    """All drawings under the names that the goods give them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as into:
        for sku in skus():
            for view, name in enumerate(picture_names(sku)):
                into.writestr(name, _drawn(sku, view))
    return out.getvalue()


def drawing(article: str) -> bytes:
    """The outline of a product with its millimetres, as a person would add it."""
    sku = next(one for one in skus() if one.article == article)
    wide, high = (int(n) for n in re.findall(r"(\d+)×(\d+)", sku.size)[0])
    image = Image.new("RGB", (_SIDE, _SIDE), "white")
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = (one * 3 // 4 + 100 for one in _box(wide, high))
    draw.rectangle((left, top, right, bottom), outline=_EDGE, width=4)
    draw.line((left, bottom + 50, right, bottom + 50), fill=_EDGE, width=2)
    draw.line((left - 50, top, left - 50, bottom), fill=_EDGE, width=2)
    for x, y in ((left, bottom + 50), (right, bottom + 50), (left - 50, top), (left - 50, bottom)):
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=_EDGE)
    font = ImageFont.load_default(34)
    draw.text(((left + right) // 2, bottom + 84), f"{wide}", fill=_EDGE, font=font, anchor="mm")
    draw.text((left - 104, (top + bottom) // 2), f"{high}", fill=_EDGE, font=font, anchor="mm")
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _drawn(sku: Sku, view: int) -> bytes:
    image = Image.new("RGB", (_SIDE, _SIDE), "white")
    draw = ImageDraw.Draw(image)
    colour = next((shade for word, shade in _COLOURS.items() if word in sku.colour), "#dfe3e6")
    wide, high = (int(n) for n in re.findall(r"(\d+)×(\d+)", sku.size)[0]) if "×" in sku.size else (0, 0)
    if sku.line.category.startswith(("Окна", "Москитные")):
        _window(
            draw, colour, wide or 900, high or 1300, leaves=3 if "трёх" in sku.name else 2 if "дву" in sku.name else 1
        )
    elif sku.line.category.startswith("Двери"):
        _door(draw, colour, wide or 800, high or 2000, glazed="балкон" in sku.name)
    elif sku.line.category in ("Подоконники", "Отливы"):
        draw.polygon([(90, 470), (240, 330), (730, 330), (580, 470)], fill=colour, outline=_EDGE, width=4)
        draw.polygon([(90, 470), (580, 470), (580, 505), (90, 505)], fill=colour, outline=_EDGE, width=4)
        draw.polygon([(580, 470), (730, 330), (730, 365), (580, 505)], fill=_METAL, outline=_EDGE, width=4)
    else:
        draw.rounded_rectangle((350, 190, 450, 610), 46, fill=colour, outline=_EDGE, width=5)
        draw.rounded_rectangle((400, 280, 680, 340), 28, fill=colour, outline=_EDGE, width=5)
        draw.ellipse((380, 480, 420, 520), fill=_EDGE)
    if view:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return _png(image)


def _box(wide: int, high: int) -> tuple[int, int, int, int]:
    """Where a thing of such millimetres stands in the middle of the sheet."""
    scale = 680 / max(wide, high)
    w, h = wide * scale / 2, high * scale / 2
    return int(400 - w), int(400 - h), int(400 + w), int(400 + h)


def _window(draw: ImageDraw.ImageDraw, colour: str, wide: int, high: int, leaves: int) -> None:
    left, top, right, bottom = _box(wide, high)
    draw.rectangle((left, top, right, bottom), fill=colour, outline=_EDGE, width=5)
    step = (right - left) // leaves
    for leaf in range(leaves):
        at = left + leaf * step
        draw.rectangle((at + 26, top + 26, at + step - 26, bottom - 26), fill=colour, outline=_EDGE, width=4)
        draw.rectangle((at + 56, top + 56, at + step - 56, bottom - 56), fill=_GLASS, outline=_EDGE, width=3)
        draw.rounded_rectangle((at + 34, 370, at + 48, 440), 7, fill=_METAL, outline=_EDGE, width=2)


def _door(draw: ImageDraw.ImageDraw, colour: str, wide: int, high: int, *, glazed: bool) -> None:
    left, top, right, bottom = _box(wide, high)
    draw.rectangle((left, top, right, bottom), fill=colour, outline=_EDGE, width=5)
    middle = (top + bottom) // 2
    for upper, lower in ((top + 40, middle - 20), (middle + 60, bottom - 40)):
        draw.rectangle((left + 40, upper, right - 40, lower), fill=_GLASS if glazed else None, outline=_EDGE, width=4)
    draw.rounded_rectangle((right - 70, middle + 10, right - 18, middle + 28), 8, fill=_METAL, outline=_EDGE, width=3)
