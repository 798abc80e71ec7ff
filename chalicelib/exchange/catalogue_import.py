"""Second half of an import: files that were read are taken into their run, and shown, kept waiting, or dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.catalogue.snapshot.assembled import Assembled
from chalicelib.catalogue.snapshot.build import End
from chalicelib.exchange import runs, showing, store
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, KindCount
from chalicelib.exchange.reading import ReadFile
from chalicelib.exchange.results import FileResult, with_changes
from chalicelib.exchange.run import (
    ExchangeState,
    Run,
    RunPart,
    is_suspicious,
    may_withdraw_after_silence,
    may_withdraw_at_end,
)
from chalicelib.exchange.runs import Workshop
from chalicelib.kernel.ids import new_id
from chalicelib.ordering.actions.arriving import settle_untold
from chalicelib.storage import snapshots
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import TenantSettings

_WRITES_AT_ONCE = 60


class CatalogueImport:
    """The catalogue files of one upload. `take` each, then `finish` once: only that changes anything for readers."""

    def __init__(
        self, db: TenantSession, work: Workshop, settings: TenantSettings, *, came: datetime, now: datetime
    ) -> None:
        self._db = db
        self._work = work
        self._settings = settings
        self._came = came
        self._now = now
        state = store.load_state(db)
        run, unfinished = runs.run_for(state, came, now)
        if unfinished is not None:
            state = end_run(db, state, unfinished, settings, now=now)
        self._state = state
        self._run = run
        self._units = dict(state.units)
        self._currencies = dict(state.currencies)
        self._files: list[ReadFile] = []
        self._keys: dict[str, str] = {}  # of parts by the file's name
        self._full = run.waits  # a full exchange is being taken in
        self._spoiled_by = ""

    def take(self, file: ReadFile, key: str, entry_id: str, archive_entry: str = "") -> None:
        """Adds a catalogue that was read into the part `key`."""
        self._files.append(file)
        self._full = self._full or file.full
        if file.result.failed:
            self.spoil(file.result.name)
            return
        self._keys[file.result.name] = key
        part = RunPart(key=key, size=file.part_size, came=self._came, entry_id=entry_id, archive_entry=archive_entry)
        self._run = replace(
            self._run,
            full=self._run.full or file.full,
            offers=file.offers or (self._run.offers and not file.full_goods),
            begun=min(self._run.begun, self._came),
            goods_files=self._run.goods_files + (1 if file.brings_goods else 0),
            parts=(*(one for one in self._run.parts if one.key != key), part),
        )
        self._units |= file.units
        self._currencies = {**file.currencies, **self._currencies}

    def spoil(self, name: str) -> None:
        """A file of the upload cannot be read: what was sent is not whole."""
        self._run = replace(self._run, broken=True)
        self._spoiled_by = self._spoiled_by or name

    def finish(self) -> list[FileResult]:
        run, base = self._run, snapshots.read_current(self._db)
        if self._spoiled_by and self._full:
            return self._drop()
        if not run.unseen:  # nothing could be read
            self._save(run)
            return [file.result for file in self._files]
        if run.full and not run.offers and base is not None:
            return self._keep("staged", waits=True)
        run = self._run = replace(run, waits=False)
        if not showing.shows_at_once(run, base.size if base else 0, self._now):
            return self._keep("shown_later", waits=False)
        return self._show()

    def _drop(self) -> list[FileResult]:
        """A full exchange with a broken file: none of it is shown; 1C sends the portion again."""
        note = {"file": self._spoiled_by}
        own = set(self._keys.values())
        writes: list[Write] = []
        for part in self._run.unseen:
            entry = store.find_entry(self._db, part.entry_id)
            if part.key not in own and entry is not None:
                counts = _unapplied(entry.counts)
                failed = replace(entry, state=EntryState.FAILED, code="exchange_dropped", params=note, counts=counts)
                writes.append(store.entry_put(self._db.tenant_id, failed))
        rest = tuple(part for part in self._run.parts if part.told)
        self._save(replace(self._run, parts=rest, waits=False), writes)
        results = (file.result for file in self._files)
        return [
            result
            if result.failed
            else replace(result, failed=True, code="exchange_dropped", params=note, counts=_unapplied(result.counts))
            for result in results
        ]

    def _keep(self, note: str, *, waits: bool) -> list[FileResult]:
        """Goods of a full exchange wait for their offers, portions of a large catalogue for silence (`showing`)."""
        runs.keep(self._db, self._work, (part.key for part in self._run.parts))
        self._save(replace(self._run, waits=waits))
        return [
            file.result if file.result.failed else replace(file.result, waiting=True, code=note) for file in self._files
        ]

    def _show(self) -> list[FileResult]:
        own = set(self._keys.values())
        state = replace(self._state, units=self._units)
        shown = runs.show(self._db, self._work, self._settings, state, self._run, now=self._now)
        self._state = replace(self._state, told=shown.told)
        changes, done = shown.changes, shown.done
        earlier = {part.key: part for part in self._run.parts if part.key not in own}
        self._save(shown.run, changed_entries(self._db, list(earlier.values()), changes, self._now))
        results = []
        for file in self._files:
            key = self._keys.get(file.result.name)
            result = file.result if key is None else with_changes(file.result, changes.get(key, {}))
            if key is not None and done.waiting and file is self._files[-1]:
                result = replace(result, code="waiting_goods", params={"count": str(done.waiting)})
            results.append(result)
        return results

    def _save(self, run: Run, also: Sequence[Write] = ()) -> None:
        state = replace(self._state, run=run, units=self._units, currencies=self._currencies)
        before = self._state.run.parts if self._state.run else ()
        _save(self._db, self._work, state, (*before, *self._run.parts), also)


def changed_entries(db: TenantSession, parts: Sequence[RunPart], changes: runs.Changes, now: datetime) -> list[Write]:
    """The journal's lines of files that were shown after their upload, and of the archives that they came in."""
    found: dict[str, JournalEntry] = {}
    for part in parts:
        if part.told:
            continue
        for entry_id in filter(None, (part.entry_id, part.archive_entry)):
            entry = found.get(entry_id) or store.find_entry(db, entry_id)
            if entry is not None:
                found[entry_id] = _shown(entry, changes.get(part.key, {}), now)
    return [store.entry_put(db.tenant_id, entry) for entry in found.values()]


