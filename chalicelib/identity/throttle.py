"""How often something may be tried: at most so many times in any span of so long, counted exactly.

Rows keep the moments of the attempts, one row a span, and are written under their version: parallel attempts can't
slip through. An attempt is counted *before* it is made and given back when it succeeds: only failures add up.
Subjects (e-mails, addresses) are stored as hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from chalicelib.kernel.errors import TooMany
from chalicelib.kernel.ids import fingerprint
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Session
from chalicelib.storage.writes import Delete, Put


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """`most` attempts in any `span`, per subject within `scope`."""

    scope: str
    most: int
    span: timedelta


GUESSES = Limit(scope="guess", most=10, span=timedelta(minutes=15))  # passwords and codes of one login
GUESSES_FROM = Limit(scope="guess-ip", most=100, span=timedelta(minutes=15))  # failures from one address
SIGN_UPS = Limit(scope="signup", most=5, span=timedelta(hours=1))  # of one e-mail: each mails something
SIGN_UPS_FROM = Limit(scope="signup-ip", most=60, span=timedelta(hours=1))
MAILS = Limit(scope="mail", most=5, span=timedelta(hours=1))  # codes mailed to one address
MAILS_FROM = Limit(scope="mail-ip", most=30, span=timedelta(hours=1))
MACHINE_GUESSES = Limit(scope="machine", most=20, span=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class _Attempts:
    at: tuple[datetime, ...] = ()


def take(directory: Session, limit: Limit, subject: str, now: datetime) -> None:
    """Counts one attempt; TooMany when there is none left, with the seconds until the next one."""
    before, current = _keys(limit, subject, now)

    def once() -> None:
        rows = directory.get_many((before, current))
        counted = [at for key in (before, current) if key in rows for at in rows[key].load(_Attempts).at]
        recent = sorted(at for at in counted if now - at < limit.span)
        if len(recent) >= limit.most:
            wait = recent[-limit.most] + limit.span - now
            raise _too_many(ceil(wait.total_seconds()))
        record = rows.get(current)
        attempts = _Attempts((*(record.load(_Attempts).at if record else ()), now))
        version = record.version if record else 0
        put = Put(key=current, kind="throttle", data=attempts, expires=now + 3 * limit.span, version=version)
        directory.commit([put])

    until_committed(once)


def give_back(directory: Session, limit: Limit, subject: str, taken: datetime) -> None:
    """The attempt counted at `taken` succeeded: it alone counts no more."""
    key = _keys(limit, subject, taken)[1]

    def once() -> None:
        record = directory.get(key)
        if record is None:
            return
        left = tuple(at for at in record.load(_Attempts).at if at != taken)
        put = Put(
            key=key, kind="throttle", data=_Attempts(left), expires=taken + 3 * limit.span, version=record.version
        )
        directory.commit([put])

    until_committed(once)


def forget(directory: Session, limit: Limit, subject: str, now: datetime) -> None:
    """The subject has proven itself: its earlier failures count no more."""
    directory.commit([Delete(key=key) for key in _keys(limit, subject, now)])


def _too_many(seconds: int) -> TooMany:
    return TooMany("too_many_attempts", retry_after=seconds, count=ceil(seconds / 60))


def _keys(limit: Limit, subject: str, now: datetime) -> tuple[Key, Key]:
    """The rows of the span before and of this one: together they hold every attempt of the last `span`."""
    window = int(now.timestamp() // limit.span.total_seconds())
    digest = fingerprint(subject)
    return (
        keys.door_throttle(limit.scope, digest, str(window - 1)),
        keys.door_throttle(limit.scope, digest, str(window)),
    )
