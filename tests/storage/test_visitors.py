"""What a request costs whose cookie leads nowhere: no role is assumed for it, and at most one read is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.exchange.actions import sessions as exchange_sessions
from chalicelib.gateways.settings import settings
from chalicelib.http import sessions
from chalicelib.identity.actions import inviting
from chalicelib.identity.desk import desk
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import new_secret, new_tenant_id
from chalicelib.kernel.recent import Recent
from chalicelib.storage import credentials, keys
from chalicelib.storage.session import Session, open_directory, open_tenant
from chalicelib.storage.writes import Put

_NOBODY = "t" + "0" * 11


@dataclass
class Bill:
    """What was asked of AWS."""

    roles: list[str] = field(default_factory=list)
    reads: int = 0

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        self.roles.append(asked["RoleSessionName"])
        keys = {"AccessKeyId": "test", "SecretAccessKey": "test", "SessionToken": "test"}
        return {"Credentials": keys | {"Expiration": utc_now() + timedelta(hours=1)}}


@pytest.fixture
def bill(tables: None, monkeypatch: pytest.MonkeyPatch) -> Bill:
    """As in the cloud: a tenant's tables are reached through a role."""
    bill = Bill()
    stage = replace(settings(), tenant_role_arn="arn:aws:iam::000000000000:role/kontor-test-tenant")
    monkeypatch.setattr(credentials, "settings", lambda: stage)
    monkeypatch.setattr(credentials, "client", lambda _: bill)
    monkeypatch.setattr(credentials, "_cache", Recent(8))
    run = Session._run

    def counted(session: Session, call: Callable[[], Any]) -> Any:
        bill.reads += 1
        return run(session, call)

    monkeypatch.setattr(Session, "_run", counted)
    return bill


def _signed_in(bill: Bill) -> str:
    """The cookie of somebody who is signed in."""
    tenant_id = new_tenant_id()
    open_directory().commit([Put(key=keys.tenant_entry(tenant_id), kind="tenant", data={})])
    person = sessions.SignedIn(
        tenant_id=tenant_id, tenant_name="Окна", currency="RUB", time_zone="UTC", user_id="u", name="Анна",
        email="a@example.org", locale="ru", role=Role.OWNER,
    )  # fmt: skip
    cookie = sessions.start(open_tenant(tenant_id), person, now=utc_now(), agent="test")
    bill.reads, bill.roles = 0, []
    return cookie


@pytest.mark.parametrize(
    "cookie",
    ["", ".", "nonsense", f"t0.{'x' * 43}", f"{_NOBODY}.short", f"{_NOBODY}.{'я' * 43}", f"T#{_NOBODY}.{'x' * 43}"],
)
def test_a_malformed_cookie_costs_nothing(bill: Bill, cookie: str) -> None:
    assert sessions.resume(cookie, now=utc_now()) is None
    assert (bill.reads, bill.roles) == (0, [])


def test_a_cookie_of_a_tenant_that_never_was_costs_one_read_and_no_role(bill: Bill) -> None:
    cookie = f"{new_tenant_id()}.{new_secret()}"
    for times in (1, 2):
        assert sessions.resume(cookie, now=utc_now()) is None
        assert (bill.reads, bill.roles) == (times, [])


def test_a_cookie_of_a_session_that_has_ended_costs_one_read(bill: Bill) -> None:
    cookie = _signed_in(bill)
    tenant_id = cookie.partition(".")[0]
    assert sessions.resume(f"{tenant_id}.{new_secret()}", now=utc_now()) is None
    assert (bill.reads, bill.roles) == (1, [])


def test_a_signed_in_request_costs_one_read_and_one_more_where_the_tenant_is_seen_first(bill: Bill) -> None:
    cookie = _signed_in(bill)
    assert sessions.resume(cookie, now=utc_now()) is not None
    assert (bill.reads, bill.roles) == (1, [])
    credentials._cache.clear()  # another process
    assert sessions.resume(cookie, now=utc_now()) is not None
    assert (bill.reads, bill.roles) == (3, [cookie.partition(".")[0]])


def test_neither_1cs_cookie_nor_an_invitation_of_a_made_up_tenant_assumes_a_role(bill: Bill) -> None:
    tenant_id = new_tenant_id()
    assert exchange_sessions.resume(f"{tenant_id}.{new_secret()}") is None
    with pytest.raises(NotFound):
        inviting.open_invitation(desk(), f"{tenant_id}.staff.{'0' * 20}.{new_secret()}", utc_now())
    assert (bill.reads, bill.roles) == (2, [])
