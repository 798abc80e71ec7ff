"""Makes the derived tables from the facts: what is listed, in which order, under which category, by which words."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.catalogue.snapshot import search_text, sets, spelling, tree
from chalicelib.catalogue.snapshot.engine import Connection, batches
from chalicelib.catalogue.snapshot.text import sort_keys

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
    total = "(SELECT coalesce(sum(max(quantity, 0)), 0) FROM stock WHERE sku_no = item.sku_no)"
    db.execute(f"UPDATE item SET stock = {total} WHERE stock <> {total}")
    sets.note_stock(db)


def derive(db: Connection) -> None:
    """All that readers look at but prices."""
    _items(db)
    gone = search_text.renew(db)
    sets.make(db)
    tree.make(db)
    spelling.forget(db, gone)
    db.execute("DELETE FROM dirty")


def _items(db: Connection) -> None:
    numbers: list[int] = []
    cards: list[int] = []
    stock: list[int] = []
    keys: list[tuple[str, str, str]] = []
    articles: list[str] = []
    bare: list[bool] = []  # those without an article
    found = db.execute(
        "SELECT k.no, k.card_no, (SELECT coalesce(sum(max(quantity, 0)), 0) FROM stock WHERE sku_no = k.no), "
        "coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article), "
        f"k.id {_LISTED} ORDER BY k.no"
    )
    for rows in batches(found):
        some, their_cards, quantities, names, written, ids = zip(*rows, strict=True)
        numbers += some
        cards += their_cards
        stock += quantities
        articles += sort_keys(written)
        keys += zip(sort_keys(names), articles[-len(rows) :], ids, strict=True)
        bare += [not article for article in written]
    by_name = sorted(range(len(keys)), key=keys.__getitem__)
    by_article = sorted(sorted(by_name, key=articles.__getitem__), key=bare.__getitem__)
    db.execute("DELETE FROM item")
    db.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?)",
        zip(numbers, cards, _ranks(by_name), _ranks(by_article), stock, strict=True),
    )
    # The plus keeps SQLite from looking for owners of values instead: all of these are owners.
    shown = "+p.value_no IN (SELECT no FROM shown)"
    db.execute("DELETE FROM item_value")
    db.execute(
        f"""
        WITH shown AS (SELECT v.no FROM value v JOIN attribute a ON a.no = v.attribute_no
            WHERE v.text IS NOT NULL AND a.known AND NOT a.deleted AND a.kind <> 'requisite')
        INSERT OR IGNORE INTO item_value
            SELECT i.sku_no, p.value_no FROM item i CROSS JOIN card_value p ON p.card_no = i.card_no WHERE {shown}
            UNION ALL
            SELECT i.sku_no, p.value_no FROM item i CROSS JOIN sku_value p ON p.sku_no = i.sku_no WHERE {shown}
        """
    )


def _ranks(order: Sequence[int]) -> list[int]:
    """Where each of some things is in an order of all of them."""
    ranks = [0] * len(order)
    for rank, at in enumerate(order):
        ranks[at] = rank
    return ranks
