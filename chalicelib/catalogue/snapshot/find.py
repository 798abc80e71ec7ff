"""Searching a snapshot: which SKUs, in which order, with which facets. SQL only; `read` turns numbers into items."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from chalicelib.catalogue.model import Facet, FacetValue, Query, Sort
from chalicelib.catalogue.snapshot.derive import WHOLE_CATALOGUE
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.schema import PRICE_DIGITS
from chalicelib.catalogue.snapshot.text import fragment_query, normal_code, query_tokens, word_query

_MAX_FACETS = 12
_MAX_VALUES = 30
_Parameters = dict[str, object]


def prepare(db: Connection) -> None:
    """Creates the scratch table of this connection; one search at a time may use it."""
    db.execute("CREATE TEMP TABLE hit (sku_no INTEGER PRIMARY KEY, tier INTEGER, missing INTEGER)")


def find(db: Connection, query: Query) -> tuple[list[int], int, tuple[Facet, ...]]:
    """Numbers of the page's SKUs in order, how many there are in all, and the facets.

    Nothing typed and nothing chosen is answered from ready-made tables, whatever the catalogue's size.
    """
    category = _category_number(db, query.category_id)
    if category is None:
        return [], 0, ()
    plain = not (query.text.strip() or query.attributes or query.in_stock or _priced(query))
    if plain and query.sort in (Sort.RELEVANCE, Sort.NAME):
        return _listed(db, category, query)
    chosen = _fill_hits(db, category, query)
    total = db.execute("SELECT count(*) FROM hit WHERE missing = 0").fetchone()[0]
    facets = _counted_facets(db, chosen) if query.attributes or not plain else _ready_facets(db, category)
    return _page_of_hits(db, query), total, facets


def _priced(query: Query) -> bool:
    return query.price_from is not None or query.price_to is not None


def _category_number(db: Connection, category_id: str | None) -> int | None:
    if category_id is None:
        return WHOLE_CATALOGUE
    row = db.execute(
        "SELECT t.category_no FROM category c JOIN tree t ON t.category_no = c.no WHERE c.id = ?", (category_id,)
    ).fetchone()
    return None if row is None else int(row[0])


def _offset(query: Query) -> int:
    return (max(query.page, 1) - 1) * query.size


def _listed(db: Connection, category: int, query: Query) -> tuple[list[int], int, tuple[Facet, ...]]:
    total = db.execute("SELECT count FROM tree WHERE category_no = ?", (category,)).fetchone()[0]
    numbers = db.execute(
        "SELECT sku_no FROM listing WHERE category_no = ? ORDER BY place LIMIT ? OFFSET ?",
        (category, query.size, _offset(query)),
    )
    return [row[0] for row in numbers], total, _ready_facets(db, category)


def _fill_hits(db: Connection, category: int, query: Query) -> dict[int, tuple[int, frozenset[str]]]:
    """Fills `hit` with what fits all but at most one of the attribute filters; `missing` has that filter's bit.

    So the counts of an attribute's own values can ignore its own filter. Returns attribute number → (bit, values).
    """
    values: _Parameters = {"category": category}
    where = []
    if query.text.strip():
        source, more = _text_source(query.text)
        values.update(more)
        source = f"({source}) t JOIN item i ON i.sku_no = t.sku_no"
        if category != WHOLE_CATALOGUE:
            where.append("EXISTS (SELECT 1 FROM listing WHERE category_no = :category AND place = i.by_name)")
    else:
        source = (
            "(SELECT sku_no, 0 AS tier FROM listing WHERE category_no = :category) t JOIN item i ON i.sku_no = t.sku_no"
        )
    if query.in_stock:
        where.append("i.stock > 0")
    if _priced(query):
        amount = _amount(db, query.price_types)
        values.update(least=_scaled(query.price_from), most=_scaled(query.price_to))
        where.append(f"{amount} BETWEEN coalesce(:least, 0) AND coalesce(:most, 9223372036854775807)")
    chosen: dict[int, tuple[int, frozenset[str]]] = {}
    missing = []
    for position, (attribute_id, texts) in enumerate(query.attributes):
        kind, name = attribute_key(attribute_id)
        row = db.execute("SELECT no FROM attribute WHERE kind = ? AND id = ?", (kind, name)).fetchone()
        number = -1 - position if row is None else row[0]
        chosen[number] = (1 << position, frozenset(texts))
        marks = ", ".join(f":v{position}_{i}" for i in range(len(texts)))
        values.update({f"v{position}_{i}": text for i, text in enumerate(texts)})
        having = (
            f"SELECT sku_no FROM item_value WHERE value_no IN "
            f"(SELECT no FROM value WHERE attribute_no = {number:d} AND text IN ({marks}))"
        )
        missing.append(f"CASE WHEN i.sku_no IN ({having}) THEN 0 ELSE {1 << position} END")
    mask = " | ".join(missing) or "0"
    allowed = ", ".join(str(bit) for bit in (0, *(bit for bit, _ in chosen.values())))
    if missing:
        where.append(f"({mask}) IN ({allowed})")
    condition = " AND ".join(where) or "1"
    db.execute("DELETE FROM hit")
    db.execute(
        f"INSERT INTO hit SELECT i.sku_no, min(t.tier), {mask} FROM {source} WHERE {condition} GROUP BY 1", values
    )
    return chosen


def _text_source(text: str) -> tuple[str, _Parameters]:
    """Rows (SKU number, tier) for a typed text, as a statement with its parameters; the text itself stays in those.

    Tiers: 0 an exact article or barcode, 1 a piece of one, 2 every word in the name, 3 every word somewhere.
    """
    parts = ["SELECT sku_no, 0 AS tier FROM code WHERE normal = :code"]
    values: _Parameters = {"code": normal_code(text)}
    if fragment := fragment_query(text):
        parts.append("SELECT rowid, 1 FROM fragments WHERE fragments MATCH :fragment")
        values["fragment"] = fragment
    tokens = query_tokens(text)
    last = len(tokens) - 1
    terms = [word_query(token, unfinished=n == last and text[-1:].isalnum()) for n, token in enumerate(tokens)]
    if terms:
        parts.append("SELECT rowid, 2 FROM words WHERE words MATCH :in_name")
        parts.append("SELECT rowid, 3 FROM words WHERE words MATCH :anywhere")
        values["in_name"] = " AND ".join(f"name : {term}" for term in terms)
        values["anywhere"] = " AND ".join(terms)
    pieces = [token for token in tokens if token.isdigit() and fragment_query(token)]
    others = [term for token, term in zip(tokens, terms, strict=True) if token not in pieces]
    if pieces and others:  # words, and a piece of the article among them
        found = "SELECT rowid FROM words WHERE words MATCH :others"
        for n, piece in enumerate(pieces):
            found += f" INTERSECT SELECT rowid FROM fragments WHERE fragments MATCH :piece{n}"
            values[f"piece{n}"] = fragment_query(piece)
        parts.append(f"SELECT rowid, 3 FROM ({found})")
        values["others"] = " AND ".join(others)
    return " UNION ALL ".join(parts), values


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
    order = {
        Sort.RELEVANCE: "h.tier, i.by_name",
        Sort.NAME: "i.by_name",
        Sort.ARTICLE: "i.by_article",
        Sort.STOCK: "i.stock DESC, i.by_name",
    }.get(query.sort)
    if order is None:
        amount = _amount(db, query.price_types)
        order = f"{amount} IS NULL, {amount} {'DESC' if query.sort is Sort.PRICE_DOWN else 'ASC'}, i.by_name"
    rows = db.execute(
        "SELECT h.sku_no FROM hit h CROSS JOIN item i ON i.sku_no = h.sku_no WHERE h.missing = 0 "
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        (query.size, _offset(query)),
    )
    return [row[0] for row in rows]


def attribute_key(attribute_id: str) -> tuple[str, str]:
    """Kind and own id behind a public attribute id: `brand`, `c:<characteristic>`, or a property's id."""
    if attribute_id == "brand":
        return "brand", ""
    if attribute_id.startswith("c:"):
        return "characteristic", attribute_id[2:]
    return "property", attribute_id


