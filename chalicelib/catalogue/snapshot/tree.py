"""The tree of categories as readers see it: without deleted ones, whose goods and children move up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from chalicelib.catalogue.bits import counted
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.text import sort_key

WHOLE_CATALOGUE = 0
"""The category number under which `tree` has everything."""


def lines(db: Connection) -> dict[int, list[int]]:
    """For each category those under which its goods are found, nearest first: itself unless it is deleted or has not
    come yet, and what is above."""
    rows = db.execute("SELECT no, parent_no, deleted OR NOT known FROM category").fetchall()
    parents = {no: parent for no, parent, _ in rows}
    hidden = {no for no, _, gone in rows if gone}
    return {no: [one for one in (no, *_above(no, parents)) if one not in hidden] for no in parents}


def _above(no: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    """Ancestors, nearest first; a line that comes back to where it was ends there."""
    seen = {no}
    at = parents.get(no)
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)


def make(db: Connection) -> None:
    """Writes `tree`, with how many SKUs `shelf` has for each category. What a person has put in order comes first, by
    its number, the rest by name."""
    (size,) = db.execute("SELECT count(*) FROM item").fetchone()
    counts = {no: counted(places, size) for no, places in db.execute("SELECT category_no, places FROM shelf")}
    counts[WHOLE_CATALOGUE] = size
    rows = db.execute("SELECT no, name, position FROM category")
    order = {no: (not position, position, sort_key(name)) for no, name, position in rows}
    children: dict[int, list[int]] = defaultdict(list)
    for no, line in lines(db).items():
        if line[:1] == [no]:
            children[line[1] if len(line) > 1 else WHOLE_CATALOGUE].append(no)
    found: list[tuple[int, int]] = []  # with how deep each lies
    left = [(WHOLE_CATALOGUE, 0)]  # the next one last: an ERP's tree may be deeper than calls may be
    while left:
        no, depth = left.pop()
        found.append((no, depth))
        left += [(one, depth + 1) for one in sorted(children[no], key=lambda c: (order[c], c), reverse=True)]
    parents = {child: no or None for no, below in children.items() for child in below}
    last: dict[int, int] = {}  # a subtree is one range of positions
    for at, (no, _) in reversed([*enumerate(found)]):
        last[no] = max((last[child] for child in children[no]), default=at)
    ranges = ((no, at, last[no], parents.get(no), depth, counts.get(no, 0)) for at, (no, depth) in enumerate(found))
    db.execute("DELETE FROM tree")
    db.executemany("INSERT INTO tree VALUES (?, ?, ?, ?, ?, ?)", ranges)
