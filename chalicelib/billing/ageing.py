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


def bucket_of(days: int) -> int:
    """0 = not overdue, 1 = up to 30 days, … 4 = over 90."""
    return 0 if days <= 0 else 1 + sum(days > step for step in STEPS)


def ageing(invoices: Iterable[Invoice], today: date) -> list[Ageing]:
    """One for each currency in which something is open, by its code."""
    by_currency: dict[str, list[Invoice]] = {}
    for invoice in invoices:
        if invoice.is_open:
            by_currency.setdefault(invoice.currency, []).append(invoice)
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


def _of_currency(currency: str, invoices: list[Invoice], today: date) -> Ageing:
    sums = [Decimal(0)] * (len(STEPS) + 2)
    overdue = [invoice.overdue_days(today) for invoice in invoices]
    for invoice, days in zip(invoices, overdue, strict=True):
        sums[bucket_of(days)] += invoice.rest.amount
    return Ageing(
        currency=currency,
        buckets=tuple(money(one, currency) for one in sums),
        overdue_count=sum(days > 0 for days in overdue),
        oldest_days=max(overdue),
    )
