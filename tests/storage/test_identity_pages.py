"""The doors of identity and tenancy, as a browser without scripts meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from chalice.test import Client, HTTPResponse

import app
from chalicelib.gateways.mail import Mail
from chalicelib.http import csrf
from chalicelib.identity import desk as desks
from chalicelib.identity import mails, store
from chalicelib.identity.actions import people
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.storage.session import open_tenant
from chalicelib.tenancy.store import load_settings
from tests.storage.identity_world import CODE, PASSWORD, TOTP, FakeLogins, founded, new_email, person
from tests.storage.test_identity_people import joined

SIGN_UP = {
    "company": "Окна Север",
    "country": "RU",
    "tax_id": "7707083893",
    "currency": "RUB",
    "locale": "ru",
    "time_zone": "Europe/Moscow",
    "name": "Анна Петрова",
    "password": PASSWORD,
}


@dataclass
class Browser:
    """Keeps cookies, sends the CSRF token of the session or of the visitor's cookie."""

    client: Client
    cookies: dict[str, str] = field(default_factory=dict)
    accept: str = "en"

    def get(self, path: str) -> HTTPResponse:
        return self._ask("GET", path, b"")

    def post(self, path: str, **fields: str) -> HTTPResponse:
        if "kontor-form" not in self.cookies and not self.cookies.get("kontor"):
            self.get("/signin")
        session = self.cookies.get("kontor")
        secret = session.split(".", 1)[1] if session else self.cookies["kontor-form"]
        body = {"csrf": csrf.token_for(secret), "once": new_id(utc_now()), **fields}
        return self._ask("POST", path, urlencode(body).encode())

    def page(self, path: str) -> str:
        response = self.get(path)
        assert response.status_code == 200, (response.status_code, response.headers)
        return str(response.body.decode())

    def _ask(self, method: str, path: str, body: bytes) -> HTTPResponse:
        headers = {
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value),
            "host": "localhost",
            "accept-language": self.accept,
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36",
        }
        response = self.client.http.request(method, path, headers=headers, body=body)
        for line in response.headers.get("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value if morsel["max-age"] != "0" else ""
        return response


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch, tables: None) -> FakeLogins:
    pool = FakeLogins()
    monkeypatch.setattr(desks, "logins", lambda: pool)
    # All tests come from one address here; what is limited by address has tests of its own.
    monkeypatch.setattr(desks, "GUESSES_FROM", replace(desks.GUESSES_FROM, most=10_000))
    return pool


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    sent: list[Mail] = []
    monkeypatch.setattr(mails, "send", sent.append)
    return sent


@pytest.fixture
def client(logins: FakeLogins) -> Iterator[Client]:
    with Client(app.app) as client:
        yield client


@pytest.fixture
def visitor(client: Client) -> Browser:
    return Browser(client)


@pytest.fixture
def owner(client: Client, logins: FakeLogins) -> Browser:
    return Browser(client, {"kontor": founded(desks.desk(), new_email()).cookie})


def leads_to(response: HTTPResponse) -> str:
    assert response.status_code == 303, response.body.decode()[:2000]
    return str(response.headers["Location"])


def errors_of(response: HTTPResponse) -> dict[str, str]:
    assert response.status_code == 422, response.status_code
    return dict(re.findall(r'<span class="error" id="e-(\w+)">([^<]+)', response.body.decode()))


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_page(visitor: Browser, logins: FakeLogins) -> None:
    email = new_email()
    founded(desks.desk(), email)
    asked = leads_to(visitor.get("/account/sessions"))
    assert asked == "/signin?next=%2Faccount%2Fsessions"
    assert 'name="next" value="/account/sessions"' in visitor.page(asked)
    done = visitor.post("/signin", email=email.upper(), password=PASSWORD, next="/account/sessions")
    assert leads_to(done) == "/account/sessions"
    assert "Chrome · Windows" in visitor.page("/account/sessions")
    assert leads_to(visitor.get("/signin")) == "/"


