"""The tree of categories as people change it: its order, what a form moves, and what takes a change back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.goods.edits import CategoryEdit
from chalicelib.goods.tree import Spot, changed, in_itself, in_order, mark, moves, too_deep, undoing


def branch(own: str, parent: str | None = None, position: int = 0) -> Branch:
    return Branch(id=own, name=own.upper(), parent_id=parent, position=position, count=0, depth=1)


TREE = (branch("doors"), branch("windows"), branch("pvc", "windows"), branch("wood", "windows"))


def lines(*branches: Branch) -> list[str]:
    return ["." * one.depth + one.id for one in in_order(branches)]


@st.composite
def trees(draw: st.DrawFn) -> tuple[Branch, ...]:
    """Trees of a few categories: each lies under one before it, or at the top."""
    made: list[Branch] = []
    for own in "abcdefg"[: draw(st.integers(1, 7))]:
        parent = draw(st.sampled_from([None, *(one.id for one in made)]))
        made.append(branch(own, parent, draw(st.integers(0, 3))))
    return tuple(made)


def test_siblings_with_a_number_come_first_and_the_others_by_name() -> None:
    assert lines(*TREE) == [".doors", ".windows", "..pvc", "..wood"]
    moved = (TREE[0], branch("windows", None, 1), TREE[2], branch("wood", "windows", 1))
    assert lines(*moved) == [".windows", "..wood", "..pvc", ".doors"]


def test_a_category_under_one_that_is_gone_or_within_itself_stands_at_the_top() -> None:
    assert lines(branch("a", "gone"), branch("b", "a"), branch("c", "d"), branch("d", "c")) == [".a", "..b", ".c", ".d"]


def test_only_what_a_form_puts_elsewhere_is_moved() -> None:
    spots = [
        Spot(id="doors", parent_id="", position=0),
        Spot(id="pvc", parent_id="doors", position=1),
        Spot(id="gone", parent_id="", position=7),
    ]
    assert moves(TREE, spots) == (CategoryEdit(id="pvc", parent_id="doors", position=1),)


def test_a_category_cannot_be_put_within_itself_also_by_two_moves_at_once() -> None:
    assert in_itself(TREE, [CategoryEdit(id="windows", parent_id="pvc")])
    crossed = [CategoryEdit(id="windows", parent_id="doors"), CategoryEdit(id="doors", parent_id="windows")]
    assert in_itself(TREE, crossed)
    assert in_itself(TREE, crossed[:1]) is None


def chain(levels: int) -> tuple[Branch, ...]:
    return tuple(branch(f"c{n}", f"c{n - 1}" if n > 1 else None) for n in range(1, levels + 1))


def test_an_erps_tree_of_any_depth_is_read() -> None:
    assert [one.depth for one in in_order(chain(1_500))] == list(range(1, 1_501))


def test_nobody_puts_a_category_or_what_lies_in_it_below_the_twentieth_level() -> None:
    deep = (*in_order(chain(19)), *TREE)
    under = CategoryEdit(id="windows", parent_id="c18")
    assert too_deep(deep, [under]) is None
    lower = CategoryEdit(id="windows", parent_id="c19")
    assert too_deep(deep, [lower]) == lower, "wood and PVC would be on the twenty-first"
    new = CategoryEdit(id="new", name="New", parent_id="c19")
    assert too_deep(deep, [new]) is None
    assert too_deep(deep, [new, CategoryEdit(id="newer", name="Newer", parent_id="new")])


def test_what_an_erp_put_deeper_can_be_named_and_moved_up() -> None:
    deep = in_order(chain(30))
    for edit in (CategoryEdit(id="c29", name="N"), CategoryEdit(id="c25", parent_id="c20")):
        assert too_deep(deep, [edit]) is None
    assert too_deep(deep, [CategoryEdit(id="c1", name="N", position=1)]) is None


@given(trees(), st.data())
def test_every_category_is_in_the_tree_once_beneath_its_parent(tree: tuple[Branch, ...], data: st.DataObject) -> None:
    shown = in_order(data.draw(st.permutations(tree)))
    assert sorted(one.id for one in shown) == sorted(one.id for one in tree)
    depth = {one.id: one.depth for one in shown}
    assert all(one.depth == (depth[one.parent_id] + 1 if one.parent_id else 1) for one in shown)
    assert shown == in_order(tree)


@given(trees(), st.data())
def test_undoing_brings_the_tree_back(tree: tuple[Branch, ...], data: st.DataObject) -> None:
    ids = [one.id for one in tree]
    spots = [
        Spot(id=own, parent_id=data.draw(st.sampled_from(["", *ids])), position=data.draw(st.integers(0, 3)))
        for own in data.draw(st.lists(st.sampled_from(ids), unique=True))
    ]
    edits = moves(tree, spots)
    after = tuple(changed(tree, edits).values())
    assert tuple(changed(after, undoing(tree, edits)).values()) == tree
    assert (mark(after) == mark(tree)) == (not edits)
