"""What a record said before, word for word, is neither compared nor written again (docs/adr/0028).

For each part of the feed (goods, offers, prices, stock) `said_<part>` has, by the number of a card or SKU, the digest
of the record that told all that the facts have of it: to apply that record once more would change nothing. `run_no` =
the last run that named it so; the rows themselves then keep the number of the run that wrote them.

Whatever else changes those rows must `forget` what was said of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from chalicelib.catalogue.snapshot.engine import Connection

FACTS = {"goods": ("card", "no"), "offers": ("sku", "no"), "prices": ("price", "sku_no"), "stock": ("stock", "sku_no")}
"""By part the facts that it tells, and the column with the number of the card or SKU that they are of."""
_STAGED = FACTS | {"offers": ("offer", "no")}
_UNITS = "units"


def sift(db: Connection, run_no: int, units: Mapping[str, str]) -> dict[str, str]:
    """Notes what the attached `part` says word for word as before as named by the run. By part of the feed: the table
    of `stage` with the numbers of all else, which has to be staged."""
    fresh = {part: "n_card" if part == "goods" else "n_sku" for part in FACTS}
    for part in FACTS:
        db.execute(f"CREATE TABLE IF NOT EXISTS stage.same_{part} (no INTEGER PRIMARY KEY, at INTEGER NOT NULL)")
        db.execute(f"DELETE FROM stage.same_{part}")
    moved = "SELECT 1 FROM part.s_warehouse s JOIN part.warehouse p ON p.no = s.no JOIN warehouse w ON w.id = p.id"
    if db.execute(f"SELECT EXISTS ({moved} WHERE w.deleted <> s.deleted)").fetchone()[0]:
        forget(db, "stock", "SELECT no FROM said_stock")  # the same words mean something else from now on
    if not has_records(db):
        return fresh
    _know_units(db, units)
    for part, numbers in fresh.items():
        same = db.execute(
            f"INSERT INTO stage.same_{part} SELECT n.no, n.at FROM {_records(part, numbers)} "
            f"CROSS JOIN said_{part} d ON d.no = n.at AND d.digest = r.digest"
        ).rowcount
        if same:
            db.execute(f"UPDATE said_{part} SET run_no = ? WHERE no IN (SELECT at FROM stage.same_{part})", (run_no,))
            db.execute(f"CREATE TABLE IF NOT EXISTS stage.fresh_{part} (no INTEGER PRIMARY KEY, at INTEGER NOT NULL)")
            db.execute(f"DELETE FROM stage.fresh_{part}")
            db.execute(
                f"INSERT INTO stage.fresh_{part} SELECT no, at FROM stage.{numbers} "
                f"WHERE no NOT IN (SELECT no FROM stage.same_{part})"
            )
            fresh[part] = f"fresh_{part}"
    return fresh


def has_records(db: Connection) -> bool:
    """Whether the attached `part` can be told apart record by record."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM part.record)").fetchone()[0])


def _records(part: str, numbers: str) -> str:
    """Records `r` of the attached `part` with the numbers `n` of their cards or SKUs, as far as `numbers` has them."""
    if part != "goods":
        return f"part.record r CROSS JOIN stage.{numbers} n ON n.no = r.sku_no"
    # A card that several records of one file tell of is as the last of them says.
    alone = "(SELECT card_no, min(no) AS sku_no FROM part.sku GROUP BY 1 HAVING count(*) = 1)"
    return f"{alone} k CROSS JOIN part.record r ON r.sku_no = k.sku_no CROSS JOIN stage.{numbers} n ON n.no = k.card_no"


def _know_units(db: Connection, units: Mapping[str, str]) -> None:
    """The same words mean something else once units have other names."""
    named = hashlib.blake2b(repr(sorted(units.items())).encode(), digest_size=16).hexdigest()
    if db.execute("SELECT value FROM meta WHERE key = ?", (_UNITS,)).fetchone() != (named,):
        forget_all(db)
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_UNITS, named))


def forget(db: Connection, part: str, numbers: str) -> None:
    """Before rows of some cards or SKUs are changed: they are as no record says any more. The rows themselves then tell
    which run named them last."""
    table, column = FACTS[part]
    gone = db.execute(f"SELECT count(*) FROM said_{part} WHERE no IN ({numbers})").fetchone()[0]
    if gone:
        db.execute(
            f"UPDATE {table} SET touched = d.run_no FROM said_{part} d WHERE d.no = {table}.{column} "
            f"AND {table}.touched < d.run_no AND d.no IN ({numbers})"
        )
        db.execute(f"DELETE FROM said_{part} WHERE no IN ({numbers})")


def forget_all(db: Connection) -> None:
    for part in FACTS:
        forget(db, part, f"SELECT no FROM said_{part}")


def forget_staged(db: Connection) -> None:
    """Before what is staged is merged."""
    for part, (table, column) in _STAGED.items():
        forget(db, part, f"SELECT {column} FROM stage.{table}")
    forget(db, "goods", "SELECT no FROM stage.change")
    forget(db, "offers", "SELECT k.no FROM stage.change c CROSS JOIN sku k ON k.card_no = c.no")


def remember(db: Connection, run_no: int, fresh: Mapping[str, str]) -> None:
    """After what is staged has been merged: what is now as one record of the attached `part` says, and no other.

    Offers that goods tell of as well are left out: they are what both say together.
    """
    if not has_records(db):
        return
    others = {
        "goods": "SELECT 1 FROM part.s_offer o WHERE o.no = r.sku_no",
        "offers": "SELECT 1 FROM part.sku o JOIN part.s_card c ON c.no = o.card_no WHERE o.no = r.sku_no",
        # rows that another record has told, be it of the same run
        "prices": "SELECT 1 FROM price p WHERE p.sku_no = n.at AND NOT EXISTS (SELECT 1 FROM stage.price s "
        "WHERE (s.sku_no, s.price_type_no) = (p.sku_no, p.price_type_no))",
        "stock": "SELECT 1 FROM stock p WHERE p.sku_no = n.at AND NOT EXISTS (SELECT 1 FROM stage.stock s "
        "WHERE (s.sku_no, s.warehouse_no) = (p.sku_no, p.warehouse_no))",
    }
    for part, other in others.items():
        table, column = _STAGED[part]
        db.execute(
            f"INSERT OR REPLACE INTO said_{part} SELECT n.at, r.digest, ?1 FROM {_records(part, fresh[part])} "
            f"WHERE n.at IN (SELECT {column} FROM stage.{table}) AND NOT EXISTS ({other}) ORDER BY 1",
            (run_no,),
        )


def tell_apart(db: Connection) -> None:
    """Before staged stock is written: of its SKUs, an earlier part of this assembling told what there is until now."""
    staged = "SELECT sku_no FROM stage.stock"
    db.execute(
        "INSERT OR IGNORE INTO told.stock SELECT t.lot, c.sku_no, c.warehouse_no, c.quantity, 0 FROM told.same t "
        f"CROSS JOIN stock c ON c.sku_no = t.sku_no WHERE t.sku_no IN ({staged})"
    )
    db.execute(f"DELETE FROM told.same WHERE sku_no IN ({staged})")


def named(part: str, run_no: int, number: str) -> str:
    """Whether the run named a card or SKU in the words of before."""
    return f"EXISTS (SELECT 1 FROM said_{part} d WHERE d.no = {number} AND d.run_no = {run_no:d})"
