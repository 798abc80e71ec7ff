"""Makes the derived tables from the facts: what is listed, in which order, under which category, by which words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from chalicelib.catalogue.snapshot import spelling
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.text import (
    folded,
    index_tokens,
    index_words,
    is_code,
    normal_code,
    spellings,
    tokens,
)

WHOLE_CATALOGUE = 0
"""The category number under which `listing`, `tree` and `facet` have everything."""

_MAX_FACET_VALUES = 500
_DIGITS = re.compile(r"\d+")


_LISTED = """
    FROM sku k JOIN card c ON c.no = k.card_no
    WHERE c.known AND NOT c.deleted AND NOT c.withdrawn AND NOT c.hidden AND NOT k.deleted AND NOT k.withdrawn
        AND (k.declared OR (k.variant_id = ''
        AND NOT EXISTS (SELECT 1 FROM sku v WHERE v.card_no = c.no AND v.variant_id <> '' AND v.declared)))
"""
"""Listed SKUs: the card has come and is neither deleted nor withdrawn nor hidden, and so is the SKU itself.

A product that has variants is sold by variant: its own SKU is listed only if an offer names it.
"""


def count_listed(db: Connection) -> int:
    """How many SKUs readers would see if the lists were made now."""
    return int(db.execute(f"SELECT count(*) {_LISTED}").fetchone()[0])


LISTED_KINDS = frozenset({"category", "property", "product", "offer"})
"""Kinds of rows that lists, facets and search are made of; prices are read as they are, stock is noted as its sum."""


def derive_stock(db: Connection) -> None:
    """What derived tables have of the stock, where nothing else has changed."""
    total = "(SELECT coalesce(sum(quantity), 0) FROM stock WHERE sku_no = item.sku_no)"
    db.execute(f"UPDATE item SET stock = {total} WHERE stock <> {total}")


def derive(db: Connection) -> None:
    _items(db)
    _tree(db)
    _facets(db)
    _texts(db)
    db.execute("DELETE FROM dirty")


def _items(db: Connection) -> None:
    rows = db.execute(
        "SELECT k.no, k.card_no, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article), "
        f"k.id, (SELECT coalesce(sum(quantity), 0) FROM stock WHERE sku_no = k.no) {_LISTED}"
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
    rows = db.execute("SELECT no, name, parent_no, deleted OR NOT known, position FROM category").fetchall()
    parents = {no: parent for no, _, parent, _, _ in rows}
    hidden = {no for no, _, _, gone, _ in rows if gone}
    names = {no: (not position, position, _sort_key(name)) for no, name, _, _, position in rows}
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
    children: dict[int | None, list[int]], names: dict[int, tuple[bool, int, str]], counts: dict[int, int]
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
    choice = {
        no
        for (no,) in db.execute(
            "SELECT v.no FROM value v WHERE v.attribute_no IN (SELECT w.attribute_no "
            "FROM (SELECT DISTINCT value_no FROM item_value) d CROSS JOIN value w ON w.no = d.value_no "
            "GROUP BY 1 HAVING count(*) BETWEEN 2 AND ?)",
            (_MAX_FACET_VALUES,),
        )
    }
    # The database would sort every pair of a category and a value; counting in memory touches each once.
    categories: defaultdict[int, list[int]] = defaultdict(list)
    for category, sku in db.execute("SELECT category_no, sku_no FROM listing"):
        categories[sku].append(category)
    counts: Counter[tuple[int, int]] = Counter()
    for sku, value in db.execute("SELECT sku_no, value_no FROM item_value"):
        if value in choice:
            for category in categories[sku]:
                counts[category, value] += 1
    db.execute("DELETE FROM facet")
    db.executemany("INSERT INTO facet VALUES (?, ?, ?)", sorted((*pair, count) for pair, count in counts.items()))


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
    spelled: dict[str, str] = {}
    for no, name, article, barcode, others, words in _sources(db, spelled):
        named = (("article", article), ("barcode", barcode), *(("other", code) for code in others))
        own = [(normal, no, kind, text) for kind, text in named if (normal := normal_code(text))]
        codes += own
        pieces = " ".join(dict.fromkeys(code[0] for code in own))
        after[no] = (no, _learnt(name, spelled), _merged(index_words(article), *words), pieces)
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
    spelling.keep(db, spelled)
    if gone:
        spelling.forget(db, _stems(gone) - _stems(come))


def _learnt(text: str, spelled: dict[str, str]) -> str:
    """The text's terms for the index; how its words are written goes into `spelled`."""
    found = tokens(text)
    if any(token not in spelled and not token.isdigit() for token in found):
        spelled.update(spellings(text))
    return index_tokens(found)


def _stems(texts: Iterable[tuple[int, str, str, str]]) -> set[str]:
    return {term for _, name, more, _ in texts for term in f"{name} {more}".split() if term[0] != "~"}


def _merged(*terms: str) -> str:
    """Terms of several texts, each once, in an order that does not depend on how they came."""
    return " ".join(sorted({term for text in terms for term in text.split()}))


def _sources(
    db: Connection, spelled: dict[str, str]
) -> Iterator[tuple[int, str, str, str, Iterable[str], Iterable[str]]]:
    """For each listed SKU of `todo`: number, name, article, barcode, other codes, terms of categories and values."""
    terms: dict[int, list[str]] = defaultdict(list)
    cache: dict[str, str] = {}
    for no, text in db.execute(
        "SELECT t.no, v.text FROM todo t CROSS JOIN item_value p ON p.sku_no = t.no JOIN value v ON v.no = p.value_no "
        "UNION ALL SELECT t.no, c.name FROM todo t CROSS JOIN item i ON i.sku_no = t.no "
        "CROSS JOIN card_category p ON p.card_no = i.card_no "
        "JOIN category c ON c.no = p.category_no AND c.known AND NOT c.deleted"
    ):
        if text not in cache:
            cache[text] = _learnt(text, spelled)
        terms[no].append(cache[text])
    codes: dict[int, list[str]] = defaultdict(list)
    for no, text in _named_codes(db):
        codes[no].append(text)
    for no, name, article, barcode in db.execute(
        "SELECT k.no, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article), "
        "coalesce(nullif(k.barcode, ''), c.barcode) FROM todo t JOIN item i ON i.sku_no = t.no "
        "JOIN sku k ON k.no = t.no JOIN card c ON c.no = k.card_no"
    ):
        yield no, name, article, barcode, sorted(set(codes.get(no, ()))), terms.get(no, ())


def _named_codes(db: Connection) -> Iterator[tuple[int, str]]:
    """Values of properties and requisites that are codes by their name: (SKU number, text)."""
    named = db.execute("SELECT no, name FROM attribute WHERE NOT deleted")
    numbers = ", ".join(str(no) for no, name in named if is_code(name))
    of_codes = f"JOIN value v ON v.no = p.value_no AND v.text IS NOT NULL AND v.attribute_no IN ({numbers})"
    yield from db.execute(
        "SELECT t.no, v.text FROM todo t CROSS JOIN item i ON i.sku_no = t.no "
        f"CROSS JOIN card_value p ON p.card_no = i.card_no {of_codes} "
        f"UNION SELECT t.no, v.text FROM todo t CROSS JOIN sku_value p ON p.sku_no = t.no {of_codes}"
    )
