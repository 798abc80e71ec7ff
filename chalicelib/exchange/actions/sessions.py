"""1C signs in and begins sets of uploads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.exchange import store
from chalicelib.exchange.actions import uploads
from chalicelib.exchange.model import Direction, EntryKind, EntryState, ExchangeSession, JournalEntry
from chalicelib.identity import machines
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.kernel.ids import fingerprint, new_id, new_secret
from chalicelib.storage.session import TenantSession, find_tenant, open_directory, open_tenant
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

COOKIE = "kontor1c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request whose session is known. `cookie` is the whole value, `<tenant>.<secret>`."""

    db: TenantSession
    session: ExchangeSession
    cookie: str
    settings: TenantSettings

    @property
    def form_key(self) -> str:
        """1C's "session id": sent back by some clients, never needed by us."""
        return fingerprint("form:" + self.cookie)[:32]


def sign_in(login: str, password: str, direction: Direction, now: datetime) -> Signed:
    """A new session for a right login and password, good for both directions; Unauthenticated, TooMany otherwise."""
    tenant_id = _tenant_of(login, password, now)
    return _opened(tenant_id, login, new_secret(), direction, now)


def resume(cookie: str) -> Signed | None:
    """The session of a cookie, None when there is none or its password has been changed since."""
    tenant_id, _, secret = cookie.partition(".")
    db = find_tenant(tenant_id) if 16 <= len(secret) <= 100 else None
    session = store.load_session(db, secret) if db is not None else None
    if db is None or session is None or session.tenant_id != tenant_id:
        return None
    machine = machines.find(open_directory(), tenant_id)
    if machine is None or machine.changed != session.login_changed:
        return None
    return Signed(db=db, session=session, cookie=cookie, settings=load_settings(db))


def resume_by_password(login: str, password: str, direction: Direction, now: datetime) -> Signed:
    """For clients that send their password with every request and no cookie: one session per login, kept going."""
    tenant_id = _tenant_of(login, password, now)
    secret = fingerprint("without-cookie:" + password)
    return resume(f"{tenant_id}.{secret}") or _opened(tenant_id, login, secret, direction, now)


def begin_set(signed: Signed, now: datetime) -> Signed:
    """`init`: what was sent before is taken as whole, and a new set of uploads begins. Running imports go on."""
    uploads.queue_received(signed.db, signed.session.set_id, now)
    session = replace(signed.session, set_id=new_id(now))
    secret = signed.cookie.partition(".")[2]
    signed.db.commit([store.session_put(session, secret, now)])
    return replace(signed, session=session)


def _tenant_of(login: str, password: str, now: datetime) -> str:
    tenant_id = machines.check(open_directory(), login, password, now=now)
    if tenant_id is None:
        raise Unauthenticated("exchange_wrong_login")
    return tenant_id


def _opened(tenant_id: str, login: str, secret: str, direction: Direction, now: datetime) -> Signed:
    db = open_tenant(tenant_id)
    machine = machines.find(open_directory(), tenant_id)
    if machine is None or machine.login != login:
        raise Unauthenticated("exchange_wrong_login")
    entry = JournalEntry(
        id=new_id(now), kind=EntryKind.SESSION, direction=direction, state=EntryState.DONE, at=now, finished=now
    )
    session = ExchangeSession(
        id=new_id(now),
        tenant_id=tenant_id,
        set_id=new_id(now),
        opened=now,
        login_changed=machine.changed,
        entry_id=entry.id,
    )
    entry = replace(entry, session_id=session.id)
    db.commit([store.session_put(session, secret, now), store.entry_put(tenant_id, entry)])
    return Signed(db=db, session=session, cookie=f"{tenant_id}.{secret}", settings=load_settings(db))
