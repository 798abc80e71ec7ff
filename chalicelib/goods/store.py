"""Uploaded files' rows and what their columns meant (core); the files themselves in S3, for 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.goods.edits import Edit, Edited
from chalicelib.goods.gallery import PICTURE_KEPT, Brought
from chalicelib.goods.model import KEPT, Upload
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import stable_id
from chalicelib.kernel.job import UNTAKEN
from chalicelib.kernel.sheets.columns import heads_id
from chalicelib.storage import files, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.worker import job_of, job_put
from chalicelib.storage.writes import Delete, Put

_UPLOAD, _EDIT, _EDITED = "goods-upload", "goods-edit", "goods-edited"
_PICTURE = "goods-picture"
_MOST_SHOWN = 30
DUE = "goods"


def find_upload(db: TenantSession, upload_id: str) -> Upload | None:
    record = db.get(keys.goods_upload(db.tenant_id, upload_id))
    return job_of(record, Upload) if record else None


def load_upload(db: TenantSession, upload_id: str) -> Upload:
    """NotFound for one that isn't the tenant's."""
    upload = find_upload(db, upload_id)
    if upload is None:
        raise NotFound()
    return upload


def last_uploads(db: TenantSession) -> list[Upload]:
    """The last files, newest first."""
    page = db.query(keys.goods_uploads(db.tenant_id), newest_first=True, limit=_MOST_SHOWN)
    return [job_of(record, Upload) for record in page.records]


def upload_put(tenant_id: str, upload: Upload) -> Put:
    """Writes the upload under the version that was read; one under way is looked at again."""
    return job_put(
        keys.goods_upload(tenant_id, upload.id),
        _UPLOAD,
        upload,
        expires=upload.made + KEPT,
        due=lambda at: keys.due_at(tenant_id, at, DUE, f"upload#{upload.id}"),
    )


def folder(tenant_id: str, upload_id: str) -> str:
    """Where the browser puts the file, under its own name."""
    return files.upload_key(tenant_id, "goods", upload_id)


def file_key(tenant_id: str, upload_id: str, name: str) -> str:
    return f"{folder(tenant_id, upload_id)}/{name}"


def rejected_key(tenant_id: str, upload_id: str) -> str:
    return files.upload_key(tenant_id, "goods-rejected", f"{upload_id}.xlsx")


def part_key(tenant_id: str, upload_id: str) -> str:
    return files.upload_key(tenant_id, "parts", "goods", upload_id)


def columns_key(tenant_id: str, heads: Sequence[str]) -> Key:
    """Where it is kept what columns of these heads mean."""
    return keys.goods_columns(tenant_id, heads_id(heads))


# --- changes by hand -----------------------------------------------------------------------------------------


def edits(db: TenantSession) -> list[Edit]:
    """Changes that readers don't see, oldest first: those that wait, and those that were set aside."""
    return [_edit(record) for record in db.query_all(keys.goods_edits(db.tenant_id), consistent=True)]


def waiting_edits(db: TenantSession) -> list[Edit]:
    """Changes that readers don't see yet, oldest first."""
    return [edit for edit in edits(db) if not edit.refused]


def find_edit(db: TenantSession, edit_id: str) -> Edit | None:
    record = db.get(keys.goods_edit(db.tenant_id, edit_id))
    return _edit(record) if record else None


def _edit(record: Record) -> Edit:
    return replace(record.load(Edit), version=record.version)


def edit_put(tenant_id: str, edit: Edit, now: datetime) -> Put:
    """Writes it under the version that was read. One that waits is looked at again, one set aside is kept a while."""
    again = keys.due_at(tenant_id, now + UNTAKEN, DUE, f"edit#{edit.id}")
    return Put(
        key=keys.goods_edit(tenant_id, edit.id),
        kind=_EDIT,
        data=replace(edit, version=0),
        indexes=() if edit.refused else (again,),
        expires=edit.at + KEPT if edit.refused else None,
        version=edit.version,
    )


def edit_delete(tenant_id: str, edit: Edit) -> Delete:
    return Delete(key=keys.goods_edit(tenant_id, edit.id))


def last_edit(db: TenantSession, thing: str) -> tuple[Edited | None, int]:
    """Who changed a product, its pictures or the categories last, and the version of that; (None, 0) if nobody did."""
    record = db.get(keys.goods_edited(db.tenant_id, stable_id("edited", thing)))
    return (record.load(Edited), record.version) if record else (None, 0)


def edited_put(tenant_id: str, thing: str, edited: Edited, version: int, refusal: Refused | None = None) -> Put:
    """`refusal` if somebody else was quicker; without one `until_committed` does it anew."""
    key = keys.goods_edited(tenant_id, stable_id("edited", thing))
    return Put(key=key, kind=_EDITED, data=edited, version=version, refusal=refusal)


# --- pictures that people bring ------------------------------------------------------------------------------


def picture_folder(tenant_id: str, sku: str, batch: str) -> str:
    """Where the browser puts a product's pictures, under their own names; `batch` keeps those of two pages apart."""
    return files.upload_key(tenant_id, "goods-pictures", sku, batch)


def brought_pictures(db: TenantSession, sku: str) -> list[Brought]:
    """Those that are being made and those that were refused."""
    rows = db.query_all(keys.goods_pictures(db.tenant_id, sku), consistent=True)
    return [job_of(record, Brought) for record in rows]


def find_brought(db: TenantSession, sku: str, picture_id: str) -> Brought | None:
    record = db.get(keys.goods_picture(db.tenant_id, sku, picture_id))
    return job_of(record, Brought) if record else None


def brought_put(tenant_id: str, picture: Brought) -> Put:
    """Writes it under the version that was read; one under way is looked at again."""
    about = f"picture#{picture.sku}#{picture.id}"
    return job_put(
        keys.goods_picture(tenant_id, picture.sku, picture.id),
        _PICTURE,
        picture,
        expires=picture.made + PICTURE_KEPT,
        due=lambda at: keys.due_at(tenant_id, at, DUE, about),
    )


def brought_delete(tenant_id: str, picture: Brought) -> Delete:
    return Delete(key=keys.goods_picture(tenant_id, picture.sku, picture.id))
