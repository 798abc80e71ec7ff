"""A run's parts: where they are kept, assembling them, and the switch to the new snapshot.

Runs of a tenant are worked on one after another (their group in the import queue is the tenant), so a state that was
read stays true while a snapshot is being built.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from chalicelib.catalogue.snapshot.assembled import Assembled
from chalicelib.catalogue.snapshot.build import End, Portion, assemble
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.exchange import store
from chalicelib.exchange.reading import ReadFile, Source, read_file
from chalicelib.exchange.run import ExchangeState, Run, RunPart, StockTold, continues
from chalicelib.exchange.telling import still_true, told_now
from chalicelib.kernel.errors import Refused, Unavailable
from chalicelib.kernel.ids import new_id
from chalicelib.network.model import PriceType, Warehouse
from chalicelib.network.store import price_types_write, warehouses_write
from chalicelib.ordering.actions.arriving import waiting_orders
from chalicelib.stock.actions import erp_levels, moved_since
from chalicelib.storage import files, snapshots
from chalicelib.storage.session import OUTAGES, TenantSession
from chalicelib.storage.snapshots import Snapshot
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import StockKind, TenantSettings

END = -1
"""The lot of what a run's end tells."""
WORTH_REMEMBERING = 200_000
"""Bytes of a file that takes longer to read than its last part to fetch."""


@dataclass(slots=True)
class Workshop:
    """A folder to build in. `made` = parts by their key that were read here, before S3 has them.

    `base` = the snapshot that readers see: what is made here may only follow it.
    """

    folder: Path
    made: dict[str, Path] = field(default_factory=dict)
    base: Snapshot | None = None
    top: Path | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def new_part(self, key: str) -> Path:
        """Where to make the part of this key; no other part of the workshop ever lay there."""
        path = self.made[key] = self.folder / f"{next(self._numbers):05d}.part"
        return path


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


def keep(db: TenantSession, work: Workshop, keys: Iterable[str]) -> None:
    """Puts what was read here to S3, for a later assembling."""
    for key in keys:
        path = work.made.pop(key, None)
        if path is not None:
            files.put_path(db.tenant_id, key, path)
            path.unlink()


def forget(db: TenantSession, work: Workshop, parts: Iterable[RunPart]) -> None:
    """Deletes parts that no assembling needs any more."""
    for part in parts:
        path = work.made.pop(part.key, None)
        if path is None:
            files.delete(db.tenant_id, part.key)
        else:
            path.unlink()


def read(db: TenantSession, work: Workshop, source: Source, key: str) -> ReadFile:
    """Reads a file into the part `key` with the help of what the file of its name brought last time; a small one costs
    less than fetching that."""
    part = work.new_part(key)
    if source.size < WORTH_REMEMBERING:
        return read_file(source, part)
    remembered = store.earlier_key(db.tenant_id, source.name)
    earlier = work.folder / "earlier.part"
    try:
        files.get_path(db.tenant_id, remembered, earlier)
    except OUTAGES:  # there is none, or it cannot be fetched now: the file is read as a whole
        earlier.unlink(missing_ok=True)
    file = read_file(source, part, earlier if earlier.exists() else None)
    earlier.unlink(missing_ok=True)
    if file.part_size:
        files.put_path(db.tenant_id, remembered, part)
    return file


def build(
    db: TenantSession, work: Workshop, run: Run, units: Mapping[str, str], *, now: datetime, end: End | None = None
) -> Assembled:
    """Assembles the snapshot that readers see and the run's parts; nobody sees the result yet."""
    work.base = snapshots.read_current(db)
    previous = None
    if work.base is not None:
        previous = work.folder / "base.sqlite"
        os.link(snapshots.local_copy(db.tenant_id, work.base), previous)  # the copy itself may go at any time
    work.top = work.folder / "top.sqlite"
    done = assemble(previous, work.top, _portions(db, work, run), run=run.id, at=now, units=units, end=end)
    if previous is not None:
        previous.unlink()
    return done


def _portions(db: TenantSession, work: Workshop, run: Run) -> Iterator[Portion]:
    """The run's parts one at a time: one that was downloaded goes before the next one comes."""
    lots = _lots(run)
    for part in run.parts:
        lot = None if part.told else lots[part.came]
        if part.key in work.made:
            yield Portion(path=work.made[part.key], lot=lot)
            continue
        path = work.folder / "downloaded.part"
        files.get_path(db.tenant_id, part.key, path)
        yield Portion(path=path, lot=lot)
        path.unlink()


