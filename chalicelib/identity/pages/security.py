"""Doors: codes from an authenticator (TOTP) on top of the password.

Between the two pages the proof of the password (Cognito's access token) lies in the person's own browser, in a cookie
that scripts can't read and that lasts as long as the set-up may take.
"""

from __future__ import annotations

from typing import Any

from chalicelib.http import sessions
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import account
from chalicelib.identity.actions.account import TotpSetup
from chalicelib.identity.desk import desk
from chalicelib.identity.pages.registry import again, doors, visitor
from chalicelib.identity.qr import qr_path
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid, KontorError

_MINE = Permission.OWN_ACCOUNT
_PAGE = "identity/security.html"
_SETUP = "identity/security_setup.html"
_SETUP_TIME = 900  # seconds


@doors.page("/account/security", may=_MINE)
def security_page(request: Request) -> Response:
    on = account.has_totp(desk(), request.person.email)
    return request.page(_PAGE, on=on, form={}, errors={}, summary=None)


@doors.page("/account/security/start", may=_MINE, methods=("POST",))
def start_totp(request: Request) -> Response:
    try:
        setup = account.start_totp(
            desk(),
            request.person.email,
            password=request.form.get("password", [""])[0],
            visitor=visitor(request),
            now=request.now,
        )
    except KontorError as refusal:
        return again(request, _PAGE, refusal, on=False)
    cookie = sessions.set_cookie(_cookie_name(), setup.proof, seconds=_SETUP_TIME)
    response = request.page(_SETUP, **_setup(request, setup), form={}, errors={}, summary=None)
    return Response(body=response.body, cookies=(cookie,))


@doors.page("/account/security/finish", may=_MINE, methods=("POST",))
def finish_totp(request: Request) -> Response:
    setup = TotpSetup(secret=request.form.text("secret")[:128], proof=request.cookies.get(_cookie_name(), ""))
    try:
        account.finish_totp(
            desk(),
            request.db,
            request.person,
            proof=setup.proof,
            code="".join(request.form.text("code").split()),
            visitor=visitor(request),
            now=request.now,
        )
    except Invalid as refusal:
        return again(request, _SETUP, refusal, **_setup(request, setup))
    except KontorError as refusal:
        return again(request, _PAGE, refusal, on=False)
    over = sessions.set_cookie(_cookie_name(), "", seconds=0)
    return request.go("/account/security", cookies=(over,), notice="totp_on")


@doors.page("/account/security/stop", may=_MINE, methods=("POST",))
def stop_totp(request: Request) -> Response:
    try:
        account.stop_totp(
            desk(),
            request.db,
            request.person,
            password=request.form.get("password", [""])[0],
            code="".join(request.form.text("code").split()),
            visitor=visitor(request),
            now=request.now,
        )
    except KontorError as refusal:
        return again(request, _PAGE, refusal, on=True)
    return request.go("/account/security", notice="totp_off")


def _setup(request: Request, setup: TotpSetup) -> dict[str, Any]:
    path, size = qr_path(setup.address(request.person.email))
    return {"secret": setup.secret, "qr": path, "qr_size": size}


def _cookie_name() -> str:
    return f"{sessions.cookie_name()}-totp"
