"""Invitations, roles, and who no longer belongs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.gateways.mail import Mail
from chalicelib.http.sessions import SignedIn
from chalicelib.identity import jobs, mails, store
from chalicelib.identity.actions import inviting, people, signing_in
from chalicelib.identity.actions.inviting import token_of
from chalicelib.identity.desk import Desk
from chalicelib.identity.model import Admitted, CodeWanted, Invitation
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Forbidden, Invalid, KontorError, NotFound, Refused, Unauthenticated
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import fingerprint, new_id, new_tenant_id
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession, open_tenant
from tests.storage.identity_world import (
    PASSWORD,
    TOTP,
    fake,
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
def owner(desk: Desk) -> SignedIn:
    return person(founded(desk, new_email()).cookie)


@pytest.fixture
def db(owner: SignedIn) -> TenantSession:
    return open_tenant(owner.tenant_id)


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    sent: list[Mail] = []
    monkeypatch.setattr(mails, "send", sent.append)
    return sent


def invited(db: TenantSession, actor: Actor, email: str, role: Role = Role.ACCOUNTANT) -> tuple[Invitation, str]:
    """A staff invitation and a token that opens it."""
    invitation = people.invite_staff(db, actor, email=email, name="Пётр", role=role, locale="ru", now=utc_now())
    return invitation, opened_by(db, invitation)


def opened_by(db: TenantSession, invitation: Invitation) -> str:
    record = store.invitation_record(db, invitation.id, invitation.party_id)
    known = store.invitation_of(record)
    digests = (*known.digests, fingerprint("secret"))
    db.commit([store.invitation_put(db.tenant_id, replace(known, digests=digests), record.version)])
    return token_of(db.tenant_id, invitation, "secret")


def accept(
    desk: Desk, token: str, *, password: str = PASSWORD, name: str = "Пётр Иванов", me: SignedIn | None = None
) -> Admitted | CodeWanted:
    entry = inviting.accept(
        desk, token, name=name, password=password, person=me, locale="ru", visitor=somebody(), now=utc_now()
    )
    assert isinstance(entry, Admitted | CodeWanted)
    return entry


def joined(desk: Desk, db: TenantSession, actor: Actor, email: str, role: Role = Role.ACCOUNTANT) -> str:
    """The session cookie of a new colleague."""
    entry = accept(desk, invited(db, actor, email, role)[1])
    assert isinstance(entry, Admitted)
    return entry.cookie


def test_a_new_person_joins_with_a_name_and_a_password(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    email = new_email()
    colleague = person(joined(desk, db, owner.actor, email))
    assert (colleague.tenant_id, colleague.role, colleague.name) == (owner.tenant_id, Role.ACCOUNTANT, "Пётр Иванов")
    staff = people.list_staff(db)
    assert {user.email for user in staff.people} == {owner.email, email}
    assert staff.invitations == ()


def test_a_dealers_person_joins_with_party_and_contract(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    invitation, writes = inviting.invite(
        db.tenant_id,
        owner.actor,
        email=new_email(),
        name="",
        role=Role.DEALER_BUYER,
        locale="ro",
        now=utc_now(),
        party_id="party1",
        party_name="Stejar SRL",
        contract_id="contract1",
        contract_label="14/2026",
    )
    db.commit(writes)
    entry = accept(desk, opened_by(db, invitation))
    assert isinstance(entry, Admitted)
    buyer = person(entry.cookie)
    assert (buyer.party_id, buyer.party_name, buyer.contract_id, buyer.contract_label) == (
        "party1",
        "Stejar SRL",
        "contract1",
        "14/2026",
    )
    assert buyer.actor.is_dealer
    assert store.load_user(db, buyer.user_id, "party1").email == invitation.email
    with pytest.raises(NotFound):
        store.load_user(db, buyer.user_id)


def test_an_existing_login_joins_with_its_own_password_and_then_belongs_to_both(
    desk: Desk, db: TenantSession, owner: SignedIn
) -> None:
    email = new_email()
    founded(desk, email)
    _, token = invited(db, owner.actor, email)
    assert inviting.open_invitation(desk, token, utc_now()).has_login
    with pytest.raises(Unauthenticated):
        accept(desk, token, password="not the password")
    entry = accept(desk, token)
    assert isinstance(entry, Admitted)
    assert person(entry.cookie).many_tenants
    assert len(store.memberships(desk.directory, email)) == 2


def test_an_existing_login_with_totp_joins_after_its_code(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    email = new_email()
    founded(desk, email)
    fake(desk).pool[email].totp = True
    entry = accept(desk, invited(db, owner.actor, email)[1])
    assert isinstance(entry, CodeWanted)
    admitted = signing_in.answer_code(desk, step_secret=entry.step, code=TOTP, visitor=somebody(), now=utc_now())
    assert person(admitted.cookie).tenant_id == owner.tenant_id


def test_who_is_signed_in_with_the_invited_email_joins_at_once_and_nobody_else(
    desk: Desk, db: TenantSession, owner: SignedIn
) -> None:
    email = new_email()
    me = person(founded(desk, email).cookie)
    _, token = invited(db, owner.actor, email)
    with pytest.raises(Invalid):
        accept(desk, token, password="", me=owner)
    entry = accept(desk, token, password="", me=me)
    assert isinstance(entry, Admitted)
    assert person(entry.cookie).tenant_id == owner.tenant_id


def test_the_link_takes_over_a_login_that_a_stranger_made_and_never_confirmed(
    desk: Desk, db: TenantSession, owner: SignedIn
) -> None:
    email = new_email()
    fake(desk).sign_up(email, "strangers password")
    joined(desk, db, owner.actor, email)
    assert fake(desk).pool[email].password == PASSWORD


def test_what_is_wrong_with_the_acceptance_is_named_by_field(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    _, token = invited(db, owner.actor, new_email())
    with pytest.raises(Invalid) as refusal:
        accept(desk, token, name="", password="short")
    assert set(refusal.value.fields) == {"name", "password"}


def test_an_accepted_invitation_says_so_and_opens_nothing_again(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    email = new_email()
    _, token = invited(db, owner.actor, email)
    accept(desk, token)
    with pytest.raises(Refused, match="invitation_accepted"):
        accept(desk, token)
    with pytest.raises(Refused, match="invitation_accepted"):
        inviting.open_invitation(desk, token, utc_now())
    assert len(store.memberships(desk.directory, email)) == 1


def test_damaged_foreign_withdrawn_and_expired_links_are_all_gone(
    desk: Desk, db: TenantSession, owner: SignedIn
) -> None:
    invitation, token = invited(db, owner.actor, new_email())
    tenant, party, number, _ = token.split(".")
    damaged = (
        "",
        "....",
        token[:-1],
        f"{tenant}.{party}.{number}.wrong",
        f"{tenant}.party1.{number}.secret",
        f"{new_tenant_id()}.{party}.{number}.secret",
        f"{tenant}.{party}.{new_id(utc_now())}.secret",
        f"{tenant}.{party}.{number}#.secret",
    )
    for wrong in damaged:
        with pytest.raises(NotFound) as refusal:
            inviting.open_invitation(desk, wrong, utc_now())
        assert refusal.value.code == "invitation_gone"
    with pytest.raises(NotFound):
        inviting.open_invitation(desk, token, utc_now() + timedelta(days=7))
    inviting.withdraw(db, owner.actor, invitation.id, party_id=None, now=utc_now())
    with pytest.raises(NotFound):
        accept(desk, token)


def test_an_email_is_one_person_or_one_invitation_of_a_tenant(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    email = new_email()
    invitation, _ = invited(db, owner.actor, email)
    for taken in (email, owner.email):
        with pytest.raises(Invalid) as refusal:
            invited(db, owner.actor, taken)
        assert refusal.value.fields["email"].code == "email_taken"
    inviting.withdraw(db, owner.actor, invitation.id, party_id=None, now=utc_now())
    joined(desk, db, owner.actor, email)


def test_an_invitation_of_a_dealer_cannot_be_touched_as_a_colleagues(
    desk: Desk, db: TenantSession, owner: SignedIn
) -> None:
    invitation, writes = inviting.invite(
        db.tenant_id, owner.actor, email=new_email(), name="", role=Role.DEALER_BUYER, locale="ru", now=utc_now(),
        party_id="party1", party_name="Дилер",
    )  # fmt: skip
    db.commit(writes)
    for other in (None, "party2"):
        with pytest.raises(NotFound):
            inviting.withdraw(db, owner.actor, invitation.id, party_id=other, now=utc_now())
        with pytest.raises(NotFound):
            inviting.invite_again(db, owner.actor, invitation.id, party_id=other, now=utc_now())
    inviting.withdraw(db, owner.actor, invitation.id, party_id="party1", now=utc_now())


def event_of(db: TenantSession, invitation: Invitation) -> Event:
    (record,) = db.query_all(keys.Partition(keys.Table.CORE, f"T#{db.tenant_id}#OUT#invitation/{invitation.id}"))
    return Event(
        id=record.data["id"],
        tenant_id=db.tenant_id,
        name=record.data["name"],
        aggregate=record.data["aggregate"],
        at=utc_now(),
        data=record.data["data"],
    )


def link_of(mail: Mail) -> str:
    address = next(word for word in mail.text.split() if "/invitation?" in word)
    return parse_qs(urlsplit(address).query)["token"][0]


def test_the_mail_carries_the_only_copy_of_the_secret(
    desk: Desk, db: TenantSession, owner: SignedIn, outbox: list[Mail]
) -> None:
    email = new_email()
    invitation = people.invite_staff(
        db, owner.actor, email=email, name="", role=Role.WAREHOUSE, locale="ro", now=utc_now()
    )
    event = event_of(db, invitation)
    assert dict(event.data) == {"invitation": invitation.id}, "no secret travels through the queues"
    jobs.HANDLERS[event.name](event, db, utc_now())
    (mail,) = outbox
    assert mail.to == email
    assert "Окна Север" in mail.subject
    assert "Depozitar" in mail.text
    token = link_of(mail)
    secret = token.rsplit(".", 1)[1]
    rows = [r.data for r in db.query_all(keys.staff_invitations(db.tenant_id))]
    assert secret not in str(rows)
    entry = accept(desk, token)
    assert isinstance(entry, Admitted)
    assert person(entry.cookie).role is Role.WAREHOUSE


def test_delivered_twice_the_invitation_is_mailed_twice_and_both_links_work(
    desk: Desk, db: TenantSession, owner: SignedIn, outbox: list[Mail]
) -> None:
    invitation = people.invite_staff(
        db, owner.actor, email=new_email(), name="", role=Role.WAREHOUSE, locale="ru", now=utc_now()
    )
    event = event_of(db, invitation)
    for _ in range(2):
        jobs.mail_invitation(event, db, utc_now())
    for mail in outbox:
        assert inviting.open_invitation(desk, link_of(mail), utc_now()).invitation.id == invitation.id


def test_a_withdrawn_invitation_is_not_mailed(db: TenantSession, owner: SignedIn, outbox: list[Mail]) -> None:
    invitation = people.invite_staff(
        db, owner.actor, email=new_email(), name="", role=Role.WAREHOUSE, locale="ru", now=utc_now()
    )
    event = event_of(db, invitation)
    inviting.withdraw(db, owner.actor, invitation.id, party_id=None, now=utc_now())
    jobs.mail_invitation(event, db, utc_now())
    assert outbox == []


def test_a_role_changes_at_once_in_open_sessions(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    cookie = joined(desk, db, owner.actor, new_email())
    colleague = person(cookie)
    people.change_role(desk, db, owner.actor, colleague.user_id, Role.SALES_MANAGER, now=utc_now())
    assert person(cookie).role is Role.SALES_MANAGER
    user, history = people.person_with_history(db, colleague.user_id)
    assert user.role is Role.SALES_MANAGER
    assert (history[0].action, history[0].by) == ("role_changed", owner.name)
    assert dict(history[0].detail) == {"before": "accountant", "after": "sales_manager"}


def test_a_colleague_never_becomes_a_dealers_person(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    colleague = person(joined(desk, db, owner.actor, new_email()))
    with pytest.raises(Invalid):
        people.change_role(desk, db, owner.actor, colleague.user_id, Role.DEALER_BUYER, now=utc_now())
    with pytest.raises(Invalid):
        invited(db, owner.actor, new_email(), Role.DEALER_BUYER)


def test_who_is_disabled_is_out_at_once_and_may_come_back(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    email = new_email()
    cookie = joined(desk, db, owner.actor, email)
    colleague = person(cookie)
    for _ in range(2):  # the same button pressed twice
        people.disable(desk, db, owner.actor, colleague.user_id, now=utc_now())
    assert not is_alive(cookie)
    with pytest.raises(Forbidden):
        signing_in.sign_in(desk, email=email, password=PASSWORD, then="/", visitor=somebody(), now=utc_now())
    people.enable(desk, db, owner.actor, colleague.user_id, now=utc_now())
    entry = signing_in.sign_in(desk, email=email, password=PASSWORD, then="/", visitor=somebody(), now=utc_now())
    assert isinstance(entry, Admitted)


def test_nobody_disables_themselves_or_leaves_the_tenant_without_an_owner(
    desk: Desk, db: TenantSession, owner: SignedIn
) -> None:
    with pytest.raises(Refused, match="not_yourself"):
        people.disable(desk, db, owner.actor, owner.user_id, now=utc_now())
    with pytest.raises(Refused, match="last_owner"):
        people.change_role(desk, db, owner.actor, owner.user_id, Role.WAREHOUSE, now=utc_now())


def test_two_owners_who_dismiss_each_other_at_once_leave_one(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    second = person(joined(desk, db, owner.actor, new_email(), Role.OWNER))

    def dismiss(pair: tuple[SignedIn, SignedIn]) -> str:
        mine = open_tenant(db.tenant_id)
        try:
            people.change_role(new_desk(), mine, pair[0].actor, pair[1].user_id, Role.WAREHOUSE, now=utc_now())
        except KontorError as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(dismiss, [(owner, second), (second, owner)]))
    owners = [user for user in people.list_staff(db).people if user.role is Role.OWNER]
    assert len(owners) == 1, told


def test_people_of_another_tenant_are_not_found(desk: Desk, db: TenantSession, owner: SignedIn) -> None:
    stranger = person(founded(desk, new_email()).cookie)
    for action in (people.disable, people.enable):
        with pytest.raises(NotFound):
            action(desk, db, owner.actor, stranger.user_id, now=utc_now())
    with pytest.raises(NotFound):
        people.person_with_history(db, stranger.user_id)
    assert store.load_user(open_tenant(stranger.tenant_id), stranger.user_id).active
