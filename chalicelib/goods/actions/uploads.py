"""Files with goods: bringing one, saying what its columns mean, and seeing what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.catalogue.store import current_cards, current_catalogue
from chalicelib.goods import columns, store
from chalicelib.goods.columns import Choices
from chalicelib.goods.model import MAX_FILE, Plan, Upload
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.kernel.job import JobState
from chalicelib.kernel.sheets.columns import FirstRows, check_offered, first_rows
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.storage import keys, worker
from chalicelib.storage import uploads as brought
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.files import UploadForm
from chalicelib.storage.session import TenantSession
from chalicelib.storage.sheet_columns import remember, remembered
from chalicelib.storage.writes import Done, audit, guard


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a file. `columns` = what each column is taken to mean, `choices` what it could."""

    name: str
    first: FirstRows
    columns: tuple[str, ...]
    choices: Choices
    remembered: bool


def begin(db: TenantSession, actor: Actor, key: str, now: datetime) -> str:
    """A place for one file; the same form again (`key`) gives the same one."""

    def once() -> str:
        before = db.get(keys.idempotency(db.tenant_id, f"goods#{key}"))
        if before is not None:
            return str(before.data["result"]["upload"])
        upload = Upload(id=new_id(now), made=now, touched=now, by=actor.name)
        done = Done(result={"upload": upload.id})
        db.commit([guard(db.tenant_id, f"goods#{key}", done, now=now), store.upload_put(db.tenant_id, upload)])
        return upload.id

    return until_committed(once)


def form_for(db: TenantSession, upload: Upload) -> UploadForm:
    """The form that brings the file."""
    folder = store.folder(db.tenant_id, upload.id)
    return brought.form(db.tenant_id, folder, most=MAX_FILE, then=f"/goods/uploads/{upload.id}")


def name_of(db: TenantSession, upload: Upload, key: str) -> str:
    """The file's own name, of the key that S3 says it has; NotFound for a key that is not this upload's."""
    return brought.name_in(store.folder(db.tenant_id, upload.id), key)


def arrived(db: TenantSession, upload: Upload, now: datetime) -> Upload:
    """Notes when the file came: S3 sends the browser back as soon as it has it."""
    if upload.came is not None:
        return upload
    noted = replace(upload, came=now)
    db.commit([store.upload_put(db.tenant_id, noted)])
    return replace(noted, version=upload.version + 1)


def look(db: TenantSession, upload: Upload, name: str, head: int | None) -> FirstRows:
    """The file's first rows; `head` None: the row that seems to name the columns. Invalid for a file that cannot be
    read."""
    with brought.looked_at(db.tenant_id, store.file_key(db.tenant_id, upload.id, name)) as file:
        return first_rows(rows_of(file), head, columns.head_row)


def preview(db: TenantSession, upload: Upload, name: str, head: int | None, now: datetime) -> Preview:
    """The file's first rows with what their columns meant last time, or seem to mean. Invalid as in `look`."""
    first, choices = look(db, upload, name, head), _choices(db, now)
    before = remembered(db, store.columns_key(db.tenant_id, first.heads))
    known = zip(first.heads, columns.guessed(first.heads, choices), columns.offered(first.heads, choices), strict=True)
    return Preview(
        name=name,
        first=first,
        columns=tuple(before[text] if before.get(text) in offered else guess for text, guess, offered in known),
        choices=choices,
        remembered=bool(before),
    )


def start(
    db: TenantSession, actor: Actor, upload: Upload, name: str, plan: Plan, heads: tuple[str, ...], now: datetime
) -> None:
    """Has the file taken. Nothing happens if it is being taken already.

    Invalid("goods_no_key", "goods_twice", "goods_nothing", "column_not_offered") where the columns make no sense,
    Invalid("goods_as_of") for stock of a moment that is yet to come. `heads`: the names of the columns; none if the
    file is taken again with the meanings that it was taken with.
    """
    if upload.is_under_way:
        return
    if heads:
        check_offered(plan.columns, columns.offered(heads, _choices(db, now)))
    wrong = columns.problem(plan.columns)
    if wrong:
        raise Invalid(wrong)
    if plan.as_of is not None and plan.as_of > now:
        raise Invalid("goods_as_of")
    if upload.is_done and not (plan.sure and upload.is_withheld):
        raise Refused("goods_taken")
    run = stable_id("goods", upload.id, str(upload.version))
    queued = replace(
        upload,
        name=name,
        plan=plan,
        run=run,
        state=JobState.QUEUED,
        touched=now,
        came=upload.came or now,
        attempts=0,
        read=0,
        by=actor.name,
    )
    note = audit(
        db.tenant_id,
        "goods",
        action="goods_file_taken",
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={"upload": upload.id, "file": name[:200], "full": str(plan.full)},
    )
    memory = [remember(store.columns_key(db.tenant_id, heads), heads, plan.columns)] if heads else []
    db.commit([store.upload_put(db.tenant_id, queued), *memory, note])
    _send(db.tenant_id, queued, run)


def send_again(db: TenantSession, upload_id: str, now: datetime) -> None:
    """Due work: a file of which nothing is heard goes to the worker anew; too many attempts are its end."""
    worker.send_again(db, store.find_upload(db, upload_id), store.upload_put, _send, now)


def _send(tenant_id: str, upload: Upload, dedup: str) -> None:
    worker.send(tenant_id, "goods_file", dedup=dedup, upload=upload.id, run=upload.run)


def _choices(db: TenantSession, now: datetime) -> Choices:
    catalogue, cards = current_catalogue(db, None, now), current_cards(db)
    if catalogue is None or cards is None:
        return Choices(prices={}, places={}, properties={})
    return Choices(
        prices={one.id: one.name for one in catalogue.price_types()},
        places={one.id: one.name for one in catalogue.warehouses() if one.name},
        properties={one.id: one.name for one in cards.properties()},
    )
