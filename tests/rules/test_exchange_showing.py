"""When the files of a run are shown: at once where that is cheap, else together, and never later than promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.exchange.run import RUN_IDLE, Run, RunPart
from chalicelib.exchange.showing import CHEAP, LONGEST_WAIT, MOST_PARTS, SMALL, look_again, shows_at_once

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
RUN = Run(id="r", begun=NOW, touched=NOW)


def part(size: int, came: datetime = NOW, *, told: bool = False) -> RunPart:
    return RunPart(key="k", size=size, came=came, entry_id="e", told=told)


def with_parts(*parts: RunPart, **more: object) -> Run:
    return replace(RUN, parts=parts, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("run", "base", "at_once"),
    [
        (with_parts(part(CHEAP)), 0, True),
        (with_parts(part(2), full=True), CHEAP - 1, False),
        (with_parts(part(1), full=True), CHEAP - 1, True),
        (with_parts(part(SMALL)), 10 * CHEAP, True),
        (with_parts(part(SMALL + 1)), 10 * CHEAP, False),
        (with_parts(part(1), full=True), 10 * CHEAP, False),
        (with_parts(part(1), shows=1), 10 * CHEAP, False),
        (with_parts(part(SMALL), part(1)), 10 * CHEAP, False),
        (with_parts(part(1, NOW - LONGEST_WAIT), full=True), 10 * CHEAP, True),
        (with_parts(part(1, NOW - LONGEST_WAIT, told=True), part(1), full=True), 10 * CHEAP, False),
        (with_parts(*[part(SMALL)] * MOST_PARTS, full=True), 10 * CHEAP, True),
    ],
)
def test_an_upload_is_shown_at_once_where_that_is_cheap(run: Run, base: int, at_once: bool) -> None:
    assert shows_at_once(run, base, NOW) is at_once


def test_after_each_show_a_run_must_be_silent_for_longer_but_never_as_long_as_its_end() -> None:
    waits = [look_again(with_parts(part(1), shows=shows)) - NOW for shows in range(6)]
    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes == [1, 2, 4, 4, 4, 4]
    assert max(waits) < RUN_IDLE


@pytest.mark.parametrize("run", [RUN, with_parts(part(1), waits=True), with_parts(part(1, told=True))])
def test_a_run_with_nothing_to_show_is_looked_at_when_it_is_over(run: Run) -> None:
    assert look_again(run) == NOW + RUN_IDLE
