"""Taking pictures in, and showing what has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.kernel.errors import NotFound
from chalicelib.pictures import store
from chalicelib.pictures.album import Album, write
from chalicelib.pictures.model import Named, News, Picture, Size, digest_of, is_digest, plain_name
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession, TransactionRefused


def in_force(db: TenantSession) -> Album | None:
    """The album that readers see; None before the first picture."""
    pointer = store.load_pointer(db)
    return store.opened(db.tenant_id, pointer.album) if pointer else None


def take(db: TenantSession, album: Album | None, content: bytes) -> Picture:
    """Checks a picture and keeps its copies; one that the album knows costs nothing. Invalid as `making.make`."""
    known = album.known(digest_of(content)) if album else None
    if known is not None:
        return known
    from chalicelib.pictures.making import make  # only workers have this to load

    made = make(content)
    for size, copy in made.copies.items():
        files.put(db.tenant_id, store.copy_key(db.tenant_id, made.picture.digest, size), copy)
    return made.picture


def name(db: TenantSession, album: Album | None, pictures: Mapping[str, Picture], now: datetime) -> int:
    """Notes which pictures some files hold; of how many of them the album does not know it yet. Readers see them
    within a minute or two."""
    known = album.find(pictures) if album else {}
    fresh = {plain_name(path): picture for path, picture in pictures.items() if known.get(path) != picture}
    if fresh:
        named = tuple(Named(name=path, picture=picture) for path, picture in sorted(fresh.items()))
        db.commit([store.news_put(db.tenant_id, News(at=now, named=named), now)])
    return len(fresh)


def show(db: TenantSession, now: datetime) -> None:
    """Makes an album of the one in force and all news; whoever comes second finds none."""
    while rows := store.waiting_news(db):
        before = store.load_pointer(db)
        with TemporaryDirectory(prefix="kontor-album-") as folder:
            path = Path(folder, "album.sqlite")
            if before is not None:
                store.copy_album(db.tenant_id, before.album, path)
            write(path, [row.load(News) for row in rows])
            try:
                store.publish(db, path, before, rows, now)
            except TransactionRefused:  # somebody else is showing them
                return


def copy_of(db: TenantSession, name: str) -> bytes:
    """The copy called `<digest>-<size>.webp`; NotFound for a picture that the tenant does not have."""
    digest, _, size = name.removesuffix(".webp").partition("-")
    if not is_digest(digest) or size not in tuple(Size):
        raise NotFound()
    found = files.find(db.tenant_id, store.copy_key(db.tenant_id, digest, Size(size)))
    if found is None:
        raise NotFound()
    return found


def small_copies(db: TenantSession) -> Callable[[str], bytes | None]:
    """What finds the small copy of a picture, as WebP, by the name that goods give it; None for one that never
    came."""
    album = in_force(db)

    def copy(path: str) -> bytes | None:
        picture = album.find([path]).get(path) if album else None
        return files.find(db.tenant_id, store.copy_key(db.tenant_id, picture.digest, Size.SMALL)) if picture else None

    return copy
