"""Numbers as people type them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_MINUS = "\N{MINUS SIGN}"
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009']+")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_SIMPLE = re.compile(r"[0-9]{1,20}(?:[.,][0-9]{1,9})?")
"""What nearly all of a file's numbers are, and what no rule below would change."""
_GROUPED_BY_COMMA = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d*")
_GROUPED_BY_POINT = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d*")


def whole(text: str, most: int = 999_999_999) -> int | None:
    """A number of digits alone, from 0 to `most`; None for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if number <= most else None


def parse_decimal(text: str) -> Decimal:
    """A number as people type or paste it: `1 234,50`, `1234.5`, `1.234,50`, `1,234.50`, `−5`.

    A single comma or point is the decimal mark (`1,500` is one and a half). Raises ValueError for anything else,
    also for exponents, infinities and more than 30 characters.
    """
    if _SIMPLE.fullmatch(text):
        return Decimal(text.replace(",", "."))
    plain = _SPACES.sub("", text.replace(_MINUS, "-"))
    if _GROUPED_BY_COMMA.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _GROUPED_BY_POINT.fullmatch(plain):
        plain = plain.replace(".", "")
    plain = plain.replace(",", ".")
    if len(plain) > 30 or not plain.isascii() or not _PLAIN_NUMBER.fullmatch(plain):
        raise ValueError(f"not a number: {text[:40]!r}")
    try:
        return Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {text[:40]!r}") from error
