"""Files with rows of a list: choosing one, seeing its first rows, and what became of it."""

from __future__ import annotations

from chalicelib.http.columns import chosen_columns, typed_head
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, disposition, redirect, sending_to
from chalicelib.kernel.errors import Invalid, NotFound, Refused, found
from chalicelib.kernel.filenames import title_of
from chalicelib.kernel.job import JobState
from chalicelib.kernel.sheets.columns import FirstRows
from chalicelib.pricing import importing, store
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.lists import OwnList
from chalicelib.pricing.pages.base import MAY, doors, said
from chalicelib.pricing.sheet import OFFERED
from chalicelib.pricing.uploads import RowUpload
from chalicelib.storage import files

_UPLOAD = "/prices/uploads/{price_upload_id}"
_SECONDS = 300


@doors.page("/prices/lists/{list_id}/upload", may=MAY, methods=("POST",))
def begin(request: Request) -> Response:
    list_id, key = request.params["list_id"], request.idempotency_key
    upload_id = importing.begin(request.db, request.actor, list_id, key, request.now)
    return redirect(request.url(f"/prices/uploads/{upload_id}"))


@doors.page(_UPLOAD, may=MAY)
def upload_page(request: Request) -> Response:
    upload, own = _upload(request)
    if upload.state is not JobState.NEW:
        return _result(request, upload, own)
    key = request.query.text("key")
    return _preview(request, upload, own, key) if key else _choice(request, upload, own)


@doors.page(_UPLOAD, may=MAY, methods=("POST",))
def start(request: Request) -> Response:
    upload, own = _upload(request)
    key = request.form.text("key")
    name = importing.name_of(request.db, upload, key)
    try:
        first = importing.look(request.db, upload, name, typed_head(request.form.text("head")))
    except (Invalid, Refused) as wrong:
        return _unreadable(request, own, name, wrong)
    columns = chosen_columns(request.form, len(first.heads))
    try:
        importing.start(request.db, request.actor, upload, name, first, columns, request.now)
    except Invalid as wrong:
        return _columns(request, upload, own, key, first, columns, wrong=wrong)
    return request.go(f"/prices/uploads/{upload.id}")


@doors.page(_UPLOAD + "/rejected", may=MAY)
def rejected(request: Request) -> Response:
    upload, _ = _upload(request)
    if not upload.bad:
        raise NotFound()
    tenant_id = request.db.tenant_id
    name = f"{request.t.t('pricing.rejected')} {upload.title.rpartition('.')[0] or upload.title}.xlsx"
    key = store.rejected_key(tenant_id, upload.id)
    return redirect(files.address(tenant_id, key, disposition=disposition(name), content_type=XLSX, seconds=_SECONDS))


def _upload(request: Request) -> tuple[RowUpload, OwnList]:
    upload = found(store.find_upload(request.db, request.params["price_upload_id"]))
    return upload, found(load_book(request.db)[0].find(upload.list_id))


def _choice(request: Request, upload: RowUpload, own: OwnList) -> Response:
    form = importing.form_for(request.db, upload)
    return sending_to(form.action, request.page("pricing/choose.html", form=form, own=own))


def _preview(request: Request, upload: RowUpload, own: OwnList, key: str) -> Response:
    name = importing.name_of(request.db, upload, key)
    try:
        seen = importing.preview(request.db, upload, name, typed_head(request.query.text("head")))
    except (Invalid, Refused) as wrong:
        return _unreadable(request, own, name, wrong)
    return _columns(request, upload, own, key, seen.first, seen.columns, remembered=seen.remembered)


def _columns(
    request: Request,
    upload: RowUpload,
    own: OwnList,
    key: str,
    first: FirstRows,
    chosen: tuple[str, ...],
    *,
    remembered: bool = False,
    wrong: Invalid | None = None,
) -> Response:
    t = request.t.t
    offered = tuple((one, t(f"pricing.column.{one}") if one else t("http.columns.skip")) for one in OFFERED)
    return request.page(
        "pricing/columns.html",
        status=wrong.status if wrong else 200,
        upload=upload,
        own=own,
        name=title_of(key.rpartition("/")[2]),
        key=key,
        first=first,
        meanings=(offered,) * len(first.heads),
        chosen=chosen,
        remembered=remembered,
        error=t(f"error.{wrong.code}") if wrong else None,
    )


def _unreadable(request: Request, own: OwnList, name: str, wrong: Invalid | Refused) -> Response:
    return request.page(
        "pricing/unreadable.html", status=wrong.status, own=own, name=title_of(name), refused=said(request, wrong)
    )


def _result(request: Request, upload: RowUpload, own: OwnList) -> Response:
    t = request.t.t
    return request.page(
        "pricing/upload.html",
        upload=upload,
        own=own,
        failed=t(f"error.{upload.code}", **upload.params) if upload.code else "",
        shown=tuple((one, t(f"pricing.bad.{one.reason}", detail=one.detail)) for one in upload.shown),
    )