def _lots(run: Run) -> dict[datetime, int]:
    """Stock holds as of when its file came; files that came together are told together."""
    return {came: lot for lot, came in enumerate(sorted({part.came for part in run.parts}))}


def tell_stock(
    db: TenantSession,
    run: Run,
    done: Assembled,
    settings: TenantSettings,
    *,
    message_id: str,
    now: datetime,
    kind: StockKind | None = None,
    moved: Collection[str] | None = None,
) -> None:
    """The stock that an assembling tells, oldest first; at a run's end the zeros come last. `kind` = what the numbers
    count, if that was said of these; else what the ERP's do.

    With `moved` only what differs from the snapshot before, and of these SKUs; else all, also what the ERP repeats,
    because the live stock has been moved since.
    """
    came = {lot: at for at, lot in _lots(run).items()}
    means = kind or settings.exchange.stock_kind
    for lot in sorted(done.told.lots(), key=lambda lot: (lot == END, lot)):
        erp_levels(
            db,
            done.told.by_sku(lot, moved),
            kind=means,
            as_of=came.get(lot, run.touched),
            message_id=message_id,
            now=now,
            safety=settings.safety_stock,
            waiting=waiting_orders(db, means, now),
        )


def publish(
    db: TenantSession,
    work: Workshop,
    now: datetime,
    *,
    entry_id: str,
    also: Sequence[Write] = (),
) -> None:
    """Shows what was built to readers; what contracts may name goes with it. `entry_id` = the journal's line that tells
    of it."""
    if work.top is None:
        return
    with closing(Catalogue(work.top)) as catalogue:
        types = [
            PriceType(id=one.id, name=one.name, currency=one.currency, vat_included=one.vat_included)
            for one in catalogue.price_types()
        ]
        places = [Warehouse(id=one.id, name=one.name) for one in catalogue.warehouses()]
        listed, products = len(catalogue), catalogue.count_products()
    try:
        work.base = snapshots.publish(
            db,
            work.top,
            base=work.base,
            listed=listed,
            products=products,
            entry_id=entry_id,
            now=now,
            also=[price_types_write(db.tenant_id, types), warehouses_write(db.tenant_id, places), *also],
        )
    except Refused as moved:  # a second delivery of the same message was quicker
        raise Unavailable("storage_busy") from moved


Changes = Mapping[str, Mapping[str, int]]
"""Rows that differ from before, by kind, for each part by its key."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers see from now on. `run` has no more of the parts than its end needs."""

    run: Run
    told: StockTold | None
    changes: Changes
    done: Assembled


def show(
    db: TenantSession,
    work: Workshop,
    settings: TenantSettings,
    state: ExchangeState,
    run: Run,
    *,
    now: datetime,
    end: End | None = None,
    message_id: str = "",
) -> Shown:
    """Assembles the parts of the state's `run` as it is now; tells the stock that they tell, then moves the pointer: a
    break in between is mended by the next time. Parts that changed nothing are kept: the run's end must know what they
    named."""
    done = build(db, work, run, state.units, now=now, end=end)
    message = message_id or run.parts[-1].entry_id
    version = work.base.version if work.base else 0
    kind, safety = settings.exchange.stock_kind, settings.safety_stock
    before = still_true(state.told, version=version, kind=kind, safety=safety, now=now)
    moved = moved_since(db, before.since) if before and before.whole else None
    tell_stock(db, run, done, settings, message_id=message, now=now, moved=moved)
    run = replace(run, tells_stock=run.tells_stock or bool(done.told.lots()))
    changes = dict(zip((part.key for part in run.parts), done.parts, strict=True))
    if done.changed:
        withdrawn = message_id and any(done.withdrawn.values())
        last = (run.unseen or run.parts)[-1:]
        entry = message_id if withdrawn else "".join(part.archive_entry or part.entry_id for part in last)
        publish(db, work, now, entry_id=entry)
        after = replace(run, parts=(), waits=False, shows=run.shows + 1)
    else:
        keep(db, work, (part.key for part in run.parts))
        after = replace(run, parts=tuple(replace(part, told=True) for part in run.parts), waits=False)
    version = work.base.version if work.base else 0
    told = told_now(before, run, covered=done.covered, version=version, kind=kind, safety=safety)
    return Shown(after, told, changes, done)
