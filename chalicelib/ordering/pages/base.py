"""What ordering's pages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.listing import Tone
from chalicelib.http.problems import sentence
from chalicelib.http.request import Request
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused
from chalicelib.kernel.money import Money
from chalicelib.ordering.actions.order_view import ShownCover
from chalicelib.ordering.model import LineStatus, Order, OrderLine
from chalicelib.ordering.states import State
from chalicelib.stock.words import day_text

doors = Doors("chalicelib.ordering.pages")
READ, PLACE, MODERATE = Permission.ORDERS_READ, Permission.ORDER_PLACE, Permission.MODERATE
TONES: dict[State, Tone] = {
    State.DRAFT: "mute",
    State.SUBMITTED: "info",
    State.AWAITING_DEALER: "warn",
    State.CONFIRMED: "ok",
    State.IN_PRODUCTION: "info",
    State.READY: "ok",
    State.SHIPPING: "ok",
    State.COMPLETED: "mute",
    State.CANCELLED: "bad",
}
_LINE_TONES: dict[LineStatus, Tone] = {
    LineStatus.ACCEPTED: "ok",
    LineStatus.IN_PRODUCTION: "info",
    LineStatus.READY: "ok",
    LineStatus.IN_DELIVERY: "ok",
    LineStatus.AT_DEALER: "mute",
    LineStatus.SOLD: "mute",
    LineStatus.DEFECTIVE: "bad",
    LineStatus.CANCELLED: "bad",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """What a price was until lately, and how much less it is since: `−5 %`."""

    price: str
    less: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsRow:
    """A SKU in a short list, as `ordering/parts.html` shows it. `at_least` = the quantity that its form begins with;
    None: it can't be ordered."""

    sku: str
    name: str
    article: str
    unit: str
    stock: str
    price: str
    at_least: Decimal | None
    in_cart: Decimal | None = None
    is_current: bool = False  # the one whose page this is
    is_new: bool = False
    was: Was | None = None


def formats(request: Request) -> Formats:
    return Formats(request.locale, request.time_zone)


def due_text(request: Request, due: date | None) -> str | None:
    """`28 ноября`: the day of the last arrival that goods wait for."""
    return day_text(formats(request), due, local_day(request.now, request.time_zone)) if due else None


def state_text(request: Request, state: State) -> str:
    """The state in words: the same for both sides, but for the one that asks the reader for something."""
    own = f"ordering.dealer_state.{state}"
    return request.t.t(own if request.actor.is_dealer and request.t.has(own) else f"ordering.state.{state}")


def line_tag(request: Request, order: Order, line: OrderLine, cover: ShownCover) -> tuple[Tone, str]:
    """Where a line is, for its tag: before the order is confirmed its goods are reserved and no more, if there are."""
    own = cover.lines.get(line.id)
    if order.state is State.CANCELLED:
        return "bad", request.t.t("ordering.line_status.cancelled")
    if line.status is LineStatus.ACCEPTED and not order.state.is_confirmed:
        if own and own.on_order and not (own.now or own.untold or own.coming):
            return "info", request.t.t("ordering.line_status.on_order")
        if order.has_lapsed(request.now):
            return "warn", request.t.t("ordering.line_status.lapsed")
        if own and own.on_order and cover.exact:
            return "info", request.t.t("ordering.line_status.partly_on_order")
        return "mute", request.t.t("ordering.line_status.held")
    return _LINE_TONES[line.status], request.t.t(f"ordering.line_status.{line.status}")


def money_text(request: Request, sums: tuple[Money, ...]) -> str:
    """Sums of several currencies beside each other: they are never added up."""
    fmt = formats(request)
    return " + ".join(fmt.money(one.amount, one.currency) for one in sums) or "—"


def complaints_of(request: Request, refusal: KontorError) -> list[str]:
    """Every single thing that a refusal names, as sentences."""
    if isinstance(refusal, Refused):
        return [sentence(request.t, complaint) for complaint in refusal.complaints]
    if isinstance(refusal, Invalid):
        return [sentence(request.t, complaint) for complaint in refusal.fields.values()]
    return []


def a_date(request: Request, field: str) -> date | None:
    """The date typed into a field; Invalid names it."""
    text = request.form.text(field)
    day = day_of(text)
    if text and day is None:
        raise Invalid(fields={field: Complaint(code="not_a_date")})
    return day


def day_of(text: str) -> date | None:
    """The date that a text is; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
