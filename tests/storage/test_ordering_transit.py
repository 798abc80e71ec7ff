"""Orders that wait for goods on their way: taken like stock, and followed by what becomes of the goods."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.kernel.errors import Refused
from chalicelib.network.segments import DealerGroup, Region, Segments, StockShown, TransitOrders
from chalicelib.network.store import party_put, segments_put
from chalicelib.ordering.actions import (
    cancel,
    change_lines,
    confirm,
    exported_versions,
    mark_exported,
    orders_to_export,
    show_cover,
)
from chalicelib.ordering.holding import Holding, Reservation, follow
from chalicelib.ordering.reservation_store import holding_writes
from chalicelib.stock.actions.noting import ARRIVALS
from chalicelib.stock.actions.noting import told as said
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.model import Sources
from chalicelib.stock.store import noted_writes
from chalicelib.storage import keys
from chalicelib.storage.outcomes import TransactionRefused
from chalicelib.tenancy.model import StockKind
from chalicelib.tenancy.store import settings_write
from tests.support.shop import NOW, D, Shop, W
from tests.support.transit import (
    LATER,
    SOON,
    A,
    agrees,
    arrival,
    came,
    expect,
    handle,
    kinds,
    level_of,
    note,
    parts,
    placed,
    reserve,
    told,
    transit_shop,
)


@pytest.fixture
def shop(tables: None) -> Shop:
    return transit_shop()


def test_what_the_stock_lacks_an_order_waits_for_from_the_first_arrivals(shop: Shop) -> None:
    expect(shop, arrival(4, LATER), arrival(2))
    file = shop.place(a=8)
    assert parts(shop, file) == [("05.12", 3), ("28.11", 2), ("now", 3)]
    cover = show_cover(shop.db, shop.buyer, shop.load(file), NOW)
    assert cover.due == LATER
    assert agrees(shop, file)


def test_no_more_is_promised_than_comes_and_what_there_is_is_named(shop: Shop) -> None:
    expect(shop, arrival(4))
    first = shop.place(a=5)
    with pytest.raises(Refused) as refused:
        shop.place(a=3)
    (line,) = refused.value.complaints
    assert (line.params["wanted"], line.params["available"]) == (3, 2)
    assert parts(shop, first) == [("28.11", 2), ("now", 3)]


def test_what_a_warehouse_lacks_already_is_not_promised_of_what_comes_there(shop: Shop) -> None:
    old = shop.place(a=3)
    told(shop, 0)
    expect(shop, arrival(2), arrival(3, LATER))
    assert [(one.due, one.quantity) for one in level_of(shop).coming(NOW.date())] == [(LATER, 2)]
    new = shop.place(a=2)
    assert parts(shop, new) == [("05.12", 2)]
    with pytest.raises(Refused) as refused:
        shop.place(a=1)
    assert refused.value.complaints[0].params["available"] == 0
    told(shop, 5, hours=2)
    came(shop)
    came(shop)
    for file in (old, new):
        confirm(shop.db, shop.ask(file))
    assert (parts(shop, new), level_of(shop).available()) == ([("now", 2)], 0)
    assert agrees(shop, old, new)


def test_nothing_of_an_arrival_is_taken_once_its_warehouse_lacks_more_or_others_were_quicker(shop: Shop) -> None:
    told(shop, -2)
    expect(shop, arrival(5))
    holding = follow(Reservation(), {A: D(2)}, {A: level_of(shop)}, Sources(arrivals_from=NOW.date()))
    told(shop, -4, hours=2)
    _refused(shop, holding)
    told(shop, -2, hours=3)
    holding = follow(Reservation(), {A: D(2)}, {A: level_of(shop)}, Sources(arrivals_from=NOW.date()))
    shop.place(a=2)
    _refused(shop, holding)


def _refused(shop: Shop, holding: Holding) -> None:
    with pytest.raises(TransactionRefused):
        shop.db.commit(holding_writes(shop.settings.id, "o", holding, cause(Why.PLACED, NOW, order_id="o")))


@pytest.mark.parametrize(
    ("tenant", "group", "allowed"),
    [
        (True, TransitOrders.TENANT, True),
        (False, TransitOrders.TENANT, False),
        (True, TransitOrders.NO, False),
        (False, TransitOrders.YES, True),
    ],
)
def test_a_group_of_dealers_may_have_it_otherwise_than_the_tenant(
    shop: Shop, tenant: bool, group: TransitOrders, allowed: bool
) -> None:
    shop.db.commit([settings_write(replace(shop.settings, transit_orders=tenant), 2)])
    party = shop.db.fetch(keys.party_profile(shop.settings.id, shop.party.id))
    segments = Segments(groups=(DealerGroup(id="g", name="Розница", transit_orders=group),))
    put = party_put(shop.settings.id, replace(shop.party, group_id="g"), party.version)
    shop.db.commit([segments_put(shop.settings.id, segments), put])
    expect(shop, arrival(4))
    if allowed:
        shop.place(a=5)
    else:
        with pytest.raises(Refused):
            shop.place(a=5)


def _only_here(shop: Shop) -> None:
    """The dealer's region has one warehouse."""
    party = shop.db.fetch(keys.party_profile(shop.settings.id, shop.party.id))
    segments = Segments(regions=(Region(id="r", name="Юг", warehouse_ids=(W,)),))
    put = party_put(shop.settings.id, replace(shop.party, region_id="r"), party.version)
    shop.db.commit([segments_put(shop.settings.id, segments), put])


