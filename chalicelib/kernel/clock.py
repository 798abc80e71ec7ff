"""The only place that looks at the wall clock. Everything else takes `now` as an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A UTC moment as sortable text with milliseconds: `2026-11-21T08:30:00.000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_day(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


def start_of_day(day: date, time_zone: str) -> datetime:
    """The first instant of the day there, in UTC; right on days when clocks change."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)


def local_moment(clock_face: datetime, time_zone: str) -> datetime:
    """The instant, in UTC, at which clocks there show this day and time; the earlier one if they show it twice."""
    return clock_face.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def end_of_day(day: date, time_zone: str) -> datetime:
    """The instant at which the day is over there, in UTC (= the start of the next day)."""
    return start_of_day(day + timedelta(days=1), time_zone)
