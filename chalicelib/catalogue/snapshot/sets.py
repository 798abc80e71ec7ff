"""Makes a snapshot's sets of places and its columns in their order, from what is listed (docs/adr/0019).

`posting` has, for each term of the search texts, where it stands in a name (field NAME) and in all else (field MORE);
a term that ends with `*` is everything that begins with its one or two letters: these are typed often, and too many
terms begin so to be put together at each search. `shelf` has a category's SKUs with those below it, `facet` those
that have a value. `track` has whole columns as arrays: see `Track`.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import groupby

from chalicelib.catalogue.amounts import NONE, PRICE_DIGITS
from chalicelib.catalogue.bits import PLACES, counted, packed_all, packed_list
from chalicelib.catalogue.snapshot import tree
from chalicelib.catalogue.snapshot.engine import Connection

NAME, MORE = 0, 1
SHORT = 2
"""Letters up to which what begins with them is kept ready."""
NOWHERE = 2**32 - 1
"""The place of a SKU that is not listed."""
AMOUNTS = "q"
"""The type code of arrays of amounts, in millionths of the currency unit; NONE where there is none."""


class Track(StrEnum):
    SKU = "sku"  # SKU numbers by place
    PLACE = "place"  # places by SKU number
    ARTICLE = "article"  # places in order of articles
    STOCK_UP = "stock_up"  # places by the stock of the import, the least first
    STOCK_DOWN = "stock_down"  # the most first
    IN_STOCK = "in_stock"  # the set of places that had some
    NEWEST = "newest"  # places of what was lately shown first, the newest first
    NEWEST_SINCE = "newest_since"  # since when, in seconds of Unix time, beside each of those


def make(db: Connection) -> None:
    """All but amounts."""
    rows = db.execute("SELECT sku_no, by_name, by_article FROM item").fetchall()
    size = len(rows)
    numbers, by_article = array(PLACES, bytes(4 * size)), array(PLACES, bytes(4 * size))
    places = [NOWHERE] * (max((no for no, _, _ in rows), default=0) + 1)
    for no, place, position in rows:
        numbers[place] = no
        by_article[position] = place
        places[no] = place
    for name, column in ((Track.SKU, numbers), (Track.PLACE, array(PLACES, places)), (Track.ARTICLE, by_article)):
        _keep(db, name, column.tobytes())
    note_stock(db)
    _shelves(db, size)
    _facets(db, places, size)
    _postings(db, places, size)


def note_stock(db: Connection) -> None:
    """What the sets have of the stock, where nothing else has changed."""
    rows = db.execute("SELECT by_name, stock FROM item").fetchall()
    stock = [0] * len(rows)
    for place, quantity in rows:
        stock[place] = quantity
    every = range(len(stock))
    for name, falling in ((Track.STOCK_UP, False), (Track.STOCK_DOWN, True)):
        _keep(db, name, array(PLACES, sorted(every, key=stock.__getitem__, reverse=falling)).tobytes())
    _keep(db, Track.IN_STOCK, packed_list([place for place in every if stock[place] > 0], len(stock)))


def note_newest(db: Connection, since: int) -> None:
    """What readers first saw at a moment or after it, in seconds of Unix time."""
    rows = db.execute(
        "SELECT i.by_name, f.since FROM first_shown f CROSS JOIN item i ON i.sku_no = f.sku_no WHERE f.since > ? "
        "ORDER BY f.since DESC, i.by_name",
        (since,),
    ).fetchall()
    _keep(db, Track.NEWEST, array(PLACES, (place for place, _ in rows)).tobytes())
    _keep(db, Track.NEWEST_SINCE, array(PLACES, (moment for _, moment in rows)).tobytes())


def note_amounts(db: Connection) -> None:
    """For each price type the amounts by SKU number: the smallest tier's, of the base unit if it has one."""
    (most,) = db.execute("SELECT coalesce(max(no), 0) FROM sku").fetchone()
    found: dict[int, array[int]] = defaultdict(lambda: array(AMOUNTS, [NONE]) * (most + 1))
    base = 10**PRICE_DIGITS
    for sku, kind, amount, _ in db.execute(  # of a group the row that has the least has the amount too
        "SELECT sku_no, price_type_no, amount, min((coefficient <> ?) << 62 | min_quantity) FROM price "
        "WHERE coefficient <> ? OR min_quantity > 0 GROUP BY 1, 2",
        (base, base),
    ):
        found[kind][sku] = amount
    for sku, kind, amount in db.execute(  # nearly all; of several units the first one stays
        "SELECT sku_no, price_type_no, amount FROM price WHERE coefficient = ? AND min_quantity <= 0 "
        "ORDER BY sku_no DESC, price_type_no DESC, unit DESC",
        (base,),
    ):
        found[kind][sku] = amount
    db.execute("DELETE FROM amount")
    db.executemany("INSERT INTO amount VALUES (?, ?)", ((kind, one.tobytes()) for kind, one in found.items()))


