"""Files with rows of a price list, from the choice of one to what became of it. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kernel.access import Actor
from chalicelib.kernel.filenames import title_of
from chalicelib.kernel.patience import SILENT, UNTAKEN
from chalicelib.pricing.sheet import BadRow

KEPT = timedelta(days=30)
"""How long a file and what became of it are kept."""
MAX_FILE = 50 * 1024 * 1024  # bytes
MOST_ATTEMPTS = 3
SHOWN_BAD = 100
"""Bad rows that the page shows; the file to download has all of them."""


class UploadState(StrEnum):
    NEW = "new"  # the file is on its way, or nobody has said yet that it is to be read
    QUEUED = "queued"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUpload:
    """`read` rows, of which `bad` were not taken (`shown` are the first of them) and `taken` became the version
    `number` of the list; 0 = there was none to take. `code` and `params` say why it failed. `run` tells one reading
    from another; `touched` = the last sign of life."""

    id: str
    list_id: str
    actor: Actor
    made: datetime
    touched: datetime
    state: UploadState = UploadState.NEW
    name: str = ""
    run: str = ""
    attempts: int = 0
    read: int = 0
    taken: int = 0
    bad: int = 0
    number: int = 0
    shown: tuple[BadRow, ...] = ()
    code: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    version: int = 0  # filled from the stored row

    @property
    def title(self) -> str:
        return title_of(self.name)

    @property
    def is_under_way(self) -> bool:
        return self.state in (UploadState.QUEUED, UploadState.READING)

    @property
    def look_again(self) -> datetime | None:
        """When it is sent to the worker again if nothing is heard of it; None if it is over."""
        if not self.is_under_way:
            return None
        return self.touched + (UNTAKEN if self.state is UploadState.QUEUED else SILENT)
