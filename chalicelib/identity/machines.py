"""Logins of programs that sign in by their own protocol: 1C.

A tenant has one login per kind; its name follows from the tenant's id, so there is nothing to look up, and it stays
when the password is changed. The password has full entropy: its fingerprint is what is stored, and guessing is
hopeless long before the throttle ends it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from chalicelib.identity.throttle import MACHINE_GUESSES, take
from chalicelib.kernel.ids import fingerprint
from chalicelib.storage import keys
from chalicelib.storage.session import Session
from chalicelib.storage.writes import Put

_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike
_PASSWORD_LENGTH = 24
_NOBODY = fingerprint("nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLogin:
    """A program's login. The password itself was shown once and is not known here."""

    tenant_id: str
    login: str
    digest: str
    changed: datetime


def login_name(tenant_id: str, kind: str = "1c") -> str:
    """`1c-` and the tenant's own characters: what is typed into 1C beside the password."""
    return f"{kind}-{tenant_id[1:]}"


def rotate(directory: Session, tenant_id: str, *, kind: str = "1c", now: datetime) -> tuple[str, str]:
    """A new password for the tenant's machine login (made on first use); the old one ends at once.

    Returns login and password; nobody can see the password again. The caller writes the tenant's audit entry.
    """
    password = "".join(secrets.choice(_LETTERS) for _ in range(_PASSWORD_LENGTH))
    login = login_name(tenant_id, kind)
    machine = MachineLogin(tenant_id=tenant_id, login=login, digest=fingerprint(password), changed=now)
    directory.commit([Put(key=keys.machine_login(login), kind="machine", data=machine)])
    return login, password


def find(directory: Session, tenant_id: str, *, kind: str = "1c") -> MachineLogin | None:
    """The tenant's machine login, None before the first `rotate`."""
    record = directory.get(keys.machine_login(login_name(tenant_id, kind)))
    return record.load(MachineLogin) if record else None


def check(directory: Session, login: str, password: str, *, now: datetime) -> str | None:
    """The tenant of a right login and password, else None; TooMany after 20 failures in 15 minutes.

    Takes the same time for an unknown login and a wrong password.
    """
    record = directory.get(keys.machine_login(login[:64])) if login else None
    machine = record.load(MachineLogin) if record else None
    right = hmac.compare_digest(fingerprint(password), machine.digest if machine else _NOBODY)
    if machine is not None and right:
        return machine.tenant_id
    take(directory, MACHINE_GUESSES, login[:64], now)
    return None
