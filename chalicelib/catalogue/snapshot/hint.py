"""Help with a typed text: what it may be going to be, and what may have been meant where it finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

from chalicelib.catalogue.model import Category
from chalicelib.catalogue.snapshot import spelling
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.find import text_sources, typed_terms
from chalicelib.catalogue.snapshot.text import forms_keys, normal_code, query_tokens, respelled, tokens

_PRODUCTS = 7
_CATEGORIES = 3
_LOOKED_AT = 200
_SHORTEST = 2
_MOST_MEANT = 3
_MOST_TRIED = 25
_ABOVE_ALL = "\U0010ffff"

prepare = spelling.prepare


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """A category with its name's words, and with what other forms of these are known by."""

    category: Category
    words: tuple[str, ...]
    keys: frozenset[str]


def products(db: Connection, text: str) -> list[int]:
    """Numbers of a few listed SKUs: an article or barcode that is or begins so, a piece of one, words of the name.

    They are looked for in this order until there are enough, and of each kind only among the first found: a letter
    that half of the catalogue has costs no more than a long word.
    """
    if len(normal_code(text)) < _SHORTEST:
        return []
    (exact, *others), values = text_sources(text)
    values["above"] = normal_code(text) + _ABOVE_ALL
    found: dict[int, None] = {}
    for source in (exact, "SELECT sku_no FROM code WHERE normal >= :code AND normal < :above", *others):
        first = f"SELECT sku_no FROM ({source}) LIMIT {_LOOKED_AT}"
        rows = db.execute(f"SELECT sku_no FROM item WHERE sku_no IN ({first}) ORDER BY by_name", values)
        found.update((number, None) for (number,) in rows)
        if len(found) >= _PRODUCTS:
            break
    return list(found)[:_PRODUCTS]


def category_words(categories: Sequence[Category]) -> tuple[CategoryWords, ...]:
    return tuple(
        CategoryWords(category, tuple(found), frozenset().union(*map(forms_keys, found)))
        for category in categories
        for found in [tokens(category.name)]
    )


def categories(among: Sequence[CategoryWords], text: str) -> tuple[Category, ...]:
    """A few categories whose names have every typed word, in any form, or begin one with the last: the largest."""
    typed = query_tokens(text)
    if sum(map(len, typed)) < _SHORTEST:
        return ()
    begun, keys = typed[-1], [forms_keys(token) for token in typed]
    found = [
        one.category
        for one in among
        if all(key & one.keys for key in keys[:-1])
        and (keys[-1] & one.keys or any(word.startswith(begun) for word in one.words))
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.name, one.id))[:_CATEGORIES])


def meant(db: Connection, text: str) -> tuple[str, ...]:
    """Texts with other words in place of those that nothing has, likeliest first; each of them finds something.

    Nothing if every word is known by itself, or one that is not is near no other.
    """
    typed = query_tokens(text)
    unknown = [
        token
        for token, term in zip(typed, typed_terms(text), strict=True)
        if not token.isdigit() and not _any(db, "SELECT 1 FROM words WHERE words MATCH :term", {"term": term})
    ]
    options = [spelling.nearest(db, token) for token in unknown]
    if not unknown or not all(options):
        return ()
    tried = (respelled(text, dict(zip(unknown, words, strict=True))) for words in product(*options))
    return tuple(islice((one for one in islice(tried, _MOST_TRIED) if _finds(db, one)), _MOST_MEANT))


def _finds(db: Connection, text: str) -> bool:
    sources, values = text_sources(text)
    return any(_any(db, source, values) for source in sources)


def _any(db: Connection, statement: str, values: dict[str, object]) -> bool:
    return db.execute(f"{statement} LIMIT 1", values).fetchone() is not None
