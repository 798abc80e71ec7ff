"""Writes what a search looks for: the terms of each SKU's name and of all else about it, and its codes.

Only of SKUs that are new, gone, or of a dirty card: they are `todo`, with the codes that they have had. The rest is
left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain

from chalicelib.catalogue.snapshot import spelling
from chalicelib.catalogue.snapshot.engine import Connection, batches
from chalicelib.catalogue.snapshot.text import (
    index_tokens,
    is_code,
    normal_codes,
    spellings,
    tokens,
    tokens_of_each,
)

_Terms = Callable[[str], frozenset[str]]
_Code = tuple[str, int, str, str]  # a row of `code`

_SOURCES = """
    SELECT t.no, coalesce(nullif(k.name, ''), c.name), coalesce(nullif(k.article, ''), c.article),
        coalesce(nullif(k.barcode, ''), c.barcode),
        (SELECT group_concat(value_no) FROM item_value WHERE sku_no = k.no),
        (SELECT group_concat(category_no) FROM card_category WHERE card_no = k.card_no), s.name, s.more, s.codes
    FROM todo t CROSS JOIN item i ON i.sku_no = t.no CROSS JOIN sku k ON k.no = t.no
    CROSS JOIN card c ON c.no = k.card_no LEFT JOIN sku_text s ON s.no = t.no
    ORDER BY t.no
