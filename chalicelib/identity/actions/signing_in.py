"""Signing in, out, and from one tenant to another."""

from __future__ import annotations

from datetime import datetime

from chalicelib.gateways.credentials import NeedsTotp
from chalicelib.http import sessions
from chalicelib.http.sessions import WebSession
from chalicelib.identity import store
from chalicelib.identity.actions.entering import admit, ask_code, check_code, check_password, enter
from chalicelib.identity.actions.inviting import join_and_admit
from chalicelib.identity.actions.signing_up import found_and_admit
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import Admitted, Entry, Purpose, Step
from chalicelib.kernel.errors import NotFound
from chalicelib.storage.session import TenantSession


def sign_in(desk: Desk, *, email: str, password: str, then: str, visitor: Visitor, now: datetime) -> Entry:
    """Opens a session where the login was last, or asks for the TOTP code first.

    Unauthenticated("sign_in_failed") for a wrong password, no such login and one that was never confirmed alike;
    Forbidden("no_membership") if the login belongs nowhere; TooMany.
    """
    answer = check_password(desk, email, password, visitor, now)
    if isinstance(answer, NeedsTotp):
        step = Step(purpose=Purpose.SIGN_IN, email=email, session=answer.session, then=then)
        return ask_code(desk, step, now)
    return Admitted(cookie=_home(desk, email, answer.sub, visitor, now), then=then)


def answer_code(desk: Desk, *, step_secret: str, code: str, visitor: Visitor, now: datetime) -> Admitted:
    """The TOTP code came: goes on with what the password was given for. Invalid("code"),
    Unauthenticated("sign_in_again") when it took longer than three minutes."""
    step, signed = check_code(desk, step_secret, code, visitor, now)
    if step.purpose is Purpose.ACCEPT:
        return Admitted(cookie=join_and_admit(desk, step, visitor=visitor, now=now))
    return Admitted(cookie=_home(desk, step.email, signed.sub, visitor, now), then=step.then)


def switch(
    desk: Desk, db: TenantSession, session: WebSession, *, to: tuple[str, str], visitor: Visitor, now: datetime
) -> Admitted:
    """Ends this session and opens one as `to` (tenant, user) of the same login; NotFound if it isn't one of its."""
    person = session.person
    known = store.memberships(desk.directory, person.email)
    wanted = next((m for m in known if (m.tenant_id, m.user_id) == to), None)
    cookie = enter(desk, wanted, many=len(known) > 1, visitor=visitor, now=now) if wanted else None
    if cookie is None:
        raise NotFound()
    sessions.revoke(db, person.user_id, session.digest)
    return Admitted(cookie=cookie)


def sign_out(db: TenantSession, session: WebSession) -> None:
    sessions.revoke(db, session.person.user_id, session.digest)


def _home(desk: Desk, email: str, sub: str, visitor: Visitor, now: datetime) -> str:
    """A session of a proven login; a sign-up of its that was cut short before the tenant was made is finished now."""
    waiting = store.load_sign_up(desk.directory, sub)
    if waiting is not None:
        return found_and_admit(desk, waiting, visitor=visitor, now=now)
    return admit(desk, email, visitor=visitor, now=now)
