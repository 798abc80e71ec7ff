"""Files with rows of a list: bringing one, and the worker's part, a version that nobody has put in force yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from chalicelib.catalogue.store import current_catalogue
from chalicelib.http.i18n import translator
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Invalid, Refused, found
from chalicelib.kernel.ids import stable_id
from chalicelib.kernel.job import JobState
from chalicelib.kernel.sheets.columns import FirstRows, check_offered, first_rows
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.pricing import store
from chalicelib.pricing.actions import PriceChange, load_book, upload_rows
from chalicelib.pricing.sheet import OFFERED, Layout, Taking, guessed, head_of, layout_of, problem
from chalicelib.pricing.uploads import MAX_FILE, SHOWN_BAD, RowUpload
from chalicelib.storage import files, uploads, worker
from chalicelib.storage.files import UploadForm
from chalicelib.storage.session import TenantSession
from chalicelib.storage.sheet_columns import remember, remembered
from chalicelib.storage.worker import Clock, Progress
from chalicelib.tenancy.store import load_settings

_LANES = 2
"""How many files of a tenant are read side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a file, and what each of their columns is taken to mean."""

    first: FirstRows
    columns: tuple[str, ...]
    remembered: bool


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
    folder = store.upload_folder(db.tenant_id, upload.id)
    return uploads.form(db.tenant_id, folder, most=MAX_FILE, then=f"/prices/uploads/{upload.id}")


def name_of(db: TenantSession, upload: RowUpload, key: str) -> str:
    """The file's own name, of the key that S3 says it has; NotFound for a key that is not this upload's."""
    return uploads.name_in(store.upload_folder(db.tenant_id, upload.id), key)


def look(db: TenantSession, upload: RowUpload, name: str, head: int | None) -> FirstRows:
    """The file's first rows; `head` None: the row that seems to name the columns. Invalid for a file that cannot be
    read."""
    with uploads.looked_at(db.tenant_id, store.file_key(db.tenant_id, upload.id, name)) as file:
        return first_rows(rows_of(file), head, head_of)


def preview(db: TenantSession, upload: RowUpload, name: str, head: int | None) -> Preview:
    """The file's first rows with what their columns meant last time, or seem to mean. Invalid as in `look`."""
    first = look(db, upload, name, head)
    before = remembered(db, store.columns_key(db.tenant_id, first.heads))
    meant = (before.get(text, guess) for text, guess in zip(first.heads, guessed(first.heads), strict=True))
    return Preview(first=first, columns=tuple(meant), remembered=bool(before))


def start(
    db: TenantSession,
    actor: Actor,
    upload: RowUpload,
    name: str,
    first: FirstRows,
    columns: tuple[str, ...],
    now: datetime,
) -> None:
    """Has the file read, each column as it is said to be; nothing happens if it is being read, or was.

    Invalid("price_columns", "price_columns_twice", "column_not_offered") where the columns make no sense.
    """
    if upload.state is not JobState.NEW:
        return
    check_offered(columns, [OFFERED] * len(first.heads))
    wrong = problem(columns)
    if wrong:
        raise Invalid(wrong)
    run = stable_id("price-rows", upload.id)
    queued = replace(
        upload, name=name, head=first.head, columns=columns, actor=actor, state=JobState.QUEUED, run=run, touched=now
    )
    memory = [remember(store.columns_key(db.tenant_id, first.heads), first.heads, columns)] if any(first.heads) else []
    db.commit([store.upload_put(db.tenant_id, queued), *memory])
    _send(db.tenant_id, queued, run)


def send_again(db: TenantSession, upload_id: str, now: datetime) -> None:
    """Due work: a file of which nothing is heard goes to the worker anew; too many attempts are its end."""
    worker.send_again(db, store.find_upload(db, upload_id), store.upload_put, _send, now)


def _send(tenant_id: str, upload: RowUpload, dedup: str) -> None:
    lane = worker.lane("prices", upload.list_id, _LANES)
    worker.send(tenant_id, "price_rows", dedup=dedup, lane=lane, upload=upload.id, run=upload.run)


def read_file(db: TenantSession, upload_id: str, run: str, clock: Clock) -> None:
    """Reads the file that was queued as `run`, once. Transient failures of AWS are raised, so that the message comes
    again; any other end is written down."""
    upload = store.find_upload(db, upload_id)
    if upload is None or upload.run != run or not upload.is_under_way:
        return
    progress = Progress(db, upload, store.upload_put, clock)
    progress.begin(read=0)
    why = progress.attempt(lambda: _read(db, progress, clock), named="price_files", again=True)
    if why is not None:
        db.commit([store.upload_put(db.tenant_id, progress.failed(why))])


def _read(db: TenantSession, progress: Progress[RowUpload], clock: Clock) -> None:
    upload = progress.job
    with uploads.fetched(db.tenant_id, store.file_key(db.tenant_id, upload.id, upload.name)) as path:
        layout = layout_of(upload.head, upload.columns)
        taking = Taking(layout, current_catalogue(db, None, clock()), lambda read: progress.tell(read=read))
        with path.open("rb") as file:
            taking.take(rows_of(file))
        if taking.bad:
            _keep_rejected(db, upload, path, taking, layout)
    number = _as_version(db, upload, taking, clock()) if taking.rows else 0
    bad = sorted(taking.bad.values(), key=lambda one: one.number)
    progress.write(
        state=JobState.DONE,
        read=taking.read,
        taken=len(taking.rows),
        bad=len(bad),
        shown=tuple(bad[:SHOWN_BAD]),
        number=number,
    )


def _as_version(db: TenantSession, upload: RowUpload, taking: Taking, now: datetime) -> int:
    """The number of the version that the rows make; a message that comes twice makes one. 0 if it is no longer
    kept."""
    wish = PriceChange(
        actor=upload.actor,
        version=None,
        key=upload.run,
        action="list.rows_uploaded",
        about={"list": upload.list_id, "file": upload.title[:200]},
        now=now,
    )
    own = found(upload_rows(db, wish, upload.list_id, taking.rows.values()).find(upload.list_id))
    return next((one.number for one in own.versions if one.made_of == upload.run), 0)


def _keep_rejected(db: TenantSession, upload: RowUpload, path: Path, taking: Taking, layout: Layout) -> None:
    from chalicelib.http.spreadsheet import write_rejected  # heavy, and needed only when something was wrong

    t = translator(load_settings(db).locale)
    said = {one.number: t.t(f"pricing.bad.{one.reason}", detail=one.detail) for one in taking.bad.values()}
    titles = (t.t("pricing.bad_number"), t.t("pricing.bad_reason"))
    with path.open("rb") as file:
        made = path.with_name("rejected.xlsx")
        write_rejected(made, rows_of(file), layout.head, said, titles)
    files.put_path(db.tenant_id, store.rejected_key(db.tenant_id, upload.id), made)
