"""Invitations: somebody is asked by mail to join a tenant, as one of its own people or of a dealer.

The link's token is `<tenant>.<party>.<invitation>.<secret>`: all but the last say where to look, the secret is the
proof and only its hash is stored. Nobody but the invited mailbox ever holds the secret: the worker that mails the
invitation makes it (`identity.jobs`), so it is in no event, no queue, no log, and mailing twice only makes a second
good link.

`invite` only *describes* the writes, so that `network` puts them into its own transaction.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.gateways.credentials import LoginExists, NeedsTotp
from chalicelib.http.sessions import SignedIn
from chalicelib.identity import store
from chalicelib.identity.actions.entering import admit, ask_code, check_password, person_audit
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import INVITATION_LIFETIME, Admitted, Entry, Invitation, Purpose, Step, User
from chalicelib.identity.passwords import password_complaint
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import fingerprint, new_id
from chalicelib.storage.outcomes import TransactionRefused
from chalicelib.storage.session import TenantSession, find_tenant, open_tenant
from chalicelib.storage.writes import Delete, Put, Write, publish
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

INVITED = "invitation.created"
_STAFF = "0"  # in a token, instead of a counterparty


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An invitation as its link shows it."""

    invitation: Invitation
    settings: TenantSettings
    has_login: bool  # the e-mail has a login already: its password is asked instead of a new one


def invite(
    tenant_id: str,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: Role,
    locale: str,
    now: datetime,
    party_id: str | None = None,
    party_name: str = "",
    contract_id: str | None = None,
    contract_label: str = "",
) -> tuple[Invitation, list[Write]]:
    """An invitation and the writes that make it: commit them, and the mail goes out.

    `email` is a `normal_email`. For a dealer's person give the party and the contract to begin under. The commit
    raises Refused("email_taken") when the e-mail already is a person or an open invitation of the tenant.
    """
    invitation = Invitation(
        id=new_id(now),
        email=email,
        name=name,
        role=role,
        locale=locale,
        invited_by=actor.name,
        created=now,
        expires=now + INVITATION_LIFETIME,
        party_id=party_id,
        party_name=party_name,
        contract_id=contract_id,
        contract_label=contract_label,
    )
    audited = person_audit(tenant_id, invitation.id, "invited", by=actor.user_id, now=now, role=role)
    return invitation, [
        store.invitation_put(tenant_id, invitation, version=0),
        store.email_taken(tenant_id, email, invitation.id),
        _announce(tenant_id, invitation, now),
        audited,
    ]


def invite_again(db: TenantSession, actor: Actor, invitation_id: str, *, party_id: str | None, now: datetime) -> None:
    """Mails the invitation again and lets it live for another week; NotFound if it isn't one of these people's."""
    record = store.invitation_record(db, invitation_id, party_id)
    invitation = store.invitation_of(record)
    later = replace(invitation, expires=now + INVITATION_LIFETIME, mailed_at=None)
    db.commit(
        [
            store.invitation_put(db.tenant_id, later, record.version),
            _announce(db.tenant_id, later, now),
            person_audit(db.tenant_id, invitation.id, "invited_again", by=actor.user_id, now=now),
        ]
    )


def withdraw(db: TenantSession, actor: Actor, invitation_id: str, *, party_id: str | None, now: datetime) -> None:
    """Ends the invitation: its links lead nowhere, its e-mail is free. Once accepted it is NotFound here."""
    record = store.invitation_record(db, invitation_id, party_id)
    invitation = store.invitation_of(record)
    db.commit(
        [
            store.invitation_delete(db.tenant_id, invitation, record.version),
            store.email_free(db.tenant_id, invitation.email),
            person_audit(db.tenant_id, invitation.id, "invitation_withdrawn", by=actor.user_id, now=now),
        ]
    )


def open_invitation(desk: Desk, token: str, now: datetime) -> Opened:
    """What the link leads to. NotFound("invitation_gone") if it is damaged, withdrawn or over,
    Refused("invitation_accepted") if its person has joined already."""
    db, invitation = _found(token, now)
    login = desk.logins.find(invitation.email)
    return Opened(invitation=invitation, settings=load_settings(db), has_login=login is not None and login.confirmed)


