"""People and invitations in `core`; memberships, sign-ups and visitors' steps in the directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.identity.model import SIGN_UP_LIFETIME, Invitation, Membership, SignUp, Step, User
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import fingerprint, new_secret
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, Session, TenantSession
from chalicelib.storage.writes import Delete, Put, Write
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import settings_of

_PERSON = "USER#"


# --- people --------------------------------------------------------------------------------------


def user_of(record: Record) -> User:
    return record.load(User)


def user_key(tenant_id: str, user_id: str, party_id: str | None) -> Key:
    """A person's row lies with the counterparty that the person belongs to, or with the tenant's own people."""
    if party_id is None:
        return keys.staff_user(tenant_id, user_id)
    return keys.party_user(tenant_id, party_id, user_id)


def user_record(db: TenantSession, user_id: str, party_id: str | None) -> Record:
    """The person's row among exactly these people; NotFound otherwise."""
    record = db.get(user_key(db.tenant_id, user_id, party_id))
    if record is None:
        raise NotFound()
    return record


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


def people_of(db: TenantSession, party_id: str) -> list[User]:
    """The people of a counterparty, oldest first."""
    partition = keys.party(db.tenant_id, party_id)
    rows = db.query_all(keys.Partition(partition.table, partition.pk, _PERSON))
    return [user_of(record) for record in rows]


def user_put(tenant_id: str, user: User, version: int) -> Put:
    """Writes the person; `version` as in `Put` (0 = new)."""
    return Put(key=user_key(tenant_id, user.id, user.party_id), kind="user", data=user, version=version)


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
    return record.load(Invitation)


def invitation_record(db: TenantSession, invitation_id: str) -> Record:
    record = db.get(keys.invitation(db.tenant_id, invitation_id))
    if record is None:
        raise NotFound()
    return record


def invitations(db: TenantSession) -> list[Invitation]:
    """All invitations of the tenant, oldest first; accepted and withdrawn ones are deleted by and by."""
    return [invitation_of(record) for record in db.query_all(keys.invitations(db.tenant_id))]


def invitation_put(tenant_id: str, invitation: Invitation, version: int) -> Put:
    key = keys.invitation(tenant_id, invitation.id)
    return Put(key=key, kind="invitation", data=invitation, version=version, refusal=Refused("invitation_changed"))


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


def writes(*several: Sequence[Write] | Write) -> list[Write]:
    """One list of writes from single ones and lists."""
    flat: list[Write] = []
    for one in several:
        flat.extend(one if isinstance(one, Sequence) else [one])
    return flat
