"""What a version of a price list would change, from the asking to the report. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from chalicelib.kernel.job import Job, JobState
from chalicelib.pricing.simulation import Summary, added_up

KEPT = timedelta(days=1)
"""How long a report can be read; S3 deletes it after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation(Job):
    """One asking for what the version `number` of a list would change, in force from `since` on; None = at once.
    `done` of `total` prices are compared."""

    id: str
    list_id: str
    list_name: str
    number: int
    asked: datetime
    asked_by: str  # the person's name
    since: datetime | None = None
    state: JobState = JobState.QUEUED
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedContract:
    """A contract with other prices; what changes is that of its chain, by its place in the report."""

    id: str
    number: str
    party_id: str
    party_name: str
    currency: str
    chain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCart:
    """A cart that somebody has filled: `lines` of it have another price. Sums contain VAT."""

    party_name: str
    person: str
    contract_number: str
    currency: str
    lines: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedOrder:
    """An order that waits for the manager's or the dealer's answer: `lines` of it would cost something else if they
    were ordered anew. It keeps its prices: `before` is what it costs, `after` what it would. Sums contain VAT."""

    id: str
    number: str
    party_name: str
    contract_number: str
    currency: str
    lines: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True, kw_only=True)
class Report:
    """What changes at the moment `at`. `book_version` = that of the pricing book it holds for; `replaces` = the version
    of the list that would be in force otherwise, 0 = none; `contracts` = how many were looked at.

    `rows` = SKUs of which the two versions do not say the same; prices were `compared` of so many of them, where all
    would take too long. `names` = article and name of the SKUs in `chains`."""

    at: datetime
    book_version: int
    replaces: int
    rows: int
    compared: int
    contracts: int
    chains: tuple[Summary, ...] = ()
    changed: tuple[ChangedContract, ...] = ()  # the largest change first
    carts: tuple[ChangedCart, ...] = ()
    orders: tuple[ChangedOrder, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def total(self) -> Summary:
        """Of all contracts: each of a contract's prices counts."""
        times = [0] * len(self.chains)
        for one in self.changed:
            times[one.chain] += 1
        return added_up(zip(self.chains, times, strict=True))
