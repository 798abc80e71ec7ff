"""Help with a typed text: what it may be going to be, and what may have been meant where it finds nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from chalicelib.catalogue import bits
from chalicelib.catalogue.model import Category
from chalicelib.catalogue.snapshot import spelling
from chalicelib.catalogue.snapshot.find import codes, text_tiers, typed_words, word_tiers
from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.snapshot.sets import MORE, NAME
from chalicelib.catalogue.snapshot.text import forms_keys, fragment_query, normal_code, query_tokens, respelled, tokens

_PRODUCTS = 7
_CATEGORIES = 3
_LOOKED_AT = 200
_SHORTEST = 2
_MOST_MEANT = 3
_MOST_TRIED = 25
_ABOVE_ALL = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """A category with its name's words, and with what other forms of these are known by."""

    category: Category
    words: tuple[str, ...]
    keys: frozenset[str]


def products(index: Index, text: str, seen: int) -> list[int]:
    """Numbers of a few listed SKUs: an article or barcode that is or begins so, a piece of one, words of the name.

    They are looked for in this order until there are enough, and of codes only among the first found: digits that
    half of the catalogue has cost no more than a long article.
    """
    if len(normal_code(text)) < _SHORTEST:
        return []
    found: dict[int, None] = {}
    for some in _sources(index, text):
        found.update(dict.fromkeys(bits.part(some & seen, 0, _PRODUCTS)))
        if len(found) >= _PRODUCTS:
            break
    return index.numbers(list(found)[:_PRODUCTS])


def _sources(index: Index, text: str) -> Iterator[int]:
    code, fragment = normal_code(text), fragment_query(text)
    few = f"LIMIT {_LOOKED_AT}"
    yield codes(index, f"SELECT sku_no FROM code WHERE normal = ? {few}", code)
    begun = f"SELECT sku_no FROM code WHERE normal >= ? AND normal < ? {few}"
    yield codes(index, begun, code, code + _ABOVE_ALL)
    if fragment:
        yield codes(index, f"SELECT rowid FROM fragments WHERE fragments MATCH ? {few}", fragment)
    yield from word_tiers(index, text)


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


def meant(index: Index, text: str, seen: int) -> tuple[str, ...]:
    """Texts with other words in place of those that nothing has, likeliest first; each of them finds something.

    Nothing if every word is known by itself, or one that is not is near no other.
    """

    def used(root: str) -> int:
        return ((index.term(root, NAME) | index.term(root, MORE)) & seen).bit_count()

    unknown = [token for token, _, anywhere in typed_words(index, text) if not token.isdigit() and not anywhere & seen]
    options = [spelling.nearest(index.db, token, used) for token in unknown]
    if not unknown or not all(options):
        return ()
    tried = (respelled(text, dict(zip(unknown, words, strict=True))) for words in product(*options))
    return tuple(islice((one for one in islice(tried, _MOST_TRIED) if _finds(index, one, seen)), _MOST_MEANT))


def _finds(index: Index, text: str, seen: int) -> bool:
    return any(tier & seen for tier in text_tiers(index, text))
