"""The login of 1C."""

from __future__ import annotations

import pytest

from chalicelib.identity import machines
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import TooMany
from chalicelib.kernel.ids import new_tenant_id
from chalicelib.storage import keys
from chalicelib.storage.session import Session, open_directory


@pytest.fixture
def directory(tables: None) -> Session:
    return open_directory()


def test_a_machine_signs_in_with_the_password_that_was_shown_once(directory: Session) -> None:
    tenant = new_tenant_id()
    assert machines.find(directory, tenant) is None
    login, password = machines.rotate(directory, tenant, now=utc_now())
    assert len(password) >= 20
    assert machines.check(directory, login, password, now=utc_now()) == tenant
    found = machines.find(directory, tenant)
    assert found is not None
    assert found.login == login
    record = directory.get(keys.machine_login(login))
    assert record is not None
    assert password not in str(record.data)


def test_a_new_password_ends_the_old_one_and_keeps_the_login(directory: Session) -> None:
    tenant = new_tenant_id()
    login, old = machines.rotate(directory, tenant, now=utc_now())
    again, new = machines.rotate(directory, tenant, now=utc_now())
    assert again == login
    assert machines.check(directory, login, old, now=utc_now()) is None
    assert machines.check(directory, login, new, now=utc_now()) == tenant


def test_wrong_logins_and_passwords_open_nothing(directory: Session) -> None:
    login, password = machines.rotate(directory, new_tenant_id(), now=utc_now())
    other, _ = machines.rotate(directory, new_tenant_id(), now=utc_now())
    for wrong in ((login, ""), (other, password), ("", password), ("1c-nobody", password), (login, password + " ")):
        assert machines.check(directory, *wrong, now=utc_now()) is None


def test_guessing_ends_after_twenty_failures_and_the_right_password_still_works(directory: Session) -> None:
    tenant = new_tenant_id()
    login, password = machines.rotate(directory, tenant, now=utc_now())
    for number in range(20):
        assert machines.check(directory, login, f"guess {number}", now=utc_now()) is None
    with pytest.raises(TooMany):
        machines.check(directory, login, "one more", now=utc_now())
    assert machines.check(directory, login, password, now=utc_now()) == tenant
