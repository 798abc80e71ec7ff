"""Signing in, guessing, codes, recovery, switching, sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.http import sessions
from chalicelib.identity import store
from chalicelib.identity.actions import account, recovery, signing_in
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import Admitted, CodeWanted
from chalicelib.identity.throttle import GUESSES_FROM, Limit, forget, give_back, take
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Forbidden, Invalid, NotFound, Refused, TooMany, Unauthenticated
from chalicelib.storage import keys
from chalicelib.storage.session import open_directory, open_tenant
from tests.storage.identity_world import (
    CODE,
    PASSWORD,
    TOTP,
    asked_for_code,
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


def sign_in(desk: Desk, email: str, password: str = PASSWORD, visitor: Visitor | None = None) -> Admitted:
    visitor = visitor or somebody()
    entry = signing_in.sign_in(desk, email=email, password=password, then="/orders", visitor=visitor, now=utc_now())
    assert isinstance(entry, Admitted)
    return entry


def test_a_right_password_opens_a_session_and_leads_where_one_wanted(desk: Desk) -> None:
    email = new_email()
    first = founded(desk, email).cookie
    entry = sign_in(desk, email)
    assert entry.then == "/orders"
    assert person(entry.cookie).email == email
    assert entry.cookie != first, "a new secret each time"


def test_wrong_password_unknown_and_unconfirmed_logins_are_refused_alike(desk: Desk) -> None:
    known, unconfirmed = new_email(), new_email()
    founded(desk, known)
    asked_for_code(desk, form(unconfirmed))
    told = []
    for email, password in ((known, "not the password"), (new_email(), PASSWORD), (unconfirmed, PASSWORD)):
        with pytest.raises(Unauthenticated) as refusal:
            sign_in(desk, email, password)
        told.append((refusal.value.code, refusal.value.params))
    assert told == [("sign_in_failed", {})] * 3


def test_after_ten_failures_even_the_right_password_waits_but_open_sessions_live_on(desk: Desk) -> None:
    email = new_email()
    open_session = founded(desk, email).cookie
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            sign_in(desk, email, "a guess")
    with pytest.raises(TooMany) as refusal:
        sign_in(desk, email)
    assert 0 < refusal.value.retry_after <= 900
    assert is_alive(open_session)


def test_strangers_who_guess_do_not_lock_the_owner_out_of_a_known_browser(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    mine = replace(somebody(), device="a secret of my browser")
    sign_in(desk, email, visitor=mine)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            sign_in(desk, email, "a guess")
    for stranger in (somebody(), replace(somebody(), device="made up")):
        with pytest.raises(TooMany):
            sign_in(desk, email, visitor=stranger)
    sign_in(desk, email, visitor=mine)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            sign_in(desk, email, "a guess", mine)
    with pytest.raises(TooMany):
        sign_in(desk, email, visitor=mine)


def test_a_success_forgets_the_failures(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(Unauthenticated):
                sign_in(desk, email, "a typo")
        sign_in(desk, email)


def test_parallel_guesses_are_counted_one_by_one(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    before = fake(desk).sign_ins

    def guess(_: int) -> None:
        mine = Desk(directory=open_directory(), logins=desk.logins)
        with pytest.raises((Unauthenticated, TooMany)):
            sign_in(mine, email, "a guess", Visitor(address=new_email(), agent=""))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(40)))
    assert fake(desk).sign_ins - before <= 10


def test_at_most_so_many_attempts_lie_in_any_span(desk: Desk) -> None:
    limit, now = Limit(scope=new_email(), most=4, span=timedelta(minutes=15)), utc_now()
    granted = []
    for minute in range(60):
        moment = now + timedelta(minutes=minute)
        with suppress(TooMany):
            take(desk.directory, limit, "someone", moment)
            granted.append(minute)
    assert all(later - earlier >= 15 for earlier, later in zip(granted, granted[4:], strict=False))
    assert len(granted) == 16


def test_an_attempt_given_back_leaves_room_for_exactly_one(desk: Desk) -> None:
    limit, now = Limit(scope=new_email(), most=2, span=timedelta(minutes=15)), utc_now()
    second = now + timedelta(seconds=1)
    take(desk.directory, limit, "someone", now)
    take(desk.directory, limit, "someone", second)
    give_back(desk.directory, limit, "someone", second)
    take(desk.directory, limit, "someone", second)
    with pytest.raises(TooMany) as refusal:
        take(desk.directory, limit, "someone", second)
    assert refusal.value.retry_after == 15 * 60 - 1
    take(desk.directory, limit, "someone else", second)
    forget(desk.directory, limit, "someone", second)
    take(desk.directory, limit, "someone", second)


def test_many_people_sign_in_from_one_office(desk: Desk) -> None:
    email, office = new_email(), Visitor(address=new_email(), agent="")
    founded(desk, email)
    take_all = replace(GUESSES_FROM, most=2)
    for _ in range(4):
        sign_in(desk, email, visitor=office)
    take(desk.directory, take_all, office.address, utc_now())


def test_a_login_that_belongs_nowhere_is_told_so_after_its_password_only(desk: Desk) -> None:
    email = new_email()
    fake(desk).create_confirmed(email, PASSWORD)
    with pytest.raises(Forbidden) as refusal:
        sign_in(desk, email)
    assert refusal.value.code == "no_membership"


def test_totp_is_asked_after_the_password_and_wrong_codes_are_limited(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    fake(desk).pool[email].totp = True
    entry = signing_in.sign_in(desk, email=email, password=PASSWORD, then="/", visitor=somebody(), now=utc_now())
    assert isinstance(entry, CodeWanted)
    for _ in range(9):
        with pytest.raises(Invalid):
            signing_in.answer_code(desk, step_secret=entry.step, code="000000", visitor=somebody(), now=utc_now())
    with pytest.raises(TooMany):
        signing_in.answer_code(desk, step_secret=entry.step, code=TOTP, visitor=somebody(), now=utc_now())


def test_the_right_code_opens_the_session_once(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    fake(desk).pool[email].totp = True
    entry = signing_in.sign_in(desk, email=email, password=PASSWORD, then="/cart", visitor=somebody(), now=utc_now())
    assert isinstance(entry, CodeWanted)
    admitted = signing_in.answer_code(desk, step_secret=entry.step, code=TOTP, visitor=somebody(), now=utc_now())
    assert admitted.then == "/cart"
    for step in (entry.step, "", "made up"):
        with pytest.raises(Unauthenticated):
            signing_in.answer_code(desk, step_secret=step, code=TOTP, visitor=somebody(), now=utc_now())


def test_the_session_opens_where_the_login_was_last(desk: Desk) -> None:
    email = new_email()
    first = person(founded(desk, email).cookie)
    second = person(sign_up_again(desk, email))
    assert person(sign_in(desk, email).cookie).tenant_id == second.tenant_id
    cookie = sign_in(desk, email).cookie
    switched = switch(desk, cookie, (first.tenant_id, first.user_id))
    assert person(switched).tenant_id == first.tenant_id
    assert not is_alive(cookie), "the session that was left has ended"
    assert person(sign_in(desk, email).cookie).tenant_id == first.tenant_id


def test_nobody_switches_to_where_the_login_does_not_belong(desk: Desk) -> None:
    email = new_email()
    cookie = founded(desk, email).cookie
    stranger = person(founded(desk, new_email()).cookie)
    mine = person(cookie)
    for to in ((stranger.tenant_id, stranger.user_id), (stranger.tenant_id, mine.user_id), ("", "")):
        with pytest.raises(NotFound):
            switch(desk, cookie, to)
    assert is_alive(cookie)


def test_recovery_sets_a_password_and_ends_every_session_in_every_tenant(desk: Desk) -> None:
    email = new_email()
    cookies = [founded(desk, email).cookie, sign_up_again(desk, email)]
    step = recovery.ask_recovery(desk, email=email, visitor=somebody(), now=utc_now())
    assert recovery.asked_email(desk, step) == email
    reset(desk, email, step=step, password="a new password")
    assert not any(is_alive(cookie) for cookie in cookies)
    sign_in(desk, email, "a new password")
    with pytest.raises(Unauthenticated):
        sign_in(desk, email)


def test_recovery_answers_the_same_for_an_email_without_a_login(desk: Desk) -> None:
    nobody = new_email()
    assert recovery.ask_recovery(desk, email=nobody, visitor=somebody(), now=utc_now())
    with pytest.raises(Invalid) as refusal:
        reset(desk, nobody, password="a new password")
    assert set(refusal.value.fields) == {"code"}
    assert fake(desk).mailed == []


def test_recovery_names_every_wrong_field_at_once(desk: Desk) -> None:
    with pytest.raises(Invalid) as refusal:
        reset(desk, new_email(), code="", password="short")
    assert set(refusal.value.fields) == {"code", "password"}


def test_codes_are_mailed_five_times_an_hour_at_most(desk: Desk) -> None:
    email = new_email()
    founded(desk, email)
    for number in range(5):
        recovery.ask_recovery(desk, email=email, visitor=Visitor(address=f"{email}{number}", agent=""), now=utc_now())
    with pytest.raises(TooMany):
        recovery.ask_recovery(desk, email=email, visitor=somebody(), now=utc_now())


def test_a_changed_password_ends_the_other_sessions_only(desk: Desk) -> None:
    email = new_email()
    mine, other = founded(desk, email).cookie, sign_in(desk, email).cookie
    session = resumed(mine)
    with pytest.raises(Invalid) as refusal:
        account.change_password(desk, session, old="wrong", new="a new password", visitor=somebody(), now=utc_now())
    assert set(refusal.value.fields) == {"old"}
    account.change_password(desk, session, old=PASSWORD, new="a new password", visitor=somebody(), now=utc_now())
    assert is_alive(mine)
    assert not is_alive(other)


def test_totp_is_set_up_by_password_and_code_and_taken_away_by_both(desk: Desk) -> None:
    email = new_email()
    me = person(founded(desk, email).cookie)
    db = open_tenant(me.tenant_id)
    with pytest.raises(Invalid):
        account.start_totp(desk, email, password="wrong", visitor=somebody(), now=utc_now())
    setup = account.start_totp(desk, email, password=PASSWORD, visitor=somebody(), now=utc_now())
    for proof, code in ((setup.proof, "000000"), ("a stranger's", TOTP)):
        with pytest.raises(Invalid):
            account.finish_totp(desk, db, me, proof=proof, code=code, visitor=somebody(), now=utc_now())
    assert not account.has_totp(desk, email)
    account.finish_totp(desk, db, me, proof=setup.proof, code=TOTP, visitor=somebody(), now=utc_now())
    assert account.has_totp(desk, email)
    with pytest.raises(Refused):
        account.start_totp(desk, email, password=PASSWORD, visitor=somebody(), now=utc_now())
    with pytest.raises(Invalid):
        account.stop_totp(desk, db, me, password=PASSWORD, code="000000", visitor=somebody(), now=utc_now())
    account.stop_totp(desk, db, me, password=PASSWORD, code=TOTP, visitor=somebody(), now=utc_now())
    assert not account.has_totp(desk, email)


def test_the_profile_changes_in_every_open_session(desk: Desk) -> None:
    email = new_email()
    here, there = founded(desk, email).cookie, sign_in(desk, email).cookie
    me = person(here)
    account.change_profile(open_tenant(me.tenant_id), me, name="Ana Popescu", locale="ro", now=utc_now())
    assert [(person(c).name, person(c).locale) for c in (here, there)] == [("Ana Popescu", "ro")] * 2
    assert person(sign_in(desk, email).cookie).name == "Ana Popescu"


def test_one_ends_single_sessions_and_all_others_but_never_somebody_elses(desk: Desk) -> None:
    email = new_email()
    here, there, elsewhere = founded(desk, email).cookie, sign_in(desk, email).cookie, sign_in(desk, email).cookie
    me = person(here)
    db = open_tenant(me.tenant_id)
    strangers = founded(desk, new_email()).cookie
    account.end_session(db, me, resumed(strangers).digest, utc_now())
    assert is_alive(strangers)
    account.end_session(db, me, resumed(there).digest, utc_now())
    assert [is_alive(c) for c in (here, there, elsewhere)] == [True, False, True]
    account.end_other_sessions(db, resumed(here), utc_now())
    assert [is_alive(c) for c in (here, there, elsewhere)] == [True, False, False]


def test_a_session_that_ended_is_not_revived_by_a_late_change(desk: Desk) -> None:
    email = new_email()
    cookie = founded(desk, email).cookie
    session, me = resumed(cookie), person(cookie)
    db = open_tenant(me.tenant_id)
    sessions.revoke(db, me.user_id, session.digest)
    sessions.change(db, session, me)
    assert not is_alive(cookie)
    assert list(db.query_all(keys.user_sessions(me.tenant_id, me.user_id))) == []


def test_who_is_disabled_while_signing_in_stays_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person(founded(desk, new_email()).cookie)
    db = open_tenant(owner.tenant_id)
    email = new_email()
    person(founded(desk, email).cookie)
    from tests.storage.test_identity_people import joined

    clerk = person(joined(desk, db, owner.actor, email))
    start = sessions.start

    def disabled_meanwhile(*args: object, **options: object) -> str:
        cookie: str = start(*args, **options)  # type: ignore[arg-type]
        record = store.user_record(db, clerk.user_id, None)
        gone = store.user_of(record)
        db.commit([store.user_put(db.tenant_id, replace(gone, disabled_at=utc_now()), record.version)])
        return cookie

    monkeypatch.setattr(sessions, "start", disabled_meanwhile)
    entry = signing_in.sign_in(desk, email=email, password=PASSWORD, then="/", visitor=somebody(), now=utc_now())
    assert isinstance(entry, Admitted)
    assert person(entry.cookie).tenant_id != owner.tenant_id, "only the login's own company is left"


def sign_up_again(desk: Desk, email: str) -> str:
    from chalicelib.identity.actions import signing_up

    entry = signing_up.sign_up(desk, form(email), visitor=somebody(), now=utc_now())
    assert isinstance(entry, Admitted)
    return entry.cookie


def switch(desk: Desk, cookie: str, to: tuple[str, str]) -> str:
    session = resumed(cookie)
    db = open_tenant(session.person.tenant_id)
    return signing_in.switch(desk, db, session, to=to, visitor=somebody(), now=utc_now()).cookie


def reset(desk: Desk, email: str, *, step: str = "", code: str = CODE, password: str) -> None:
    recovery.reset_password(
        desk, step_secret=step, email=email, code=code, password=password, visitor=somebody(), now=utc_now()
    )


def resumed(cookie: str) -> sessions.WebSession:
    found = sessions.resume(cookie, now=utc_now())
    assert found is not None
    return found.session
