"""Goods in transit have come: the ERP's next word says which of the orders that waited for them have theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kernel.errors import Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.ordering import store
from chalicelib.ordering.actions import (
    cancel,
    confirm,
    exported_versions,
    extend_reserve,
    mark_exported,
    orders_to_export,
    show_cover,
)
from chalicelib.ordering.actions.arriving import settle_untold, waiting_orders
from chalicelib.ordering.holding import wanted
from chalicelib.ordering.model import Happening
from chalicelib.ordering.notices import mail_about
from chalicelib.ordering.states import Side
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.actions.telling import ThoseWhoWait
from chalicelib.stock.restating import restate
from chalicelib.stock.store import came_skus
from chalicelib.tenancy.model import StockKind
from tests.support.shop import NOW, D, Shop, W
from tests.support.transit import (
    LATER,
    A,
    agrees,
    arrival,
    came,
    expect,
    kinds,
    level_of,
    parts,
    placed,
    reserve,
    told,
    transit_shop,
)


@pytest.fixture
def shop(tables: None) -> Shop:
    return transit_shop(there=0)


def _is_short(shop: Shop, file: OrderFile) -> bool:
    return "arrival_short" in kinds(shop, file)


def _promised_twice(shop: Shop) -> tuple[OrderFile, OrderFile, OrderFile]:
    """Seven come. The ERP tells of them before anybody says so: what is left of the arrival is promised once more."""
    expect(shop, arrival(7))
    first = placed(shop, 4)
    told(shop, 7)
    return first, placed(shop, 3, minutes=70), placed(shop, 3, minutes=71)


def test_what_the_erp_told_of_before_a_person_did_is_promised_twice_only_until_its_next_word(shop: Shop) -> None:
    files = _promised_twice(shop)
    assert [parts(shop, file) for file in files] == [[("now", 4)], [("now", 3)], [("28.11", 3)]]
    came(shop, hours=2)
    assert not _is_short(shop, files[-1]), "whether the number had the goods already cannot be known"
    told(shop, 7, hours=3)
    assert [parts(shop, file) for file in files] == [[("now", 4)], [("now", 3)], []]
    assert [_is_short(shop, file) for file in files] == [False, False, True]
    assert "order.short" in shop.events()
    with pytest.raises(Refused):
        confirm(shop.db, shop.ask(files[-1]))
    assert (level_of(shop).arriving, level_of(shop).by_hand.came, came_skus(shop.db)) == ({}, (), [])
    assert agrees(shop, *files)


def test_a_message_from_before_the_goods_came_settles_nothing(shop: Shop) -> None:
    *_, third = _promised_twice(shop)
    came(shop, hours=5)
    told(shop, 7, hours=4)
    assert parts(shop, third) == [("28.11", 3)]


def test_a_number_that_is_too_old_to_be_taken_as_it_is_settles_nothing(tables: None) -> None:
    shop = transit_shop(there=1)
    expect(shop, arrival(7))
    known, file = placed(shop, 4), placed(shop, 4, minutes=1)
    came(shop)
    confirm(shop.db, shop.ask(known))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW + timedelta(hours=2))
    told(shop, 8)
    assert parts(shop, file) == [("28.11", 4)]
    told(shop, 8, hours=3)
    assert [parts(shop, one) for one in (file, known)] == [[("now", 4)], [("now", 4)]]


@pytest.mark.parametrize(("said", "kept"), [(3, 3), (2, 3)])
def test_goods_that_did_not_come_are_lost_also_where_the_erp_tells_the_same_or_less(
    tables: None, said: int, kept: int
) -> None:
    shop = transit_shop(there=3)
    expect(shop, arrival(4))
    file = shop.place(a=5)
    came(shop)
    told(shop, said)
    assert parts(shop, file) == [("now", kept)]
    assert _is_short(shop, file)
    assert agrees(shop, file)


def test_what_did_not_come_goes_to_the_oldest_from_elsewhere_and_the_youngest_is_short(shop: Shop) -> None:
    expect(shop, arrival(4), arrival(1, LATER))
    older, younger = placed(shop, 2), placed(shop, 2, minutes=1)
    came(shop)
    shop.tell({"a": 1}, NOW + timedelta(minutes=30), warehouse="w2")
    told(shop, 0)
    assert [parts(shop, file) for file in (older, younger)] == [[("05.12", 1), ("now", 1)], []]
    assert [_is_short(shop, file) for file in (older, younger)] == [False, True]
    assert agrees(shop, older, younger)


def test_goods_that_come_after_the_erp_seemed_to_lack_them_are_the_oldest_short_orders(shop: Shop) -> None:
    expect(shop, arrival(4))
    older, younger = placed(shop, 2), placed(shop, 2, minutes=1)
    came(shop)
    told(shop, 0)
    assert [parts(shop, file) for file in (older, younger)] == [[], []]
    told(shop, 3, hours=2)
    assert [parts(shop, file) for file in (older, younger)] == [[("now", 2)], [("now", 1)]]
    assert kinds(shop, older)[-1] == kinds(shop, younger)[-1] == "arrival_again"
    told(shop, 9, hours=3)
    assert parts(shop, younger) == [("now", 2)]
    assert (level_of(shop).available(), level_of(shop).lacking) == (5, ())
    assert agrees(shop, older, younger)


def test_a_short_order_that_wants_it_no_more_takes_nothing_again(shop: Shop) -> None:
    expect(shop, arrival(4))
    file = placed(shop, 4)
    came(shop)
    told(shop, 0)
    cancel(shop.db, shop.ask(file, shop.buyer))
    told(shop, 4, hours=2)
    assert (level_of(shop).available(), level_of(shop).lacking) == (4, ())


def test_an_arrival_that_was_cut_by_mistake_and_put_right_is_the_orders_again_the_oldest_first(shop: Shop) -> None:
    expect(shop, arrival(10))
    files = older, younger = placed(shop, 6), placed(shop, 4, minutes=1)
    expect(shop, arrival(1))
    assert [parts(shop, file) for file in files] == [[("28.11", 1)], []]
    expect(shop, arrival(8))
    assert [parts(shop, file) for file in files] == [[("28.11", 6)], [("28.11", 2)]]
    expect(shop, arrival(10))
    assert [parts(shop, file) for file in files] == [[("28.11", 6)], [("28.11", 4)]]
    assert level_of(shop).lacking == ()
    assert agrees(shop, older, younger)


def test_whoever_carries_on_after_a_breakdown_settles_what_was_left(shop: Shop) -> None:
    *_, third = _promised_twice(shop)
    came(shop, hours=2)
    moment = NOW + timedelta(hours=3)

    def breaks(*_: object) -> None:
        raise TimeoutError

    give = waiting_orders(shop.db, StockKind.PHYSICAL, moment).give
    with pytest.raises(TimeoutError):
        _tell(shop, 7, ThoseWhoWait(give=give, settle=breaks))
    told(shop, 7, hours=3)
    assert _is_short(shop, third)
    entries = kinds(shop, third)
    told(shop, 7, hours=3)
    assert kinds(shop, third) == entries, "the second delivery says nothing"


def _tell(shop: Shop, quantity: int, waiting: ThoseWhoWait) -> None:
    kind, moment = shop.settings.exchange.stock_kind, NOW + timedelta(hours=3)
    rows = [(A, {W: D(quantity)})]
    erp_levels(shop.db, rows, kind=kind, as_of=moment, message_id="m", now=moment, waiting=waiting)


def test_an_exchange_that_does_not_name_the_goods_settles_them_at_its_end(shop: Shop) -> None:
    *_, third = _promised_twice(shop)
    came(shop, hours=2)
    assert came_skus(shop.db) == [A]
    settle_untold(shop.db, NOW + timedelta(hours=1), NOW + timedelta(hours=4))
    assert not _is_short(shop, third), "the exchange began before they came"
    settle_untold(shop.db, NOW + timedelta(hours=3), NOW + timedelta(hours=4))
    assert _is_short(shop, third)


def test_a_message_that_comes_again_covers_no_more_of_what_a_free_number_has_counted(tables: None) -> None:
    shop = transit_shop(StockKind.FREE)
    expect(shop, arrival(10))
    file = shop.place(a=8)
    confirm(shop.db, shop.ask(file))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    told(shop, 0)
    moment = NOW + timedelta(hours=2)
    give = waiting_orders(shop.db, StockKind.FREE, moment).give
    for _ in range(2):  # the second time after a break
        level = level_of(shop)
        give(level, restate(level, {W: D(1)}, kind=StockKind.FREE, as_of=moment), moment)
        assert parts(shop, file) == [("28.11", 4), ("now", 4)]
    told(shop, 1, hours=2)
    told(shop, 1, hours=3)
    assert parts(shop, file) == [("28.11", 4), ("now", 4)]
    assert level_of(shop).available() == 1
    assert agrees(shop, file)


@pytest.mark.parametrize("act", [extend_reserve, confirm])
def test_a_reserve_that_ran_out_revives_no_promise_of_goods_that_were_sold_to_another(
    tables: None, act: Callable[..., object]
) -> None:
    shop = transit_shop(hours=1, there=0)
    expect(shop, arrival(4))
    file = placed(shop, 4)
    told(shop, 4, hours=2)  # it has come, and its time is over
    other = placed(shop, 4, minutes=130)
    confirm(shop.db, shop.ask(other, minutes=131))
    with pytest.raises(Refused) as refused:
        act(shop.db, shop.ask(file, minutes=9 * 24 * 60))
    assert refused.value.complaints[0].params["available"] == 0
    assert agrees(shop, file, other)


def test_a_reserve_that_ran_out_is_extended_from_what_there_is_now(tables: None) -> None:
    shop = transit_shop(hours=1, there=0)
    expect(shop, arrival(4))
    file = placed(shop, 4)
    told(shop, 4, hours=2)
    extend_reserve(shop.db, shop.ask(file, minutes=140))
    assert parts(shop, file) == [("now", 4)]
    assert agrees(shop, file)


def test_an_order_says_that_its_goods_have_come_and_when_they_are_there(shop: Shop) -> None:
    expect(shop, arrival(4))
    file = placed(shop, 4)
    came(shop)
    cover = show_cover(shop.db, shop.buyer, shop.load(file), NOW)
    assert [(one.untold, one.due, one.lacking) for one in cover.lines.values()] == [(4, None, 0)]
    assert kinds(shop, file)[-1] == "arrival_came"
    told(shop, 4)
    assert kinds(shop, file)[-1] == "arrival_there"
    assert show_cover(shop.db, shop.buyer, shop.load(file), NOW).lines == {}


_acts = st.lists(
    st.one_of(
        st.tuples(st.just("expected"), st.integers(1, 6)),
        st.tuples(st.just("ordered"), st.integers(1, 5)),
        st.tuples(st.just("landed"), st.integers(1, 6)),
        st.tuples(st.just("told"), st.just(0)),
        st.tuples(st.just("came"), st.just(0)),
        st.tuples(st.just("cut"), st.integers(1, 3)),
        st.tuples(st.just("cancelled"), st.integers(0, 3)),
    ),
    max_size=14,
)


@pytest.mark.parametrize("kind", list(StockKind))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_acts)
def test_in_the_end_orders_hold_no_more_than_exists_and_who_has_not_enough_says_so(
    tables: None, kind: StockKind, acts: list[tuple[str, int]]
) -> None:
    shop, files, there, hour = transit_shop(kind, there=2), list[OrderFile](), 2, 0
    for act, number in acts:
        hour += 1
        noted = level_of(shop).by_hand.arrivals
        if act == "expected":
            new = replace(arrival(number), id=f"n{hour}")
            expect(shop, *noted, new)
        elif act == "cut" and noted:
            expect(shop, replace(noted[0], quantity=D(number)), *noted[1:])
        elif act == "ordered":
            free = level_of(shop).available() + sum(one.quantity for one in level_of(shop).coming(NOW.date()))
            if free:
                files.append(placed(shop, min(number, int(free)), minutes=60 * hour))
        elif act == "landed":
            there += number
        elif act == "told":
            told(shop, there, hours=hour)
        elif act == "came" and noted:
            came(shop, hours=hour)
        elif act == "cancelled" and number < len(files):
            cancel(shop.db, shop.ask(files.pop(number), shop.buyer))
    while level_of(shop).by_hand.arrivals:
        came(shop, hours=hour + 1)
    told(shop, there, hours=hour + 2)

    level, held = level_of(shop), {file.order.id: reserve(shop, file).total(A) for file in files}
    assert sum(held.values()) == level.warehouses[W].allocated <= there
    assert (level.arriving, level.by_hand.came) == ({}, ())
    for file in files:
        assert held[file.order.id] == wanted(file.lines)[A] or _is_short(shop, file)
        assert held[file.order.id] == wanted(file.lines)[A] or level.available() == 0
    assert agrees(shop, *files)


def test_a_mail_is_about_its_own_entry_of_two_of_one_moment(shop: Shop) -> None:
    expect(shop, arrival(4))
    order = placed(shop, 4).order
    entries = [
        Happening(
            id=new_id(NOW), kind="arrival_short", at=NOW, side=Side.ERP, actor_id="", actor_name="",
            params={"article": article, "quantity": "1"},
        )
        for article in "ab"
    ]  # fmt: skip
    shop.db.commit([store.happening_put(shop.settings.id, order.id, entry) for entry in entries])
    for entry in entries:
        event = Event(
            id=new_id(NOW), tenant_id=shop.settings.id, name="order.short", aggregate="x", at=NOW,
            data={"order": order.id, "happening": entry.id},
        )  # fmt: skip
        mail = mail_about(shop.db, event)
        assert mail is not None
        assert mail.about == entry
