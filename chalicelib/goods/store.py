"""Uploaded files' rows and what their columns meant (core); the files themselves in S3, for 30 days."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.goods.model import KEPT, Upload, heads_id
from chalicelib.kernel.errors import NotFound
from chalicelib.storage import files, keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put

_UPLOAD, _COLUMNS = "goods-upload", "goods-columns"
_MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class _Columns:
    meanings: dict[str, str]  # by head


def find_upload(db: TenantSession, upload_id: str) -> Upload | None:
    record = db.get(keys.goods_upload(db.tenant_id, upload_id))
    return _upload(record) if record else None


def load_upload(db: TenantSession, upload_id: str) -> Upload:
    """NotFound for one that isn't the tenant's."""
    upload = find_upload(db, upload_id)
    if upload is None:
        raise NotFound()
    return upload


def last_uploads(db: TenantSession) -> list[Upload]:
    """The last files, newest first."""
    page = db.query(keys.goods_uploads(db.tenant_id), newest_first=True, limit=_MOST_SHOWN)
    return [_upload(record) for record in page.records]


def _upload(record: Record) -> Upload:
    return replace(record.load(Upload), version=record.version)


def upload_put(tenant_id: str, upload: Upload) -> Put:
    """Writes the upload under the version that was read."""
    return Put(
        key=keys.goods_upload(tenant_id, upload.id),
        kind=_UPLOAD,
        data=replace(upload, version=0),
        expires=upload.made + KEPT,
        version=upload.version,
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


def remembered_columns(db: TenantSession, heads: tuple[str, ...]) -> dict[str, str]:
    """What columns of these heads meant last time, by head."""
    record = db.get(keys.goods_columns(db.tenant_id, heads_id(heads)))
    return record.load(_Columns).meanings if record else {}


def columns_put(tenant_id: str, heads: tuple[str, ...], meanings: tuple[str, ...]) -> Put:
    pairs = zip(heads, meanings, strict=False)
    return Put(
        key=keys.goods_columns(tenant_id, heads_id(heads)),
        kind=_COLUMNS,
        data=_Columns({head: meaning for head, meaning in pairs if head}),
    )