def test_what_comes_to_another_regions_warehouse_or_is_overdue_is_not_ordered(shop: Shop) -> None:
    _only_here(shop)
    expect(shop, arrival(9, warehouse="w2"), arrival(9, date(2026, 11, 19)))
    with pytest.raises(Refused):
        shop.place(a=4)


@pytest.mark.parametrize("kind", list(StockKind))
def test_goods_that_the_erp_tells_of_go_first_to_the_orders_that_waited(tables: None, kind: StockKind) -> None:
    shop = transit_shop(kind)
    expect(shop, arrival(4))
    file, other = placed(shop, 5), placed(shop, 2, minutes=1)
    told(shop, 3 + 3)  # one less than comes: the older order has all of its goods, the younger one of two
    assert parts(shop, file) == [("now", 5)]
    assert parts(shop, other) == [("28.11", 1), ("now", 1)]
    level = level_of(shop)
    assert (level.available(), level.warehouses[W].on_hand, level.warehouses[W].allocated) == (0, 6, 6)
    assert level.arriving[arrival(4).place].on_hand == 1, "what has come is not promised once more"
    told(shop, 3 + 3)
    assert parts(shop, other) == [("28.11", 1), ("now", 1)], "the same number again changes nothing"
    assert agrees(shop, file, other)


@pytest.mark.parametrize("kind", list(StockKind))
def test_an_order_that_the_erp_knows_is_not_deducted_twice_when_its_goods_come(tables: None, kind: StockKind) -> None:
    shop = transit_shop(kind)
    expect(shop, arrival(10))
    file = shop.place(a=5)
    confirm(shop.db, shop.ask(file))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    told(shop, 3 + 10 - 5 if kind is StockKind.FREE else 3 + 10)  # the ERP keeps five for the order
    assert parts(shop, file) == [("now", 5)]
    assert level_of(shop).available() == 8
    assert agrees(shop, file)


@pytest.mark.parametrize("kind", list(StockKind))
def test_goods_may_come_to_a_warehouse_that_never_had_any(tables: None, kind: StockKind) -> None:
    shop = transit_shop(kind, there=0)
    assert W not in level_of(shop).warehouses
    expect(shop, arrival(5))
    file, other = placed(shop, 3), placed(shop, 2, minutes=1)
    told(shop, 5)
    assert (parts(shop, file), parts(shop, other)) == ([("now", 3)], [("now", 2)])
    level = level_of(shop)
    assert (level.available(), level.warehouses[W].on_hand, level.warehouses[W].allocated) == (0, 5, 5)
    assert agrees(shop, file, other)


def test_a_free_number_that_rises_by_other_goods_covers_no_more_of_what_it_has_counted(tables: None) -> None:
    shop = transit_shop(StockKind.FREE)
    expect(shop, arrival(10))
    file = shop.place(a=8)
    confirm(shop.db, shop.ask(file))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    told(shop, 0)
    told(shop, 1, hours=2)  # one was returned
    assert parts(shop, file) == [("28.11", 4), ("now", 4)]
    assert level_of(shop).available() == 1
    note(shop, lambda noted: noted.expecting(()))
    assert parts(shop, file) == [("now", 5)]
    assert "arrival_short" in kinds(shop, file)
    assert agrees(shop, file)


def test_what_a_free_number_has_counted_may_come_to_a_warehouse_that_never_had_any(tables: None) -> None:
    shop = transit_shop(StockKind.FREE, there=0)
    expect(shop, arrival(4))
    file = shop.place(a=4)
    confirm(shop.db, shop.ask(file))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    came(shop)
    assert parts(shop, file) == [("now", 4)]
    assert level_of(shop).available() == 0
    assert agrees(shop, file)


