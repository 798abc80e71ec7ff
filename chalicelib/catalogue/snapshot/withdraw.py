"""The end of a full run: what it did not name is withdrawn (domain §4.5), not deleted.

Each part by itself (goods, offers, prices, stock), and only within catalogues of which a package of that part came in
full during the run: often portion 1 says so and the others do not, so the run counts, not the file. When the ERP
itself asks for it (`everything`), all catalogues count, for the parts of which the run brought anything.
"""

from __future__ import annotations

from collections import Counter

from chalicelib.catalogue.snapshot import said
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.rows import Changes


def withdraw_goods(db: Connection, run_no: int, *, everything: bool) -> Changes:
    """Cards and variants that the run did not touch: what readers see listed changes only here."""
    changes: Changes = Counter()
    goods = _catalogues(run_no, "goods", everything=everything)
    absent = f"{_unnamed('goods', run_no)} AND known AND NOT deleted AND NOT withdrawn AND catalogue_no IN ({goods})"
    db.execute(f"INSERT OR IGNORE INTO dirty SELECT no FROM card WHERE {absent}")
    changes["product"] += db.execute(f"UPDATE card SET withdrawn = 1 WHERE {absent}").rowcount
    offers = _of_catalogue(run_no, "offers", everything=everything)
    absent = f"{_unnamed('offers', run_no)} AND declared AND NOT deleted AND NOT withdrawn AND no {offers}"
    db.execute(f"INSERT OR IGNORE INTO dirty SELECT card_no FROM sku WHERE {absent}")
    # A product that is no longer offered is listed without a price, as one that never was; a variant is withdrawn.
    changes["offer"] += db.execute(
        f"UPDATE sku SET declared = variant_id <> '', withdrawn = variant_id <> '' WHERE {absent}"
    ).rowcount
    said.forget_unnamed(db, "goods", run_no)
    said.forget_unnamed(db, "offers", run_no)
    return changes


def withdraw_numbers(db: Connection, run_no: int, lot: int, *, everything: bool) -> Changes:
    """Prices and stock that the run did not touch. Under `lot`, zero is told for every pair of a SKU and a warehouse
    that the run left out and that had stock once: where there never was any, the live stock has no counter either."""
    changes: Changes = Counter()
    prices = f"{_unnamed('prices', run_no)} AND +sku_no {_of_catalogue(run_no, 'prices', everything=everything)}"
    changes["price"] += db.execute(f"DELETE FROM price WHERE {prices}").rowcount
    left_out = f"{_unnamed('stock', run_no)} AND +sku_no {_of_catalogue(run_no, 'stock', everything=everything)}"
    db.execute(
        "INSERT OR REPLACE INTO told.stock SELECT ?, sku_no, warehouse_no, 0, quantity <> 0 FROM stock "
        f"WHERE {left_out}",
        (lot,),
    )
    changes["stock"] += db.execute(f"UPDATE stock SET quantity = 0 WHERE quantity <> 0 AND {left_out}").rowcount
    said.forget_unnamed(db, "prices", run_no)
    said.forget_unnamed(db, "stock", run_no)
    return changes


def _unnamed(part: str, run_no: int) -> str:
    """First in a condition: nearly always nothing is, and then `+` spares all else."""
    table, column = said.FACTS[part]
    return f"touched <> {run_no:d} AND NOT {said.named(part, run_no, f'{table}.{column}')}"


def _catalogues(run_no: int, part: str, *, everything: bool) -> str:
    if everything:
        table, _ = said.FACTS[part]
        named = f"SELECT touched FROM {table} UNION ALL SELECT run_no FROM said_{part}"
        return f"SELECT no FROM catalogue WHERE {run_no:d} IN ({named})"
    return f"SELECT catalogue_no FROM scope WHERE run = {run_no:d} AND part = '{part}'"


def _of_catalogue(run_no: int, part: str, *, everything: bool) -> str:
    catalogues = _catalogues(run_no, part, everything=everything)
    return f"IN (SELECT no FROM sku WHERE card_no IN (SELECT no FROM card WHERE catalogue_no IN ({catalogues})))"