def test_the_whole_sign_up_in_one_browser(visitor: Browser) -> None:
    email = new_email()
    assert leads_to(visitor.post("/signup", email=email, **SIGN_UP)) == "/signup/confirm"
    assert email in visitor.page("/signup/confirm")
    assert 'name="password"' not in visitor.page("/signup/confirm")
    assert leads_to(visitor.post("/signup/resend")) == "/signup/confirm?notice=code_sent"
    assert errors_of(visitor.post("/signup/confirm", code="1")) == {"code": "The code is wrong or too old."}
    assert leads_to(visitor.post("/signup/confirm", code=f" {CODE[:3]} {CODE[3:]} ")) == "/"
    start = visitor.page("/")
    assert 'href="/exchange"' in start
    assert 'href="/dealers"' in start


def test_a_sign_up_form_keeps_what_was_typed_and_names_each_wrong_field(visitor: Browser) -> None:
    typed = SIGN_UP | {"company": "Окна <b>", "tax_id": "123", "password": "short", "name": "", "email": "x@y"}
    response = visitor.post("/signup", **typed)
    assert set(errors_of(response)) == {"tax_id", "password", "name", "email"}
    page = response.body.decode()
    assert 'value="Окна &lt;b&gt;"' in page
    assert 'value="x@y"' in page
    assert "short" not in page


def test_a_sign_up_takes_currency_time_zone_and_language_of_the_country(visitor: Browser) -> None:
    blank = {"country": "MD", "tax_id": "1008600038413", "currency": "", "time_zone": "", "locale": ""}
    visitor.post("/signup", **SIGN_UP | blank, email=new_email())
    assert leads_to(visitor.post("/signup/confirm", code=CODE)) == "/"
    settings = visitor.page("/settings")
    assert '<option value="Europe/Chisinau" selected>' in settings
    assert "MDL" in settings


def test_the_summary_of_a_form_names_its_wrong_fields_and_leads_to_them(visitor: Browser) -> None:
    page = visitor.post("/signup", **SIGN_UP | {"company": "", "tax_id": "123"}, email=new_email()).body.decode()
    summary = page[page.index('class="note bad errors"') : page.index("</ul>")]
    assert re.findall(r'<a href="#f-(\w+)">([^<]+)</a>\. ', summary) == [
        ("company", "Company name"),
        ("tax_id", "Tax id"),
    ]


def test_a_forged_or_missing_token_is_refused(visitor: Browser) -> None:
    assert visitor.post("/signup", csrf="forged", **SIGN_UP, email=new_email()).status_code == 403
    assert visitor.post("/signin", csrf="", email="a@b.cd", password="x").status_code == 403


def test_a_wrong_password_is_told_once_and_not_sent_back(visitor: Browser) -> None:
    response = visitor.post("/signin", email="nobody@example.org", password="my secret word")
    assert response.status_code == 401
    page = response.body.decode()
    assert "Wrong e-mail or password." in page
    assert 'value="nobody@example.org"' in page
    assert "my secret word" not in page


def test_too_many_attempts_say_when_to_come_back(visitor: Browser) -> None:
    email = new_email()
    for _ in range(10):
        visitor.post("/signin", email=email, password="a guess")
    response = visitor.post("/signin", email=email, password="a guess")
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "Try again in" in response.body.decode()


def test_a_browser_that_has_signed_in_stays_known(visitor: Browser, logins: FakeLogins) -> None:
    email = new_email()
    founded(desks.desk(), email)
    leads_to(visitor.post("/signin", email=email, password=PASSWORD))
    leads_to(visitor.post("/signout"))
    stranger = Browser(visitor.client)
    for _ in range(10):
        stranger.post("/signin", email=email, password="a guess")
    assert stranger.post("/signin", email=email, password=PASSWORD).status_code == 429
    assert leads_to(visitor.post("/signin", email=email, password=PASSWORD)) == "/"


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(owner: Browser) -> None:
    cookie = owner.cookies["kontor"]
    assert leads_to(owner.post("/signout")) == "/signin?notice=signed_out"
    assert not owner.cookies["kontor"]
    owner.cookies["kontor"] = cookie
    assert leads_to(owner.get("/account")).startswith("/signin")


