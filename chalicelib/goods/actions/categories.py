"""Categories by hand: new ones, names, places in the tree and the order of siblings."""

from __future__ import annotations

from datetime import datetime

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.catalogue.store import current_cards
from chalicelib.goods import store
from chalicelib.goods.actions.products import commit_edit
from chalicelib.goods.columns import free_id
from chalicelib.goods.edits import CategoryEdit, Edit, branches_with, leads_back
from chalicelib.goods.model import Edited
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, found
from chalicelib.kernel.ids import new_id
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import audit


def tree(db: TenantSession) -> tuple[tuple[Branch, ...], int]:
    """All categories as they will be, and how many changes are still on their way."""
    cards, edits = current_cards(db), store.waiting_edits(db)
    waiting = sum(len(edit.categories) for edit in edits)
    return branches_with(cards.branches() if cards else (), edits), waiting


def look(db: TenantSession, category_id: str) -> tuple[Branch, tuple[Branch, ...], int]:
    """A category, all of them, and the version of its last change. NotFound for one that is not there."""
    branches, _ = tree(db)
    branch = found(next((one for one in branches if one.id == category_id), None))
    return branch, branches, store.last_edit(db, f"category {category_id}")[1]


def save(db: TenantSession, actor: Actor, edit: CategoryEdit, seen: int, key: str, now: datetime) -> None:
    """Has a changed category shown. Refused("goods_edited") if somebody else changed it since the form was shown;
    Invalid where the category would come to lie within itself."""
    branches = {one.id: one for one in tree(db)[0]}
    if edit.parent_id and edit.parent_id not in branches:
        raise NotFound()
    if edit.parent_id and leads_back(edit.id, edit.parent_id, branches):
        raise Invalid(fields={"parent": Complaint(code="goods_own_parent")})
    if (edit.name, edit.parent_id, edit.position) == (None, None, None):
        return
    detail = {"category": edit.id, "name": edit.name, "parent": edit.parent_id, "position": edit.position}
    note = audit(
        db.tenant_id,
        "goods/categories",
        action="category_changed",
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={name: str(value) for name, value in detail.items() if value is not None},
    )
    edited = store.edited_put(db.tenant_id, f"category {edit.id}", Edited(by=actor.name, at=now), seen)
    commit_edit(db, Edit(id=new_id(now), at=now, by=actor.name, categories=(edit,)), [edited, note], key)


def make(db: TenantSession, actor: Actor, edit: CategoryEdit, key: str, now: datetime) -> None:
    """A new category; its id is that which a file gives one of the same path, if it is free."""
    branches = {one.id: one for one in tree(db)[0]}
    path = [(edit.name or "").casefold()]
    at = edit.parent_id
    while at and at in branches and len(path) < len(branches) + 2:
        path.insert(0, branches[at].name.casefold())
        at = branches[at].parent_id
    own = free_id(branches.__contains__, "category", *path)
    if any(
        (one.parent_id or "") == (edit.parent_id or "") and one.name.casefold() == path[-1] for one in branches.values()
    ):
        raise Invalid(fields={"name": Complaint(code="goods_category_there")})
    named = CategoryEdit(id=own, name=edit.name, parent_id=edit.parent_id or "", position=edit.position)
    save(db, actor, named, store.last_edit(db, f"category {own}")[1], key, now)
