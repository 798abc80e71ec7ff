"""Catalogue files of one upload: staged one after another, then shown to readers together, kept waiting, or dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.snapshot.build import BuildResult
from chalicelib.exchange import runs, store
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.reading import FeedMemory
from chalicelib.exchange.model import (
    EntryKind,
    EntryState,
    ExchangeState,
    JournalEntry,
    KindCount,
    Run,
    as_rejected,
    is_suspicious,
    may_withdraw_after_silence,
    may_withdraw_at_end,
)
from chalicelib.exchange.results import FileResult, refused
from chalicelib.exchange.runs import Workshop
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import new_id
from chalicelib.stock.actions import erp_levels
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.model import TenantSettings


class CatalogueImport:
    """The catalogue files of one upload. `add` each, then `finish` once: only that changes anything for readers."""

    def __init__(
        self,
        db: TenantSession,
        work: Workshop,
        settings: TenantSettings,
        *,
        came: datetime,
        message_id: str,
        now: datetime,
    ) -> None:
        self._db = db
        self._work = work
        self._settings = settings
        self._came = came
        self._message_id = message_id
        self._now = now
        self._state = store.load_state(db)
        self._run, unfinished = runs.run_for(self._state, came, now)
        if unfinished is not None:
            self._state = end_run(db, self._state, unfinished, settings, now=now)
        self._memory = FeedMemory(dict(self._state.units), dict(self._state.currencies))
        runs.begin(db, work, self._run)
        self._results: list[FileResult] = []
        self._full = self._run.waits  # a full exchange is being taken in
        self._spoiled_by = ""

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Stages the file's rows. A file that cannot be read is noted and leaves no trace in what is staged."""
        heads = runs.Heads()
        memory = FeedMemory(dict(self._memory.units), dict(self._memory.currencies))
        try:
            built = self._work.add(heads.watch(read_catalogue(chunks, memory)), self._run.id)
        except Invalid as refusal:
            self.spoil(name)
            self._full = self._full or heads.full
            self._results.append(refused(name, EntryKind.CATALOGUE, refusal))
            return
        self._memory = memory
        self._full = self._full or heads.full
        self._run = replace(
            self._run,
            full=self._run.full or heads.full,
            offers=heads.offers or (self._run.offers and not heads.full_goods),
            goods_files=self._run.goods_files + (1 if _brings_goods(built) else 0),
        )
        self._results.append(_result(name, built))

    def spoil(self, name: str) -> None:
        """A file of the upload cannot be read: what was sent is not whole."""
        self._run = replace(self._run, broken=True)
        self._spoiled_by = self._spoiled_by or name

    def finish(self) -> list[FileResult]:
        run = self._run
        if self._spoiled_by and self._full:
            return self._drop()
        if run.full and not run.offers and self._work.base is not None:
            return self._keep_waiting()
        self._show()
        return self._results

    def _drop(self) -> list[FileResult]:
        """A full exchange with a broken file: none of it is shown; 1C sends the portion again."""
        broken = self._spoiled_by
        self._save(replace(self._run, staged="", waits=False))
        return [
            result
            if result.failed
            else replace(
                result, failed=True, code="exchange_dropped", params={"file": broken}, counts=_unapplied(result)
            )
            for result in self._results
        ]

    def _keep_waiting(self) -> list[FileResult]:
        """Goods of a full exchange wait for their offers: until those come, the exchange ends or falls silent."""
        self._save(replace(self._run, staged=runs.stage(self._db, self._work, self._run), waits=True))
        return [result if result.failed else replace(result, waiting=True, code="staged") for result in self._results]

    def _show(self) -> None:
        shown = show(
            self._db,
            self._work,
            self._settings,
            as_of=self._came,
            message_id=self._message_id,
            now=self._now,
            waited=self._run.waits,
        )
        # What the run has named must be known at its end, even if it named nothing new.
        nothing_to_keep = shown or not self._work.results
        staged = "" if nothing_to_keep else runs.stage(self._db, self._work, self._run)
        self._save(replace(self._run, staged=staged, waits=False))

    def _save(self, run: Run) -> None:
        state = replace(self._state, run=run, units=self._memory.units, currencies=self._memory.currencies)
        self._db.commit([store.state_put(self._db.tenant_id, state)])