def test_signing_in_again_ends_the_session_that_the_browser_had(owner: Browser, logins: FakeLogins) -> None:
    email = new_email()
    founded(desks.desk(), email)
    before = owner.cookies["kontor"]
    leads_to(owner.post("/signin", email=email, password=PASSWORD))
    assert person(owner.cookies["kontor"]).email == email
    old = Browser(owner.client, {"kontor": before})
    assert leads_to(old.get("/account")).startswith("/signin")


def test_a_password_is_recovered_by_the_mailed_code(visitor: Browser, logins: FakeLogins) -> None:
    email = new_email()
    founded(desks.desk(), email)
    assert leads_to(visitor.post("/forgot", email=email)) == "/reset?notice=recovery_sent"
    assert f'value="{email}"' in visitor.page("/reset?notice=recovery_sent")
    wrong = visitor.post("/reset", email=email, code="0", password="a new password")
    assert set(errors_of(wrong)) == {"code"}
    done = visitor.post("/reset", email=email, code=CODE, password="a new password")
    assert leads_to(done) == "/signin?notice=password_changed"
    assert "The password is set." in visitor.page("/signin?notice=password_changed")
    assert leads_to(visitor.post("/signin", email=email, password="a new password")) == "/"


def test_totp_from_set_up_to_signing_in_with_it(owner: Browser, visitor: Browser, logins: FakeLogins) -> None:
    email = person(owner.cookies["kontor"]).email
    setup = owner.post("/account/security/start", password=PASSWORD)
    page = setup.body.decode()
    assert "<svg" in page
    secret = re.findall(r'name="secret" value="(\w+)"', page)[0]
    wrong = owner.post("/account/security/finish", secret=secret, code="000000")
    assert set(errors_of(wrong)) == {"code"}
    assert secret in wrong.body.decode(), "the same picture, to try again"
    done = owner.post("/account/security/finish", secret=secret, code=TOTP)
    assert leads_to(done) == "/account/security?notice=totp_on"
    assert leads_to(visitor.post("/signin", email=email, password=PASSWORD, next="/account")) == "/signin/code"
    assert set(errors_of(visitor.post("/signin/code", code="1"))) == {"code"}
    assert leads_to(visitor.post("/signin/code", code=TOTP)) == "/account"
    assert leads_to(owner.post("/account/security/stop", password=PASSWORD, code=TOTP)).endswith("totp_off")


def test_a_code_without_a_password_before_it_leads_back_to_signing_in(visitor: Browser) -> None:
    response = visitor.post("/signin/code", code=TOTP)
    assert response.status_code == 401
    assert 'action="/signin"' in response.body.decode()


def test_a_colleague_is_invited_and_what_is_wrong_is_named(owner: Browser) -> None:
    wrong = owner.post("/settings/staff/invite", email="x", name="Пётр <i>", role="king", locale="xx")
    assert set(errors_of(wrong)) == {"email", "role", "locale"}
    assert "Пётр &lt;i&gt;" in wrong.body.decode()
    email = new_email()
    fields = {"email": email, "name": "Пётр", "role": "accountant", "locale": "ro"}
    assert leads_to(owner.post("/settings/staff/invite", **fields)) == "/settings/staff?notice=invitation_sent"
    assert set(errors_of(owner.post("/settings/staff/invite", **fields))) == {"email"}
    page = owner.page("/settings/staff")
    assert email in page
    resend, withdraw = re.findall(r'action="(/settings/staff/invitations/\w+/\w+)"', page)
    assert leads_to(owner.post(resend)).endswith("invitation_sent")
    assert leads_to(owner.post(withdraw)).endswith("staff_invitation_withdrawn")
    assert email not in owner.page("/settings/staff")


