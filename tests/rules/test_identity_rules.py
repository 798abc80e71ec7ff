"""E-mails, passwords, where one goes on, devices, QR codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http.i18n import LOCALES, translator
from chalicelib.identity.actions.account import TotpSetup
from chalicelib.identity.devices import device_name
from chalicelib.identity.model import local_path, normal_email
from chalicelib.identity.passwords import PASSWORD_MIN, password_complaint
from chalicelib.identity.qr import qr_path
from chalicelib.kernel.access import Role
from chalicelib.kernel.errors import Invalid
from tests.support.tables import TemplateLoader

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Anna@Example.ORG ", "anna@example.org"),
        ("a.b+c@mail.stejar.md", "a.b+c@mail.stejar.md"),
        ("иван@example.org", "иван@example.org"),
    ],
)
def test_an_email_is_kept_in_lower_case(typed: str, normal: str) -> None:
    assert normal_email(typed) == normal


@pytest.mark.parametrize(
    "wrong",
    ["anna", "anna@", "@example.org", "anna@example", "an na@example.org", "anna@exa_mple.org", "a@b@example.org",
     "anna@-example.org", "anna..p@example.org", ".anna@example.org", "anna@example.org\nbcc: x@y.org",
     "a" * 250 + "@e.org"],
)  # fmt: skip
def test_what_cannot_be_an_email_is_named(wrong: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normal_email(wrong)
    assert refusal.value.fields["email"].code == "email_wrong"


def test_an_empty_email_is_asked_for() -> None:
    with pytest.raises(Invalid) as refusal:
        normal_email("  ")
    assert refusal.value.fields["email"].code == "required"


@pytest.mark.parametrize("password", ["correct horse battery", "пять слов и запятая", "Tr0ub4dor&3x", "~!@#$%^&*()"])
def test_any_long_password_will_do(password: str) -> None:
    assert password_complaint(password, "anna@example.org") is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "required"),
        ("123456789", "password_length"),
        ("x" * 257, "password_length"),
        ("aaaaaaaaaabb", "password_weak"),
        ("1234567890", "password_weak"),
        ("QwertyUiop", "password_weak"),
        ("йцукенгшщз", "password_weak"),
        ("anna.petrova@example.org", "password_weak"),
        ("Anna.Petrova", "password_weak"),
        ("anna.petrova2026!", "password_weak"),
    ],
)
def test_what_everybody_guesses_first_is_refused(password: str, code: str) -> None:
    complaint = password_complaint(password, "anna.petrova@example.org")
    assert complaint is not None
    assert complaint.code == code


def test_the_user_pool_asks_for_the_same_length_and_no_composition() -> None:
    template = yaml.load((ROOT / "infra" / "template.yaml").read_text("utf-8"), TemplateLoader)
    policy = template["Resources"]["UserPool"]["Properties"]["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == PASSWORD_MIN
    assert [name for name, value in policy.items() if name.startswith("Require") and value] == []


@given(st.text())
def test_one_goes_on_to_a_path_of_ours_only(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not re.search(r"[\x00-\x20]", path)


@pytest.mark.parametrize(
    "foreign", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/\t/evil.example", "/\nx"]
)
def test_a_foreign_address_becomes_the_start_page(foreign: str) -> None:
    assert local_path(foreign) == "/"


def test_a_path_with_its_query_is_kept() -> None:
    assert local_path("/orders?view=new&q=%D0%B4") == "/orders?view=new&q=%D0%B4"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 YaBrowser/25.10 Safari/537.36", "Yandex Browser · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Version/19 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox · Linux"),
        ("python-requests/2.34", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_as_a_person_would(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_the_qr_code_draws_what_an_authenticator_reads() -> None:
    address = TotpSetup(secret="JBSWY3DPEHPK3PXP", proof="").address("anna+1@example.org")
    assert address == "otpauth://totp/Kontor%3Aanna%2B1%40example.org?secret=JBSWY3DPEHPK3PXP&issuer=Kontor"
    path, size = qr_path(address)
    rows = segno.make(address, error="m", micro=False).matrix
    assert size == len(rows) + 8
    assert path.count("M") == sum(sum(row) for row in rows)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_role_has_a_name_and_every_deed_of_the_audit_a_text(locale: str) -> None:
    t = translator(locale)
    assert [role for role in Role if not t.has(f"identity.role.{role}")] == []
    deeds = set()
    for path in (ROOT / "chalicelib" / "identity").rglob("*.py"):
        source = path.read_text("utf-8")
        deeds |= set(re.findall(r"person_audit\(\s*[\w.]+,\s*[\w.]+,\s*\"(\w+)\"", source))
        deeds |= set(re.findall(r"end_sessions\([^)]*action=\"(\w+)\"", source))
    assert {"signed_in", "joined", "password_reset"} <= deeds
    assert [deed for deed in sorted(deeds) if not t.has(f"identity.did.{deed}")] == []
