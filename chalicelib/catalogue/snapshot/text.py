"""Words for full-text search in Russian, English and Romanian, and the normal form of articles and barcodes.

A word is indexed as its stem and, marked with `~`, as a looser key that also holds forms together which
Snowball keeps apart: fleeting vowels (окно, окон), short Romanian words and vowel changes (ușă, uși; poartă,
porți). Whole words are looked up by either; a word that is still being typed by the beginning of its stem.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_WORD = re.compile(r"[^\W\d_]+")
_DIMENSION = re.compile(r"(\d)\s*[xх×*]\s*(?=\d)")
_CYRILLIC = re.compile("[а-я]")
_FLEETING = re.compile("([бвгджзклмнпрстфхцчшщ])[оеь]([бвгджзклмнпрстфхцчшщ])ь?$")
_ROMANIAN_ENDING = re.compile(
    "(?:alelor|urilor|iilor|elor|ilor|ului|alele|iile|urile|uri|ale|ile|ele|iei|ul|ii|ie|ea|a|e|i|u)$"
)
_MARKS = re.compile(
    "[" + "".join(chr(code) for code in range(0x300, 0x3000) if unicodedata.combining(chr(code))) + "]+"
)
_DIGITS = re.compile(r"(\d+)")
_NOT_ALNUM = re.compile(r"[\W_]+")
_NOT_FOLDED = re.compile("[^\x00-\x7fа-я×]+")  # of text in lower case
_LOOKALIKES = str.maketrans("авекмнорстухё", "abekmhopctyxe")
_CODE_NAMES = frozenset(
    ("артикул", "артикул производителя", "код", "код товара", "штрихкод", "article", "sku", "code", "articol", "cod")
)
_SHORTEST_STEM = 2
_SHORTEST_FRAGMENT = 3
_MAX_TOKENS = 12
_MAX_REMEMBERED = 200_000
_BETWEEN = "\x01"  # no letter, digit, mark or white space: nothing that is done to a text reaches across it
_stemmers: dict[str, Any] = {}


def _stemmer(language: str) -> Any:
    if language not in _stemmers:
        import snowballstemmer  # on first use: a page without a search text does without it

        _stemmers[language] = snowballstemmer.stemmer(language)
    return _stemmers[language]


def folded(text: str) -> str:
    """Lower case without accents and Romanian diacritics, ё as е; й and other letters keep their own shape."""
    plain = text.lower().replace("ё", "е")
    return plain if plain.isascii() else _NOT_FOLDED.sub(_without_marks, plain)


def _without_marks(letters: re.Match[str]) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFD", letters[0]))


def sort_key(text: str) -> str:
    """Alphabetical without case, and `Окно 9` before `Окно 10`."""
    pieces = _DIGITS.split(folded(text))
    pieces[1::2] = [digits.zfill(12) for digits in pieces[1::2]]
    return "".join(pieces)


def tokens(text: str) -> list[str]:
    """Runs of letters and runs of digits, folded; the cross of `1300×1400` is no word."""
    return _TOKEN.findall(_without_crosses(text))


def _without_crosses(text: str) -> str:
    return _DIMENSION.sub(r"\1 ", folded(text))


def sort_keys(texts: Sequence[str]) -> list[str]:
    """`sort_key` of each, in a fraction of the time."""
    return _in_bulk(sort_key, texts)


def tokens_of_each(texts: Sequence[str]) -> list[list[str]]:
    """`tokens` of each, in a fraction of the time."""
    return list(map(_TOKEN.findall, _in_bulk(_without_crosses, texts)))


def normal_codes(texts: Sequence[str]) -> list[str]:
    """`normal_code` of each, in a fraction of the time."""
    return list(map(_alphanumeric, _in_bulk(folded, texts)))


def _in_bulk(change: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    """What `change` makes of each text, by one call for all of them. It must leave what is between them."""
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) >= len(texts):  # one of them has it itself, or there are none
        return list(map(change, texts))
    return change(joined).split(_BETWEEN)


@lru_cache(maxsize=_MAX_REMEMBERED)
def _stem_and_loose(token: str) -> tuple[str, tuple[str, ...]]:
    """The stem of a folded token and its looser keys, without mark and without the stem itself."""
    if token.isdigit():
        return token, ()
    if _CYRILLIC.search(token):
        stem = folded(_stemmer("russian").stemWord(token))
        loose = _FLEETING.sub(r"\1\2", stem) if len(stem) > _SHORTEST_STEM + 1 else stem
        return stem, () if loose == stem else (loose,)
    stem = _stemmer("english").stemWord(token)
    return stem, tuple({_romanian(_stemmer("romanian").stemWord(token)): None, _romanian(_without_ending(token)): None})


def _without_ending(token: str) -> str:
    short = _ROMANIAN_ENDING.sub("", token)
    return short if len(short) >= _SHORTEST_STEM else token


def _romanian(stem: str) -> str:
    return stem.replace("ea", "e").replace("oa", "o")


class _Terms(dict[str, tuple[str, ...]]):
    """Terms of words by their tokens. Numbers, of which a catalogue has no end, are their own and not remembered."""

    def __missing__(self, token: str) -> tuple[str, ...]:
        if token.isdigit():
            return (token,)
        stem, loose = _stem_and_loose(token)
        if len(self) >= _MAX_REMEMBERED:
            self.clear()
        terms = self[token] = (stem, *("~" + key for key in loose))
        return terms


_terms_of = _Terms().__getitem__


def index_tokens(found: Iterable[str]) -> list[str]:
    """The terms for the index of what `tokens` found, each once, in the order of their first occurrence."""
    return list(dict.fromkeys(chain.from_iterable(map(_terms_of, found))))


def stem(token: str) -> str:
    """What a token of `tokens` is indexed as."""
    return _stem_and_loose(token)[0]


def forms_keys(token: str) -> frozenset[str]:
    """What a token's forms have in common: two forms of a word share at least one key."""
    root, loose = _stem_and_loose(token)
    return frozenset((root, *loose))


