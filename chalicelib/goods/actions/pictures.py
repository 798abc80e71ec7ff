"""A product's pictures by hand: bringing them, putting them in order, taking them away (docs/adr/0018, 0021)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalogue.snapshot.cards import Card
from chalicelib.catalogue.store import current_cards
from chalicelib.goods import store
from chalicelib.goods.actions import edits
from chalicelib.goods.edits import Edit, Edited, ProductEdit, with_edits
from chalicelib.goods.gallery import MOST_PICTURES, Brought, rearranged
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused, found
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.kernel.job import JobState
from chalicelib.pictures.actions import in_force
from chalicelib.pictures.model import LANES, MAX_BYTES, Picture, digest_named, is_own_name, own_name
from chalicelib.storage import uploads, worker
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.files import UploadForm
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import AlreadyDone, Done, Write, audit, guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One of a product's pictures. `digest` None: its file has not come, or was refused."""

    name: str
    digest: str | None
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A product's pictures as they will be once all edits are seen, those on their way, and those that were refused."""

    card: Card
    shown: tuple[Shown, ...]
    coming: tuple[Brought, ...]
    refused: tuple[Brought, ...]
    is_waiting: bool


def look(db: TenantSession, sku: str) -> Wall:
    """NotFound for a SKU that this catalogue has never had."""
    card, is_waiting = _card(db, sku)
    brought = store.brought_pictures(db, card.sku)
    return Wall(
        card=card,
        shown=shown_of(db, card),
        coming=tuple(one for one in brought if one.is_under_way),
        refused=tuple(one for one in brought if not one.is_under_way),
        is_waiting=is_waiting,
    )


def shown_of(db: TenantSession, card: Card) -> tuple[Shown, ...]:
    """The product's pictures, the main one first. One that was added here is known before the album shows it."""
    album = in_force(db)
    known = album.find(card.pictures) if album else {}
    return tuple(
        Shown(name=one, digest=known[one].digest if one in known else digest_named(one), is_own=is_own_name(one))
        for one in card.pictures
    )


def _card(db: TenantSession, sku: str) -> tuple[Card, bool]:
    """The product as it will be, and whether edits of it wait. Edits are read first: else one that is just being shown
    would be found neither here nor there."""
    waiting = store.waiting_edits(db)
    cards = current_cards(db)
    card = found(cards.card(sku) if cards else None)
    waits = any(one.product_id == card.product_id for edit in waiting for one in edit.products)
    return with_edits(card, waiting), waits


def form_for(db: TenantSession, sku: str, now: datetime) -> UploadForm:
    """The form that brings pictures, one at a time, as often as it is sent."""
    folder = store.picture_folder(db.tenant_id, sku, new_id(now))
    return uploads.form(db.tenant_id, folder, most=MAX_BYTES, then=f"/goods/{sku}/pictures")


def arrived(db: TenantSession, actor: Actor, sku: str, key: str, now: datetime) -> None:
    """Has a picture looked at whose file is there; the same file is taken once.

    NotFound for a key that is not this product's, Refused("goods_too_many_pictures").
    """
    wall = look(db, sku)
    if not key.startswith(store.picture_folder(db.tenant_id, wall.card.sku, "")):
        raise NotFound()
    if len(wall.shown) + len(wall.coming) >= MOST_PICTURES:
        raise Refused("goods_too_many_pictures", limit=MOST_PICTURES)
    picture = Brought(
        id=stable_id(key), sku=wall.card.sku, key=key, by=actor.name, by_id=actor.user_id, made=now, touched=now,
        state=JobState.QUEUED, run=stable_id(key),
    )  # fmt: skip
    once = guard(db.tenant_id, f"goods-picture#{picture.id}", Done(), now=now)
    try:
        db.commit([once, store.brought_put(db.tenant_id, picture)])
    except AlreadyDone:
        return
    _send(db.tenant_id, picture, picture.run)


def send_again(db: TenantSession, sku: str, picture_id: str, now: datetime) -> None:
    """Due work: the worker is told anew of a picture of which nothing is heard."""
    worker.send_again(db, store.find_brought(db, sku, picture_id), store.brought_put, _send, now)


def _send(tenant_id: str, picture: Brought, dedup: str) -> None:
    lane = worker.lane("pictures", picture.id, LANES)
    worker.send(tenant_id, "goods_picture", dedup=dedup, lane=lane, sku=picture.sku, picture=picture.id)


def add(db: TenantSession, brought: Brought, picture: Picture, now: datetime) -> None:
    """Puts a picture that was made behind the product's others."""

    def once() -> None:
        seen = _seen(db, brought.sku)
        card, _ = _card(db, brought.sku)
        name = own_name(picture.digest)
        gone = store.brought_delete(db.tenant_id, brought)
        if name in card.pictures:
            db.commit([gone])
            return
        _change(
            db, card, (*card.pictures, name), seen, by=(brought.by, brought.by_id), also=[gone], key=brought.id, now=now
        )

    until_committed(once)


def arrange(
    db: TenantSession,
    actor: Actor,
    sku: str,
    shown: tuple[str, ...],
    wanted: tuple[str, ...],
    key: str,
    now: datetime,
) -> None:
    """Puts the pictures that a form was `shown` as it says; those that are not `wanted` are taken away.

    Refused("goods_pictures_edited") if somebody else has put them in another order since.
    """
    own = _card(db, sku)[0].sku  # a variant's pictures are its product's

    def once() -> None:
        if edits.was_written(db, key):
            return
        seen = _seen(db, own)
        card, _ = _card(db, own)
        after = rearranged(card.pictures, shown, wanted)
        if after is None:
            raise Refused("goods_pictures_edited")
        if after != card.pictures:
            _change(db, card, after, seen, by=(actor.name, actor.user_id), also=[], key=key, now=now)

    until_committed(once)


def forget(db: TenantSession, sku: str, picture_id: str) -> None:
    """Clears the word about a picture that was refused."""
    card, _ = _card(db, sku)
    picture = store.find_brought(db, card.sku, picture_id)
    if picture is not None and not picture.is_under_way:
        db.commit([store.brought_delete(db.tenant_id, picture)])


def _seen(db: TenantSession, sku: str) -> int:
    """The version of the last change of a product's pictures."""
    return store.last_edit(db, f"pictures {sku}")[1]


def _change(
    db: TenantSession,
    card: Card,
    pictures: tuple[str, ...],
    seen: int,
    *,
    by: tuple[str, str],
    also: list[Write],
    key: str,
    now: datetime,
) -> None:
    """Has the pictures shown; TransactionRefused if somebody was quicker."""
    name, user_id = by
    edited = store.edited_put(db.tenant_id, f"pictures {card.sku}", Edited(by=name, at=now), seen)
    note = audit(
        db.tenant_id,
        f"goods/{card.product_id}",
        action="product_pictures_changed",
        actor_id=user_id,
        at=now,
        entry_id=new_id(now),
        detail={"before": " ".join(card.pictures)[:1000], "after": " ".join(pictures)[:1000]},
    )
    edit = ProductEdit(product_id=card.product_id, texts={}, pictures=pictures)
    edits.write(
        db,
        Edit(id=new_id(now), at=now, by=name, products=(edit,)),
        [edited, note, *also],
        key,
    )
