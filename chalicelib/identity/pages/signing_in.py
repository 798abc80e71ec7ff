"""Doors: sign in, its TOTP code, sign out, switch to another tenant of the same login."""

from __future__ import annotations

from chalicelib.http.doors import PUBLIC
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import account, signing_in
from chalicelib.identity.desk import desk
from chalicelib.identity.model import Membership, local_path, normal_email
from chalicelib.identity.pages.registry import (
    again,
    doors,
    ended_cookies,
    go_on,
    step_secret,
    visitor,
)
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import KontorError, Unauthenticated

_SIGN_IN = "identity/signin.html"
_CODE = "identity/signin_code.html"
_COLUMNS = (
    Column(key="tenant", label_key="identity.manufacturer", phone="id"),
    Column(key="role", label_key="identity.role", phone="what"),
    Column(key="do", label_key="identity.do", phone="sum"),
)


@doors.page("/signin", may=PUBLIC)
def sign_in_page(request: Request) -> Response:
    then = local_path(request.query.text("next"))
    if request.session is not None:
        return request.go(then)
    return request.page(_SIGN_IN, form={"next": then}, errors={}, summary=None)


@doors.page("/signin", may=PUBLIC, methods=("POST",))
def sign_in(request: Request) -> Response:
    try:
        entry = signing_in.sign_in(
            desk(),
            email=normal_email(request.form.text("email")),
            password=request.form.get("password", [""])[0],
            then=local_path(request.form.text("next")),
            visitor=visitor(request),
            now=request.now,
        )
    except KontorError as refusal:
        return again(request, _SIGN_IN, refusal)
    return go_on(request, entry)


@doors.page("/signin/code", may=PUBLIC)
def code_page(request: Request) -> Response:
    return request.page(_CODE, form={}, errors={}, summary=None)


@doors.page("/signin/code", may=PUBLIC, methods=("POST",))
def code(request: Request) -> Response:
    try:
        entry = signing_in.answer_code(
            desk(),
            step_secret=step_secret(request),
            code="".join(request.form.text("code").split()),
            visitor=visitor(request),
            now=request.now,
        )
    except Unauthenticated as refusal:
        return again(request, _SIGN_IN, refusal, form={"next": "/"})
    except KontorError as refusal:
        return again(request, _CODE, refusal)
    return go_on(request, entry)


@doors.page("/signout", may=PUBLIC, methods=("POST",))
def sign_out(request: Request) -> Response:
    if request.session is not None:
        signing_in.sign_out(request.db, request.session)
    return request.go("/signin", cookies=ended_cookies(), notice="signed_out")


@doors.page("/switch", may=Permission.OWN_ACCOUNT)
def switch_page(request: Request) -> Response:
    person = request.person
    listing = Listing(
        caption_key="identity.switch",
        columns=_COLUMNS,
        rows=tuple(_membership_row(request, one) for one in account.my_memberships(desk(), person)),
        query=ListQuery(),
        empty_key="identity.no_memberships",
    )
    return request.page("identity/switch.html", listing=listing, here=f"{person.tenant_id}.{person.user_id}")


@doors.page("/switch", may=Permission.OWN_ACCOUNT, methods=("POST",))
def switch(request: Request) -> Response:
    assert request.session is not None
    tenant_id, _, user_id = request.form.text("to").partition(".")
    entry = signing_in.switch(
        desk(),
        request.db,
        request.session,
        to=(tenant_id, user_id),
        visitor=visitor(request),
        now=request.now,
    )
    return go_on(request, entry)


def _membership_row(request: Request, membership: Membership) -> Row:
    role = Cell(request.t.t(f"identity.role.{membership.role}"), sub=membership.party_name or None)
    return Row(
        id=f"{membership.tenant_id}.{membership.user_id}", cells={"tenant": membership.tenant_name, "role": role}
    )