def spellings(text: str) -> dict[str, str]:
    """The words of a text: as `tokens` has them → as they are written, in lower case. Digits are no words."""
    written = {folded(word): word for word in _WORD.findall(unicodedata.normalize("NFC", text.lower()))}
    return {token: written.get(token, token) for token in tokens(text) if not token.isdigit()}


def respelled(text: str, words: Mapping[str, str]) -> str:
    """A typed text with some of its words (as `tokens` has them) replaced; all else stays as it was typed."""
    return _WORD.sub(lambda word: words.get(folded(word[0]), word[0]), unicodedata.normalize("NFC", text))


def word_terms(token: str, *, unfinished: bool) -> tuple[str, ...]:
    """The terms of the index any of which finds a token of `tokens`; `unfinished` also finds words that it begins: the
    last term then ends with `*`."""
    stem, loose = _stem_and_loose(token)
    keys = (stem,) if token.isdigit() else (stem, *loose)
    terms = list(dict.fromkeys([*keys, *("~" + key for key in keys if not key.isdigit())]))
    if unfinished:
        start = stem if token.startswith(stem) and len(stem) > _SHORTEST_STEM else token
        terms = [term for term in terms if term != start] + [start + "*"]
    return tuple(terms)


def query_tokens(text: str) -> list[str]:
    """The first tokens of what a person typed: enough for any real search, and a bound for its cost."""
    return list(dict.fromkeys(tokens(text)))[:_MAX_TOKENS]


def normal_code(text: str) -> str:
    """An article or barcode as it is compared: letters and digits only, Cyrillic look-alikes as Latin."""
    return _alphanumeric(folded(text))


def _alphanumeric(plain: str) -> str:
    code = plain if plain.isalnum() else _NOT_ALNUM.sub("", plain)
    return code if code.isascii() else code.translate(_LOOKALIKES)


def is_code(name: str) -> bool:
    """Whether an attribute of this name holds an article or another code: `Артикул`, `Код`, `Код товара`, `SKU`…"""
    return folded(name).strip() in _CODE_NAMES


def fragment_query(text: str) -> str | None:
    """The FTS5 expression for a piece of an article or barcode; None when it is too short for one."""
    normal = normal_code(text)
    return f'"{normal}"' if len(normal) >= _SHORTEST_FRAGMENT else None