def _shown(entry: JournalEntry, changed: Mapping[str, int], now: datetime) -> JournalEntry:
    counts = tuple(replace(count, changed=count.changed + changed.get(count.kind, 0)) for count in entry.counts)
    if entry.state is not EntryState.WAITING:
        return replace(entry, counts=counts)
    state = EntryState.PARTLY if entry.rejected else EntryState.DONE
    return replace(entry, state=state, code="", params={}, counts=counts, finished=now)


def show_run(db: TenantSession, run_id: str, settings: TenantSettings, now: datetime) -> None:
    """Shows what a run has brought so far, if it has fallen silent for long enough and is still going on."""
    state = store.load_state(db)
    run = state.run
    if run is None or run.id != run_id or run.closed or run.waits or not run.unseen or now < showing.look_again(run):
        return
    with runs.workshop() as work:
        shown = runs.show(db, work, settings, state, run, now=now)
        after = replace(state, run=shown.run, told=shown.told)
        _save(db, work, after, run.parts, changed_entries(db, run.parts, shown.changes, now))


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

    What waited is shown, and orders that wait for goods that have come by then have them or go without. What a full
    exchange left out is withdrawn where that is certain: always when 1C asks by `deactivate`, else only if no file
    failed, nothing speaks for missing portions, and the catalogue is not about to lose most of itself.
    """
    asked = said == "deactivate"
    certain = asked or (may_withdraw_at_end(run) if said == "complete" else may_withdraw_after_silence(run))
    entry_id = new_id(now)
    writes: list[Write] = []
    ended = replace(state, run=replace(run, waits=False, closed=True))
    with runs.workshop() as work:
        if run.unseen or (certain and (run.parts or snapshots.read_current(db) is not None)):
            end = End(lot=runs.END, everything=asked, doubt=_never if asked else is_suspicious) if certain else None
            shown = runs.show(db, work, settings, state, run, now=now, end=end, message_id=entry_id)
            writes = changed_entries(db, run.parts, shown.changes, now)
            if shown.done.withheld or any(shown.done.withdrawn.values()):
                writes.append(store.entry_put(db.tenant_id, _end_entry(entry_id, run, shown.done, now)))
            ended = replace(state, run=replace(shown.run, closed=True), told=shown.told)
        if ended.run and ended.run.tells_stock and not run.broken:
            settle_untold(db, run.begun, now)
        _save(db, work, ended, run.parts, writes)
    return replace(ended, version=state.version + 1)


def _never(_before: int, _after: int) -> bool:
    return False


def _save(
    db: TenantSession, work: Workshop, state: ExchangeState, before: Sequence[RunPart], also: Sequence[Write]
) -> None:
    """The journal first, then the state, which says that all is done; then parts that it names no more are deleted."""
    for start in range(0, len(also), _WRITES_AT_ONCE):
        db.commit(also[start : start + _WRITES_AT_ONCE])
    db.commit([store.state_put(db.tenant_id, state)])
    named = {part.key for part in state.run.parts} if state.run else set()
    runs.forget(db, work, [part for part in before if part.key not in named])


def _end_entry(entry_id: str, run: Run, done: Assembled, now: datetime) -> JournalEntry:
    withdrawn = Counter(done.withdrawn)
    return JournalEntry(
        id=entry_id,
        kind=EntryKind.RUN,
        direction=None,
        state=EntryState.WAITING if done.withheld else EntryState.DONE,
        at=now,
        name=run.id,
        counts=tuple(KindCount(kind=kind, received=n, changed=n) for kind, n in sorted(withdrawn.items()) if n),
        code="withheld" if done.withheld else "withdrawn",
        params={"count": str(done.withheld)} if done.withheld else {},
        finished=now,
    )


def _unapplied(counts: tuple[KindCount, ...]) -> tuple[KindCount, ...]:
    return tuple(replace(one, rejected=one.received, changed=0) for one in counts)
