"""The worker's part: a whole upload → catalogue, stock and orders, with every row accounted for in the journal.

What a file is, is decided by its structure. A file that cannot be read changes nothing, and in a full exchange
nothing is shown until all of it is in: a broken file leaves the previous catalogue in place (domain §4.5).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.exchange import lanes, runs, store
from chalicelib.exchange.actions.pictures import PictureJob, ask_for_pictures
from chalicelib.exchange.catalogue_import import CatalogueImport, end_run, show_run
from chalicelib.exchange.document_import import apply_documents
from chalicelib.exchange.model import MAX_UPLOAD, EntryKind, Upload, UploadState
from chalicelib.exchange.reading import pictures_of, sources
from chalicelib.exchange.results import (
    FileResult,
    inner_upload,
    journal_writes,
    refused,
    settled_upload,
    together,
)
from chalicelib.exchange.run import RUN_IDLE
from chalicelib.gateways.telemetry import count, failure
from chalicelib.kernel.archive import assemble
from chalicelib.kernel.errors import Invalid, KontorError, Unavailable
from chalicelib.kernel.ids import new_id
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import OUTAGES, TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.store import load_settings, settings_of, settings_record, settings_write

_ATTEMPTS = 4
_WRITES_AT_ONCE = 60


def import_upload(
    db: TenantSession, set_id: str, name: str, generation: int, now: datetime, sleep: Callable[[float], None]
) -> Upload | None:
    """Imports a queued upload once, however often its message comes; None when there is nothing (more) to do. `sleep`
    = waits so many seconds.

    Transient failures of AWS are raised, so that the message comes again; any other end is written down.
    """
    upload = store.load_upload(db, set_id, name)
    if upload is None or upload.generation != generation or upload.state is not UploadState.QUEUED:
        return None
    upload = replace(upload, attempts=upload.attempts + 1)
    db.commit([store.upload_put(db.tenant_id, upload)])
    upload = replace(upload, version=upload.version + 1)
    entries = _Entries()
    try:
        if upload.attempts > _ATTEMPTS:
            raise Invalid("import_failed")
        results = _imported(db, upload, entries, now, sleep)
    except (Unavailable, *OUTAGES):
        raise
    except KontorError as refusal:
        results = [(refused(upload.name, EntryKind.UPLOAD, refusal), upload.bytes)]
    except Exception as broken:
        failure("an import failed", broken, tenant=db.tenant_id, set=set_id, generation=generation)
        results = [(refused(upload.name, EntryKind.UPLOAD, Invalid("import_failed")), upload.bytes)]
    _settle(db, upload, results, entries, now)
    failed = any(result.failed for result, _ in results)
    if not failed:
        _note_connection(db, now)
    count("imports_failed" if failed else "imports_done", db.tenant_id)
    return store.load_upload(db, set_id, name)


def _imported(
    db: TenantSession, upload: Upload, entries: _Entries, now: datetime, sleep: Callable[[float], None]
) -> list[tuple[FileResult, int]]:
    settings = load_settings(db)
    with tempfile.TemporaryFile() as whole, runs.workshop() as work:
        assemble(store.fragments(db.tenant_id, upload), whole, MAX_UPLOAD)
        catalogue: CatalogueImport | None = None
        results: list[FileResult] = []
        found = sources(upload, whole)
        if upload.archive and pictures_of(upload, whole):
            ask_for_pictures(db, PictureJob.of(upload))
        ready = lanes.read_together(db, work, upload, found, sleep)
        for source in found:
            key = store.part_key(db.tenant_id, upload, source.name)
            file = ready.get(source.name) or runs.read(db, work, source, key)
            if file.result.kind is EntryKind.UPLOAD:
                results.append(file.result)
                if catalogue is not None:
                    catalogue.spoil(source.name)
            elif file.result.kind is EntryKind.DOCUMENTS:
                results.append(apply_documents(db, source.name, source.open(), now))
            else:
                if catalogue is None:
                    catalogue = CatalogueImport(db, work, settings, came=upload.begun, now=now)
                inner = upload.entry_id if upload.archive else ""
                catalogue.take(file, key, entries.id_of(db, upload, source.name, now), inner)
        if catalogue is not None:
            results += catalogue.finish()
    sizes = {source.name: source.size for source in found}
    return [(result, sizes[result.name]) for result in results]


class _Entries:
    """Journal entries and rows of the files in an archive: what an earlier try has made is used again."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, int]] = {}

    def of(self, db: TenantSession, upload: Upload, name: str, now: datetime) -> tuple[str, int]:
        """(entry's id, row's version) of a file inside the archive."""
        if name not in self._found:
            before = store.load_upload(db, upload.set_id, name)
            self._found[name] = (before.entry_id, before.version) if before else (new_id(now), 0)
        return self._found[name]

    def id_of(self, db: TenantSession, upload: Upload, name: str, now: datetime) -> str:
        return self.of(db, upload, name, now)[0] if upload.archive else upload.entry_id


