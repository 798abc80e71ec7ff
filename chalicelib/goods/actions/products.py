"""Products by hand: looking at one, changing it, making one, hiding and showing several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.catalogue.model import Page as CataloguePage
from chalicelib.catalogue.model import PriceType, Query
from chalicelib.catalogue.snapshot.cards import Branch, Card, Cards, Property, Standing
from chalicelib.catalogue.store import current_cards, opened, opened_cards
from chalicelib.goods import store
from chalicelib.goods.actions import edits
from chalicelib.goods.columns import free_id
from chalicelib.goods.edits import Edit, Edited, ProductEdit, with_edits
from chalicelib.goods.tree import branches_with
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.storage import snapshots
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write, audit

PAGE = 50
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A page of the list: SKUs as readers find them, or cards that they don't; edits that are `waiting` are on their
    way, those `aside` could not be shown."""

    listed: CataloguePage | None
    cards: tuple[Card, ...]
    total: int
    branches: tuple[Branch, ...]
    waiting: tuple[Edit, ...]
    aside: tuple[Edit, ...]
    is_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A product as it will be once all edits are seen, with what its form chooses from. `card` None: a new one.
    `seen` = the version of its last change, `edited` who made that."""

    card: Card | None
    branches: tuple[Branch, ...]
    properties: tuple[Property, ...]
    price_types: tuple[PriceType, ...]
    edited: Edited | None
    seen: int
    is_waiting: bool


def shelf(db: TenantSession, query: Query, standing: Standing) -> Shelf:
    """What there is: listed products by the readers' own search, others by a piece of the name or the article."""
    hand = store.edits(db)  # before the catalogue: one that is just being shown is found here or there
    snapshot = snapshots.read_current(db)
    waiting, aside = tuple(one for one in hand if not one.refused), tuple(one for one in hand if one.refused)
    if snapshot is None:
        return Shelf(listed=None, cards=(), total=0, branches=(), waiting=waiting, aside=aside, is_empty=True)
    cards = opened_cards(db.tenant_id, snapshot)
    if standing is Standing.LISTED:
        page = opened(db.tenant_id, snapshot).search(query)
        branches = cards.branches()
        return Shelf(
            listed=page, cards=(), total=page.total, branches=branches, waiting=waiting, aside=aside, is_empty=False
        )
    found, total = cards.unlisted(standing, query.text, page=query.page, size=query.size)
    return Shelf(listed=None, cards=found, total=total, branches=(), waiting=waiting, aside=aside, is_empty=False)


def look(db: TenantSession, sku: str | None) -> Sheet:
    """A product's form, or that of a new one. NotFound for a SKU that this catalogue has never had."""
    waiting = store.waiting_edits(db)
    snapshot = snapshots.read_current(db)
    cards = opened_cards(db.tenant_id, snapshot) if snapshot else None
    card = cards.card(sku) if cards and sku else None
    if sku and card is None:
        raise NotFound()
    edited, seen = store.last_edit(db, card.product_id) if card else (None, 0)
    return Sheet(
        card=with_edits(card, waiting) if card else None,
        branches=branches_with(cards.branches() if cards else (), waiting),
        properties=cards.properties() if cards else (),
        price_types=opened(db.tenant_id, snapshot).price_types() if snapshot else (),
        edited=edited,
        seen=seen,
        is_waiting=any(card and one.product_id == card.product_id for edit in waiting for one in edit.products),
    )


def save(db: TenantSession, actor: Actor, edit: ProductEdit, seen: int, key: str, now: datetime) -> None:
    """Has a changed product shown; nothing happens if nothing changes. Refused("goods_edited") if somebody else
    changed it since the form was shown (`seen`)."""
    if edit.is_empty:
        return
    edits.write(
        db,
        Edit(id=new_id(now), at=now, by=actor.name, products=(edit,)),
        [
            store.edited_put(
                db.tenant_id, edit.product_id, Edited(by=actor.name, at=now), seen, Refused("goods_edited")
            ),
            _audit(db, actor, "product_changed", edit.product_id, now, _said(edit)),
        ],
        key,
    )


def make(db: TenantSession, actor: Actor, edit: ProductEdit, key: str, now: datetime) -> None:
    """A new product, known by its article, so that a file that names the article later means the same one.

    Refused("goods_article_taken") if some product has the article already, also one that is not shown.
    """
    if edits.was_written(db, key):
        return
    article = edit.texts.get("article", "")
    cards = current_cards(db)
    waiting = {one.texts.get("article") for e in store.waiting_edits(db) for one in e.products}
    if article and (article in waiting or (cards is not None and cards.has_article(article))):
        raise Refused("goods_article_taken", article=article)
    made = free_id(lambda one: cards is not None and cards.has_product(one), "product", article or key)
    named = replace(edit, product_id=made, hidden=False)
    save(db, actor, named, store.last_edit(db, named.product_id)[1], key, now)


def show_or_hide(db: TenantSession, actor: Actor, skus: Iterable[str], *, hidden: bool, key: str, now: datetime) -> int:
    """Takes products off the catalogue or puts them back; how many. NotFound if one is not there."""
    cards = current_cards(db)
    chosen = {found.product_id: found for sku in skus if (found := _card(cards, sku))}
    if not chosen:
        return 0
    if len(chosen) > MOST_AT_ONCE:
        raise Refused("goods_too_many", limit=MOST_AT_ONCE)
    edit = Edit(
        id=new_id(now),
        at=now,
        by=actor.name,
        products=tuple(ProductEdit(product_id=one, texts={}, hidden=hidden) for one in chosen),
    )
    action = "products_hidden" if hidden else "products_shown"
    note = _audit(db, actor, action, "several", now, {"count": str(len(chosen)), "products": ", ".join(chosen)[:1000]})
    edits.write(db, edit, [note], key)
    return len(chosen)


def _card(cards: Cards | None, sku: str) -> Card:
    card = cards.card(sku) if cards else None
    if card is None:
        raise NotFound()
    return card


def _said(edit: ProductEdit) -> dict[str, str]:
    """What the audit keeps of an edit."""
    said = {name: text[:300] for name, text in edit.texts.items()}
    if edit.category_ids is not None:
        said["categories"] = "; ".join(edit.category_ids)
    said |= {f"attribute {value.name}": "; ".join(value.values)[:300] for value in edit.attributes}
    said |= {f"price {kind}": str(amount) for kind, amount in edit.prices}
    if edit.pictures is not None:
        said["pictures"] = "; ".join(edit.pictures)[:1000]
    if edit.hidden is not None:
        said["hidden"] = str(edit.hidden)
    return said


def _audit(
    db: TenantSession, actor: Actor, action: str, product_id: str, now: datetime, detail: dict[str, str]
) -> Write:
    return audit(
        db.tenant_id,
        f"goods/{product_id}",
        action=action,
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail=detail,
    )
