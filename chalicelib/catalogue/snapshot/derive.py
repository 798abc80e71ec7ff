"""Makes the derived tables from the facts: what is listed, in which order, under which category, by which words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.text import folded, index_words, normal_code

WHOLE_CATALOGUE = 0
"""The category number under which `listing`, `tree` and `facet` have everything."""

_MAX_FACET_VALUES = 500
_DIGITS = re.compile(r"\d+")


def derive(db: Connection) -> None:
    _items(db)
    _tree(db)
    _facets(db)
    _texts(db)
    db.execute("DELETE FROM dirty")


def _items(db: Connection) -> None:
    """Listed SKUs: the card has come and is neither deleted nor withdrawn, and so is the SKU itself.

    A product that has variants is sold by variant: its own SKU is listed only if an offer names it.
    """
    rows = db.execute(
        """
        SELECT k.no, k.card_no, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article), k.id,
            (SELECT coalesce(sum(quantity), 0) FROM stock WHERE sku_no = k.no)
        FROM sku k JOIN card c ON c.no = k.card_no
        WHERE c.known AND NOT c.deleted AND NOT c.withdrawn AND NOT k.deleted AND NOT k.withdrawn
            AND (k.declared OR (k.variant_id = ''
            AND NOT EXISTS (SELECT 1 FROM sku v WHERE v.card_no = c.no AND v.variant_id <> '' AND v.declared)))
        """
    ).fetchall()
    by_name = {row[0]: place for place, row in enumerate(sorted(rows, key=lambda r: (_sort_key(r[2]), r[4])))}
    by_article = {
        row[0]: place
        for place, row in enumerate(sorted(rows, key=lambda r: (not r[3], _sort_key(r[3]), by_name[r[0]])))
    }
    db.execute("DELETE FROM item")
    db.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?)",
        ((no, card, by_name[no], by_article[no], stock) for no, card, _, _, _, stock in rows),
    )
    db.execute("DELETE FROM item_value")
    db.execute(
        """
        INSERT INTO item_value SELECT DISTINCT sku_no, value_no FROM (
            SELECT i.sku_no, p.value_no FROM item i CROSS JOIN card_value p ON p.card_no = i.card_no
            UNION ALL SELECT i.sku_no, p.value_no FROM item i CROSS JOIN sku_value p ON p.sku_no = i.sku_no)
        CROSS JOIN value v ON v.no = value_no AND v.text IS NOT NULL
        CROSS JOIN attribute a ON a.no = v.attribute_no AND a.known AND NOT a.deleted AND a.kind <> 'requisite'
        ORDER BY 1, 2
        """
    )


def _sort_key(text: str) -> str:
    """Alphabetical without case, and `Окно 9` before `Окно 10`."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(12), folded(text))


def _tree(db: Connection) -> None:
    """The tree in reading order, and for each category the SKUs in it and below, in order of their names."""
    rows = db.execute("SELECT no, name, parent_no, deleted OR NOT known FROM category").fetchall()
    parents = {no: parent for no, _, parent, _ in rows}
    hidden = {no for no, _, _, gone in rows if gone}
    names = {no: _sort_key(name) for no, name, _, _ in rows}
    ancestors = {no: list(_living_ancestors(no, parents, hidden)) for no in parents}
    children: dict[int | None, list[int]] = defaultdict(list)
    for no in parents.keys() - hidden:
        children[next(iter(ancestors[no]), None)].append(no)
    db.execute("DELETE FROM listing")
    db.execute(
        "CREATE TEMP TABLE above (category_no INTEGER, ancestor_no INTEGER, PRIMARY KEY (category_no, ancestor_no)) "
        "WITHOUT ROWID"
    )
    db.executemany(
        "INSERT INTO above VALUES (?, ?)",
        ((no, ancestor) for no, line in ancestors.items() for ancestor in ([*line] if no in hidden else [no, *line])),
    )
    db.execute(
        f"INSERT INTO listing SELECT {WHOLE_CATALOGUE:d}, by_name, sku_no FROM item UNION "
        "SELECT a.ancestor_no, i.by_name, i.sku_no FROM item i CROSS JOIN card_category p ON p.card_no = i.card_no "
        "CROSS JOIN above a ON a.category_no = p.category_no ORDER BY 1, 2"
    )
    db.execute("DROP TABLE above")
    counts = dict(db.execute("SELECT category_no, count(*) FROM listing GROUP BY 1"))
    db.execute("DELETE FROM tree")
    db.executemany("INSERT INTO tree VALUES (?, ?, ?, ?, ?, ?)", _reading_order(children, names, counts))


def _living_ancestors(no: int, parents: dict[int, int | None], hidden: set[int]) -> Iterator[int]:
    """Ancestors, nearest first, without hidden ones; a line that comes back to where it was ends there."""
    seen = {no}
    at = parents.get(no)
    while at is not None and at not in seen:
        seen.add(at)
        if at not in hidden:
            yield at
        at = parents.get(at)


def _reading_order(
    children: dict[int | None, list[int]], names: dict[int, str], counts: dict[int, int]
) -> list[tuple[int, int, int, int | None, int, int]]:
    """Rows of `tree`: position, and the last position of the subtree, so that a subtree is one range."""
    out: list[tuple[int, int, int, int | None, int, int]] = []

    def visit(no: int, parent: int | None, depth: int) -> None:
        at = len(out)
        out.append((no, at, at, parent, depth, counts.get(no, 0)))
        for child in sorted(children[no], key=lambda c: (names[c], c)):
            visit(child, no, depth + 1)
        out[at] = (no, at, len(out) - 1, parent, depth, counts.get(no, 0))

    out.append((WHOLE_CATALOGUE, 0, 0, None, 0, counts.get(WHOLE_CATALOGUE, 0)))
    for top in sorted(children[None], key=lambda c: (names[c], c)):
        visit(top, None, 1)
    out[0] = (WHOLE_CATALOGUE, 0, len(out) - 1, None, 0, counts.get(WHOLE_CATALOGUE, 0))
    return out


