"""What the columns of files meant last time, by the names of the columns (core table)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.storage.keys import Key
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Put


@dataclass(frozen=True, slots=True)
class _Columns:
    meanings: dict[str, str]  # by name


def remembered(db: TenantSession, key: Key) -> dict[str, str]:
    """Meanings by the column's name; none before the first such file."""
    record = db.get(key)
    return record.load(_Columns).meanings if record else {}


def remember(key: Key, heads: Sequence[str], meanings: Sequence[str]) -> Put:
    """In place of what was remembered before. Columns of one name cannot be told apart: they are guessed anew."""
    times = Counter(heads)
    named = {head: meaning for head, meaning in zip(heads, meanings, strict=True) if head and times[head] == 1}
    return Put(key=key, kind="sheet-columns", data=_Columns(named))
