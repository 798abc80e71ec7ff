"""Signed-in sessions: an opaque secret in a cookie, its hash with an expiry in the `ephemeral` table.

The row says who the person is to this tenant, so that a request needs one read to know its actor. It is found only
under the tenant that made it: the tenant id in the cookie is where to look, the row is the proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.gateways.settings import settings
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.ids import fingerprint, new_secret
from chalicelib.kernel.recent import Recent
from chalicelib.storage import codec, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession, TransactionRefused, find_tenant
from chalicelib.storage.writes import Condition, Delete, Present, Put, Write

LIFETIME = timedelta(days=14)  # at most, however busy
IDLE = timedelta(days=3)
_SECRET = re.compile(r"[\w-]{43}", re.ASCII)  # what `new_secret` makes
_SEEN_STEP = timedelta(hours=1)  # how exact "last seen" is: one write an hour, not one a request


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who somebody is to a tenant, kept with the session; rights that change must change or end the session."""

    tenant_id: str
    tenant_name: str
    currency: str
    time_zone: str
    user_id: str
    name: str
    email: str
    locale: str
    role: Role
    party_id: str | None = None
    party_name: str = ""
    contract_id: str | None = None  # the contract that a dealer works under now
    contract_label: str = ""
    theme: str = "auto"
    many_tenants: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            name=self.name,
            role=self.role,
            party_id=self.party_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """A session as stored; `digest` names it in lists, the secret itself is only in the person's browser."""

    digest: str
    person: SignedIn
    created: datetime
    seen: datetime
    agent: str = ""


Reads = Callable[[SignedIn], Sequence[Key]]
_met: Recent[Key, SignedIn] = Recent(1_000)


def cookie_name() -> str:
    """`__Host-` wants https; a plain-http stage does without."""
    return "__Host-kontor" if settings().cookie_secure else "kontor"


def set_cookie(name: str, value: str, *, seconds: int) -> str:
    secure = "; Secure" if settings().cookie_secure else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"


def start(db: TenantSession, person: SignedIn, *, now: datetime, agent: str) -> str:
    """Opens a session; returns the cookie's value. A new secret each time: sign-in never keeps an old one."""
    secret = new_secret()
    session = WebSession(digest=fingerprint(secret), person=person, created=now, seen=now, agent=agent[:120])
    db.commit(_rows(session))
    return f"{person.tenant_id}.{secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A session that goes on, with its secret and its tenant's storage. `ahead` = rows that were read with it."""

    session: WebSession
    secret: str
    db: TenantSession
    ahead: Mapping[Key, Record] | None = None


def resume(cookie: str, *, now: datetime, reads: Reads | None = None) -> Resumed | None:
    """The session of a cookie's value; None if unknown, revoked or expired.

    `reads` = which rows the door will want of its person. They come in the session's round trip if this process has met
    the session before: whose it was then is where to look, as the tenant's id in the cookie is. The session's row
    remains the proof: if it says anything else now, what was read ahead is left aside.
    """
    tenant_id, _, secret = cookie.partition(".")
    db = find_tenant(tenant_id) if _SECRET.fullmatch(secret) else None
    if db is None:
        return None
    key = keys.session(tenant_id, fingerprint(secret))
    met = _met.get(key) if reads else None
    rows = db.get_many([key, *reads(met)]) if reads and met else {}
    record = rows.get(key) if met else db.get(key)
    if record is None:
        return None
    session = _load(record)
    if _ends(session) <= now:
        return None
    if now - session.seen >= _SEEN_STEP:
        session = replace(session, seen=now)
        if not _rewrite(db, session):
            return None
    _met.keep(key, session.person)
    return Resumed(session=session, secret=secret, db=db, ahead=rows if session.person == met else None)


def change(db: TenantSession, session: WebSession, person: SignedIn) -> None:
    """The same session with other facts about the person: role, language, contract. One that has ended stays ended."""
    _rewrite(db, replace(session, person=person))


def sessions_of(db: TenantSession, user_id: str, *, now: datetime) -> Sequence[WebSession]:
    """The user's open sessions, the latest first."""
    found = [_load(record) for record in db.query_all(keys.user_sessions(db.tenant_id, user_id), consistent=True)]
    return sorted((s for s in found if _ends(s) > now), key=lambda s: s.seen, reverse=True)


def revoke(db: TenantSession, user_id: str, digest: str) -> None:
    """Ends one session of the user at once; an unknown one is already ended."""
    db.commit(
        [
            Delete(key=keys.session(db.tenant_id, digest)),
            Delete(key=keys.user_session(db.tenant_id, user_id, digest)),
        ]
    )


def revoke_all(db: TenantSession, user_id: str, *, now: datetime, but: str | None = None) -> None:
    """Ends the user's sessions (all but one): after a change of role, a lock-out or a new password."""
    for session in sessions_of(db, user_id, now=now):
        if session.digest != but:
            revoke(db, user_id, session.digest)


def _ends(session: WebSession) -> datetime:
    return min(session.created + LIFETIME, session.seen + IDLE)


def _load(record: Record) -> WebSession:
    return record.load(WebSession)


def _rewrite(db: TenantSession, session: WebSession) -> bool:
    """Writes a session that still stands; False if it was revoked meanwhile (a plain write would revive it)."""
    try:
        db.commit(_rows(session, when=(Present(),)))
    except TransactionRefused:
        return False
    return True


def _rows(session: WebSession, when: tuple[Condition, ...] = ()) -> list[Write]:
    tenant_id = session.person.tenant_id
    data = codec.dump(session)
    expires = _ends(session)
    return [
        Put(key=key, kind="session", data=data, expires=expires, when=when)
        for key in (
            keys.session(tenant_id, session.digest),
            keys.user_session(tenant_id, session.person.user_id, session.digest),
        )
    ]
