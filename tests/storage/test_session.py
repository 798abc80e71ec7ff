"""The tenant's session on real DynamoDB semantics."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from pynamodb.exceptions import TransactWriteError
from urllib3 import HTTPResponse

from chalicelib.kernel.errors import Invalid, Refused, Unavailable
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id, new_tenant_id
from chalicelib.storage import codec, keys
from chalicelib.storage.outcomes import refusal_of, worth_retrying
from chalicelib.storage.session import TenantSession, TransactionRefused, open_tenant
from chalicelib.storage.writes import (
    Absent,
    Add,
    AlreadyDone,
    AtLeast,
    AtMost,
    Check,
    Delete,
    Done,
    Equals,
    Put,
    Set,
    Update,
    guard,
    publish,
)

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    text: str
    price: Decimal
    at: datetime
    tags: tuple[str, ...] = ()
    count: int = 0


NOTE = Note(text="Окно «Сенатор»", price=Decimal("1234.50"), at=NOW, tags=("a", "б"), count=3)


@pytest.fixture
def db(tables: None) -> TenantSession:
    return open_tenant(new_tenant_id())


def _stock(db: TenantSession, sku: str, available: int) -> Put:
    counters = {"w1": {"available": Decimal(available), "allocated": Decimal(0)}}
    return Put(key=keys.stock_level(db.tenant_id, sku), kind="stock", data={}, counters=counters)


def _take(db: TenantSession, sku: str, quantity: str) -> Update:
    amount = Decimal(quantity)
    return Update(
        key=keys.stock_level(db.tenant_id, sku),
        changes=(Add(("n", "w1", "available"), -amount), Add(("n", "w1", "allocated"), amount)),
        when=(AtLeast(("n", "w1", "available"), amount),),
    )


def test_a_dataclass_comes_back_as_it_was_stored(db: TenantSession) -> None:
    key = keys.tenant_settings(db.tenant_id)
    db.commit([Put(key=key, kind="note", data=NOTE, counters={"sum": Decimal("0.1") + Decimal("0.2")})])
    record = db.get(key)
    assert record is not None
    assert record.load(Note) == NOTE
    assert record.n == {"sum": Decimal("0.3")}
    assert (record.kind, record.version) == ("note", 1)


@pytest.mark.parametrize("beside", [0, 1])
def test_more_than_an_item_holds_is_refused_as_too_large_and_nothing_is_written(db: TenantSession, beside: int) -> None:
    key = keys.tenant_settings(db.tenant_id)
    other = Put(key=keys.price_book(db.tenant_id), kind="note", data=NOTE)
    with pytest.raises(Invalid) as refused:
        db.commit([Put(key=key, kind="note", data=replace(NOTE, text="я" * 210_000)), *[other] * beside])
    assert refused.value.code == "too_large"
    assert db.get(key) is None
    small = Put(key=key, kind="note", data=NOTE)
    db.commit([small])
    with pytest.raises(Invalid):
        db.change(Update(key=key, changes=(Set(("data", "text"), "я" * 210_000),)))


@dataclass(frozen=True)
class Lossy:
    note: str | None


def test_a_dataclass_that_could_not_be_loaded_again_is_refused_before_it_is_stored() -> None:
    with pytest.raises(TypeError, match="no default"):
        codec.dump(Lossy(None))


def test_an_item_whose_time_has_passed_is_absent_even_before_dynamodb_deletes_it(db: TenantSession) -> None:
    key = keys.session(db.tenant_id, "digest")
    db.commit([Put(key=key, kind="note", data=NOTE, expires=datetime.now(UTC) - timedelta(seconds=1))])
    assert db.get(key) is None
    assert db.get_many([key]) == {}


def test_an_item_whose_time_has_passed_gives_way_to_a_new_one_and_to_one_only(db: TenantSession) -> None:
    key = keys.idempotency(db.tenant_id, "key")
    long_ago = guard(db.tenant_id, "key", Done(), now=NOW - timedelta(days=300))
    today = guard(db.tenant_id, "key", Done({"order": "2"}), now=datetime.now(UTC))
    db.commit([long_ago])
    assert db.get(key) is None
    db.commit([today])
    with pytest.raises(AlreadyDone):
        db.commit([today])


def test_a_second_writer_of_the_same_version_is_refused(db: TenantSession) -> None:
    key = keys.tenant_settings(db.tenant_id)
    stale = Refused("conflict")
    db.commit([Put(key=key, kind="note", data=NOTE, version=0, refusal=stale)])
    db.commit([Put(key=key, kind="note", data=NOTE, version=1, refusal=stale)])
    with pytest.raises(Refused):
        db.commit([Put(key=key, kind="note", data=NOTE, version=1, refusal=stale)])


def test_an_update_never_creates_an_item(db: TenantSession) -> None:
    with pytest.raises(TransactionRefused):
        db.commit([Update(key=keys.tenant_settings(db.tenant_id), changes=(Set(("data",), {"a": 1}),))])


def test_a_refused_transaction_changes_nothing_and_names_every_failed_write(db: TenantSession) -> None:
    db.commit([_stock(db, "a", 5), _stock(db, "b", 1), _stock(db, "c", 2)])
    writes = [_take(db, "a", "5"), _take(db, "b", "2"), _take(db, "c", "3")]
    with pytest.raises(TransactionRefused) as refused:
        db.commit(writes)
    assert {write.key.pk[-1] for write, _ in refused.value.failures} == {"b", "c"}
    assert all(old is not None and old.n["w1"]["available"] in (1, 2) for _, old in refused.value.failures)
    record = db.get(keys.stock_level(db.tenant_id, "a"))
    assert record is not None
    assert record.n["w1"]["available"] == 5


def test_reasons_are_matched_to_their_writes_whatever_their_kinds_and_order(db: TenantSession) -> None:
    db.commit([_stock(db, "a", 0)])
    settings = keys.tenant_settings(db.tenant_id)
    number, short, gone = Refused("number"), Refused("short"), Refused("gone")
    take = _take(db, "a", "1")
    cases = {
        number: Put(
            key=keys.number_guard(db.tenant_id, "1"), kind="x", data={}, when=(Equals(("kind",), "y"),), refusal=number
        ),
        short: Update(key=take.key, changes=take.changes, when=take.when, refusal=short),
        gone: Check(key=settings, when=(Equals(("version",), 7),), refusal=gone),
    }
    others = [_stock(db, "z", 1), Delete(key=keys.sequence(db.tenant_id, "none"))]
    for expected, write in cases.items():
        with pytest.raises(Refused) as refused:
            db.commit([others[0], write, others[1]])
        assert refused.value is expected


def test_sixteen_buyers_never_take_more_than_there_is(db: TenantSession) -> None:
    db.commit([_stock(db, "hot", 50)])

    def buy(_: int) -> bool:
        try:
            open_tenant(db.tenant_id).commit([_take(db, "hot", "1"), publish(_event(db))])
        except TransactionRefused:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        sold = sum(pool.map(buy, range(80)))
    record = db.get(keys.stock_level(db.tenant_id, "hot"))
    assert record is not None
    assert (sold, record.n["w1"]) == (50, {"available": Decimal(0), "allocated": Decimal(50)})
    assert len(list(db.query_all(keys.due(db.tenant_id)))) == 50


def _event(db: TenantSession) -> Event:
    return Event(id=new_id(NOW), tenant_id=db.tenant_id, name="x", aggregate="order/1", at=NOW)


def test_a_guarded_transaction_happens_once_however_often_it_is_sent(db: TenantSession) -> None:
    db.commit([_stock(db, "a", 10)])

    def send(_: int) -> str:
        try:
            open_tenant(db.tenant_id).commit(
                [_take(db, "a", "1"), guard(db.tenant_id, "key", Done({"order": "1"}), now=NOW)]
            )
        except AlreadyDone:
            return "again"
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(24)))
    assert answers.count("done") == 1
    kept = db.get(keys.idempotency(db.tenant_id, "key"))
    assert kept is not None
    assert kept.data["result"] == {"order": "1"}


@pytest.fixture
def broken(db: TenantSession, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Makes the next calls of an operation fail with each of `answers` (the body of AWS's reply) in turn; the list that
    comes back has the operations that were sent."""
    monkeypatch.setattr("time.sleep", lambda _: None)

    def install(operation: str, *answers: dict[str, object]) -> list[str]:
        left, sent = list(answers), []

        def answer(request: AWSRequest, event_name: str, **_: object) -> AWSResponse | None:
            sent.append(event_name.rsplit(".", 1)[1])
            if not left:
                return None
            return AWSResponse(
                request.url, 400, {}, HTTPResponse(BytesIO(json.dumps(left.pop(0)).encode()), preload_content=False)
            )

        events = db._connection.client.meta.events
        events.register(f"before-send.dynamodb.{operation}", answer)
        return sent

    return install


