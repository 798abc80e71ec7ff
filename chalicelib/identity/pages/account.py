"""Doors: one's own profile, password and sessions."""

from __future__ import annotations

from typing import Any

from chalicelib.http.i18n import LOCALES
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import account
from chalicelib.identity.desk import desk
from chalicelib.identity.devices import device_name
from chalicelib.identity.pages.registry import again, doors, typed, visitor
from chalicelib.identity.passwords import PASSWORD_MIN
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import KontorError

_MINE = Permission.OWN_ACCOUNT
_PROFILE = "identity/account.html"


@doors.page("/account", may=_MINE)
def profile_page(request: Request) -> Response:
    return request.page(_PROFILE, **_profile(request), errors={}, summary=None)


@doors.page("/account", may=_MINE, methods=("POST",))
def change_profile(request: Request) -> Response:
    form = request.form
    try:
        account.change_profile(
            request.db, request.person, name=form.text("name"), locale=form.text("locale"), now=request.now
        )
    except KontorError as refusal:
        return again(request, _PROFILE, refusal, **(_profile(request) | {"form": typed(request)}))
    return request.go("/account", notice="saved")


@doors.page("/account/password", may=_MINE, methods=("POST",))
def change_password(request: Request) -> Response:
    assert request.session is not None
    try:
        account.change_password(
            desk(),
            request.session,
            old=request.form.get("old", [""])[0],
            new=request.form.get("password", [""])[0],
            visitor=visitor(request),
            now=request.now,
        )
    except KontorError as refusal:
        return again(request, _PROFILE, refusal, **(_profile(request) | {"which": "password"}))
    return request.go("/account", notice="password_changed_others_out")


@doors.page("/account/sessions", may=_MINE)
def sessions_page(request: Request) -> Response:
    assert request.session is not None
    found = account.my_sessions(request.db, request.person, request.now)
    return request.page(
        "identity/sessions.html",
        sessions=[(session, device_name(session.agent)) for session in found],
        here=request.session.digest,
        now=request.now,
    )


@doors.page("/account/sessions/end", may=_MINE, methods=("POST",))
def end_session(request: Request) -> Response:
    account.end_session(request.db, request.person, request.form.text("session"), request.now)
    return request.go("/account/sessions", notice="session_ended")


@doors.page("/account/sessions/end-others", may=_MINE, methods=("POST",))
def end_other_sessions(request: Request) -> Response:
    assert request.session is not None
    account.end_other_sessions(request.db, request.session, request.now)
    return request.go("/account/sessions", notice="sessions_ended")


def _profile(request: Request) -> dict[str, Any]:
    person = request.person
    return {
        "form": {"name": person.name, "locale": person.locale},
        "email": person.email,
        "languages": tuple((one, request.t.t(f"http.language.{one}")) for one in LOCALES),
        "least": PASSWORD_MIN,
        "which": "profile",
    }
