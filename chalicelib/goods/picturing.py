"""The worker's part of pictures that people bring: each is checked, made small and put behind the product's others.

It goes the way of 1C's (docs/adr/0021): the same checks and copies, and the album says what its name stands for. A
second delivery finds nothing left to do.
"""

from __future__ import annotations

from chalicelib.goods import store
from chalicelib.goods.actions.pictures import add
from chalicelib.kernel.errors import Invalid
from chalicelib.pictures import actions as pictures
from chalicelib.pictures.model import own_name
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession
from chalicelib.storage.worker import Clock, Progress


def take_picture(db: TenantSession, sku: str, picture_id: str, clock: Clock) -> None:
    """Takes one picture; why it is refused is told on the product's page."""
    brought = store.find_brought(db, sku, picture_id)
    if brought is None or not brought.is_under_way:
        return
    progress = Progress(db, brought, store.brought_put, clock)
    progress.begin()

    def take() -> None:
        content = files.find(db.tenant_id, brought.key)
        if content is None:
            raise Invalid("file_missing")
        album = pictures.in_force(db)
        picture = pictures.take(db, album, content)
        pictures.name(db, album, {own_name(picture.digest): picture}, clock())
        add(db, progress.job, picture, clock())

    why = progress.attempt(take, named="goods_pictures", again=True)
    if why is not None:
        db.commit([store.brought_put(db.tenant_id, progress.failed(why))])
