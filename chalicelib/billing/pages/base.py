"""What billing's pages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.billing.model import Invoice, InvoiceState
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.listing import Cell, Tone
from chalicelib.http.problems import sentence
from chalicelib.http.request import Request
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.money import Money

doors = Doors("chalicelib.billing.pages")
READ, EDIT = Permission.BILLING_READ, Permission.PAYMENTS_EDIT
_YEARS = (2000, 2100)
AGES = ("current", "30", "60", "90", "older")
TONES: dict[InvoiceState, Tone] = {
    InvoiceState.UNPAID: "info",
    InvoiceState.PARTLY_PAID: "warn",
    InvoiceState.PAID: "ok",
    InvoiceState.VOID: "mute",
}


@dataclass(frozen=True, slots=True)
class Repeated:
    """The question before a payment that looks like one that is there: that one's id, and what is asked."""

    payment_id: str
    question: str


def repeated(request: Request, refusal: Refused) -> Repeated:
    """What to ask the person; any other refusal goes on."""
    if refusal.code != "payment_repeated":
        raise refusal
    return Repeated(str(refusal.params["payment"]), sentence(request.t, refusal))


def formats(request: Request) -> Formats:
    return Formats(request.locale, request.time_zone)


def today(request: Request) -> date:
    """The tenant's day."""
    return local_day(request.now, request.time_zone)


def money_text(request: Request, *sums: Money) -> str:
    """`1 200,00 ₽ + 30,00 €`: sums of several currencies are never added up."""
    fmt = formats(request)
    return " + ".join(fmt.money(one.amount, one.currency) for one in sums) or "—"


def state_cell(request: Request, invoice: Invoice, day: date) -> Cell:
    """The invoice's state, with how long it is overdue."""
    days = invoice.overdue_days(day)
    text = request.t.t(f"billing.state.{invoice.state}")
    if days:
        return Cell(text, tone="bad", sub=request.t.t("billing.overdue_by", count=days))
    return Cell(text, tone=TONES[invoice.state])


def rest_text(request: Request, invoice: Invoice) -> str | None:
    """What is left to pay, where that is not the whole sum."""
    if invoice.state is not InvoiceState.PARTLY_PAID:
        return None
    return request.t.t("billing.rest_said", rest=invoice.rest)


def a_date(text: str) -> date | None:
    """A date of the address; None for anything else: an address is typed by anybody."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _YEARS[0] <= day.year <= _YEARS[1] else None


def age_names(request: Request) -> tuple[str, ...]:
    """What the buckets of `ageing` are called."""
    return tuple(request.t.t(f"billing.age.{age}") for age in AGES)