def test_only_the_owner_reaches_settings_and_people(client: Client, owner: Browser, logins: FakeLogins) -> None:
    boss = person(owner.cookies["kontor"])
    db = open_tenant(boss.tenant_id)
    for role in (Role.SALES_MANAGER, Role.ACCOUNTANT, Role.WAREHOUSE):
        browser = Browser(client, {"kontor": joined(desks.desk(), db, boss.actor, new_email(), role)})
        for path in ("/settings", "/settings/staff", "/settings/staff/invite", f"/settings/staff/{boss.user_id}"):
            assert browser.get(path).status_code == 403
        assert browser.post(f"/settings/staff/{boss.user_id}/disable").status_code == 403
        assert browser.page("/account")
        assert browser.page("/")
    assert people.list_staff(db).people[0].active


def test_a_colleagues_page_changes_role_and_access(owner: Browser, logins: FakeLogins) -> None:
    boss = person(owner.cookies["kontor"])
    db = open_tenant(boss.tenant_id)
    colleague = person(joined(desks.desk(), db, boss.actor, new_email()))
    path = f"/settings/staff/{colleague.user_id}"
    assert set(errors_of(owner.post(f"{path}/role", role="king"))) == {"role"}
    assert leads_to(owner.post(f"{path}/role", role="warehouse")).endswith("role_changed")
    page = owner.page(path)
    assert "Роль изменена" in page
    assert re.search(r'value="warehouse" checked', page)
    assert leads_to(owner.post(f"{path}/disable")).endswith("staff_disabled")
    assert leads_to(owner.post(f"{path}/enable")).endswith("staff_enabled")
    assert owner.post(f"/settings/staff/{boss.user_id}/disable").status_code == 409
    assert owner.get(f"/settings/staff/{new_id(utc_now())}").status_code == 404


def test_settings_are_saved_and_wrong_ones_named_and_kept(owner: Browser) -> None:
    me = person(owner.cookies["kontor"])
    fields = {
        "company": "Двери Юг", "tax_id": "7707083893", "address": "", "bank_details": "", "locale": "ru",
        "time_zone": "Asia/Omsk", "order_prefix": "ДЮ-", "vat_rate": "двадцать", "rounding_base": "row",
        "safety_stock": "0", "reserve_hours": "0", "news_days": "30", "reminder_days": "0, x",
        "closed_days": "",
        "closed_weekdays": "6",
    }  # fmt: skip
    wrong = owner.post("/settings", **fields)
    assert set(errors_of(wrong)) == {"vat_rate", "reminder_days"}
    page = wrong.body.decode()
    assert "\nдвадцать</textarea>" in page
    assert re.search(r'value="6" checked', page)
    assert load_settings(open_tenant(me.tenant_id)).name == "Окна Север"
    fields |= {"vat_rate": "20", "reminder_days": "-3, 0"}
    assert leads_to(owner.post("/settings", **fields)) == "/settings?notice=saved"
    saved = load_settings(open_tenant(me.tenant_id))
    assert (saved.name, saved.vat_rate, saved.reminder_days, saved.closed_weekdays) == ("Двери Юг", 20, (-3, 0), (6,))
    after = person(owner.cookies["kontor"])
    assert (after.tenant_name, after.time_zone) == ("Двери Юг", "Asia/Omsk")


def test_a_damaged_invitation_is_gone(visitor: Browser) -> None:
    for path in ("/invitation", "/invitation?token=x", "/invitation?token=t0123456789a.0.abc.def"):
        response = visitor.get(path)
        assert response.status_code == 404
        assert "no longer valid" in response.body.decode()


def test_a_page_speaks_the_language_that_was_chosen(visitor: Browser) -> None:
    assert "Autentificare" in visitor.page("/signin?lang=ro&next=%2Forders")
    assert "Autentificare" in visitor.page("/signin"), "the choice is kept"
    page = visitor.page("/invitation?token=x".replace("/invitation", "/signin"))
    assert "?token=x&amp;lang=ru" in page, "the rest of the address stays"


