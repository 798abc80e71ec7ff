"""Our gateway and a user pool made by our template: what each believes of the other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from uuid import uuid4

import pytest

from chalicelib.gateways.credentials import LoginExists, Logins, NeedsConfirmation, NeedsTotp, Signed
from chalicelib.kernel.errors import Invalid, Unauthenticated
from tests.support.stack import Stack

PASSWORD = "correct horse battery"


@pytest.fixture
def logins(stack: Stack) -> Logins:
    outputs = stack.outputs
    return Logins(stack.client("cognito-idp"), pool_id=outputs["UserPoolId"], client_id=outputs["UserPoolClientId"])


@pytest.fixture
def email() -> str:
    return f"{uuid4().hex}@example.org"


def totp(secret: str) -> str:
    """The code that an authenticator shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def wrong_fields(refusal: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return set(refusal.value.fields)


def test_a_sign_up_is_confirmed_by_the_mailed_code(stack: Stack, logins: Logins, email: str) -> None:
    sub = logins.sign_up(email, PASSWORD)
    found = logins.find(email)
    assert found is not None
    assert (found.sub, found.confirmed, found.totp) == (sub, False, False)
    (mail,) = stack.mails(email)
    assert "123456" in mail["Subject"]
    assert logins.sign_in(email, PASSWORD) == NeedsConfirmation()
    with pytest.raises(Invalid) as refusal:
        logins.confirm_sign_up(sub, "000000")
    assert wrong_fields(refusal) == {"code"}
    logins.confirm_sign_up(sub, "123456")
    signed = logins.sign_in(email, PASSWORD)
    assert isinstance(signed, Signed)
    assert signed.sub == sub


def test_an_email_signs_up_once_it_is_confirmed_and_anew_until_then(logins: Logins, email: str) -> None:
    first = logins.sign_up(email, PASSWORD)
    with pytest.raises(LoginExists):
        logins.sign_up(email, PASSWORD)
    logins.forget_unfinished(email)
    second = logins.sign_up(email, PASSWORD)
    assert second != first
    with pytest.raises(Invalid):
        logins.confirm_sign_up(first, "123456")
    logins.confirm_sign_up(second, "123456")
    logins.forget_unfinished(email)
    assert logins.find(email) is not None


def test_wrong_password_and_unknown_login_are_refused_alike(logins: Logins, email: str) -> None:
    logins.create_confirmed(email, PASSWORD)
    for who, password in ((email, "another password"), (f"nobody-{email}", PASSWORD)):
        with pytest.raises(Unauthenticated) as refusal:
            logins.sign_in(who, password)
        assert refusal.value.code == "sign_in_failed"


def test_a_short_password_is_refused_by_the_pool_itself(logins: Logins, email: str) -> None:
    with pytest.raises(Invalid) as refusal:
        logins.sign_up(email, "short")
    assert wrong_fields(refusal) == {"password"}
    logins.sign_up(email, "only lower case letters")


def test_a_login_made_by_invitation_is_complete_at_once_and_mails_nothing(
    stack: Stack, logins: Logins, email: str
) -> None:
    logins.sign_up(email, "a stranger's password")
    before = len(stack.mails(email))
    logins.create_confirmed(email, PASSWORD)
    assert isinstance(logins.sign_in(email, PASSWORD), Signed)
    assert len(stack.mails(email)) == before
    with pytest.raises(LoginExists):
        logins.create_confirmed(email, PASSWORD)


def test_recovery_by_the_mailed_code(stack: Stack, logins: Logins, email: str) -> None:
    logins.create_confirmed(email, PASSWORD)
    logins.forgot(email)
    logins.forgot(f"nobody-{email}")
    assert stack.mails(f"nobody-{email}") == []
    assert "654321" in stack.mails(email)[-1]["Subject"]
    for who, code in ((email, "000000"), (f"nobody-{email}", "654321")):
        with pytest.raises(Invalid) as refusal:
            logins.confirm_forgot(who, code, "a new password")
        assert wrong_fields(refusal) == {"code"}
    logins.confirm_forgot(email, "654321", "a new password")
    assert isinstance(logins.sign_in(email, "a new password"), Signed)


def test_totp_is_asked_once_it_is_proven_and_no_more_when_it_is_off(logins: Logins, email: str) -> None:
    logins.create_confirmed(email, PASSWORD)
    signed = logins.sign_in(email, PASSWORD)
    assert isinstance(signed, Signed)
    secret = logins.start_totp(signed.access_token)
    with pytest.raises(Invalid) as refusal:
        logins.finish_totp(email, signed.access_token, "000000")
    assert wrong_fields(refusal) == {"code"}
    assert isinstance(logins.sign_in(email, PASSWORD), Signed)
    logins.finish_totp(email, signed.access_token, totp(secret))
    found = logins.find(email)
    assert found is not None
    assert found.totp
    asked = logins.sign_in(email, PASSWORD)
    assert isinstance(asked, NeedsTotp)
    with pytest.raises(Invalid):
        logins.answer_totp(email, asked.session, "000000")
    assert logins.answer_totp(email, asked.session, totp(secret)).sub == found.sub
    logins.stop_totp(email)
    assert isinstance(logins.sign_in(email, PASSWORD), Signed)


def test_a_password_is_replaced_without_the_old_one(logins: Logins, email: str) -> None:
    logins.create_confirmed(email, PASSWORD)
    logins.set_password(email, "a new password")
    assert isinstance(logins.sign_in(email, "a new password"), Signed)
    with pytest.raises(Invalid):
        logins.set_password(email, "short")
