"""People, what ties them to a tenant, and how they come in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kernel.access import Role
from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.tenancy.company import Company

STAFF_ROLES = (Role.OWNER, Role.SALES_MANAGER, Role.ACCOUNTANT, Role.WAREHOUSE)
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")

INVITATION_LIFETIME = timedelta(days=7)
SIGN_UP_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of a tenant: one of its own people, or of a counterparty if `party_id` is set.

    `contract_id` is the contract that a dealer's person works under; what is shown of it and of the counterparty
    is kept here as `network` says it, so that signing in needs no other row.
    """

    id: str
    email: str
    name: str
    role: Role
    locale: str
    created: datetime
    party_id: str | None = None
    party_name: str = ""
    contract_id: str | None = None
    contract_label: str = ""
    joined_by: tuple[str, ...] = ()  # the hashes of the invitation's secrets, if it was one
    disabled_at: datetime | None = None

    @property
    def active(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Where a login belongs, in the directory: it says where to look, the user's row there is the proof.

    `tenant_name` and `party_name` are as they were at the last sign-in.
    """

    tenant_id: str
    tenant_name: str
    user_id: str
    role: Role
    used: datetime
    party_id: str | None = None
    party_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Somebody is asked to join; the row is there until it is accepted or withdrawn. Its id becomes the user's id.

    `digests` are the hashes of the secrets that were mailed: each mail has its own, all open the same invitation.
    """

    id: str
    email: str
    name: str
    role: Role
    locale: str
    invited_by: str
    created: datetime
    expires: datetime
    party_id: str | None = None
    party_name: str = ""
    contract_id: str | None = None
    contract_label: str = ""
    digests: tuple[str, ...] = ()
    mailed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return now < self.expires

    def person(self, *, name: str, locale: str, now: datetime) -> User:
        """The user that accepting makes."""
        return User(
            id=self.id,
            email=self.email,
            name=name,
            role=self.role,
            locale=locale,
            created=now,
            party_id=self.party_id,
            party_name=self.party_name,
            contract_id=self.contract_id,
            contract_label=self.contract_label,
            joined_by=self.digests,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A manufacturer's sign-up that waits for its mailed code.

    The ids are chosen at once, so that finishing it twice makes one tenant.
    """

    sub: str
    email: str
    name: str  # the owner's
    company: Company
    tenant_id: str
    owner_id: str


class Purpose(StrEnum):
    """What a visitor is in the middle of."""

    SIGN_IN = "sign_in"
    SIGN_UP = "sign_up"
    ACCEPT = "accept"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a visitor is between two pages, kept at the server under a secret of the browser's.

    `session` is Cognito's, while it waits for a TOTP code. `decoy`: a sign-up with an e-mail that has a login already;
    it looks like any other and no code ever fits it.
    """

    purpose: Purpose
    email: str
    sub: str = ""
    session: str = ""
    then: str = "/"  # the page that was asked for
    tenant_id: str = ""  # of the invitation
    party_id: str | None = None
    invitation_id: str = ""
    name: str = ""  # what the invited person typed, and the language of the page
    locale: str = ""
    decoy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """Signed in: `cookie` is the session cookie's value."""

    cookie: str
    then: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWanted:
    """The password was right, a TOTP code is asked; `step` is the step cookie's value."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationWanted:
    """Signed up, the mailed code is asked; `step` is the step cookie's value."""

    step: str


Entry = Admitted | CodeWanted | ConfirmationWanted


def normal_email(text: str) -> str:
    """The e-mail in lower case; Invalid("email_wrong") at field `email` for what can't be one."""
    email = text.strip().lower()
    if not email:
        raise Invalid(fields={"email": Complaint(code="required")})
    if len(email) > 254 or not _EMAIL.fullmatch(email) or ".." in email or email[0] == ".":
        raise Invalid(fields={"email": Complaint(code="email_wrong")})
    return email


def local_path(text: str) -> str:
    """`text` if it is a path of ours, else the start page: where somebody goes on after signing in."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or any(ord(c) < 33 for c in text):
        return "/"
    return text[:500]
