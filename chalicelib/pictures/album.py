"""The album: one small immutable SQLite file per tenant that says which picture a file's name stands for.

It lies beside the catalogue's snapshot and is opened like one, so a page of fifty products finds its pictures without
a call. A file of its own, because pictures come on their own: one more must not cost a new snapshot of 150,000
products.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from chalicelib.catalogue.snapshot.engine import Connection, connect
from chalicelib.kernel.clock import stamp
from chalicelib.pictures.model import News, Picture, plain_name

_CHUNK = 500
_TABLES = """
CREATE TABLE picture (name TEXT PRIMARY KEY, digest TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    told TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX picture_by_digest ON picture (digest, width, height);
"""


class Album:
    """One album, open for reading."""

    def __init__(self, path: Path) -> None:
        """engine.OperationalError if there is no such file."""
        self._db = connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)

    def close(self) -> None:
        self._db.close()

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self._db.close()

    def find(self, paths: Iterable[str]) -> dict[str, Picture]:
        """The pictures of files by the name that goods give them; files that never came, or were refused, are left
        out."""
        names = {path: plain_name(path) for path in paths if path}
        wanted = list(dict.fromkeys(names.values()))
        found: dict[str, Picture] = {}
        for start in range(0, len(wanted), _CHUNK):
            some = wanted[start : start + _CHUNK]
            for name, digest, width, height in self._db.execute(
                f"SELECT name, digest, width, height FROM picture WHERE name IN ({', '.join('?' * len(some))})",  # noqa: S608
                some,
            ):
                found[name] = Picture(digest=digest, width=width, height=height)
        return {path: found[name] for path, name in names.items() if name in found}

    def known(self, digest: str) -> Picture | None:
        """A picture by its content, whatever its file was called."""
        row = self._db.execute("SELECT width, height FROM picture WHERE digest = ? LIMIT 1", (digest,)).fetchone()
        return Picture(digest=digest, width=row[0], height=row[1]) if row else None


def write(path: Path, news: Sequence[News]) -> None:
    """Brings the album at `path`, a copy of the one before or nothing yet, up to date. The same news make the same
    file, and told twice they change nothing."""
    is_new = not path.exists()
    db = connect(str(path))
    try:
        db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;")
        if is_new:
            db.executescript(_TABLES)
        with db:
            for one in news:
                _name(db, one)
    finally:
        db.close()


def _name(db: Connection, news: News) -> None:
    at = stamp(news.at)
    db.executemany(
        "INSERT INTO picture VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, "
        "width = excluded.width, height = excluded.height, told = excluded.told WHERE excluded.told >= told",
        [(one.name, one.picture.digest, one.picture.width, one.picture.height, at) for one in news.named],
    )
