"""Finds what differs between two snapshots, `old` attached to the newer one, and notes it in `temp.change`.

Each statement walks once over what readers see; rows are matched by the ids of the ERP. Properties of which only the
name or the wording was changed, and categories that were renamed, are not counted as changes of each of their products.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.catalogue.snapshot.engine import Connection

_TABLES = """
CREATE TEMP TABLE change (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, no INTEGER, old_no INTEGER, field TEXT,
    type_no INTEGER, unit TEXT, least INTEGER, was INTEGER, was_in TEXT, is_now INTEGER, now_in TEXT);
CREATE TEMP TABLE found (kind TEXT, sort INTEGER, no INTEGER, old_no INTEGER, field TEXT);
CREATE TEMP TABLE pair (no INTEGER PRIMARY KEY, old_no INTEGER NOT NULL UNIQUE);
CREATE TEMP TABLE card_pair (no INTEGER PRIMARY KEY, old_no INTEGER NOT NULL);
CREATE TEMP TABLE category_pair (no INTEGER PRIMARY KEY, old_no INTEGER NOT NULL UNIQUE);
CREATE TEMP TABLE value_pair (no INTEGER PRIMARY KEY, old_no INTEGER NOT NULL UNIQUE);
CREATE TEMP TABLE price_kind (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT, now_no INTEGER UNIQUE,
    now_in TEXT, old_no INTEGER UNIQUE, old_in TEXT);
