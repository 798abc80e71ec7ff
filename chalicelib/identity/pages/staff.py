"""Doors: the manufacturer's own people."""

from __future__ import annotations

from typing import Any

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import LOCALES
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import inviting, people
from chalicelib.identity.desk import desk
from chalicelib.identity.model import STAFF_ROLES, Invitation, User, normal_email
from chalicelib.identity.pages.registry import again, doors, typed
from chalicelib.kernel.access import Permission, Role
from chalicelib.kernel.errors import Complaint, Invalid, KontorError

_LIST = "identity/staff.html"
_INVITE = "identity/staff_invite.html"
_PERSON = "identity/person.html"
_COLUMNS = (
    Column(key="name", label_key="identity.person", phone="id"),
    Column(key="role", label_key="identity.role", phone="what"),
    Column(key="since", label_key="identity.since", kind="date"),
    Column(key="state", label_key="identity.state", kind="status", phone="sum"),
    Column(key="do", label_key="identity.do", phone="units"),
)
_NAME_LENGTH = 80


@doors.page("/settings/staff", may=Permission.STAFF)
def staff_page(request: Request) -> Response:
    staff = people.list_staff(request.db)
    rows = (
        *(_person_row(request, user) for user in staff.people),
        *(_invited_row(request, invitation) for invitation in staff.invitations),
    )
    listing = Listing(
        caption_key="identity.staff",
        columns=_COLUMNS if staff.invitations else _COLUMNS[:-1],  # only an invitation has something to be done to it
        rows=rows,
        query=ListQuery(),
        empty_key="identity.no_staff",
    )
    return request.page(_LIST, listing=listing)


@doors.page("/settings/staff/invite", may=Permission.STAFF)
def invite_page(request: Request) -> Response:
    form = {"role": Role.SALES_MANAGER, "locale": request.locale}
    return request.page(_INVITE, form=form, errors={}, summary=None, **_choices(request))


@doors.page("/settings/staff/invite", may=Permission.STAFF, methods=("POST",))
def invite(request: Request) -> Response:
    try:
        _invite(request)
    except KontorError as refusal:
        return again(request, _INVITE, refusal, **_choices(request), form=typed(request))
    return request.go("/settings/staff", notice="invitation_sent")


@doors.page("/settings/staff/{user_id}", may=Permission.STAFF)
def person_page(request: Request) -> Response:
    return _person(request)


@doors.page("/settings/staff/{user_id}/role", may=Permission.STAFF, methods=("POST",))
def change_role(request: Request) -> Response:
    user_id = request.params["user_id"]
    try:
        role = _role(request)
        people.change_role(desk(), request.db, request.actor, user_id, role, now=request.now)
    except Invalid as refusal:
        return _person(request, refusal)
    return request.go(f"/settings/staff/{user_id}", notice="role_changed")


@doors.page("/settings/staff/{user_id}/disable", may=Permission.STAFF, methods=("POST",))
def disable(request: Request) -> Response:
    user_id = request.params["user_id"]
    people.disable(desk(), request.db, request.actor, user_id, now=request.now)
    return request.go(f"/settings/staff/{user_id}", notice="staff_disabled")


@doors.page("/settings/staff/{user_id}/enable", may=Permission.STAFF, methods=("POST",))
def enable(request: Request) -> Response:
    user_id = request.params["user_id"]
    people.enable(desk(), request.db, request.actor, user_id, now=request.now)
    return request.go(f"/settings/staff/{user_id}", notice="staff_enabled")


@doors.page("/settings/staff/invitations/{invitation_id}/resend", may=Permission.STAFF, methods=("POST",))
def invite_again(request: Request) -> Response:
    inviting.invite_again(request.db, request.actor, request.params["invitation_id"], party_id=None, now=request.now)
    return request.go("/settings/staff", notice="invitation_sent")


@doors.page("/settings/staff/invitations/{invitation_id}/withdraw", may=Permission.STAFF, methods=("POST",))
def withdraw(request: Request) -> Response:
    inviting.withdraw(request.db, request.actor, request.params["invitation_id"], party_id=None, now=request.now)
    return request.go("/settings/staff", notice="staff_invitation_withdrawn")


def _person(request: Request, refusal: KontorError | None = None) -> Response:
    user, history = people.person_with_history(request.db, request.params["user_id"])
    shown = {"user": user, "history": history, "is_me": user.id == request.actor.user_id, **_choices(request)}
    if refusal is not None:
        return again(request, _PERSON, refusal, **shown, form={"role": user.role})
    return request.page(_PERSON, **shown, form={"role": user.role}, errors={}, summary=None)


def _formats(request: Request) -> Formats:
    return Formats(request.locale, request.time_zone)


def _person_row(request: Request, user: User) -> Row:
    t = request.t.t
    state = Cell(t("identity.active"), tone="ok") if user.active else Cell(t("identity.disabled"), tone="mute")
    return Row(
        id=user.id,
        cells={
            "name": Cell(user.name, href=f"/settings/staff/{user.id}", sub=user.email),
            "role": t(f"identity.role.{user.role}"),
            "since": _formats(request).date(user.created),
            "state": state,
        },
    )


def _invited_row(request: Request, invitation: Invitation) -> Row:
    t = request.t.t
    asked = Cell(t("identity.invited"), tone="info") if invitation.is_open(request.now) else None
    return Row(
        id=invitation.id,
        cells={
            "name": Cell(invitation.name or invitation.email, sub=invitation.email if invitation.name else None),
            "role": t(f"identity.role.{invitation.role}"),
            "since": _formats(request).date(invitation.created),
            "state": asked or Cell(t("identity.invitation_over"), tone="warn"),
            "do": invitation.id,
        },
    )


def _invite(request: Request) -> None:
    """The invitation form; Invalid names every wrong field."""
    form = request.form
    wrong: dict[str, Complaint] = {}
    email, role = "", Role.WAREHOUSE
    try:
        email = normal_email(form.text("email"))
    except Invalid as invalid:
        wrong |= invalid.fields
    try:
        role = _role(request)
    except Invalid as invalid:
        wrong |= invalid.fields
    if len(form.text("name")) > _NAME_LENGTH:
        wrong["name"] = Complaint(code="too_long", params={"limit": _NAME_LENGTH})
    if form.text("locale") not in LOCALES:
        wrong["locale"] = Complaint(code="choose")
    if wrong:
        raise Invalid(fields=wrong)
    people.invite_staff(
        request.db,
        request.actor,
        email=email,
        name=form.text("name"),
        role=role,
        locale=form.text("locale"),
        now=request.now,
    )


def _role(request: Request) -> Role:
    value = request.form.text("role")
    if value not in STAFF_ROLES:
        raise Invalid(fields={"role": Complaint(code="choose")})
    return Role(value)


def _choices(request: Request) -> dict[str, Any]:
    t = request.t.t
    return {
        "roles": tuple((str(role), t(f"identity.role.{role}")) for role in STAFF_ROLES),
        "languages": tuple((one, t(f"http.language.{one}")) for one in LOCALES),
    }
