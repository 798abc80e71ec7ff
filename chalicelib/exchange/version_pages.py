"""Doors of the back office: versions of the catalogue, what differs between two, and going back to one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from chalicelib.catalogue.snapshot.difference import Change, Kind, PriceChange, Wanted
from chalicelib.exchange.actions import versions
from chalicelib.exchange.actions.versions import Compared, Version
from chalicelib.exchange.model import JournalEntry
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row, Tone, View
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.numbers import whole
from chalicelib.storage.snapshots import KEPT_DAYS, KEPT_VERSIONS

doors = Doors(__name__)
_MAY = Permission.EXCHANGE
_LIST = "/exchange/versions"
_PAGE = 50
_ROOM = 40  # characters
_MOST = 20_000  # rows of a spreadsheet: an answer may have 6 MB
_TONES: dict[Kind, Tone] = {
    Kind.NEW: "ok",
    Kind.RETURNED: "ok",
    Kind.WITHDRAWN: "bad",
    Kind.CHANGED: "info",
    Kind.PRICE: "warn",
}
_SHEET = (
    ("exchange.version_change", 18),
    ("exchange.version_article", 16),
    ("exchange.version_product", 50),
    ("exchange.version_what", 24),
    ("exchange.version_unit", 10),
    ("exchange.version_min_quantity", 12),
    ("exchange.version_before", 20),
    ("exchange.version_now", 20),
    ("exchange.version_currency", 10),
    ("exchange.version_percent", 10),
)


@doors.page(_LIST, may=_MAY)
def version_list(request: Request) -> Response:
    query = ListQuery.parse({name: request.query.text(name) for name in request.query})
    found = versions.kept_versions(request.db)
    listing = Listing(
        caption_key="exchange.versions",
        columns=(
            Column(key="version", label_key="exchange.version", phone="id"),
            Column(key="at", label_key="exchange.version_published", kind="date", phone="what"),
            Column(key="made", label_key="exchange.version_made", phone="units"),
            Column(key="products", label_key="exchange.version_products", kind="num"),
            Column(key="listed", label_key="exchange.version_skus", kind="num", phone="sum"),
            Column(key="state", label_key="exchange.version_state", kind="status", phone="state"),
        ),
        rows=tuple(_version_row(request, one) for one in found),
        query=query,
        empty_key="exchange.versions_empty",
    )
    return request.page("exchange/versions.html", listing=listing, last=KEPT_VERSIONS, days=KEPT_DAYS)


@doors.page(_LIST + "/{version}", may=_MAY)
def version_page(request: Request) -> Response:
    query = ListQuery.parse({name: request.query.text(name) for name in request.query})
    found = _compared(request, query)
    version = found.version.snapshot
    fmt = Formats(request.locale, request.time_zone)
    return request.page(
        "exchange/version.html",
        version=version,
        in_force=found.version.in_force,
        subtitle=fmt.datetime(version.published),
        entry=_made_by(request, found.version),
        compared=found.with_version,
        listing=_listing(request, query, found) if found.with_version else None,
    )


@doors.page(_LIST + "/{version}/changes.xlsx", may=_MAY)
def version_sheet(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    query = ListQuery.parse({name: request.query.text(name) for name in request.query})
    found, t = _compared(request, query), request.t.t
    if found.difference is None:
        raise NotFound()
    wanted = _wanted(query)
    rows = (_sheet_row(request, one) for one in found.difference.changes(wanted, most=_MOST))
    columns = [SheetColumn(t(key), width) for key, width in _SHEET]
    note = t("exchange.version_list_cut", count=_MOST) if found.difference.count(wanted) > _MOST else ""
    title = t("exchange.version_title", version=found.version.snapshot.version)
    return download(xlsx(title, columns, rows, note=note), name=f"{title}.xlsx", content_type=XLSX)


@doors.page(_LIST + "/{version}/restore", may=_MAY)
def confirm_restoring(request: Request) -> Response:
    current, found = versions.would_change(request.db, _number(request.params["version"]))
    assert found.difference is not None
    counts, fmt = found.difference.counts, Formats(request.locale, request.time_zone)
    return request.page(
        "exchange/version_restore.html",
        version=found.version.snapshot,
        current=current,
        changes=tuple((request.t.t(f"exchange.restore.{kind}"), fmt.quantity(Decimal(counts[kind]))) for kind in Kind),
        published=fmt.datetime(found.version.snapshot.published),
    )


@doors.page(_LIST + "/{version}/restore", may=_MAY, methods=("POST",))
def restore(request: Request) -> Response:
    entry_id = versions.ask_to_restore(
        request.db,
        request.actor,
        _number(request.params["version"]),
        _number(request.form.text("over")),
        request.idempotency_key,
        request.now,
    )
    return request.go(f"/exchange/journal/{entry_id}", notice="exchange_restoring")


def _number(text: str) -> int:
    number = whole(text)
    if number is None:
        raise NotFound()
    return number


def _compared(request: Request, query: ListQuery) -> Compared:
    other = query.get("with")
    return versions.compared(request.db, _number(request.params["version"]), _number(other) if other else None)


def _wanted(query: ListQuery) -> Wanted:
    kind = Kind(query.view) if query.view in tuple(Kind) else None
    return Wanted(kind=kind, code=query.get("q"), price_type=query.get("price_type"))


def _version_row(request: Request, version: Version) -> Row:
    t, one = request.t.t, version.snapshot
    fmt = Formats(request.locale, request.time_zone)
    made = _made_by(request, version)
    return Row(
        id=str(one.version),
        cells={
            "version": Cell(t("exchange.version_title", version=one.version), href=f"{_LIST}/{one.version}"),
            "at": fmt.datetime(one.published),
            "made": Cell(made[0], href=made[1]) if made else t("exchange.version_made_unknown"),
            "products": fmt.quantity(Decimal(one.products)) if one.products else "",
            "listed": fmt.quantity(Decimal(one.listed)),
            "state": Cell(t("exchange.version_in_force"), tone="ok") if version.in_force else "",
        },
    )


def _made_by(request: Request, version: Version) -> tuple[str, str] | None:
    """What made the version, in a few words, and the journal's page of it."""
    entry: JournalEntry | None = version.entry
    if entry is None:
        return None
    title = request.t.t(f"exchange.entry.{entry.kind}", **entry.params)
    return (f"{title}: {entry.name}" if entry.name and entry.kind != "run" else title), f"/exchange/journal/{entry.id}"


