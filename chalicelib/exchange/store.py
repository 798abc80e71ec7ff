"""The exchange's rows: sessions (ephemeral), uploads, state and journal (core); fragments in S3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.exchange import showing
from chalicelib.exchange.model import (
    KEPT,
    REJECTED_KEPT,
    SESSION_LIFE,
    ExchangeSession,
    JournalEntry,
    Offer,
    Rejected,
    Upload,
    UploadState,
)
from chalicelib.exchange.run import ExchangeState
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import fingerprint, made_at, stable_id
from chalicelib.storage import codec, files, keys, snapshots
from chalicelib.storage.session import Page, Record, TenantSession, TransactionRefused
from chalicelib.storage.snapshots import Snapshot
from chalicelib.storage.writes import Add, AtLeast, Delete, Put, Update

DUE = "exchange"
_UPLOAD, _STATE, _SESSION, _OFFER = "upload", "exchange", "1c-session", "1c-offer"
_ENTRY, _REJECTED, _LEFT = "journal", "rejected", "files-left"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class _Rows:
    rows: tuple[Rejected, ...]


# --- sessions ------------------------------------------------------------------------------------------------


def load_session(db: TenantSession, secret: str) -> ExchangeSession | None:
    record = db.get(keys.exchange_session(db.tenant_id, fingerprint(secret)))
    return record.load(ExchangeSession) if record else None


def session_put(session: ExchangeSession, secret: str, now: datetime) -> Put:
    key = keys.exchange_session(session.tenant_id, fingerprint(secret))
    return Put(key=key, kind=_SESSION, data=session, expires=now + SESSION_LIFE)


# --- uploads -------------------------------------------------------------------------------------------------


def load_upload(db: TenantSession, set_id: str, name: str) -> Upload | None:
    record = db.get(keys.exchange_upload(db.tenant_id, set_id, name))
    return _upload(record) if record else None


def uploads(db: TenantSession, set_id: str) -> tuple[Upload, ...]:
    """All uploads of a set, by name."""
    found = db.query_all(keys.exchange_uploads(db.tenant_id, set_id), consistent=True)
    return tuple(_upload(record) for record in found if record.kind == _UPLOAD)


def _upload(record: Record) -> Upload:
    return replace(record.load(Upload), version=record.version)


def upload_put(tenant_id: str, upload: Upload, *, look_again: datetime | None = None) -> Put:
    """Writes the upload under the version that was read; `look_again` places it in the due index."""
    places: tuple[keys.IndexKey, ...] = ()
    if look_again is not None:
        places = (keys.due_at(tenant_id, look_again, DUE, f"upload#{upload.set_id}#{upload.name}"),)
    return Put(
        key=keys.exchange_upload(tenant_id, upload.set_id, upload.name),
        kind=_UPLOAD,
        data=replace(upload, version=0),
        indexes=places,
        expires=upload.begun + KEPT,
        version=upload.version,
    )


def fragment_key(tenant_id: str, upload: Upload, index: int) -> str:
    """Where a fragment is kept: per set, file and generation, in the order of arrival."""
    place = stable_id(upload.name)
    return files.upload_key(tenant_id, upload.set_id, place, f"{upload.generation:03d}", f"{index:05d}")


def fragments(tenant_id: str, upload: Upload) -> Iterable[bytes]:
    return (files.get(tenant_id, fragment_key(tenant_id, upload, index)) for index in range(upload.fragments))


def part_key(tenant_id: str, upload: Upload, name: str) -> str:
    """Where the part of a file is kept; `name` = the file's own, also within an archive."""
    return files.upload_key(
        tenant_id, "parts", upload.set_id, stable_id(upload.name), f"{upload.generation:03d}", stable_id(name)
    )


def earlier_key(tenant_id: str, name: str) -> str:
    """Where the part of the file of this name that came last is kept, for reading the next one. Some senders put a new
    GUID into a name each time."""
    return files.upload_key(tenant_id, "read", stable_id(_GUID.sub("", name.lower())))


def note_key(tenant_id: str, upload: Upload, name: str) -> str:
    """Where a lane notes what it has read of a file (`lanes`). Each attempt has notes of its own: the parts that an
    earlier one's tell of may have been shown and deleted."""
    return files.upload_key(tenant_id, "notes", upload.entry_id, str(upload.attempts), stable_id(name))


def files_left_put(tenant_id: str, upload: Upload, count: int) -> Put:
    """So many files of the archive are to be drawn by its workers, in this attempt."""
    key = keys.exchange_files_left(tenant_id, upload.entry_id, upload.attempts)
    return Put(key=key, kind=_LEFT, data={}, counters={"left": Decimal(count)}, expires=upload.begun + KEPT)


def draw_file(db: TenantSession, upload: Upload) -> int | None:
    """The number of a file that nobody else has drawn, counted down to 0; None when none is left."""
    key = keys.exchange_files_left(db.tenant_id, upload.entry_id, upload.attempts)
    one_less, some_left = Add(("n", "left"), Decimal(-1)), AtLeast(("n", "left"), Decimal(1))
    try:
        return int(db.change(Update(key=key, changes=(one_less,), when=(some_left,))).n["left"])
    except TransactionRefused:
        return None


