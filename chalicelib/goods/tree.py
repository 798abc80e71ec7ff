"""The tree of categories as people change it: as it will be, in its order, and what a change takes back. Pure rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.catalogue.snapshot.text import sort_key
from chalicelib.goods.edits import CategoryEdit, Edit
from chalicelib.kernel.ids import stable_id

DEEPEST = 20
"""Levels of categories that people, and files, may make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a form puts a category; `parent_id` empty: the top, `position` 0: by name."""

    id: str
    parent_id: str
    position: int


def mark(branches: Iterable[Branch]) -> str:
    """What a form was shown: another mark means that somebody, or an exchange, has changed something since."""
    return stable_id(*(part for one in branches for part in (one.id, one.name, one.parent_id or "", str(one.position))))


def branches_with(branches: Iterable[Branch], edits: Iterable[Edit]) -> tuple[Branch, ...]:
    """Categories as they will be, in reading order, those that are yet to come included."""
    return in_order(changed(branches, (one for edit in edits for one in edit.categories)).values())


def changed(branches: Iterable[Branch], edits: Iterable[CategoryEdit]) -> dict[str, Branch]:
    """Categories by id, after some edits."""
    found = {branch.id: branch for branch in branches}
    for one in edits:
        known = found.get(one.id) or Branch(id=one.id, name="", parent_id=None, position=0, count=0, depth=1)
        found[one.id] = replace(
            known,
            name=known.name if one.name is None else one.name,
            parent_id=known.parent_id if one.parent_id is None else one.parent_id or None,
            position=known.position if one.position is None else one.position,
        )
    return found


def in_order(branches: Iterable[Branch]) -> tuple[Branch, ...]:
    """Each category after its parent: siblings with a number first, by it, then the rest by name, as readers see them.
    What lies under nothing that is there, or within itself, stands at the top."""
    found = {one.id: one for one in branches}
    children: dict[str, list[Branch]] = defaultdict(list)
    for one in found.values():
        lost = one.parent_id not in found or leads_back(one.id, one.parent_id or "", found)
        children["" if lost else one.parent_id or ""].append(one)
    out: list[Branch] = []
    left = [("", 0)]  # the next one last: an ERP's tree may be deeper than calls may be
    while left:
        own, depth = left.pop()
        if depth:
            out.append(replace(found[own], depth=depth))
        after = sorted(children[own], key=lambda b: (not b.position, b.position, sort_key(b.name), b.id), reverse=True)
        left += [(one.id, depth + 1) for one in after]
    return tuple(out)


def moves(branches: Sequence[Branch], spots: Iterable[Spot]) -> tuple[CategoryEdit, ...]:
    """What a form that says where each category stands changes. Spots of what is not there change nothing."""
    found = {one.id: one for one in branches}
    edits = (
        CategoryEdit(
            id=spot.id,
            parent_id=None if spot.parent_id == (found[spot.id].parent_id or "") else spot.parent_id,
            position=None if spot.position == found[spot.id].position else spot.position,
        )
        for spot in spots
        if spot.id in found
    )
    return tuple(one for one in edits if (one.parent_id, one.position) != (None, None))


def undoing(branches: Iterable[Branch], edits: Iterable[CategoryEdit]) -> tuple[CategoryEdit, ...]:
    """What brings back how it was before some edits; a category that they make stays."""
    found = {one.id: one for one in branches}
    return tuple(
        CategoryEdit(
            id=one.id,
            name=None if one.name is None else found[one.id].name,
            parent_id=None if one.parent_id is None else found[one.id].parent_id or "",
            position=None if one.position is None else found[one.id].position,
        )
        for one in edits
        if one.id in found
    )


def in_itself(branches: Iterable[Branch], edits: Sequence[CategoryEdit]) -> CategoryEdit | None:
    """The first edit by which a category would come to lie within itself."""
    after = changed(branches, edits)
    return next((one for one in edits if one.parent_id and leads_back(one.id, one.parent_id, after)), None)


def too_deep(branches: Iterable[Branch], edits: Sequence[CategoryEdit]) -> CategoryEdit | None:
    """The first edit that puts a category, or what lies in it, on a level below `DEEPEST`. What an ERP put so deep may
    stay, and may be moved up."""
    before = {one.id: one.depth for one in branches}
    after = in_order(changed(branches, edits).values())
    moved = {one.id: one for one in edits if one.parent_id is not None}
    cause: dict[str, CategoryEdit | None] = {}
    for one in after:  # parents first
        cause[one.id] = moved.get(one.id) or cause.get(one.parent_id or "")
        why = cause[one.id]
        if why and one.depth > DEEPEST and one.depth > before.get(one.id, 0):
            return why
    return None


def leads_back(category_id: str, parent_id: str, branches: Mapping[str, Branch]) -> bool:
    """Whether a category with this parent lies within itself."""
    at: str | None = parent_id
    for _ in range(len(branches) + 1):
        if at is None or at not in branches:
            return False
        if at == category_id:
            return True
        at = branches[at].parent_id
    return True
