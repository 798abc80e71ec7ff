"""Door: the start page, one for the manufacturer's people and one for a dealer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from chalicelib.billing.ageing import Ageing
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row, Tone
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.http.sessions import SignedIn
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.money import Money
from chalicelib.ordering.model import Order
from chalicelib.ordering.pages.base import TONES, GoodsRow, money_text, state_text
from chalicelib.overview import actions
from chalicelib.overview.actions import DealerOverview, StaffOverview
from chalicelib.storage.keys import Key
from chalicelib.storefront.desk import desk_keys
from chalicelib.storefront.front import Front, Shelf, front
from chalicelib.storefront.offers import News
from chalicelib.storefront.rows import goods_rows
from chalicelib.tenancy.store import Beginnings

doors = Doors(__name__)
_STEPS = (
    ("connect", "/exchange", Permission.EXCHANGE),
    ("catalogue", "/catalogue", Permission.CATALOGUE_READ),
    ("dealer", "/dealers", Permission.NETWORK_EDIT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure with its name; `share` = (part, whole) draws a bar."""

    label: str
    value: str
    sub: str
    href: str
    tone: Tone | None = None
    share: tuple[Decimal, Decimal] | None = None


def _reads(person: SignedIn) -> tuple[Key, ...]:
    return desk_keys(person.actor, person.contract_id) if person.actor.is_dealer else ()


@doors.page("/", may=Permission.OWN_ACCOUNT, reads=_reads)
def start_page(request: Request) -> Response:
    """Where everybody lands after signing in."""
    if request.actor.is_dealer:
        seen = actions.dealer_overview(request.db, request.actor, request.now, request.time_zone)
        return _dealer_page(
            request, seen, front(request.db, request.actor, request.person.contract_id, request.now, request.ahead)
        )
    return _staff_page(request, actions.staff_overview(request.db, request.actor, request.now, request.time_zone))


def _staff_page(request: Request, seen: StaffOverview) -> Response:
    beginnings = seen.beginnings
    return request.page(
        "overview/staff.html",
        title=beginnings.settings.name,
        subtitle=_today(request) if beginnings.ready else request.t.t("overview.steps_text"),
        steps=[] if beginnings.ready else _steps(request, beginnings),
        tiles=_staff_tiles(request, seen) if beginnings.has_catalogue else [],
        days=seen.days,
        highest=max((day.orders for day in seen.days), default=0),
        listing=_orders(request, seen.newest),
    )


def _steps(request: Request, beginnings: Beginnings) -> list[dict[str, Any]]:
    """The checklist; the first step that is not done is the main one."""
    t = request.t.t
    done = {"connect": beginnings.connected, "catalogue": beginnings.has_catalogue, "dealer": beginnings.has_dealer}
    next_one = next((step for step, _, _ in _STEPS if not done[step]), None)
    return [
        {
            "title": t(f"overview.step.{step}"),
            "text": t(f"overview.step.{step}_text"),
            "done": done[step],
            "main": step == next_one,
            "action": (t(f"overview.step.{step}_do"), path) if request.actor.may(permission) else None,
        }
        for step, path, permission in _STEPS
    ]


def _staff_tiles(request: Request, seen: StaffOverview) -> list[Tile]:
    t, fmt = request.t.t, _formats(request)
    tiles = []
    if seen.waiting is not None:
        oldest = seen.waiting.oldest
        since = t("overview.waiting_since", ago=fmt.ago(oldest, request.now)) if oldest else t("overview.queue_empty")
        count = _count(t("overview.orders", count=seen.waiting.count), seen.waiting.is_cut)
        tone: Tone | None = "warn" if oldest else None
        tiles.append(Tile(label=t("overview.waiting"), value=count, sub=since, href="/moderation", tone=tone))
    if seen.to_ship is not None:
        ready = _count(t("overview.orders", count=seen.to_ship.count), seen.to_ship.is_cut)
        tiles.append(
            Tile(label=t("overview.to_ship"), value=ready, sub=t("overview.in_work"), href="/orders?view=active")
        )
    month = seen.month
    tiles.append(
        Tile(
            label=t("overview.month", month=_month(request)),
            value=_count(money_text(request, month.sums), month.is_cut),
            sub=_count(t("overview.orders", count=month.count), month.is_cut),
            href="/orders",
        )
    )
    if seen.debt is not None:
        whole = _count(_money(request, [one.debt for one in seen.debt.ageing]), seen.debt.is_cut)
        tiles.append(_overdue(request, seen.debt.ageing, t("overview.whole_debt", debt=whole), "/debts"))
    if request.actor.may(Permission.EXCHANGE):
        tiles.append(_exchange_tile(request, seen))
    return tiles


def _exchange_tile(request: Request, seen: StaffOverview) -> Tile:
    t, last = request.t.t, seen.exchange
    if last is None:
        return Tile(label=t("overview.exchange"), value="—", sub=t("overview.no_exchange"), href="/exchange")
    return Tile(
        label=t("overview.exchange"),
        value=_formats(request).ago(last.at, request.now),
        sub=t("overview.troubles", count=last.troubles) if last.troubles else t("overview.no_troubles"),
        href="/exchange?view=problems" if last.troubles else "/exchange",
        tone="bad" if last.troubles else None,
    )


