"""How old a debt is: sums of open invoices by the days since they were due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.billing.model import Invoice
from chalicelib.kernel.money import Money, money, total

STEPS = (30, 60, 90)
"""The last day of each bucket but the newest (not overdue) and the oldest (older than all of these)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """Open sums of one currency: not due, 1–30, 31–60, 61–90 and over 90 days overdue."""

    currency: str
    buckets: tuple[Money, ...]
    overdue_count: int
    oldest_days: int

    @property
    def debt(self) -> Money:
        return total(self.buckets, self.currency)

    @property
    def overdue(self) -> Money:
        return self.debt - self.buckets[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSum:
    """What `count` open invoices of one currency that are due on one day still ask for."""

    currency: str
    due: date
    amount: Decimal
    count: int


def bucket_of(days: int) -> int:
    """0 = not overdue, 1 = up to 30 days, … 4 = over 90."""
    return 0 if days <= 0 else 1 + sum(days > step for step in STEPS)


def due_sums(invoices: Iterable[Invoice]) -> tuple[DueSum, ...]:
    """The open ones by currency and due day, in this order."""
    groups: dict[tuple[str, date], list[Decimal]] = {}
    for invoice in invoices:
        if invoice.is_open:
            groups.setdefault((invoice.currency, invoice.due), []).append(invoice.rest.amount)
    return tuple(
        DueSum(currency=currency, due=due, amount=sum(rests, Decimal(0)), count=len(rests))
        for (currency, due), rests in sorted(groups.items())
    )


def ageing(invoices: Iterable[Invoice], today: date) -> list[Ageing]:
    """One for each currency in which something is open, by its code."""
    return ageing_of(due_sums(invoices), today)


def ageing_of(sums: Iterable[DueSum], today: date) -> list[Ageing]:
    by_currency: dict[str, list[DueSum]] = {}
    for one in sums:
        by_currency.setdefault(one.currency, []).append(one)
    return [_of_currency(currency, group, today) for currency, group in sorted(by_currency.items())]


def added_up(several: Iterable[Ageing]) -> list[Ageing]:
    """One for each currency: its ageings together."""
    groups: dict[str, list[Ageing]] = {}
    for one in several:
        groups.setdefault(one.currency, []).append(one)
    return [
        Ageing(
            currency=currency,
            buckets=tuple(total(parts, currency) for parts in zip(*(one.buckets for one in group), strict=True)),
            overdue_count=sum(one.overdue_count for one in group),
            oldest_days=max(one.oldest_days for one in group),
        )
        for currency, group in sorted(groups.items())
    ]


def _of_currency(currency: str, sums: list[DueSum], today: date) -> Ageing:
    buckets = [Decimal(0)] * (len(STEPS) + 2)
    for one in sums:
        buckets[bucket_of((today - one.due).days)] += one.amount
    return Ageing(
        currency=currency,
        buckets=tuple(money(one, currency) for one in buckets),
        overdue_count=sum(one.count for one in sums if one.due < today),
        oldest_days=max(0, *((today - one.due).days for one in sums)),
    )
