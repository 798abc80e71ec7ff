"""Changes by hand on their way to readers: written once, told to the worker, and what becomes of those set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.goods import store
from chalicelib.goods.edits import Edit
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.storage import keys, worker
from chalicelib.storage.session import TenantSession, TransactionRefused
from chalicelib.storage.writes import AlreadyDone, Done, Write, audit, guard


def was_written(db: TenantSession, key: str) -> bool:
    """Whether the edit of a form has been written; `key` is the form's own."""
    return db.get(keys.idempotency(db.tenant_id, f"goods-edit#{key}")) is not None


def write(db: TenantSession, edit: Edit, also: Sequence[Write], key: str) -> None:
    """Writes an edit once (`key` is the form's own) and has it shown."""
    try:
        once = guard(db.tenant_id, f"goods-edit#{key}", Done(), now=edit.at)
        db.commit([once, store.edit_put(db.tenant_id, edit, edit.at), *also])
    except AlreadyDone:
        return
    worker.send(db.tenant_id, "goods_edits", dedup=edit.id)


def send_again(db: TenantSession, edit_id: str, now: datetime) -> None:
    """Due work: the worker is told anew of an edit that still waits."""
    edit = store.find_edit(db, edit_id)
    if edit is None or edit.refused:
        return
    try:
        db.commit([store.edit_put(db.tenant_id, edit, now)])
    except TransactionRefused:  # it has just been shown
        return
    worker.send(db.tenant_id, "goods_edits", dedup=stable_id(edit.id, str(edit.version)))


def try_again(db: TenantSession, actor: Actor, edit_id: str, now: datetime) -> None:
    """Has an edit that was set aside shown after all, in place of what was said since. NotFound for one that is not
    there."""
    edit = _aside(db, edit_id)
    waits = replace(edit, attempts=0, refused="")
    db.commit([store.edit_put(db.tenant_id, waits, now), _note(db, actor, "goods_edit_tried_again", edit, now)])
    worker.send(db.tenant_id, "goods_edits", dedup=stable_id(edit.id, str(edit.version)))


def discard(db: TenantSession, actor: Actor, edit_id: str, now: datetime) -> None:
    """Gives up an edit that was set aside. NotFound for one that is not there."""
    edit = _aside(db, edit_id)
    db.commit([store.edit_delete(db.tenant_id, edit), _note(db, actor, "goods_edit_discarded", edit, now)])


def _aside(db: TenantSession, edit_id: str) -> Edit:
    edit = store.find_edit(db, edit_id)
    if edit is None or not edit.refused:
        raise NotFound()
    return edit


def _note(db: TenantSession, actor: Actor, action: str, edit: Edit, now: datetime) -> Write:
    return audit(
        db.tenant_id,
        "goods/edits",
        action=action,
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={"edit": edit.id, "by": edit.by, "at": edit.at.isoformat(), "reason": edit.refused},
    )