def _dealer_page(request: Request, seen: DealerOverview, goods: Front) -> Response:
    may_order = request.actor.may(Permission.ORDER_PLACE)
    return request.page(
        "overview/dealer.html",
        title=request.person.tenant_name,
        subtitle=seen.dealer.party.name,
        blocked=seen.dealer.party.blocked,
        may_order=may_order,
        may_put=may_order and request.person.contract_id is not None,
        shelves=[_shelf(request, shelf, goods) for shelf in goods.shelves],
        tiles=_dealer_tiles(request, seen),
        listing=_orders(request, seen.newest),
    )


def _shelf(request: Request, shelf: Shelf, goods: Front) -> tuple[str, tuple[GoodsRow, ...], str]:
    """Its name, its rows, and where the others are; empty if there are none."""
    rows = goods_rows(request, shelf.offers, goods.cart)
    if shelf.news is News.NEW:
        rows = tuple(replace(row, is_new=False) for row in rows)  # the shelf says it
    return request.t.t(f"storefront.{shelf.news}"), rows, f"/catalogue?{shelf.news}=1" if shelf.has_more else ""


def _dealer_tiles(request: Request, seen: DealerOverview) -> list[Tile]:
    t = request.t.t
    due = t("overview.pay_until", day=seen.next_due) if seen.next_due else t("overview.nothing_due")
    debt = Tile(
        label=t("overview.debt"), value=_money(request, [one.debt for one in seen.debt]), sub=due, href="/invoices"
    )
    late = sum(one.overdue_count for one in seen.debt)
    said = t("overview.late_invoices", count=late) if late else t("overview.nothing_late")
    active = Tile(
        label=t("overview.active"),
        value=_count(str(seen.active), seen.is_cut),
        sub=t("overview.asked", count=seen.asked) if seen.asked else t("overview.all_orders"),
        href="/orders?view=waiting" if seen.asked else "/orders",
        tone="warn" if seen.asked else None,
    )
    return [*_free_credit(request, seen), debt, _overdue(request, seen.debt, said, "/invoices?view=overdue"), active]


def _free_credit(request: Request, seen: DealerOverview) -> list[Tile]:
    """What may still be ordered under the contract that the person works under."""
    contract = next((one for one in seen.dealer.contracts if one.id == request.person.contract_id), None)
    if contract is None:
        return []
    t, limit = request.t.t, contract.credit_limit
    used = seen.dealer.accounts[contract.id].exposure
    free = (
        t("overview.no_limit")
        if limit is None
        else _formats(request).money(max(limit - used, Decimal(0)), contract.currency)
    )
    return [
        Tile(
            label=t("overview.free"),
            value=free,
            sub=t("overview.contract", number=contract.number),
            href="/contracts",
            tone="bad" if limit is not None and used >= limit else None,
            share=None if limit is None else (used, limit),
        )
    ]


def _overdue(request: Request, ages: Sequence[Ageing], sub: str, href: str) -> Tile:
    late = [one.overdue for one in ages if one.overdue]
    label = request.t.t("overview.overdue")
    return Tile(
        label=label,
        value=_money(request, late or [one.overdue for one in ages]),
        sub=sub,
        href=href,
        tone="bad" if late else None,
    )


def _orders(request: Request, orders: Sequence[Order]) -> Listing:
    fmt, staff = _formats(request), not request.actor.is_dealer
    return Listing(
        caption_key="overview.newest",
        columns=(
            Column(key="number", label_key="overview.number", phone="id"),
            Column(key="what", label_key="overview.content", phone="what"),
            Column(key="state", label_key="overview.state", kind="status", phone="state"),
            Column(key="sum", label_key="overview.sum", kind="money", phone="sum", named=False),
        ),
        rows=tuple(
            Row(
                id=order.id,
                cells={
                    "number": Cell(order.number, href=f"/orders/{order.id}", sub=fmt.ago(order.created, request.now)),
                    "what": Cell(order.first_line or "—", sub=order.party_name if staff else order.contract_number),
                    "state": Cell(state_text(request, order.state), tone=TONES[order.state]),
                    "sum": fmt.money(order.gross, order.currency),
                },
            )
            for order in orders
        ),
        query=ListQuery(),
        empty_key="overview.no_orders",
    )


def _formats(request: Request) -> Formats:
    return Formats(request.locale, request.time_zone)


def _money(request: Request, sums: Sequence[Money]) -> str:
    return money_text(request, tuple(sums))


def _count(text: str, is_cut: bool) -> str:
    """`more` in front of what was not read to the end would need words: a plus says it."""
    return f"{text} +" if is_cut else text


def _today(request: Request) -> str:
    """`воскресенье, 22 ноября`"""
    from babel.dates import format_date

    text: str = format_date(local_day(request.now, request.time_zone), "EEEE, d MMMM", locale=request.locale)
    return text


def _month(request: Request) -> str:
    from babel.dates import format_date

    text: str = format_date(local_day(request.now, request.time_zone), "LLLL", locale=request.locale)
    return text
