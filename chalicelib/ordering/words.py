"""Sentences that pages and mails share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.ordering.cover import Cover
from chalicelib.ordering.lines import LineChange
from chalicelib.ordering.model import Happening, OrderLine
from chalicelib.stock.words import day_text

_DAYS = ("was", "due")
_TELL_HOW_MUCH = frozenset({"arrival_came", "arrival_there", "arrival_again", "arrival_short", "arrival_on_order"})


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


def happening_text(t: Translator, fmt: Formats, one: Happening, today: date, *, exact: bool) -> str:
    """What happened to an order, as its history and mails say it: days among its parameters in the reader's way, and
    without quantities of the stock where the reader is not told these."""
    days = {name: day_text(fmt, date.fromisoformat(one.params[name]), today) for name in _DAYS if name in one.params}
    in_words = "_some" if one.kind in _TELL_HOW_MUCH and not exact else ""
    return t.t(f"ordering.history.{one.kind}{in_words}", **{**one.params, **days})


def cover_texts(
    t: Translator, fmt: Formats, cover: Cover, unit: str, today: date, *, lead_days: int | None, exact: bool
) -> list[str]:
    """`со склада 3 шт`, `2 шт из поступления 28 ноября`, `4 шт под заказ, ≈ 6 декабря`; without quantities where the
    reader is not told these. Nothing where nothing has to come, or to be told of."""
    if not cover.due and not cover.untold:
        return []
    if not exact:
        return _told_in_words(t, fmt, cover, today, lead_days)
    parts = (("now", cover.now), ("untold", cover.untold))
    later = [("coming", one) for one in cover.coming]
    if cover.on_order:
        later.append(("on_order", cover.on_order))
    return [
        *(t.t(f"ordering.cover.{name}", quantity=_amount(fmt, part, unit)) for name, part in parts if part),
        *(
            t.t(f"ordering.cover.{name}", quantity=_amount(fmt, one.quantity, unit), day=day_text(fmt, one.due, today))
            for name, one in later
        ),
    ]


def _told_in_words(t: Translator, fmt: Formats, cover: Cover, today: date, lead_days: int | None) -> list[str]:
    """Of goods on order only their term: a date would tell when some of them were, and how many there are."""
    out = [t.t("ordering.cover.untold_some")] if cover.untold else []
    if cover.coming:
        key = "ordering.cover.rest" if cover.now or cover.untold else "ordering.cover.all"
        out.append(t.t(key, day=day_text(fmt, cover.coming[-1].due, today)))
    if cover.on_order and not (cover.now or cover.untold or cover.coming):
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
