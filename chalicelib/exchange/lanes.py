"""The files of one large archive, read by several workers (docs/adr/0029).

The worker that has the tenant's turn asks for help in lanes beside it and reads too. Each draws one file after another,
the largest first, until none is left. Nobody has to come: who has the turn waits only for files that somebody else has
drawn, and reads itself what does not come of them. Where help cannot be asked for, it goes on alone.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence

from chalicelib.exchange import runs, store
from chalicelib.exchange.model import MAX_UPLOAD, Upload, UploadState, readers_for
from chalicelib.exchange.reading import ReadFile, Source, sources
from chalicelib.exchange.runs import Workshop
from chalicelib.gateways.telemetry import failure
from chalicelib.kernel.archive import assemble
from chalicelib.kernel.errors import Invalid, Unavailable
from chalicelib.kernel.ids import stable_id
from chalicelib.storage import codec, files, worker
from chalicelib.storage.session import OUTAGES, TenantSession

PAUSE = 0.25
"""Seconds between two looks at what the lanes have read."""
PATIENCE = 80
"""So many pauses without any news: whoever has drawn what is missing has come to an end."""


def read_together(
    db: TenantSession, work: Workshop, upload: Upload, found: Sequence[Source], sleep: Callable[[float], None]
) -> dict[str, ReadFile]:
    """What was read of the files of an upload, here and in lanes, by name; nothing where one worker reads as quickly.

    The parts are in `work` or on S3. Files that cannot be read, that a lane has not brought, or that an outage of AWS
    has kept from being read here, are left out: they are read in their turn, with the errors that they have then.
    """
    lanes = readers_for([source.size for source in found]) - 1
    if not lanes:
        return {}
    read: dict[str, ReadFile | None] = {}
    try:
        db.commit([store.files_left_put(db.tenant_id, upload, len(found))])
        for lane in range(lanes):
            _ask(db, upload, lane)
        for name, file in _drawn(db, work, upload, found):
            read[name] = file
        for name, file in _awaited(db, upload, [one.name for one in found if one.name not in read], sleep):
            read[name] = file
    except (Unavailable, *OUTAGES) as outage:
        failure("an import goes on alone", outage, tenant=db.tenant_id, set=upload.set_id, attempt=upload.attempts)
    return {name: file for name, file in read.items() if file is not None}


def read_beside(db: TenantSession, set_id: str, name: str) -> None:
    """A lane's message: reads what nobody else reads of the upload, in the attempt that is going on now. Each part goes
    to S3, then the note of it.

    A failure is logged and no more: the message would come again when it is of no use, and hold back its lane until
    then.
    """
    try:
        upload = store.load_upload(db, set_id, name)
        if upload is None or upload.state is not UploadState.QUEUED:
            return
        with tempfile.TemporaryFile() as whole, runs.workshop() as work:
            assemble(store.fragments(db.tenant_id, upload), whole, MAX_UPLOAD)
            for inner, file in _drawn(db, work, upload, sources(upload, whole)):
                if file is not None:
                    _note(db, work, upload, inner, file)
    except Exception as broken:
        failure("a lane of an import failed", broken, tenant=db.tenant_id, set=set_id)


def _ask(db: TenantSession, upload: Upload, lane: int) -> None:
    worker.send(
        db.tenant_id,
        "read",
        dedup=stable_id("read", upload.entry_id, str(upload.attempts), str(lane)),
        lane=f"reading/{lane}",
        set=upload.set_id,
        name=upload.name,
    )


def _drawn(
    db: TenantSession, work: Workshop, upload: Upload, found: Sequence[Source]
) -> Iterator[tuple[str, ReadFile | None]]:
    """Draws files and reads them until none is left; None for one whose bytes the archive does not give."""
    by_size = sorted(found, key=lambda source: (source.size, source.name))
    while (number := store.draw_file(db, upload)) is not None:
        source = by_size[number]
        try:
            file = runs.read(db, work, source, store.part_key(db.tenant_id, upload, source.name))
        except Invalid:
            file = None
        yield source.name, file


def _note(db: TenantSession, work: Workshop, upload: Upload, name: str, file: ReadFile) -> None:
    if file.part_size:
        runs.keep(db, work, [store.part_key(db.tenant_id, upload, name)])
    files.put(db.tenant_id, store.note_key(db.tenant_id, upload, name), json.dumps(codec.dump(file)).encode())


def _noted(db: TenantSession, upload: Upload, name: str) -> ReadFile | None:
    content = files.find(db.tenant_id, store.note_key(db.tenant_id, upload, name))
    return None if content is None else codec.load(ReadFile, json.loads(content))


def _awaited(
    db: TenantSession, upload: Upload, names: Sequence[str], sleep: Callable[[float], None]
) -> Iterator[tuple[str, ReadFile]]:
    """What the lanes note of these files, as long as there is news."""
    missing, patience = names, PATIENCE
    while patience and missing:
        news = {name: file for name in missing if (file := _noted(db, upload, name))}
        yield from news.items()
        missing = [name for name in missing if name not in news]
        patience = PATIENCE if news else patience - 1
        if not news:
            sleep(PAUSE)
