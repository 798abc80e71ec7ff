"""When a reminder is sent (domain §6.5).

Steps are counted from the due day; mails go out from nine in the tenant's morning, never on a closed day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.billing.model import Reminders
from chalicelib.kernel.clock import local_day
from chalicelib.tenancy.model import TenantSettings

MORNING = time(9)
_LONGEST_CLOSURE = 366  # days; a tenant that never opens gets no reminders


def is_open_day(day: date, settings: TenantSettings) -> bool:
    return day.weekday() not in settings.closed_weekdays and day.isoformat() not in settings.closed_days


def opening(day: date, settings: TenantSettings) -> datetime | None:
    """Nine in the morning of the first open day from `day` on; None if there is none within a year."""
    for after in range(_LONGEST_CLOSURE):
        candidate = day + timedelta(days=after)
        if is_open_day(candidate, settings):
            return datetime.combine(candidate, MORNING, ZoneInfo(settings.time_zone)).astimezone(UTC)
    return None


def sending_time(now: datetime, settings: TenantSettings) -> datetime | None:
    """`now` if mails may go out now, else the next time when they may."""
    today = opening(local_day(now, settings.time_zone), settings)
    return None if today is None else max(now, today)


def moments(due: date, settings: TenantSettings) -> Iterator[tuple[int, datetime]]:
    """Each step with its moment, in the steps' order."""
    for step in sorted(set(settings.reminder_days)):
        moment = opening(due + timedelta(days=step), settings)
        if moment is not None:
            yield step, moment


def reached_step(due: date, settings: TenantSettings, now: datetime) -> tuple[int, datetime] | None:
    """The latest step whose moment has come, with that moment: after an outage earlier ones are not made up for."""
    return max(((step, moment) for step, moment in moments(due, settings) if moment <= now), default=None)


def step_to_send(due: date, reminders: Reminders, settings: TenantSettings, now: datetime) -> int | None:
    """The step of which the dealer must be reminded now: reached, and neither it nor a later one was sent."""
    reached = reached_step(due, settings, now)
    if reached is None or reminders.was_sent(reached[0], due, reached[1]):
        return None
    return reached[0]


def next_look(due: date, settings: TenantSettings, now: datetime) -> datetime | None:
    """When the next step comes after `now`; None after the last."""
    return min((moment for _, moment in moments(due, settings) if moment > now), default=None)


def first_look(due: date, settings: TenantSettings, now: datetime) -> datetime | None:
    """When a new invoice is looked at first: at once if a step has been reached, e.g. when it is due on its own day."""
    return now if reached_step(due, settings, now) is not None else next_look(due, settings, now)


def look_again(due: date, settings: TenantSettings, now: datetime) -> datetime | None:
    """When an invoice that is open again is looked at: not before tomorrow, in case a payment was only mistyped."""
    if reached_step(due, settings, now) is None:
        return next_look(due, settings, now)
    return opening(local_day(now, settings.time_zone) + timedelta(days=1), settings)
