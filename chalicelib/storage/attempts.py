"""Doing anew what somebody else was quicker with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from chalicelib.kernel.errors import Unavailable
from chalicelib.storage.outcomes import TransactionRefused, pause
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import AlreadyDone, Put

_T = TypeVar("_T")
_ATTEMPTS = 40
_LONGEST_PAUSE = 0.3  # seconds: rivals commit in a fraction of it


def put_first(db: TenantSession, first: Put) -> None:
    """Writes a row that a tenant has once, if it is not there yet; its next ones are written by who reads it."""
    if db.get(first.key, consistent=False) is None:
        with suppress(TransactionRefused):  # another message was quicker
            db.commit([first])


def until_committed(act: Callable[[], _T]) -> _T:
    """Runs `act`, which reads, decides and commits, anew while a row that it read has changed by its commit.

    A refusal that the failed writes carry is the answer and is passed on, but for AlreadyDone: `act` must look for its
    guard, and so answers in its next run what the first request of that key did. Unavailable("storage_busy") after 40
    runs: five to six seconds of pauses.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return act()
        except (TransactionRefused, AlreadyDone):
            pause(attempt, longest=_LONGEST_PAUSE)
    raise Unavailable("storage_busy")
