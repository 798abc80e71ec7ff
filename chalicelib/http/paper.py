"""What printed pages share: a font that has Cyrillic and Romanian letters, its styles, and two colours.

The font is a part of DejaVu Sans (fonts/LICENSE.txt): Latin, Cyrillic, punctuation and currency signs. Only doors and
workers that print import this: reportlab takes longer to load than most pages to be made.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "Kontor", "Kontor-Bold"
INK, LINE = HexColor("#17202b"), HexColor("#c3ccd6")
_FONTS = Path(__file__).parent / "fonts"


@cache
def styles() -> dict[str, ParagraphStyle]:
    """By what the text is: `text`, `small`, `right`, `bold`, `sum`, `title`. The fonts are known from then on."""
    pdfmetrics.registerFont(TTFont(PLAIN, _FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, _FONTS / "DejaVuSans-Bold.ttf"))
    base = ParagraphStyle("text", fontName=PLAIN, fontSize=8.5, leading=11.5, textColor=INK)
    return {
        "text": base,
        "small": ParagraphStyle("small", base, fontSize=7.5, leading=10),
        "right": ParagraphStyle("right", base, alignment=TA_RIGHT),
        "bold": ParagraphStyle("bold", base, fontName=BOLD),
        "sum": ParagraphStyle("sum", base, fontName=BOLD, alignment=TA_RIGHT),
        "title": ParagraphStyle("title", base, fontName=BOLD, fontSize=14, leading=18, spaceAfter=4),
    }
