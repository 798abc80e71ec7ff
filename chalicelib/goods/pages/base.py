"""What the pages of goods share."""

from __future__ import annotations

from chalicelib.catalogue.snapshot.cards import Branch
from chalicelib.http.doors import Doors
from chalicelib.kernel.access import Permission

doors = Doors(__name__)
MAY = Permission.CATALOGUE_EDIT


def indented(branch: Branch) -> str:
    """A category's name among the options of a choice."""
    return "\N{EM SPACE}" * (branch.depth - 1) + branch.name