def _keep(db: Connection, name: Track, numbers: bytes) -> None:
    db.execute("INSERT OR REPLACE INTO track VALUES (?, ?)", (name, numbers))


def _shelves(db: Connection, size: int) -> None:
    own: dict[int, list[int]] = defaultdict(list)
    for place, category in db.execute(
        "SELECT i.by_name, p.category_no FROM item i CROSS JOIN card_category p ON p.card_no = i.card_no"
    ):
        own[category].append(place)
    found: dict[int, list[int]] = defaultdict(list)
    lines = tree.lines(db)
    for category, some in own.items():
        for above in lines.get(category, ()):
            found[above] += some
    db.execute("DELETE FROM shelf")
    db.executemany("INSERT INTO shelf VALUES (?, ?)", ((no, packed_list(some, size)) for no, some in found.items()))


def _facets(db: Connection, places: Sequence[int], size: int) -> None:
    """Values of one text are one value, however often the ERP has it."""
    own: dict[int, list[int]] = defaultdict(list)
    for no, value in db.execute("SELECT sku_no, value_no FROM item_value"):
        own[value].append(places[no])
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for no, attribute, text in db.execute("SELECT no, attribute_no, text FROM value"):
        if no in own:
            found[attribute, text] += own[no]
    kept = ((key, packed_list(found[key], size)) for key in sorted(found))
    db.execute("DELETE FROM facet")
    db.executemany("INSERT INTO facet VALUES (?, ?, ?, ?)", ((*key, counted(some, size), some) for key, some in kept))


def _postings(db: Connection, places: Sequence[int], size: int) -> None:
    names: dict[str, list[int]] = defaultdict(list)
    others: dict[str, list[int]] = defaultdict(list)
    for no, name, more in db.execute("SELECT no, name, more FROM sku_text"):
        place = places[no]
        for term in name.split():
            names[term].append(place)
        for term in more.split():
            others[term].append(place)
    kept: list[tuple[str, int, bytes]] = []
    for field, found in ((NAME, names), (MORE, others)):
        blobs = {term: packed_list(found[term], size) for term in sorted(found)}
        kept += ((term, field, blob) for some in (blobs, _beginnings(blobs, size)) for term, blob in some.items())
    kept.sort()
    db.execute("DELETE FROM posting")
    db.executemany("INSERT INTO posting VALUES (?, ?, ?)", kept)


def _beginnings(blobs: Mapping[str, bytes], size: int) -> dict[str, bytes]:
    """What begins with a letter or two, of terms in their order."""
    words = [term for term in blobs if not term.startswith("~")]
    found: dict[str, bytes] = {}
    for letters in range(1, SHORT + 1):
        long_enough = (word for word in words if len(word) >= letters)
        for begun, terms in groupby(long_enough, key=lambda word: word[:letters]):
            found[begun + "*"] = packed_all([blobs[term] for term in terms], size)
    return found
