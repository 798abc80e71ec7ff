"""Stock as a reader is told of it."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.stock.showing import Amount, Shown


def stock_text(t: Translator, fmt: Formats, told: Shown, unit: str) -> str:
    """`5 шт`, or the word that stands for it."""
    if isinstance(told, Amount):
        return t.t(f"stock.amount.{told}")
    return f"{fmt.quantity(max(told, Decimal(0)))} {unit}".strip()
