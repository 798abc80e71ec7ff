"""What identity works with before the tenant is known: the directory and the logins in Cognito."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.gateways.credentials import Logins, logins
from chalicelib.identity.throttle import Limit, take
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


def desk() -> Desk:
    """The desk of this request."""
    return Desk(directory=open_directory(), logins=logins())
