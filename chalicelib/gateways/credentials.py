"""Passwords, confirmation codes, recovery and TOTP: all of it lives in Amazon Cognito, behind one class.

Cognito's user name is the e-mail. Its exceptions become ours here, with two rules: nobody learns from an answer
whether a login exists (a wrong code and an expired one are one refusal), and what Cognito throttles is `TooMany`.
Who a login is to a tenant is not known here: that is the directory's (architecture §3).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.gateways.aws import client
from chalicelib.gateways.settings import settings
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused, TooMany, Unauthenticated, Unavailable

_WRONG_PASSWORD = frozenset({"NotAuthorizedException", "UserNotFoundException"})
_WRONG_CODE = frozenset(
    {"CodeMismatchException", "ExpiredCodeException", "EnableSoftwareTokenMFAException", "UserNotFoundException"}
)
_TOO_MANY = frozenset({"LimitExceededException", "TooManyRequestsException", "TooManyFailedAttemptsException"})
_SAID_TO_NOBODY = frozenset({"UserNotFoundException", "NotAuthorizedException", "InvalidParameterException"})
_WAIT = 300  # seconds: Cognito doesn't say how long its own limits last


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The password (and the TOTP code, where one is asked) was right. `sub` names the login for ever."""

    sub: str
    access_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsTotp:
    """The password was right; `session` must come back with the code within three minutes."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsConfirmation:
    """The login was never confirmed. Cognito says so *without* looking at the password: it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """What Cognito knows of a login."""

    sub: str
    status: str  # UNCONFIRMED | CONFIRMED | FORCE_CHANGE_PASSWORD | RESET_REQUIRED
    totp: bool

    @property
    def confirmed(self) -> bool:
        return self.status in ("CONFIRMED", "RESET_REQUIRED")


class LoginExists(KontorError):
    """There is a login with this e-mail already. Never shown as it is: the action decides what may be said."""

    status = 409


class Logins:
    """The user pool. Every method is one or two calls to Cognito."""

    def __init__(self, cognito: Any, *, pool_id: str, client_id: str) -> None:
        self._cognito = cognito
        self._pool = pool_id
        self._client = client_id

    def find(self, email: str) -> LoginFacts | None:
        """The login of an e-mail, None if there is none. For our own decisions: never tell the visitor."""
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._pool, Username=email)
        except (ClientError, BotoCoreError) as failure:
            if _name(failure) == "UserNotFoundException":
                return None
            raise _refusal(failure) from failure
        return LoginFacts(
            sub=next(a["Value"] for a in user["UserAttributes"] if a["Name"] == "sub"),
            status=user["UserStatus"],
            totp="SOFTWARE_TOKEN_MFA" in user.get("UserMFASettingList", ()),
        )

    def sign_up(self, email: str, password: str) -> str:
        """Makes an unconfirmed login and mails its code; returns the `sub`. LoginExists, Invalid("password")."""
        with _refusals():
            answer = self._cognito.sign_up(
                ClientId=self._client,
                Username=email,
                Password=password,
                UserAttributes=[{"Name": "email", "Value": email}],
            )
        return str(answer["UserSub"])

    def forget_unfinished(self, email: str) -> None:
        """Removes a login that was never confirmed or made halfway, so that it can be made anew; any other stays.

        Its password may be a stranger's: whoever proves the mailbox must not inherit it.
        """
        found = self.find(email)
        if found is not None and not found.confirmed:
            with _refusals():
                self._cognito.admin_delete_user(UserPoolId=self._pool, Username=found.sub)

    def confirm_sign_up(self, sub: str, code: str) -> None:
        """Confirms exactly the login `sub`; Invalid("code") for a wrong or old code or one that was used."""
        with _refusals(code=True):
            self._cognito.confirm_sign_up(ClientId=self._client, Username=sub, ConfirmationCode=code)

    def resend_code(self, sub: str) -> None:
        """Mails the confirmation code again; nothing happens for a login that needs none."""
        with _refusals(quiet=True):
            self._cognito.resend_confirmation_code(ClientId=self._client, Username=sub)

    def sign_in(self, email: str, password: str) -> Signed | NeedsTotp | NeedsConfirmation:
        """Unauthenticated("sign_in_failed") for a wrong password and for no such login alike."""
        try:
            with _refusals(password=True):
                answer = self._cognito.initiate_auth(
                    ClientId=self._client,
                    AuthFlow="USER_PASSWORD_AUTH",
                    AuthParameters={"USERNAME": email, "PASSWORD": password},
                )
        except _Unconfirmed:
            return NeedsConfirmation()
        if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
            return NeedsTotp(session=answer["Session"])
        return _signed(answer)

    def answer_totp(self, email: str, session: str, code: str) -> Signed:
        """Invalid("code") for a wrong code; Unauthenticated("sign_in_again") when the three minutes are over."""
        with _refusals(code=True):
            answer = self._cognito.respond_to_auth_challenge(
                ClientId=self._client,
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=session,
                ChallengeResponses={"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": code},
            )
        return _signed(answer)

    def forgot(self, email: str) -> None:
        """Mails a recovery code, if there is such a login; answers the same if there is none."""
        with _refusals(quiet=True):
            self._cognito.forgot_password(ClientId=self._client, Username=email)

    def confirm_forgot(self, email: str, code: str, password: str) -> None:
        """Sets a new password by a recovery code; Invalid names `code` or `password`."""
        with _refusals(code=True):
            self._cognito.confirm_forgot_password(
                ClientId=self._client, Username=email, ConfirmationCode=code, Password=password
            )

    def create_confirmed(self, email: str, password: str) -> None:
        """A login whose address is proven by a link that we mailed. LoginExists, Invalid("password")."""
        self.forget_unfinished(email)
        with _refusals():
            self._cognito.admin_create_user(
                UserPoolId=self._pool,
                Username=email,
                MessageAction="SUPPRESS",
                UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            )
        self.set_password(email, password)

    def set_password(self, email: str, password: str) -> None:
        """Replaces the password without asking for the old one; Invalid("password") if the policy refuses it."""
        with _refusals():
            self._cognito.admin_set_user_password(
                UserPoolId=self._pool, Username=email, Password=password, Permanent=True
            )

    def start_totp(self, access_token: str) -> str:
        """A new TOTP secret (base32), not yet in force."""
        with _refusals(code=True):
            return str(self._cognito.associate_software_token(AccessToken=access_token)["SecretCode"])

    def finish_totp(self, email: str, access_token: str, code: str) -> None:
        """Puts the secret in force once a code made with it was shown; Invalid("code") for a wrong one."""
        with _refusals(code=True):
            self._cognito.verify_software_token(AccessToken=access_token, UserCode=code)
        self._prefer_totp(email, True)

    def stop_totp(self, email: str) -> None:
        self._prefer_totp(email, False)

    def _prefer_totp(self, email: str, on: bool) -> None:
        with _refusals():
            self._cognito.admin_set_user_mfa_preference(
                UserPoolId=self._pool,
                Username=email,
                SoftwareTokenMfaSettings={"Enabled": on, "PreferredMfa": on},
            )


