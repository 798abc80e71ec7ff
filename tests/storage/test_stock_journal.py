"""The journal of movements and the nightly check of it, on real DynamoDB semantics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.gateways import queues
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.ordering import store
from chalicelib.ordering.actions import (
    change_lines,
    confirm,
    exported_versions,
    mark_exported,
    orders_to_export,
    refuse,
    stocktaking,
)
from chalicelib.ordering.actions.stocktaking import disagreeing
from chalicelib.ordering.jobs import HANDLERS
from chalicelib.ordering.reservation_store import reservation_key
from chalicelib.stock import journal_store, tally
from chalicelib.stock.journal import WAITING_MOST, Movement, Shift, Why
from chalicelib.stock.store import level_key
from chalicelib.storage import keys
from chalicelib.storage.writes import Add, Delete, Update
from tests.support.shop import NOW, D, Shop, W, sku

NIGHT = datetime(2026, 11, 21, 0, 0, 30, tzinfo=UTC)  # a little after three in Moscow


@pytest.fixture
def shop(tables: None, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(queues, "send", lambda *_, **__: None)
    return Shop({"a": ("10.00", 100), "b": ("5.00", 20)})


def _movements(shop: Shop, name: str = "a", **wanted: object) -> tuple[Movement, ...]:
    return journal_store.movements(shop.db, sku(name), most=500, **wanted).movements  # type: ignore[arg-type]


def _tampered(shop: Shop, name: str, counter: str, amount: int) -> None:
    change = Add(("n", W, counter), D(amount))
    shop.db.commit([Update(key=level_key(shop.db.tenant_id, sku(name)), changes=(change,))])


def _run(shop: Shop, now: datetime) -> None:
    run_due(shop.db.tenant_id, due_handler, now)


def _wrong(shop: Shop) -> list[tuple[str, list[str]]]:
    found = tally.wrong_stock(shop.db, limit=10)
    return [(one.sku, [wrong.what for wrong in one.wrong]) for one in found]


def test_an_orders_life_is_in_the_journal_of_each_of_its_skus(shop: Shop) -> None:
    file = shop.place(a=3, b=1)
    change_lines(shop.db, shop.ask(file, shop.buyer, minutes=1), {"1": D(5)})
    confirm(shop.db, shop.ask(file, minutes=2))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW + timedelta(minutes=3))
    refuse(shop.db, shop.ask(file, minutes=4), "нет")
    seen = [(one.cause.why, one.cause.number, one.cause.actor_name, dict(one.shifts)) for one in _movements(shop)]
    number = file.order.number
    assert seen == [
        (Why.REFUSED, number, "anna", {W: Shift(allocated=D(-5), counted=D(-5))}),
        (Why.EXPORTED, number, "", {W: Shift(counted=D(5))}),
        (Why.CHANGED, number, "boris", {W: Shift(allocated=D(2))}),
        (Why.PLACED, number, "boris", {W: Shift(allocated=D(3))}),
        (Why.TOLD, "m", "", {W: Shift(on_hand=D(100))}),
    ]
    assert [one.cause.why for one in _movements(shop, "b")][-2:] == [Why.PLACED, Why.TOLD]
    assert disagreeing(shop.db, [sku("a"), sku("b")]) == {}


def test_movements_are_found_by_their_time(shop: Shop) -> None:
    shop.place(a=1)
    assert [one.cause.why for one in _movements(shop, since=NOW - timedelta(hours=1))] == [Why.PLACED, Why.TOLD]
    assert _movements(shop, until=NOW) == ()
    assert _movements(shop, since=NOW + timedelta(minutes=1)) == ()


def _held_up(shop: Shop, file: store.OrderFile) -> None:
    """An event of the order, as the queue hands it over, to a handler that has nobody to tell."""
    data = {"order": file.order.id, "party": shop.party.id}
    event = Event(id=new_id(NOW), tenant_id=shop.db.tenant_id, name="order.submitted", aggregate="o", at=NOW, data=data)
    HANDLERS["order.submitted"](event, shop.db, NOW)


def test_what_waits_in_a_row_becomes_pages_that_go_on_from_one_another(shop: Shop) -> None:
    for number in range(2 * WAITING_MOST + 3):
        _held_up(shop, shop.place(a=1))
        kept = journal_store.read_kept(shop.db, [sku("a")])[sku("a")]
        assert (len(kept.waiting), kept.level.waiting) == (kept.level.waiting, len(kept.waiting))
        assert kept.level.waiting < WAITING_MOST
        assert kept.sums.closing[W] == Shift(on_hand=D(100), allocated=D(number + 1))
    assert kept.level.pages == 2
    whole = _movements(shop)
    assert len(whole) == 2 * WAITING_MOST + 4
    assert whole[-1].cause.why is Why.TOLD
    first = journal_store.movements(shop.db, sku("a"), most=1)
    assert first.next == 3
    rest = journal_store.movements(shop.db, sku("a"), most=500, below=first.next)
    assert (*first.movements, *rest.movements) == whole
    assert disagreeing(shop.db, [sku("a")]) == {}


def test_two_who_turn_the_same_page_turn_it_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(WAITING_MOST):
        shop.place(a=1)
    read, other = journal_store.read_kept, shop.session()

    def overtaken(db: object, skus: list[str]) -> object:
        found = read(shop.db, skus)
        monkeypatch.setattr(journal_store, "read_kept", read)
        journal_store.turn_pages(other, skus)
        return found

    monkeypatch.setattr(journal_store, "read_kept", overtaken)
    journal_store.turn_pages(shop.db, [sku("a")])
    kept = read(shop.db, [sku("a")])[sku("a")]
    assert (kept.level.pages, kept.waiting) == (1, ())
    assert len(_movements(shop)) == WAITING_MOST + 1


def test_readers_of_levels_leave_the_journal_behind(shop: Shop) -> None:
    key = level_key(shop.db.tenant_id, sku("a"))
    assert shop.db.get_many([key])[key].log == ()
    assert len(shop.db.get_many([key], logs=True)[key].log) == 1


def test_a_night_without_faults_says_nothing_and_the_next_begins_where_it_ended(shop: Shop) -> None:
    shop.confirmed(a=3)
    _run(shop, NIGHT)
    assert _wrong(shop) == []
    after = shop.db.fetch(keys.tally_round(shop.db.tenant_id)).load(tally.Round)
    assert (after.cursor, after.ended) == (None, NIGHT)
    assert after.since == "2026-11-20T23:55:30.000Z"


@pytest.mark.parametrize(
    ("counter", "said"), [("on_hand", ["on_hand"]), ("allocated", ["allocated", "holds"]), ("counted", ["counted"])]
)
def test_a_counter_that_was_tampered_with_is_told_after_a_second_look(
    shop: Shop, counter: str, said: list[str]
) -> None:
    shop.confirmed(a=3)
    _tampered(shop, "a", counter, 1)
    _run(shop, NIGHT)
    assert _wrong(shop) == []
    _run(shop, NIGHT + tally.AGAIN)
    assert _wrong(shop) == [(sku("a"), said)]


def test_a_hold_that_is_gone_is_found(shop: Shop) -> None:
    file = shop.confirmed(a=3)
    shop.db.commit([Delete(key=reservation_key(shop.db.tenant_id, file.order.id))])
    _run(shop, NIGHT)
    _run(shop, NIGHT + tally.AGAIN)
    assert _wrong(shop) == [(sku("a"), ["holds"])]


def test_what_agrees_again_is_listed_no_more(shop: Shop) -> None:
    shop.place(a=1)
    _tampered(shop, "a", "on_hand", 1)
    _run(shop, NIGHT)
    _run(shop, NIGHT + tally.AGAIN)
    assert len(_wrong(shop)) == 1
    _tampered(shop, "a", "on_hand", -1)
    tomorrow = NIGHT + timedelta(days=1)
    _run(shop, tomorrow)
    _run(shop, tomorrow + tally.AGAIN)
    assert _wrong(shop) == []


def test_a_difference_that_another_move_has_changed_meanwhile_still_counts(shop: Shop) -> None:
    shop.place(a=1)
    _tampered(shop, "a", "on_hand", 1)
    _run(shop, NIGHT)
    shop.tell({"a": 90}, NIGHT)
    _run(shop, NIGHT + tally.AGAIN)
    assert _wrong(shop) == [(sku("a"), ["on_hand"])]


def test_a_large_night_goes_on_piece_by_piece(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stocktaking, "_CHANGES", 2)
    for _ in range(4):
        shop.place(a=1)
    rounds = []
    for minute in range(4):
        _run(shop, NIGHT + timedelta(minutes=minute))
        rounds.append(shop.db.fetch(keys.tally_round(shop.db.tenant_id)).load(tally.Round))
    assert [one.cursor is None for one in rounds[:3]] == [False, False, True]
    assert rounds[2].since == "2026-11-20T23:55:30.000Z", "what happened in its course is the next night's"
