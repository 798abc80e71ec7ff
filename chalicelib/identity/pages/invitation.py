"""Doors: the link of an invitation."""

from __future__ import annotations

from typing import Any

from chalicelib.http.doors import PUBLIC
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.http.sessions import SignedIn
from chalicelib.identity.actions import inviting
from chalicelib.identity.desk import desk
from chalicelib.identity.pages.registry import again, doors, go_on, visitor
from chalicelib.identity.passwords import PASSWORD_MIN
from chalicelib.kernel.errors import Invalid, NotFound, Refused, TooMany, Unauthenticated

_PAGE = "identity/invitation.html"


@doors.page("/invitation", may=PUBLIC)
def invitation_page(request: Request) -> Response:
    token = request.query.text("token")
    try:
        opened = inviting.open_invitation(desk(), token, request.now)
    except NotFound as refusal:
        return again(request, "identity/invitation_gone.html", refusal)
    except Refused as refusal:
        return request.go("/signin", notice=refusal.code)
    form = {"token": token, "name": opened.invitation.name}
    return request.page(_PAGE, form=form, errors={}, summary=None, **_shown(request, opened))


@doors.page("/invitation", may=PUBLIC, methods=("POST",))
def accept(request: Request) -> Response:
    token = request.form.text("token")
    try:
        opened = inviting.open_invitation(desk(), token, request.now)
        entry = inviting.accept(
            desk(),
            token,
            name=request.form.text("name")[:80],
            password=request.form.get("password", [""])[0],
            person=_person(request),
            locale=request.locale,
            visitor=visitor(request),
            now=request.now,
        )
    except NotFound as refusal:
        return again(request, "identity/invitation_gone.html", refusal)
    except Refused as refusal:
        return request.go("/signin", notice=refusal.code)
    except (Invalid, Unauthenticated, TooMany) as refusal:
        return again(request, _PAGE, refusal, **_shown(request, opened))
    return go_on(request, entry)


def _person(request: Request) -> SignedIn | None:
    return request.session.person if request.session else None


def _shown(request: Request, opened: inviting.Opened) -> dict[str, Any]:
    person = _person(request)
    return {
        "invitation": opened.invitation,
        "tenant_name": opened.settings.name,
        "has_login": opened.has_login,
        "is_me": person is not None and person.email == opened.invitation.email,
        "least": PASSWORD_MIN,
    }
