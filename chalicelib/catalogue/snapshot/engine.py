"""Python's own SQLite, which must know full-text search with trigrams (docs/adr/0006: Python 3.12 in the cloud)."""

from __future__ import annotations

import sqlite3
from sqlite3 import Connection, OperationalError

__all__ = ["Connection", "OperationalError", "connect"]

_NEEDED = (3, 34, 0)

if sqlite3.sqlite_version_info < _NEEDED:
    raise ImportError(f"SQLite {sqlite3.sqlite_version} lacks the trigram search of 3.34; use Python 3.12 or later")


def connect(target: str, *, uri: bool = False) -> Connection:
    """Opens a database; its connection may be used by several threads, one at a time."""
    return sqlite3.connect(target, uri=uri, check_same_thread=False, cached_statements=256)
