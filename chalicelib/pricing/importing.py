"""Files with rows of a list: bringing one, and the worker's part, a version that nobody has put in force yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.catalogue.store import current_catalogue
from chalicelib.gateways import queues
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count, failure
from chalicelib.http.i18n import translator
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Invalid, KontorError, NotFound, Refused, Unavailable, found
from chalicelib.kernel.ids import fingerprint, stable_id
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.pricing import store
from chalicelib.pricing.actions import PriceChange, load_book, upload_rows
from chalicelib.pricing.sheet import HEAD_WITHIN, Layout, Taking, layout_of
from chalicelib.pricing.uploads import MAX_FILE, MOST_ATTEMPTS, SHOWN_BAD, RowUpload, UploadState
from chalicelib.storage import files
from chalicelib.storage.files import UploadForm
from chalicelib.storage.session import OUTAGES, TenantSession, TransactionRefused
from chalicelib.tenancy.store import load_settings

_LANES = 2
"""How many files of a tenant are read side by side."""
_SECONDS = 3_600
_PREVIEWED = 8
_TELL_EVERY = timedelta(seconds=2)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a file, and where its columns are."""

    layout: Layout
    rows: tuple[SheetRow, ...]


def begin(db: TenantSession, actor: Actor, list_id: str, key: str, now: datetime) -> str:
    """A place for one file of a list's rows; the same form again (`key`) gives the same one."""
    own = found(load_book(db)[0].find(list_id))
    if own.formula is not None:
        raise Refused("list_is_derived", list=own.name)
    upload_id = stable_id("price-upload", actor.user_id, key)
    if store.find_upload(db, upload_id) is None:
        made = RowUpload(id=upload_id, list_id=list_id, actor=actor, made=now, touched=now)
        db.commit([store.upload_put(db.tenant_id, made)])
    return upload_id


def form_for(db: TenantSession, upload: RowUpload) -> UploadForm:
    """The form that brings the file straight to S3."""
    then = f"{settings().public_url}/prices/uploads/{upload.id}"
    folder = store.upload_folder(db.tenant_id, upload.id)
    return files.upload_form(db.tenant_id, folder, most=MAX_FILE, then=then, seconds=_SECONDS)


def name_of(db: TenantSession, upload: RowUpload, key: str) -> str:
    """The file's own name, of the key that S3 says it has; NotFound for a key that is not this upload's."""
    folder, _, name = key.rpartition("/")
    if folder != store.upload_folder(db.tenant_id, upload.id) or not name:
        raise NotFound()
    return name


def preview(db: TenantSession, upload: RowUpload, name: str) -> Preview:
    """Invalid for a file that cannot be read or has no price."""
    with _fetched(db, upload, name) as path, path.open("rb") as file:
        first = tuple(islice(rows_of(file), HEAD_WITHIN + _PREVIEWED))
    layout = layout_of(first)
    return Preview(layout=layout, rows=tuple(row for row in first if row.number > layout.head)[:_PREVIEWED])


def start(db: TenantSession, actor: Actor, upload: RowUpload, name: str, now: datetime) -> None:
    """Has the file read; nothing happens if it is being read, or was."""
    if upload.state is not UploadState.NEW:
        return
    run = stable_id("price-rows", upload.id)
    queued = replace(upload, name=name, actor=actor, state=UploadState.QUEUED, run=run, touched=now)
    db.commit([store.upload_put(db.tenant_id, queued)])
    _send(db, queued, dedup=run)


def send_again(db: TenantSession, upload_id: str, now: datetime) -> None:
    """Due work: a file of which nothing is heard goes to the worker anew; too many attempts are its end."""
    upload = store.find_upload(db, upload_id)
    if upload is None or upload.look_again is None or now < upload.look_again:
        return
    try:
        db.commit([store.upload_put(db.tenant_id, replace(upload, state=UploadState.QUEUED, touched=now))])
    except TransactionRefused:  # the worker has just begun
        return
    _send(db, upload, dedup=stable_id(upload.run, str(upload.version)))


def _send(db: TenantSession, upload: RowUpload, *, dedup: str) -> None:
    body = {"do": "price_rows", "tenant": db.tenant_id, "upload": upload.id, "run": upload.run}
    lane = int(fingerprint(upload.list_id)[:8], 16) % _LANES
    queues.send(settings().import_queue_url, body, group=f"{db.tenant_id}/prices/{lane}", dedup=dedup)


