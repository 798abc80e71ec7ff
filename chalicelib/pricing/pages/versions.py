"""One price list: its versions, what is in force and what is planned."""

from __future__ import annotations

from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, disposition, redirect
from chalicelib.kernel.errors import Invalid, Refused, found
from chalicelib.kernel.numbers import whole
from chalicelib.network import store as network
from chalicelib.pricing import office, store
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.book import Book
from chalicelib.pricing.forms import moment_from_form
from chalicelib.pricing.lists import ListVersion, OwnList
from chalicelib.pricing.pages.base import MAY, Form, doors, form_page, names_of, wish
from chalicelib.storage import files
from chalicelib.tenancy.company import Checks

_LIST = "/prices/lists/{list_id}"
_SECONDS = 300


@doors.page(_LIST, may=MAY)
def list_page(request: Request) -> Response:
    return _page(request, {})


@doors.page(_LIST + "/activate", may=MAY, methods=("POST",))
def activate(request: Request) -> Response:
    own, form = _own(request), request.form.plain()
    version = _version(own, form.get("number", ""))
    checks = Checks(form)
    since = moment_from_form(checks, request.time_zone)
    about = {"list": own.id, "name": own.name, "version": str(version.number), "since": str(since or request.now)}
    try:
        checks.finish()
        office.activate(request.db, wish(request, "list.activated", **about), own.id, version.number, since)
    except (Invalid, Refused) as wrong:
        return _page(request, form, wrong)
    return request.go(f"/prices/lists/{own.id}", notice="price_list_planned" if since else "price_list_activated")


@doors.page(_LIST + "/call-off", may=MAY, methods=("POST",))
def call_off(request: Request) -> Response:
    own = _own(request)
    try:
        office.call_off(request.db, wish(request, "list.called_off", list=own.id, name=own.name), own.id)
    except Refused as wrong:
        return _page(request, {}, wrong)
    return request.go(f"/prices/lists/{own.id}", notice="price_list_called_off")


@doors.page(_LIST + "/remove", may=MAY, methods=("POST",))
def remove(request: Request) -> Response:
    own = _own(request)
    try:
        office.remove_list(request.db, wish(request, "list.removed", list=own.id, name=own.name), own.id)
    except Refused as wrong:
        return _page(request, {}, wrong)
    return request.go("/prices", notice="price_list_removed")


@doors.page(_LIST + "/versions/{number}", may=MAY)
def download(request: Request) -> Response:
    from chalicelib.pricing.download import written  # heavy, and needed here only

    own = _own(request)
    version = _version(own, request.params["number"])
    key = written(request.db, version, request.t, request.now)
    name = disposition(f"{own.name} {version.number}.xlsx")
    tenant_id = request.db.tenant_id
    return redirect(files.address(tenant_id, key, disposition=name, content_type=XLSX, seconds=_SECONDS))


def _own(request: Request) -> OwnList:
    return found(load_book(request.db)[0].find(request.params["list_id"]))


def _version(own: OwnList, text: str) -> ListVersion:
    return own.version(found(whole(text)))


def _page(request: Request, form: Form, wrong: Invalid | Refused | None = None) -> Response:
    book, version = load_book(request.db)
    own = found(book.find(request.params["list_id"]))
    fmt = Formats(request.locale, request.time_zone)
    planned = {one.number: one for one in own.planned(request.now)}
    current = own.activation_at(request.now)
    return form_page(
        request,
        "pricing/list.html",
        form,
        wrong,
        own=own,
        version=version,
        versions=tuple(reversed(own.versions)),
        current=current,
        planned=planned,
        numbers=tuple((str(one.number), _label(request, fmt, one)) for one in reversed(own.versions)),
        names=names_of([*network.price_types(request.db), *book.lists]),
        used=_users(request, book, own.id),
        derived=tuple(one for one in book.lists if one.formula and one.formula.base_id == own.id),
        uploads=tuple(one for one in store.last_uploads(request.db, own.id) if one.name),
        zone=request.time_zone,
    )


def _label(request: Request, fmt: Formats, one: ListVersion) -> str:
    return request.t.t("pricing.version_of", number=one.number, at=fmt.datetime(one.made))


def _users(request: Request, book: Book, list_id: str) -> tuple[tuple[str, str], ...]:
    """Who is given the list: (name, address)."""
    segments = network.load_segments(request.db)
    given = [(whose, ids) for among in (book.groups, book.regions) for whose, ids in among.items()]
    named = [(segments.name_of(whose) or whose, whose) for whose, ids in given if list_id in ids]
    rows = [(name, f"/prices/assignments/{whose}") for name, whose in named]
    if list_id in book.default:
        rows.append((request.t.t("pricing.everybody"), f"/prices/assignments/{office.DEFAULT}"))
    rows += [
        (one.number, f"/prices/contracts/{one.party_id}/{one.id}")
        for one in office.all_contracts(request.db)
        if list_id in one.price_list_ids
    ]
    return tuple(rows)
