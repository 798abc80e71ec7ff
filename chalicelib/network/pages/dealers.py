"""The list of dealers, a dealer's page, and its profile."""

from __future__ import annotations

from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Filter, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.model import Invitation
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network.actions import dealers
from chalicelib.network.actions.dealers import DealerRow
from chalicelib.network.actions.reading import choices, open_dealer
from chalicelib.network.model import Standing
from chalicelib.network.pages.base import (
    DEALER,
    EDIT,
    READ,
    Form,
    contract_options,
    country_names,
    doors,
    form_page,
    segment_options,
)
from chalicelib.network.store import load_segments
from chalicelib.tenancy.options import country_of


@doors.page("/dealers", may=READ)
def dealer_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    blocked = {"yes": True, "no": False}.get(query.get("blocked"))
    page = dealers.list_dealers(request.db, search=query.get("q"), blocked=blocked, page=query.page)
    t, sees_money = request.t.t, _sees_money(request)
    listing = Listing(
        caption_key="network.dealers",
        columns=(
            Column(key="name", label_key="network.name", phone="id"),
            Column(key="tax_ids", label_key="network.tax_id", phone="what", named=True),
            Column(key="contracts", label_key="network.contracts"),
            *(_MONEY if sees_money else ()),
            Column(key="state", label_key="network.state", kind="status", phone="state"),
        ),
        rows=tuple(_dealer_row(request, row) for row in page.rows),
        query=query,
        total_text=t("network.dealer_count", count=page.total),
        filters=(
            Filter(name="q", label_key="network.find", kind="search"),
            Filter(
                name="blocked",
                label_key="network.state",
                options=(("no", t("network.active")), ("yes", t("network.blocked"))),
            ),
        ),
        pages=page.pages,
        empty_key="network.no_dealers",
        empty_action=("network.new_dealer", "/dealers/new") if request.actor.may(EDIT) else None,
    )
    return request.page("network/dealers.html", listing=listing, may_edit=request.actor.may(EDIT))


_MONEY = (
    Column(key="debt", label_key="network.debt", kind="money", phone="sum"),
    Column(key="free", label_key="network.free_credit", kind="money", phone="units"),
)


def _dealer_row(request: Request, row: DealerRow) -> Row:
    party, t, fmt = row.party, request.t.t, Formats(request.locale, request.time_zone)
    state = Cell(t("network.blocked"), tone="bad") if party.blocked else Cell(t("network.active"), tone="ok")
    debts = [fmt.money(one.debt, one.currency) for one in row.standings if one.debt] or [
        fmt.money(one.debt, one.currency) for one in row.standings[:1]
    ]
    return Row(
        id=party.id,
        cells={
            "name": Cell(party.name, href=f"/dealers/{party.id}", sub=party.phone or party.email or None),
            "tax_ids": ", ".join(party.tax_ids),
            "contracts": ", ".join(mark.number for mark in party.contracts),
            "debt": Cell(" + ".join(debts)),
            "free": _free(request, row.standings, fmt),
            "state": state,
        },
    )


def _free(request: Request, standings: tuple[Standing, ...], fmt: Formats) -> Cell:
    """What may still be ordered, with the limits under it."""
    t = request.t.t
    free = [t("network.no_limit") if one.free is None else fmt.money(one.free, one.currency) for one in standings]
    limits = [fmt.money(one.limit, one.currency) for one in standings if one.limit is not None]
    said = t("network.of_limit", limit=" + ".join(limits)) if limits else None
    return Cell(" + ".join(free), sub=said, tone="bad" if any(one.free == 0 for one in standings) else None)


@doors.page("/dealers/new", may=EDIT)
def dealer_form(request: Request) -> Response:
    person = request.person
    country = country_of(person.currency, person.time_zone)
    return _dealer_form(request, {"country": country, "currency": person.currency, "deferral_days": "0"})


