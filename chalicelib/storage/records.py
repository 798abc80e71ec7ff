"""What was read: items as records, and a query's pages of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chalicelib.storage import codec
from chalicelib.storage.keys import Index, Key, Table
from chalicelib.storage.rows import CountersAttribute, DocumentAttribute, LogAttribute

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An item as read: `data` for `codec.load`, `n` exact counters, `version` for the optimistic lock."""

    key: Key
    kind: str
    data: Mapping[str, Any]
    n: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    expires: int | None = None
    log: Sequence[Mapping[str, Any]] = ()  # of a stock row, if it was asked for
    place: str = ""  # the sort key in the index that it was read from

    def load(self, kind: type[_T]) -> _T:
        return codec.load(kind, dict(self.data))


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one query; `next` is an opaque position for the following page, None at the end."""

    records: tuple[Record, ...]
    next: str | None


_DOCUMENT, _COUNTERS, _LOG = DocumentAttribute(), CountersAttribute(), LogAttribute()


def record_of(table: Table, item: Mapping[str, Any], index: Index | None = None) -> Record | None:
    """A raw item as a record; None when its time has passed. `index` = where it was read from.

    By the forms of `rows`, not by way of a model, which takes twice as long: a page has fifty rows and more.
    """
    expires = int(item["ttl"]["N"]) if "ttl" in item else None
    if expires is not None and expires <= time.time():
        return None  # DynamoDB deletes expired items late
    return Record(
        key=Key(table, item["pk"]["S"], item["sk"]["S"]),
        kind=item["type"]["S"] if "type" in item else "",
        data=_DOCUMENT.deserialize(item["data"]["M"]) if "data" in item else {},
        n=_COUNTERS.deserialize(item["n"]["M"]) if "n" in item else {},
        version=int(item["version"]["N"]) if "version" in item else 0,
        expires=expires,
        log=_LOG.deserialize(item["log"]["L"]) if "log" in item else (),
        place=item[f"{index}sk"]["S"] if index else "",
    )
