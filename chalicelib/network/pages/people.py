"""A dealer's people, and the contract that each of them works under."""

from __future__ import annotations

from chalicelib.http.i18n import LOCALES
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import disable, enable, invite_again, withdraw
from chalicelib.identity.desk import desk
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid
from chalicelib.network.actions import contracts, people
from chalicelib.network.actions.reading import open_dealer
from chalicelib.network.model import DEALER_ROLES
from chalicelib.network.pages.base import DEALER, EDIT, Form, doors, form_page


@doors.page(DEALER + "/invite", may=EDIT)
def invite_form(request: Request) -> Response:
    return _invite_form(request, {"locale": request.locale, "role": str(DEALER_ROLES[0])})


@doors.page(DEALER + "/invite", may=EDIT, methods=("POST",))
def invite_person(request: Request) -> Response:
    party_id, form = request.params["party_id"], request.form.plain()
    try:
        people.invite_person(request.db, request.actor, party_id, form, request.now)
    except Invalid as wrong:
        return _invite_form(request, form, wrong)
    return request.go(f"/dealers/{party_id}", notice="person_invited")


def _invite_form(request: Request, form: Form, wrong: Invalid | None = None) -> Response:
    dealer = open_dealer(request.db, request.params["party_id"])
    t = request.t.t
    labels = tuple((one.id, one.label(dealer.entity(one.entity_id))) for one in dealer.contracts)
    return form_page(
        request,
        "network/invite.html",
        form,
        wrong,
        party=dealer.party,
        roles=tuple((str(role), t(f"identity.role.{role}")) for role in DEALER_ROLES),
        languages=tuple((code, t(f"http.language.{code}")) for code in LOCALES),
        contracts=labels,
    )


@doors.page(DEALER + "/invitations/{invitation_id}/again", may=EDIT, methods=("POST",))
def repeat_invitation(request: Request) -> Response:
    party_id = request.params["party_id"]
    invitation_id = request.params["invitation_id"]
    invite_again(request.db, request.actor, invitation_id, party_id=party_id, now=request.now)
    return request.go(f"/dealers/{party_id}", notice="person_invited")


@doors.page(DEALER + "/invitations/{invitation_id}/withdraw", may=EDIT, methods=("POST",))
def withdraw_invitation(request: Request) -> Response:
    party_id = request.params["party_id"]
    withdraw(request.db, request.actor, request.params["invitation_id"], party_id=party_id, now=request.now)
    return request.go(f"/dealers/{party_id}", notice="invitation_withdrawn")


@doors.page(DEALER + "/people/{user_id}/disable", may=EDIT, methods=("POST",))
def disable_person(request: Request) -> Response:
    party_id = request.params["party_id"]
    disable(desk(), request.db, request.actor, request.params["user_id"], party_id=party_id, now=request.now)
    return request.go(f"/dealers/{party_id}", notice="person_disabled")


@doors.page(DEALER + "/people/{user_id}/enable", may=EDIT, methods=("POST",))
def enable_person(request: Request) -> Response:
    party_id = request.params["party_id"]
    enable(desk(), request.db, request.actor, request.params["user_id"], party_id=party_id, now=request.now)
    return request.go(f"/dealers/{party_id}", notice="person_enabled")


@doors.page("/contracts", may=Permission.OWN_ACCOUNT)
def own_contracts(request: Request) -> Response:
    dealer = contracts.own_contracts(request.db, request.actor)
    return request.page("network/contracts.html", dealer=dealer, current=request.person.contract_id)


@doors.page("/contracts", may=Permission.OWN_ACCOUNT, methods=("POST",))
def choose_contract(request: Request) -> Response:
    contracts.choose_contract(request.db, request.person, request.form.text("contract"), request.now)
    return request.go("/contracts", notice="contract_chosen")