@doors.page("/dealers", may=EDIT, methods=("POST",))
def create_dealer(request: Request) -> Response:
    form, warehouses = request.form.plain(), request.form.all("warehouse")
    try:
        party_id = dealers.create_dealer(
            request.db, request.actor, form, warehouses, parse_decimal, request.idempotency_key, request.now
        )
    except Invalid as wrong:
        return _dealer_form(request, form, wrong)
    return request.go(f"/dealers/{party_id}", notice="dealer_created")


def _dealer_form(request: Request, form: Form, wrong: Invalid | None = None) -> Response:
    options = contract_options(request) | segment_options(request)
    return form_page(request, "network/dealer_new.html", form, wrong, **options)


@doors.page(DEALER, may=READ)
def dealer_page(request: Request) -> Response:
    dealer = open_dealer(request.db, request.params["party_id"])
    known, segments = choices(request.db), load_segments(request.db)
    group, region = segments.group_of(dealer.party), segments.region_of(dealer.party)
    return request.page(
        "network/dealer.html",
        dealer=dealer,
        group=group.name if group else "",
        region=region.name if region else "",
        standings=dealer.standings if _sees_money(request) else (),
        invitations=[_invited(request, one) for one in dealer.invitations],
        sees_money=_sees_money(request),
        price_types={one.id: one.name for one in known.price_types},
        warehouses={one.id: one.name for one in known.warehouses},
        countries=country_names(request.locale),
        may_edit=request.actor.may(EDIT),
    )


def _sees_money(request: Request) -> bool:
    return request.actor.may(Permission.BILLING_READ)


def _invited(request: Request, invitation: Invitation) -> tuple[Invitation, Cell]:
    """An invitation with how it stands: its mail has left or not, its links still work or not."""
    t, fmt = request.t.t, Formats(request.locale, request.time_zone)
    if not invitation.is_open(request.now):
        return invitation, Cell(t("network.invitation_over"), tone="warn", sub=fmt.date(invitation.expires))
    mailed = t("network.mailed", moment=fmt.datetime(invitation.mailed_at)) if invitation.mailed_at else None
    state = t("network.invited_until", day=fmt.date(invitation.expires))
    return invitation, Cell(state, tone="info", sub=mailed or t("network.mail_leaves"))


@doors.page(DEALER + "/edit", may=EDIT)
def profile_form(request: Request) -> Response:
    party = open_dealer(request.db, request.params["party_id"]).party
    form = {
        "name": party.name,
        "phone": party.phone,
        "email": party.email,
        "comment": party.comment,
        "group": party.group_id,
        "region": party.region_id,
    }
    return _profile_form(request, party.id, form)


def _profile_form(request: Request, party_id: str, form: Form, wrong: Invalid | None = None) -> Response:
    options = segment_options(request)
    return form_page(request, "network/profile_form.html", form, wrong, party_id=party_id, **options)


@doors.page(DEALER + "/edit", may=EDIT, methods=("POST",))
def change_profile(request: Request) -> Response:
    party_id, form = request.params["party_id"], request.form.plain()
    try:
        dealers.change_dealer(request.db, request.actor, party_id, form, request.now)
    except Invalid as wrong:
        return _profile_form(request, party_id, form, wrong)
    return request.go(f"/dealers/{party_id}", notice="dealer_changed")


@doors.page(DEALER + "/block", may=EDIT, methods=("POST",))
def block_dealer(request: Request) -> Response:
    party_id = request.params["party_id"]
    dealers.block_dealer(request.db, request.actor, party_id, True, request.now)
    return request.go(f"/dealers/{party_id}", notice="dealer_blocked")


@doors.page(DEALER + "/unblock", may=EDIT, methods=("POST",))
def unblock_dealer(request: Request) -> Response:
    party_id = request.params["party_id"]
    dealers.block_dealer(request.db, request.actor, party_id, False, request.now)
    return request.go(f"/dealers/{party_id}", notice="dealer_unblocked")
