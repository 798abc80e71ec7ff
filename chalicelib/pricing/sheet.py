"""Rows of a spreadsheet → rows of a price list, each taken or named with its reason. Pure rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Protocol

from chalicelib.catalogue.model import Match
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.kernel.sheets import columns
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.kernel.sheets.columns import SKIP
from chalicelib.pricing.lists import ListRow
from chalicelib.pricing.rows import wrong_of

COLUMNS = ("article", "barcode", "price", "least", "unit", "coefficient")
OFFERED = (SKIP, *COLUMNS)
"""What a column may mean."""
_UNNAMED = ("article", "price")
_OF_GOODS, _OF_PRICE = ("article", "barcode"), ("price", "coefficient", "least", "unit")
_ZERO, _ONE = Decimal(0), Decimal(1)
_CHUNK = 500
_LONGEST = 120
_HEADS = {
    "article": ("артикул", "article", "sku", "articol", "код", "code", "cod"),
    "barcode": ("штрихкод", "штрих-код", "barcode", "ean", "cod de bare"),
    "price": ("цена", "price", "preț", "pret"),
    "least": ("от количества", "минимум", "мин", "мин. количество", "количество от", "from quantity", "minimum",
              "min. quantity", "de la cantitatea", "cantitate minimă"),
    "unit": ("единица", "ед. изм", "ед", "упаковка", "unit", "pack", "unitate", "ambalaj"),
    "coefficient": ("коэффициент", "в упаковке", "coefficient", "in a pack", "coeficient", "în ambalaj"),
}  # fmt: skip
_WORDS = {word: column for column, words in _HEADS.items() for word in words}
_CURRENCY = re.compile(r"\s*(?:₽|руб\.?|р\.|rub|lei|лей|mdl|ron|€|eur|\$|usd)$", re.IGNORECASE)
"""What Excel and 1C write behind an amount; the list says its currency."""
_UNIT_OF_A_HEAD = re.compile(r"[,(\[].*")


class Known(Protocol):
    """What is known of goods: the SKUs that articles and barcodes may mean, and the units that prices are for."""

    def by_article(self, texts: Sequence[str]) -> Sequence[Match]: ...
    def units(self, skus: Sequence[str]) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was not taken; its text is `pricing.bad.<reason>` with `detail`."""

    number: int
    article: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the columns are: their place (0 = A) by name. `head`: the number of the row that names them, 0 = none."""

    head: int
    places: Mapping[str, int]

    def cells(self, row: SheetRow, columns: Sequence[str]) -> list[str]:
        """What a row has in some columns; nothing in those that the file has not."""
        cells, behind = row.cells, len(row.cells)
        places = [self.places.get(column, behind) for column in columns]
        return [cells[place] if place < behind else "" for place in places]


def head_of(first: Sequence[SheetRow]) -> int:
    """The number of the row that names the columns; 0 where the rows begin with an article and a price."""
    number = columns.head_row(first, lambda text: _meaning(text) != SKIP)
    names = next((row.cells for row in first if row.number == number), ())
    if problem(guessed(names)) and first and len(first[0].cells) > 1 and _number(first[0].cells[1]) is not None:
        return 0
    return number


def guessed(heads: Sequence[str]) -> tuple[str, ...]:
    """What each column seems to mean, each meaning once; without names the article stands first, the price second."""
    if not any(heads):
        return (*_UNNAMED, *(SKIP for _ in heads))[: len(heads)]
    meanings: list[str] = []
    for head in heads:
        meaning = _meaning(head)
        meanings.append(SKIP if meaning in meanings else meaning)
    return tuple(meanings)


def _meaning(head: str) -> str:
    return _WORDS.get(_UNIT_OF_A_HEAD.sub("", head.casefold()).strip(" .:*"), SKIP)


def problem(meanings: Sequence[str]) -> str | None:
    """Why a file cannot be read so, as a code; None if it can."""
    named = [one for one in meanings if one != SKIP]
    if len(named) != len(set(named)):
        return "price_columns_twice"
    return None if "price" in named and ("article" in named or "barcode" in named) else "price_columns"


def layout_of(head: int, meanings: Sequence[str]) -> Layout:
    return Layout(head=head, places={one: place for place, one in enumerate(meanings) if one != SKIP})


class Taking:
    """Takes rows one after another. `rows`: what was taken, by SKU, unit and minimum; `bad`: the others, by number;
    `read`: how many there were. Without `goods`, before the first catalogue, no article is known."""

    def __init__(self, layout: Layout, goods: Known | None, tell: Callable[[int], None] = lambda _read: None) -> None:
        self._layout = layout
        self._goods = goods
        self._tell = tell
        self._came: dict[tuple[str, str, Decimal], int] = {}  # the number of the row that was taken
        self.rows: dict[tuple[str, str, Decimal], ListRow] = {}
        self.bad: dict[int, BadRow] = {}
        self.read = 0

    def take(self, sheet: Iterable[SheetRow]) -> None:
        below = (row for row in sheet if row.number > self._layout.head)
        while some := list(islice(below, _CHUNK)):
            asked = [self._asked(row) for row in some]
            meant = self._meant(asked)
            units = self._units(meant)
            for row, text in zip(some, asked, strict=True):
                wrong = self._wrong(row, text, meant.get(text, ()), units)
                if wrong:
                    self.bad[row.number] = BadRow(
                        number=row.number, article=text[:_LONGEST], reason=wrong[0], detail=wrong[1][:_LONGEST]
                    )
            self.read += len(some)
            self._tell(self.read)

    def _asked(self, row: SheetRow) -> str:
        article, barcode = self._layout.cells(row, _OF_GOODS)
        return article or barcode

    def _meant(self, asked: Sequence[str]) -> dict[str, Sequence[str]]:
        """SKUs by the article or barcode that means them."""
        if self._goods is None:
            return {}
        return {match.asked: match.skus for match in self._goods.by_article(list(dict.fromkeys(filter(None, asked))))}

    def _units(self, meant: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
        """The goods' own units by SKU; none if no row says another one."""
        if self._goods is None or "unit" not in self._layout.places:
            return {}
        return self._goods.units([sku for skus in meant.values() for sku in skus])

    def _wrong(
        self, row: SheetRow, asked: str, skus: Sequence[str], units: Mapping[str, str]
    ) -> tuple[str, str] | None:
        """Takes the row, or says the first reason why not."""
        if not asked:
            return "no_article", ""
        if not skus:
            return "unknown_article", ""
        if len(skus) > 1:
            return "ambiguous_article", str(len(skus))
        return self._taken(row, skus[0], units.get(skus[0], ""))

    def _taken(self, row: SheetRow, sku: str, own_unit: str) -> tuple[str, str] | None:
        price, coefficient, least, unit = self._layout.cells(row, _OF_PRICE)
        amount = _number(price)
        if amount is None:
            amount = _number(_CURRENCY.sub("", price))
        pack = _number(coefficient) if coefficient else _ONE
        minimum = _number(least) if least else _ZERO
        if amount is None:
            return "bad_price" if price else "no_price", price
        if pack is None:
            return "bad_coefficient", coefficient
        if minimum is None:
            return "bad_least", least
        made = ListRow(
            sku=sku,
            amount=amount,
            unit=unit[:_LONGEST] if unit and unit.casefold() != own_unit.casefold() else "",
            coefficient=pack,
            min_quantity=minimum,
        )
        wrong = wrong_of(made)
        if wrong:
            return wrong, {"bad_price": price, "bad_least": least}.get(wrong, coefficient)
        if made.unit and not coefficient:
            return "no_coefficient", unit
        key = (made.sku, made.unit, made.min_quantity)
        before = self.rows.get(key)
        if before is not None and before != made:
            return "price_twice", str(self._came[key])
        self.rows[key] = made
        self._came.setdefault(key, row.number)
        return None


def _number(text: str) -> Decimal | None:
    try:
        return parse_decimal(text)
    except ValueError:
        return None
