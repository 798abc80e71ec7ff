"""Pages: files with goods, from the choice of a file to what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.goods import columns, store
from chalicelib.goods.actions import uploads
from chalicelib.goods.actions.uploads import Preview
from chalicelib.goods.model import Plan, Upload
from chalicelib.goods.pages.base import MAY, doors
from chalicelib.goods.words import reason
from chalicelib.http.columns import chosen_columns, typed_head
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row, Tone
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, disposition, download, redirect, sending_to
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_moment
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.filenames import title_of
from chalicelib.kernel.job import JobState
from chalicelib.storage import files
from chalicelib.tenancy.model import StockKind
from chalicelib.tenancy.store import load_settings

_LIST = "/goods/uploads"
_SECONDS = 300
_TONES: dict[JobState, Tone] = {
    JobState.NEW: "mute",
    JobState.QUEUED: "info",
    JobState.WORKING: "info",
    JobState.DONE: "ok",
    JobState.FAILED: "bad",
}
_SAMPLE = (("article", 16), ("name", 44), ("category", 30), ("brand", 16), ("barcode", 16), ("unit", 8), ("vat", 8),
           ("description", 40), ("price", 14), ("stock", 14))  # fmt: skip


@doors.page(_LIST, may=MAY)
def upload_list(request: Request) -> Response:
    listing = Listing(
        caption_key="goods.files",
        columns=(
            Column(key="file", label_key="goods.file", phone="id"),
            Column(key="at", label_key="goods.at", kind="date", phone="what"),
            Column(key="by", label_key="goods.by", phone="units"),
            Column(key="rows", label_key="goods.rows_read", kind="num", phone="sum"),
            Column(key="bad", label_key="goods.rows_bad", kind="num"),
            Column(key="state", label_key="goods.state", kind="status", phone="state"),
        ),
        rows=tuple(_row(request, one) for one in store.last_uploads(request.db) if one.state is not JobState.NEW),
        query=ListQuery(),
        empty_key="goods.no_files",
    )
    return request.page("goods/uploads.html", listing=listing)


@doors.page(_LIST, may=MAY, methods=("POST",))
def begin(request: Request) -> Response:
    upload_id = uploads.begin(request.db, request.actor, request.idempotency_key, request.now)
    return redirect(request.url(f"{_LIST}/{upload_id}"))


@doors.page(_LIST + "/sample.xlsx", may=MAY)
def sample(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t = request.t.t
    heads = [SheetColumn(t(f"goods.sample.{name}"), width) for name, width in _SAMPLE]
    rows = [[t(f"goods.sample.{name}.{number}") for name, _ in _SAMPLE] for number in (1, 2)]
    title = t("goods.sample")
    return download(xlsx(title, heads, rows), name=f"{title}.xlsx", content_type=XLSX)


@doors.page(_LIST + "/{upload_id}", may=MAY)
def upload_page(request: Request) -> Response:
    upload = store.load_upload(request.db, request.params["upload_id"])
    if upload.state is not JobState.NEW:
        return _result(request, upload)
    key = request.query.text("key")
    if not key:
        return _choice(request, upload)
    name = uploads.name_of(request.db, upload, key)
    return _columns(request, uploads.arrived(request.db, upload, request.now), name)


@doors.page(_LIST + "/{upload_id}", may=MAY, methods=("POST",))
def start(request: Request) -> Response:
    upload = store.load_upload(request.db, request.params["upload_id"])
    form = request.form
    if form.text("again") and upload.plan is not None:
        plan = replace(upload.plan, full=True, sure=True)
        uploads.start(request.db, request.actor, upload, upload.name, plan, (), request.now)
        return request.go(f"{_LIST}/{upload.id}")
    name = form.text("name")
    uploads.name_of(request.db, upload, store.file_key(request.db.tenant_id, upload.id, name))
    first = uploads.look(request.db, upload, name, _head(form.text("head")) or 1)
    kind = form.text("stock_kind")
    plan = Plan(
        columns=chosen_columns(form, len(first.heads)),
        head=first.head,
        full=form.text("mode") == "full",
        stock_kind=StockKind(kind) if kind in tuple(StockKind) else None,
    )
    try:
        plan = replace(plan, as_of=_as_of(request, upload))
        uploads.start(request.db, request.actor, upload, name, plan, first.heads, request.now)
    except Invalid as wrong:
        return _columns(request, upload, name, plan=plan, wrong=wrong)
    return request.go(f"{_LIST}/{upload.id}")


@doors.page(_LIST + "/{upload_id}/rejected", may=MAY)
def rejected(request: Request) -> Response:
    upload = store.load_upload(request.db, request.params["upload_id"])
    if not upload.bad:
        raise NotFound()
    name = f"{request.t.t('goods.rejected_file')} {upload.title.rpartition('.')[0] or upload.title}.xlsx"
    key = store.rejected_key(request.db.tenant_id, upload.id)
    return redirect(
        files.address(request.db.tenant_id, key, disposition=disposition(name), content_type=XLSX, seconds=_SECONDS)
    )


def _as_of(request: Request, upload: Upload) -> datetime | None:
    """The moment that was typed; None if the form's own, which is exact to the minute only, was left."""
    text = request.form.text("as_of")
    if text in ("", _clock_face(request, upload.as_of)):
        return None
    try:
        return local_moment(datetime.fromisoformat(text).replace(tzinfo=None), request.time_zone)
    except ValueError:
        raise Invalid("goods_as_of") from None


