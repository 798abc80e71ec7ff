"""A price's explanation in the reader's words: `pricing.explain` keeps codes and plain values, this shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.pricing.discounts import Verdict

_NUMBER = r"-?\d+(?:\.\d+)?"
_SUM = re.compile(rf"(.*?)({_NUMBER}) ([A-Z]{{3}})", re.DOTALL)
_FIRST = re.compile(_NUMBER)
_RATE = re.compile(rf"1 ([A-Z]{{3}}) = ({_NUMBER}) ([A-Z]{{3}})(?:, (\d{{4}}-\d\d-\d\d))?")
_KEY = "pricing.why."


def sentences(t: Translator, fmt: Formats, steps: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """One sentence a step; steps that this version has no words for are left out."""
    return tuple(t.t(key, value=_shown(fmt, key, value)) for key, value in steps if t.has(key))


def _shown(fmt: Formats, key: str, value: str) -> str:
    """`30417.96 RUB`, `2.5 (уп)` and `1 EUR = 98.5 RUB` as the reader writes them; names stay as they are."""
    show = _WAYS.get(key.removeprefix(_KEY))
    return show(fmt, value) if show else value


def _sum(fmt: Formats, value: str) -> str:
    found = _SUM.fullmatch(value)
    return found[1] + fmt.money(Decimal(found[2]), found[3]) if found else value


def _number(fmt: Formats, value: str) -> str:
    found = _FIRST.match(value)
    return fmt.quantity(Decimal(found[0])) + value[found.end() :] if found else value


def _percent(fmt: Formats, value: str) -> str:
    found = _FIRST.match(value)
    return fmt.percent(Decimal(found[0])) + value[found.end() :] if found else value


def _rate(fmt: Formats, value: str) -> str:
    found = _RATE.fullmatch(value)
    if not found:
        return value
    of_day = f", {fmt.date(date.fromisoformat(found[4]))}" if found[4] else ""
    one = fmt.quantity(Decimal(1))
    return f"{one} {fmt.currency(found[1])} = {fmt.quantity(Decimal(found[2]))} {fmt.currency(found[3])}{of_day}"


_WAYS: Mapping[str, Callable[[Formats, str], str]] = {
    **dict.fromkeys(("listed", "rounded", "base", "step", "surcharge", "least_margin", "most_margin"), _sum),
    **dict.fromkeys(("pack", "tier", "with_vat", "vat_on_top", "factor"), _number),
    **dict.fromkeys((f"discount_{verdict}" for verdict in Verdict), _percent),
    **dict.fromkeys(("rate", "rate_of_contract"), _rate),
}