def test_goods_that_have_come_wait_for_the_erp_to_tell_of_them_and_nobody_else_gets_them(shop: Shop) -> None:
    expect(shop, arrival(4))
    file = shop.place(a=5)
    came(shop)
    assert parts(shop, file) == [("28.11", 2), ("now", 3)]
    with pytest.raises(Refused):
        shop.place(a=1)  # two of the four are left, but what has come is promised no more
    told(shop, 7)
    assert parts(shop, file) == [("now", 5)]
    assert level_of(shop).available() == 2
    note(shop, lambda noted: noted.expecting([arrival(1, LATER)]))
    assert set(level_of(shop).arriving) == {arrival(1, LATER).place}, "what has come is forgotten"


def test_goods_that_the_erp_told_of_before_somebody_said_they_had_come_are_counted_once(shop: Shop) -> None:
    expect(shop, arrival(4))
    file = shop.place(a=5)
    told(shop, 7)
    assert (parts(shop, file), level_of(shop).available()) == ([("now", 5)], 2)
    came(shop)
    assert (level_of(shop).available(), level_of(shop).arriving) == (2, {})
    assert agrees(shop, file)


def test_of_an_arrival_of_which_part_has_come_people_see_and_say_what_is_still_to_come(shop: Shop) -> None:
    expect(shop, arrival(9))
    file = shop.place(a=9)
    told(shop, 3 + 4)
    assert parts(shop, file) == [("28.11", 2), ("now", 7)]
    assert [int(one.quantity) for one in level_of(shop).by_hand.arrivals] == [5]
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], note="ЗП-7")]))
    assert level_of(shop).arriving[arrival(9).place].on_hand == 5
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], quantity=D(9))]))
    assert level_of(shop).coming(SOON)[0].quantity == 9 - 2, "as many as at first are still to come"
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], quantity=D(2))]))
    assert parts(shop, file) == [("28.11", 2), ("now", 7)]
    assert level_of(shop).coming(SOON) == ()
    assert agrees(shop, file)


def test_an_arrival_that_is_called_off_leaves_the_youngest_order_short_and_the_managers_are_told(shop: Shop) -> None:
    expect(shop, arrival(4))
    older, younger = placed(shop, 4), placed(shop, 3, minutes=1)
    note(shop, lambda noted: noted.expecting([arrival(2)]))
    assert parts(shop, older) == [("28.11", 1), ("now", 3)]
    assert parts(shop, younger) == [("28.11", 1)]
    assert kinds(shop, younger)[-1] == "arrival_short"
    assert "arrival_short" not in kinds(shop, older)
    assert "order.short" in shop.events()
    shown = show_cover(shop.db, shop.manager, shop.load(younger), NOW)
    assert [cover.lacking for cover in shown.lines.values()] == [2]
    assert shown.due is None, "not all of it is to come"
    with pytest.raises(Refused):
        confirm(shop.db, shop.ask(younger))
    confirm(shop.db, shop.ask(older))
    assert agrees(shop, older, younger)


def test_what_there_is_elsewhere_goes_to_the_oldest_of_the_orders_that_lose_a_whole_arrival(shop: Shop) -> None:
    expect(shop, arrival(4))
    older, younger = placed(shop, 5), placed(shop, 2, minutes=1)
    note(shop, lambda noted: noted.expecting([arrival(3, LATER)]))
    assert parts(shop, older) == [("05.12", 2), ("now", 3)]
    assert parts(shop, younger) == [("05.12", 1)]
    assert kinds(shop, younger)[-1] == "arrival_short"
    assert "arrival_short" not in kinds(shop, older)
    assert agrees(shop, older, younger)


def test_what_the_stock_covers_is_not_said_to_come_with_another_arrival(shop: Shop) -> None:
    expect(shop, arrival(4))
    other, file = placed(shop, 3), placed(shop, 2, minutes=1)
    cancel(shop.db, shop.ask(other, shop.buyer))
    note(shop, lambda noted: noted.expecting(()))
    assert parts(shop, file) == [("now", 2)]
    assert kinds(shop, file)[-1] == "arrival_covered"
    assert "order.delayed" not in shop.events()


def test_of_a_smaller_arrival_the_youngest_lose_and_of_these_the_oldest_is_covered_first(shop: Shop) -> None:
    expect(shop, arrival(6))
    first, second, third = placed(shop, 5), placed(shop, 2, minutes=1), placed(shop, 2, minutes=2)
    note(shop, lambda noted: noted.expecting([arrival(3), arrival(2, LATER)]))
    assert parts(shop, first) == [("28.11", 2), ("now", 3)]
    assert parts(shop, second) == [("05.12", 1), ("28.11", 1)]
    assert parts(shop, third) == [("05.12", 1)]
    assert [file for file in (first, second, third) if "arrival_short" in kinds(shop, file)] == [third]
    assert agrees(shop, first, second, third)


