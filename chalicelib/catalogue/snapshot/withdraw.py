"""The end of a full run: what it did not name is withdrawn (domain §4.5), not deleted.

Each part by itself (goods, offers, prices, stock), and only within catalogues of which a package of that part came in
full during the run: often portion 1 says so and the others do not, so the run counts, not the file. When the ERP
itself asks for it (`everything`), all catalogues count, for the parts of which the run brought anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.catalogue.snapshot import said
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.rows import Changes


def withdraw_goods(db: Connection, run_no: int, *, everything: bool) -> Changes:
    """Cards and variants that the run did not name: what readers see listed changes only here."""
    changes: Changes = Counter()
    goods = _catalogues(run_no, "goods", everything=everything)
    listed = f"known AND NOT deleted AND NOT withdrawn AND catalogue_no IN ({goods})"
    with _absent(db, "goods", run_no, listed) as absent:
        db.execute(f"INSERT OR IGNORE INTO dirty {absent}")
        changes["product"] += db.execute(f"UPDATE card SET withdrawn = 1 WHERE no IN ({absent})").rowcount
    declared = (
        f"declared AND NOT deleted AND NOT withdrawn AND no {_of_catalogue(run_no, 'offers', everything=everything)}"
    )
    with _absent(db, "offers", run_no, declared) as absent:
        db.execute(f"INSERT OR IGNORE INTO dirty SELECT card_no FROM sku WHERE no IN ({absent})")
        # A product that is no longer offered is listed without a price, as one that never was; a variant is withdrawn.
        changes["offer"] += db.execute(
            f"UPDATE sku SET declared = variant_id <> '', withdrawn = variant_id <> '' WHERE no IN ({absent})"
        ).rowcount
    return changes


def withdraw_numbers(db: Connection, run_no: int, lot: int, *, everything: bool) -> Changes:
    """Prices and stock that the run did not name. Under `lot`, zero is told for every pair of a SKU and a warehouse
    that the run left out and that had stock once: where there never was any, the live stock has no counter either."""
    changes: Changes = Counter()
    left_out = f"WHERE touched <> {run_no:d} AND sku_no IN"
    with _absent(db, "prices", run_no, f"+sku_no {_of_catalogue(run_no, 'prices', everything=everything)}") as absent:
        changes["price"] += db.execute(f"DELETE FROM price {left_out} ({absent})").rowcount
    with _absent(db, "stock", run_no, f"+sku_no {_of_catalogue(run_no, 'stock', everything=everything)}") as absent:
        db.execute(
            "INSERT OR REPLACE INTO told.stock SELECT ?, sku_no, warehouse_no, 0, quantity <> 0 FROM stock "
            f"{left_out} ({absent})",
            (lot,),
        )
        changes["stock"] += db.execute(
            f"UPDATE stock SET quantity = 0 {left_out} ({absent}) AND quantity <> 0"
        ).rowcount
    return changes


@contextmanager
def _absent(db: Connection, part: str, run_no: int, condition: str) -> Iterator[str]:
    """The query for the numbers of cards or SKUs of which there are rows that the run did not name and that meet the
    condition. What was said of these is forgotten."""
    table, column = said.FACTS[part]
    # First that nothing named it: nearly always something did, and then `+` spares all else.
    unnamed = f"touched <> {run_no:d} AND NOT {said.named(part, run_no, f'{table}.{column}')}"
    db.execute("CREATE TEMP TABLE absent (no INTEGER PRIMARY KEY)")
    db.execute(f"INSERT OR IGNORE INTO absent SELECT {column} FROM {table} WHERE {unnamed} AND {condition}")
    said.forget(db, part, "SELECT no FROM absent")
    yield "SELECT no FROM absent"
    db.execute("DROP TABLE absent")


def _catalogues(run_no: int, part: str, *, everything: bool) -> str:
    if everything:
        table, _ = said.FACTS[part]
        named = f"SELECT touched FROM {table} UNION ALL SELECT run_no FROM said_{part}"
        return f"SELECT no FROM catalogue WHERE {run_no:d} IN ({named})"
    return f"SELECT catalogue_no FROM scope WHERE run = {run_no:d} AND part = '{part}'"


def _of_catalogue(run_no: int, part: str, *, everything: bool) -> str:
    catalogues = _catalogues(run_no, part, everything=everything)
    return f"IN (SELECT no FROM sku WHERE card_no IN (SELECT no FROM card WHERE catalogue_no IN ({catalogues})))"
