"""A catalogue file → rows of `chalicelib.catalogue.feed`, in the file's order.

What a file is, is decided by its structure, never by its name or version (protocol §9). A row that cannot be taken
becomes a RejectedRow with its number and reason and the rest survives; a file that is no readable XML raises Invalid
(see `xmlstream.read_parts`), possibly after rows: whoever applies them does so after the last one.

A RejectedRow of kind `value` belongs to a row that was taken without that value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from chalicelib.catalogue.feed import FeedRow
from chalicelib.exchange.commerceml import classifier, goods
from chalicelib.exchange.commerceml.reading import PACKAGES, FeedMemory, State
from chalicelib.exchange.commerceml.values import own_text
from chalicelib.exchange.commerceml.xmlstream import Closed, Element, Limits, Node, Opened, Part, read_parts

_HEADS = frozenset({"Ид", "ИдКаталога"})


def read_catalogue(
    chunks: Iterable[bytes], memory: FeedMemory | None = None, limits: Limits | None = None
) -> Iterator[FeedRow]:
    """Rows of the file; `memory` is read and added to."""
    return rows_of(read_parts(chunks, limits), memory)


def rows_of(parts: Iterable[Part], memory: FeedMemory | None = None) -> Iterator[FeedRow]:
    """As `read_catalogue`, of a file's parts."""
    state = State(memory or FeedMemory())
    for part in parts:
        if isinstance(part, Element):
            reader = _READERS.get((part.container, part.name))
            if reader is not None:
                yield from state.head()
                yield from reader(state, part.body)
            elif part.container in PACKAGES and part.name in _HEADS:
                state.ids[part.name] = own_text(part.body)
        elif isinstance(part, Opened):
            if part.name in PACKAGES:
                state.enter(part)
        elif isinstance(part, Closed) and part.name in PACKAGES:
            yield from state.head()
            state.package = None


_Reader = Callable[[State, Node], Iterable[FeedRow]]
_READERS: dict[tuple[str, str], _Reader] = {
    ("Товары", "Товар"): goods.read_product,
    ("Предложения", "Предложение"): goods.read_offer,
    ("Группы", "Группа"): classifier.read_category,
    ("Свойства", "Свойство"): classifier.read_property,
    ("Классификатор", "Категории"): classifier.read_product_kinds,
    ("ТипыЦен", "ТипЦены"): classifier.read_price_type,
    ("Склады", "Склад"): classifier.read_warehouse,
    ("ЕдиницыИзмерения", "ЕдиницаИзмерения"): classifier.read_unit_definition,
}
