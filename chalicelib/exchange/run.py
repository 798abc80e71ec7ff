"""A *run*: what 1C does in one go, a chain of sessions without a long pause, one per portion of goods (protocol §0).

What a full exchange leaves out is withdrawn when its run has ended well. Pure rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.tenancy.model import StockKind

RUN_IDLE = timedelta(minutes=5)  # no further catalogue file for so long: the run is over


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """A catalogue file of a run, read into a part of `size` bytes. `came` = when 1C began to send it: as of then its
    stock holds. `archive_entry` = the journal entry of its archive. `told` = it was assembled and changed nothing: only
    the run's end must know what it named."""

    key: str
    size: int
    came: datetime
    entry_id: str
    archive_entry: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The run that is going on, or the last one.

    `parts` = its files that the snapshot in force does not have, in the order of arrival. It `waits` while goods of a
    full exchange wait for their offers, so that a break in between leaves the catalogue as it was; else it is shown as
    `showing` says, `shows` times so far. `offers` = they came after the last full package of goods. `broken` = a file
    could not be read. It `tells_stock` if some of it was told to the live rows. `goods_files` counts files with goods;
    more than one means portions, and then silence does not prove that the last one has come.
    """

    id: str
    begun: datetime
    touched: datetime
    full: bool = False
    offers: bool = False
    broken: bool = False
    tells_stock: bool = False
    goods_files: int = 0
    parts: tuple[RunPart, ...] = ()
    waits: bool = False
    shows: int = 0
    closed: bool = False

    @property
    def unseen(self) -> tuple[RunPart, ...]:
        """Parts in which there may be something new for readers."""
        return tuple(part for part in self.parts if not part.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTold:
    """What the live stock has been told of the stock that the snapshot `version` has, by messages of `kind` and with
    `safety` kept back (docs/adr/0025).

    `whole` = all of it, else what the run `run` has told so far. To tell any of that again would change nothing, but
    for SKUs that were moved from `since` on.
    """

    version: int
    run: str
    since: datetime
    whole: bool
    kind: StockKind
    safety: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeState:
    """What the exchange remembers of a tenant's 1C from run to run."""

    units: dict[str, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    run: Run | None = None
    told: StockTold | None = None
    version: int = 0  # filled from the stored row


def continues(run: Run | None, at: datetime) -> bool:
    """Whether a file that came at `at` belongs to the run."""
    return run is not None and not run.closed and at - run.touched < RUN_IDLE


def may_withdraw_after_silence(run: Run) -> bool:
    """A full run of one portion whose files all were taken; of several portions only 1C's own word counts."""
    return run.full and not run.broken and run.goods_files == 1


def may_withdraw_at_end(run: Run) -> bool:
    """The same when 1C has said that the exchange is over (`mode=complete`)."""
    return run.full and not run.broken


def is_suspicious(listed_before: int, listed_after: int) -> bool:
    """A withdrawal that 1C has not asked for and that takes most of the catalogue: more likely a broken run."""
    gone = listed_before - listed_after
    return gone > 20 and gone * 5 > listed_before * 2