_CONFLICT = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "message": "Transaction cancelled, please refer cancellation reasons [None, TransactionConflict]",
    "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
}
_UPDATE_CONFLICT = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException", "message": "x"}
_FORBIDDEN = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "not authorized"}


def test_a_transaction_that_met_another_is_sent_again(db: TenantSession, broken: Callable[..., list[str]]) -> None:
    db.commit([_stock(db, "a", 5)])
    sent = broken("TransactWriteItems", _CONFLICT, _CONFLICT)
    db.commit([_take(db, "a", "1"), publish(_event(db))])
    assert len(sent) == 3
    record = db.get(keys.stock_level(db.tenant_id, "a"))
    assert record is not None
    assert record.n["w1"]["available"] == 4


def test_a_transaction_that_always_meets_others_is_given_up_and_changes_nothing(
    db: TenantSession, broken: Callable[..., list[str]]
) -> None:
    db.commit([_stock(db, "a", 5)])
    broken("TransactWriteItems", *[_CONFLICT] * 8)
    with pytest.raises(Unavailable, match="storage_busy"):
        db.commit([_take(db, "a", "1"), publish(_event(db))])
    record = db.get(keys.stock_level(db.tenant_id, "a"))
    assert record is not None
    assert record.n["w1"]["available"] == 5