def _facets(db: Connection) -> None:
    """Counts per category of each value, for attributes that can be chosen from (not of too many values)."""
    db.execute("DELETE FROM facet")
    db.execute(
        "CREATE TEMP TABLE choice AS SELECT v.no FROM value v WHERE v.attribute_no IN (SELECT w.attribute_no "
        "FROM (SELECT DISTINCT value_no FROM item_value) d CROSS JOIN value w ON w.no = d.value_no "
        "GROUP BY 1 HAVING count(*) BETWEEN 2 AND ?)",
        (_MAX_FACET_VALUES,),
    )
    db.execute(
        "INSERT INTO facet SELECT l.category_no, p.value_no, count(*) FROM listing l "
        "CROSS JOIN item_value p ON p.sku_no = l.sku_no WHERE p.value_no IN (SELECT no FROM choice) GROUP BY 1, 2"
    )
    db.execute("DROP TABLE choice")


def _texts(db: Connection) -> None:
    """Search texts and codes of SKUs that are new, gone, or of a dirty card; the rest of the index is left alone."""
    db.execute("CREATE TEMP TABLE todo (no INTEGER PRIMARY KEY)")
    db.execute(
        "INSERT INTO todo SELECT no FROM sku_text WHERE no NOT IN (SELECT sku_no FROM item) "
        "UNION SELECT sku_no FROM item WHERE sku_no NOT IN (SELECT no FROM sku_text) "
        "UNION SELECT sku_no FROM item WHERE card_no IN (SELECT card_no FROM dirty)"
    )
    before = {
        row[0]: row
        for row in db.execute("SELECT no, name, more, codes FROM sku_text WHERE no IN (SELECT no FROM todo)")
    }
    after: dict[int, tuple[int, str, str, str]] = {}
    codes: list[tuple[str, int, str, str]] = []
    for no, name, article, barcodes, words in _sources(db):
        own = [(normal, no, kind, text) for kind, text in (("article", article), *(("barcode", b) for b in barcodes))
               if (normal := normal_code(text))]  # fmt: skip
        codes += own
        pieces = " ".join(dict.fromkeys(code[0] for code in own))
        after[no] = (no, index_words(name), _joined(index_words(article), *words), pieces)
    changed = [no for no in before.keys() | after.keys() if before.get(no) != after.get(no)]
    gone = [before[no] for no in sorted(changed) if no in before]
    come = [after[no] for no in sorted(changed) if no in after]
    db.executemany("INSERT INTO words (words, rowid, name, more) VALUES ('delete', ?, ?, ?)", (row[:3] for row in gone))
    db.executemany(
        "INSERT INTO fragments (fragments, rowid, codes) VALUES ('delete', ?, ?)", ((row[0], row[3]) for row in gone)
    )
    db.executemany("DELETE FROM sku_text WHERE no = ?", ((row[0],) for row in gone))
    db.executemany("INSERT INTO sku_text VALUES (?, ?, ?, ?)", come)
    db.executemany("INSERT INTO words (rowid, name, more) VALUES (?, ?, ?)", (row[:3] for row in come))
    db.executemany("INSERT INTO fragments (rowid, codes) VALUES (?, ?)", ((row[0], row[3]) for row in come))
    db.execute("DELETE FROM code WHERE sku_no IN (SELECT no FROM todo)")
    db.executemany("INSERT OR IGNORE INTO code VALUES (?, ?, ?, ?)", sorted(codes))
    db.execute("DROP TABLE todo")


def _joined(*terms: str) -> str:
    return " ".join(term for term in terms if term)


def _sources(db: Connection) -> Iterator[tuple[int, str, str, list[str], Iterable[str]]]:
    """For each listed SKU of `todo`: number, name, article, barcodes, terms of categories and attribute values."""
    values = {no: index_words(text) for no, text in db.execute(
        "SELECT v.no, v.text FROM value v JOIN attribute a ON a.no = v.attribute_no "
        "WHERE v.text IS NOT NULL AND a.known AND NOT a.deleted AND a.kind <> 'requisite' AND v.no IN "
        "(SELECT p.value_no FROM item_value p WHERE p.sku_no IN (SELECT no FROM todo))"
    )}  # fmt: skip
    categories = {
        no: index_words(name) for no, name in db.execute("SELECT no, name FROM category WHERE known AND NOT deleted")
    }
    values_of: dict[int, list[str]] = defaultdict(list)
    for no, value in db.execute(
        "SELECT sku_no, value_no FROM item_value WHERE sku_no IN (SELECT no FROM todo) ORDER BY 1, 2"
    ):
        if value in values:
            values_of[no].append(values[value])
    for no, category in db.execute(
        "SELECT t.no, p.category_no FROM todo t JOIN item i ON i.sku_no = t.no "
        "JOIN card_category p ON p.card_no = i.card_no ORDER BY 1, 2"
    ):
        values_of[no].append(categories.get(category, ""))
    for no, name, own, article, barcode, own_barcode in db.execute(
        "SELECT k.no, c.name, k.name, coalesce(nullif(k.article, ''), c.article), c.barcode, k.barcode "
        "FROM todo t JOIN item i ON i.sku_no = t.no JOIN sku k ON k.no = t.no JOIN card c ON c.no = k.card_no"
    ):
        barcodes = [own_barcode] if own_barcode else [barcode]
        yield no, own or name, article, barcodes, values_of.get(no, ())
