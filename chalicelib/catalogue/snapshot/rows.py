"""Writing differences: only what is unlike before is written, and counted."""

from __future__ import annotations

from collections import Counter, defaultdict

from chalicelib.catalogue.snapshot.engine import Connection

Changes = Counter[str]
"""How many rows of each kind differ from before."""
Buffers = defaultdict[str, list[tuple[object, ...]]]
"""Rows by the table that they go into."""


def write_rows(db: Connection, changes: Changes, kind: str, statement: str, *parameters: object) -> None:
    changes[kind] += max(0, db.execute(statement, parameters).rowcount)


def replace_rows(db: Connection, table: str, owner: str, key: str, staged: str, owners: str) -> None:
    """Makes the rows of some owners equal to what was staged; `temp.changed_<table>` then lists owners that changed."""
    db.execute(f"CREATE TEMP TABLE wanted AS {staged}")
    present = f"SELECT {owner}, {key} FROM {table} WHERE {owner} IN ({owners})"
    db.execute(f"CREATE TEMP TABLE gone AS {present} EXCEPT SELECT * FROM wanted")
    db.execute(f"CREATE TEMP TABLE come AS SELECT * FROM wanted EXCEPT {present}")
    db.execute(f"DELETE FROM {table} WHERE ({owner}, {key}) IN (SELECT * FROM gone)")
    db.execute(f"INSERT INTO {table} SELECT * FROM come")
    db.execute(f"CREATE TEMP TABLE changed_{table} AS SELECT {owner} FROM gone UNION SELECT {owner} FROM come")
    for name in ("wanted", "gone", "come"):
        db.execute(f"DROP TABLE {name}")
