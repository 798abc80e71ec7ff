"""Texts in the reader's language, from the rooms' message catalogues.

A catalogue is `chalicelib/<room>/messages/<locale>.toml` with flat, quoted keys:

    "ordering.place" = "Place the order"
    ["ordering.lines"]          # a plural: the parameter `count` picks the form
    one = "{count} line"
    other = "{count} lines"

Keys begin with their room's name; texts of refusals are `error.<code>` (see `kernel.errors`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from chalicelib.http.formats import number_text, shown
from chalicelib.kernel.errors import Complaint

LOCALES = ("ru", "en", "ro")
PLURAL_FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})
_ROOMS = Path(__file__).parents[1]
_ALIASES = {"mo": "ro"}

Message = str | dict[str, str]


class Translator:
    """The texts of one language. Every language has every key, so a missing one is a mistake of ours."""

    def __init__(self, locale: str) -> None:
        if locale not in LOCALES:
            raise ValueError(f"no such language here: {locale!r}")
        self.locale = locale
        self._messages = catalogue(locale)

    def has(self, key: str) -> bool:
        return key in self._messages

    def t(self, key: str, **params: object) -> str:
        """The text of `key` with its `{placeholders}` filled; Money, Decimal and date are put in the reader's way.

        Raises KeyError when the key, a placeholder's parameter or a plural's `count` is missing.
        """
        message = self._messages[key]
        if isinstance(message, dict):
            message = message[_plural_form(self.locale, params["count"])]
        if "{" not in message:  # most texts have nothing to fill in
            return message
        return message.format_map({name: self._shown(name, value) for name, value in params.items()})

    def complaint(self, complaint: Complaint) -> str:
        """The sentence of one complaint: `error.<code>` with its parameters."""
        return self.t(f"error.{complaint.code}", **complaint.params)

    def _shown(self, name: str, value: object) -> object:
        if name == "count" and isinstance(value, int):
            return number_text(value, self.locale)
        return shown(value, self.locale)


@cache
def translator(locale: str) -> Translator:
    return Translator(locale)


@cache
def catalogue(locale: str) -> Mapping[str, Message]:
    """All rooms' messages of a language; ValueError names a key that is there twice or is no text."""
    merged: dict[str, Message] = {}
    for path in sorted(_ROOMS.glob(f"*/messages/{locale}.toml")):
        for key, message in tomllib.loads(path.read_text("utf-8")).items():
            if key in merged:
                raise ValueError(f"{path}: {key!r} is already in another room's catalogue")
            if not isinstance(message, str) and not (isinstance(message, dict) and message.keys() <= PLURAL_FORMS):
                raise ValueError(f"{path}: {key!r} is neither a text nor plural forms (is the key quoted?)")
            merged[key] = message
    return merged


def negotiate(accept_language: str | None) -> str:
    """The best of our languages for an Accept-Language header.

    No header means the first language; a header that names none of ours means English.
    """
    if not accept_language or accept_language.strip() == "*":
        return LOCALES[0]
    wishes: list[tuple[int, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        tag, *options = (piece.strip() for piece in part.split(";"))
        language = tag.split("-")[0].lower()
        language = _ALIASES.get(language, language)
        weight = next((_thousandths(option[2:]) for option in options if option.startswith("q=")), 1000)
        if language in LOCALES and weight > 0:
            wishes.append((-weight, place, language))
    return min(wishes)[2] if wishes else "en"


def _thousandths(quality: str) -> int:
    """`0.85` -> 850; 0 for what is no quality value."""
    whole, _, rest = quality.strip().partition(".")
    digits = whole + rest[:3].ljust(3, "0")
    return int(digits) if digits.isdecimal() and len(digits) == 4 else 0


def _plural_form(locale: str, count: object) -> str:
    from babel.core import Locale

    if not isinstance(count, int | Decimal):
        raise TypeError(f"a count is an int or a Decimal, not {count!r}")
    form: str = Locale.parse(locale).plural_form(count)
    return form
