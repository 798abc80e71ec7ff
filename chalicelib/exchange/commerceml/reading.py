"""Where a catalogue's reader is in its file, and what the sender's earlier files taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.catalogue.feed import CatalogueHead
from chalicelib.exchange.commerceml import values
from chalicelib.exchange.commerceml.values import attribute, own_text, text
from chalicelib.exchange.commerceml.xmlstream import Node, Opened

PACKAGES = {"Каталог": "goods", "ПакетПредложений": "offers", "ИзмененияПакетаПредложений": "offers"}


@dataclass(slots=True)
class FeedMemory:
    """What a sender's files teach that later files need; the caller keeps it from file to file.

    `units`: a unit's id or code → its short name (goods may refer to a classifier of an earlier file).
    `currencies`: ISO 4217 → the word that this sender uses for it (`RUB` → `руб`), to be answered in kind.
    """

    units: dict[str, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """Where in the file we are."""

    memory: FeedMemory
    package: Opened | None = None
    headed: bool = False
    ids: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    currencies: dict[str, str | None] = field(default_factory=dict)  # what words of this file mean

    def enter(self, package: Opened) -> None:
        self.package, self.headed = package, False
        self.ids.clear()

    def head(self) -> Iterator[CatalogueHead]:
        """The package's head before its first row: its ids come before its rows in every version.

        Only an explicit `СодержитТолькоИзменения="false"` is a full exchange; to withdraw what is absent because an
        attribute is missing would be worse than to keep it.
        """
        if self.package is None or self.headed:
            return
        self.headed = True
        name = self.package.name
        catalogue = self.ids.get("ИдКаталога") or self.ids.get("Ид", "").strip("#")
        marked = self.package.attributes.get("СодержитТолькоИзменения", "")
        full = values.flag(marked) is False and name != "ИзмененияПакетаПредложений"
        yield CatalogueHead(catalogue_id=catalogue, only_changes=not full, kind=PACKAGES[name])

    def count(self, kind: str, more: int = 1) -> int:
        """Counts as many of a kind as come now; the number of the first of them, from 1."""
        before = self.numbers.get(kind, 0)
        self.numbers[kind] = before + more
        return before + 1


def unit_of(state: State, body: Node) -> tuple[str, str]:
    """(name, code). The element's text is a name, a code or a unit's id; it may be empty beside the attributes."""
    node = body.find("БазоваяЕдиница")
    if node is None:
        return "", text(body, "КодЕдиницыИзмерения")
    shown = own_text(node)
    code = attribute(node, "Код")
    if shown and (shown in state.memory.units or (shown.isascii() and shown.isdigit())):
        shown, code = unit_name(state, shown), code or (shown if shown.isdigit() else "")
    if not shown:
        shown = attribute(node, "НаименованиеКраткое") or unit_name(state, code)
    if shown == code:
        shown = attribute(node, "НаименованиеПолное") or shown
    return shown, code


def unit_name(state: State, ref: str) -> str:
    return state.memory.units.get(ref) or values.UNITS.get(ref) or ref


def currency_of(state: State, word: str) -> str | None:
    """What `values.currency` says of the word; the first word for a currency is kept, to be answered in kind."""
    if word in state.currencies:
        return state.currencies[word]
    code = state.currencies[word] = values.currency(word)
    if code is not None and code not in state.memory.currencies:
        state.memory.currencies[code] = word
    return code


def subject_of(body: Node) -> str:
    """How a person may find a row that has no id."""
    return text(body, "Артикул") or text(body, "Наименование")[:100]