"""


def renew(db: Connection) -> set[str]:
    """Returns the stems that some SKUs no longer have; others may."""
    db.execute("CREATE TEMP TABLE todo (no INTEGER PRIMARY KEY, codes TEXT)")
    db.execute(
        "INSERT INTO todo SELECT sku_no, codes FROM item LEFT JOIN sku_text ON no = sku_no "
        "WHERE no IS NULL OR card_no IN (SELECT card_no FROM dirty) "
        "UNION ALL SELECT no, codes FROM sku_text WHERE no NOT IN (SELECT sku_no FROM item)"
    )
    unlisted = "FROM sku_text WHERE no NOT IN (SELECT sku_no FROM item)"
    gone, come = _stems(db.execute(f"SELECT name, more {unlisted}")), set[str]()
    db.execute(f"DELETE {unlisted}")
    spelled: dict[str, str] = {}
    of_value = _remembered(db, "SELECT text FROM value WHERE no = ?", spelled)
    of_category = _remembered(db, "SELECT name FROM category WHERE no = ? AND known AND NOT deleted", spelled)
    codes = _named_codes(db)
    others: dict[int, list[str]] = defaultdict(list)
    for normal, no, _, _ in codes:
        others[no].append(normal)
    for rows in batches(db.execute(_SOURCES)):
        numbers, names, articles, barcodes, values, categories, *before = zip(*rows, strict=True)
        own = normal_codes(articles), normal_codes(barcodes)
        for kind, normals, texts in zip(("article", "barcode"), own, (articles, barcodes), strict=True):
            codes += _codes(kind, numbers, texts, normals)
        pieces = (
            " ".join(dict.fromkeys(filter(None, (*both, *others.get(no, ())))))
            for no, *both in zip(numbers, *own, strict=True)
        )
        terms = _terms(names, articles, values, categories, of_value, of_category, spelled)
        after = [(*text, some) for text, some in zip(terms, pieces, strict=True)]
        changed = [row for row in zip(numbers, after, zip(*before, strict=True), strict=True) if row[1] != row[2]]
        gone |= _stems(old[:2] for _, _, old in changed if old[0] is not None)
        come |= _stems(new[:2] for _, new, old in changed if old[0] is not None)
        db.executemany("INSERT OR REPLACE INTO sku_text VALUES (?, ?, ?, ?)", ((no, *new) for no, new, _ in changed))
    _keep_codes(db, codes)
    db.execute("DROP TABLE todo")
    spelling.keep(db, spelled)
    return gone - come


def _stems(texts: Iterable[tuple[str, str]]) -> set[str]:
    return {term for name, more in texts for term in chain(name.split(), more.split()) if term[0] != "~"}


def _terms(
    names: Sequence[str],
    articles: Sequence[str],
    values: Sequence[str | None],
    categories: Sequence[str | None],
    of_value: _Terms,
    of_category: _Terms,
    spelled: dict[str, str],
) -> Iterator[tuple[str, str]]:
    """For each SKU the terms of its name and those of all else."""
    named = tokens_of_each(names)
    fresh = {token for token in set(chain.from_iterable(named)) - spelled.keys() if not token.isdigit()}
    for name, found, article, its_values, its_categories in zip(
        names, named, tokens_of_each(articles), values, categories, strict=True
    ):
        shared = [*map(of_value, _split(its_values)), *map(of_category, _split(its_categories))]
        if not fresh.isdisjoint(found):
            _learn(name, found, spelled)
        yield " ".join(index_tokens(found)), " ".join(sorted(set(index_tokens(article)).union(*shared)))


def _split(numbers: str | None) -> list[str]:
    return numbers.split(",") if numbers else []


def _learn(text: str, found: Iterable[str], spelled: dict[str, str]) -> None:
    """How the words of a text are written goes into `spelled`, if one of its tokens is not there yet."""
    if any(token not in spelled and not token.isdigit() for token in found):
        spelled.update(spellings(text))


def _remembered(db: Connection, statement: str, spelled: dict[str, str]) -> _Terms:
    """From the number of a thing that many SKUs share to the terms of its text."""

    @cache
    def terms(no: str) -> frozenset[str]:
        row = db.execute(statement, (int(no),)).fetchone()
        found = tokens(row[0]) if row else []
        _learn(row[0] if row else "", found, spelled)
        return frozenset(index_tokens(found))

    return terms


def _named_codes(db: Connection) -> list[_Code]:
    """Values of properties and requisites that are codes by their name."""
    named = db.execute("SELECT no, name FROM attribute WHERE NOT deleted")
    attributes = ", ".join(str(no) for no, name in named if is_code(name))
    of_codes = f"JOIN value v ON v.no = p.value_no AND v.text IS NOT NULL AND v.attribute_no IN ({attributes})"
    rows = db.execute(
        "SELECT t.no, v.text FROM todo t CROSS JOIN item i ON i.sku_no = t.no "
        f"CROSS JOIN card_value p ON p.card_no = i.card_no {of_codes} "
        f"UNION SELECT t.no, v.text FROM todo t CROSS JOIN sku_value p ON p.sku_no = t.no {of_codes} ORDER BY 1, 2"
    ).fetchall()
    numbers, texts = [no for no, _ in rows], [text for _, text in rows]
    return _codes("other", numbers, texts, normal_codes(texts))


def _codes(kind: str, numbers: Sequence[int], texts: Sequence[str], normals: Sequence[str]) -> list[_Code]:
    return [(n, no, kind, text) for n, no, text in zip(normals, numbers, texts, strict=True) if n]


def _keep_codes(db: Connection, codes: list[_Code]) -> None:
    """Codes of `todo`, and the pieces of them, of which only those are written that have changed."""
    db.execute("DELETE FROM code WHERE sku_no IN (SELECT no FROM todo)")
    codes.sort()
    db.executemany("INSERT OR IGNORE INTO code VALUES (?, ?, ?, ?)", codes)
    changed = "FROM todo t LEFT JOIN sku_text s ON s.no = t.no WHERE s.codes IS NOT t.codes"
    db.execute(
        "INSERT INTO fragments (fragments, rowid, codes) "
        f"SELECT 'delete', t.no, t.codes {changed} AND t.codes IS NOT NULL ORDER BY t.no"
    )
    db.execute(
        f"INSERT INTO fragments (rowid, codes) SELECT t.no, s.codes {changed} AND s.codes IS NOT NULL ORDER BY t.no"
    )