def accept(
    desk: Desk,
    token: str,
    *,
    name: str,
    password: str,
    person: SignedIn | None,
    locale: str,
    visitor: Visitor,
    now: datetime,
) -> Entry:
    """Joins and signs in. Whoever is signed in with the invited e-mail (`person`) needs no password; an existing
    login gives its own (and its TOTP code); a new one chooses one. Invalid names `name`, `password`."""
    db, invitation = _found(token, now)
    step = Step(
        purpose=Purpose.ACCEPT,
        email=invitation.email,
        tenant_id=db.tenant_id,
        party_id=invitation.party_id,
        invitation_id=invitation.id,
        name=name,
        locale=locale,
    )
    wrong = {"name": Complaint(code="required")} if not name else {}
    if person is not None and person.email == invitation.email:
        if wrong:
            raise Invalid(fields=wrong)
        return Admitted(cookie=join_and_admit(desk, step, visitor=visitor, now=now))
    login = desk.logins.find(invitation.email)
    known = login is not None and login.confirmed
    complaint = None if known else password_complaint(password, invitation.email)
    if complaint or not password:
        wrong["password"] = complaint or Complaint(code="required")
    if wrong:
        raise Invalid(fields=wrong)
    if not known:
        try:
            desk.logins.create_confirmed(invitation.email, password)
        except LoginExists:  # made this very moment, by the same form sent twice
            known = True
    if known:
        answer = check_password(desk, invitation.email, password, visitor, now)
        if isinstance(answer, NeedsTotp):
            return ask_code(desk, replace(step, session=answer.session), now)
    return Admitted(cookie=join_and_admit(desk, step, visitor=visitor, now=now))


def join_and_admit(desk: Desk, step: Step, *, visitor: Visitor, now: datetime) -> str:
    """The proven login of the step becomes the invited person and is signed in; the cookie's value."""
    db = open_tenant(step.tenant_id)
    user = _join(desk, db, step, now)
    return admit(desk, step.email, tenant_id=db.tenant_id, user_id=user.id, visitor=visitor, now=now)


def _join(desk: Desk, db: TenantSession, step: Step, now: datetime) -> User:
    """The membership first, then the person instead of the invitation in one transaction: cut short between the
    two, the invitation still stands, and a membership without a person opens nothing.

    Of a form that is sent several times at once one makes the person; the others get Refused("invitation_accepted").
    """
    record = db.get(store.invitation_key(db.tenant_id, step.invitation_id, step.party_id))
    if record is None:
        raise _taken_or_gone(db, step)
    invitation = store.invitation_of(record)
    user = invitation.person(name=step.name, locale=step.locale, now=now)
    membership = store.membership_put(user, load_settings(db), now)
    desk.directory.commit([membership])
    try:
        db.commit(
            [
                store.user_put(db.tenant_id, user, version=0),
                store.invitation_delete(db.tenant_id, invitation, record.version),
                person_audit(db.tenant_id, user.id, "joined", by=user.id, now=now, role=user.role),
            ]
        )
    except TransactionRefused as lost:
        refusal = _taken_or_gone(db, step)
        if isinstance(refusal, NotFound):  # else it is the membership of whoever was quicker
            desk.directory.commit([Delete(key=membership.key)])
        raise refusal from lost
    except Refused:
        desk.directory.commit([Delete(key=membership.key)])
        raise
    return user


def _taken_or_gone(db: TenantSession, step: Step) -> Refused | NotFound:
    person = db.get(store.user_key(db.tenant_id, step.invitation_id, step.party_id))
    return NotFound("invitation_gone") if person is None else Refused("invitation_accepted")


def token_of(tenant_id: str, invitation: Invitation, secret: str) -> str:
    return ".".join((tenant_id, invitation.party_id or _STAFF, invitation.id, secret))


def _found(token: str, now: datetime) -> tuple[TenantSession, Invitation]:
    tenant_id, party, invitation_id, secret = (*token.split(".", 3), "", "", "")[:4]
    gone = NotFound("invitation_gone")
    db = find_tenant(tenant_id) if party.isalnum() and invitation_id.isalnum() and secret else None
    if db is None:
        raise gone
    party_id = None if party == _STAFF else party
    wanted = (
        store.invitation_key(tenant_id, invitation_id, party_id),
        store.user_key(tenant_id, invitation_id, party_id),
    )
    rows = db.get_many(wanted)
    if wanted[1] in rows and _fits(secret, store.user_of(rows[wanted[1]]).joined_by):
        raise Refused("invitation_accepted")
    invitation = store.invitation_of(rows[wanted[0]]) if wanted[0] in rows else None
    if invitation is None or not invitation.is_open(now) or not _fits(secret, invitation.digests):
        raise gone
    return db, invitation


def _fits(secret: str, digests: tuple[str, ...]) -> bool:
    digest = fingerprint(secret)
    return any(hmac.compare_digest(digest, one) for one in digests)


def _announce(tenant_id: str, invitation: Invitation, now: datetime) -> Put:
    return publish(
        Event(
            id=new_id(now),
            tenant_id=tenant_id,
            name=INVITED,
            aggregate=f"invitation/{invitation.id}",
            at=now,
            data={"invitation": invitation.id} | ({"party": invitation.party_id} if invitation.party_id else {}),
        )
    )