@lru_cache(maxsize=1)
def logins() -> Logins:
    """The user pool of this stage."""
    stage = settings()
    return Logins(client("cognito-idp"), pool_id=stage.user_pool_id, client_id=stage.user_pool_client_id)


class _Unconfirmed(Exception):
    """Never confirmed: only `sign_in` may know."""


@contextmanager
def _refusals(*, code: bool = False, password: bool = False, quiet: bool = False) -> Iterator[None]:
    """Cognito's exceptions as ours. `code` and `password` say what the call was given to check; `quiet`: a login
    that is absent, disabled or in another state is passed over, because the visitor must not learn of it."""
    try:
        yield
    except (ClientError, BotoCoreError) as failure:
        if quiet and _name(failure) in _SAID_TO_NOBODY:
            return
        raise _refusal(failure, code=code, password=password) from failure


def _name(failure: Exception) -> str:
    return str(failure.response.get("Error", {}).get("Code", "")) if isinstance(failure, ClientError) else ""


def _refusal(failure: ClientError | BotoCoreError, *, code: bool = False, password: bool = False) -> Exception:
    name = _name(failure)
    if name in _TOO_MANY or "attempts exceeded" in str(failure):
        return TooMany("too_many_attempts", retry_after=_WAIT, count=_WAIT // 60)
    if code and name in _WRONG_CODE:
        return Invalid(fields={"code": Complaint(code="code_wrong")})
    if code and name == "NotAuthorizedException":
        return Unauthenticated("sign_in_again")
    if password and name in _WRONG_PASSWORD:
        return Unauthenticated("sign_in_failed")
    match name:
        case "InvalidPasswordException":
            return Invalid(fields={"password": Complaint(code="password_weak")})
        case "UsernameExistsException":
            return LoginExists("login_exists")
        case "UserNotConfirmedException":
            return _Unconfirmed()
        case "PasswordResetRequiredException":
            return Refused("password_reset_required")
        case "CodeDeliveryFailureException":
            return Unavailable("mail_unavailable")
    ours = isinstance(failure, ClientError) and failure.response["ResponseMetadata"].get("HTTPStatusCode", 500) < 500
    return failure if ours else Unavailable("logins_unavailable")


def _signed(answer: dict[str, Any]) -> Signed:
    result = answer.get("AuthenticationResult")
    if result is None:  # a challenge that nobody here was given: a login that was made halfway
        raise Unauthenticated("sign_in_failed")
    return Signed(sub=_subject(result["AccessToken"]), access_token=result["AccessToken"])


def _subject(token: str) -> str:
    """The `sub` of a token that Cognito itself just handed us (so its signature needs no check)."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])
