"""Categories by hand: new ones, names, places in the tree and the order of siblings.

There is one version for the whole tree, kept with what takes its last change back. A form carries the `mark` of what it
was shown, so it also learns of what an exchange has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.catalogue.store import current_cards
from chalicelib.goods import store
from chalicelib.goods.actions import edits
from chalicelib.goods.columns import free_id
from chalicelib.goods.edits import CategoryEdit, Edit, Edited
from chalicelib.goods.tree import DEEPEST, Spot, branches_with, in_itself, mark, moves, too_deep, undoing
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, Refused, found
from chalicelib.kernel.ids import new_id
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import audit

_TREE = "categories"
_MOST_SAID = 1_000  # characters of the audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All categories as they will be, in their order. `waiting` = changes that are on their way; `edited`, `version` =
    the last change by hand."""

    branches: tuple[Branch, ...]
    waiting: int
    edited: Edited | None
    version: int


def tree(db: TenantSession) -> Tree:
    """The edits are read before the catalogue: one that is just being shown is found here or there."""
    edited, version = store.last_edit(db, _TREE)
    waiting = store.waiting_edits(db)
    cards = current_cards(db)
    return Tree(
        branches=branches_with(cards.branches() if cards else (), waiting),
        waiting=sum(len(edit.categories) for edit in waiting),
        edited=edited,
        version=version,
    )


def look(db: TenantSession, category_id: str) -> tuple[Branch, tuple[Branch, ...]]:
    """A category, and all of them. NotFound for one that is not there."""
    branches = tree(db).branches
    return _named(branches, category_id), branches


def _named(branches: Sequence[Branch], category_id: str) -> Branch:
    return found(next((one for one in branches if one.id == category_id), None))


def save(db: TenantSession, actor: Actor, edit: CategoryEdit, seen: str, key: str, now: datetime) -> None:
    """Has a changed category shown. Refused("goods_edited_category") if it has changed since the form was shown
    (`seen` = its `mark`); Invalid where it would come to lie within itself."""

    def wanted(now_there: Tree) -> tuple[CategoryEdit, ...]:
        if mark((_named(now_there.branches, edit.id),)) != seen:
            raise Refused("goods_edited_category")
        return (edit,) if (edit.name, edit.parent_id, edit.position) != (None, None, None) else ()

    _change(db, actor, wanted, key, now)


def arrange(db: TenantSession, actor: Actor, spots: Sequence[Spot], seen: str, key: str, now: datetime) -> None:
    """Puts categories where a form says. Refused("goods_tree_edited") if the tree is not what the form was shown
    (`seen` = its `mark`); Invalid where one would come to lie within itself."""

    def wanted(now_there: Tree) -> tuple[CategoryEdit, ...]:
        if mark(now_there.branches) != seen:
            raise Refused("goods_tree_edited")
        return moves(now_there.branches, spots)

    _change(db, actor, wanted, key, now)


def undo(db: TenantSession, actor: Actor, version: int, key: str, now: datetime) -> None:
    """Takes the last change by hand back, if that is still the one of `version`: Refused("goods_tree_edited")."""

    def wanted(now_there: Tree) -> tuple[CategoryEdit, ...]:
        if now_there.edited is None or now_there.version != version:
            raise Refused("goods_tree_edited")
        return now_there.edited.undo

    _change(db, actor, wanted, key, now, any_depth=True)


def make(db: TenantSession, actor: Actor, edit: CategoryEdit, key: str, now: datetime) -> None:
    """A new category; its id is that which a file gives one of the same path, if it is free."""

    def wanted(now_there: Tree) -> tuple[CategoryEdit, ...]:
        branches = {one.id: one for one in now_there.branches}
        path = [(edit.name or "").casefold()]
        if any((b.parent_id or "", b.name.casefold()) == (edit.parent_id or "", path[0]) for b in branches.values()):
            raise Invalid(fields={"name": Complaint(code="goods_category_there")})
        at = edit.parent_id
        while at and at in branches and len(path) < len(branches) + 2:
            path.insert(0, branches[at].name.casefold())
            at = branches[at].parent_id
        own = free_id(branches.__contains__, "category", *path)
        return (CategoryEdit(id=own, name=edit.name, parent_id=edit.parent_id or "", position=edit.position),)

    _change(db, actor, wanted, key, now)


def _change(
    db: TenantSession,
    actor: Actor,
    wanted: Callable[[Tree], tuple[CategoryEdit, ...]],
    key: str,
    now: datetime,
    *,
    any_depth: bool = False,
) -> None:
    """Has shown what is wanted of the tree as it is; anew if somebody was quicker, once for a form's `key`.
    `any_depth`: also where that is too deep for people, as an ERP may have put it there."""

    def once() -> None:
        if edits.was_written(db, key):
            return
        before = tree(db)
        changes = wanted(before)
        if not changes:
            return
        there = {one.id for one in before.branches}
        if any(one.parent_id and one.parent_id not in there for one in changes):
            raise NotFound()
        if in_itself(before.branches, changes):
            raise Invalid(fields={"parent": Complaint(code="goods_own_parent")})
        if not any_depth and too_deep(before.branches, changes):
            raise Invalid(fields={"parent": Complaint(code="goods_too_deep", params={"limit": DEEPEST})})
        back = undoing(before.branches, changes)
        edited = store.edited_put(db.tenant_id, _TREE, Edited(by=actor.name, at=now, undo=back), before.version)
        note = audit(
            db.tenant_id,
            "goods/categories",
            action="categories_changed",
            actor_id=actor.user_id,
            at=now,
            entry_id=new_id(now),
            detail={"before": _said(back), "after": _said(changes)},
        )
        edits.write(db, Edit(id=new_id(now), at=now, by=actor.name, categories=changes), [edited, note], key)

    until_committed(once)


def _said(changes: Sequence[CategoryEdit]) -> str:
    """Names, parents and numbers by category, for the audit."""
    parts = []
    for one in changes:
        fields = {"name": one.name, "parent": one.parent_id, "position": one.position}
        parts.append(f"{one.id}: " + ", ".join(f"{name} {text}" for name, text in fields.items() if text is not None))
    return "; ".join(parts)[:_MOST_SAID]
