"""Quick order: pasted rows of "article quantity" (domain §5.7). Pure rules.

No row is ever dropped silently: each becomes a quantity of a SKU or a complaint with the row's number and reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.http.formats import parse_decimal
from chalicelib.kernel.money import quantity as exact_quantity

MAX_ROWS = 1_000
MAX_QUANTITY = Decimal(1_000_000)
# ОКЕИ codes of units that don't divide: piece, pair, set, package, packing, roll, box.
_WHOLE_UNITS = frozenset({"796", "715", "839", "778", "728", "736", "812"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedRow:
    """One row as it was pasted; `number` counts from 1, empty rows included, as an editor shows it."""

    number: int
    article: str
    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that could not be taken; its text is `ordering.bad_row.<reason>`."""

    number: int
    article: str
    quantity: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a pasted text makes: quantities by SKU in the order of their first row, and every row that was bad."""

    quantities: Mapping[str, Decimal]
    bad: tuple[BadRow, ...]


def rows_of(text: str) -> tuple[PastedRow, ...]:
    """The rows that are not empty. Columns are parted by a tab, a semicolon, or else spaces.

    The first column is the article, the last filled one the quantity: what lies between (a name, a price list's
    columns) is passed over. With spaces the article may contain some itself: `AB 100 5` is five of `AB 100`.
    """
    rows = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line.strip():
            article, quantity = _columns(line.replace("\ufeff", ""))
            rows.append(PastedRow(number=number, article=article, quantity=quantity))
    return tuple(rows)


def _columns(line: str) -> tuple[str, str]:
    for mark in ("\t", ";"):
        if mark in line:
            cells = [cell.strip().strip('"') for cell in line.split(mark)]
            filled = [cell for cell in cells[1:] if cell]
            return cells[0], filled[-1] if filled else ""
    words = line.split()
    return (" ".join(words[:-1]), words[-1]) if len(words) > 1 else (words[0], "")


def number_of(text: str) -> Decimal | None:
    """A quantity as people type it, `2,5` and `1 200` too; None for what is no number."""
    try:
        return parse_decimal(text)
    except ValueError:
        return None


def quantity_problem(quantity: Decimal | None, unit_code: str) -> str | None:
    """Why this quantity cannot be ordered, as a reason's code; None if it can."""
    if quantity is None:
        return "not_a_number"
    if quantity <= 0:
        return "not_positive"
    if quantity > MAX_QUANTITY:
        return "too_much"
    try:
        exact_quantity(quantity)
    except ValueError:
        return "too_fine"
    if unit_code in _WHOLE_UNITS and quantity != quantity.to_integral_value():
        return "not_whole"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the catalogue answers for an article: its SKUs (several = ambiguous), and of a single one the unit's code
    and whether this dealer has a price for it at a quantity."""

    skus: tuple[str, ...]
    unit_code: str = ""


def resolved(rows: Sequence[PastedRow], found: Mapping[str, Found], priced: frozenset[str]) -> Pasted:
    """Rows with what the catalogue found for their articles; `priced` = SKUs that the dealer has a price for.

    Rows of one SKU are added up, however its article was written; the sum is not looked at here.
    """
    quantities: dict[str, Decimal] = {}
    bad = []
    for row in rows:
        answer = found.get(row.article, Found(skus=()))
        number = number_of(row.quantity)
        reason = _problem(row, answer, number, priced)
        if reason is None and number is not None:
            (sku,) = answer.skus
            quantities[sku] = quantities.get(sku, Decimal(0)) + number
        else:
            bad.append(
                BadRow(number=row.number, article=row.article, quantity=row.quantity, reason=reason or "not_a_number")
            )
    return Pasted(quantities=quantities, bad=tuple(bad))


def _problem(row: PastedRow, answer: Found, number: Decimal | None, priced: frozenset[str]) -> str | None:
    if not row.article:
        return "no_article"
    if not answer.skus:
        return "unknown"
    if len(answer.skus) > 1:
        return "ambiguous"
    if not row.quantity:
        return "no_quantity"
    return quantity_problem(number, answer.unit_code) or ("no_price" if answer.skus[0] not in priced else None)
