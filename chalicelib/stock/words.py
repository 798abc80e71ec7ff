"""Stock as a reader is told of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.stock.showing import Amount, Expected, Shown


def stock_text(t: Translator, fmt: Formats, told: Shown, unit: str) -> str:
    """`5 шт`, or the word that stands for it."""
    if isinstance(told, Amount):
        return t.t(f"stock.amount.{told}")
    return f"{fmt.quantity(max(told, Decimal(0)))} {unit}".strip()


def day_text(fmt: Formats, day: date, today: date) -> str:
    """`5 декабря`; with its year, where that is not plain."""
    return fmt.day_month(day) if day.year == today.year else fmt.date(day)


def coming_text(t: Translator, fmt: Formats, told: Expected, unit: str, today: date) -> str:
    """`в пути 20 шт, 5 декабря`, or without the quantity."""
    day = day_text(fmt, told.due, today)
    if told.quantity is None:
        return t.t("stock.coming_some", day=day)
    return t.t("stock.coming", quantity=stock_text(t, fmt, told.quantity, unit), day=day)
