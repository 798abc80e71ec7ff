"""What identity works with before the tenant is known: the directory and the logins in Cognito."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.gateways.credentials import Logins, logins
from chalicelib.identity.throttle import GUESSES, GUESSES_FROM, Limit, forget, give_back, take
from chalicelib.kernel.ids import fingerprint
from chalicelib.storage import keys
from chalicelib.storage.session import Session, open_directory
from chalicelib.storage.writes import Put

DEVICE_LIFETIME = timedelta(days=180)  # since it last signed in


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who stands at a public door: where from, with which program, and what that browser keeps to be known again.
    None of it is ever logged."""

    address: str
    agent: str
    device: str = ""  # a secret of the browser's; empty = it keeps none


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    directory: Session
    logins: Logins

    def count(self, limit: Limit, subject: str, now: datetime) -> None:
        """Counts an attempt; TooMany when there is none left."""
        take(self.directory, limit, subject, now)

    def count_guess(self, email: str, visitor: Visitor, now: datetime) -> None:
        """Counts a guess at a password or a code of a login, for the login and for where it comes from.

        A browser that the login has signed in with before has a count of its own: strangers who guess don't lock
        the owner out.
        """
        self.count(GUESSES_FROM, visitor.address, now)
        self.count(GUESSES, self._guesser(email, visitor), now)

    def guessed_right(self, email: str, visitor: Visitor, now: datetime) -> None:
        """The guess counted at `now` was right: its failures are forgotten, the address gets this one back, and the
        browser is known from now on."""
        forget(self.directory, GUESSES, self._guesser(email, visitor), now)
        give_back(self.directory, GUESSES_FROM, visitor.address, now)
        if visitor.device:
            key = keys.known_device(email, fingerprint(visitor.device))
            self.directory.commit([Put(key=key, kind="device", data={}, expires=now + DEVICE_LIFETIME)])

    def _guesser(self, email: str, visitor: Visitor) -> str:
        digest = fingerprint(visitor.device)
        known = visitor.device and self.directory.get(keys.known_device(email, digest)) is not None
        return f"{email} {digest}" if known else email


def desk() -> Desk:
    """The desk of this request."""
    return Desk(directory=open_directory(), logins=logins())
