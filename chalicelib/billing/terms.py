"""When an invoice is due (domain §6.2)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

FIRST_YEAR = 2000
"""Of ledgers: no invoice and no payment is of a day before."""


def due_day(day: date, *, months: int = 0, days: int = 0) -> date:
    """The last day to pay an invoice of `day`: so many calendar months on, then so many days.

    A month's end stays one: 28 February + 1 month = 31 March, 31 January + 1 month = 28 or 29 February.
    """
    return _months_on(day, months) + timedelta(days=days)


def _months_on(day: date, months: int) -> date:
    if not months:
        return day
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month0 + 1)[1]
    is_month_end = day.day == monthrange(day.year, day.month)[1]
    return date(year, month0 + 1, last if is_month_end else min(day.day, last))
