"""Categories as files name them: by the names that lead to them (`Windows / PVC; Sale`). Pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.goods.model import CATEGORIES
from chalicelib.goods.tree import DEEPEST

_LEVELS = re.compile(r"\s+/\s+|\s*[>\\|→]\s*")


def paths_of(branches: Iterable[Branch]) -> dict[tuple[str, ...], str]:
    """Categories by the names that lead to them."""
    paths: dict[str, tuple[str, ...]] = {}
    for branch in branches:
        paths[branch.id] = (*paths.get(branch.parent_id or "", ()), branch.name.casefold())
    return {path: own for own, path in reversed(paths.items())}


def paths_in(text: str) -> list[list[str]]:
    """The paths that a cell names. ValueError for none, for too many, and for one of too many levels."""
    named = [[name for part in _LEVELS.split(path) if (name := part.strip())] for path in text.split(";")]
    paths = [path for path in named if path]
    if not 0 < len(paths) <= CATEGORIES or any(len(path) > DEEPEST for path in paths):
        raise ValueError(text)
    return paths
