"""What people do with their own login, their own sessions and how they appear here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.gateways.credentials import NeedsTotp, Signed
from chalicelib.http import sessions
from chalicelib.http.i18n import LOCALES
from chalicelib.http.sessions import SignedIn, WebSession
from chalicelib.identity import store
from chalicelib.identity.actions.entering import check_password, person_audit
from chalicelib.identity.actions.people import refresh_sessions
from chalicelib.identity.actions.recovery import end_sessions
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import Membership
from chalicelib.identity.passwords import password_complaint
from chalicelib.kernel.errors import Complaint, Invalid, Refused, Unauthenticated
from chalicelib.storage.session import TenantSession

_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSetup:
    """A secret that waits to be proven by a code. `proof` lets exactly this login finish within the hour."""

    secret: str  # base32
    proof: str

    def address(self, email: str) -> str:
        """What the QR code says to an authenticator."""
        from urllib.parse import quote

        return f"otpauth://totp/{quote(f'Kontor:{email}')}?secret={self.secret}&issuer=Kontor"


def change_profile(db: TenantSession, person: SignedIn, *, name: str, locale: str, now: datetime) -> None:
    """Name and language, in all open sessions; Invalid names `name`, `locale`."""
    wrong = {}
    if not name or len(name) > _NAME_LENGTH:
        wrong["name"] = (
            Complaint(code="too_long", params={"limit": _NAME_LENGTH}) if name else Complaint(code="required")
        )
    if locale not in LOCALES:
        wrong["locale"] = Complaint(code="choose")
    if wrong:
        raise Invalid(fields=wrong)
    record = store.user_record(db, person.user_id, person.party_id)
    user = store.user_of(record)
    changed = replace(user, name=name, locale=locale)
    if changed != user:
        audited = person_audit(db.tenant_id, user.id, "profile_changed", by=user.id, now=now)
        db.commit([store.user_put(db.tenant_id, changed, record.version), audited])
    refresh_sessions(db, changed, now=now)


def work_under(db: TenantSession, person: SignedIn, *, contract_id: str, contract_label: str, now: datetime) -> None:
    """From now on the dealer's person works under this contract; `network` has checked that it is the party's."""
    record = store.user_record(db, person.user_id, person.party_id)
    changed = replace(store.user_of(record), contract_id=contract_id, contract_label=contract_label)
    db.commit([store.user_put(db.tenant_id, changed, record.version)])
    refresh_sessions(db, changed, now=now)


def change_password(desk: Desk, session: WebSession, *, old: str, new: str, visitor: Visitor, now: datetime) -> None:
    """Another password; every other session of the login ends, in every tenant. Invalid names `old`, `password`."""
    email = session.person.email
    wrong = {} if old else {"old": Complaint(code="required")}
    if complaint := password_complaint(new, email):
        wrong["password"] = complaint
    if wrong:
        raise Invalid(fields=wrong)
    _prove_password(desk, email, old, "old", visitor, now)
    desk.logins.set_password(email, new)
    end_sessions(desk, email, action="password_changed", now=now, but=session.digest)


def has_totp(desk: Desk, email: str) -> bool:
    login = desk.logins.find(email)
    return login is not None and login.totp


def start_totp(desk: Desk, email: str, *, password: str, visitor: Visitor, now: datetime) -> TotpSetup:
    """A new TOTP secret for whoever knows the password; Refused("totp_on") if one is in force."""
    answer = _prove_password(desk, email, password, "password", visitor, now)
    if isinstance(answer, NeedsTotp):
        raise Refused("totp_on")
    return TotpSetup(secret=desk.logins.start_totp(answer.access_token), proof=answer.access_token)


def finish_totp(
    desk: Desk, db: TenantSession, person: SignedIn, *, proof: str, code: str, visitor: Visitor, now: datetime
) -> None:
    """Puts the secret in force; Invalid("code") for a wrong code."""
    desk.count_guess(person.email, visitor, now)
    desk.logins.finish_totp(person.email, proof, code)
    desk.guessed_right(person.email, visitor, now)
    db.commit([person_audit(db.tenant_id, person.user_id, "totp_on", by=person.user_id, now=now)])


def stop_totp(
    desk: Desk, db: TenantSession, person: SignedIn, *, password: str, code: str, visitor: Visitor, now: datetime
) -> None:
    """Back to the password alone, for whoever knows it and has a code. Invalid names `password`, `code`."""
    answer = _prove_password(desk, person.email, password, "password", visitor, now)
    if isinstance(answer, NeedsTotp):
        desk.logins.answer_totp(person.email, answer.session, code)
        desk.guessed_right(person.email, visitor, now)
    desk.logins.stop_totp(person.email)
    db.commit([person_audit(db.tenant_id, person.user_id, "totp_off", by=person.user_id, now=now)])


def my_sessions(db: TenantSession, person: SignedIn, now: datetime) -> Sequence[WebSession]:
    return sessions.sessions_of(db, person.user_id, now=now)


def end_session(db: TenantSession, person: SignedIn, digest: str, now: datetime) -> None:
    """Ends one of the person's own sessions; any other digest ends nothing."""
    if any(session.digest == digest for session in my_sessions(db, person, now)):
        sessions.revoke(db, person.user_id, digest)
        db.commit([person_audit(db.tenant_id, person.user_id, "session_ended", by=person.user_id, now=now)])


def end_other_sessions(db: TenantSession, session: WebSession, now: datetime) -> None:
    person = session.person
    sessions.revoke_all(db, person.user_id, now=now, but=session.digest)
    db.commit([person_audit(db.tenant_id, person.user_id, "other_sessions_ended", by=person.user_id, now=now)])


def my_memberships(desk: Desk, person: SignedIn) -> list[Membership]:
    """Where the person's login belongs, the last used first."""
    return store.memberships(desk.directory, person.email)


def _prove_password(
    desk: Desk, email: str, password: str, field: str, visitor: Visitor, now: datetime
) -> Signed | NeedsTotp:
    try:
        return check_password(desk, email, password, visitor, now)
    except Unauthenticated as wrong:
        raise Invalid(fields={field: Complaint(code="password_wrong")}) from wrong
