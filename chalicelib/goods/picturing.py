"""The worker's part of pictures that people bring: each is checked, made small and put behind the product's others.

It goes the way of 1C's (docs/adr/0021): the same checks and copies, and the album says what its name stands for. A
second delivery finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.gateways.telemetry import count
from chalicelib.goods import store
from chalicelib.goods.actions.pictures import add
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.pictures import actions as pictures
from chalicelib.pictures.model import own_name
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession


def take_picture(db: TenantSession, sku: str, picture_id: str, clock: Callable[[], datetime]) -> None:
    """Takes one picture; why it is refused is told on the product's page."""
    brought = store.find_brought(db, sku, picture_id)
    if brought is None or brought.code:
        return
    try:
        content = files.find(db.tenant_id, brought.key)
        if content is None:
            raise Invalid("goods_file_missing")
        album = pictures.in_force(db)
        picture = pictures.take(db, album, content)
        pictures.name(db, album, {own_name(picture.digest): picture}, clock())
        add(db, brought, picture, clock())
    except (Invalid, NotFound) as refusal:
        told = {name: str(value) for name, value in refusal.params.items()}
        db.commit([store.brought_put(db.tenant_id, replace(brought, code=refusal.code, params=told), clock())])
        count("goods_pictures_refused", db.tenant_id)
