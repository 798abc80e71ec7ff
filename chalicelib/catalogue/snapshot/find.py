"""Searching a snapshot: which SKUs, in which order, with which facets. SQL only; `read` turns numbers into items."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

from chalicelib.catalogue.model import Facet, FacetValue, Query, Sort
from chalicelib.catalogue.snapshot.derive import WHOLE_CATALOGUE
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.schema import PRICE_DIGITS
from chalicelib.catalogue.snapshot.text import fragment_query, normal_code, query_tokens, word_query

_MAX_FACETS = 12
_MAX_VALUES = 30
_NO_LIMIT = 2**63 - 1
_Parameters = dict[str, object]
_Counts = dict[Any, int]
"""(attribute's number, key, name, text of the value) → how many SKUs"""


def prepare(db: Connection) -> None:
    """Creates the scratch table of this connection; one search at a time may use it."""
    db.execute("CREATE TEMP TABLE hit (sku_no INTEGER PRIMARY KEY, tier INTEGER)")


def find(db: Connection, query: Query) -> tuple[list[int], int, tuple[Facet, ...]]:
    """Numbers of the page's SKUs in order, how many there are in all, and the facets.

    Nothing typed and nothing chosen is answered from ready-made tables, whatever the catalogue's size.
    """
    category = _category_number(db, query.category_id)
    if category is None:
        return [], 0, ()
    counts: _Counts = {}
    for position, (attribute, _) in enumerate(query.attributes):
        # The counts of an attribute's own values ignore its own filter: they show what else could be chosen.
        others = replace(query, attributes=(*query.attributes[:position], *query.attributes[position + 1 :]))
        number = _attribute_number(db, attribute)
        counts.update({key: n for key, n in _counts(db, category, others).items() if key[0] == number})
    chosen = {_attribute_number(db, attribute): frozenset(texts) for attribute, texts in query.attributes}
    counts.update({key: n for key, n in _counts(db, category, query).items() if key[0] not in chosen})
    facets = _facets(counts, chosen)
    if _plain(query) and query.sort in (Sort.RELEVANCE, Sort.NAME):
        numbers = db.execute(
            f"SELECT sku_no FROM listing WHERE category_no = ? ORDER BY place {_way(query)} LIMIT ? OFFSET ?",
            (category, query.size, _offset(query)),
        )
        total = db.execute("SELECT count FROM tree WHERE category_no = ?", (category,)).fetchone()[0]
        return [row[0] for row in numbers], total, facets
    if _plain(query):
        _fill_hits(db, category, query)
    return _page_of_hits(db, query), db.execute("SELECT count(*) FROM hit").fetchone()[0], facets


def _plain(query: Query) -> bool:
    return not (query.text.strip() or query.attributes or query.in_stock or _priced(query))


def _counts(db: Connection, category: int, query: Query) -> _Counts:
    """How many of what fits have each value; leaves what fits in `hit` unless the counts were ready."""
    if _plain(query):
        counted, of = "SELECT value_no, count AS n FROM facet WHERE category_no = ?1", category
    else:
        _fill_hits(db, category, query)
        counted = (
            "SELECT p.value_no, count(*) AS n FROM hit h CROSS JOIN item_value p ON p.sku_no = h.sku_no GROUP BY 1"
        )
        of = WHOLE_CATALOGUE
    rows = db.execute(
        f"SELECT a.no, a.key, a.name, v.text, sum(x.n) FROM ({counted}) x "
        "CROSS JOIN value v ON v.no = x.value_no CROSS JOIN attribute a ON a.no = v.attribute_no "
        "WHERE EXISTS (SELECT 1 FROM facet f WHERE f.category_no = ?1 AND f.value_no = v.no) GROUP BY 1, 4",
        (of,),
    )
    return {tuple(row[:4]): row[4] for row in rows}


def _attribute_number(db: Connection, key: str) -> int:
    """-1 for an attribute that this catalogue does not have: nothing fits then."""
    row = db.execute("SELECT no FROM attribute WHERE key = ?", (key,)).fetchone()
    return -1 if row is None else int(row[0])


def _priced(query: Query) -> bool:
    return query.price_from is not None or query.price_to is not None


def _category_number(db: Connection, category_id: str | None) -> int | None:
    if category_id is None:
        return WHOLE_CATALOGUE
    row = db.execute(
        "SELECT t.category_no FROM category c JOIN tree t ON t.category_no = c.no WHERE c.id = ?", (category_id,)
    ).fetchone()
    return None if row is None else int(row[0])


def _way(query: Query) -> str:
    return "DESC" if query.descending and query.sort is not Sort.RELEVANCE else "ASC"


def _offset(query: Query) -> int:
    return (max(query.page, 1) - 1) * query.size


def _fill_hits(db: Connection, category: int, query: Query) -> None:
    """Fills `hit` with everything that fits, and how well (see `text_sources`)."""
    values: _Parameters = {"category": category}
    conditions = []
    having = []
    for position, (attribute, texts) in enumerate(query.attributes):
        marks = ", ".join(f":v{position}_{i}" for i in range(len(texts)))
        values.update({f"v{position}_{i}": text for i, text in enumerate(texts)})
        number = _attribute_number(db, attribute)
        having.append(f"SELECT no FROM value WHERE attribute_no = {number:d} AND text IN ({marks})")
    in_category = "EXISTS (SELECT 1 FROM listing WHERE category_no = :category AND place = i.by_name)"
    if query.text.strip():
        sources, more = text_sources(query.text)
        source = " UNION ALL ".join(sources)
        values.update(more)
        conditions.append(in_category if category != WHOLE_CATALOGUE else "1")
    elif having:
        source = f"SELECT sku_no, 0 AS tier FROM item_value WHERE value_no IN ({having.pop()})"
        conditions.append(in_category if category != WHOLE_CATALOGUE else "1")
    else:
        source = "SELECT sku_no, 0 AS tier FROM listing WHERE category_no = :category"
    for wanted in having:
        conditions.append(f"EXISTS (SELECT 1 FROM item_value p WHERE p.sku_no = i.sku_no AND p.value_no IN ({wanted}))")
    if query.in_stock:
        conditions.append("i.stock > 0")
    if _priced(query):
        values.update(least=_scaled(query.price_from) or 0, most=_scaled(query.price_to) or _NO_LIMIT)
        conditions.append(f"{_amount(db, query.price_types)} BETWEEN :least AND :most")
    db.execute("DELETE FROM hit")
    db.execute(
        f"INSERT INTO hit SELECT i.sku_no, min(t.tier) FROM ({source}) t CROSS JOIN item i ON i.sku_no = t.sku_no "
        f"WHERE {' AND '.join(conditions) or '1'} GROUP BY 1",
        values,
    )


def text_sources(text: str) -> tuple[list[str], _Parameters]:
    """Rows (SKU number, tier) for a typed text, as statements with their parameters; the text itself stays in those.

    Tiers: 0 an exact article or barcode, 1 a piece of one, 2 every word in the name, 3 every word somewhere.
    """
    parts = ["SELECT sku_no, 0 AS tier FROM code WHERE normal = :code"]
    values: _Parameters = {"code": normal_code(text)}
    if fragment := fragment_query(text):
        parts.append("SELECT rowid AS sku_no, 1 AS tier FROM fragments WHERE fragments MATCH :fragment")
        values["fragment"] = fragment
    tokens, terms = query_tokens(text), typed_terms(text)
    if terms:
        parts.append("SELECT rowid AS sku_no, 2 AS tier FROM words WHERE words MATCH :in_name")
        parts.append("SELECT rowid AS sku_no, 3 AS tier FROM words WHERE words MATCH :anywhere")
        values["in_name"] = " AND ".join(f"name : {term}" for term in terms)
        values["anywhere"] = " AND ".join(terms)
    pieces = [token for token in tokens if token.isdigit() and fragment_query(token)]
    others = [term for token, term in zip(tokens, terms, strict=True) if token not in pieces]
    if pieces and others:  # words, and a piece of the article among them
        found = "SELECT rowid FROM words WHERE words MATCH :others"
        for n, piece in enumerate(pieces):
            found += f" INTERSECT SELECT rowid FROM fragments WHERE fragments MATCH :piece{n}"
            values[f"piece{n}"] = fragment_query(piece)
        parts.append(f"SELECT rowid AS sku_no, 3 AS tier FROM ({found})")
        values["others"] = " AND ".join(others)
    return parts, values


def typed_terms(text: str) -> list[str]:
    """What finds each of `query_tokens` of a typed text; the last one may still be being typed."""
    tokens = query_tokens(text)
    last = len(tokens) - 1
    return [word_query(token, unfinished=n == last and text[-1:].isalnum()) for n, token in enumerate(tokens)]


def _amount(db: Connection, price_types: tuple[str, ...]) -> str:
    """The first amount along a chain of price types: its smallest tier, in the base unit if it has one."""
    numbers = []
    for price_type in price_types:
        row = db.execute("SELECT no FROM price_type WHERE id = ? AND NOT deleted", (price_type,)).fetchone()
        if row is not None:
            numbers.append(row[0])
    base = 10**PRICE_DIGITS
    parts = [
        f"(SELECT p.amount FROM price p WHERE p.sku_no = i.sku_no AND p.price_type_no = {number:d} "
        f"ORDER BY p.coefficient <> {base}, p.min_quantity LIMIT 1)"
        for number in numbers
    ]
    return f"coalesce({', '.join([*parts, 'NULL', 'NULL'])})"


def _scaled(amount: Decimal | None) -> int | None:
    return None if amount is None else int(min(max(amount, Decimal(0)), Decimal(10) ** 12).scaleb(PRICE_DIGITS))


def _page_of_hits(db: Connection, query: Query) -> list[int]:
    way = _way(query)
    if query.sort is Sort.PRICE:
        priced = f"(SELECT i.sku_no, i.by_name, {_amount(db, query.price_types)} AS amount FROM hit h "
        priced += "CROSS JOIN item i ON i.sku_no = h.sku_no) n"
        order = f"n.amount IS NULL, n.amount {way}, n.by_name"
        statement = f"SELECT n.sku_no FROM {priced} ORDER BY {order} LIMIT ? OFFSET ?"
    else:
        order = {
            Sort.RELEVANCE: "h.tier, i.by_name",
            Sort.NAME: f"i.by_name {way}",
            Sort.ARTICLE: f"i.by_article {way}",
            Sort.STOCK: f"i.stock {way}, i.by_name",
        }[query.sort]
        statement = (
            f"SELECT h.sku_no FROM hit h CROSS JOIN item i ON i.sku_no = h.sku_no ORDER BY {order} LIMIT ? OFFSET ?"
        )
    return [row[0] for row in db.execute(statement, (query.size, _offset(query)))]


def _facets(counts: _Counts, chosen: dict[int, frozenset[str]]) -> tuple[Facet, ...]:
    """The attributes that tell most apart: those that were chosen from, then those that most of what fits has."""
    by_attribute: dict[int, list[tuple[str, int]]] = defaultdict(list)
    names: dict[int, tuple[str, str]] = {}
    for (no, key, name, text), count in counts.items():
        by_attribute[no].append((text, count))
        names[no] = (name, key)
    ordered = sorted(
        by_attribute.items(), key=lambda pair: (pair[0] not in chosen, -sum(n for _, n in pair[1]), names[pair[0]])
    )
    out = []
    for no, values in ordered:
        texts = chosen.get(no, frozenset())
        if len(values) < 2 and not texts:
            continue
        name, key = names[no]
        kept = sorted(values, key=lambda value: (value[0] not in texts, -value[1], value[0]))[:_MAX_VALUES]
        out.append(
            Facet(
                key=key,
                name=name,
                values=tuple(
                    FacetValue(text=text, count=count, chosen=text in texts)
                    for text, count in sorted(kept, key=lambda value: (-value[1], value[0]))
                ),
            )
        )
    return tuple(out[:_MAX_FACETS])
