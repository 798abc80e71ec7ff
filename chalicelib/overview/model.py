"""The figures of the start page. Pure rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry
from chalicelib.kernel.money import Money, money
from chalicelib.ordering.model import Order
from chalicelib.ordering.states import State

WINDOW = timedelta(days=28)
"""How far back the chart goes, the day itself included."""
_SHORTEST = timedelta(days=14)
_TROUBLE = (EntryState.FAILED, EntryState.PARTLY)
_OF_PEOPLE = (EntryKind.SETTINGS, EntryKind.SHEET, EntryKind.HAND, EntryKind.VERSION)
_LATELY = timedelta(days=1)
TO_SHIP = (State.CONFIRMED, State.IN_PRODUCTION, State.READY)
"""States of an order that has still to leave."""


@dataclass(frozen=True, slots=True)
class Day:
    """How many orders were made on a day of the tenant's calendar."""

    day: date
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastExchange:
    """When the ERP was last here, and how many entries of the day before that have something wrong."""

    at: datetime
    troubles: int


def first_day(today: date, founded: date) -> date:
    """Where the chart begins: a new tenant's is shorter, it would be empty for the most part."""
    return max(today - WINDOW, min(founded, today - _SHORTEST)) + timedelta(days=1)


def by_day(days: Iterable[date], since: date, today: date) -> tuple[Day, ...]:
    """Every day from `since` to `today`, also those without an order."""
    counted = Counter(days)
    length = (today - since).days + 1
    return tuple(Day(day, counted[day]) for day in (since + timedelta(days=n) for n in range(max(length, 0))))


def added_up(orders: Iterable[Order]) -> tuple[Money, ...]:
    """What the orders come to, one sum a currency; cancelled ones count for nothing."""
    sums: dict[str, Decimal] = {}
    for order in orders:
        if order.state is not State.CANCELLED:
            sums[order.currency] = sums.get(order.currency, Decimal(0)) + order.gross
    return tuple(money(amount, currency) for currency, amount in sorted(sums.items()))


def last_exchange(entries: Sequence[JournalEntry]) -> LastExchange | None:
    """What the journal's entries, newest first, say of the ERP; None when it has not been here."""
    seen = [entry for entry in entries if entry.kind not in _OF_PEOPLE]
    if not seen:
        return None
    lately = [entry for entry in seen if seen[0].at - entry.at <= _LATELY]
    return LastExchange(at=seen[0].at, troubles=sum(entry.state in _TROUBLE for entry in lately))
