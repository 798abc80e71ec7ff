"""The SQLite to use: Python's own, unless it is too old for full-text search with trigrams (3.34).

AWS Lambda's Python 3.11 runtime is built against SQLite 3.7.17; there the wheel `pysqlite3-binary`, the same
module with a current SQLite inside, takes its place. Python 3.12 and later need nothing.
"""

from __future__ import annotations

import importlib
import sqlite3
from sqlite3 import Connection

__all__ = ["Connection", "OperationalError", "connect"]

_NEEDED = (3, 34, 0)
_module = sqlite3 if sqlite3.sqlite_version_info >= _NEEDED else importlib.import_module("pysqlite3.dbapi2")
OperationalError: type[Exception] = _module.OperationalError


def connect(target: str, *, uri: bool = False) -> Connection:
    """Opens a database; its connection may be used by several threads, one at a time."""
    connection: Connection = _module.connect(target, uri=uri, check_same_thread=False, cached_statements=256)
    return connection
