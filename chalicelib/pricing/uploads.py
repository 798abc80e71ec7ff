"""Files with rows of a price list, from the choice of one to what became of it. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.kernel.access import Actor
from chalicelib.kernel.filenames import title_of
from chalicelib.kernel.job import Job
from chalicelib.pricing.sheet import BadRow

KEPT = timedelta(days=30)
"""How long a file and what became of it are kept."""
MAX_FILE = 50 * 1024 * 1024  # bytes
SHOWN_BAD = 100
"""Bad rows that the page shows; the file to download has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUpload(Job):
    """`read` rows, of which `bad` were not taken (`shown` are the first of them) and `taken` became the version
    `number` of the list; 0 = there was none to take."""

    id: str
    list_id: str
    actor: Actor
    made: datetime
    name: str = ""
    head: int = 0  # the row that names the columns, 0 = none
    columns: tuple[str, ...] = ()  # what each means
    read: int = 0
    taken: int = 0
    bad: int = 0
    number: int = 0
    shown: tuple[BadRow, ...] = ()

    @property
    def title(self) -> str:
        return title_of(self.name)
