"""What the address asks of a list; see `listing`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import quote_plus

from chalicelib.kernel.numbers import whole

_quoted = lru_cache(maxsize=4096)(quote_plus)  # the links of a list's filters repeat the same words
_RESERVED = ("view", "sort", "cursor", "page", "lang", "notice")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_VALUE = 300
_MAX_NAMES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What the address asks of a list. `sort` is a column's key; `page` counts from 1."""

    values: Mapping[str, str] = field(default_factory=dict)
    view: str = ""
    sort: str = ""
    descending: bool = False
    cursor: str = ""
    page: int = 1

    @classmethod
    def parse(cls, query_params: Mapping[str, str] | Mapping[str, list[str]] | None) -> ListQuery:
        """From a query string's values by name. What makes no sense is left out: an address is typed by anybody."""
        given = {name: _first(value) for name, value in (query_params or {}).items()}
        sort = given.get("sort", "")
        column = _name_or_nothing(sort.removeprefix("-"))
        page = given.get("page", "")
        values = {
            name: value.strip()[:_MAX_VALUE]
            for name, value in list(given.items())[:_MAX_NAMES]
            if name not in _RESERVED and _NAME.fullmatch(name) and value.strip()
        }
        return cls(
            values=values,
            view=_name_or_nothing(given.get("view", "")),
            sort=column,
            descending=bool(column) and sort.startswith("-"),
            cursor=given.get("cursor", "")[:2000],
            page=whole(page, 99_999) or 1,
        )

    def get(self, name: str) -> str:
        """The value of a filter, empty when it is off."""
        return self.values.get(name, "")

    def among(self, name: str, options: Iterable[str]) -> ListQuery:
        """Without a filter's value that is none of `options`."""
        if self.get(name) in ("", *options):
            return self
        return replace(self, values={other: value for other, value in self.values.items() if other != name})

    def pairs(self, *without: str) -> tuple[tuple[str, str], ...]:
        """What a filter's form must carry along hidden: all but `without`, the cursor and the page."""
        pairs = [*self.values.items(), ("view", self.view), ("sort", self._sort_value())]
        return tuple((name, value) for name, value in pairs if value and name not in without)

    def href(self, **changes: str) -> str:
        """This list with some filters or the view changed (empty = off), from its first page."""
        pairs = dict(self.pairs()) | changes
        return "?" + "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs.items() if value)

    def without(self, names: tuple[str, ...]) -> str:
        return self.href(**dict.fromkeys(names, ""))

    def sorted_by(self, key: str) -> str:
        """The link of a column's head: ascending first, descending when it is ascending already."""
        again = self.sort == key and not self.descending
        return self.href(sort=f"-{key}" if again else key)

    def at_cursor(self, cursor: str) -> str:
        return self.href(cursor=cursor)

    def at_page(self, page: int) -> str:
        return self.href(page=str(page) if page > 1 else "")

    def link(self, path: str) -> str:
        """Exactly this view elsewhere, e.g. as a file: filters, view and sort are kept, the page is not."""
        query = self.href()
        return path if query == "?" else path + query

    def _sort_value(self) -> str:
        return ("-" if self.descending else "") + self.sort if self.sort else ""


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else next(iter(value), "")


def _name_or_nothing(text: str) -> str:
    return text if _NAME.fullmatch(text) else ""
