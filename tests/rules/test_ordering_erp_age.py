"""Which of two files of the ERP is older, by what they say of themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ordering.erp_age import is_older, remembered

NOON = datetime(2026, 11, 21, 9, tzinfo=UTC)  # in Moscow
moments = st.integers(0, 365 * 86_400).map(lambda seconds: NOON.replace(tzinfo=None) - timedelta(seconds=seconds))
zones = st.sampled_from(("Europe/Moscow", "Europe/Bucharest", "Asia/Kamchatka", "UTC"))


@pytest.mark.parametrize(
    ("told", "known", "older"),
    [
        ("2026-11-21T10:00:00", "2026-11-21T10:00:01", True),
        ("2026-11-21T10:00:01", "2026-11-21T10:00:01", False),
        ("2026-11-21T10:00:02", "2026-11-21T10:00:01", False),
        ("2026-11-20", "2026-11-21T00:00:00", True),
        ("2026-11-21", "2026-11-21T10:00:00", False),
        ("2026-11-21T10:00:00", "2026-11-21", False),
        ("2026-11-20T23:59:59", "2026-11-21", True),
        ("", "2026-11-21T10:00:00", False),
        ("2026-11-21T10:00:00", "", False),
    ],
)
def test_what_was_surely_formed_before_is_older(told: str, known: str, older: bool) -> None:
    assert is_older(told, known, "Europe/Moscow") is older


def test_in_the_hour_that_comes_twice_nothing_is_certain() -> None:
    early, late, next_hour = "2026-10-25T03:10:00", "2026-10-25T03:50:00", "2026-10-25T04:30:00"
    assert not is_older(early, late, "Europe/Bucharest")
    assert is_older(early, late, "Europe/Moscow")
    assert is_older("2026-10-25T02:50:00", late, "Europe/Bucharest")
    assert is_older(late, next_hour, "Europe/Bucharest")


@given(moments, moments, zones)
def test_of_two_files_at_most_one_is_older(one: datetime, other: datetime, zone: str) -> None:
    first, second = (
        is_older(one.isoformat(), other.isoformat(), zone),
        is_older(other.isoformat(), one.isoformat(), zone),
    )
    assert not (first and second)
    assert not is_older(one.isoformat(), one.isoformat(), zone)
    if one + timedelta(hours=2) < other:
        assert first


@given(st.integers(-100_000, 100_000), zones)
def test_a_clock_that_runs_ahead_shuts_nothing_out_once_it_is_right(seconds: int, zone: str) -> None:
    here = NOON.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    told = (here + timedelta(seconds=seconds)).isoformat()
    kept = remembered(told, NOON, zone)
    assert kept == min(told, here.isoformat())
    later = (here + timedelta(seconds=1)).isoformat()
    assert not is_older(later, kept, zone)
