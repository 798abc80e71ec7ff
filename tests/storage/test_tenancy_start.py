"""The first steps are what the tenant really has done; settings keep their history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.ids import new_tenant_id
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network.model import DEALER, Party
from chalicelib.network.store import party_put
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession, TransactionRefused, open_tenant
from chalicelib.storage.writes import Put
from chalicelib.tenancy import actions, store
from chalicelib.tenancy.company import new_tenant
from tests.storage.identity_world import COMPANY

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FORM = {
    "company": "Двери Юг", "tax_id": "7707083893", "locale": "ru", "time_zone": "Europe/Moscow",
    "vat_rate": "20\n22 2026-01-01", "rounding_base": "row", "safety_stock": "0", "reserve_hours": "0",
    "news_days": "30",
    "order_prefix": "K-", "reminder_days": "0, 3, 7",
}  # fmt: skip


@pytest.fixture
def db(tables: None) -> TenantSession:
    session = open_tenant(new_tenant_id())
    session.commit([store.settings_write(new_tenant(session.tenant_id, COMPANY, NOW), version=0)])
    return session


def change(db: TenantSession, **typed: str) -> None:
    owner = Actor(tenant_id=db.tenant_id, user_id="u1", name="Анна", role=Role.OWNER)
    actions.change_settings(db, owner, FORM | typed, weekdays=["5", "6"], parse_number=parse_decimal, now=utc_now())


def test_a_new_tenant_has_everything_before_it(db: TenantSession) -> None:
    beginnings = store.load_beginnings(db)
    assert (beginnings.connected, beginnings.has_catalogue, beginnings.has_dealer) == (False, False, False)
    assert not beginnings.ready


def test_each_step_is_done_when_its_thing_exists(db: TenantSession) -> None:
    settings = store.load_settings(db)
    db.commit([store.settings_write(replace(settings, connected_at=NOW))])
    assert store.load_beginnings(db).connected
    db.commit([Put(key=keys.snapshot_current(db.tenant_id), kind="snapshot", data={})])
    assert store.load_beginnings(db).has_catalogue
    db.commit([party_put(db.tenant_id, Party(id="p1", name="Светлый дом", created=NOW, kind=DEALER), 0)])
    assert store.load_beginnings(db).ready


def test_the_first_steps_cost_two_round_trips_and_one_when_a_dealer_is_known(db: TenantSession) -> None:
    before = db.usage.calls
    assert not store.load_beginnings(db).has_dealer
    assert db.usage.calls - before == 2
    assert store.load_beginnings(db, has_dealer=True).has_dealer
    assert db.usage.calls - before == 3


def test_changed_settings_say_before_and_after_in_the_audit(db: TenantSession) -> None:
    change(db)
    change(db)  # the same form again
    entries = list(db.query_all(keys.audit(db.tenant_id, "tenant")))
    assert [dict(entry.data["detail"]) for entry in entries] == [{"name": "Окна Север → Двери Юг"}]
    assert entries[0].data["actor"] == "u1"


def test_wrong_settings_change_nothing(db: TenantSession) -> None:
    with pytest.raises(Invalid):
        change(db, vat_rate="x")
    assert store.load_settings(db).name == "Окна Север"


def test_settings_written_meanwhile_are_not_overwritten(db: TenantSession) -> None:
    record = store.settings_record(db)
    change(db)
    with pytest.raises(TransactionRefused):
        db.commit([store.settings_write(store.settings_of(record), record.version)])


def test_a_tenant_that_is_gone_is_not_found(tables: None) -> None:
    nobody = open_tenant(new_tenant_id())
    for load in (store.load_settings, store.load_beginnings):
        with pytest.raises(NotFound):
            load(nobody)
