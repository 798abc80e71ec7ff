"""A price's explanation in the reader's words: `pricing.explain` keeps codes and plain values, this shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator

_SUM = re.compile(r"(\d+(?:\.\d+)?) ([A-Z]{3})")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SUMS = frozenset({"pricing.why.listed", "pricing.why.vat_added", "pricing.why.vat_taken_out"})
_NUMBERS = frozenset({"pricing.why.pack", "pricing.why.tier", "pricing.why.with_vat", "pricing.why.vat_on_top"})


def sentences(t: Translator, fmt: Formats, steps: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """One sentence a step; steps that this version has no words for are left out."""
    return tuple(t.t(key, value=_shown(fmt, key, value)) for key, value in steps if t.has(key))


def _shown(fmt: Formats, key: str, value: str) -> str:
    """`30417.96 RUB` and `2.5 (уп)` as the reader writes them; names stay as they are."""
    if key in _SUMS and (found := _SUM.fullmatch(value)):
        return fmt.money(Decimal(found[1]), found[2])
    if key in _NUMBERS and (found := _NUMBER.match(value)):
        return fmt.quantity(Decimal(found[0])) + value[found.end() :]
    return value