"""
_PAIRS = (
    "INSERT INTO pair SELECT i.sku_no, o.no FROM main.item i CROSS JOIN main.sku k ON k.no = i.sku_no "
    "CROSS JOIN old.sku o ON o.id = k.id CROSS JOIN old.item j ON j.sku_no = o.no ORDER BY 1",
    "INSERT INTO card_pair SELECT DISTINCT k.card_no, o.card_no FROM pair p CROSS JOIN main.sku k ON k.no = p.no "
    "CROSS JOIN old.sku o ON o.no = p.old_no",
    "INSERT INTO category_pair SELECT c.no, o.no FROM main.category c CROSS JOIN old.category o ON o.id = c.id",
    "INSERT INTO value_pair SELECT v.no, w.no FROM main.value v CROSS JOIN main.attribute a ON a.no = v.attribute_no "
    "CROSS JOIN old.attribute b ON (b.kind, b.id) = (a.kind, a.id) "
    "CROSS JOIN old.value w ON (w.attribute_no, w.raw) = (b.no, v.raw)",
    "INSERT INTO price_kind (id, name, now_no, now_in) SELECT id, coalesce(nullif(name, ''), id), no, currency "
    "FROM main.price_type WHERE NOT deleted",
    "INSERT INTO price_kind (id, name, old_no, old_in) SELECT id, coalesce(nullif(name, ''), id), no, currency "
    "FROM old.price_type WHERE NOT deleted "
    "ON CONFLICT (id) DO UPDATE SET old_no = excluded.old_no, old_in = excluded.old_in",
)
_COME_AND_GONE = (
    "INSERT INTO found SELECT CASE WHEN c.known AND (c.deleted OR c.withdrawn OR o.deleted OR o.withdrawn) "
    "THEN 'returned' ELSE 'new' END, i.by_article, i.sku_no, o.no, '' FROM main.item i CROSS JOIN main.sku k "
    "ON k.no = i.sku_no LEFT JOIN old.sku o ON o.id = k.id LEFT JOIN old.card c ON c.no = o.card_no "
    "WHERE i.sku_no NOT IN (SELECT no FROM pair)",
    "INSERT INTO found SELECT 'withdrawn', i.by_article, k.no, i.sku_no, '' FROM old.item i CROSS JOIN old.sku o "
    "ON o.no = i.sku_no LEFT JOIN main.sku k ON k.id = o.id WHERE i.sku_no NOT IN (SELECT old_no FROM pair)",
)
_IN_ORDER = (
    "INSERT INTO change (kind, no, old_no, field) SELECT kind, no, old_no, field FROM found ORDER BY "
    "CASE kind WHEN 'new' THEN 0 WHEN 'returned' THEN 1 WHEN 'withdrawn' THEN 2 ELSE 3 END, sort, field"
)
_PRICE_COLUMNS = "kind, no, old_no, field, type_no, unit, least, was, was_in, is_now, now_in"
# In the order in which SKUs first came: to sort a million rows takes longer than to find them. Gone ones come last.
_PRICES = (
    f"INSERT INTO change ({_PRICE_COLUMNS}) "
    "SELECT 'price', p.no, p.old_no, '', t.no, q.unit, q.min_quantity, o.amount, "
    "CASE WHEN o.amount IS NOT NULL THEN coalesce(o.currency, t.old_in) END, q.amount, coalesce(q.currency, t.now_in) "
    "FROM pair p CROSS JOIN main.price q ON q.sku_no = p.no CROSS JOIN price_kind t ON t.now_no = q.price_type_no "
    "LEFT JOIN old.price o ON (o.sku_no, o.price_type_no, o.unit, o.min_quantity) "
    "= (p.old_no, t.old_no, q.unit, q.min_quantity) "
    "WHERE (o.amount, o.coefficient, coalesce(o.currency, t.old_in)) "
    "IS NOT (q.amount, q.coefficient, coalesce(q.currency, t.now_in)) ORDER BY p.no",
    f"INSERT INTO change ({_PRICE_COLUMNS}) "
    "SELECT 'price', p.no, p.old_no, '', t.no, o.unit, o.min_quantity, o.amount, "
    "coalesce(o.currency, t.old_in), NULL, NULL "
    "FROM pair p CROSS JOIN old.price o ON o.sku_no = p.old_no CROSS JOIN price_kind t ON t.old_no = o.price_type_no "
    "LEFT JOIN main.price q ON (q.sku_no, q.price_type_no, q.unit, q.min_quantity) "
    "= (p.no, t.now_no, o.unit, o.min_quantity) WHERE q.sku_no IS NULL ORDER BY p.no",
)


def find(db: Connection, fields: Mapping[str, str]) -> None:
    """Makes `temp.change`, of which each kind is one stretch, and `temp.price_kind`. `fields` = expressions over a SKU
    `k` and its card `c`."""
    db.executescript(_TABLES)
    for statement in (*_PAIRS, *_COME_AND_GONE):
        db.execute(statement)
    _texts(db, fields)
    _sets(db)
    for statement in (_IN_ORDER, *_PRICES):
        db.execute(statement)
    for table in ("found", "pair", "card_pair", "category_pair", "value_pair"):
        db.execute(f"DROP TABLE {table}")


def _texts(db: Connection, fields: Mapping[str, str]) -> None:
    now = ", ".join(fields.values())
    before = now.replace("k.", "o.").replace("c.", "d.")
    marks = ", ".join(
        f"{text} IS NOT {text.replace('k.', 'o.').replace('c.', 'd.')} AS {name}" for name, text in fields.items()
    )
    db.execute(
        f"CREATE TEMP TABLE text AS SELECT p.no, p.old_no, {marks} FROM pair p CROSS JOIN main.sku k ON k.no = p.no "
        "CROSS JOIN main.card c ON c.no = k.card_no CROSS JOIN old.sku o ON o.no = p.old_no "
        f"CROSS JOIN old.card d ON d.no = o.card_no WHERE ({now}) IS NOT ({before})"
    )
    for name in fields:
        _note(db, name, f"SELECT no, old_no FROM text WHERE {name}")
    db.execute("DROP TABLE text")


def _sets(db: Connection) -> None:
    of_cards = "SELECT p.no, p.old_no FROM pair p CROSS JOIN main.sku k ON k.no = p.no WHERE k.card_no IN ({})"
    categories = _unlike("card_pair", "card_category", "card_no", "category_no", "category_pair")
    _note(db, "categories", of_cards.format(categories))
    values = of_cards.format(_unlike("card_pair", "card_value", "card_no", "value_no", "value_pair"))
    own = _unlike("pair", "sku_value", "sku_no", "value_no", "value_pair")
    _note(db, "properties", f"{values} UNION SELECT p.no, p.old_no FROM pair p WHERE p.no IN ({own})")
    here, there = "main.card_picture q", "old.card_picture o"
    _note(
        db, "pictures",
        of_cards.format(
            f"SELECT n.no FROM card_pair n CROSS JOIN {here} ON q.card_no = n.no LEFT JOIN {there} "
            "ON (o.card_no, o.position) = (n.old_no, q.position) WHERE o.path IS NOT q.path "
            f"UNION SELECT n.no FROM card_pair n CROSS JOIN {there} ON o.card_no = n.old_no LEFT JOIN {here} "
            "ON (q.card_no, q.position) = (n.no, o.position) WHERE q.path IS NULL"
        ),
    )  # fmt: skip


def _unlike(owners: str, table: str, owner: str, member: str, members: str) -> str:
    """Owners whose members are not the same in both snapshots."""
    return (
        f"SELECT n.no FROM {owners} n CROSS JOIN main.{table} q ON q.{owner} = n.no LEFT JOIN {members} m "
        f"ON m.no = q.{member} LEFT JOIN old.{table} o ON (o.{owner}, o.{member}) = (n.old_no, m.old_no) "
        f"WHERE o.{owner} IS NULL UNION "
        f"SELECT n.no FROM {owners} n CROSS JOIN old.{table} o ON o.{owner} = n.old_no LEFT JOIN {members} m "
        f"ON m.old_no = o.{member} LEFT JOIN main.{table} q ON (q.{owner}, q.{member}) = (n.no, m.no) "
        f"WHERE q.{owner} IS NULL"
    )


def _note(db: Connection, field: str, pairs: str) -> None:
    db.execute(
        f"INSERT INTO found SELECT 'changed', i.by_article, f.no, f.old_no, ? FROM ({pairs}) f "
        "CROSS JOIN main.item i ON i.sku_no = f.no",
        (field,),
    )
