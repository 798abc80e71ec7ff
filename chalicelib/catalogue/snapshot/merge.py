"""Second half of assembling: what is staged is compared with the facts, and only differences are written.

Every statement costs what the part holds, not what the catalogue holds, except where a name that many products share
has changed.
"""

from __future__ import annotations

from collections import Counter

from chalicelib.catalogue.model import OWN_CATALOGUE
from chalicelib.catalogue.snapshot import hand, said
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.rows import Changes, replace_rows, write_rows


def merge(db: Connection, run_no: int, no_warehouse: int, lot: int | None) -> Changes:
    """Applies what is staged; the stock that it tells is noted under `lot`, if one is given.

    Every row that the part spoke of is noted, not only those that are `news` to the snapshot: orders move the live
    stock as well, so that a number which the ERP repeats may be news to that.
    """
    changes: Changes = Counter()
    hand.protect(db, changes)
    _names(db, changes)
    _cards(db, run_no, changes)
    hand.change(db, run_no, changes)
    _offers(db, run_no, changes)
    _prices(db, run_no, changes)
    _stock(db, run_no, no_warehouse, lot, changes)
    hand.keep(db, run_no)
    return changes


def _names(db: Connection, changes: Changes) -> None:
    """Categories, properties with their lists, price types, warehouses; cards whose words change become dirty."""
    different = (
        "s.no = c.no AND (c.known, c.name, c.parent_no, c.deleted) IS NOT "
        "(1, coalesce(nullif(s.name, ''), c.name), s.parent_no, s.deleted)"
    )
    changed = [no for (no,) in db.execute(f"SELECT c.no FROM stage.category s CROSS JOIN category c ON {different}")]
    _dirty_if_any(db, changed, "SELECT card_no FROM card_category WHERE category_no IN (SELECT no FROM renamed)")
    write_rows(
        db, changes, "category",
        "UPDATE category AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), parent_no = s.parent_no, "
        f"deleted = s.deleted FROM stage.category s WHERE {different}",
    )  # fmt: skip
    different = (
        "s.no = c.no AND (c.known, c.name, c.deleted) IS NOT (1, coalesce(nullif(s.name, ''), c.name), s.deleted)"
    )
    changed = [
        no
        for (no,) in db.execute(
            "SELECT v.no FROM stage.value s CROSS JOIN value v ON s.no = v.no AND s.text IS NOT v.text UNION "
            f"SELECT v.no FROM stage.attribute s CROSS JOIN attribute c ON {different} "
            "AND (c.known, c.deleted) IS NOT (1, s.deleted) CROSS JOIN value v ON v.attribute_no = c.no"
        )
    ]
    _dirty_if_any(
        db, changed,
        "SELECT card_no FROM card_value WHERE value_no IN (SELECT no FROM renamed) UNION "
        "SELECT k.card_no FROM sku_value JOIN sku k ON k.no = sku_no WHERE value_no IN (SELECT no FROM renamed)",
    )  # fmt: skip
    write_rows(
        db, changes, "property",
        "UPDATE attribute AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), deleted = s.deleted "
        f"FROM stage.attribute s WHERE {different}",
    )  # fmt: skip
    write_rows(
        db, changes, "property",
        "UPDATE value AS v SET text = s.text FROM stage.value s WHERE s.no = v.no AND s.text IS NOT v.text",
    )  # fmt: skip
    write_rows(
        db, changes, "price_type",
        "UPDATE price_type AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), deleted = s.deleted, "
        "currency = coalesce(s.currency, c.currency), vat_included = coalesce(s.vat_included, c.vat_included) "
        "FROM stage.price_type s WHERE s.no = c.no AND (c.known, c.name, c.deleted, c.currency, c.vat_included) IS NOT "
        "(1, coalesce(nullif(s.name, ''), c.name), s.deleted, coalesce(s.currency, c.currency), "
        "coalesce(s.vat_included, c.vat_included))",
    )  # fmt: skip
    write_rows(
        db, changes, "warehouse",
        "UPDATE warehouse AS c SET known = 1, name = coalesce(nullif(s.name, ''), c.name), address = s.address, "
        "deleted = s.deleted FROM stage.warehouse s WHERE s.no = c.no AND (c.known, c.name, c.address, c.deleted) "
        "IS NOT (1, coalesce(nullif(s.name, ''), c.name), s.address, s.deleted)",
    )  # fmt: skip


def _dirty_if_any(db: Connection, changed: list[int], cards: str) -> None:
    """Marks the cards that use one of some numbers (`renamed`): a walk over all of them, so only if there are any."""
    if changed:
        db.execute("CREATE TEMP TABLE renamed (no INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO renamed VALUES (?)", ((no,) for no in changed))
        db.execute(f"INSERT OR IGNORE INTO dirty {cards}")
        db.execute("DROP TABLE renamed")


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
        replace_rows(db, table, "card_no", key, staged, owners)
        db.execute(f"INSERT INTO changed_card SELECT card_no FROM changed_{table}")
        db.execute(f"DROP TABLE changed_{table}")
    db.execute("INSERT OR IGNORE INTO dirty SELECT no FROM changed_card")
    changes["product"] += db.execute("SELECT count(DISTINCT no) FROM changed_card").fetchone()[0]
    db.execute("DROP TABLE changed_card")


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
    replace_rows(db, "sku_value", "sku_no", "value_no", staged, owners)
    db.execute("INSERT INTO changed_sku SELECT sku_no FROM changed_sku_value")
    db.execute("DROP TABLE changed_sku_value")
    db.execute("INSERT OR IGNORE INTO dirty SELECT card_no FROM sku WHERE no IN (SELECT no FROM changed_sku)")
    changes["offer"] += db.execute("SELECT count(DISTINCT no) FROM changed_sku").fetchone()[0]
    db.execute("DROP TABLE changed_sku")


