"""Rows of a list typed by hand: a grid of some of them, new ones, and lines pasted from a spreadsheet."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Complaint, Invalid, Refused, found
from chalicelib.kernel.numbers import parse_decimal, whole
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.lists import OwnList
from chalicelib.pricing.pages.base import MAY, doors, form_page, wish
from chalicelib.pricing.rowediting import RowKey, ShownRow, TypedRows, edit_rows, show_rows
from chalicelib.pricing.sheet import BadRow

_PAGE = "/prices/lists/{list_id}/rows"
_NEW_ROWS = 5
_MOST_ROWS = 200


@doors.page(_PAGE, may=MAY)
def rows_form(request: Request) -> Response:
    return _page(request, _own(request))


@doors.page(_PAGE, may=MAY, methods=("POST",))
def save_rows(request: Request) -> Response:
    own = _own(request)
    try:
        typed = typed_rows(request)
        bad = edit_rows(request.db, wish(request, "list.rows_typed", list=own.id, name=own.name), own.id, typed)
    except (Invalid, Refused) as wrong:
        return _page(request, own, wrong=wrong)
    if bad:
        return _page(request, own, bad=bad)
    return request.go(f"/prices/lists/{own.id}", notice="price_rows_saved")


def _own(request: Request) -> OwnList:
    own = found(load_book(request.db)[0].find(request.params["list_id"]))
    return found(own if own.formula is None else None)


def typed_rows(request: Request) -> TypedRows:
    """What the grid's form says. Invalid names a price that is no number."""
    form = request.form
    prices: dict[RowKey, Decimal] = {}
    removed, wrong = set(), {}
    for place in range(_MOST_ROWS):
        if f"row_{place}" not in form:
            break
        key = _key_of(form.text(f"row_{place}"))
        if key is None:
            continue
        if form.text(f"gone_{place}"):
            removed.add(key)
            continue
        try:
            prices[key] = parse_decimal(form.text(f"price_{place}"))
        except ValueError:
            prices[key] = Decimal(0)
        if prices[key] <= 0:
            wrong[f"price_{place}"] = Complaint(code="not_above_zero")
    if wrong:
        raise Invalid(fields=wrong)
    typed = [
        (form.text(f"new_article_{place}"), form.text(f"new_least_{place}"), form.text(f"new_price_{place}"))
        for place in range(_NEW_ROWS)
    ]
    return TypedRows(typed=typed, pasted=form.text("pasted"), prices=prices, removed=frozenset(removed))


def key_text(row: ShownRow) -> str:
    """A row's key in a hidden field."""
    return f"{row.row.sku}\t{row.row.unit}\t{row.row.min_quantity:f}"


def _key_of(text: str) -> RowKey | None:
    parts = text.split("\t")
    try:
        return (parts[0], parts[1], parse_decimal(parts[2])) if len(parts) == 3 else None
    except ValueError:
        return None


def _page(
    request: Request, own: OwnList, *, bad: tuple[BadRow, ...] = (), wrong: Invalid | Refused | None = None
) -> Response:
    back, version = (own.name, f"/prices/lists/{own.id}"), load_book(request.db)[1]
    return grid_page(request, own, version=version, back=back, saves="version", bad=bad, wrong=wrong)


def grid_page(
    request: Request,
    own: OwnList,
    *,
    version: int,
    back: tuple[str, str],
    saves: str,
    bad: tuple[BadRow, ...] = (),
    wrong: Invalid | Refused | None = None,
) -> Response:
    """The grid of a list's newest rows. `back` = the name and address of the page above, under which the form is sent;
    `saves`: "version" or, where it holds at once, "now"."""
    fmt, t = Formats(request.locale, request.time_zone), request.t.t
    asked, page = request.query.text("q") or request.form.text("q"), request.query.text("page")
    number = whole(page, 99_999) or 1
    grid = show_rows(request.db, own, asked, number, request.now)
    posted = request.form.plain() if request.method == "POST" else {}
    return form_page(
        request,
        "pricing/rows.html",
        posted,
        wrong,
        status=422 if bad else 200,
        own=own,
        version=version,
        back=back,
        saves=saves,
        rows=tuple((key_text(one), one, fmt.quantity(one.row.amount)) for one in grid.rows),
        more=grid.more,
        page=number,
        asked=asked,
        new_rows=_NEW_ROWS,
        bad=tuple((one, t(f"pricing.bad.{one.reason}", detail=one.detail)) for one in bad),
    )
