"""A part: one file of an exchange, read. It is made without the catalogue, so that files can be read side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.catalogue.feed import FeedRow, RejectedRow
from chalicelib.catalogue.snapshot import schema
from chalicelib.catalogue.snapshot.stage import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file brought: rows by kind, and those of them that were not taken."""

    received: Mapping[str, int]
    rejected: tuple[RejectedRow, ...]


def read_part(target: Path, rows: Iterable[FeedRow]) -> Read:
    """Writes the part of a file's rows to `target`; the same rows make the same part.

    The cost is that of the file, whatever the catalogue holds. Rows that break off leave no file.
    """
    target.unlink(missing_ok=True)
    db = schema.create_part(target)
    try:
        staging = Staging(db)
        staging.add_all(rows)
        db.commit()
    except BaseException:
        db.close()
        target.unlink(missing_ok=True)
        raise
    db.close()
    return Read(received=dict(staging.received), rejected=tuple(staging.rejected))
