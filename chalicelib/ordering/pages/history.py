"""An order's history and the differences between its editions, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.http.listing import Tone
from chalicelib.http.request import Request
from chalicelib.kernel.clock import local_day
from chalicelib.ordering.lines import LineChange, difference
from chalicelib.ordering.model import Happening, OrderLine
from chalicelib.ordering.pages.base import formats
from chalicelib.ordering.states import Side
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.words import change_text, happening_text

_TONES: dict[str, Tone] = {
    "confirmed": "ok",
    "refused": "bad",
    "cancelled": "bad",
    "erp_cancelled": "bad",
    "asked": "warn",
    "changed": "warn",
    "erp_changed": "warn",
    "declined": "warn",
    "arrival_moved": "warn",
    "arrival_later": "warn",
    "arrival_on_order": "warn",
    "arrival_short": "bad",
    "arrival_there": "ok",
    "arrival_again": "ok",
    "shipped": "ok",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the timeline (`ui.timeline`)."""

    title: str
    at: str
    who: str
    text: str
    tone: Tone | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A line that differs: quantities and sums before and after, empty where the line was not there."""

    article: str
    name: str
    quantity: tuple[str, str]
    price: tuple[str, str]
    sum: tuple[str, str]


def timeline(request: Request, file: OrderFile, *, exact: bool) -> list[Entry]:
    """The history, newest first; the entry of an edition says what it changed. `exact` = the reader may be told how
    much of the stock the order has."""
    fmt, today = formats(request), local_day(request.now, request.time_zone)
    return [
        Entry(
            title=happening_text(request.t, fmt, one, today, exact=exact),
            at=fmt.datetime(one.at),
            who=_who(request, one),
            text=" · ".join(part for part in (one.comment, _changes_text(request, file, one.edition)) if part),
            tone=_TONES.get(one.kind),
        )
        for one in reversed(file.happenings)
    ]


def _who(request: Request, one: Happening) -> str:
    """A dealer reads that the manufacturer acted, the manufacturer's people read who did."""
    if one.side is Side.ERP:
        return request.t.t("ordering.side.erp")
    if one.side is Side.STAFF and request.actor.is_dealer:
        return request.person.tenant_name
    return one.actor_name


def _changes_text(request: Request, file: OrderFile, edition: int) -> str:
    if edition <= 1 or edition not in file.editions or edition - 1 not in file.editions:
        return ""
    changes = difference(file.editions[edition - 1], file.editions[edition])
    return "; ".join(change_text(request.t, formats(request), change) for change in changes)


def change_rows(request: Request, file: OrderFile) -> list[ChangeRow]:
    """What differs between what the dealer agreed to and what the manager made of it."""
    agreed = file.editions[file.order.agreed_edition]
    return [_change_row(request, change, file.order.currency) for change in difference(agreed, file.lines)]


def _change_row(request: Request, change: LineChange, currency: str) -> ChangeRow:
    fmt = formats(request)
    either = change.after or change.before
    assert either is not None

    def texts(line: OrderLine | None) -> tuple[str, str, str]:
        if line is None:
            return "", "", ""
        quantity = f"{fmt.quantity(line.quantity)} {line.unit}".strip()
        return quantity, fmt.amount(line.price, currency), fmt.amount(line.gross, currency)

    before, after = texts(change.before), texts(change.after)
    return ChangeRow(
        article=either.article,
        name=either.name,
        quantity=(before[0], after[0]),
        price=(before[1], after[1]),
        sum=(before[2], after[2]),
    )
