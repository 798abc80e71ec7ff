"""What identity works with before the tenant is known: the directory and the logins in Cognito."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.gateways.credentials import Logins, logins
from chalicelib.identity.throttle import GUESSES, GUESSES_FROM, Limit, forget, give_back, take
from chalicelib.storage.session import Session, open_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who stands at a public door: where from and with which program. Neither is ever logged."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    directory: Session
    logins: Logins

    def count(self, limit: Limit, subject: str, now: datetime) -> None:
        """Counts an attempt; TooMany when there is none left."""
        take(self.directory, limit, subject, now)

    def count_guess(self, email: str, visitor: Visitor, now: datetime) -> None:
        """Counts a guess at a password or a code of a login, for the login and for where it comes from."""
        self.count(GUESSES_FROM, visitor.address, now)
        self.count(GUESSES, email, now)

    def guessed_right(self, email: str, visitor: Visitor, now: datetime) -> None:
        """The guess counted at `now` was right: the login's failures are forgotten, the address gets this one back."""
        forget(self.directory, GUESSES, email, now)
        give_back(self.directory, GUESSES_FROM, visitor.address, now)


def desk() -> Desk:
    """The desk of this request."""
    return Desk(directory=open_directory(), logins=logins())