def test_the_language_chosen_in_the_menu_is_the_persons_from_then_on_and_the_page_stays(owner: Browser) -> None:
    me = person(owner.cookies["kontor"])
    page = owner.page("/account/sessions?x=1&notice=saved")
    (back,) = re.findall(r'name="next" value="([^"]+)"', page)
    assert back == "/account/sessions?x=1"
    assert leads_to(owner.post("/account/language", locale="ro", next=back)) == back
    assert person(owner.cookies["kontor"]).locale == "ro"
    user = store.user_of(store.user_record(open_tenant(me.tenant_id), me.user_id, None))
    assert user.locale == "ro", "mails and the next sign-in speak it, too"
    assert owner.cookies["kontor-lang"] == "ro"
    assert owner.post("/account/language", locale="xx", next="/").status_code == 422


def test_the_menu_of_languages_leads_nowhere_else(owner: Browser) -> None:
    assert leads_to(owner.post("/account/language", locale="en", next="//evil.example/")) == "/"


def test_an_address_with_a_language_changes_nothing_for_who_is_signed_in(owner: Browser) -> None:
    before = person(owner.cookies["kontor"])
    assert 'lang="ro"' in owner.page("/account?lang=ro")
    assert person(owner.cookies["kontor"]) == before


def test_one_login_switches_between_manufacturers(owner: Browser, client: Client, logins: FakeLogins) -> None:
    email = person(owner.cookies["kontor"]).email
    other = person(founded(desks.desk(), new_email()).cookie)
    joined(desks.desk(), open_tenant(other.tenant_id), other.actor, email)
    leads_to(owner.post("/signin", email=email, password=PASSWORD))
    here = person(owner.cookies["kontor"])
    page = owner.page("/switch")
    assert here.many_tenants
    (to,) = re.findall(r'name="to" value="([\w.]+)"', page)
    left = owner.cookies["kontor"]
    assert leads_to(owner.post("/switch", to=to)) == "/"
    assert person(owner.cookies["kontor"]).tenant_id == to.split(".")[0] != here.tenant_id
    assert leads_to(Browser(client, {"kontor": left}).get("/")).startswith("/signin")
    assert owner.post("/switch", to=f"{other.tenant_id}.{other.user_id}").status_code == 404


def test_sessions_are_listed_and_ended(owner: Browser, visitor: Browser) -> None:
    email = person(owner.cookies["kontor"]).email
    leads_to(visitor.post("/signin", email=email, password=PASSWORD))
    page = owner.page("/account/sessions")
    (session,) = re.findall(r'name="session" value="(\w+)"', page)
    assert leads_to(owner.post("/account/sessions/end", session=session)).endswith("session_ended")
    assert leads_to(visitor.get("/account")).startswith("/signin")
    visitor.cookies["kontor"] = ""  # the page that this leads to has the visitor's own token
    leads_to(visitor.post("/signin", email=email, password=PASSWORD))
    assert leads_to(owner.post("/account/sessions/end-others")).endswith("sessions_ended")
    assert leads_to(visitor.get("/account")).startswith("/signin")


def test_profile_and_password_are_changed_and_wrong_fields_named(owner: Browser) -> None:
    assert set(errors_of(owner.post("/account", name="", locale="xx"))) == {"name", "locale"}
    assert leads_to(owner.post("/account", name="Ana Popescu", locale="ro")) == "/account?notice=saved"
    assert "Salvat." in owner.page("/account?notice=saved")
    wrong = owner.post("/account/password", old="not it", password="short")
    assert set(errors_of(wrong)) == {"password"}
    assert set(errors_of(owner.post("/account/password", old="not it", password="a new password"))) == {"old"}
    done = owner.post("/account/password", old=PASSWORD, password="a new password")
    assert leads_to(done) == "/account?notice=password_changed_others_out"
    assert "Ana Popescu" in owner.page("/account")
