"""Reminders over simulated months: each step at most once, never on a closed day, only the latest after an outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.billing import dunning
from chalicelib.billing.model import Reminders, ReminderSent
from chalicelib.kernel.clock import local_day, start_of_day
from chalicelib.tenancy.model import TenantSettings

TENANT = TenantSettings(
    id="t00000000000",
    name="Окна Севера",
    country="RU",
    tax_id="7707083893",
    currency="RUB",
    locale="ru",
    time_zone="Europe/Moscow",
    created=datetime(2026, 1, 1, tzinfo=UTC),
)
MONDAY = date(2026, 11, 16)
START = date(2026, 2, 15)
due_days = st.dates(date(2026, 3, 1), date(2026, 4, 15))
ZONES = ("Europe/Moscow", "Europe/Chisinau", "Asia/Kamchatka", "America/New_York", "UTC")


def morning(day: date, zone: str = "Europe/Moscow") -> datetime:
    return datetime.combine(day, time(9), ZoneInfo(zone)).astimezone(UTC)


@st.composite
def tenants(draw: st.DrawFn) -> TenantSettings:
    return replace(
        TENANT,
        time_zone=draw(st.sampled_from(ZONES)),
        reminder_days=tuple(draw(st.sets(st.integers(-5, 20), max_size=5))),
        closed_weekdays=tuple(draw(st.sets(st.integers(0, 6), max_size=4))),
        closed_days=tuple(
            (date(2026, 3, 1) + timedelta(days=n)).isoformat() for n in draw(st.sets(st.integers(0, 60), max_size=20))
        ),
    )


def simulate(
    due: date,
    tenant: TenantSettings,
    ticks: list[datetime],
    created: datetime,
    moved: Sequence[tuple[datetime, date]] = (),
) -> list[ReminderSent]:
    """What the schedule sends for one invoice that nobody pays, run at these moments, as `reminders.remind` does.

    `moved` = when the due day became which other, in order.
    """
    reminders = Reminders(invoice_id="i")
    look_at = dunning.first_look(due, tenant, created)
    moves = list(moved)
    for now in ticks:
        while moves and moves[0][0] <= now:
            at, due = moves.pop(0)
            look_at = dunning.look_again(due, tenant, at)
        if look_at is None or look_at > now:
            continue
        sending = dunning.sending_time(now, tenant)
        if sending is None or sending > now:
            look_at = sending
            continue
        step = dunning.step_to_send(due, reminders, tenant, now)
        if step is not None:
            reminders = replace(reminders, sent=(*reminders.sent, ReminderSent(step=step, at=now, due=due)))
        look_at = dunning.next_look(due, tenant, now)
    return list(reminders.sent)


def runs(since: date, days: int, zone: str) -> list[datetime]:
    """The schedule at night, at nine and in the afternoon of each day."""
    mornings = [morning(since + timedelta(days=n), zone) for n in range(days)]
    return [nine + timedelta(hours=hours) for nine in mornings for hours in (-7, 0, 6)]


def test_the_steps_are_the_due_day_and_three_and_seven_days_after_at_nine() -> None:
    sent = simulate(MONDAY, TENANT, runs(date(2026, 11, 1), 40, "Europe/Moscow"), morning(date(2026, 11, 2)))
    assert [(one.step, one.at) for one in sent] == [
        (0, morning(MONDAY)),
        (3, morning(date(2026, 11, 19))),
        (7, morning(date(2026, 11, 23))),
    ]


def test_a_step_on_a_closed_day_waits_for_the_next_open_one() -> None:
    saturday = date(2026, 11, 21)
    tenant = replace(TENANT, closed_days=("2026-11-23",))
    assert dunning.opening(saturday, tenant) == morning(date(2026, 11, 24))


def test_steps_that_a_holiday_moves_to_one_day_are_one_reminder() -> None:
    holidays = tuple(date(2027, 1, day).isoformat() for day in range(1, 12))
    tenant = replace(TENANT, closed_days=holidays)
    sent = simulate(date(2026, 12, 31), tenant, runs(date(2026, 12, 30), 30, "Europe/Moscow"), morning(MONDAY))
    assert [(one.step, one.at) for one in sent] == [(0, morning(date(2026, 12, 31))), (7, morning(date(2027, 1, 12)))]


def test_after_an_outage_only_the_latest_step_is_sent() -> None:
    back = morning(date(2026, 11, 25))
    assert [one.step for one in simulate(MONDAY, TENANT, [back, back + timedelta(minutes=1)], morning(MONDAY))] == [7]


def test_an_invoice_that_is_due_on_its_own_day_is_reminded_of_that_day() -> None:
    afternoon = morning(MONDAY) + timedelta(hours=6)
    assert dunning.first_look(MONDAY, TENANT, afternoon) == afternoon


def test_an_invoice_that_is_open_again_is_looked_at_tomorrow() -> None:
    late = morning(date(2026, 11, 26))
    assert dunning.look_again(MONDAY, TENANT, late) == morning(date(2026, 11, 27))
    assert dunning.look_again(date(2026, 12, 14), TENANT, late) == morning(date(2026, 12, 14))


def test_a_due_day_that_moves_later_brings_its_steps_again() -> None:
    later = MONDAY + timedelta(days=28)
    moved = [(morning(date(2026, 11, 20)), later)]
    sent = simulate(MONDAY, TENANT, runs(date(2026, 11, 1), 60, "Europe/Moscow"), morning(date(2026, 11, 2)), moved)
    assert [(one.step, one.due) for one in sent] == [(0, MONDAY), (3, MONDAY), (0, later), (3, later), (7, later)]
    assert [one.at for one in sent[2:]] == [morning(later + timedelta(days=n)) for n in (0, 3, 7)]


def test_a_due_day_that_moves_earlier_repeats_nothing_that_was_said_since() -> None:
    moved = [(morning(MONDAY) + timedelta(hours=1), MONDAY - timedelta(days=3))]
    sent = simulate(MONDAY, TENANT, runs(date(2026, 11, 1), 40, "Europe/Moscow"), morning(date(2026, 11, 2)), moved)
    assert [(one.step, local_day(one.at, "Europe/Moscow")) for one in sent] == [
        (0, MONDAY),
        (7, MONDAY + timedelta(days=4)),
    ]


def test_a_reminder_of_before_the_due_day_was_kept_with_it_is_not_repeated() -> None:
    old = Reminders(invoice_id="i", sent=(ReminderSent(step=3, at=morning(date(2026, 11, 19))),))
    assert dunning.step_to_send(MONDAY, old, replace(TENANT, closed_days=("2026-11-19",)), morning(MONDAY)) is None


def test_a_day_that_is_closed_afterwards_repeats_no_step() -> None:
    sent = Reminders(invoice_id="i", sent=(ReminderSent(step=0, at=morning(MONDAY), due=MONDAY),))
    closed = replace(TENANT, closed_days=(MONDAY.isoformat(),))
    assert dunning.step_to_send(MONDAY, sent, closed, morning(date(2026, 11, 17))) is None


def test_a_tenant_that_never_opens_sends_nothing() -> None:
    closed = replace(TENANT, closed_weekdays=(0, 1, 2, 3, 4, 5, 6))
    assert dunning.next_look(MONDAY, closed, morning(MONDAY)) is None
    assert dunning.sending_time(morning(MONDAY), closed) is None


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Chisinau", date(2026, 3, 29)), ("America/New_York", date(2026, 11, 1))]
)
def test_nine_in_the_morning_is_nine_also_on_the_day_when_clocks_change(zone: str, day: date) -> None:
    tenant = replace(TENANT, time_zone=zone, closed_weekdays=())
    moment = dunning.opening(day, tenant)
    assert moment is not None
    assert moment.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "09:00"


@settings(max_examples=60)
@given(tenants(), due_days, st.lists(st.tuples(st.integers(0, 180), st.integers(1, 30)), max_size=3))
def test_each_step_is_sent_at_most_once_in_order_in_the_open_and_none_is_forgotten(
    tenant: TenantSettings, due: date, outages: list[tuple[int, int]]
) -> None:
    zone = tenant.time_zone
    ticks = runs(START, 100, zone)
    down = {place for first, length in outages for place in range(first, first + length)}
    sent = simulate(due, tenant, [tick for place, tick in enumerate(ticks) if place not in down], ticks[0])
    steps = [one.step for one in sent]
    assert steps == sorted(set(steps))
    for one in sent:
        local = one.at.astimezone(ZoneInfo(zone))
        assert dunning.is_open_day(local.date(), tenant)
        assert local.hour >= 9
        assert local.date() >= due + timedelta(days=one.step)
    by_day = [local_day(one.at, zone) for one in sent]
    assert len(by_day) == len(set(by_day))
    if tenant.reminder_days:
        assert steps[-1:] == [max(tenant.reminder_days)]


@settings(max_examples=60)
@given(tenants(), due_days, st.lists(st.tuples(st.integers(0, 90), st.integers(-30, 30)), min_size=1, max_size=3))
def test_however_the_due_day_moves_its_last_step_comes_no_two_on_a_day_and_none_twice_for_one_due_day(
    tenant: TenantSettings, due: date, changes: list[tuple[int, int]]
) -> None:
    zone = tenant.time_zone
    ticks = runs(START, 160, zone)
    moved, last = [], due
    for after, by in sorted(changes):
        last = last + timedelta(days=by)
        moved.append((ticks[3 * after], last))
    sent = simulate(due, tenant, ticks, ticks[0], moved)
    assert len({(one.due, one.step) for one in sent}) == len(sent)
    by_day = [local_day(one.at, zone) for one in sent]
    assert len(by_day) == len(set(by_day))
    for one in sent:
        assert one.due is not None
        assert local_day(one.at, zone) >= one.due + timedelta(days=one.step)
    if tenant.reminder_days:
        step, moment = max(dunning.moments(last, tenant))
        assert any((one.step, one.due) == (step, last) or one.at >= moment for one in sent)


@settings(max_examples=60)
@given(tenants(), due_days)
def test_without_outages_every_step_comes_on_its_first_open_day_unless_a_later_one_comes_with_it(
    tenant: TenantSettings, due: date
) -> None:
    sent = simulate(due, tenant, runs(START, 100, tenant.time_zone), start_of_day(START, "UTC"))
    moments: dict[datetime, int] = {}
    for step, moment in dunning.moments(due, tenant):
        moments[moment] = max(step, moments.get(moment, step))
    assert {one.at: one.step for one in sent} == moments
