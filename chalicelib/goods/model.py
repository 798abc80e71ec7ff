"""The catalogue kept here, without an ERP: files that people upload, and changes by hand. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.exchange.model import KindCount
from chalicelib.kernel.filenames import title_of
from chalicelib.kernel.job import Job
from chalicelib.tenancy.model import StockKind

KEPT = timedelta(days=30)
"""How long an uploaded file and what became of it are kept."""
MAX_FILE = 100_000_000  # bytes
SHOWN_REJECTED = 50
CATEGORIES = 10
"""That a product may be in, of those that people say."""
NOT_SHOWN = "not_shown"
"""Why a change by hand is set aside that breaks the assembling each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a file is to be read. `columns` = what each column means (`columns`), by place; `head` = the row that names
    them, counted from 1. Stock is of `stock_kind` (None: as the ERP's) and holds `as_of` (None: when the file came).
    `full` = a product made here that the file does not name is withdrawn, `sure` also if that
    takes most of them."""

    columns: tuple[str, ...]
    head: int
    full: bool = False
    sure: bool = False
    stock_kind: StockKind | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was not taken, or not all of it. `reason` is a code, `detail` the column or text that it is about."""

    number: int
    reason: str
    detail: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Job):
    """One file and what became of it. `came` = when it was there (None: not yet seen). `read` = rows so far, `bad` of
    them were not taken whole; `rejected` are the first of those. `withheld` = products that would have been withdrawn,
    were there not so many, or were it known what products its `nameless` rows mean."""

    id: str
    made: datetime
    by: str
    came: datetime | None = None
    name: str = ""
    bytes: int = 0
    plan: Plan | None = None
    read: int = 0
    bad: int = 0
    counts: tuple[KindCount, ...] = ()
    withdrawn: int = 0
    withheld: int = 0
    nameless: int = 0
    version_before: int = 0
    rejected: tuple[BadRow, ...] = ()

    @property
    def changed(self) -> int:
        return sum(count.changed for count in self.counts) + self.withdrawn

    @property
    def is_withheld(self) -> bool:
        """Nothing was withdrawn, though the file was said to be full."""
        return self.is_done and (self.withheld > 0 or self.nameless > 0)

    @property
    def as_of(self) -> datetime:
        """The moment of which the file's stock tells, however late it is read."""
        said = self.plan.as_of if self.plan else None
        return said or self.came or self.made

    @property
    def title(self) -> str:
        return title_of(self.name)