def _prices(db: Connection, run_no: int, changes: Changes) -> None:
    """For each SKU and price type that the feed names, its tiers replace those of before."""
    same = "(s.sku_no, s.price_type_no, s.unit, s.min_quantity) = (p.sku_no, p.price_type_no, p.unit, p.min_quantity)"
    write_rows(
        db, changes, "price",
        "DELETE FROM price AS p WHERE (p.sku_no, p.price_type_no) IN (SELECT sku_no, price_type_no FROM stage.price) "
        f"AND NOT EXISTS (SELECT 1 FROM stage.price s WHERE {same} AND s.amount IS NOT NULL)",
    )  # fmt: skip
    changes["price"] += db.execute(
        f"SELECT count(*) FROM stage.price s LEFT JOIN price p ON {same} WHERE s.amount IS NOT NULL "
        "AND (p.amount, p.coefficient, p.currency) IS NOT (s.amount, s.coefficient, s.currency)"
    ).fetchone()[0]
    db.execute(
        "INSERT INTO price SELECT sku_no, price_type_no, unit, min_quantity, amount, coefficient, currency, ?1 "
        "FROM stage.price WHERE amount IS NOT NULL ORDER BY 1, 2, 3, 4 ON CONFLICT DO UPDATE "
        "SET amount = excluded.amount, coefficient = excluded.coefficient, currency = excluded.currency, "
        f"touched = {_touched(db, 'price')}",
        (run_no,),
    )


def _stock(db: Connection, run_no: int, no_warehouse: int, lot: int | None, changes: Changes) -> None:
    """A total without a warehouse counts only where no warehouse is named; a deleted warehouse holds nothing."""
    db.execute(
        "DELETE FROM stage.stock WHERE warehouse_no = ?1 AND (sku_no IN "
        "(SELECT sku_no FROM stage.stock WHERE warehouse_no <> ?1) OR EXISTS "
        "(SELECT 1 FROM stock c WHERE c.sku_no = stage.stock.sku_no AND c.warehouse_no <> ?1 AND c.quantity <> 0))",
        (no_warehouse,),
    )
    db.execute(
        "INSERT OR IGNORE INTO stage.stock SELECT c.sku_no, ?1, 0 FROM "
        "(SELECT DISTINCT sku_no FROM stage.stock WHERE warehouse_no <> ?1) s "
        "CROSS JOIN stock c ON c.sku_no = s.sku_no AND c.warehouse_no = ?1 AND c.quantity <> 0",
        (no_warehouse,),
    )
    deleted = "(SELECT no FROM warehouse WHERE deleted)"
    if db.execute(f"SELECT EXISTS {deleted}").fetchone()[0]:
        db.execute(f"UPDATE stage.stock SET quantity = 0 WHERE warehouse_no IN {deleted}")
    if db.execute("SELECT EXISTS (SELECT 1 FROM stage.warehouse WHERE deleted)").fetchone()[0]:
        db.execute(
            "INSERT OR IGNORE INTO stage.stock SELECT sku_no, warehouse_no, 0 FROM stock WHERE quantity <> 0 "
            f"AND warehouse_no IN {deleted}"
        )
    said.tell_apart(db)
    same = "stock c ON (c.sku_no, c.warehouse_no) = (s.sku_no, s.warehouse_no)"
    news = "s.quantity <> coalesce(c.quantity, 0)"
    changes["stock"] += db.execute(f"SELECT count(*) FROM stage.stock s LEFT JOIN {same} WHERE {news}").fetchone()[0]
    if lot is not None:
        db.execute(
            f"INSERT INTO told.stock SELECT ?, s.sku_no, s.warehouse_no, s.quantity, {news} FROM stage.stock s "
            f"LEFT JOIN {same} WHERE true ON CONFLICT DO UPDATE SET quantity = excluded.quantity, "
            "news = max(news, excluded.news)",
            (lot,),
        )
        db.execute("INSERT OR IGNORE INTO told.same SELECT at, ? FROM stage.same_stock", (lot,))
    db.execute(
        f"INSERT INTO stock SELECT s.sku_no, s.warehouse_no, s.quantity, ?1 FROM stage.stock s LEFT JOIN {same} "
        "WHERE s.quantity <> 0 OR c.quantity IS NOT NULL ORDER BY 1, 2 "
        f"ON CONFLICT DO UPDATE SET quantity = excluded.quantity, touched = {_touched(db, 'stock')}",
        (run_no,),
    )


def _touched(db: Connection, table: str) -> str:
    """The run that named a number. One that a person changes in an ERP's product stays named by the ERP's run: else
    the end of that run, if it is still going on, would take it for absent."""
    ours = "SELECT n.at FROM stage.n_catalogue n JOIN catalogue c ON c.no = n.at WHERE c.id = '" + OWN_CATALOGUE + "'"
    if not db.execute(f"SELECT EXISTS ({ours})").fetchone()[0]:
        return "?1"
    of_card = f"(SELECT c.catalogue_no FROM sku k JOIN card c ON c.no = k.card_no WHERE k.no = {table}.sku_no)"
    return f"CASE WHEN {of_card} IN ({ours}) THEN ?1 ELSE {table}.touched END"
