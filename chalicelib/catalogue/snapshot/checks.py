"""What a row's texts and numbers must be to be taken."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from chalicelib.catalogue.feed import OfferRow, ProductRow

# Characters. 1C's own limits are 150 for a name and 1024 for a long one; one huge text would slow every later build.
MAX_CODE, MAX_NAME, MAX_VALUE, MAX_DESCRIPTION = 150, 1_024, 10_000, 100_000
_NONE = Decimal(0)
LARGEST = Decimal(10**12)
"""A millionth of it still fits SQLite's 64 bits."""


class Reject(Exception):
    """A row that is not taken: the code of the reason, how a person finds it, and what was wrong."""

    def __init__(self, reason: str, subject: str = "", detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject
        self.detail = detail


def need(text: str, reason: str, subject: str = "") -> None:
    if not text.strip():
        raise Reject(reason, subject)


def fit(subject: str, most: int, *texts: str) -> None:
    for text in texts:
        if len(text) > most:
            raise Reject("text_too_long", subject[:MAX_CODE], text[:MAX_CODE])


def fit_pairs(subject: str, pairs: Iterable[tuple[str, str]]) -> None:
    for pair in pairs:
        fit(subject, MAX_VALUE, *pair)


def fit_offer(product_id: str, row: ProductRow | OfferRow) -> None:
    """What cards and their offers have in common."""
    fit(product_id, MAX_NAME, row.name)
    fit(product_id, MAX_CODE, product_id, row.variant_id or "", row.article, row.barcode, row.unit, row.unit_code)
    fit_pairs(product_id, row.attributes)
    fit_pairs(product_id, row.characteristics)


def scaled(number: Decimal, digits: int, reason: str, subject: str, *, fine: str | None = None) -> int:
    """The number in parts of which ten to the power of `digits` make one; refused if negative, not finite, too large or
    finer than that."""
    if not number.is_finite() or not _NONE <= number < LARGEST:
        raise Reject(reason, subject, str(number))
    parts = number.scaleb(digits)
    whole = parts.to_integral_value()
    if parts != whole:
        raise Reject(fine or reason, subject, str(number))
    return int(whole)
