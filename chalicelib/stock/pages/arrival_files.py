"""A file that says what is on its way: chosen, looked at, taken."""

from __future__ import annotations

from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download, sending_to
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.stock.actions.arrival_files import read_file, take_file, upload_form
from chalicelib.stock.arrival_rows import MOST_ROWS
from chalicelib.stock.pages.base import EDIT, doors, formats

_PAGE = "/stock/arrivals/file"
_READ = _PAGE + "/read"
_SHOWN_BAD = 100
_SAMPLE = (
    ("stock.article", 18),
    ("stock.on_warehouse", 24),
    ("stock.quantity", 14),
    ("stock.due", 14),
    ("stock.note", 30),
)


@doors.page(_PAGE, may=EDIT)
def choose_file(request: Request) -> Response:
    form = upload_form(request.db, request.url(_READ), request.now)
    return sending_to(form.action, request.page("stock/arrival_choose.html", form=form, most=MOST_ROWS))


@doors.page(_PAGE + "/sample.xlsx", may=EDIT)
def sample_file(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t = request.t.t
    columns = [SheetColumn(t(key), width) for key, width in _SAMPLE]
    day = formats(request).date(local_day(request.now, request.time_zone))
    row = [t(f"stock.sample.{name}") for name in ("article", "warehouse", "quantity")]
    return download(
        xlsx(t("stock.arrivals"), columns, [[*row, day, t("stock.sample.note")]]),
        name=f"{t('stock.arrivals')}.xlsx",
        content_type=XLSX,
    )


@doors.page(_READ, may=EDIT)
def look_at_file(request: Request) -> Response:
    return _looked_at(request, request.query.text("key"))


@doors.page(_READ, may=EDIT, methods=("POST",))
def take(request: Request) -> Response:
    form = request.form
    try:
        take_file(request.db, request.actor, form.text("key"), request.now, whole=form.text("mode") == "whole")
    except Refused as refusal:
        return _looked_at(request, form.text("key"), refusal)
    return request.go("/stock/arrivals", notice="arrivals_taken")


def _looked_at(request: Request, key: str, refusal: Refused | None = None) -> Response:
    try:
        file = read_file(request.db, key, request.now)
    except (Invalid, Refused) as wrong:
        said = request.t.t(f"error.{wrong.code}", **wrong.params)
        name = key.rpartition("/")[2]
        return request.page("stock/arrival_file.html", status=wrong.status, name=name, file=None, said=said)
    return request.page(
        "stock/arrival_file.html",
        status=refusal.status if refusal else 200,
        name=file.name,
        file=file,
        key=key,
        bad=tuple(
            (one.number, request.t.t(f"stock.bad_row.{one.reason}", detail=one.detail)) for one in file.bad[:_SHOWN_BAD]
        ),
        said=request.t.t(f"error.{refusal.code}", **refusal.params) if refusal else "",
    )