def read_file(db: TenantSession, upload_id: str, run: str, clock: Clock) -> None:
    """Reads the file that was queued as `run`, once. Transient failures of AWS are raised, so that the message comes
    again; any other end is written down."""
    upload = store.find_upload(db, upload_id)
    if upload is None or upload.run != run or not upload.is_under_way:
        return
    progress = _Progress(db, upload, clock)
    progress.write(state=UploadState.READING, attempts=upload.attempts + 1, read=0)
    try:
        if progress.upload.attempts > MOST_ATTEMPTS:
            raise Invalid("import_failed")
        _read(db, progress, clock)
        count("price_files_done", db.tenant_id)
        return
    except (Unavailable, *OUTAGES):
        raise
    except KontorError as refusal:
        code, params = refusal.code, refusal.params
    except Exception as broken:
        failure("a file of prices failed", broken, tenant=db.tenant_id, upload=upload_id)
        code, params = "import_failed", {}
    count("price_files_failed", db.tenant_id)
    progress.write(state=UploadState.FAILED, code=code, params={name: str(one)[:200] for name, one in params.items()})


class _Progress:
    """The upload's row as far as it is written."""

    def __init__(self, db: TenantSession, upload: RowUpload, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.upload = upload

    def tell(self, read: int) -> None:
        if self._clock() - self.upload.touched >= _TELL_EVERY:
            self.write(read=read)

    def write(self, **changes: object) -> None:
        upload = replace(self.upload, touched=self._clock(), **changes)  # type: ignore[arg-type]
        self._db.commit([store.upload_put(self._db.tenant_id, upload)])
        self.upload = replace(upload, version=upload.version + 1)


def _read(db: TenantSession, progress: _Progress, clock: Clock) -> None:
    upload = progress.upload
    with _fetched(db, upload, upload.name) as path:
        with path.open("rb") as file:
            layout = layout_of(tuple(islice(rows_of(file), HEAD_WITHIN)))
        taking = Taking(layout, current_catalogue(db, None, clock()), progress.tell)
        with path.open("rb") as file:
            taking.take(rows_of(file))
        if taking.bad:
            _keep_rejected(db, upload, path, taking, layout)
    number = _as_version(db, upload, taking, clock()) if taking.rows else 0
    bad = sorted(taking.bad.values(), key=lambda one: one.number)
    progress.write(
        state=UploadState.DONE,
        read=taking.read,
        taken=len(taking.rows),
        bad=len(bad),
        shown=tuple(bad[:SHOWN_BAD]),
        number=number,
    )


def _as_version(db: TenantSession, upload: RowUpload, taking: Taking, now: datetime) -> int:
    """The number of the version that the rows make; a message that comes twice makes one."""
    wish = PriceChange(
        actor=upload.actor,
        version=None,
        key=upload.run,
        action="list.rows_uploaded",
        about={"list": upload.list_id, "file": upload.title[:200]},
        now=now,
    )
    own = found(upload_rows(db, wish, upload.list_id, taking.rows.values()).find(upload.list_id))
    return own.versions[-1].number


def _keep_rejected(db: TenantSession, upload: RowUpload, path: Path, taking: Taking, layout: Layout) -> None:
    from chalicelib.http.spreadsheet import write_rejected  # heavy, and needed only when something was wrong

    t = translator(load_settings(db).locale)
    said = {one.number: t.t(f"pricing.bad.{one.reason}", detail=one.detail) for one in taking.bad.values()}
    titles = (t.t("pricing.bad_number"), t.t("pricing.bad_reason"))
    with path.open("rb") as file:
        made = path.with_name("rejected.xlsx")
        write_rejected(made, rows_of(file), layout.head, said, titles)
    files.put_path(db.tenant_id, store.rejected_key(db.tenant_id, upload.id), made)


@contextmanager
def _fetched(db: TenantSession, upload: RowUpload, name: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="prices-") as folder:
        path = Path(folder) / "file"
        try:
            files.get_path(db.tenant_id, f"{store.upload_folder(db.tenant_id, upload.id)}/{name}", path)
        except OUTAGES as missing:
            raise Refused("price_file_missing") from missing
        yield path
