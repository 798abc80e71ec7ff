"""A part made from the part of an earlier, similar file: only records that differ are read again.

`record` has a digest of each record, with all else that its rows depend on, and the SKU that it told of. A part has
them only where every record told of one SKU of its own and none of its rows was refused, so that the
rows of a record are those of its SKU and may go and come with it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from chalicelib.catalogue.feed import FeedRow
from chalicelib.catalogue.model import NO_WAREHOUSE
from chalicelib.catalogue.snapshot import schema
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.stage import Staging
from chalicelib.kernel.errors import Invalid

_MOST_NEW = 0.5
"""Where more of the records than this are new, reading the file as a whole costs no more."""
_COUNTED = {"product": "s_card", "offer": "s_offer", "price": "s_price", "stock": "s_stock"}
_SCOPES = {"goods": "s_card", "offers": "s_offer", "prices": "s_price", "stock": "s_stock"}
_OWN = ("s_offer.no", "s_sku_value.sku_no", "s_price.sku_no", "s_stock.sku_no", "sku.no", "record.sku_no")
_OF_CARD = ("s_card.no", "s_card_category.card_no", "s_card_value.card_no", "s_card_picture.card_no", "card.no")
_OF_THE_FILE = ("s_category", "s_attribute", "s_value", "s_price_type", "s_warehouse")
_USED = {
    "value": "SELECT value_no FROM s_card_value UNION SELECT value_no FROM s_sku_value UNION SELECT no FROM s_value",
    "attribute": "SELECT attribute_no FROM value UNION SELECT no FROM s_attribute",
    "category": "SELECT category_no FROM s_card_category UNION SELECT no FROM s_category "
    "UNION SELECT parent_no FROM s_category WHERE parent_no IS NOT NULL",
    "warehouse": "SELECT warehouse_no FROM s_stock UNION SELECT no FROM s_warehouse "
    f"UNION SELECT no FROM warehouse WHERE id = '{NO_WAREHOUSE}'",
    "price_type": "SELECT price_type_no FROM s_price UNION SELECT no FROM s_price_type",
}


@dataclass(frozen=True, slots=True)
class Records:
    """A file's records by their digests, in its order. `rows` reads the file with only some of its records."""

    digests: Sequence[bytes]
    rows: Callable[[Sequence[int]], Iterable[FeedRow]]


def remember(db: Connection, records: Records, staging: Staging) -> None:
    """Notes what a later file can be compared with, in a part whose rows have just been staged, if it can be."""
    first, last, count = db.execute("SELECT min(no), max(no), count(*) FROM sku").fetchone()
    one_each = count == len(records.digests) == last and first == 1
    if one_each and not staging.rejected and _counts(db) == {kind: staging.received[kind] for kind in _COUNTED}:
        db.executemany("INSERT INTO record VALUES (?, ?)", zip(records.digests, range(1, count + 1), strict=True))


def renew(earlier: Path, target: Path, records: Records) -> Counter[str] | None:
    """Writes to `target` the part of a file, made from the part `earlier`; how many rows of each kind the file has.

    None, and no file, where that cannot be done with certainty or would save nothing: it has to be read as a whole.
    """
    shutil.copyfile(earlier, target)
    try:
        with closing(schema.open_for_building(target)) as db:
            received = _renewed(db, records)
            db.commit()
    except Invalid:  # its whole reading shall refuse the file
        received = None
    if received is None:
        target.unlink()
    return received


def _renewed(db: Connection, records: Records) -> Counter[str] | None:
    known = dict(db.execute("SELECT digest, sku_no FROM record"))
    # The first record is read in any case: that it is found where it should be holds for those after it too.
    fresh = [number for number, digest in enumerate(records.digests) if number == 0 or digest not in known]
    if len(fresh) > len(records.digests) * _MOST_NEW:
        return None
    kept = {known[digest] for digest in records.digests[1:] if digest in known} - {known.get(records.digests[0])}
    if len(kept) + len(fresh) != len(records.digests):
        return None  # the same record twice
    _drop(db, kept)
    rest = Counter(_counts(db))
    staging = Staging(db)
    before = db.execute("SELECT coalesce(max(no), 0) FROM sku").fetchone()[0]
    staging.add_all(records.rows(fresh))
    added = db.execute("SELECT count(*) FROM sku WHERE no > ?", (before,)).fetchone()[0]
    counts = _counts(db)
    if added != len(fresh) or staging.rejected or any(n != rest[k] + staging.received[k] for k, n in counts.items()):
        return None
    db.executemany(
        "INSERT INTO record VALUES (?, ?)", ((records.digests[one], before + at) for at, one in enumerate(fresh, 1))
    )
    _drop_unused(db)
    return Counter({**staging.received, **counts})


def _drop(db: Connection, kept: set[int]) -> None:
    """All rows but those of some SKUs and their cards."""
    db.execute("CREATE TEMP TABLE kept (no INTEGER PRIMARY KEY)")
    db.executemany("INSERT INTO kept VALUES (?)", ((no,) for no in sorted(kept)))
    for table, column in (name.split(".") for name in _OWN):
        db.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT no FROM kept)")
    for table, column in (name.split(".") for name in _OF_CARD):
        db.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT card_no FROM sku)")
    for table in _OF_THE_FILE:
        db.execute(f"DELETE FROM {table}")


def _drop_unused(db: Connection) -> None:
    """Ids that no row has any more, and what the file no longer brings."""
    for table, used in _USED.items():
        db.execute(f"DELETE FROM {table} WHERE no NOT IN ({used})")
    for part, table in _SCOPES.items():
        db.execute(f"DELETE FROM scope WHERE part = ? AND NOT EXISTS (SELECT 1 FROM {table})", (part,))


def _counts(db: Connection) -> dict[str, int]:
    return {kind: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for kind, table in _COUNTED.items()}
