"""What was read: items as records, and a query's pages of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chalicelib.storage import codec
from chalicelib.storage.keys import Index, Key, Table
from chalicelib.storage.rows import ROWS

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


def record_of(table: Table, item: dict[str, Any], index: Index | None = None) -> Record | None:
    """A raw item as a record; None when its time has passed. `index` = where it was read from."""
    row = ROWS[table].from_raw_data(item)
    if row.ttl is not None and int(row.ttl) <= time.time():
        return None  # DynamoDB deletes expired items late
    return Record(
        key=Key(table, row.pk, row.sk),
        kind=row.type or "",
        data=row.data or {},
        n=row.n or {},
        version=int(row.version or 0),
        expires=int(row.ttl) if row.ttl is not None else None,
        log=getattr(row, "log", None) or (),
        place=getattr(row, f"{index}sk") if index else "",
    )