def _clock_face(request: Request, moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(request.time_zone)).strftime("%Y-%m-%dT%H:%M")


def _choice(request: Request, upload: Upload) -> Response:
    form = uploads.form_for(request.db, upload)
    return sending_to(form.action, request.page("goods/choose.html", form=form))


def _columns(
    request: Request, upload: Upload, name: str, *, plan: Plan | None = None, wrong: Invalid | None = None
) -> Response:
    head = plan.head if plan else _head(request.query.text("head"))
    try:
        seen = uploads.preview(request.db, upload, name, head, request.now)
    except (Invalid, Refused) as refusal:
        said = request.t.t(f"error.{refusal.code}", **refusal.params)
        return request.page("goods/unreadable.html", status=refusal.status, name=title_of(name), said=said)
    return request.page(
        "goods/columns.html",
        status=wrong.status if wrong else 200,
        upload=upload,
        seen=seen,
        title=title_of(seen.name),
        meanings=_meanings(request, seen),
        chosen=plan.columns if plan else seen.columns,
        full=plan.full if plan else False,
        key=store.file_key(request.db.tenant_id, upload.id, name),
        stock_kinds=tuple((str(one), request.t.t(f"exchange.stock_kind.{one}")) for one in reversed(StockKind)),
        stock_kind=(plan.stock_kind if plan else None) or load_settings(request.db).exchange.stock_kind,
        as_of=_clock_face(request, (plan.as_of if plan else None) or upload.as_of),
        error=request.t.t(f"error.{wrong.code}") if wrong else None,
    )


def _meanings(request: Request, seen: Preview) -> tuple[tuple[tuple[str, str], ...], ...]:
    """For each column what it may mean, with its text."""
    t, choices = request.t.t, seen.choices

    def text(meaning: str, head: str) -> str:
        kind, _, own = meaning.partition(":")
        if own:
            return t(f"goods.column.of_{kind}", name=choices.of(kind)[own])
        return t(f"goods.column.{kind}", name=head) if meaning else t("http.columns.skip")

    heads = seen.first.heads
    return tuple(
        tuple((one, text(one, head)) for one in offered)
        for head, offered in zip(heads, columns.offered(heads, choices), strict=True)
    )


def _head(text: str) -> int | None:
    return typed_head(text) or None  # some row names the columns


def _result(request: Request, upload: Upload) -> Response:
    t, fmt = request.t.t, Formats(request.locale, request.time_zone)
    return request.page(
        "goods/upload.html",
        upload=upload,
        title=upload.title or t("goods.file"),
        subtitle=f"{fmt.datetime(upload.made)} · {upload.by}",
        under_way=upload.is_under_way,
        tone=_tone(upload),
        state=t(f"goods.state.{_state(upload)}"),
        said=t(f"error.{upload.code}", **upload.params) if upload.code else "",
        rejected=tuple((bad, reason(request.t, bad)) for bad in upload.rejected),
        may_see_versions=request.actor.may(Permission.EXCHANGE),
    )


def _state(upload: Upload) -> str:
    return "partly" if upload.is_done and upload.bad else upload.state


def _tone(upload: Upload) -> Tone:
    return "warn" if _state(upload) == "partly" else _TONES[upload.state]


def _row(request: Request, upload: Upload) -> Row:
    fmt = Formats(request.locale, request.time_zone)
    return Row(
        id=upload.id,
        cells={
            "file": Cell(upload.title, href=f"{_LIST}/{upload.id}"),
            "at": fmt.datetime(upload.made),
            "by": upload.by,
            "rows": str(upload.read) if upload.read else "",
            "bad": str(upload.bad) if upload.bad else "",
            "state": Cell(request.t.t(f"goods.state.{_state(upload)}"), tone=_tone(upload)),
        },
    )
