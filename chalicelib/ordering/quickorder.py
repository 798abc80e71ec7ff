"""Quick order: pasted rows of "article quantity" (domain §5.7). Pure rules.

No row is ever dropped silently: each becomes a quantity of a SKU or a complaint with the row's number and reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.kernel.money import quantity as exact_quantity
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.ordering.units import is_unit, unit_fits

MAX_ROWS = 1_000
MAX_QUANTITY = Decimal(1_000_000)
# ОКЕИ codes of units that don't divide: piece, pair, set, package, packing, roll, box.
_WHOLE_UNITS = frozenset({"796", "715", "839", "778", "728", "736", "812"})
_BLANK = " \t\u00a0\u2007\u2009\u202f\ufeff\r\f\v"
_MARKS = frozenset("-–—=:*×xх")  # between an article and its quantity, standing alone
_TIMES = re.compile(r"^[xх×*](?=\d)", re.IGNORECASE)
_WITH_UNIT = re.compile(r"([\d\s.,]+?)\s*([^\W\d].*)")
_GROUP = re.compile(r"[\u00a0\u2007\u2009\u202f]")
_GROUPED = re.compile(r"\d{1,3} \d{3}(?:[.,]\d+)?")
_GROUPED_END = re.compile(r"(?<![\d.,])\d{1,3}(?:[\u00a0\u2007\u2009\u202f]\d{3})+(?:[.,]\d+)?(?=\s*[^\W\d]*\.?\s*$)")
_DIGITS_OF_A_ROW_NUMBER = 4
_DIGITS_OF_A_COUNT = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a row; `unit` is the unit that was written behind the quantity, if any."""

    article: str
    quantity: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedRow:
    """One row; `number` counts from 1, empty rows included, as an editor shows it. `text` is the row untouched.

    `readings` are the ways to understand it, the likeliest first: the catalogue says which article there is.
    """

    number: int
    text: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A product that a row may have meant."""

    sku: str
    article: str
    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that could not be taken; its text is `error.row_<reason>`. `sold_in` is the product's unit, where that is
    what disagrees; `alike` is what the row may have meant."""

    number: int
    text: str
    article: str
    quantity: str
    reason: str
    unit: str = ""
    sold_in: str = ""
    skus: tuple[str, ...] = ()
    alike: tuple[Alike, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What a pasted text makes: quantities by SKU in the order of their first row, and every row that was bad."""

    quantities: Mapping[str, Decimal]
    bad: tuple[BadRow, ...]


def rows_of(text: str) -> tuple[PastedRow, ...]:
    """The rows that are not empty. Columns are parted by a tab, a semicolon, or else spaces.

    The first column is the article, the last filled one the quantity: what lies between (a name, a price list's
    columns) is passed over. With spaces the article may contain some itself: `AB 100 5` is five of `AB 100`. A unit
    behind the quantity (`2 шт`) belongs to it.
    """
    rows = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line.strip(_BLANK):
            rows.append(PastedRow(number=number, text=line, readings=_readings(line.strip(_BLANK))))
    return tuple(rows)


def articles(rows: Sequence[PastedRow]) -> list[str]:
    """Everything in the rows that may be an article: what the catalogue is asked for."""
    found = (reading.article for row in rows for reading in row.readings)
    return list(dict.fromkeys(article for article in found if article))


def _readings(line: str) -> tuple[Reading, ...]:
    for mark in ("\t", ";"):
        if mark in line:
            return _of_cells([cell.strip(_BLANK).strip('"') for cell in line.split(mark)])
    return _of_words(_GROUPED_END.sub(lambda found: _GROUP.sub("", found[0]), line).split())


def _of_cells(cells: list[str]) -> tuple[Reading, ...]:
    first, rest = cells[0], [cell for cell in cells[1:] if cell]
    plain = Reading(first, *_quantity_in(rest))
    if not first.isdecimal() or len(first) > _DIGITS_OF_A_ROW_NUMBER or len(rest) < 2:
        return (plain,)
    numbered = Reading(rest[0], *_quantity_in(rest[1:]))  # the list has its own numbers in front
    return (numbered, plain) if any(letter.isdecimal() for letter in rest[0]) else (plain, numbered)


def _quantity_in(cells: list[str]) -> tuple[str, str]:
    """The quantity among a row's cells, and its unit: beside a unit's cell if there is one, else the last cell."""
    for place in range(1, len(cells)):
        if is_unit(cells[place]) and number_of(cells[place - 1]) is not None:
            return cells[place - 1], cells[place]
    return _parted(cells[-1]) if cells else ("", "")


def _of_words(words: list[str]) -> tuple[Reading, ...]:
    if len(words) == 1:
        return (Reading(words[0], ""),)
    unit = ""
    if len(words) > 2 and is_unit(words[-1]):
        prefix = 1 if is_unit(words[-2] + words[-1]) and not is_unit(words[-2]) else 0  # `пог. м`, `кв. м`
        if number_of(words[-2 - prefix]) is not None:
            unit = " ".join(words[-1 - prefix :])
            words = words[: -1 - prefix]
    quantity, glued = _parted(words[-1])
    unit = unit or glued
    before = words[:-1]
    if len(before) > 1 and before[-1] in _MARKS:
        before = before[:-1]
    readings = [Reading(" ".join(before), quantity, unit)]
    if number_of(quantity) is None and number_of(words[0]) is not None and len(words[0]) <= _DIGITS_OF_A_COUNT:
        rest = words[2:] if len(words) > 2 and is_unit(words[1]) else words[1:]
        written = words[1] if len(rest) < len(words) - 1 else ""
        readings.insert(0, Reading(" ".join(rest), words[0], written))  # the quantity is in front
    elif len(before) > 1 and _GROUPED.fullmatch(f"{before[-1]} {quantity}"):
        readings.append(Reading(" ".join(before[:-1]), before[-1] + quantity, unit))  # `A-1 1 200`
    return tuple(readings)


def _parted(text: str) -> tuple[str, str]:
    """A quantity and the unit that is written together with it: `2,5м`, `x5`."""
    found = _WITH_UNIT.fullmatch(_TIMES.sub("", text))
    if found and is_unit(found[2]) and number_of(found[1]) is not None:
        return found[1].strip(), found[2]
    return _TIMES.sub("", text), ""


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
    """What the catalogue answers for an article: its SKUs (several = ambiguous), and of a single one its unit."""

    skus: tuple[str, ...]
    unit_code: str = ""
    unit: str = ""


_NOTHING = Found(skus=())


def resolved(
    rows: Sequence[PastedRow],
    found: Mapping[str, Found],
    priced: frozenset[str],
    picked: Mapping[int, Found] | None = None,
) -> Pasted:
    """Rows with what the catalogue found for their articles; `priced` = SKUs that the dealer has a price for,
    `picked` = what a person chose for a row, by its number.

    Rows of one SKU are added up, however its article was written; the sum is not looked at here.
    """
    quantities: dict[str, Decimal] = {}
    bad = []
    for row in rows:
        reading = _chosen(row, found)
        answer = (picked or {}).get(row.number) or found.get(reading.article, _NOTHING)
        number = number_of(reading.quantity)
        reason = _problem(reading, answer, number, priced, chosen=row.number in (picked or {}))
        if reason is None and number is not None:
            (sku,) = answer.skus
            quantities[sku] = quantities.get(sku, Decimal(0)) + number
        else:
            bad.append(_bad(row, reading, answer, reason or "not_a_number"))
    return Pasted(quantities=quantities, bad=tuple(bad))


def _chosen(row: PastedRow, found: Mapping[str, Found]) -> Reading:
    """The likeliest reading whose article there is; else the likeliest."""
    known = (reading for reading in row.readings if found.get(reading.article, _NOTHING).skus)
    return next(known, row.readings[0])


def _bad(row: PastedRow, reading: Reading, answer: Found, reason: str) -> BadRow:
    return BadRow(
        number=row.number,
        text=row.text,
        article=reading.article,
        quantity=reading.quantity,
        reason=reason,
        unit=reading.unit,
        sold_in=answer.unit,
        skus=answer.skus,
    )


def _problem(
    reading: Reading, answer: Found, number: Decimal | None, priced: frozenset[str], *, chosen: bool
) -> str | None:
    if not reading.article and not chosen:
        return "no_article"
    if not answer.skus:
        return "unknown"
    if len(answer.skus) > 1:
        return "ambiguous"
    if not reading.quantity:
        return "no_quantity"
    if not unit_fits(reading.unit, answer.unit, answer.unit_code):
        return "other_unit"
    return quantity_problem(number, answer.unit_code) or ("no_price" if answer.skus[0] not in priced else None)
