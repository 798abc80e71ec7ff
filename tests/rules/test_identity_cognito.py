"""Cognito's exceptions as ours: nothing is lost, and nobody learns whether a login exists."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.gateways.credentials import LoginExists, Logins, NeedsConfirmation, NeedsTotp, Signed
from chalicelib.kernel.errors import Invalid, KontorError, Refused, TooMany, Unauthenticated, Unavailable


def failure(code: str, message: str = "", status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Any")  # type: ignore[arg-type]


class Cognito:
    """Answers every call with what it was told; an exception is raised."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            self.calls.append(name)
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def logins(**answers: Any) -> Logins:
    return Logins(Cognito(**answers), pool_id="pool", client_id="client")


def token(sub: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"sub": sub}).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


def test_a_right_password_names_the_login() -> None:
    signed = logins(initiate_auth={"AuthenticationResult": {"AccessToken": token("sub-1")}}).sign_in("a@b.cd", "x")
    assert isinstance(signed, Signed)
    assert signed.sub == "sub-1"


def test_what_else_a_password_can_lead_to() -> None:
    challenge = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s"}
    assert logins(initiate_auth=challenge).sign_in("a@b.cd", "x") == NeedsTotp(session="s")
    unconfirmed = failure("UserNotConfirmedException")
    assert logins(initiate_auth=unconfirmed).sign_in("a@b.cd", "x") == NeedsConfirmation()
    halfway = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s"}
    with pytest.raises(Unauthenticated, match="sign_in_failed"):
        logins(initiate_auth=halfway).sign_in("a@b.cd", "x")


def sign_in(gateway: Logins) -> object:
    return gateway.sign_in("a@b.cd", "x")


def answer_totp(gateway: Logins) -> object:
    return gateway.answer_totp("a@b.cd", "s", "1")


def confirm(gateway: Logins) -> object:
    return gateway.confirm_sign_up("sub", "1")


def confirm_forgot(gateway: Logins) -> object:
    return gateway.confirm_forgot("a@b.cd", "1", "x")


def sign_up(gateway: Logins) -> object:
    return gateway.sign_up("a@b.cd", "x")


def set_password(gateway: Logins) -> object:
    return gateway.set_password("a@b.cd", "x")


@pytest.mark.parametrize(
    ("act", "call", "cognitos", "ours", "code"),
    [
        (sign_in, "initiate_auth", "NotAuthorizedException", Unauthenticated, "sign_in_failed"),
        (sign_in, "initiate_auth", "UserNotFoundException", Unauthenticated, "sign_in_failed"),
        (sign_in, "initiate_auth", "PasswordResetRequiredException", Refused, "password_reset_required"),
        (sign_in, "initiate_auth", "TooManyRequestsException", TooMany, "too_many_attempts"),
        (answer_totp, "respond_to_auth_challenge", "CodeMismatchException", Invalid, "code_wrong"),
        (answer_totp, "respond_to_auth_challenge", "NotAuthorizedException", Unauthenticated, "sign_in_again"),
        (confirm, "confirm_sign_up", "CodeMismatchException", Invalid, "code_wrong"),
        (confirm, "confirm_sign_up", "ExpiredCodeException", Invalid, "code_wrong"),
        (confirm, "confirm_sign_up", "UserNotFoundException", Invalid, "code_wrong"),
        (confirm, "confirm_sign_up", "TooManyFailedAttemptsException", TooMany, "too_many_attempts"),
        (confirm_forgot, "confirm_forgot_password", "ExpiredCodeException", Invalid, "code_wrong"),
        (confirm_forgot, "confirm_forgot_password", "InvalidPasswordException", Invalid, "password_weak"),
        (confirm_forgot, "confirm_forgot_password", "LimitExceededException", TooMany, "too_many_attempts"),
        (sign_up, "sign_up", "UsernameExistsException", LoginExists, "login_exists"),
        (sign_up, "sign_up", "InvalidPasswordException", Invalid, "password_weak"),
        (sign_up, "sign_up", "CodeDeliveryFailureException", Unavailable, "mail_unavailable"),
        (set_password, "admin_set_user_password", "InvalidPasswordException", Invalid, "password_weak"),
        (set_password, "admin_set_user_password", "InternalErrorException", Unavailable, "logins_unavailable"),
    ],
)
def test_a_refusal_of_cognito_becomes_ours(
    act: Callable[[Logins], object], call: str, cognitos: str, ours: type[KontorError], code: str
) -> None:
    status = 500 if cognitos.startswith("Internal") else 400
    with pytest.raises(ours) as refusal:
        act(logins(**{call: failure(cognitos, status=status)}))
    codes = [complaint.code for complaint in getattr(refusal.value, "fields", {}).values()]
    assert code in (refusal.value.code, *codes)


def test_cognitos_own_lock_is_too_many_and_not_a_wrong_password() -> None:
    locked = failure("NotAuthorizedException", "Password attempts exceeded")
    with pytest.raises(TooMany):
        sign_in(logins(initiate_auth=locked))


def test_a_time_out_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        sign_in(logins(initiate_auth=ConnectTimeoutError(endpoint_url="https://cognito")))


def test_a_mistake_of_ours_is_not_hidden() -> None:
    with pytest.raises(ClientError):
        set_password(logins(admin_set_user_password=failure("InvalidParameterException")))


@pytest.mark.parametrize("state", ["UserNotFoundException", "NotAuthorizedException", "InvalidParameterException"])
def test_recovery_and_resending_say_nothing_about_the_login(state: str) -> None:
    logins(forgot_password=failure(state)).forgot("a@b.cd")
    logins(resend_confirmation_code=failure(state)).resend_code("sub")


def test_an_absent_login_is_none_and_a_broken_cognito_is_not() -> None:
    assert logins(admin_get_user=failure("UserNotFoundException")).find("a@b.cd") is None
    with pytest.raises(Unavailable):
        logins(admin_get_user=failure("InternalErrorException", status=500)).find("a@b.cd")


@pytest.mark.parametrize(
    ("status", "gone"), [("UNCONFIRMED", True), ("FORCE_CHANGE_PASSWORD", True), ("CONFIRMED", False)]
)
def test_only_an_unfinished_login_is_forgotten(status: str, gone: bool) -> None:
    user = {"UserAttributes": [{"Name": "sub", "Value": "s"}], "UserStatus": status}
    cognito = Cognito(admin_get_user=user, admin_delete_user={})
    Logins(cognito, pool_id="pool", client_id="client").forget_unfinished("a@b.cd")
    assert ("admin_delete_user" in cognito.calls) is gone