def test_an_order_whose_reserve_ran_out_loses_nothing_for_others(tables: None) -> None:
    shop = transit_shop(hours=1)
    expect(shop, arrival(4))
    lapsed = placed(shop, 5, minutes=-57)
    older, younger = placed(shop, 1), placed(shop, 1, minutes=1)
    note(shop, lambda noted: noted.expecting([arrival(2)]))
    assert reserve(shop, lapsed).held == {}
    assert [parts(shop, file) for file in (older, younger)] == [[("28.11", 1)], [("28.11", 1)]]


def test_what_is_called_off_is_covered_from_elsewhere_and_a_later_day_is_told_to_the_dealer(shop: Shop) -> None:
    expect(shop, arrival(4))
    file = shop.place(a=5)
    note(shop, lambda noted: noted.expecting([arrival(9, LATER)]))  # a new file names another arrival
    assert parts(shop, file) == [("05.12", 2), ("now", 3)]
    assert kinds(shop, file)[-1] == "arrival_later"
    assert "order.delayed" in shop.events()
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], due=LATER + timedelta(days=2))]))
    assert parts(shop, file) == [("07.12", 2), ("now", 3)]
    assert shop.events().count("order.delayed") == 2
    handle(shop, ARRIVALS, sku=A, actor="anna", actor_name="Анна")
    assert shop.events().count("order.delayed") == 2, "the second delivery tells nothing"
    assert agrees(shop, file)


def test_an_arrival_that_goes_to_another_regions_warehouse_is_called_off_for_the_order(shop: Shop) -> None:
    _only_here(shop)
    expect(shop, arrival(4))
    file = shop.place(a=5)
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], warehouse="w2")]))
    assert parts(shop, file) == [("now", 3)]
    assert kinds(shop, file)[-1] == "arrival_short"
    assert level_of(shop).coming(NOW.date())[0].quantity == 4
    assert agrees(shop, file)


def test_an_order_that_took_from_an_arrival_whose_day_was_another_one_takes_anew(shop: Shop) -> None:
    expect(shop, arrival(4))
    holding = follow(Reservation(), {A: D(5)}, {A: level_of(shop)}, Sources(arrivals_from=NOW.date()))
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], due=LATER)]))
    _refused(shop, holding)
    assert parts(shop, shop.place(a=5)) == [("05.12", 2), ("now", 3)]


def test_another_day_is_noted_anew_where_an_order_took_from_the_arrival_meanwhile(shop: Shop) -> None:
    expect(shop, arrival(4))
    level = level_of(shop)
    file = shop.place(a=5)
    later = level.by_hand.expecting([replace(level.by_hand.arrivals[0], due=LATER)])
    with pytest.raises(TransactionRefused):
        shop.db.commit([*noted_writes(shop.settings.id, level, later), *said(shop.db, shop.manager, level, later, NOW)])
    note(shop, lambda noted: noted.expecting([replace(noted.arrivals[0], due=LATER)]))
    assert parts(shop, file) == [("05.12", 2), ("now", 3)]


def test_cancelling_and_editing_release_the_promise_at_once(shop: Shop) -> None:
    expect(shop, arrival(4))
    file, other = shop.place(a=5), shop.place(a=2)
    change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(4)})
    assert parts(shop, file) == [("28.11", 1), ("now", 3)]
    cancel(shop.db, shop.ask(other, shop.buyer))
    assert level_of(shop).arriving[arrival(4).place].available == 3
    assert agrees(shop, file, other)


def test_a_promise_whose_reserve_ran_out_is_another_orders(tables: None) -> None:
    shop = transit_shop(hours=1)
    expect(shop, arrival(4))
    file = shop.place(a=7)
    late = NOW + timedelta(hours=2)
    assert level_of(shop).as_of(late).coming(late.date())[0].quantity == 4
    assert show_cover(shop.db, shop.buyer, shop.load(file), late).lines == {}
    note(shop, lambda noted: noted.expecting(()))
    assert level_of(shop).arriving == {}


def test_only_those_who_may_know_how_much_there_is_read_how_much_comes(shop: Shop) -> None:
    party = shop.db.fetch(keys.party_profile(shop.settings.id, shop.party.id))
    segments = Segments(groups=(DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS),))
    put = party_put(shop.settings.id, replace(shop.party, group_id="g"), party.version)
    shop.db.commit([segments_put(shop.settings.id, segments), put])
    expect(shop, arrival(4))
    file = shop.load(shop.place(a=5))
    assert not show_cover(shop.db, shop.buyer, file, NOW).exact
    assert show_cover(shop.db, shop.manager, file, NOW).exact