def _settle(
    db: TenantSession, upload: Upload, results: list[tuple[FileResult, int]], entries: _Entries, now: datetime
) -> None:
    """Writes what became of the upload and of each file in it. The upload itself comes last: until then the message
    may come again."""
    if not upload.archive:
        (result, size), *_ = results
        settled = settled_upload(upload, result, now)
        db.commit(
            [
                store.upload_put(db.tenant_id, settled),
                *journal_writes(db.tenant_id, upload, upload.entry_id, result, size, now),
            ]
        )
        return
    writes: list[Write] = []
    for result, size in results:
        if result.name != upload.name:
            entry_id, version = entries.of(db, upload, result.name, now)
            row = inner_upload(upload, result, entry_id, version, now)
            writes.append(store.upload_put(db.tenant_id, row))
            writes += journal_writes(db.tenant_id, upload, entry_id, result, size, now)
    whole = _of_archive(upload, [result for result, _ in results])
    last = [
        store.upload_put(
            db.tenant_id,
            replace(settled_upload(upload, whole, now), files=tuple(result.name for result, _ in results)[:200]),
        ),
        *journal_writes(db.tenant_id, upload, upload.entry_id, whole, upload.bytes, now),
    ]
    for start in range(0, len(writes), _WRITES_AT_ONCE):
        db.commit(writes[start : start + _WRITES_AT_ONCE])
    db.commit(last)


def _of_archive(upload: Upload, results: list[FileResult]) -> FileResult:
    """The archive's own line: it failed if it could not be opened; its files tell of themselves."""
    itself = next((result for result in results if result.name == upload.name), None)
    if itself is not None:
        return itself
    return FileResult(
        name=upload.name,
        kind=EntryKind.UPLOAD,
        counts=together(results),
        remarks=any(result.failed or result.rejected for result in results),
        code="archive" if results else "no_xml",
        params={"count": str(len(results))} if results else {},
    )


def _note_connection(db: TenantSession, now: datetime) -> None:
    """The first import that went well: the owner's checklist shows that the ERP is connected."""

    def once() -> None:
        record = settings_record(db)
        settings = settings_of(record)
        if settings.connected_at is None:
            db.commit([settings_write(replace(settings, connected_at=now), record.version)])

    until_committed(once)


def show_what_waits(db: TenantSession, run_id: str, now: datetime) -> None:
    """Shows readers what a run has brought so far, if it is still time."""
    show_run(db, run_id, load_settings(db), now)


def end_of_run(db: TenantSession, run_id: str, said: str, now: datetime) -> None:
    """Ends the run, once. After silence it must still be silent; `deactivate` may come after the run was closed."""
    state = store.load_state(db)
    run = state.run
    if run is None or (run_id and run.id != run_id) or (run.closed and said != "deactivate"):
        return
    if not said and now - run.touched < RUN_IDLE:
        return
    end_run(db, state, replace(run, closed=False), load_settings(db), now=now, said=said)
