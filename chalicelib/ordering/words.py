"""Sentences that pages and mails share."""

from __future__ import annotations

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.ordering.lines import LineChange
from chalicelib.ordering.model import OrderLine


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


def _title(line: OrderLine) -> str:
    return line.article or line.name


def _quantity(fmt: Formats, line: OrderLine) -> str:
    return f"{fmt.quantity(line.quantity)} {line.unit}".strip()
