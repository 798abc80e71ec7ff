"""Second half of a build: what was staged is compared with the facts, and only differences are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS
from chalicelib.kernel.money import quantity as exact_quantity


@dataclass(slots=True)
class Changes:
    """How many rows of each kind differ from before, and the stock as it was told: (sku, warehouse id, quantity).

    `stock` has every row that the feed spoke of, not only those that differ: orders move the live stock as well, so
    that a number which the ERP repeats may be news to it.
    """

    counts: Counter[str] = field(default_factory=Counter)
    stock: list[tuple[str, str, Decimal]] = field(default_factory=list)


def merge(db: Connection, run_no: int, no_warehouse: int) -> Changes:
    changes = Changes()
    _names(db, changes)
    _cards(db, run_no, changes)
    _offers(db, run_no, changes)
    _prices(db, run_no, changes)
    _stock(db, run_no, no_warehouse, changes)
    return changes


def _write(db: Connection, changes: Changes, kind: str, statement: str, *parameters: object) -> None:
    changes.counts[kind] += max(0, db.execute(statement, parameters).rowcount)


def _names(db: Connection, changes: Changes) -> None:
    """Categories, properties with their lists, price types, warehouses; cards whose words change become dirty."""
    different = (
        "s.no = c.no AND (c.known, c.name, c.parent_no, c.deleted) IS NOT "
        "(1, coalesce(nullif(s.name, ''), c.name), s.parent_no, s.deleted)"
    )
    db.execute(
        "INSERT OR IGNORE INTO dirty SELECT card_no FROM card_category WHERE category_no IN "
        f"(SELECT c.no FROM category c JOIN stage.category s ON {different})"
    )
    _write(
        db, changes, "category",
        "UPDATE category AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), parent_no = s.parent_no, "
        f"deleted = s.deleted FROM stage.category s WHERE {different}",
    )  # fmt: skip
    different = (
        "s.no = c.no AND (c.known, c.name, c.deleted) IS NOT (1, coalesce(nullif(s.name, ''), c.name), s.deleted)"
    )
    changed_values = (
        "SELECT v.no FROM value v JOIN stage.value s ON s.no = v.no AND s.text IS NOT v.text UNION "
        "SELECT v.no FROM value v JOIN attribute c ON c.no = v.attribute_no "
        f"JOIN stage.attribute s ON {different} AND (c.known, c.deleted) IS NOT (1, s.deleted)"
    )
    db.execute(f"CREATE TEMP TABLE changed_value AS {changed_values}")
    db.execute(
        "INSERT OR IGNORE INTO dirty SELECT card_no FROM card_value WHERE value_no IN (SELECT no FROM changed_value) "
        "UNION SELECT k.card_no FROM sku_value JOIN sku k ON k.no = sku_no "
        "WHERE value_no IN (SELECT no FROM changed_value)"
    )
    db.execute("DROP TABLE changed_value")
    _write(
        db, changes, "property",
        "UPDATE attribute AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), deleted = s.deleted "
        f"FROM stage.attribute s WHERE {different}",
    )  # fmt: skip
    _write(
        db, changes, "property",
        "UPDATE value AS v SET text = s.text FROM stage.value s WHERE s.no = v.no AND s.text IS NOT v.text",
    )  # fmt: skip
    _write(
        db, changes, "price_type",
        "UPDATE price_type AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), deleted = s.deleted, "
        "currency = coalesce(s.currency, c.currency), vat_included = coalesce(s.vat_included, c.vat_included) "
        "FROM stage.price_type s WHERE s.no = c.no AND (c.known, c.name, c.deleted, c.currency, c.vat_included) IS NOT "
        "(1, coalesce(nullif(s.name, ''), c.name), s.deleted, coalesce(s.currency, c.currency), "
        "coalesce(s.vat_included, c.vat_included))",
    )  # fmt: skip
    _write(
        db, changes, "warehouse",
        "UPDATE warehouse AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), address = s.address, "
        "deleted = s.deleted FROM stage.warehouse s WHERE s.no = c.no AND (c.known, c.name, c.address, c.deleted) "
        "IS NOT (1, coalesce(nullif(s.name, ''), c.name), s.address, s.deleted)",
    )  # fmt: skip


_CARD = "catalogue_no, name, article, barcode, unit, unit_code, vat_rate, description"


def _cards(db: Connection, run_no: int, changes: Changes) -> None:
    new = ", ".join(f"s.{column.strip()}" for column in _CARD.split(","))
    old = ", ".join(f"c.{column.strip()}" for column in _CARD.split(","))
    db.execute(
        "CREATE TEMP TABLE changed_card AS SELECT c.no FROM stage.card s JOIN card c ON c.no = s.no WHERE CASE "
        f"WHEN s.deleted THEN NOT c.deleted ELSE (c.known, c.deleted, c.withdrawn, {old}) IS NOT (1, 0, 0, {new}) END"
    )
    updates = ", ".join(f"{column.strip()} = s.{column.strip()}" for column in _CARD.split(","))
    db.execute(
        f"UPDATE card SET known = 1, deleted = 0, withdrawn = 0, {updates} FROM stage.card s "
        "WHERE s.no = card.no AND NOT s.deleted AND card.no IN (SELECT no FROM changed_card)"
    )
    db.execute("UPDATE card SET deleted = 1 WHERE no IN (SELECT no FROM stage.card WHERE deleted)")
    db.execute("UPDATE card SET touched = ?1 WHERE touched <> ?1 AND no IN (SELECT no FROM stage.card)", (run_no,))
    owners = "SELECT no FROM stage.card WHERE NOT deleted"
    children = (("card_category", "category_no"), ("card_value", "value_no"), ("card_picture", "position, path"))
    for table, key in children:
        staged = (
            f"SELECT p.card_no, {', '.join('p.' + k.strip() for k in key.split(','))} FROM stage.{table} p "
            "JOIN stage.card s ON s.no = p.card_no AND s.seq = p.seq AND NOT s.deleted"
        )
        _replace(db, table, "card_no", key, staged, owners)
        db.execute(f"INSERT INTO changed_card SELECT card_no FROM changed_{table}")
        db.execute(f"DROP TABLE changed_{table}")
    db.execute("INSERT OR IGNORE INTO dirty SELECT no FROM changed_card")
    changes.counts["product"] += db.execute("SELECT count(DISTINCT no) FROM changed_card").fetchone()[0]
    db.execute("DROP TABLE changed_card")


def _replace(db: Connection, table: str, owner: str, key: str, staged: str, owners: str) -> None:
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


def _offers(db: Connection, run_no: int, changes: Changes) -> None:
    """Own texts of a variant. An offer's empty text means: as before, or as the card says; only goods that come as
    variants themselves (`partial = 0`) say everything."""
    fields = ("name", "article", "barcode", "unit", "unit_code")
    new = ", ".join(f"CASE WHEN s.{f} = '' AND s.partial THEN k.{f} ELSE s.{f} END" for f in fields)
    old = ", ".join(f"k.{f}" for f in fields)
    db.execute(
        "CREATE TEMP TABLE changed_sku AS SELECT k.no FROM stage.offer s JOIN sku k ON k.no = s.no WHERE CASE "
        f"WHEN s.deleted THEN NOT k.deleted ELSE (k.declared, k.deleted, k.withdrawn, {old}) "
        f"IS NOT (1, 0, 0, {new}) END"
    )
    updates = ", ".join(f"{f} = CASE WHEN s.{f} = '' AND s.partial THEN k.{f} ELSE s.{f} END" for f in fields)
    db.execute(
        f"UPDATE sku AS k SET declared = 1, deleted = 0, withdrawn = 0, {updates} FROM stage.offer s "
        "WHERE s.no = k.no AND NOT s.deleted AND k.no IN (SELECT no FROM changed_sku)"
    )
    db.execute("UPDATE sku SET deleted = 1, declared = 1 WHERE no IN (SELECT no FROM stage.offer WHERE deleted)")
    db.execute("UPDATE sku SET touched = ?1 WHERE touched <> ?1 AND no IN (SELECT no FROM stage.offer)", (run_no,))
    staged = (
        "SELECT p.sku_no, p.value_no FROM stage.sku_value p "
        "JOIN stage.offer s ON s.no = p.sku_no AND s.seq = p.seq AND NOT s.deleted"
    )
    owners = (
        "SELECT no FROM stage.offer s WHERE NOT deleted AND (NOT partial OR "
        "EXISTS (SELECT 1 FROM stage.sku_value p WHERE p.sku_no = s.no AND p.seq = s.seq))"
    )
    _replace(db, "sku_value", "sku_no", "value_no", staged, owners)
    db.execute("INSERT INTO changed_sku SELECT sku_no FROM changed_sku_value")
    db.execute("DROP TABLE changed_sku_value")
    db.execute("INSERT OR IGNORE INTO dirty SELECT card_no FROM sku WHERE no IN (SELECT no FROM changed_sku)")
    changes.counts["offer"] += db.execute("SELECT count(DISTINCT no) FROM changed_sku").fetchone()[0]
    db.execute("DROP TABLE changed_sku")


def _prices(db: Connection, run_no: int, changes: Changes) -> None:
    """For each SKU and price type that the feed names, its tiers replace those of before."""
    same = "(s.sku_no, s.price_type_no, s.unit, s.min_quantity) = (p.sku_no, p.price_type_no, p.unit, p.min_quantity)"
    _write(
        db, changes, "price",
        "DELETE FROM price AS p WHERE (p.sku_no, p.price_type_no) IN (SELECT sku_no, price_type_no FROM stage.price) "
        f"AND NOT EXISTS (SELECT 1 FROM stage.price s WHERE {same} AND s.amount IS NOT NULL)",
    )  # fmt: skip
    changes.counts["price"] += db.execute(
        f"SELECT count(*) FROM stage.price s LEFT JOIN price p ON {same} WHERE s.amount IS NOT NULL "
        "AND (p.amount, p.coefficient, p.currency) IS NOT (s.amount, s.coefficient, s.currency)"
    ).fetchone()[0]
    db.execute(
        "INSERT INTO price SELECT sku_no, price_type_no, unit, min_quantity, amount, coefficient, currency, ?1 "
        "FROM stage.price WHERE amount IS NOT NULL ORDER BY 1, 2, 3, 4 ON CONFLICT DO UPDATE "
        "SET amount = excluded.amount, coefficient = excluded.coefficient, currency = excluded.currency, touched = ?1",
        (run_no,),
    )


def _stock(db: Connection, run_no: int, no_warehouse: int, changes: Changes) -> None:
    """No row means none in stock. A total without a warehouse counts only where no warehouse is named."""
    db.execute(
        "DELETE FROM stage.stock WHERE warehouse_no = ?1 AND (sku_no IN "
        "(SELECT sku_no FROM stage.stock WHERE warehouse_no <> ?1) OR EXISTS "
        "(SELECT 1 FROM stock c WHERE c.sku_no = stage.stock.sku_no AND c.warehouse_no <> ?1))",
        (no_warehouse,),
    )
    db.execute(
        "INSERT OR IGNORE INTO stage.stock SELECT c.sku_no, ?1, 0 FROM stock c WHERE c.warehouse_no = ?1 "
        "AND c.sku_no IN (SELECT sku_no FROM stage.stock WHERE warehouse_no <> ?1)",
        (no_warehouse,),
    )
    db.execute(
        "INSERT OR REPLACE INTO stage.stock SELECT sku_no, warehouse_no, 0 FROM stock WHERE warehouse_no IN "
        "(SELECT no FROM warehouse WHERE deleted)"
    )
    changes.counts["stock"] += db.execute(
        "SELECT count(*) FROM stage.stock s LEFT JOIN stock c ON (c.sku_no, c.warehouse_no) = "
        "(s.sku_no, s.warehouse_no) WHERE s.quantity <> coalesce(c.quantity, 0)"
    ).fetchone()[0]
    _note_stock(db, changes, "SELECT sku_no, warehouse_no, quantity FROM stage.stock")
    db.execute(
        "DELETE FROM stock WHERE (sku_no, warehouse_no) IN "
        "(SELECT sku_no, warehouse_no FROM stage.stock WHERE quantity = 0)"
    )
    db.execute(
        "INSERT INTO stock SELECT sku_no, warehouse_no, quantity, ?1 FROM stage.stock WHERE quantity <> 0 "
        "ORDER BY 1, 2 ON CONFLICT DO UPDATE SET quantity = excluded.quantity, touched = ?1",
        (run_no,),
    )


def _note_stock(db: Connection, changes: Changes, told: str) -> None:
    """Adds rows of (sku number, warehouse number, quantity) to the list that the stock room writes."""
    for sku, warehouse, quantity in db.execute(
        f"SELECT k.id, w.id, x.quantity FROM ({told}) x JOIN sku k ON k.no = x.sku_no "
        "JOIN warehouse w ON w.no = x.warehouse_no ORDER BY 1, 2"
    ):
        changes.stock.append((sku, warehouse, exact_quantity(Decimal(quantity).scaleb(-QUANTITY_DIGITS))))


def withdraw(db: Connection, run_no: int, *, everything: bool) -> Changes:
    """Withdraws what the run did not touch, within the catalogues that it sent in full (`everything`: within all)."""
    changes = Changes()

    def catalogues(part: str) -> str:
        if everything:
            return f"SELECT no FROM catalogue WHERE EXISTS (SELECT 1 FROM {_PARTS[part]} WHERE touched = {run_no:d})"
        return f"SELECT catalogue_no FROM scope WHERE run = {run_no:d} AND part = '{part}'"

    untouched = f"touched <> {run_no:d}"
    absent = f"{untouched} AND known AND NOT deleted AND NOT withdrawn AND catalogue_no IN ({catalogues('goods')})"
    db.execute(f"INSERT OR IGNORE INTO dirty SELECT no FROM card WHERE {absent}")
    _write(db, changes, "product", f"UPDATE card SET withdrawn = 1 WHERE {absent}")

    def of_catalogue(part: str) -> str:
        cards = f"SELECT no FROM card WHERE catalogue_no IN ({catalogues(part)})"
        return f"IN (SELECT no FROM sku WHERE card_no IN ({cards}))"

    absent = f"{untouched} AND declared AND NOT deleted AND NOT withdrawn AND no {of_catalogue('offers')}"
    db.execute(f"INSERT OR IGNORE INTO dirty SELECT card_no FROM sku WHERE {absent}")
    # A product that is no longer offered is listed without a price, as one that never was; a variant is withdrawn.
    _write(
        db, changes, "offer",
        f"UPDATE sku SET declared = variant_id <> '', withdrawn = variant_id <> '' WHERE {absent}",
    )  # fmt: skip
    _write(db, changes, "price", f"DELETE FROM price WHERE {untouched} AND sku_no {of_catalogue('prices')}")
    _write(db, changes, "stock", f"DELETE FROM stock WHERE {untouched} AND sku_no {of_catalogue('stock')}")
    # What is left was named by the run: all else is none, also where it was none before.
    _note_stock(
        db, changes,
        "SELECT s.no AS sku_no, p.no AS warehouse_no, 0 AS quantity FROM sku s JOIN warehouse p "
        f"WHERE s.no {of_catalogue('stock')} AND (s.no, p.no) NOT IN (SELECT sku_no, warehouse_no FROM stock)",
    )  # fmt: skip
    return changes


_PARTS = {"goods": "card", "offers": "sku", "prices": "price", "stock": "stock"}
