"""Doing a thing anew, or only once, when several do it at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.kernel.errors import Unavailable
from chalicelib.storage.session import TransactionRefused
from chalicelib.storage.writes import AlreadyDone

_T = TypeVar("_T")
_ATTEMPTS = 6


def retrying(act: Callable[[], _T]) -> _T:
    """Runs `act` anew when a row had changed between its reading and its commit."""
    for _ in range(_ATTEMPTS):
        try:
            return act()
        except TransactionRefused:
            continue
    raise Unavailable("storage_busy")


def first_answer_or(first_answer: Callable[[], _T | None], once: Callable[[], _T]) -> _T:
    """Runs `once` if nobody did: a repeat, or a rival with the same key, gets what the first one made."""

    def attempt() -> _T:
        answer = first_answer()
        return once() if answer is None else answer

    try:
        return retrying(attempt)
    except AlreadyDone:
        answer = first_answer()
        if answer is None:
            raise
        return answer
