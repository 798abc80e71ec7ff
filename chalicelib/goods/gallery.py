"""The pictures that people give a product: on their way to it, and put in order. Pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.job import Job

MOST_PICTURES = 40
"""Of one product."""
PICTURE_KEPT = timedelta(days=7)
"""How long it is told why a picture was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought(Job):
    """A picture that somebody brought for a product, until it is among the product's or was refused. `key` = its
    file."""

    id: str
    sku: str
    key: str
    by: str
    by_id: str
    made: datetime

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a form puts a picture: it `was` shown at one number, from 1 on, and now has another. None: the last."""

    name: str
    was: int
    number: int | None
    gone: bool = False

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Of two with the same number, the one that was moved takes the place."""
        if self.number is None:
            return True, 0, 0
        return False, self.number, (self.number > self.was) - (self.number < self.was)


def in_order(places: Sequence[Place], main: str = "") -> tuple[str, ...]:
    """The pictures as a form puts them; `main` comes first whatever its number."""
    stay = sorted((one for one in places if not one.gone), key=lambda one: (one.name != main, one.rank))
    return tuple(one.name for one in stay)


def rearranged(now: Sequence[str], shown: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...] | None:
    """The product's pictures once a form that was `shown` some of them says `wanted`; what came meanwhile is last.
    None if somebody has put those that were shown in another order, or taken one away."""
    if [one for one in now if one in shown] != list(shown):
        return None
    return tuple(dict.fromkeys((*wanted, *(one for one in now if one not in shown))))
