"""Ids, time and tax ids."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.kernel.clock import end_of_day, local_day, stamp, start_of_day
from chalicelib.kernel.ids import is_tenant_id, made_at, new_id, new_tenant_id, stable_id
from chalicelib.kernel.taxids import normal_tax_id

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id(NOON + timedelta(milliseconds=step)) for step in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50
    assert {len(one) for one in made} == {20}


def test_tenant_ids_have_a_fixed_length_and_no_separator() -> None:
    for _ in range(100):
        made = new_tenant_id()
        assert is_tenant_id(made)
        assert "#" not in made


def test_a_stable_id_depends_on_nothing_but_its_parts() -> None:
    assert stable_id("1c", "a", "b") == stable_id("1c", "a", "b")
    assert stable_id("1c", "ab", "") != stable_id("1c", "a", "b")


def test_stamps_sort_as_moments_do_whatever_their_zone() -> None:
    earlier = datetime.fromisoformat("2026-11-21T14:00:00+03:00")
    assert stamp(earlier) < stamp(NOON)
    with pytest.raises(ValueError, match="time zone"):
        stamp(datetime(2026, 1, 1))  # noqa: DTZ001 - the point


def test_a_day_begins_and_ends_where_the_clock_on_the_wall_says_so() -> None:
    assert start_of_day(date(2026, 11, 21), "Europe/Moscow") == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert local_day(datetime(2026, 11, 20, 22, tzinfo=UTC), "Europe/Moscow") == date(2026, 11, 21)


def test_the_day_when_clocks_go_back_has_25_hours() -> None:
    day = date(2026, 10, 25)
    assert end_of_day(day, "Europe/Chisinau") - start_of_day(day, "Europe/Chisinau") == timedelta(hours=25)


@pytest.mark.parametrize(
    ("country", "given", "normal"),
    [
        ("RU", "7707083893", "7707083893"),
        ("RU", " 770708 3893 ", "7707083893"),
        ("MD", "1008600038413", "1008600038413"),
        ("RU", "RU7707083893", "7707083893"),
        ("RO", "RO 185 472 90", "18547290"),
        ("RO", "18547290", "18547290"),
        ("DE", "136695976", "DE136695976"),
        ("DE", "de 136 695 976", "DE136695976"),
    ],
)
def test_a_tax_id_has_one_form_however_it_is_typed(country: str, given: str, normal: str) -> None:
    assert normal_tax_id(country, given) == normal


@pytest.mark.parametrize(
    ("country", "wrong"), [("RU", "7707083894"), ("MD", "1008600038412"), ("DE", "1"), ("XX", "1")]
)
def test_wrong_tax_ids_are_refused(country: str, wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for logs
        normal_tax_id(country, wrong)


def test_an_id_tells_when_it_was_made_to_the_millisecond() -> None:
    moment = datetime(2026, 11, 21, 8, 30, 15, 123_456, tzinfo=UTC)
    assert made_at(new_id(moment)) == moment.replace(microsecond=123_000)
    for text in ("", "x" * 20, "short", "0" * 19 + "!"):
        with pytest.raises(ValueError, match="not an id"):
            made_at(text)