def _listing(request: Request, query: ListQuery, found: Compared) -> Listing:
    t, difference, wanted = request.t.t, found.difference, _wanted(query)
    fmt = Formats(request.locale, request.time_zone)
    assert difference is not None
    rows = difference.count(wanted)
    changes = difference.changes(wanted, start=(query.page - 1) * _PAGE, most=_PAGE)
    filters = [
        Filter(name="q", label_key="exchange.version_find", kind="search"),
        Filter(
            name="with",
            label_key="exchange.version_with",
            options=tuple((str(one.version), f"{one.version} ({fmt.date(one.published)})") for one in found.others),
            open=True,
        ),
    ]
    if difference.price_types:
        options = tuple((id, f"{name} ({count})") for id, name, count in difference.price_types)
        filters.append(Filter(name="price_type", label_key="exchange.version_price_type", options=options, open=True))
    return Listing(
        caption_key="exchange.version_changes",
        columns=(
            Column(key="article", label_key="exchange.version_article", phone="id"),
            Column(key="name", label_key="exchange.version_product", phone="what"),
            Column(key="change", label_key="exchange.version_change", kind="status", phone="state"),
            Column(key="before", label_key="exchange.version_before", phone="units"),
            Column(key="now", label_key="exchange.version_now", phone="sum"),
            Column(key="percent", label_key="exchange.version_percent", kind="num"),
        ),
        rows=tuple(_change_row(request, number, one) for number, one in enumerate(changes)),
        query=query,
        total_text=t("exchange.version_rows", count=rows),
        views=(
            View(key="", label_key="exchange.version_view.all", count=difference.rows),
            *(
                View(key=kind, label_key=f"exchange.version_view.{kind}", count=difference.counts[kind])
                for kind in Kind
            ),
        ),
        filters=tuple(filters),
        pages=max(1, -(-rows // _PAGE)),
        empty_key="exchange.version_no_changes",
        export_href=query.link(f"{_LIST}/{found.version.snapshot.version}/changes.xlsx"),
    )


def _what(request: Request, change: Change) -> str:
    """What of the product has changed: the field, or the price type with its unit and quantity if they matter."""
    if change.price is None:
        return request.t.t(f"exchange.version_field.{change.field}") if change.field else ""
    fmt = Formats(request.locale, request.time_zone)
    least = f" ≥ {fmt.quantity(change.price.min_quantity)}" if change.price.min_quantity else ""
    return change.price.price_type + least


def _change_row(request: Request, number: int, change: Change) -> Row:
    t = request.t.t
    fmt = Formats(request.locale, request.time_zone)
    tag = _what(request, change) if change.field else t(f"exchange.version_kind.{change.kind}")
    before, now, percent = change.before, change.now, ""
    price = change.price
    if price is not None:
        tag = _what(request, change)
        before = _money(request, price.before, price.before_currency)
        now = _money(request, price.now, price.now_currency)
        if price.percent is not None:
            percent = ("+" if price.percent > 0 else "") + fmt.percent(price.percent)
    return Row(
        id=str(number),
        cells={
            "article": Cell(change.article or "—"),
            "name": change.name,
            "change": Cell(tag, tone=_TONES[change.kind]),
            "before": _short(before),
            "now": _short(now),
            "percent": percent,
        },
    )


def _short(text: str) -> str:
    """A text that a table has room for; the spreadsheet has it in full."""
    return text if len(text) <= _ROOM else text[: _ROOM - 1] + "…"


def _money(request: Request, amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return request.t.t("exchange.version_no_price")
    fmt = Formats(request.locale, request.time_zone)
    return fmt.money(amount, currency) if currency else fmt.quantity(amount)


def _sheet_row(request: Request, change: Change) -> tuple[str | Decimal | None, ...]:
    kind = request.t.t(f"exchange.version_kind.{change.kind}")
    head = (kind, change.article, change.name, _what_in_sheet(request, change))
    if change.price is None:
        return (*head, "", None, change.before, change.now, "", None)
    return (*head, *_price_cells(change.price))


def _what_in_sheet(request: Request, change: Change) -> str:
    return change.price.price_type if change.price else _what(request, change)


def _price_cells(price: PriceChange) -> Iterator[str | Decimal | None]:
    currencies = dict.fromkeys(one for one in (price.before_currency, price.now_currency) if one)
    yield from (price.unit, price.min_quantity or None, price.before, price.now, " → ".join(currencies), price.percent)
