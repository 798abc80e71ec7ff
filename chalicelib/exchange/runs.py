"""Building the catalogue from a run's files: staged snapshots, and the switch to a new one at the end.

Runs of a tenant are worked on one after another (the import queue's group is the tenant), so a state that was read
stays true while a file is being built.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from chalicelib.catalogue.feed import CatalogueHead, FeedRow
from chalicelib.catalogue.snapshot.build import BuildResult, apply, withdraw_absent
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.exchange.model import ExchangeState, Run, continues
from chalicelib.kernel.errors import Refused, Unavailable
from chalicelib.kernel.ids import new_id
from chalicelib.network.model import PriceType, Warehouse
from chalicelib.network.store import price_types_write, warehouses_write
from chalicelib.storage import files, snapshots
from chalicelib.storage.session import TenantSession
from chalicelib.storage.snapshots import Snapshot


@dataclass(slots=True)
class Heads:
    """What the packages of a file say of themselves, noted while its rows pass."""

    full: bool = False
    full_goods: bool = False
    offers: bool = False

    def watch(self, rows: Iterable[FeedRow]) -> Iterator[FeedRow]:
        for row in rows:
            if isinstance(row, CatalogueHead):
                self.full = self.full or not row.only_changes
                self.full_goods = self.full_goods or (row.kind == "goods" and not row.only_changes)
                self.offers = self.offers or row.kind == "offers"
            yield row


@dataclass(slots=True)
class Workshop:
    """A chain of snapshots in a folder of its own; `top` is the newest. Nothing is seen by readers from here.

    `base` = the snapshot that readers see: what is made here may only follow it.
    """

    folder: Path
    base: Snapshot | None = None
    top: Path | None = None
    results: list[BuildResult] = field(default_factory=list)
    _made: int = 0

    def add(self, rows: Iterable[FeedRow], run_id: str) -> BuildResult:
        """Applies a file's rows; when they break off with an exception, the chain stays as it was."""
        target, before = self._next(), self.top
        result = apply(before, target, rows, run=run_id)
        self.top = target
        self.results.append(result)
        if before is not None:
            before.unlink()
        return result

    def withdraw(self, run_id: str, *, deactivate: bool) -> BuildResult:
        """Withdraws what the run did not name; `undo` takes it back. There must be a catalogue."""
        if self.top is None:
            raise ValueError("there is nothing to withdraw from")
        target = self._next()
        result = withdraw_absent(self.top, target, run=run_id, deactivate=deactivate)
        self.top = target
        self.results.append(result)
        return result

    def undo(self, top: Path) -> None:
        """Takes the last step back: the snapshot before it was `top`."""
        self.results.pop()
        self.top = top

    @property
    def changed(self) -> bool:
        return any(result.changed for result in self.results)

    def _next(self) -> Path:
        self._made += 1
        return self.folder / f"{self._made:04d}.sqlite"


@contextmanager
def workshop() -> Iterator[Workshop]:
    with tempfile.TemporaryDirectory(prefix="kontor-import-") as folder:
        yield Workshop(Path(folder))


def run_for(state: ExchangeState, at: datetime, now: datetime) -> tuple[Run, Run | None]:
    """The run that a file of `at` belongs to, and the one before it if that has yet to be closed."""
    if state.run is not None and continues(state.run, at):
        return replace(state.run, touched=max(now, state.run.touched)), None
    unfinished = state.run if state.run is not None and not state.run.closed else None
    return Run(id=new_id(now), begun=at, touched=now), unfinished


def begin(db: TenantSession, work: Workshop, run: Run) -> None:
    """Puts the snapshot to build on into the workshop: the run's own staged one, else the one that readers see."""
    work.base = snapshots.read_current(db)
    if run.staged:
        work.top = work.folder / "staged.sqlite"
        files.get_path(db.tenant_id, run.staged, work.top)
    elif work.base is not None:
        work.top = work.folder / "base.sqlite"
        shutil.copyfile(snapshots.local_copy(db.tenant_id, work.base), work.top)


def stage(db: TenantSession, work: Workshop, run: Run) -> str:
    """Keeps the run's snapshot for its next file; its storage key."""
    key = files.upload_key(db.tenant_id, "staged", f"{run.id}.sqlite")
    if work.top is not None:
        files.put_path(db.tenant_id, key, work.top)
    return key


def listed(path: Path) -> int:
    """How many SKUs readers of this snapshot see."""
    with closing(Catalogue(path)) as catalogue:
        return len(catalogue)


def publish(db: TenantSession, work: Workshop, now: datetime) -> None:
    """Shows the newest snapshot to readers; what contracts may name goes with it."""
    if work.top is None:
        return
    with closing(Catalogue(work.top)) as catalogue:
        types = [
            PriceType(id=one.id, name=one.name, currency=one.currency, vat_included=one.vat_included)
            for one in catalogue.price_types()
        ]
        places = [Warehouse(id=one.id, name=one.name) for one in catalogue.warehouses()]
        count = len(catalogue)
    also = [price_types_write(db.tenant_id, types), warehouses_write(db.tenant_id, places)]
    try:
        work.base = snapshots.publish(db, work.top, base=work.base, listed=count, now=now, also=also)
    except Refused as moved:  # a second delivery of the same message was quicker
        raise Unavailable("storage_busy") from moved