def test_a_call_without_an_answer_is_tried_again() -> None:
    failure = TransactWriteError("no answer", ReadTimeoutError(endpoint_url="http://localhost"))
    assert refusal_of(failure, []) is None
    assert worth_retrying(failure)


def test_what_is_no_passing_trouble_is_not_tried_again(db: TenantSession, broken: Callable[..., list[str]]) -> None:
    sent = broken("TransactWriteItems", _FORBIDDEN)
    with pytest.raises(Unavailable):
        db.commit([_stock(db, "a", 5)])
    assert len(sent) == 1


def test_a_counter_is_drawn_from_without_reading_it_and_again_after_a_conflict(
    db: TenantSession, broken: Callable[..., list[str]]
) -> None:
    key = keys.sequence(db.tenant_id, "orders")
    draw = Update(key=key, changes=(Add(("n", "last"), Decimal(1)),), refusal=Refused("none"))
    with pytest.raises(Refused, match="none"):
        db.change(draw)
    db.commit([Put(key=key, kind="sequence", data={}, counters={"last": Decimal(7)})])
    broken("UpdateItem", _UPDATE_CONFLICT)
    assert [db.change(draw).n["last"] for _ in range(2)] == [8, 9]


def test_counters_stop_at_their_limit(db: TenantSession) -> None:
    key = keys.account(db.tenant_id, "c")
    db.commit([Put(key=key, kind="account", data={}, counters={"exposure": Decimal(90)}, when=(Absent(),))])
    add = Update(
        key=key, changes=(Add(("n", "exposure"), Decimal(10)),), when=(AtMost(("n", "exposure"), Decimal(90)),)
    )
    db.commit([add])
    with pytest.raises(TransactionRefused):
        db.commit([add])


def test_pages_of_an_index_follow_each_other_without_a_gap_or_a_repeat(db: TenantSession) -> None:
    for step in range(7):
        at = NOW + timedelta(minutes=step)
        place = keys.order_by_party(db.tenant_id, "p", at, f"o{step}")
        db.commit(
            [Put(key=keys.order_head(db.tenant_id, f"o{step}"), kind="order", data={"n": step}, indexes=(place,))]
        )
    seen: list[int] = []
    after: str | None = None
    while True:
        page = db.query(keys.party_orders(db.tenant_id, "p"), limit=3, newest_first=True, after=after)
        seen += [record.data["n"] for record in page.records]
        after = page.next
        if after is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]


def test_a_cursor_of_somebody_else_opens_nothing(db: TenantSession) -> None:
    for wrong in ("x", "W10", "bnVsbA"):
        with pytest.raises(Invalid):
            db.query(keys.party_orders(db.tenant_id, "p"), after=wrong)


def test_what_is_due_is_found_up_to_the_moment_and_not_after(db: TenantSession) -> None:
    for minutes in (-5, 0, 5):
        at = NOW + timedelta(minutes=minutes)
        place = keys.due_at(db.tenant_id, at, "reminder", f"i{minutes}")
        db.commit([Put(key=keys.invoice(db.tenant_id, f"i{minutes}"), kind="x", data={}, indexes=(place,))])
    due = db.query(keys.due(db.tenant_id), until="2026-11-21T09:00:00.000Z~").records
    assert [record.place.split("#", 2)[2] for record in due] == ["i-5", "i0"]


def test_a_range_without_an_end_goes_to_the_end_of_its_partition(db: TenantSession) -> None:
    for number in (1, 5, 9):
        db.commit([Put(key=keys.moved_skus(db.tenant_id).item(f"{number}"), kind="moved", data={})])
    assert [one.key.sk for one in db.query(keys.moved_skus(db.tenant_id), since="4").records] == ["5", "9"]


def test_a_range_that_ends_before_it_begins_is_empty(db: TenantSession) -> None:
    place = keys.due_at(db.tenant_id, NOW, "reminder", "i")
    db.commit([Put(key=keys.invoice(db.tenant_id, "i"), kind="x", data={}, indexes=(place,))])
    assert len(db.query(keys.due(db.tenant_id), since="2026", until="2027").records) == 1
    assert db.query(keys.due(db.tenant_id), since="2027", until="2026").records == ()


def test_an_item_leaves_an_index_when_told_to(db: TenantSession) -> None:
    place = keys.due_at(db.tenant_id, NOW, "reminder", "i")
    db.commit([Put(key=keys.invoice(db.tenant_id, "i"), kind="x", data={}, indexes=(place,))])
    db.commit([Update(key=keys.invoice(db.tenant_id, "i"), changes=(), leave=("gsi2",))])
    assert db.query(keys.due(db.tenant_id)).records == ()


def test_more_than_a_hundred_keys_are_read_in_hundreds(db: TenantSession) -> None:
    db.commit([_stock(db, f"s{n}", n) for n in range(100)])
    db.commit([_stock(db, f"s{n}", n) for n in range(100, 130)])
    before = db.usage.calls
    found = db.get_many(keys.stock_level(db.tenant_id, f"s{n}") for n in range(140))
    assert len(found) == 130
    assert db.usage.calls - before == 2
