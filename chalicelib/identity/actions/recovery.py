"""A forgotten password: a mailed code, a new password, and every old session ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.http import sessions
from chalicelib.identity import store
from chalicelib.identity.actions.entering import person_audit
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import Purpose, Step
from chalicelib.identity.passwords import password_complaint
from chalicelib.identity.throttle import MAILS, MAILS_FROM
from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.storage.session import open_tenant

_STEP_TIME = timedelta(hours=1)


def ask_recovery(desk: Desk, *, email: str, visitor: Visitor, now: datetime) -> str:
    """Mails a code if there is such a login, and answers the same if not; returns the step cookie's value."""
    desk.count(MAILS_FROM, visitor.address, now)
    desk.count(MAILS, email, now)
    desk.logins.forgot(email)
    return store.keep_step(desk.directory, Step(purpose=Purpose.RESET, email=email), lasts=_STEP_TIME, now=now)


def asked_email(desk: Desk, step_secret: str) -> str:
    """The e-mail that this browser asked a code for; empty if none."""
    step = store.load_step(desk.directory, step_secret)
    return step.email if step is not None and step.purpose is Purpose.RESET else ""


def reset_password(
    desk: Desk, *, step_secret: str, email: str, code: str, password: str, visitor: Visitor, now: datetime
) -> None:
    """Sets the new password and ends all sessions of the login in every tenant; Invalid names `code`, `password`."""
    wrong = {"code": Complaint(code="required")} if not code else {}
    if complaint := password_complaint(password, email):
        wrong["password"] = complaint
    if wrong:
        raise Invalid(fields=wrong)
    desk.count_guess(email, visitor, now)
    desk.logins.confirm_forgot(email, code, password)
    desk.guessed_right(email, visitor, now)
    end_sessions(desk, email, action="password_reset", now=now)
    if step_secret:
        desk.directory.commit([store.step_delete(step_secret)])


def end_sessions(desk: Desk, email: str, *, action: str, now: datetime, but: str | None = None) -> None:
    """Ends the login's sessions in every tenant (all but one), and says in each tenant's audit why."""
    for membership in store.memberships(desk.directory, email):
        db = open_tenant(membership.tenant_id)
        sessions.revoke_all(db, membership.user_id, now=now, but=but)
        db.commit([person_audit(db.tenant_id, membership.user_id, action, by=membership.user_id, now=now)])
