"""What the columns of an uploaded file mean: guessed by their heads, chosen by a person, remembered. Pure rules.

A meaning is a text: a plain field (`article`), or a kind with what it is of (`price:<price type>`).
`price`, `stock` and `attribute` without more are something new that the column's head names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.catalogue.model import OWN_ID
from chalicelib.kernel.ids import stable_id
from chalicelib.kernel.sheets import columns
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.kernel.sheets.columns import SKIP, plain

FIELDS = ("id", "article", "name", "category", "brand", "barcode", "unit", "vat", "description")
PRICE, STOCK, ATTRIBUTE = "price", "stock", "attribute"
SEVERAL = (PRICE, STOCK, ATTRIBUTE)
_WORDS = {
    "id": "id ид guid идентификатор код внешнийкод externalid",
    "article": "артикул article sku articol art арт mpn partnumber",
    "name": "наименование название товар номенклатура name product denumire denumirea produs title",
    "category": "категория группа раздел category group categorie grupa grup путь path",
    "brand": "бренд марка производитель brand manufacturer producator producător marca",
    "barcode": "штрихкод штрих-код barcode ean ean13 gtin coddebare",
    "unit": "ед единица едизм единицаизмерения unit uom um unitate unitatedemasura",
    "vat": "ндс ставкандс vat vatrate tva cotatva",
    "description": "описание description descriere текст",
    PRICE: "цена price pret preț прайс стоимость",
    STOCK: "остаток остатки количество наличие stock stoc qty quantity cantitate склад",
}
_OURS = frozenset({"причина", "reason", "motiv", "строка", "row", "rand", "rând"})
"""Columns that our own lists of rejected rows have."""


_BY_WORD = {plain(word): meaning for meaning, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What columns can be of, beside plain fields: names by id."""

    prices: Mapping[str, str]
    places: Mapping[str, str]
    properties: Mapping[str, str]

    def of(self, kind: str) -> Mapping[str, str]:
        return {PRICE: self.prices, STOCK: self.places, ATTRIBUTE: self.properties}[kind]


def head_row(rows: Sequence[SheetRow]) -> int:
    """The number of the row that names the columns."""
    nothing = Choices(prices={}, places={}, properties={})
    return columns.head_row(rows, lambda text: _meaning(text, nothing) != SKIP)


def guessed(heads: Sequence[str], choices: Choices) -> tuple[str, ...]:
    """A meaning for each column. A plain field is given once."""
    meanings: list[str] = []
    for head in heads:
        meaning = _meaning(head, choices)
        meanings.append(SKIP if meaning in FIELDS and meaning in meanings else meaning)
    return tuple(meanings)


def offered(heads: Sequence[str], choices: Choices) -> tuple[tuple[str, ...], ...]:
    """For each column all that it may mean: something new only if its head names it."""
    known = tuple(f"{kind}:{own}" for kind in SEVERAL for own in choices.of(kind))
    return tuple((SKIP, *FIELDS, *(SEVERAL if head else ()), *known) for head in heads)


def _meaning(head: str, choices: Choices) -> str:
    text = plain(head)
    if not text or text in _OURS:
        return SKIP
    if text in _BY_WORD:
        meaning = _BY_WORD[text]
        return meaning if meaning in FIELDS else _only(meaning, choices.of(meaning))
    for kind in SEVERAL:
        for own_id, name in choices.of(kind).items():
            if text == plain(name) or (kind != ATTRIBUTE and text.endswith(plain(name)) and _begins(text, kind)):
                return f"{kind}:{own_id}"
    for kind in (PRICE, STOCK):
        if _begins(text, kind):
            return kind
    return SKIP


def _only(kind: str, known: Mapping[str, str]) -> str:
    """A head that says `Price` and no more names nothing new: the column is of the only price type that there is, or
    else a person says of which. In a new catalogue it makes the first one."""
    if not known:
        return kind
    return f"{kind}:{next(iter(known))}" if len(known) == 1 else SKIP


def _begins(text: str, kind: str) -> bool:
    return any(text.startswith(plain(word)) for word in _WORDS[kind].split())


def own_id(kind: str, *names: str) -> str:
    """The id of what a file names that nobody else does: the same name is the same thing in the next file."""
    return OWN_ID + stable_id(kind, *(" ".join(name.casefold().split()) for name in names))


def free_id(is_taken: Callable[[str], bool], kind: str, *names: str) -> str:
    """The `own_id`, or the next one where that has become something else: what is renamed keeps its id."""
    made, place = own_id(kind, *names), 1
    while is_taken(made):
        place += 1
        made = own_id(kind, *names, str(place))
    return made


def target(meaning: str, head: str) -> tuple[str, str, bool]:
    """(kind, id of what the column is of, whether the column itself makes it)."""
    kind, _, known = meaning.partition(":")
    return kind, known or own_id(kind, head), not known


def problem(columns: Sequence[str]) -> str | None:
    """Why a file cannot be read so, as a code; None if it can."""
    if "id" not in columns and "article" not in columns:
        return "goods_no_key"
    named = [one for one in columns if one and one not in SEVERAL]
    if len(named) != len(set(named)):
        return "goods_twice"
    if not set(columns) - {SKIP, "id", "article"}:
        return "goods_nothing"
    return None
