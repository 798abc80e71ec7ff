"""Reserves that run out: free for others at that instant, prolonged, taken again (domain §4.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.kernel.errors import Refused
from chalicelib.network.segments import Region, Segments
from chalicelib.network.store import party_put, segments_put
from chalicelib.ordering import store
from chalicelib.ordering.actions import (
    NewOrder,
    accept_changes,
    cancel,
    change_lines,
    confirm,
    extend_reserve,
    place_order,
)
from chalicelib.ordering.actions.placing import MAX_LINES
from chalicelib.ordering.actions.stocktaking import disagreeing
from chalicelib.ordering.holding import Reservation
from chalicelib.ordering.reservation_store import load_reservation
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.store import levels, promised
from chalicelib.tenancy.store import settings_write
from tests.support.shop import NOW, D, Shop, W, sku

HOURS = 24
END = NOW + timedelta(hours=HOURS)
MINUTES = HOURS * 60  # until the reserve of an order that was placed at NOW ends


def _with_reserves(shop: Shop, hours: int = HOURS) -> Shop:
    shop.settings = replace(shop.settings, reserve_hours=hours)
    shop.db.commit([settings_write(shop.settings, 1)])
    return shop


@pytest.fixture
def shop(tables: None) -> Shop:
    return _with_reserves(Shop({"a": ("10.00", 10), "b": ("5.00", 4)}))


def _reserve(shop: Shop, file: OrderFile) -> Reservation:
    return load_reservation(shop.db, file.order.id)


def _place(shop: Shop, minutes: int, **quantities: int) -> OrderFile:
    """An order that is placed later."""
    shop.fill(shop.buyer, shop.db, **quantities)
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key())
    moment = NOW + timedelta(minutes=minutes)
    return store.load_order(shop.db, place_order(shop.db, new, moment, shelf_of=shop.shelf_of))


def _free(shop: Shop, name: str, minutes: int) -> int:
    return int(promised(shop.db, [sku(name)], NOW + timedelta(minutes=minutes))[sku(name)].available())


def _agrees(shop: Shop) -> None:
    assert disagreeing(shop.db, [sku("a"), sku("b")]) == {}


def test_an_order_says_until_when_its_goods_are_reserved(shop: Shop) -> None:
    file = shop.place(a=3)
    assert (file.order.reserved_until, _reserve(shop, file).until) == (END, END)
    assert _reserve(_with_reserves(Shop({"a": ("1.00", 5)}), 0), shop.place(a=1)).until is None


def test_what_has_run_out_is_free_at_that_instant_for_readers_and_for_another_order(shop: Shop) -> None:
    first = shop.place(a=8)
    assert (_free(shop, "a", MINUTES - 1), _free(shop, "a", MINUTES)) == (2, 10)
    with pytest.raises(Refused) as refused:
        _place(shop, MINUTES - 1, a=5)
    assert refused.value.complaints[0].params["available"] == 2
    second = _place(shop, MINUTES)
    assert _reserve(shop, second).total(sku("a")) == 5
    assert _reserve(shop, first) == Reservation(until=END, version=2)
    assert shop.level("a").available == 5
    _agrees(shop)


def test_of_an_order_that_ran_out_everything_is_let_go_and_nothing_of_others(shop: Shop) -> None:
    shop.place(a=2, b=4)
    other = _place(shop, 10, a=2)
    _place(shop, MINUTES, b=1)
    assert (shop.level("a").allocated, shop.level("b").allocated) == (2, 1)
    assert _reserve(shop, other).total(sku("a")) == 2
    _agrees(shop)


def test_an_order_whose_reserve_ran_out_keeps_its_goods_if_nobody_needed_them(shop: Shop) -> None:
    file = shop.place(a=8)
    confirm(shop.db, shop.ask(file, minutes=MINUTES + 60))
    reserve = _reserve(shop, file)
    assert (reserve.until, reserve.total(sku("a"))) == (None, 8)
    assert levels(shop.db, [sku("a")])[sku("a")].timed == {}
    assert _free(shop, "a", 10 * MINUTES) == 2, "a confirmed order holds without end"
    _agrees(shop)


def test_to_confirm_an_order_whose_goods_are_gone_names_every_short_line(shop: Shop) -> None:
    file = shop.place(a=8, b=4)
    _place(shop, MINUTES, a=9, b=1)
    with pytest.raises(Refused) as refused:
        confirm(shop.db, shop.ask(file, minutes=MINUTES + 1))
    assert refused.value.code == "short"
    assert [(one.params["article"], one.params["available"]) for one in refused.value.complaints] == [
        ("a", 1),
        ("b", 3),
    ]
    change_lines(shop.db, shop.ask(file, minutes=MINUTES + 2), {"1": D(1), "2": D(3)})
    accept_changes(shop.db, shop.ask(file, shop.buyer, minutes=MINUTES + 3))
    assert confirm(shop.db, shop.ask(file, minutes=MINUTES + 4)).state is State.CONFIRMED
    assert (shop.level("a").available, shop.level("b").available) == (0, 0)
    _agrees(shop)


def test_a_dealer_prolongs_once_and_a_manager_at_any_time(shop: Shop) -> None:
    file = shop.place(a=8)
    extend_reserve(shop.db, shop.ask(file, shop.buyer, minutes=60))
    assert _reserve(shop, file).until == END + timedelta(hours=1)
    assert (_free(shop, "a", MINUTES), _free(shop, "a", MINUTES + 60)) == (2, 10)
    with pytest.raises(Refused, match="extended_already"):
        extend_reserve(shop.db, shop.ask(file, shop.buyer, minutes=120))
    extend_reserve(shop.db, shop.ask(file, minutes=180))
    extend_reserve(shop.db, shop.ask(file, minutes=240))
    assert _reserve(shop, file).until == END + timedelta(hours=4)
    assert [one.kind for one in shop.load(file).happenings].count("extended") == 3
    with pytest.raises(Refused, match="order_state"):
        extend_reserve(shop.db, shop.ask(shop.confirmed(a=1)))
    _agrees(shop)


def test_prolonging_takes_again_what_others_have_left_and_names_what_they_have_not(shop: Shop) -> None:
    file = shop.place(a=6)
    rival = _place(shop, MINUTES, a=5)
    with pytest.raises(Refused, match="short"):
        extend_reserve(shop.db, shop.ask(file, minutes=MINUTES + 1))
    cancel(shop.db, shop.ask(rival, shop.buyer, minutes=MINUTES + 2))
    extend_reserve(shop.db, shop.ask(file, minutes=MINUTES + 3))
    assert shop.level("a").allocated == 6
    _agrees(shop)


def test_a_reserve_without_end_cannot_be_prolonged(shop: Shop) -> None:
    _with_reserves_off = replace(shop.settings, reserve_hours=0)
    shop.db.commit([settings_write(_with_reserves_off, 2)])
    with pytest.raises(Refused, match="reserve_endless"):
        extend_reserve(shop.db, shop.ask(shop.place(a=1)))


def test_the_dealers_own_change_gives_no_new_time(shop: Shop) -> None:
    file = shop.place(a=8)
    change_lines(shop.db, shop.ask(file, shop.buyer, minutes=60), {"1": D(9)})
    assert (_reserve(shop, file).until, shop.level("a").allocated) == (END, 9)
    change_lines(shop.db, shop.ask(file, shop.buyer, minutes=MINUTES), {"1": D(7)})
    assert (_reserve(shop, file).held, shop.level("a").allocated) == ({}, 0)
    change_lines(shop.db, shop.ask(file, minutes=MINUTES + 60), {"1": D(6)})
    assert (_reserve(shop, file).until, shop.level("a").allocated) == (
        END + timedelta(hours=HOURS + 1),
        6,
    )
    _agrees(shop)


def test_a_cancelled_order_leaves_no_trace_of_its_reserve(shop: Shop) -> None:
    file = shop.place(a=8)
    _place(shop, MINUTES, a=5)
    cancel(shop.db, shop.ask(file, shop.buyer, minutes=MINUTES + 1))
    assert _reserve(shop, file) == Reservation()
    assert list(levels(shop.db, [sku("a")])[sku("a")].timed) != [file.order.id]
    _agrees(shop)


def test_an_order_of_the_most_lines_is_confirmed_even_if_all_of_it_has_to_be_taken_again(tables: None) -> None:
    names = [f"n{i}" for i in range(MAX_LINES)]
    shop = _with_reserves(Shop(dict.fromkeys(names, ("1.00", 9))))
    file = shop.place(**dict.fromkeys(names, 1))
    _place(shop, MINUTES, n0=9)
    shop.tell({"n0": 18}, NOW)
    assert confirm(shop.db, shop.ask(file, minutes=MINUTES + 1)).state is State.CONFIRMED


def test_goods_come_from_the_regions_warehouses_unless_the_contract_names_its_own(shop: Shop) -> None:
    shop.tell({"a": 3}, NOW, warehouse="w2")
    segments = Segments(regions=(Region(id="r", name="Юг", warehouse_ids=("w2",)),))
    shop.db.commit(
        [segments_put(shop.db.tenant_id, segments), party_put(shop.db.tenant_id, replace(shop.party, region_id="r"), 1)]
    )
    shop.place(a=2)
    assert (shop.level("a").allocated, shop.level("a", "w2").allocated) == (0, 2)
    with pytest.raises(Refused, match="short"):
        _place(shop, 1, a=2)
    assert shop.level("a", W).available == 10
