"""Who belongs to a tenant, as what; what changes here holds at once, in open sessions too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.http import sessions
from chalicelib.identity import store
from chalicelib.identity.actions.entering import person_audit
from chalicelib.identity.actions.inviting import invite
from chalicelib.identity.desk import Desk
from chalicelib.identity.model import STAFF_ROLES, Invitation, User
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, Refused
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Absent, Check, Equals, Write
from chalicelib.tenancy.store import load_settings

_HISTORY = 30  # entries shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    people: tuple[User, ...]
    invitations: tuple[Invitation, ...]


def list_staff(db: TenantSession) -> Staff:
    """The manufacturer's own people and who is asked to join them."""
    people = tuple(store.user_of(record) for record in store.staff(db))
    return Staff(people=people, invitations=tuple(store.staff_invitations(db)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One audit entry about a person, told with names."""

    action: str
    at: datetime
    by: str
    detail: Mapping[str, str]


def person_with_history(db: TenantSession, user_id: str) -> tuple[User, list[Deed]]:
    """One of the manufacturer's own people and what was done to them, newest first; NotFound."""
    people = {user.id: user for user in (store.user_of(record) for record in store.staff(db))}
    if user_id not in people:
        raise NotFound()
    page = db.query(keys.audit(db.tenant_id, f"user/{user_id}"), newest_first=True, limit=_HISTORY)
    deeds = [
        Deed(
            action=record.data["action"],
            at=datetime.fromisoformat(record.data["at"]),
            by=people[record.data["actor"]].name if record.data["actor"] in people else "",
            detail=record.data["detail"],
        )
        for record in page.records
    ]
    return people[user_id], deeds


def invite_staff(
    db: TenantSession, actor: Actor, *, email: str, name: str, role: Role, locale: str, now: datetime
) -> Invitation:
    """Asks somebody by mail to join the manufacturer's own people. Invalid("email") if the e-mail is taken."""
    if role not in STAFF_ROLES:
        raise Invalid(fields={"role": Complaint(code="choose")})
    invitation, writes = invite(db.tenant_id, actor, email=email, name=name, role=role, locale=locale, now=now)
    try:
        db.commit(writes)
    except Refused as taken:
        raise Invalid(fields={"email": Complaint(code=taken.code)}) from taken
    return invitation


def change_role(
    desk: Desk, db: TenantSession, actor: Actor, user_id: str, role: Role, *, party_id: str | None = None, now: datetime
) -> None:
    """Another role for a person, in open sessions too. Refused("last_owner") when nobody would be left to decide."""
    if (role in STAFF_ROLES) != (party_id is None):
        raise Invalid(fields={"role": Complaint(code="choose")})
    record = store.user_record(db, user_id, party_id)
    user = store.user_of(record)
    if user.role is role:
        return
    changed = replace(user, role=role)
    audited = person_audit(
        db.tenant_id, user.id, "role_changed", by=actor.user_id, now=now, before=user.role, after=role
    )
    db.commit([store.user_put(db.tenant_id, changed, record.version), audited, *_owner_stays(db, user)])
    refresh_sessions(db, changed, now=now)
    if user.active:
        desk.directory.commit([store.membership_put(changed, load_settings(db), now)])


def disable(
    desk: Desk, db: TenantSession, actor: Actor, user_id: str, *, party_id: str | None = None, now: datetime
) -> None:
    """Ends a person's sessions here and lets in no new one; the login itself lives on for other tenants."""
    if user_id == actor.user_id:
        raise Refused("not_yourself")
    record = store.user_record(db, user_id, party_id)
    user = store.user_of(record)
    if user.active:
        changed = replace(user, disabled_at=now)
        audited = person_audit(db.tenant_id, user.id, "disabled", by=actor.user_id, now=now)
        db.commit([store.user_put(db.tenant_id, changed, record.version), audited, *_owner_stays(db, user)])
    sessions.revoke_all(db, user.id, now=now)
    desk.directory.commit([store.membership_delete(db.tenant_id, user)])


def enable(
    desk: Desk, db: TenantSession, actor: Actor, user_id: str, *, party_id: str | None = None, now: datetime
) -> None:
    """Lets a disabled person in again."""
    record = store.user_record(db, user_id, party_id)
    user = store.user_of(record)
    changed = replace(user, disabled_at=None)
    if not user.active:
        audited = person_audit(db.tenant_id, user.id, "enabled", by=actor.user_id, now=now)
        db.commit([store.user_put(db.tenant_id, changed, record.version), audited])
    desk.directory.commit([store.membership_put(changed, load_settings(db), now)])


def refresh_sessions(db: TenantSession, user: User, *, now: datetime) -> None:
    """The person's open sessions learn what has changed about the person."""
    for session in sessions.sessions_of(db, user.id, now=now):
        person = replace(
            session.person,
            name=user.name,
            locale=user.locale,
            role=user.role,
            party_name=user.party_name,
            contract_id=user.contract_id,
            contract_label=user.contract_label,
        )
        sessions.change(db, session, person)


def _owner_stays(db: TenantSession, leaving: User) -> Sequence[Write]:
    """The condition that somebody else stays an owner while `leaving` stops being one."""
    if leaving.role is not Role.OWNER:
        return ()
    for record in store.staff(db):
        other = store.user_of(record)
        if other.id != leaving.id and other.role is Role.OWNER and other.active:
            still = (Equals(("data", "role"), Role.OWNER.value), Absent(("data", "disabled_at")))
            return (Check(key=record.key, when=still, refusal=Refused("last_owner")),)
    raise Refused("last_owner")
