"""The one blueprint of the room, and what its doors share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.http import sessions
from chalicelib.http.doors import Doors
from chalicelib.http.problems import field_errors, sentence
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions.signing_in import sign_out
from chalicelib.identity.desk import DEVICE_LIFETIME, Visitor
from chalicelib.identity.model import Admitted, CodeWanted, ConfirmationWanted, Entry
from chalicelib.kernel.errors import Invalid, KontorError, TooMany
from chalicelib.kernel.ids import fingerprint

doors = Doors("identity")
_DAY = 86_400
_SECRET_FIELDS = frozenset({"password", "old", "code", "csrf"})


def visitor(request: Request) -> Visitor:
    return Visitor(address=request.source_ip, agent=request.headers.get("user-agent", ""), device=_device(request))


def step_secret(request: Request) -> str:
    """What the browser shows to go on with what it is in the middle of; empty if there is nothing."""
    return request.cookies.get(_step_name(), "")


def step_cookie(secret: str) -> str:
    return sessions.set_cookie(_step_name(), secret, seconds=_DAY)


def ended_cookies() -> tuple[str, str]:
    """Takes the session and the step out of the browser."""
    return sessions.set_cookie(sessions.cookie_name(), "", seconds=0), sessions.set_cookie(_step_name(), "", seconds=0)


def go_on(request: Request, entry: Entry) -> Response:
    """Where a way in leads next; a session that this browser had before ends with it."""
    match entry:
        case Admitted(cookie=cookie, then=then):
            if request.session is not None:
                sign_out(request.db, request.session)
            seconds = round(sessions.LIFETIME.total_seconds())
            cookies = (
                sessions.set_cookie(sessions.cookie_name(), cookie, seconds=seconds),
                sessions.set_cookie(_step_name(), "", seconds=0),
                sessions.set_cookie(_device_name(), _device(request), seconds=round(DEVICE_LIFETIME.total_seconds())),
            )
            return request.go(then, cookies=cookies)
        case CodeWanted(step=step):
            return request.go("/signin/code", cookies=(step_cookie(step),))
        case ConfirmationWanted(step=step):
            return request.go("/signup/confirm", cookies=(step_cookie(step),))


def typed(request: Request) -> Mapping[str, str]:
    """What was typed, for the form to keep; passwords and codes are never sent back."""
    return {name: value for name, value in request.form.plain().items() if name not in _SECRET_FIELDS}


def again(request: Request, template: str, refusal: KontorError, **context: Any) -> Response:
    """The form once more with what was wrong: at each field, or as a sentence on top."""
    errors = field_errors(request.t, refusal) if isinstance(refusal, Invalid) else {}
    response = request.page(
        template,
        status=refusal.status,
        **({"form": typed(request)} | context),
        errors=errors,
        summary=None if errors else sentence(request.t, refusal),
    )
    if isinstance(refusal, TooMany):
        return replace(response, headers={"Retry-After": str(refusal.retry_after)})
    return response


def _device(request: Request) -> str:
    """What this browser is known by: what it keeps, or what it will keep once it has signed in."""
    return request.cookies.get(_device_name()) or fingerprint(f"device {request.form_secret}")


def _device_name() -> str:
    return f"{sessions.cookie_name()}-device"


def _step_name() -> str:
    return f"{sessions.cookie_name()}-step"