def show(
    db: TenantSession,
    work: Workshop,
    settings: TenantSettings,
    *,
    as_of: datetime,
    message_id: str,
    now: datetime,
    waited: bool = False,
) -> bool:
    """The stock that was told, then the pointer: a break in between is mended by the next import.

    A number that the ERP repeats is told to the live stock too, which orders have moved since; only what differs there
    is written. False when readers would see no difference; `waited`: there was one before this file.
    """
    if work.top is None:
        return False
    levels: dict[str, dict[str, Decimal]] = {}
    for result in work.results:
        for change in result.stock:
            levels.setdefault(change.sku, {})[change.warehouse_id] = change.quantity
    erp_levels(
        db,
        levels.items(),
        kind=settings.exchange.stock_kind,
        as_of=as_of,
        message_id=message_id,
        safety=settings.safety_stock,
    )
    if not (work.changed or waited):
        return False
    runs.publish(db, work, now)
    return True


def end_run(
    db: TenantSession,
    state: ExchangeState,
    run: Run,
    settings: TenantSettings,
    *,
    now: datetime,
    said: str = "",
) -> ExchangeState:
    """The run is over: after silence (`said` empty), or because 1C said `complete` or `deactivate`.

    What waited for offers is shown. What a full exchange left out is withdrawn where that is certain: always when 1C
    asks by `deactivate`, else only if no file failed, nothing speaks for missing portions, and the catalogue is not
    about to lose most of itself.
    """
    certain = said == "deactivate" or (
        may_withdraw_at_end(run) if said == "complete" else may_withdraw_after_silence(run)
    )
    entry_id = new_id(now)
    withdrawn: BuildResult | None = None
    withheld = 0
    shown = False
    if certain or run.waits:
        with runs.workshop() as work:
            runs.begin(db, work, run)
            if certain:
                withdrawn, withheld = _withdraw(work, run, asked=said == "deactivate")
            shown = show(db, work, settings, as_of=run.touched, message_id=entry_id, now=now, waited=run.waits)
    closed = replace(state, run=replace(run, closed=True, staged="" if shown else run.staged, waits=False))
    writes = [store.state_put(db.tenant_id, closed)]
    if withheld or (withdrawn is not None and withdrawn.changed):
        writes.append(store.entry_put(db.tenant_id, _end_entry(entry_id, run, withdrawn, withheld, now)))
    db.commit(writes)
    return replace(closed, version=state.version + 1)


def _withdraw(work: Workshop, run: Run, *, asked: bool) -> tuple[BuildResult | None, int]:
    """What was withdrawn, and how many SKUs would have been but were kept because that looks like a broken run."""
    top = work.top
    if top is None:
        return None, 0
    before = runs.listed(top)
    result = work.withdraw(run.id, deactivate=asked)
    if asked or not is_suspicious(before, result.listed):
        return result, 0
    work.undo(top)
    return None, before - result.listed


def _end_entry(entry_id: str, run: Run, withdrawn: BuildResult | None, withheld: int, now: datetime) -> JournalEntry:
    counts: tuple[KindCount, ...] = ()
    if withdrawn is not None:
        counts = tuple(
            KindCount(kind=kind, received=one.changed, changed=one.changed)
            for kind, one in withdrawn.counts.items()
            if one.changed
        )
    return JournalEntry(
        id=entry_id,
        kind=EntryKind.RUN,
        direction=None,
        state=EntryState.WAITING if withheld else EntryState.DONE,
        at=now,
        name=run.id,
        counts=counts,
        code="withheld" if withheld else "withdrawn",
        params={"count": str(withheld)} if withheld else {},
        finished=now,
    )


def _result(name: str, built: BuildResult) -> FileResult:
    return FileResult(
        name=name,
        kind=EntryKind.CATALOGUE,
        counts=tuple(
            KindCount(kind=kind, received=one.received, rejected=one.rejected, changed=one.changed)
            for kind, one in built.counts.items()
            if one.received
        ),
        rejected=tuple(as_rejected(row) for row in built.rejected),
        code="waiting_goods" if built.waiting else "",
        params={"count": str(built.waiting)} if built.waiting else {},
    )


def _brings_goods(built: BuildResult) -> bool:
    return "product" in built.counts and built.counts["product"].received > 0


def _unapplied(result: FileResult) -> tuple[KindCount, ...]:
    return tuple(replace(one, rejected=one.received, changed=0) for one in result.counts)
