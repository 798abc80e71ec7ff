"""Sentences that pages and mails share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.ordering.cover import Cover
from chalicelib.ordering.lines import LineChange
from chalicelib.ordering.model import OrderLine
from chalicelib.stock.words import day_text


def change_text(t: Translator, fmt: Formats, change: LineChange) -> str:
    """What became of a line between two editions, in a few words."""
    before, after = change.before, change.after
    if before is None:
        assert after is not None
        return t.t("ordering.change.added", line=_title(after), quantity=_quantity(fmt, after))
    if after is None:
        return t.t("ordering.change.removed", line=_title(before))
    if before.quantity != after.quantity:
        was, now = fmt.quantity(before.quantity), _quantity(fmt, after)
        return t.t("ordering.change.quantity", line=_title(after), before=was, now=now)
    return t.t("ordering.change.price", line=_title(after), before=before.price, now=after.price)


def cover_texts(
    t: Translator, fmt: Formats, cover: Cover, unit: str, today: date, *, lead_days: int | None, exact: bool
) -> list[str]:
    """`со склада 3 шт`, `2 шт из поступления 28 ноября`, `4 шт под заказ, ≈ 6 декабря`; without quantities where the
    reader is not told these. Nothing where nothing has to come."""
    if not cover.due:
        return []
    if not exact:
        return _told_in_words(t, fmt, cover, today, lead_days)
    now = [t.t("ordering.cover.now", quantity=_amount(fmt, cover.now, unit))] if cover.now else []
    later = [("ordering.cover.coming", one) for one in cover.coming]
    if cover.on_order:
        later.append(("ordering.cover.on_order", cover.on_order))
    return [
        *now,
        *(t.t(key, quantity=_amount(fmt, one.quantity, unit), day=day_text(fmt, one.due, today)) for key, one in later),
    ]


def _told_in_words(t: Translator, fmt: Formats, cover: Cover, today: date, lead_days: int | None) -> list[str]:
    """Of goods on order only their term: a date would tell when some of them were, and how many there are."""
    out = []
    if cover.coming:
        key = "ordering.cover.rest" if cover.now else "ordering.cover.all"
        out.append(t.t(key, day=day_text(fmt, cover.coming[-1].due, today)))
    if cover.on_order and not cover.now and not cover.coming:
        out.append(lead_text(t, lead_days))
    elif cover.on_order:
        out.append(t.t("ordering.cover.unsure", count=lead_days))
    return out


def lead_text(t: Translator, days: int | None, *, beyond: bool = False) -> str:
    """`под заказ, ~14 дней`, `beyond` what there is: of more than that; empty for goods that are not on order."""
    if days is None:
        return ""
    return t.t("ordering.on_order_beyond" if beyond else "ordering.on_order", count=days)


def lacking_text(t: Translator, fmt: Formats, cover: Cover, *, exact: bool) -> str:
    """`не хватает 2`; empty where it is enough."""
    if not cover.lacking:
        return ""
    return t.t("ordering.lacking", quantity=fmt.quantity(cover.lacking)) if exact else t.t("ordering.cover.short")


def _amount(fmt: Formats, quantity: Decimal, unit: str) -> str:
    return f"{fmt.quantity(quantity)} {unit}".strip()


def _title(line: OrderLine) -> str:
    return line.article or line.name


def _quantity(fmt: Formats, line: OrderLine) -> str:
    return _amount(fmt, line.quantity, line.unit)
