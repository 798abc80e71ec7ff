"""First half of assembling: a part's rows go into the `stage` tables under the numbers that the snapshot has for them.

Ids that the snapshot has not seen get numbers in the order in which the part names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.catalogue.model import NO_WAREHOUSE
from chalicelib.catalogue.snapshot import said
from chalicelib.catalogue.snapshot.engine import Connection

_BY_ID = ("catalogue", "category", "price_type", "warehouse", "card")
_STAGED = (
    "category", "attribute", "value", "price_type", "warehouse", "card", "card_category", "card_value", "card_picture",
    "offer", "sku_value", "price", "stock",
    "change", "change_category", "change_attribute", "change_value", "change_picture", "category_change", "kept",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """`no_warehouse` = the number of the warehouse that stands for none. `fresh` as `said.sift` has it."""

    no_warehouse: int
    fresh: Mapping[str, str]


def adopt(db: Connection, run_no: int, units: Mapping[str, str]) -> Adopted:
    """Stages what the attached database `part` says otherwise than before.

    `units`: a unit's id or code → its name, for units that another file defines than the one that uses them.
    """
    _numbers(db)
    fresh = said.sift(db, run_no, units)
    for table in _STAGED:
        db.execute(f"DELETE FROM stage.{table}")
    _rows(db, _unit_names(db, units), fresh)
    db.execute(
        "INSERT OR IGNORE INTO scope SELECT ?, s.part, m.at FROM part.scope s JOIN stage.n_catalogue m "
        "ON m.no = s.catalogue_no",
        (run_no,),
    )
    (no_warehouse,) = db.execute("SELECT no FROM warehouse WHERE id = ?", (NO_WAREHOUSE,)).fetchone()
    return Adopted(no_warehouse=no_warehouse, fresh=fresh)


def _numbers(db: Connection) -> None:
    """Fills `stage.n_<table>`: the part's number of a thing → the snapshot's."""
    for table in _BY_ID:
        db.execute(f"INSERT OR IGNORE INTO main.{table} (id) SELECT id FROM part.{table} ORDER BY no")
        _numbered(db, table, f"SELECT p.no, c.no FROM part.{table} p JOIN main.{table} c ON c.id = p.id")
    db.execute(
        "INSERT OR IGNORE INTO main.attribute (kind, id, key, name, known) SELECT kind, id, key, "
        "CASE kind WHEN 'property' THEN '' ELSE id END, kind <> 'property' FROM part.attribute ORDER BY no"
    )
    _numbered(
        db, "attribute",
        "SELECT p.no, c.no FROM part.attribute p JOIN main.attribute c ON c.kind = p.kind AND c.id = p.id",
    )  # fmt: skip
    values = "part.value p CROSS JOIN stage.n_attribute a ON a.no = p.attribute_no"
    db.execute(
        "INSERT OR IGNORE INTO main.value (attribute_no, raw, text) "
        f"SELECT a.at, p.raw, p.text FROM {values} ORDER BY p.no"
    )
    _numbered(
        db, "value",
        f"SELECT p.no, c.no FROM {values} CROSS JOIN main.value c ON c.attribute_no = a.at AND c.raw = p.raw",
    )  # fmt: skip
    db.execute(
        "INSERT OR IGNORE INTO main.sku (id, card_no, variant_id) SELECT p.id, c.at, p.variant_id FROM part.sku p "
        "CROSS JOIN stage.n_card c ON c.no = p.card_no ORDER BY p.no"
    )
    _numbered(db, "sku", "SELECT p.no, c.no FROM part.sku p CROSS JOIN main.sku c ON c.id = p.id")


def _numbered(db: Connection, table: str, pairs: str) -> None:
    db.execute(f"CREATE TABLE IF NOT EXISTS stage.n_{table} (no INTEGER PRIMARY KEY, at INTEGER NOT NULL)")
    db.execute(f"DELETE FROM stage.n_{table}")
    db.execute(f"INSERT INTO stage.n_{table} {pairs}")


def _unit_names(db: Connection, units: Mapping[str, str]) -> str:
    """The expression for the unit of a staged row."""
    if not units:
        return "s.unit"
    db.execute("CREATE TABLE IF NOT EXISTS stage.unit_name (ref TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID")
    db.executemany("INSERT OR REPLACE INTO stage.unit_name VALUES (?, ?)", units.items())
    return "coalesce((SELECT u.name FROM stage.unit_name u WHERE u.ref = s.unit), s.unit)"


def _rows(db: Connection, unit: str, fresh: Mapping[str, str]) -> None:
    def of(table: str, name: str, column: str = "no") -> str:
        numbers = fresh.get(table, f"n_{table}")
        return f"CROSS JOIN stage.{numbers} {name} ON {name}.no = s.{column}"

    moves = {
        "category": f"SELECT n.at, s.name, p.at, s.deleted FROM part.s_category s {of('category', 'n')} "
        "LEFT JOIN stage.n_category p ON p.no = s.parent_no",
        "attribute": f"SELECT n.at, s.name, s.deleted FROM part.s_attribute s {of('attribute', 'n')}",
        "value": f"SELECT n.at, s.text FROM part.s_value s {of('value', 'n')}",
        "price_type": "SELECT n.at, s.name, s.currency, s.vat_included, s.deleted FROM part.s_price_type s "
        + of("price_type", "n"),
        "warehouse": f"SELECT n.at, s.name, s.address, s.deleted FROM part.s_warehouse s {of('warehouse', 'n')}",
        "card": f"SELECT n.at, s.seq, c.at, s.deleted, s.name, s.article, s.barcode, {unit}, s.unit_code, s.vat_rate, "
        f"s.description FROM part.s_card s {of('goods', 'n')} LEFT JOIN stage.n_catalogue c ON c.no = s.catalogue_no",
        "card_category": f"SELECT n.at, g.at, s.seq FROM part.s_card_category s {of('goods', 'n', 'card_no')} "
        + of("category", "g", "category_no"),
        "card_value": f"SELECT n.at, v.at, s.seq FROM part.s_card_value s {of('goods', 'n', 'card_no')} "
        + of("value", "v", "value_no"),
        "card_picture": "SELECT n.at, s.position, s.path, s.seq FROM part.s_card_picture s "
        + of("goods", "n", "card_no"),
        "offer": f"SELECT n.at, s.seq, s.partial, s.deleted, s.name, s.article, s.barcode, {unit}, s.unit_code "
        f"FROM part.s_offer s {of('offers', 'n')}",
        "sku_value": f"SELECT n.at, v.at, s.seq FROM part.s_sku_value s {of('offers', 'n', 'sku_no')} "
        + of("value", "v", "value_no"),
        "price": f"SELECT n.at, t.at, {unit}, s.min_quantity, s.amount, s.coefficient, s.currency FROM part.s_price s "
        f"{of('prices', 'n', 'sku_no')} {of('price_type', 't', 'price_type_no')}",
        "stock": f"SELECT n.at, w.at, s.quantity FROM part.s_stock s {of('stock', 'n', 'sku_no')} "
        + of("warehouse", "w", "warehouse_no"),
        "change": "SELECT n.at, g.at, s.name, s.article, s.barcode, s.unit, s.unit_code, s.vat_rate, s.description, "
        f"s.categories, s.hidden, s.lists FROM part.s_change s {of('card', 'n')} "
        "LEFT JOIN stage.n_catalogue g ON g.no = s.catalogue_no",
        "change_category": f"SELECT n.at, g.at FROM part.s_change_category s {of('card', 'n', 'card_no')} "
        + of("category", "g", "category_no"),
        "change_attribute": f"SELECT n.at, a.at FROM part.s_change_attribute s {of('card', 'n', 'card_no')} "
        + of("attribute", "a", "attribute_no"),
        "change_value": f"SELECT n.at, v.at FROM part.s_change_value s {of('card', 'n', 'card_no')} "
        + of("value", "v", "value_no"),
        "change_picture": f"SELECT n.at, s.paths FROM part.s_change_picture s {of('card', 'n')}",
        "category_change": "SELECT n.at, s.name, s.moves, p.at, s.position FROM part.s_category_change s "
        f"{of('category', 'n')} LEFT JOIN stage.n_category p ON p.no = s.parent_no",
        "kept": f"SELECT n.at FROM part.s_kept s {of('sku', 'n')}",
    }
    for table in _STAGED:
        db.execute(f"INSERT OR REPLACE INTO stage.{table} {moves[table]}")
