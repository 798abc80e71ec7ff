"""The album's pointer and news (core table); pictures, albums and copies in S3, which stay.

News are rows that the due index finds: whoever has checked pictures writes one, and what has gathered within a minute
goes into the next album together.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chalicelib.kernel.ids import new_id
from chalicelib.kernel.recent import Recent
from chalicelib.pictures.album import Album
from chalicelib.pictures.model import News, Size
from chalicelib.storage import files, keys, snapshots
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.snapshots import Snapshot
from chalicelib.storage.writes import Delete, Put

DUE = "pictures"
NEWS_AT_ONCE = 90
"""Rows of news that one album takes in: they go in the transaction that shows it."""
_open: Recent[str, Album] = Recent(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """The album in force. `before` = the S3 key of the one before it, which some readers may still be opening."""

    album: Snapshot
    before: str = ""


def copy_key(tenant_id: str, digest: str, size: Size) -> str:
    return files.file_key(tenant_id, "pictures", digest, f"{size}.webp")


# --- the album -----------------------------------------------------------------------------------------------


def pointer_of(record: Record | None) -> Pointer | None:
    return record.load(Pointer) if record is not None else None


def load_pointer(db: TenantSession) -> Pointer | None:
    return pointer_of(db.get(keys.album(db.tenant_id)))


def album_of(tenant_id: str, record: Record | None) -> Album | None:
    """The album that the tenant's pointer, read with other things, names; None before the first picture."""
    pointer = pointer_of(record)
    return None if pointer is None else opened(tenant_id, pointer.album)


def opened(tenant_id: str, album: Snapshot) -> Album:
    kept = _open.get(album.sha256)
    if kept is not None:
        return kept
    return _open.keep(album.sha256, snapshots.opened_copy(tenant_id, album, Album))


def copy_album(tenant_id: str, album: Snapshot, path: Path) -> None:
    """A copy of one's own, to write on."""
    snapshots.fetch(tenant_id, album, path)


def publish(db: TenantSession, path: Path, base: Pointer | None, taken_in: Sequence[Record], now: datetime) -> Snapshot:
    """Makes the file at `path` the album in force and removes the news that it took in, in one transaction.

    TransactionRefused if another album came into force meanwhile.
    """
    digest = snapshots.digest_of(path)
    version = base.album.version + 1 if base else 1
    album = Snapshot(
        version=version,
        key=files.file_key(db.tenant_id, "albums", f"{version:010d}-{digest[:16]}.sqlite"),
        sha256=digest,
        size=os.path.getsize(path),
        published=now,
    )
    files.put_path(db.tenant_id, album.key, path)
    pointer = Pointer(album=album, before=base.album.key if base else "")
    db.commit(
        [
            Put(key=keys.album(db.tenant_id), kind="album", data=pointer, version=version - 1),
            *(Delete(key=record.key) for record in taken_in),
        ]
    )
    if base is not None and base.before:
        files.delete(db.tenant_id, base.before)
    return album


# --- news ----------------------------------------------------------------------------------------------------


def news_put(tenant_id: str, news: News, now: datetime) -> Put:
    row = new_id(now)
    return Put(
        key=keys.picture_news(tenant_id).item(row),
        kind="picture_news",
        data=news,
        indexes=(keys.due_at(tenant_id, now, DUE, row),),
    )


def waiting_news(db: TenantSession) -> tuple[Record, ...]:
    """The oldest rows of news, with everything that was committed."""
    return db.query(keys.picture_news(db.tenant_id), consistent=True, limit=NEWS_AT_ONCE).records
