"""People and invitations in `core`; memberships, sign-ups and visitors' steps in the directory."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.identity.model import SIGN_UP_LIFETIME, Invitation, Membership, SignUp, Step, User
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.ids import fingerprint, new_secret
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, Session, TenantSession
from chalicelib.storage.writes import Delete, Equals, Put
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import settings_of

PERSON, INVITATION = "user", "invitation"


# --- people --------------------------------------------------------------------------------------


def user_of(record: Record) -> User:
    """A person's row (kind `PERSON`); a counterparty's are among its other rows."""
    return record.load(User)


def user_key(tenant_id: str, user_id: str, party_id: str | None) -> Key:
    """A person's row lies with the counterparty that the person belongs to, or with the tenant's own people."""
    if party_id is None:
        return keys.staff_user(tenant_id, user_id)
    return keys.party_user(tenant_id, party_id, user_id)


def user_record(db: TenantSession, user_id: str, party_id: str | None) -> Record:
    """The person's row among exactly these people; NotFound otherwise."""
    return db.fetch(user_key(db.tenant_id, user_id, party_id))


def load_user(db: TenantSession, user_id: str, party_id: str | None = None) -> User:
    return user_of(user_record(db, user_id, party_id))


def user_and_tenant(db: TenantSession, user_id: str, party_id: str | None) -> tuple[User, TenantSettings] | None:
    """The person and the tenant's settings in one round trip; None if either is gone."""
    wanted = (user_key(db.tenant_id, user_id, party_id), keys.tenant_settings(db.tenant_id))
    found = db.get_many(wanted)
    if len(found) < len(wanted):
        return None
    return user_of(found[wanted[0]]), settings_of(found[wanted[1]])


def staff(db: TenantSession) -> list[Record]:
    """The manufacturer's own people, oldest first."""
    return list(db.query_all(keys.staff(db.tenant_id), consistent=True))


def user_put(tenant_id: str, user: User, version: int) -> Put:
    """Writes the person; `version` as in `Put` (0 = new)."""
    return Put(key=user_key(tenant_id, user.id, user.party_id), kind=PERSON, data=user, version=version)


def email_taken(tenant_id: str, email: str, person_id: str) -> Put:
    """Takes the e-mail for one person (or open invitation) of the tenant."""
    return Put(
        key=keys.email_guard(tenant_id, email),
        kind="email",
        data={"person": person_id},
        version=0,
        refusal=Refused("email_taken"),
    )


def email_free(tenant_id: str, email: str) -> Delete:
    return Delete(key=keys.email_guard(tenant_id, email))


# --- invitations ---------------------------------------------------------------------------------


def invitation_of(record: Record) -> Invitation:
    """An invitation's row (kind `INVITATION`); those to a counterparty's people are among its other rows."""
    return record.load(Invitation)


def invitation_key(tenant_id: str, invitation_id: str, party_id: str | None) -> Key:
    """Invitations lie beside the people that they are to join."""
    if party_id is None:
        return keys.staff_invitation(tenant_id, invitation_id)
    return keys.party_invitation(tenant_id, party_id, invitation_id)


def invitation_record(db: TenantSession, invitation_id: str, party_id: str | None) -> Record:
    """An open invitation to exactly these people; NotFound otherwise."""
    return db.fetch(invitation_key(db.tenant_id, invitation_id, party_id))


def staff_invitations(db: TenantSession) -> list[Invitation]:
    """Invitations to the manufacturer's own people that nobody has accepted, oldest first; some may be over."""
    rows = db.query_all(keys.staff_invitations(db.tenant_id), consistent=True)
    return [invitation_of(record) for record in rows]


def invitation_put(tenant_id: str, invitation: Invitation, version: int) -> Put:
    key = invitation_key(tenant_id, invitation.id, invitation.party_id)
    return Put(key=key, kind=INVITATION, data=invitation, version=version, refusal=Refused("invitation_changed"))


def invitation_delete(tenant_id: str, invitation: Invitation, version: int) -> Delete:
    return Delete(
        key=invitation_key(tenant_id, invitation.id, invitation.party_id),
        when=(Equals(("version",), version),),
        refusal=Refused("invitation_changed"),
    )


# --- directory -----------------------------------------------------------------------------------


def memberships(directory: Session, email: str) -> list[Membership]:
    """Where the login belongs, the last used first."""
    found = [record.load(Membership) for record in directory.query_all(keys.memberships(email), consistent=True)]
    return sorted(found, key=lambda membership: membership.used, reverse=True)


def membership_put(user: User, settings: TenantSettings, now: datetime) -> Put:
    membership = Membership(
        tenant_id=settings.id,
        tenant_name=settings.name,
        user_id=user.id,
        role=user.role,
        used=now,
        party_id=user.party_id,
        party_name=user.party_name,
    )
    return Put(key=keys.membership(user.email, settings.id, user.id), kind="membership", data=membership)


def membership_delete(tenant_id: str, user: User) -> Delete:
    return Delete(key=keys.membership(user.email, tenant_id, user.id))


def load_sign_up(directory: Session, sub: str) -> SignUp | None:
    record = directory.get(keys.sign_up(sub))
    return record.load(SignUp) if record else None


def sign_up_put(sign_up: SignUp, now: datetime) -> Put:
    return Put(key=keys.sign_up(sign_up.sub), kind="sign_up", data=sign_up, expires=now + SIGN_UP_LIFETIME)


def sign_up_delete(sub: str) -> Delete:
    return Delete(key=keys.sign_up(sub))


def keep_step(directory: Session, step: Step, *, lasts: timedelta, now: datetime) -> str:
    """Keeps what the visitor is in the middle of; returns the secret that the browser shows to go on."""
    secret = new_secret()
    put = Put(key=keys.visitor_step(fingerprint(secret)), kind="step", data=step, expires=now + lasts)
    directory.commit([put])
    return secret


def load_step(directory: Session, secret: str) -> Step | None:
    """None if it is unknown or over."""
    record = directory.get(keys.visitor_step(fingerprint(secret))) if secret else None
    return record.load(Step) if record else None


def step_delete(secret: str) -> Delete:
    return Delete(key=keys.visitor_step(fingerprint(secret)))
