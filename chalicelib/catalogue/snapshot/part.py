"""A part: one file of an exchange, read. It is made without the catalogue, so that files can be read side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.catalogue.feed import FeedRow, RejectedRow
from chalicelib.catalogue.snapshot import renewal, schema
from chalicelib.catalogue.snapshot.renewal import Records
from chalicelib.catalogue.snapshot.stage import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file brought: rows by kind, and those of them that were not taken."""

    received: Mapping[str, int]
    rejected: tuple[RejectedRow, ...]


def read_part(target: Path, rows: Iterable[FeedRow], records: Records | None = None) -> Read:
    """Writes the part of a file's rows to `target`; the same rows make the same part.

    The cost is that of the file, whatever the catalogue holds. Rows that break off leave no file. With its `records`
    the part can be the earlier one of `renewed_part`.
    """
    target.unlink(missing_ok=True)
    db = schema.create_part(target)
    try:
        staging = Staging(db)
        staging.add_all(rows)
        if records is not None:
            renewal.remember(db, records, staging)
        db.commit()
    except BaseException:
        db.close()
        target.unlink(missing_ok=True)
        raise
    db.close()
    return Read(received=dict(staging.received), rejected=tuple(staging.rejected))


def renewed_part(earlier: Path, target: Path, records: Records) -> Read | None:
    """As `read_part`, of a file much like the one that `earlier` is the part of; the cost is that of what differs.

    None, and no file, where that cannot be told with certainty.
    """
    received = renewal.renew(earlier, target, records)
    return None if received is None else Read(received=received, rejected=())