def attribute_id(kind: str, own_id: str) -> str:
    return {"brand": "brand", "characteristic": f"c:{own_id}"}.get(kind, own_id)


def _ready_facets(db: Connection, category: int) -> tuple[Facet, ...]:
    rows = db.execute(
        "SELECT a.no, a.kind, a.id, a.name, v.text, sum(f.count) FROM facet f JOIN value v ON v.no = f.value_no "
        "JOIN attribute a ON a.no = v.attribute_no WHERE f.category_no = ? GROUP BY a.no, v.text",
        (category,),
    )
    return _facets(rows.fetchall(), {})


def _counted_facets(db: Connection, chosen: dict[int, tuple[int, frozenset[str]]]) -> tuple[Facet, ...]:
    rows = db.execute(
        "SELECT a.no, a.kind, a.id, a.name, v.text, x.missing, count(DISTINCT x.sku_no) FROM ("
        "SELECT h.sku_no, h.missing, p.value_no FROM hit h CROSS JOIN item i ON i.sku_no = h.sku_no "
        "CROSS JOIN card_value p ON p.card_no = i.card_no "
        "UNION ALL SELECT h.sku_no, h.missing, p.value_no FROM hit h CROSS JOIN sku_value p ON p.sku_no = h.sku_no) x "
        "JOIN value v ON v.no = x.value_no JOIN attribute a ON a.no = v.attribute_no "
        "WHERE a.kind <> 'requisite' AND a.known AND NOT a.deleted AND v.text IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM facet f WHERE f.category_no = ? AND f.value_no = v.no) "
        "GROUP BY a.no, v.text, x.missing",
        (WHOLE_CATALOGUE,),
    )
    counts: dict[tuple[int, str, str, str, str], int] = defaultdict(int)
    for no, kind, own_id, name, text, missing, count in rows:
        bit, _ = chosen.get(no, (0, frozenset()))
        if missing in (0, bit):
            counts[no, kind, own_id, name, text] += count
    return _facets([(*key, count) for key, count in counts.items()], chosen)


def _facets(
    rows: list[tuple[int, str, str, str, str, int]], chosen: dict[int, tuple[int, frozenset[str]]]
) -> tuple[Facet, ...]:
    """The attributes that tell most apart: those that were chosen from, then those that most results have."""
    by_attribute: dict[int, list[tuple[int, str, str, str, str, int]]] = defaultdict(list)
    for row in rows:
        by_attribute[row[0]].append(row)
    ordered = sorted(
        by_attribute.items(), key=lambda pair: (pair[0] not in chosen, -sum(row[5] for row in pair[1]), pair[1][0][3])
    )
    out = []
    for no, values in ordered:
        _, texts = chosen.get(no, (0, frozenset()))
        if len(values) < 2 and not texts:
            continue
        kept = sorted(values, key=lambda row: (row[4] not in texts, -row[5], row[4]))[:_MAX_VALUES]
        out.append(
            Facet(
                attribute_id=attribute_id(values[0][1], values[0][2]),
                name=values[0][3],
                values=tuple(
                    FacetValue(text=row[4], count=row[5], chosen=row[4] in texts)
                    for row in sorted(kept, key=lambda row: (-row[5], row[4]))
                ),
            )
        )
    return tuple(out[:_MAX_FACETS])
