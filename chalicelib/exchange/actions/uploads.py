"""Files from 1C: fragments are kept as they come, whole files are queued for the worker, results are waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.exchange import store
from chalicelib.exchange.actions.pictures import PictureJob, ask_for_pictures
from chalicelib.exchange.model import (
    MAX_FRAGMENTS,
    MAX_UPLOAD,
    UPLOAD_IDLE,
    Direction,
    EntryKind,
    EntryState,
    JournalEntry,
    Upload,
    UploadState,
    is_picture,
    looks_whole,
    tail_of,
)
from chalicelib.kernel.archive import looks_like_zip, safe_name
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.storage import files, worker
from chalicelib.storage.session import TenantSession, TransactionRefused
from chalicelib.storage.writes import Put

_QUEUE_TRUST = timedelta(minutes=35)  # longer than the queue hides a message: after that it is lost
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 1.0
"""Seconds between two looks at an import: most files of a delta are in at the first ones, large ones take minutes."""


def receive(
    db: TenantSession, set_id: str, session_id: str, direction: Direction, name: str, fragment: bytes, now: datetime
) -> Upload:
    """Appends a fragment to the file `name` of the set, in the order of arrival; a whole file is queued at once.

    A file that was queued or imported and comes again begins anew. Invalid: `file_name`, `file_too_big`.
    """
    safe = safe_name(name)
    before = store.load_upload(db, set_id, safe)
    new = Upload(
        set_id=set_id,
        name=safe,
        direction=direction,
        begun=now,
        touched=now,
        entry_id=new_id(now),
        session_id=session_id,
    )
    upload = before or new
    if upload.state is not UploadState.RECEIVING:
        upload = replace(new, generation=upload.generation + 1, version=upload.version)
    if upload.fragments >= MAX_FRAGMENTS or upload.bytes + len(fragment) > MAX_UPLOAD:
        raise Invalid("file_too_big", limit=MAX_UPLOAD)
    files.put(db.tenant_id, store.fragment_key(db.tenant_id, upload, upload.fragments), fragment)
    grown = replace(
        upload,
        touched=now,
        archive=looks_like_zip(safe, fragment) if upload.fragments == 0 else upload.archive,
        fragments=upload.fragments + 1,
        bytes=upload.bytes + len(fragment),
        tail=tail_of(upload.tail, fragment),
    )
    if not looks_whole(grown):
        writes = [store.upload_put(db.tenant_id, grown, look_again=now + UPLOAD_IDLE)]
        db.commit([*writes, *_told(db, grown, EntryState.RECEIVED)])
        return grown
    return _queue(db, grown, now)


def queue_received(db: TenantSession, set_id: str, now: datetime) -> None:
    """Queues what the set has received and nobody has asked to import."""
    for upload in store.uploads(db, set_id):
        if upload.state is UploadState.RECEIVING:
            _queue(db, upload, now)


def queue_if_silent(db: TenantSession, set_id: str, name: str, now: datetime) -> None:
    """Due work: a file that has got no further fragment is whole; one whose message was lost is queued again."""
    upload = store.load_upload(db, set_id, name)
    if upload is None or upload.is_settled:
        return
    patience = UPLOAD_IDLE if upload.state is UploadState.RECEIVING else _QUEUE_TRUST
    if now - upload.touched >= patience:
        _queue(db, upload, now)


def wait_for(
    db: TenantSession,
    set_id: str,
    name: str,
    now: datetime,
    *,
    seconds: float,
    sleep: Callable[[float], None],
    ticks: Callable[[], float],
) -> Upload | None:
    """The settled upload that `mode=import` asks for, None when it is still being imported after `seconds`, the
    time that reading takes counted in. `ticks` = a clock in seconds that only goes forward.

    `name` is a file that was sent, or one inside an archive that was sent. NotFound("file_not_sent"): neither.
    """
    safe = safe_name(name)
    end, pause = ticks() + seconds, _FIRST_PAUSE
    while True:
        upload = store.load_upload(db, set_id, safe) or _among(db, set_id, safe, now)
        if upload is not None and upload.state is UploadState.RECEIVING:
            upload = _queue(db, upload, now)
        if upload is not None and upload.is_settled:
            return upload
        left = end - ticks()
        if left <= 0:
            return None
        sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _among(db: TenantSession, set_id: str, name: str, now: datetime) -> Upload | None:
    """The archive that may hold the file, while it is not imported yet; or the file under a folder of its own."""
    known = store.uploads(db, set_id)
    below = [upload for upload in known if upload.name.endswith("/" + name)]
    if len(below) == 1:
        return below[0]
    archives = [upload for upload in known if upload.archive and not upload.is_settled]
    for archive in archives:
        if archive.state is UploadState.RECEIVING:
            _queue(db, archive, now)
    broken = [upload for upload in known if upload.archive and upload.state is UploadState.FAILED]
    if not archives and broken:
        return broken[0]
    if not archives:
        raise NotFound("file_not_sent", name=name[:80])
    return None


def _entry(upload: Upload, state: EntryState) -> JournalEntry:
    return JournalEntry(
        id=upload.entry_id,
        kind=EntryKind.UPLOAD,
        direction=upload.direction,
        state=state,
        at=upload.begun,
        session_id=upload.session_id,
        name=upload.name,
        bytes=upload.bytes,
    )


def _told(db: TenantSession, upload: Upload, state: EntryState) -> list[Put]:
    """The journal's line. A picture that comes by itself has none, unless it is refused: there may be thousands."""
    return [] if is_picture(upload.name) else [store.entry_put(db.tenant_id, _entry(upload, state))]


def _queue(db: TenantSession, upload: Upload, now: datetime) -> Upload:
    """First the row, then the message: a lost message is found again through the due index."""
    queued = replace(upload, state=UploadState.QUEUED, touched=now)
    try:
        db.commit(
            [
                store.upload_put(db.tenant_id, queued, look_again=now + _QUEUE_TRUST),
                *_told(db, queued, EntryState.QUEUED),
            ]
        )
    except TransactionRefused:  # somebody else has just queued it
        return store.load_upload(db, upload.set_id, upload.name) or upload
    if is_picture(upload.name):
        ask_for_pictures(db, PictureJob.of(queued))
    else:
        dedup = stable_id(upload.set_id, upload.name, str(upload.generation), str(upload.version))
        generation = upload.generation
        worker.send(db.tenant_id, "import", dedup=dedup, set=upload.set_id, name=upload.name, generation=generation)
    return replace(queued, version=upload.version + 1)
