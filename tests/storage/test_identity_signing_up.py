"""A manufacturer signs up: one tenant, whoever interrupts, whoever tries first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.gateways.mail import Mail
from chalicelib.identity import mails, store
from chalicelib.identity.actions import signing_in, signing_up
from chalicelib.identity.desk import Desk
from chalicelib.identity.model import Admitted, CodeWanted, ConfirmationWanted
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Invalid, Refused, TooMany, Unauthenticated
from chalicelib.storage import keys, session
from chalicelib.storage.session import open_directory, open_tenant
from chalicelib.tenancy.store import load_settings
from tests.storage.identity_world import (
    CODE,
    COMPANY,
    PASSWORD,
    TOTP,
    asked_for_code,
    confirmed,
    fake,
    form,
    founded,
    is_alive,
    new_desk,
    new_email,
    person,
    somebody,
)


@pytest.fixture
def desk(tables: None) -> Desk:
    return new_desk()


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    sent: list[Mail] = []
    monkeypatch.setattr(mails, "send", sent.append)
    return sent


def test_signing_up_makes_a_tenant_its_owner_and_a_session(desk: Desk) -> None:
    email = new_email()
    owner = person(founded(desk, email).cookie)
    assert (owner.email, owner.role, owner.tenant_name, owner.party_id) == (email, Role.OWNER, "Окна Север", None)
    db = open_tenant(owner.tenant_id)
    settings = load_settings(db)
    assert (settings.tax_id, settings.currency, settings.time_zone) == ("7707083893", "RUB", "Europe/Moscow")
    assert open_directory().get(keys.tenant_entry(owner.tenant_id)) is not None
    assert [one.tenant_id for one in store.memberships(desk.directory, email)] == [owner.tenant_id]
    deeds = {record.data["action"] for record in db.query_all(keys.audit(db.tenant_id, f"user/{owner.user_id}"))}
    assert deeds == {"tenant_founded", "signed_in"}


def test_nothing_that_waits_is_left_behind_after_the_code_came(desk: Desk) -> None:
    email = new_email()
    step = asked_for_code(desk, form(email))
    sub = fake(desk).pool[email].sub
    assert store.load_sign_up(desk.directory, sub) is not None
    confirmed(desk, step)
    assert store.load_sign_up(desk.directory, sub) is None
    assert store.load_step(desk.directory, step) is None


def test_the_same_form_sent_twice_founds_one_tenant(desk: Desk) -> None:
    email = new_email()
    asked_for_code(desk, form(email, once="same-form-0000000"))
    confirmed(desk, asked_for_code(desk, form(email, once="same-form-0000000")))
    again = signing_up.sign_up(desk, form(email, once="same-form-0000000"), visitor=somebody(), now=utc_now())
    assert isinstance(again, Admitted)
    assert len(store.memberships(desk.directory, email)) == 1


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_sign_up_cut_short_anywhere_is_finished_by_signing_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """The process dies before its n-th transaction, counted from the code on."""
    email = new_email()
    step = asked_for_code(desk, form(email))
    written = 0
    commit = session.Session.commit

    def dying(self: session.Session, writes: Any) -> None:
        nonlocal written
        written += 1
        if written == cut:
            raise KeyboardInterrupt
        commit(self, writes)

    monkeypatch.setattr(session.Session, "commit", dying)
    try:
        confirmed(desk, step)
        finished = True
    except KeyboardInterrupt:
        finished = False
    monkeypatch.setattr(session.Session, "commit", commit)
    if not finished:
        # The browser is closed; the person comes back with what it knows: e-mail and password, or the code's mail.
        if fake(desk).pool[email].status == "UNCONFIRMED":
            confirmed(desk, step)
        entry = signing_in.sign_in(desk, email=email, password=PASSWORD, then="/", visitor=somebody(), now=utc_now())
        assert isinstance(entry, Admitted)
        assert person(entry.cookie).role is Role.OWNER
    known = store.memberships(desk.directory, email)
    assert len(known) == 1
    assert [store.user_of(row).email for row in store.staff(open_tenant(known[0].tenant_id))] == [email]


def test_a_wrong_code_founds_nothing(desk: Desk) -> None:
    email = new_email()
    step = asked_for_code(desk, form(email))
    with pytest.raises(Invalid) as refusal:
        confirmed(desk, step, code="000000")
    assert refusal.value.fields["code"].code == "code_wrong"
    assert store.memberships(desk.directory, email) == []


def test_in_another_browser_the_code_comes_with_a_password_of_its_own(desk: Desk) -> None:
    email = new_email()
    asked_for_code(desk, form(email))
    with pytest.raises(Invalid) as refusal:
        confirmed(desk, "", email=email)
    assert "password" in refusal.value.fields
    entry = confirmed(desk, "", email=email, password="another good one")
    assert person(entry.cookie).tenant_name == "Окна Север"
    assert fake(desk).pool[email].password == "another good one"


def test_whoever_signs_up_with_a_strangers_address_never_gets_in(desk: Desk) -> None:
    """A stranger signs up with somebody's e-mail before, and again after that person did."""
    email = new_email()
    theirs = form(email, password="strangers password", company=replace(COMPANY, name="Чужая"))
    stranger = asked_for_code(desk, theirs)
    mine = asked_for_code(desk, form(email))
    stranger_again = asked_for_code(desk, theirs)
    with pytest.raises(Invalid) as refusal:
        confirmed(desk, mine)  # the code in the mailbox is of the stranger's last sign-up
    assert refusal.value.fields["password"].code == "password_anew"
    entry = confirmed(desk, mine, password="mine and mine alone")
    assert person(entry.cookie).tenant_name == "Окна Север"
    signing_in.sign_in(desk, email=email, password="mine and mine alone", then="/", visitor=somebody(), now=utc_now())
    assert len(store.memberships(desk.directory, email)) == 1, "nothing of the stranger's is founded later"
    assert fake(desk).pool[email].password == "mine and mine alone"
    for step in (stranger, stranger_again):
        with pytest.raises((Invalid, Refused)):
            confirmed(desk, step)
    with pytest.raises(Unauthenticated):
        signing_in.sign_in(
            desk, email=email, password="strangers password", then="/", visitor=somebody(), now=utc_now()
        )


