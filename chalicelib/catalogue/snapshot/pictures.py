"""The pictures of a product that a person has put in order, beside those that its ERP sends (docs/adr/0018).

What the person did holds: the order, what was added, what was taken away. What the ERP adds later comes after it, and
what the ERP itself takes away goes. `own.theirs` has the ERP's list, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.rows import Changes, write_rows

_OWN = "(kind, field) = ('card', 'pictures')"


def as_text(paths: Sequence[str]) -> str:
    return json.dumps(list(paths), ensure_ascii=False)


def together(shown: Sequence[str], before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """What a person made of an ERP's pictures (`shown`), once the ERP that had those of `before` has those of `now`."""
    gone = set(before).difference(now)
    return tuple(
        dict.fromkeys([*(one for one in shown if one not in gone), *(one for one in now if one not in before)])
    )


def protect(db: Connection, changes: Changes) -> None:
    """Before an ERP's rows are merged: its pictures of such products give way to what `together` makes of both."""
    staged = db.execute(
        f"SELECT s.no, s.seq, o.theirs FROM own o CROSS JOIN stage.card s ON s.no = o.no WHERE {_OWN} AND NOT s.deleted"
    ).fetchall()
    for no, seq, theirs in staged:
        now = _paths(db, "stage.card_picture WHERE card_no = ? AND seq = ?", no, seq)
        shown = together(_paths(db, "card_picture WHERE card_no = ?", no), json.loads(theirs), now)
        db.execute("DELETE FROM stage.card_picture WHERE card_no = ?", (no,))
        rows = [(no, position, path, seq) for position, path in enumerate(shown)]
        db.executemany("INSERT INTO stage.card_picture VALUES (?, ?, ?, ?)", rows)
        said = as_text(now)
        write_rows(
            db, changes, "product", f"UPDATE own SET theirs = ? WHERE {_OWN} AND no = ? AND theirs <> ?", said, no, said
        )


def change(db: Connection) -> None:
    """Gives products the pictures that a person says; those that change go into `changed_card`."""
    said = db.execute(
        "SELECT s.no, s.paths, c.catalogue_no <> h.catalogue_no FROM stage.change_picture s "
        "JOIN stage.change h ON h.no = s.no JOIN card c ON c.no = s.no"
    ).fetchall()
    for no, paths, is_theirs in said:
        before = as_text(_paths(db, "card_picture WHERE card_no = ?", no))
        if paths != before:
            db.execute("DELETE FROM card_picture WHERE card_no = ?", (no,))
            rows = [(no, position, path) for position, path in enumerate(json.loads(paths))]
            db.executemany("INSERT INTO card_picture VALUES (?, ?, ?)", rows)
            db.execute("INSERT INTO changed_card VALUES (?)", (no,))
            if is_theirs:
                db.execute("INSERT OR IGNORE INTO own VALUES ('card', ?, 'pictures', ?)", (no, before))
        db.execute(f"DELETE FROM own WHERE {_OWN} AND no = ? AND theirs = ?", (no, paths))


def _paths(db: Connection, where: str, *parameters: object) -> list[str]:
    return [path for (path,) in db.execute(f"SELECT path FROM {where} ORDER BY position", parameters)]
