"""The worker's part for pictures: each is checked by itself, a bad one is named in the journal and the others stay."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.exchange import store
from chalicelib.exchange.actions.pictures import PictureJob, ask_for_pictures
from chalicelib.exchange.model import (
    MAX_UPLOAD,
    EntryKind,
    EntryState,
    JournalEntry,
    KindCount,
    Rejected,
    Upload,
    UploadState,
)
from chalicelib.exchange.reading import Source, pictures_of
from chalicelib.exchange.results import FileResult, journal_writes, refused, settled_upload
from chalicelib.gateways.telemetry import count
from chalicelib.kernel.archive import assemble
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import stable_id
from chalicelib.pictures import actions
from chalicelib.pictures.model import MAX_BYTES, Picture
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write

AT_ONCE = 300
SECONDS_AT_ONCE = 120.0
"""What one message does of an archive at most; a worker is stopped after 300 seconds."""
_KIND = "picture"


@dataclass(slots=True)
class _Taken:
    """What became of some pictures of an upload."""

    named: dict[str, Picture] = field(default_factory=dict)
    refused: list[tuple[int, str, Invalid]] = field(default_factory=list)  # (number in the upload, name, why)

    def __len__(self) -> int:
        return len(self.named) + len(self.refused)

    @property
    def rejected(self) -> list[Rejected]:
        """As the journal keeps them."""
        return [
            Rejected(kind=_KIND, number=number, reason=refusal.code, subject=name[-100:])
            for number, name, refusal in self.refused
        ]


def import_pictures(db: TenantSession, job: PictureJob, now: datetime, ticks: Callable[[], float]) -> None:
    """Takes the pictures of an upload, as many as fit into one message's time; the next message takes the rest.

    A second delivery takes them again, which costs what it finds changed: nothing. `ticks` = a clock in seconds.
    """
    upload = store.load_upload(db, job.set_id, job.name)
    if upload is None or upload.generation != job.generation:
        return
    with tempfile.TemporaryFile() as whole:
        assemble(store.fragments(db.tenant_id, upload), whole, MAX_UPLOAD)
        found = pictures_of(upload, whole)
        taken, changed = _take(db, found[job.start : job.start + AT_ONCE], job.start, now, ticks)
    count("pictures", db.tenant_id, len(taken.named))
    after = job.next(done=len(taken), changed=changed, rejected=len(taken.refused))
    if upload.archive:
        _tell(db, upload, after, taken, len(found), now)
        if after.start < len(found):
            ask_for_pictures(db, after)
    elif upload.state is UploadState.QUEUED:
        _settle(db, upload, taken, now)


def _take(
    db: TenantSession, sources: list[Source], start: int, now: datetime, ticks: Callable[[], float]
) -> tuple[_Taken, int]:
    """The pictures up to the time's end, at least one, and how many of them are new to the album."""
    album, taken, end = actions.in_force(db), _Taken(), ticks() + SECONDS_AT_ONCE
    for number, source in enumerate(sources, start=start + 1):
        try:
            taken.named[source.name] = actions.take(db, album, _content(source))
        except Invalid as refusal:
            taken.refused.append((number, source.name, refusal))
        if ticks() >= end:
            break
    return taken, actions.name(db, album, taken.named, now)


def _content(source: Source) -> bytes:
    if source.size > MAX_BYTES:
        raise Invalid("picture_too_big", limit=MAX_BYTES // 1_000_000)
    return b"".join(source.open())


def _tell(db: TenantSession, archive: Upload, job: PictureJob, taken: _Taken, total: int, now: datetime) -> None:
    """The journal's line of an archive's pictures, brought up to date; each told once, however often they are taken."""
    entry_id = archive.entry_id[:10] + stable_id("pictures", archive.entry_id)[:10]  # beside the archive's own
    is_over = job.start >= total
    state = EntryState.PARTLY if job.rejected else EntryState.DONE
    entry = JournalEntry(
        id=entry_id,
        kind=EntryKind.PICTURES,
        direction=archive.direction,
        state=state if is_over else EntryState.WAITING,
        at=archive.begun,
        session_id=archive.session_id,
        name=archive.name,
        counts=(KindCount(kind=_KIND, received=job.start, rejected=job.rejected, changed=job.changed),),
        rejected=job.rejected,
        code="" if is_over else "pictures_left",
        params={} if is_over else {"count": str(total - job.start)},
        finished=now if is_over else None,
    )
    writes: list[Write] = [store.entry_put(db.tenant_id, entry)]
    if taken.rejected:
        rows = {row.number: row for row in (*store.load_rejected(db, entry_id), *taken.rejected)}
        writes.append(store.rejected_put(db.tenant_id, entry_id, [rows[number] for number in sorted(rows)]))
    db.commit(writes)


def _settle(db: TenantSession, upload: Upload, taken: _Taken, now: datetime) -> None:
    """What became of a picture that came by itself; only a refused one gets a line in the journal."""
    if not taken.refused:
        result = FileResult(name=upload.name, kind=EntryKind.PICTURES)
        db.commit([store.upload_put(db.tenant_id, settled_upload(upload, result, now))])
        return
    ((_, _, refusal),) = taken.refused
    result = refused(upload.name, EntryKind.PICTURES, refusal)
    db.commit(
        [
            store.upload_put(db.tenant_id, settled_upload(upload, result, now)),
            *journal_writes(db.tenant_id, upload, upload.entry_id, result, upload.bytes, now),
        ]
    )
