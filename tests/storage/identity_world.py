"""What the identity tests share: a Cognito of our own that keeps the rules which the real one keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from chalicelib.gateways.credentials import (
    LoginExists,
    LoginFacts,
    Logins,
    NeedsConfirmation,
    NeedsTotp,
    Signed,
)
from chalicelib.http import sessions
from chalicelib.http.sessions import SignedIn
from chalicelib.identity.actions import signing_up
from chalicelib.identity.actions.signing_up import Typed
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import Admitted, ConfirmationWanted
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Complaint, Invalid, Unauthenticated
from chalicelib.kernel.ids import new_id
from chalicelib.storage.session import open_directory
from chalicelib.tenancy.company import Company

CODE = "123456"
TOTP = "777777"
PASSWORD = "correct horse battery"
COMPANY = Company(
    name="Окна Север",
    country="RU",
    tax_id="7707083893",
    currency="RUB",
    locale="ru",
    time_zone="Europe/Moscow",
)


@dataclass
class Login:
    sub: str
    password: str
    status: str
    totp: bool = False
    reset_asked: bool = False


@dataclass
class FakeLogins(Logins):
    """The user pool in memory. Like Cognito it says `NeedsConfirmation` without looking at the password."""

    pool: dict[str, Login] = field(default_factory=dict)
    mailed: list[tuple[str, str]] = field(default_factory=list)  # (e-mail, what)
    sign_ins: int = 0

    def find(self, email: str) -> LoginFacts | None:
        login = self.pool.get(email)
        return LoginFacts(sub=login.sub, status=login.status, totp=login.totp) if login else None

    def sign_up(self, email: str, password: str) -> str:
        if email in self.pool:
            raise LoginExists("login_exists")
        self.pool[email] = Login(sub=str(uuid4()), password=password, status="UNCONFIRMED")
        self.mailed.append((email, "code"))
        return self.pool[email].sub

    def forget_unfinished(self, email: str) -> None:
        if email in self.pool and self.pool[email].status != "CONFIRMED":
            del self.pool[email]

    def confirm_sign_up(self, sub: str, code: str) -> None:
        login = self._by_sub(sub)
        if login is None or code != CODE:
            raise Invalid(fields={"code": Complaint(code="code_wrong")})
        if login.status == "CONFIRMED":
            raise Unauthenticated("sign_in_again")
        login.status = "CONFIRMED"

    def resend_code(self, sub: str) -> None:
        self.mailed += [(email, "code") for email, login in self.pool.items() if login.sub == sub]

    def sign_in(self, email: str, password: str) -> Signed | NeedsTotp | NeedsConfirmation:
        self.sign_ins += 1
        login = self.pool.get(email)
        if login is not None and login.status == "UNCONFIRMED":
            return NeedsConfirmation()
        if login is None or login.password != password:
            raise Unauthenticated("sign_in_failed")
        return NeedsTotp(session=f"challenge {login.sub}") if login.totp else self._signed(login)

    def answer_totp(self, email: str, session: str, code: str) -> Signed:
        login = self.pool[email]
        if session != f"challenge {login.sub}":
            raise Unauthenticated("sign_in_again")
        if code != TOTP:
            raise Invalid(fields={"code": Complaint(code="code_wrong")})
        return self._signed(login)

    def forgot(self, email: str) -> None:
        if email in self.pool:
            self.pool[email].reset_asked = True
            self.mailed.append((email, "recovery"))

    def confirm_forgot(self, email: str, code: str, password: str) -> None:
        login = self.pool.get(email)
        if login is None or not login.reset_asked or code != CODE:
            raise Invalid(fields={"code": Complaint(code="code_wrong")})
        login.password, login.reset_asked = password, False

    def create_confirmed(self, email: str, password: str) -> None:
        self.forget_unfinished(email)
        if email in self.pool:
            raise LoginExists("login_exists")
        self.pool[email] = Login(sub=str(uuid4()), password=password, status="CONFIRMED")

    def set_password(self, email: str, password: str) -> None:
        self.pool[email].password = password

    def start_totp(self, access_token: str) -> str:
        assert access_token
        return "JBSWY3DPEHPK3PXP"

    def finish_totp(self, email: str, access_token: str, code: str) -> None:
        if code != TOTP or access_token != self._signed(self.pool[email]).access_token:
            raise Invalid(fields={"code": Complaint(code="code_wrong")})
        self.pool[email].totp = True

    def stop_totp(self, email: str) -> None:
        self.pool[email].totp = False

    def _signed(self, login: Login) -> Signed:
        return Signed(sub=login.sub, access_token=f"token-of-{login.sub}")

    def _by_sub(self, sub: str) -> Login | None:
        return next((login for login in self.pool.values() if login.sub == sub), None)


def new_desk() -> Desk:
    return Desk(directory=open_directory(), logins=FakeLogins())


def fake(desk: Desk) -> FakeLogins:
    assert isinstance(desk.logins, FakeLogins)
    return desk.logins


def somebody() -> Visitor:
    """A visitor from an address of its own."""
    return Visitor(address=new_id(utc_now()), agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36")


def new_email() -> str:
    return f"p{new_id(utc_now())}@example.org"


def form(email: str, *, password: str = PASSWORD, once: str = "", company: Company = COMPANY) -> Typed:
    return Typed(company=company, name="Анна Петрова", email=email, password=password, once=once or new_id(utc_now()))


def asked_for_code(desk: Desk, typed: Typed) -> str:
    """Signs up; returns the browser's step."""
    entry = signing_up.sign_up(desk, typed, visitor=somebody(), now=utc_now())
    assert isinstance(entry, ConfirmationWanted)
    return entry.step


def confirmed(desk: Desk, step: str, *, email: str = "", code: str = CODE, password: str = "") -> Admitted:
    return signing_up.confirm(
        desk, step_secret=step, email=email, code=code, password=password, visitor=somebody(), now=utc_now()
    )


def founded(desk: Desk, email: str, *, company: Company = COMPANY) -> Admitted:
    """A manufacturer whose owner has this e-mail, signed up all the way."""
    return confirmed(desk, asked_for_code(desk, form(email, company=company)))


def person(cookie: str) -> SignedIn:
    """Who a session cookie stands for; it must be alive."""
    resumed = sessions.resume(cookie, now=utc_now())
    assert resumed is not None, "the session has ended"
    return resumed.session.person


def is_alive(cookie: str) -> bool:
    return sessions.resume(cookie, now=utc_now()) is not None
