"""What every way in shares: a guess at a password or code, and the session of a proven login.

Cognito says whether the password and the code are right; the directory says where the login belongs; the user's row
in that tenant is the proof. A login that was never confirmed is refused like a wrong password: Cognito doesn't look
at the password then, and whether somebody has signed up with an address is nobody's business.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.gateways.credentials import NeedsConfirmation, NeedsTotp, Signed
from chalicelib.http import sessions
from chalicelib.http.sessions import SignedIn
from chalicelib.identity import store
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import CodeWanted, Membership, Step, User
from chalicelib.kernel.errors import Forbidden, Unauthenticated
from chalicelib.kernel.ids import new_id
from chalicelib.storage.session import open_tenant
from chalicelib.storage.writes import Put, audit
from chalicelib.tenancy.model import TenantSettings

_CODE_TIME = timedelta(minutes=3)  # as long as Cognito's own challenge


def check_password(desk: Desk, email: str, password: str, visitor: Visitor, now: datetime) -> Signed | NeedsTotp:
    """One guess at a login's password: ≤ 10 failures in 15 minutes. Unauthenticated("sign_in_failed") if wrong."""
    desk.count_guess(email, visitor, now)
    answer = desk.logins.sign_in(email, password)
    if isinstance(answer, NeedsConfirmation):
        raise Unauthenticated("sign_in_failed")
    if isinstance(answer, Signed):
        desk.guessed_right(email, visitor, now)
    return answer


def ask_code(desk: Desk, step: Step, now: datetime) -> CodeWanted:
    return CodeWanted(step=store.keep_step(desk.directory, step, lasts=_CODE_TIME, now=now))


def check_code(desk: Desk, step_secret: str, code: str, visitor: Visitor, now: datetime) -> tuple[Step, Signed]:
    """One guess at the TOTP code of a step; it counts like a guess at the password."""
    step = store.load_step(desk.directory, step_secret)
    if step is None or not step.session:
        raise Unauthenticated("sign_in_again")
    desk.count_guess(step.email, visitor, now)
    signed = desk.logins.answer_totp(step.email, step.session, code)
    desk.guessed_right(step.email, visitor, now)
    desk.directory.commit([store.step_delete(step_secret)])
    return step, signed


def admit(desk: Desk, email: str, *, visitor: Visitor, now: datetime, tenant_id: str = "", user_id: str = "") -> str:
    """A new session of a proven login, in the given tenant or else where it was last; the cookie's value."""
    known = store.memberships(desk.directory, email)
    for membership in known:
        if tenant_id and (membership.tenant_id, membership.user_id) != (tenant_id, user_id):
            continue
        cookie = enter(desk, membership, many=len(known) > 1, visitor=visitor, now=now)
        if cookie is not None:
            return cookie
    raise Forbidden("no_membership")


def signed_in(user: User, settings: TenantSettings, *, many_tenants: bool) -> SignedIn:
    """What a session keeps of a person."""
    return SignedIn(
        tenant_id=settings.id,
        tenant_name=settings.name,
        currency=settings.currency,
        time_zone=settings.time_zone,
        user_id=user.id,
        name=user.name,
        email=user.email,
        locale=user.locale,
        role=user.role,
        party_id=user.party_id,
        party_name=user.party_name,
        contract_id=user.contract_id,
        contract_label=user.contract_label,
        many_tenants=many_tenants,
    )


def enter(desk: Desk, membership: Membership, *, many: bool, visitor: Visitor, now: datetime) -> str | None:
    """A session as this membership's person; None if the person is gone or disabled."""
    db = open_tenant(membership.tenant_id)
    found = store.user_and_tenant(db, membership.user_id, membership.party_id)
    if found is None or not found[0].active:
        return None
    user, settings = found
    cookie = sessions.start(db, signed_in(user, settings, many_tenants=many), now=now, agent=visitor.agent)
    # Whoever was disabled meanwhile: either that action saw the new session and ended it, or it is seen here.
    if not store.load_user(db, user.id, user.party_id).active:
        sessions.revoke_all(db, user.id, now=now)
        return None
    db.commit([person_audit(db.tenant_id, user.id, "signed_in", by=user.id, now=now)])
    desk.directory.commit([store.membership_put(user, settings, now)])
    return cookie


def person_audit(tenant_id: str, user_id: str, action: str, *, by: str, now: datetime, **detail: str) -> Put:
    """An audit entry about a person."""
    return audit(tenant_id, f"user/{user_id}", action=action, actor_id=by, at=now, entry_id=new_id(now), detail=detail)
