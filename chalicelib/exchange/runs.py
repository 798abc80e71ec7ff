"""Building the catalogue from a run's files: staged snapshots, and the switch to a new one at the end.

Runs of a tenant are worked on one after another (the import queue's group is the tenant), so a state that was read
stays true while a file is being built.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from chalicelib.catalogue.feed import CatalogueHead, FeedRow
from chalicelib.catalogue.snapshot.build import BuildResult, apply, withdraw_absent
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.exchange.model import ExchangeState, Run, continues
from chalicelib.kernel.ids import new_id
from chalicelib.storage import files


@dataclass(slots=True)
class Heads:
    """What the packages of a file say of themselves, noted while its rows pass."""

    full: bool = False
    offers: bool = False

    def watch(self, rows: Iterable[FeedRow]) -> Iterator[FeedRow]:
        for row in rows:
            if isinstance(row, CatalogueHead):
                self.full = self.full or not row.only_changes
                self.offers = self.offers or row.kind == "offers"
            yield row


@dataclass(slots=True)
class Workshop:
    """A chain of snapshots in a folder of its own; `top` is the newest. Nothing is seen by readers from here."""

    folder: Path
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


def staged_key(tenant_id: str, run_id: str) -> str:
    return files.upload_key(tenant_id, "staged", f"{run_id}.sqlite")


def listed(path: Path) -> int:
    """How many SKUs readers of this snapshot see."""
    catalogue = Catalogue(path)
    try:
        return len(catalogue)
    finally:
        catalogue.close()
