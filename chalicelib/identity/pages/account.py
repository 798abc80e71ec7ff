"""Doors: one's own profile, password and sessions."""

from __future__ import annotations

from typing import Any

from chalicelib.http.doors import language_cookie
from chalicelib.http.formats import Formats
from chalicelib.http.i18n import LOCALES
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.http.sessions import WebSession
from chalicelib.identity.actions import account
from chalicelib.identity.desk import desk
from chalicelib.identity.devices import device_name
from chalicelib.identity.model import local_path
from chalicelib.identity.pages.registry import again, doors, typed, visitor
from chalicelib.identity.passwords import PASSWORD_MIN
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import KontorError

_MINE = Permission.OWN_ACCOUNT
_PROFILE = "identity/account.html"
_SESSION_COLUMNS = (
    Column(key="device", label_key="identity.device", phone="id"),
    Column(key="since", label_key="identity.session_since", kind="date", phone="what"),
    Column(key="seen", label_key="identity.session_seen", phone="units"),
    Column(key="do", label_key="identity.do", phone="sum"),
)


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


@doors.page("/account/language", may=_MINE, methods=("POST",))
def choose_language(request: Request) -> Response:
    """The menu's choice: the person's language from now on, in mails too; then the page that it was chosen on."""
    locale = request.form.text("locale")
    account.change_profile(request.db, request.person, name=request.person.name, locale=locale, now=request.now)
    return request.go(local_path(request.form.text("next")), cookies=(language_cookie(locale),))


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
    listing = Listing(
        caption_key="identity.account.sessions",
        columns=_SESSION_COLUMNS,
        rows=tuple(_session_row(request, session) for session in found),
        query=ListQuery(),
        empty_key="identity.no_sessions",
    )
    return request.page("identity/sessions.html", listing=listing, here=request.session.digest, several=len(found) > 1)


@doors.page("/account/sessions/end", may=_MINE, methods=("POST",))
def end_session(request: Request) -> Response:
    account.end_session(request.db, request.person, request.form.text("session"), request.now)
    return request.go("/account/sessions", notice="session_ended")


@doors.page("/account/sessions/end-others", may=_MINE, methods=("POST",))
def end_other_sessions(request: Request) -> Response:
    assert request.session is not None
    account.end_other_sessions(request.db, request.session, request.now)
    return request.go("/account/sessions", notice="sessions_ended")


def _session_row(request: Request, session: WebSession) -> Row:
    formats = Formats(request.locale, request.time_zone)
    cells = {
        "device": device_name(session.agent) or request.t.t("identity.unknown_device"),
        "since": formats.datetime(session.created),
        "seen": formats.ago(session.seen, request.now),
    }
    return Row(id=session.digest, cells=cells)


def _profile(request: Request) -> dict[str, Any]:
    person = request.person
    return {
        "form": {"name": person.name, "locale": person.locale},
        "email": person.email,
        "languages": tuple((one, request.t.t(f"http.language.{one}")) for one in LOCALES),
        "least": PASSWORD_MIN,
        "which": "profile",
    }