def parse_due(subject: str) -> tuple[str, str] | None:
    """(set, file name) of an upload's place in the due index; None for the run's."""
    kind, _, rest = subject.partition("#")
    set_id, _, name = rest.partition("#")
    return (set_id, name) if kind == "upload" else None


# --- the tenant's ERP ----------------------------------------------------------------------------------------


def load_state(db: TenantSession) -> ExchangeState:
    record = db.get(keys.exchange_state(db.tenant_id))
    return replace(record.load(ExchangeState), version=record.version) if record else ExchangeState()


def state_put(tenant_id: str, state: ExchangeState, *, look_again: datetime | None = None) -> Put:
    """Writes the state under the version that was read; an open run is looked at again when it has fallen silent."""
    run = state.run
    places: tuple[keys.IndexKey, ...] = ()
    if run is not None and not run.closed:
        places = (keys.due_at(tenant_id, look_again or showing.look_again(run), DUE, f"run#{run.id}"),)
    return Put(
        key=keys.exchange_state(tenant_id),
        kind=_STATE,
        data=replace(state, version=0),
        indexes=places,
        version=state.version,
    )


def may_restore(db: TenantSession, state: ExchangeState, version: int, over: int) -> tuple[Snapshot, Snapshot]:
    """The snapshot in force and the earlier one that may take its place.

    Refused: "version_moved" unless `over` is in force, "version_in_force", "version_gone" if it is no longer kept,
    "version_exchange_running" while a run is open.
    """
    if state.run is not None and not state.run.closed:
        raise Refused("version_exchange_running")
    current = snapshots.read_current(db)
    if current is None or current.version != over:
        raise Refused("version_moved", now=current.version if current else 0)
    if version == over:
        raise Refused("version_in_force")
    earlier = snapshots.find(db, version)
    if earlier is None:
        raise Refused("version_gone")
    return current, earlier


# --- orders that a session was given ---------------------------------------------------------------------------


def load_offer(db: TenantSession, session_id: str) -> Offer | None:
    record = db.get(keys.exchange_offer(db.tenant_id, session_id))
    return record.load(Offer) if record else None


def offer_put(tenant_id: str, session_id: str, offer: Offer) -> Put:
    return Put(key=keys.exchange_offer(tenant_id, session_id), kind=_OFFER, data=offer, expires=offer.at + KEPT)


def offer_delete(tenant_id: str, session_id: str) -> Delete:
    return Delete(key=keys.exchange_offer(tenant_id, session_id))


# --- the journal -----------------------------------------------------------------------------------------------


def entry_put(tenant_id: str, entry: JournalEntry) -> Put:
    return Put(key=keys.journal_entry(tenant_id, made_at(entry.id), entry.id), kind=_ENTRY, data=entry)


def rejected_put(tenant_id: str, entry_id: str, rows: Sequence[Rejected]) -> Put:
    """The first rejected rows of an entry; how many there are is in the entry itself."""
    return Put(
        key=keys.journal_rejected(tenant_id, entry_id),
        kind=_REJECTED,
        data=codec.dump(_Rows(tuple(rows[:REJECTED_KEPT]))),
    )


def load_entry(db: TenantSession, entry_id: str) -> JournalEntry:
    """The entry; NotFound for one that isn't the tenant's."""
    try:
        at = made_at(entry_id)
    except ValueError as wrong:
        raise NotFound() from wrong
    record = db.fetch(keys.journal_entry(db.tenant_id, at, entry_id))
    return record.load(JournalEntry)


def find_entry(db: TenantSession, entry_id: str) -> JournalEntry | None:
    """The entry of an id that we made; None where a break has left it unwritten."""
    record = db.get(keys.journal_entry(db.tenant_id, made_at(entry_id), entry_id))
    return record.load(JournalEntry) if record else None


def entries(db: TenantSession, ids: Iterable[str]) -> dict[str, JournalEntry]:
    """Entries of ids that we made, by id; what a break has left unwritten is left out."""
    found = db.get_many(keys.journal_entry(db.tenant_id, made_at(entry_id), entry_id) for entry_id in ids)
    return {entry.id: entry for entry in (record.load(JournalEntry) for record in found.values())}


def load_rejected(db: TenantSession, entry_id: str) -> tuple[Rejected, ...]:
    record = db.get(keys.journal_rejected(db.tenant_id, entry_id))
    return record.load(_Rows).rows if record else ()


def journal_page(
    db: TenantSession, month: str, *, after: str | None, limit: int
) -> tuple[list[JournalEntry], str | None]:
    """Entries of a month (`2026-11`), newest first, and the position of the next page."""
    page: Page = db.query(keys.journal(db.tenant_id, month), newest_first=True, after=after, limit=limit)
    return [record.load(JournalEntry) for record in page.records if record.kind == _ENTRY], page.next


def month_of(moment: datetime) -> str:
    return stamp(moment)[:7]


def settled(upload: Upload, state: UploadState, now: datetime, *, code: str = "", **params: object) -> Upload:
    return replace(
        upload, state=state, touched=now, code=code, params={name: str(value)[:200] for name, value in params.items()}
    )
