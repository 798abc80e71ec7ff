"""Doing anew what somebody else was quicker with."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import KontorError, Refused, Unavailable
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TransactionRefused
from chalicelib.storage.writes import AlreadyDone


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


class Act:
    """Fails with each of `failures` in turn, then answers how often it ran."""

    def __init__(self, *failures: KontorError) -> None:
        self._failures = list(failures)
        self.runs = 0

    def __call__(self) -> int:
        self.runs += 1
        if self._failures:
            raise self._failures.pop(0)
        return self.runs


@pytest.mark.parametrize("conflict", [TransactionRefused(()), AlreadyDone("already_done")])
def test_what_met_a_conflict_is_run_anew_after_a_pause(conflict: KontorError, pauses: list[float]) -> None:
    assert until_committed(Act(conflict, conflict)) == 3
    assert len(pauses) == 2


def test_a_refusal_of_a_write_is_the_answer(pauses: list[float]) -> None:
    act = Act(Refused("credit_short"))
    with pytest.raises(Refused, match="credit_short"):
        until_committed(act)
    assert act.runs == 1
    assert not pauses


def test_what_meets_conflicts_without_end_is_given_up(pauses: list[float]) -> None:
    with pytest.raises(Unavailable, match="storage_busy"):
        until_committed(Act(*[TransactionRefused(())] * 1000))
    assert max(pauses) <= 0.3
    assert sum(pauses) < 12
