"""Stock rows on real DynamoDB semantics: taking under contention, the ERP's messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.kernel.errors import KontorError
from chalicelib.kernel.ids import new_tenant_id
from chalicelib.stock import store
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.model import Level
from chalicelib.stock.moving import Move, counted, shipped, taken
from chalicelib.storage.session import TenantSession, TransactionRefused, open_tenant
from chalicelib.tenancy.model import StockKind

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
D = Decimal


@pytest.fixture
def db(tables: None) -> TenantSession:
    return open_tenant(new_tenant_id())


def _tell(
    db: TenantSession, quantities: dict[str, dict[str, str]], minutes: int = 0, **options: object
) -> tuple[int, int]:
    rows = [(sku, {name: D(q) for name, q in by.items()}) for sku, by in quantities.items()]
    as_of = NOW + timedelta(minutes=minutes)
    given = {"kind": StockKind.FREE, "as_of": as_of, "message_id": "m", "now": NOW, **options}
    applied = erp_levels(db, rows, **given)  # type: ignore[arg-type]
    return applied.changed, applied.unchanged


def _move(db: TenantSession, sku: str, moves: dict[str, Move], minutes: int = 0) -> None:
    """An order moves the SKU."""
    because = cause(Why.PLACED, NOW + timedelta(minutes=minutes), order_id="o", number="K-000001")
    db.commit([store.move(db.tenant_id, sku, moves, because)])


def _level(db: TenantSession, sku: str = "s") -> Level:
    return store.levels(db, [sku], consistent=True)[sku]


def test_a_first_message_makes_rows_and_the_same_one_again_changes_nothing(db: TenantSession) -> None:
    message = {f"s{i}": {"w1": "5.5", "[odd] 100%": "-1"} for i in range(130)}
    assert _tell(db, message) == (130, 0)
    assert _tell(db, message) == (0, 130)
    level = _level(db, "s7")
    assert level.warehouses["w1"].available == D("5.5")
    assert level.warehouses["[odd] 100%"].available == -1


def test_levels_of_unknown_skus_hold_nothing(db: TenantSession) -> None:
    assert _level(db, "nobody").available() == 0


def test_only_what_differs_is_written_and_a_new_warehouse_is_added(db: TenantSession) -> None:
    _tell(db, {"s": {"w1": "5"}, "other": {"w1": "1"}})
    assert _tell(db, {"s": {"w1": "5", "w2": "3"}, "other": {"w1": "1"}}, 1) == (1, 1)
    assert _level(db).available() == 8


def test_what_is_taken_is_no_longer_available_and_comes_back(db: TenantSession) -> None:
    _tell(db, {"s": {"w1": "5", "w2": "3"}})
    _move(db, "s", {"w1": taken(D(5)), "w2": taken(D(1))})
    assert _level(db).available() == 2
    back = {name: Move(allocated=-D(quantity)) for name, quantity in (("w1", 5), ("w2", 1))}
    _move(db, "s", back)
    assert _level(db).available() == 8


def test_taking_more_than_there_is_in_one_warehouse_is_refused_whole(db: TenantSession) -> None:
    _tell(db, {"s": {"w1": "5", "w2": "3"}})
    with pytest.raises(TransactionRefused) as refused:
        _move(db, "s", {"w1": taken(D(1)), "w2": taken(D(4))})
    ((_, record),) = refused.value.failures
    assert store.level_from(record, "s").available() == 8
    assert _level(db).available() == 8


def test_an_order_that_the_erp_has_counted_is_not_deducted_twice(db: TenantSession) -> None:
    _tell(db, {"s": {"w1": "10"}})
    _move(db, "s", {"w1": taken(D(4))})
    _move(db, "s", {"w1": counted(D(4))}, 5)
    _tell(db, {"s": {"w1": "6"}}, 10)
    assert _level(db).available() == 6
    left = shipped(D(4), known=True, reflected=False)
    _move(db, "s", {"w1": left}, 11)
    _tell(db, {"s": {"w1": "6"}}, 20)
    assert _level(db).available() == 6


def test_parallel_takes_never_oversell(db: TenantSession) -> None:
    _tell(db, {"s": {"w1": "100"}})

    def take_some(worker: int) -> int:
        session, got = open_tenant(db.tenant_id), 0
        for _ in range(12):
            try:
                _move(session, "s", {"w1": taken(D(1))})
                got += 1
            except KontorError:
                pass
        return got

    with ThreadPoolExecutor(16) as pool:
        sold = sum(pool.map(take_some, range(16)))
    level = _level(db).warehouses["w1"]
    assert (level.allocated, level.available) == (sold, 100 - sold)
    assert sold <= 100


def test_messages_and_orders_at_the_same_time_lose_nothing(db: TenantSession) -> None:
    _tell(db, {f"s{i}": {"w1": "50"} for i in range(5)})

    def order(_: int) -> None:
        session = open_tenant(db.tenant_id)
        for i in range(5):
            _move(session, f"s{i}", {"w1": taken(D(1))})

    def tell(minute: int) -> None:
        _tell(open_tenant(db.tenant_id), {f"s{i}": {"w1": str(50 + minute)} for i in range(5)}, minute)

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(order, i) for i in range(8)] + [pool.submit(tell, minute) for minute in (1, 2, 3)]
        for job in jobs:
            job.result()
    _tell(db, {f"s{i}": {"w1": "53"} for i in range(5)}, 4)
    for i in range(5):
        level = _level(db, f"s{i}").warehouses["w1"]
        assert (level.on_hand, level.allocated, level.available) == (53, 8, 45)