def test_a_login_founds_one_more_company_with_its_own_password(desk: Desk) -> None:
    email = new_email()
    first = person(founded(desk, email).cookie)
    entry = signing_up.sign_up(desk, form(email), visitor=somebody(), now=utc_now())
    assert isinstance(entry, Admitted)
    second = person(entry.cookie)
    assert second.tenant_id != first.tenant_id
    assert second.many_tenants


def test_one_more_company_asks_for_the_totp_code_where_one_is_set_up(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    fake(desk).pool[email].totp = True
    entry = signing_up.sign_up(desk, form(email), visitor=somebody(), now=utc_now())
    assert isinstance(entry, CodeWanted)
    assert len(store.memberships(desk.directory, email)) == 1
    admitted = signing_in.answer_code(desk, step_secret=entry.step, code=TOTP, visitor=somebody(), now=utc_now())
    assert person(admitted.cookie).role is Role.OWNER
    assert len(store.memberships(desk.directory, email)) == 2


def test_a_sign_up_does_not_tell_that_an_email_has_a_login(desk: Desk, outbox: list[Mail]) -> None:
    email = new_email()
    founded(desk, email)
    entry = signing_up.sign_up(desk, form(email, password="a wrong password"), visitor=somebody(), now=utc_now())
    assert isinstance(entry, ConfirmationWanted), "as for an e-mail that nobody has"
    assert [(mail.to, mail.subject) for mail in outbox] == [(email, "У вас уже есть вход")]
    for code in (CODE, "000000"):
        with pytest.raises(Invalid) as refusal:
            confirmed(desk, entry.step, code=code, password="a wrong password")
        assert refusal.value.fields["code"].code == "code_wrong"
    with pytest.raises(Invalid) as elsewhere:
        confirmed(desk, "", email=email, password="a wrong password")
    with pytest.raises(Invalid) as nobody:
        confirmed(desk, "", email=new_email(), password="a wrong password")
    assert elsewhere.value.fields == nobody.value.fields


def test_a_code_sent_again_needs_no_second_sign_up(desk: Desk) -> None:
    email = new_email()
    step = asked_for_code(desk, form(email))
    signing_up.resend_code(desk, email=email, visitor=somebody(), now=utc_now())
    signing_up.resend_code(desk, email=new_email(), visitor=somebody(), now=utc_now())
    assert fake(desk).mailed == [(email, "code"), (email, "code")]
    assert is_alive(confirmed(desk, step).cookie)


def test_sign_ups_of_one_address_are_limited(desk: Desk) -> None:
    email, now = new_email(), utc_now()
    for _ in range(5):
        signing_up.sign_up(desk, form(email), visitor=somebody(), now=now)
    with pytest.raises(TooMany) as refusal:
        signing_up.sign_up(desk, form(email), visitor=somebody(), now=now)
    assert 0 < refusal.value.retry_after <= 3600
    signing_up.sign_up(desk, form(email), visitor=somebody(), now=now + timedelta(hours=1))
