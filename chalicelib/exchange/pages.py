"""Doors of the back office: the connection, its settings and the journal. The door of 1C itself is in `api`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.exchange import store
from chalicelib.exchange.actions import office
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, Rejected
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row, Tone, View
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid
from chalicelib.tenancy.model import Charset, ExchangeSettings, InvoiceSource, OrderStructure, StockKind

doors = Doors(__name__)
_MAY = Permission.EXCHANGE
_PAGE = "exchange/exchange.html"
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_TONES: dict[EntryState, Tone] = {
    EntryState.RECEIVED: "info",
    EntryState.QUEUED: "info",
    EntryState.DONE: "ok",
    EntryState.PARTLY: "warn",
    EntryState.FAILED: "bad",
    EntryState.WAITING: "warn",
}


@doors.page("/exchange", may=_MAY)
def exchange_page(request: Request) -> Response:
    return _page(request)


@doors.page("/exchange/password", may=_MAY, methods=("POST",))
def rotate_password(request: Request) -> Response:
    """The page with the new password on it: the only time that it is shown."""
    _, password = office.rotate_password(request.db, request.actor, request.now)
    return _page(request, password=password)


@doors.page("/exchange/settings", may=_MAY, methods=("POST",))
def change_settings(request: Request) -> Response:
    typed = request.form.plain()
    try:
        office.change_settings(request.db, request.actor, typed, request.now)
    except Invalid as refusal:
        return _page(request, form=typed, errors=field_errors(request.t, refusal), status=422)
    return request.go("/exchange", notice="exchange_saved")


@doors.page("/exchange/journal/{entry}", may=_MAY)
def journal_entry(request: Request) -> Response:
    entry, rejected = office.journal_entry(request.db, request.params["entry"])
    t, fmt = request.t, Formats(request.locale, request.time_zone)
    return request.page(
        "exchange/entry.html",
        entry=entry,
        title=_title(entry, t),
        subtitle=_file(entry),
        tone=_TONES[entry.state],
        note=_note(entry, t),
        facts=_facts(entry, t, fmt),
        rejected=[(row, _reason(row, t)) for row in rejected],
        can_withdraw=entry.kind is EntryKind.RUN and entry.state is EntryState.WAITING,
    )


@doors.page("/exchange/journal/{entry}/withdraw", may=_MAY, methods=("POST",))
def withdraw(request: Request) -> Response:
    office.withdraw_after_all(request.db, request.actor, request.params["entry"], request.now)
    return request.go("/exchange", notice="exchange_withdrawn")


def _page(
    request: Request,
    *,
    password: str = "",
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    t = request.t.t
    connection = office.connection(request.db)
    return request.page(
        _PAGE,
        status=status,
        connection=connection,
        password=password,
        form=form or _form(connection.settings.exchange),
        errors=errors or {},
        charsets=tuple((str(one), t(f"exchange.charset.{one}")) for one in Charset),
        structures=tuple((str(one), t(f"exchange.structure.{one}")) for one in OrderStructure),
        invoice_sources=tuple((str(one), t(f"exchange.invoices.{one}")) for one in InvoiceSource),
        stock_kinds=tuple((str(one), t(f"exchange.stock_kind.{one}")) for one in reversed(StockKind)),
        listing=_listing(request),
    )


def _form(settings: ExchangeSettings) -> dict[str, str]:
    """The settings as they are typed."""
    return {
        "charset": str(settings.charset),
        "byte_order_mark": "1" if settings.byte_order_mark else "",
        "structure": str(settings.structure),
        "stock_kind": str(settings.stock_kind),
        "invoices": str(settings.invoices),
        "organisation": settings.organisation,
    }


def _listing(request: Request) -> Listing:
    query = ListQuery.parse({name: request.query.text(name) for name in request.query})
    month = query.get("month")
    if not _MONTH.fullmatch(month):
        month = store.month_of(request.now)
    page = office.journal(request.db, view=query.view, month=month, after=query.cursor or None)
    t, fmt = request.t, Formats(request.locale, request.time_zone)
    return Listing(
        caption_key="exchange.journal",
        columns=(
            Column(key="what", label_key="exchange.what", phone="id"),
            Column(key="at", label_key="exchange.at", kind="date", phone="what"),
            Column(key="applied", label_key="exchange.applied", kind="num", phone="sum"),
            Column(key="rejected", label_key="exchange.rejected", kind="num", phone="units"),
            Column(key="state", label_key="exchange.state", kind="status", phone="state"),
        ),
        rows=tuple(_row(entry, t, fmt) for entry in page.entries),
        views=(
            View(key="", label_key="exchange.view.all"),
            View(key="files", label_key="exchange.view.files"),
            View(key="problems", label_key="exchange.view.problems"),
        ),
        filters=(Filter(name="month", label_key="exchange.month", kind="text"),),
        query=query,
        next_cursor=page.next,
        empty_key="exchange.journal_empty",
    )


def _row(entry: JournalEntry, t: Translator, fmt: Formats) -> Row:
    counted = bool(entry.counts)
    return Row(
        id=entry.id,
        cells={
            "what": Cell(_title(entry, t), href=f"/exchange/journal/{entry.id}", sub=_file(entry) or None),
            "at": fmt.datetime(entry.at),
            "applied": str(entry.applied) if counted else "",
            "rejected": str(entry.rejected) if entry.rejected else "",
            "state": Cell(t.t(f"exchange.state.{entry.state}"), tone=_TONES[entry.state]),
        },
    )


def _title(entry: JournalEntry, t: Translator) -> str:
    title = t.t(f"exchange.entry.{entry.kind}", **entry.params)
    if entry.kind is EntryKind.SESSION and entry.direction:
        title += f": {t.t(f'exchange.direction.{entry.direction}')}"
    return title


def _file(entry: JournalEntry) -> str:
    return "" if entry.kind is EntryKind.RUN else entry.name


def _note(entry: JournalEntry, t: Translator) -> str:
    if not entry.code:
        return ""
    prefix = "error" if entry.state is EntryState.FAILED else "exchange.note"
    return t.t(f"{prefix}.{entry.code}", **entry.params)


def _facts(entry: JournalEntry, t: Translator, fmt: Formats) -> tuple[tuple[str, Any], ...]:
    facts = [(t.t("exchange.began"), fmt.datetime(entry.at))]
    if entry.finished:
        facts.append((t.t("exchange.finished"), fmt.datetime(entry.finished)))
    if entry.direction:
        facts.append((t.t("exchange.direction"), t.t(f"exchange.direction.{entry.direction}")))
    if entry.bytes:
        facts.append((t.t("exchange.size"), t.t("exchange.size_value", kilobytes=-(-entry.bytes // 1024))))
    return tuple(facts)


def _reason(row: Rejected, t: Translator) -> str:
    """A reason of ours, or one that ordering or a refusal gave under its own key."""
    for key in (f"exchange.reason.{row.reason}", row.reason):
        if t.has(key):
            try:
                return t.t(key)
            except KeyError:  # the sentence wants parameters that a journal row does not keep
                break
    return row.detail or row.reason
