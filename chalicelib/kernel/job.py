"""Work that is given to a worker: its row, from the asking to what became of it. Pure rules.

The row is written first and the message sent then, so the message may never have been sent; a worker may die. A message
too many does no harm: who comes second finds it done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

UNTAKEN = timedelta(minutes=5)
"""Nobody has begun: the message is sent again."""
SILENT = timedelta(minutes=35)
"""Somebody began and has fallen silent: longer than the queue hides a message from others."""
LONGEST = timedelta(minutes=6)
"""After so long without a sign of life a worker has ended: its own time is five minutes."""
MOST_ATTEMPTS = 3


class JobState(StrEnum):
    NEW = "new"  # nobody has said yet that it is to be done
    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every kind of work has. `run` tells one asking for it from another; `touched` = the last sign of life;
    `code` and `params` say why it failed."""

    touched: datetime
    state: JobState = JobState.NEW
    run: str = ""
    attempts: int = 0
    code: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    version: int = 0  # filled from the stored row

    @property
    def is_under_way(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.WORKING)

    @property
    def is_done(self) -> bool:
        return self.state is JobState.DONE

    def is_alive(self, now: datetime) -> bool:
        """Whether it is under way and will be heard of: what is not sent again may be lost."""
        return self.is_under_way and now - self.touched < LONGEST

    @property
    def look_again(self) -> datetime | None:
        """When it is sent to the worker again if nothing is heard of it; None if it is over."""
        if not self.is_under_way:
            return None
        return self.touched + (UNTAKEN if self.state is JobState.QUEUED else SILENT)
