"""What a person does to the catalogue, beside what an ERP says of it (docs/adr/0018).

A product or category that was made here has what the person says. In one that came from an ERP the person's texts
hold: `own` names each such field and what the ERP has in its place (`theirs`), which later exchanges keep up to date.
Typing the ERP's own text again gives the field back to it. Whether a product is hidden, and where a category stands
among its siblings, only a person says. Pictures are shared (`pictures`). Categories, attributes, prices and stock have
no owner: whoever spoke last.
"""

from __future__ import annotations

from chalicelib.catalogue.model import OWN_ID
from chalicelib.catalogue.snapshot import pictures
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.rows import Changes, replace_rows, write_rows

CARD_FIELDS = ("name", "article", "barcode", "unit", "unit_code", "vat_rate", "description")
_OF_OFFERS = CARD_FIELDS[:5]  # what an offer of the product itself says too, and readers see before the card's
_CATEGORY_FIELDS = ("name", "parent_no")
_SAID = {field: f"s.{field}" for field in CARD_FIELDS} | {"vat_rate": "nullif(s.vat_rate, '')"}


def protect(db: Connection, changes: Changes) -> None:
    """Before an ERP's rows are merged: where a field is the person's, what the ERP says goes into `theirs`."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM own)").fetchone()[0]:
        return
    for kind, changed, fields in (("card", "product", CARD_FIELDS), ("category", "category", _CATEGORY_FIELDS)):
        for field in fields:
            write_rows(
                db, changes, changed,
                f"UPDATE own SET theirs = s.{field} FROM stage.{kind} s WHERE (own.kind, own.field) = (?, ?) "
                f"AND s.no = own.no AND NOT s.deleted AND own.theirs IS NOT s.{field}",
                kind, field,
            )  # fmt: skip
            db.execute(
                f"UPDATE stage.{kind} SET {field} = (SELECT c.{field} FROM {kind} c WHERE c.no = {kind}.no) "
                "WHERE no IN (SELECT no FROM own WHERE (kind, field) = (?, ?))",
                (kind, field),
            )
    for field in _OF_OFFERS:
        db.execute(
            f"UPDATE stage.offer SET {field} = '' WHERE {field} <> '' AND no IN (SELECT k.no FROM own o JOIN sku k "
            "ON k.card_no = o.no AND k.variant_id = '' WHERE (o.kind, o.field) = ('card', ?))",
            (field,),
        )
    pictures.protect(db, changes)


def change(db: Connection, run_no: int, changes: Changes) -> None:
    """Applies what a person says, after what the same part says otherwise."""
    if db.execute("SELECT EXISTS (SELECT 1 FROM stage.category_change)").fetchone()[0]:
        _categories(db, changes)
    if db.execute("SELECT EXISTS (SELECT 1 FROM stage.change)").fetchone()[0]:
        _cards(db, run_no, changes)


def keep(db: Connection, run_no: int) -> None:
    """Notes as named by the run what it spoke of in rows that could not be taken."""
    kept = "SELECT no FROM stage.kept"
    db.execute(f"UPDATE card SET touched = ? WHERE no IN (SELECT card_no FROM sku WHERE no IN ({kept}))", (run_no,))
    for table, sku in (("sku", "no"), ("price", "sku_no"), ("stock", "sku_no")):
        db.execute(f"UPDATE {table} SET touched = ? WHERE {sku} IN ({kept})", (run_no,))


def _categories(db: Connection, changes: Changes) -> None:
    theirs = f"c.known AND substr(c.id, 1, {len(OWN_ID)}) <> '{OWN_ID}'"
    said = {"name": ("s.name IS NOT NULL", "s.name"), "parent_no": ("s.moves", "s.parent_no")}
    for field, (named, value) in said.items():
        db.execute(
            f"INSERT OR IGNORE INTO own SELECT 'category', c.no, ?, c.{field} FROM stage.category_change s "
            f"JOIN category c ON c.no = s.no WHERE {theirs} AND {named} AND c.{field} IS NOT {value}",
            (field,),
        )
    after = {field: f"CASE WHEN {named} THEN {value} ELSE c.{field} END" for field, (named, value) in said.items()}
    after |= {"known": "1", "deleted": "0", "position": "coalesce(s.position, c.position)"}
    differs = f"({', '.join('c.' + name for name in after)}) IS NOT ({', '.join(after.values())})"
    db.execute(
        "INSERT OR IGNORE INTO dirty SELECT p.card_no FROM card_category p WHERE p.category_no IN "
        f"(SELECT c.no FROM stage.category_change s JOIN category c ON c.no = s.no WHERE {differs})"
    )
    write_rows(
        db, changes, "category",
        f"UPDATE category AS c SET {_assigned(after)} FROM stage.category_change s WHERE s.no = c.no AND {differs}",
    )  # fmt: skip
    _give_back(db, "category", _CATEGORY_FIELDS, "SELECT no FROM stage.category_change")


def _cards(db: Connection, run_no: int, changes: Changes) -> None:
    db.execute(  # a product is whose catalogue it is in; one that is new is in the person's
        "UPDATE card AS c SET catalogue_no = s.catalogue_no FROM stage.change s WHERE s.no = c.no "
        "AND (NOT c.known OR c.catalogue_no IS NULL)"
    )
    for field, value in _SAID.items():
        db.execute(
            f"INSERT OR IGNORE INTO own SELECT 'card', c.no, ?, c.{field} FROM stage.change s JOIN card c "
            f"ON c.no = s.no WHERE c.catalogue_no <> s.catalogue_no AND s.{field} IS NOT NULL "
            f"AND c.{field} IS NOT {value}",
            (field,),
        )
    after = {field: f"CASE WHEN s.{field} IS NULL THEN c.{field} ELSE {said} END" for field, said in _SAID.items()}
    listed = "s.lists AND c.catalogue_no = s.catalogue_no"
    after |= {
        "known": "c.known OR c.catalogue_no = s.catalogue_no",
        "deleted": f"CASE WHEN {listed} THEN 0 ELSE c.deleted END",
        "withdrawn": f"CASE WHEN {listed} THEN 0 ELSE c.withdrawn END",
        "hidden": "coalesce(s.hidden, c.hidden)",
    }
    db.execute(
        "CREATE TEMP TABLE changed_card AS SELECT c.no FROM stage.change s JOIN card c ON c.no = s.no "
        f"WHERE ({', '.join('c.' + name for name in after)}) IS NOT ({', '.join(after.values())})"
    )
    db.execute(
        f"UPDATE card AS c SET {_assigned(after)} FROM stage.change s WHERE s.no = c.no "
        "AND c.no IN (SELECT no FROM changed_card)"
    )
    db.execute(
        "UPDATE card AS c SET touched = ?1 FROM stage.change s WHERE s.no = c.no AND c.catalogue_no = s.catalogue_no",
        (run_no,),
    )
    for field in _OF_OFFERS:
        shadowed = f"SELECT no FROM stage.change WHERE {field} IS NOT NULL"
        said_so = f"variant_id = '' AND {field} <> '' AND card_no IN ({shadowed})"
        db.execute(f"INSERT INTO changed_card SELECT card_no FROM sku WHERE {said_so}")
        db.execute(f"UPDATE sku SET {field} = '' WHERE {said_so}")
    _give_back(db, "card", CARD_FIELDS, "SELECT no FROM stage.change")
    replace_rows(
        db, "card_category", "card_no", "category_no", "SELECT card_no, category_no FROM stage.change_category",
        "SELECT no FROM stage.change WHERE categories",
    )  # fmt: skip
    db.execute("INSERT INTO changed_card SELECT card_no FROM changed_card_category")
    db.execute("DROP TABLE changed_card_category")
    _values(db)
    pictures.change(db)
    db.execute("INSERT OR IGNORE INTO dirty SELECT no FROM changed_card")
    changes["product"] += db.execute("SELECT count(DISTINCT no) FROM changed_card").fetchone()[0]
    db.execute("DROP TABLE changed_card")


def _values(db: Connection) -> None:
    """The values of the attributes that were named; others stay."""
    present = (
        "SELECT p.card_no, p.value_no FROM stage.change_attribute n JOIN card_value p ON p.card_no = n.card_no "
        "JOIN value v ON v.no = p.value_no AND v.attribute_no = n.attribute_no"
    )
    wanted = "SELECT card_no, value_no FROM stage.change_value"
    db.execute(f"CREATE TEMP TABLE gone AS {present} EXCEPT {wanted}")
    db.execute(f"CREATE TEMP TABLE come AS {wanted} EXCEPT {present}")
    db.execute("DELETE FROM card_value WHERE (card_no, value_no) IN (SELECT * FROM gone)")
    db.execute("INSERT INTO card_value SELECT * FROM come")
    db.execute("INSERT INTO changed_card SELECT card_no FROM gone UNION SELECT card_no FROM come")
    db.execute("DROP TABLE gone")
    db.execute("DROP TABLE come")


def _give_back(db: Connection, kind: str, fields: tuple[str, ...], changed: str) -> None:
    for field in fields:
        db.execute(
            f"DELETE FROM own WHERE (kind, field) = (?, ?) AND no IN ({changed}) "
            f"AND theirs IS (SELECT c.{field} FROM {kind} c WHERE c.no = own.no)",
            (kind, field),
        )


def _assigned(values: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
