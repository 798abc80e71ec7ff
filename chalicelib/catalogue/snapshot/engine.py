"""Python's own SQLite, which must know full-text search with trigrams (docs/adr/0006: Python 3.12 in the cloud)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from sqlite3 import Connection, Cursor, OperationalError
from typing import Any

__all__ = ["Connection", "OperationalError", "batches", "connect"]

_BATCH = 4096

_NEEDED = (3, 34, 0)

if sqlite3.sqlite_version_info < _NEEDED:
    raise ImportError(f"SQLite {sqlite3.sqlite_version} lacks the trigram search of 3.34; use Python 3.12 or later")


def connect(target: str, *, uri: bool = False) -> Connection:
    """Opens a database; its connection may be used by several threads, one at a time."""
    return sqlite3.connect(target, uri=uri, check_same_thread=False, cached_statements=256)


def batches(found: Cursor) -> Iterator[list[Any]]:
    """Rows, as many at a time as are worth a call for all of them and take little memory."""
    while rows := found.fetchmany(_BATCH):
        yield rows
