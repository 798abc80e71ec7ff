"""One wrong letter in a typed word: which words of the catalogue may have been meant.

A word that differs from the typed one by a letter too many, one too few, a wrong one or two that changed places has
the same beginning or the same end: of n typed letters the first n // 2, or the last n - 1 - n // 2. So the
vocabulary is kept in order of its letters from both ends, and a look at two ranges of it finds every such word.

Words are kept as they are written and as their stems: `подаконников` is near the stem of `подоконник`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.text import stem

SHORTEST = 4
"""Letters of the shortest word that is offered: nearly every shorter one is a letter away from another."""

_MOST = 5
_ABOVE_ALL = "\U0010ffff"


def keep(db: Connection, words: Mapping[str, str]) -> None:
    """Adds words (as `text.tokens` has them → as they are written) to the vocabulary."""
    long_enough = sorted(pair for pair in words.items() if len(pair[0]) >= SHORTEST)
    rows = [(word, stem(word), written) for word, written in long_enough]
    rows += [(root, root, written) for word, root, written in rows if word != root and len(root) >= SHORTEST]
    db.executemany("INSERT OR IGNORE INTO word VALUES (?, ?, ?)", rows)
    db.executemany("INSERT OR IGNORE INTO word_back VALUES (?)", sorted({(key[::-1],) for key, _, _ in rows}))


def forget(db: Connection, stems: Iterable[str]) -> None:
    """Drops the words of those stems that nothing in the search index has any more."""
    kept = "SELECT 1 FROM posting WHERE term = ? LIMIT 1"
    gone = [(root,) for root in sorted(stems) if not db.execute(kept, (root,)).fetchone()]
    if not gone:
        return
    db.execute("CREATE TEMP TABLE lost (stem TEXT PRIMARY KEY)")
    db.executemany("INSERT INTO lost VALUES (?)", gone)
    keys = db.execute("SELECT key FROM word WHERE stem IN (SELECT stem FROM lost)").fetchall()
    db.execute("DELETE FROM word WHERE stem IN (SELECT stem FROM lost)")
    db.executemany(
        "DELETE FROM word_back WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM word WHERE key = ?2)",
        ((key[::-1], key) for (key,) in keys),
    )
    db.execute("DROP TABLE lost")


def nearest(db: Connection, token: str, used: Callable[[str], int]) -> list[str]:
    """Words of the catalogue that a token of `text.tokens` may have been meant for, as they are written.

    Those that differ from it in a letter before those whose stems do, then the more frequent; one form of each word.
    `used` tells how many SKUs have a stem; words that none has are left out.
    """
    found: dict[str, tuple[bool, str]] = {}
    for typed in dict.fromkeys((token, stem(token))):
        for key in sorted(set(near(db, typed))):
            for root, written in db.execute("SELECT stem, written FROM word WHERE key = ?", (key,)):
                found.setdefault(root, (typed != token, written))
    ranked = sorted((by_stem, -n, written) for root, (by_stem, written) in found.items() if (n := used(root)))
    return [written for _, _, written in ranked[:_MOST]]


def near(db: Connection, typed: str) -> Iterator[str]:
    """Keys of the vocabulary that are one error away from what was typed; one may come twice."""
    letters = len(typed)
    if letters < SHORTEST - 1:
        return
    half = letters // 2
    for table, begin, way in (("word", typed[:half], 1), ("word_back", typed[half + 1 :][::-1], -1)):
        rows = db.execute(
            f"SELECT key FROM {table} WHERE key >= ? AND key < ? AND length(key) BETWEEN ? AND ?",
            (begin, begin + _ABOVE_ALL, max(letters - 1, SHORTEST), letters + 1),
        )
        for (key,) in rows:
            if one_error_apart(typed, key[::way]):
                yield key[::way]


def one_error_apart(one: str, other: str) -> bool:
    """Whether a letter more, a letter less, another letter or two neighbours changed make the one the other."""
    if one == other:
        return False
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, meant = one[same:], other[same:]
    return (
        rest[1:] == meant[1:]
        or rest[1:] == meant
        or rest == meant[1:]
        or (rest[:2] == meant[1::-1] and rest[2:] == meant[2:])
    )
