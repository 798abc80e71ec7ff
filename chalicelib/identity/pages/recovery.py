"""Doors: a forgotten password."""

from __future__ import annotations

from chalicelib.http.doors import PUBLIC
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import recovery
from chalicelib.identity.desk import desk
from chalicelib.identity.model import normal_email
from chalicelib.identity.pages.registry import again, doors, ended_cookies, step_cookie, step_secret, visitor
from chalicelib.identity.passwords import PASSWORD_MIN
from chalicelib.kernel.errors import KontorError

_FORGOT = "identity/forgot.html"
_RESET = "identity/reset.html"


@doors.page("/forgot", may=PUBLIC)
def forgot_page(request: Request) -> Response:
    return request.page(_FORGOT, form={}, errors={}, summary=None)


@doors.page("/forgot", may=PUBLIC, methods=("POST",))
def forgot(request: Request) -> Response:
    try:
        email = normal_email(request.form.text("email"))
        step = recovery.ask_recovery(desk(), email=email, visitor=visitor(request), now=request.now)
    except KontorError as refusal:
        return again(request, _FORGOT, refusal)
    return request.go("/reset", cookies=(step_cookie(step),), notice="recovery_sent")


@doors.page("/reset", may=PUBLIC)
def reset_page(request: Request) -> Response:
    form = {"email": recovery.asked_email(desk(), step_secret(request))}
    return request.page(_RESET, form=form, errors={}, summary=None, least=PASSWORD_MIN)


@doors.page("/reset", may=PUBLIC, methods=("POST",))
def reset(request: Request) -> Response:
    try:
        recovery.reset_password(
            desk(),
            step_secret=step_secret(request),
            email=normal_email(request.form.text("email")),
            code="".join(request.form.text("code").split()),
            password=request.form.get("password", [""])[0],
            visitor=visitor(request),
            now=request.now,
        )
    except KontorError as refusal:
        return again(request, _RESET, refusal, least=PASSWORD_MIN)
    return request.go("/signin", cookies=ended_cookies(), notice="password_changed")
