"""Rows of a spreadsheet → rows of a price list, each taken or named with its reason. Pure rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.pricing.lists import ListRow
from chalicelib.pricing.rows import wrong_of

COLUMNS = ("article", "barcode", "price", "least", "unit", "coefficient")
HEAD_WITHIN = 20
"""Among the first so many rows the one that names the columns is looked for."""
_CHUNK = 500
_LONGEST = 120
_HEADS = {
    "article": ("артикул", "article", "sku", "articol", "код", "code", "cod"),
    "barcode": ("штрихкод", "штрих-код", "barcode", "ean", "cod de bare"),
    "price": ("цена", "price", "preț", "pret"),
    "least": ("от количества", "минимум", "мин. количество", "количество от", "from quantity", "minimum",
              "min. quantity", "de la cantitatea", "cantitate minimă"),
    "unit": ("единица", "ед. изм", "ед", "упаковка", "unit", "pack", "unitate", "ambalaj"),
    "coefficient": ("коэффициент", "в упаковке", "coefficient", "in a pack", "coeficient", "în ambalaj"),
}  # fmt: skip
_WORDS = {word: column for column, words in _HEADS.items() for word in words}
_UNIT_OF_A_HEAD = re.compile(r"[,(\[].*")


@dataclass(frozen=True, slots=True)
class Goods:
    """A SKU that an article or barcode may mean, and the unit that its prices are for."""

    sku: str
    unit: str


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

    def cell(self, row: SheetRow, column: str) -> str:
        place = self.places.get(column)
        return row.cells[place] if place is not None and place < len(row.cells) else ""


Find = Callable[[Sequence[str]], Mapping[str, Sequence[Goods]]]
"""For articles and barcodes what the catalogue has under each."""


def layout_of(first: Sequence[SheetRow]) -> Layout:
    """By the names of the columns; without any, the article stands first and the price second.

    Invalid("price_columns") if there is neither.
    """
    for row in first[:HEAD_WITHIN]:
        places: dict[str, int] = {}
        for place, text in enumerate(row.cells):
            column = _WORDS.get(_UNIT_OF_A_HEAD.sub("", text.casefold()).strip(" .:*"))
            if column:
                places.setdefault(column, place)
        if "price" in places and ("article" in places or "barcode" in places):
            return Layout(head=row.number, places=places)
    if first and len(first[0].cells) > 1 and _number(first[0].cells[1]) is not None:
        return Layout(head=0, places={"article": 0, "price": 1})
    raise Invalid("price_columns")


class Taking:
    """Takes rows one after another. `rows`: what was taken, by SKU, unit and minimum; `bad`: the others, by number;
    `read`: how many there were."""

    def __init__(self, layout: Layout, find: Find, tell: Callable[[int], None] = lambda _read: None) -> None:
        self._layout = layout
        self._find = find
        self._tell = tell
        self._came: dict[tuple[str, str, Decimal], int] = {}  # the number of the row that was taken
        self.rows: dict[tuple[str, str, Decimal], ListRow] = {}
        self.bad: dict[int, BadRow] = {}
        self.read = 0

    def take(self, sheet: Iterable[SheetRow]) -> None:
        below = (row for row in sheet if row.number > self._layout.head)
        while some := list(islice(below, _CHUNK)):
            known = self._find(list(dict.fromkeys(filter(None, (self._asked(row) for row in some)))))
            for row in some:
                for reason, detail in self._wrong(row, known.get(self._asked(row), ())):
                    self.bad[row.number] = BadRow(
                        number=row.number, article=self._asked(row)[:_LONGEST], reason=reason, detail=detail[:_LONGEST]
                    )
            self.read += len(some)
            self._tell(self.read)

    def _asked(self, row: SheetRow) -> str:
        return self._layout.cell(row, "article") or self._layout.cell(row, "barcode")

    def _wrong(self, row: SheetRow, goods: Sequence[Goods]) -> Iterator[tuple[str, str]]:
        """Takes the row, or says the first reason why not."""
        if not self._asked(row):
            yield "no_article", ""
        elif not goods:
            yield "unknown_article", ""
        elif len(goods) > 1:
            yield "ambiguous_article", str(len(goods))
        else:
            yield from self._taken(row, goods[0])

    def _taken(self, row: SheetRow, goods: Goods) -> Iterator[tuple[str, str]]:
        numbers = {}
        for column, otherwise in (("price", ""), ("coefficient", "1"), ("least", "0")):
            text = self._layout.cell(row, column)
            number = _number(text or otherwise)
            if number is None:
                yield (f"no_{column}" if not text else f"bad_{column}"), text
                return
            numbers[column] = number
        unit = self._layout.cell(row, "unit")
        made = ListRow(
            sku=goods.sku,
            amount=numbers["price"],
            unit="" if unit.casefold() == goods.unit.casefold() else unit[:_LONGEST],
            coefficient=numbers["coefficient"],
            min_quantity=numbers["least"],
        )
        wrong = wrong_of(made)
        key = (made.sku, made.unit, made.min_quantity)
        if wrong:
            yield wrong, self._layout.cell(row, {"bad_price": "price", "bad_least": "least"}.get(wrong, "coefficient"))
        elif made.unit and not self._layout.cell(row, "coefficient"):
            yield "no_coefficient", unit
        elif key in self.rows and self.rows[key] != made:
            yield "price_twice", str(self._came[key])
        else:
            self.rows[key] = made
            self._came.setdefault(key, row.number)


def _number(text: str) -> Decimal | None:
    try:
        return parse_decimal(text)
    except ValueError:
        return None
