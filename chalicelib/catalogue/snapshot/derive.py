"""Makes the derived tables from the facts: what is listed, in which order, under which category, by which words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from chalicelib.catalogue.snapshot import sets, spelling, tree
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.text import (
    index_tokens,
    index_words,
    is_code,
    normal_code,
    sort_key,
    spellings,
    tokens,
)

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
    sets.note_stock(db)


def derive(db: Connection) -> None:
    """All that readers look at but prices."""
    _items(db)
    gone = _texts(db)
    sets.make(db)
    tree.make(db)
    spelling.forget(db, gone)
    db.execute("DELETE FROM dirty")


def is_stale(db: Connection) -> bool:
    """Whether something waits for `derive`, as everything does after `schema.upgrade`."""
    return db.execute("SELECT 1 FROM dirty LIMIT 1").fetchone() is not None


def _items(db: Connection) -> None:
    rows = db.execute(
        "SELECT k.no, k.card_no, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article), "
        f"k.id, (SELECT coalesce(sum(quantity), 0) FROM stock WHERE sku_no = k.no) {_LISTED}"
    ).fetchall()
    named_alike = sorted(rows, key=lambda r: (sort_key(r[2]), sort_key(r[3]), r[4]))
    by_name = {row[0]: place for place, row in enumerate(named_alike)}
    by_article = {
        row[0]: place for place, row in enumerate(sorted(rows, key=lambda r: (not r[3], sort_key(r[3]), by_name[r[0]])))
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


def _texts(db: Connection) -> set[str]:
    """Search texts and codes of SKUs that are new, gone, or of a dirty card; the rest is left alone. Returns the stems
    that some of them no longer have."""
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
    for no, name, article, barcode, others, terms in _sources(db, spelled):
        named = (("article", article), ("barcode", barcode), *(("other", code) for code in others))
        own = [(normal, no, kind, text) for kind, text in named if (normal := normal_code(text))]
        codes += own
        pieces = " ".join(dict.fromkeys([code[0] for code in own]))
        more = " ".join(sorted(terms.union(index_words(article))))
        after[no] = (no, " ".join(_learnt(name, spelled)), more, pieces)
    changed = [no for no in before.keys() | after.keys() if before.get(no) != after.get(no)]
    gone = [before[no] for no in sorted(changed) if no in before]
    come = [after[no] for no in sorted(changed) if no in after]
    db.executemany(
        "INSERT INTO fragments (fragments, rowid, codes) VALUES ('delete', ?, ?)", ((row[0], row[3]) for row in gone)
    )
    db.executemany("DELETE FROM sku_text WHERE no = ?", ((row[0],) for row in gone))
    db.executemany("INSERT INTO sku_text VALUES (?, ?, ?, ?)", come)
    db.executemany("INSERT INTO fragments (rowid, codes) VALUES (?, ?)", ((row[0], row[3]) for row in come))
    db.execute("DELETE FROM code WHERE sku_no IN (SELECT no FROM todo)")
    db.executemany("INSERT OR IGNORE INTO code VALUES (?, ?, ?, ?)", sorted(codes))
    db.execute("DROP TABLE todo")
    spelling.keep(db, spelled)
    return _stems(gone) - _stems(come)


def _learnt(text: str, spelled: dict[str, str]) -> list[str]:
    """The text's terms for the index; how its words are written goes into `spelled`."""
    found = tokens(text)
    if any(token not in spelled and not token.isdigit() for token in found):
        spelled.update(spellings(text))
    return index_tokens(found)


def _stems(texts: Iterable[tuple[int, str, str, str]]) -> set[str]:
    return {term for _, name, more, _ in texts for term in f"{name} {more}".split() if term[0] != "~"}


def _sources(db: Connection, spelled: dict[str, str]) -> Iterator[tuple[int, str, str, str, list[str], set[str]]]:
    """For each listed SKU of `todo`: number, name, article, barcode, other codes, terms of categories and values."""
    of_value = _remembered(db, "SELECT text FROM value WHERE no = ?", spelled)
    of_category = _remembered(db, "SELECT name FROM category WHERE no = ? AND known AND NOT deleted", spelled)
    codes: dict[int, list[str]] = defaultdict(list)
    for no, text in _named_codes(db):
        codes[no].append(text)
    for no, name, article, barcode, values, categories in db.execute(
        "SELECT k.no, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article), "
        "coalesce(nullif(k.barcode, ''), c.barcode), "
        "(SELECT group_concat(value_no) FROM item_value WHERE sku_no = k.no), "
        "(SELECT group_concat(category_no) FROM card_category WHERE card_no = k.card_no) "
        "FROM todo t JOIN item i ON i.sku_no = t.no JOIN sku k ON k.no = t.no JOIN card c ON c.no = k.card_no"
    ):
        terms: set[str] = set().union(
            *map(of_value, values.split(",") if values else ()),
            *map(of_category, categories.split(",") if categories else ()),
        )
        yield no, name, article, barcode, sorted(set(codes.get(no, ()))), terms


def _remembered(db: Connection, statement: str, spelled: dict[str, str]) -> Callable[[str], frozenset[str]]:
    """From the number of a thing that many SKUs share to the terms of its text."""

    @cache
    def terms(no: str) -> frozenset[str]:
        row = db.execute(statement, (int(no),)).fetchone()
        return frozenset(_learnt(row[0], spelled) if row else ())

    return terms


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
