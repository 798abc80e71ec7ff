"""Orders of goods that are on order: placed though there is too little, and right through what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from chalicelib.gateways import mail
from chalicelib.identity.model import User
from chalicelib.identity.store import user_put
from chalicelib.kernel.access import Role
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.network.segments import DealerGroup, Segments, StockShown
from chalicelib.network.store import party_put, segments_put
from chalicelib.ordering.actions import (
    accept_prices,
    apply_erp_update,
    cancel,
    change_lines,
    clear_cart,
    confirm,
    decision_desk,
    exported_versions,
    extend_reserve,
    mark_exported,
    orders_to_export,
    paste_lines,
    place_order,
    repeat_order,
    show_cart,
    show_cover,
)
from chalicelib.ordering.actions.arriving import waiting_orders
from chalicelib.ordering.actions.placing import NewOrder
from chalicelib.ordering.actions.stocktaking import disagreeing
from chalicelib.ordering.cover import Cover
from chalicelib.ordering.erp import ErpUpdate, ErpUpdateLine, ErpUpdateShipment
from chalicelib.ordering.goods import Goods
from chalicelib.ordering.holding import Reservation
from chalicelib.ordering.jobs import HANDLERS
from chalicelib.ordering.model import LineStatus
from chalicelib.ordering.reservation_store import load_reservation, reservation_put
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.stock import store as stock_store
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.journal import Mismatch
from chalicelib.stock.transit import Coming
from chalicelib.tenancy.model import StockKind
from chalicelib.tenancy.store import settings_write
from tests.support.shop import NOW, D, Shop, W, sku
from tests.support.transit import arrival, expect, kinds, level_of, note, parts, placed, transit_shop

A, FIRST = sku("a"), date(2026, 12, 4)


def _shop(kind: StockKind = StockKind.PHYSICAL, hours: int = 0, there: int = 6) -> Shop:
    shop = Shop({"a": ("10.00", there), "b": ("5.00", 1)}, kind=kind)
    shop.shelf.lead_days[A] = 14
    if hours:
        shop.settings = replace(shop.settings, reserve_hours=hours)
        shop.db.commit([settings_write(shop.settings, 1)])
    return shop


def _in_words(shop: Shop) -> None:
    group = DealerGroup(id="g", name="Розница", stock_shown=StockShown.WORDS, few_at=D(20))
    segments = segments_put(shop.settings.id, Segments(groups=(group,)))
    shop.db.commit([segments, party_put(shop.settings.id, replace(shop.party, group_id="g"), 1)])


@pytest.fixture
def shop(tables: None) -> Shop:
    return _shop()


def kept(shop: Shop, file: OrderFile) -> Reservation:
    return load_reservation(shop.db, file.order.id)


def split(shop: Shop, file: OrderFile) -> tuple[int, int]:
    """What is held of `a`, and what of it is on order; the counters and the reservations agree."""
    reservation = kept(shop, file)
    assert disagreeing(shop.db, [A], [file.order.id]) == {}
    return int(reservation.total(A)), int(reservation.to_be_made(A))


def comes(shop: Shop, quantity: int, minutes: int = 5) -> None:
    """The ERP tells of so many in the warehouse."""
    now, kind = NOW + timedelta(minutes=minutes), shop.settings.exchange.stock_kind
    waiting = waiting_orders(shop.db, kind, now)
    erp_levels(shop.db, [(A, {W: D(quantity)})], kind=kind, as_of=now, message_id="n", now=now, waiting=waiting)


def test_a_longer_term_must_be_seen_before_an_order_is_placed_and_a_shorter_one_need_not(shop: Shop) -> None:
    def place() -> str:
        return place_order(
            shop.db, NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key="k"), NOW, shelf_of=shop.shelf_of
        )

    shop.fill(a=9, b=1)
    shop.shelf.lead_days = {A: 30, sku("b"): 5}  # b was not on order, and is not now: what there is is enough
    shop.shelf.prices[A] = D("11.00")
    with pytest.raises(Refused, match="cart_attention") as refused:
        place()
    price, later = refused.value.complaints
    assert (price.code, price.params["before"], price.params["now"]) == ("line_price_changed", 10, 11)
    assert (later.code, later.params["before"], later.params["count"]) == ("line_later", 14, 30)
    assert refused.value.params["count"] == 1
    shown = show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of)
    assert [one.is_later for one in shown.lines] == [True, False]
    shop.accept_terms()
    shop.shelf.lead_days[A] = 20
    assert not show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).is_later
    assert place()


@pytest.mark.parametrize("in_words", [False, True])
@pytest.mark.parametrize("there", [0, 5, 9, 30])
def test_goods_that_are_on_order_only_since_they_are_in_the_cart_are_asked_about_as_the_cart_tells(
    tables: None, there: int, in_words: bool
) -> None:
    shop = Shop({"a": ("10.00", 30)})
    if in_words:
        _in_words(shop)
    shop.fill(a=9)
    shop.tell({"a": there}, NOW + timedelta(minutes=1))
    shop.shelf.lead_days[A] = 60
    now = NOW + timedelta(minutes=2)
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key="k")
    (shown,) = show_cart(shop.db, shop.buyer, shop.contract.id, now, shelf_of=shop.shelf_of).lines
    asked = there < 9 or (in_words and there <= 20)  # "few" may be fewer than nine
    assert shown.is_later is asked
    if asked:
        with pytest.raises(Refused) as refused:
            place_order(shop.db, new, now, shelf_of=shop.shelf_of)
        assert [(one.code, one.params["count"]) for one in refused.value.complaints] == [("line_on_order", 60)]
        shop.accept_terms(now)
    assert place_order(shop.db, new, now, shelf_of=shop.shelf_of)


def test_more_of_a_line_by_any_way_does_not_make_a_longer_term_or_another_price_seen(shop: Shop) -> None:
    before = shop.place(a=1)
    ways: tuple[Callable[[], object], ...] = (
        lambda: shop.fill(a=1),
        lambda: paste_lines(shop.db, shop.buyer, shop.contract.id, "a 1", NOW, shelf_of=shop.shelf_of),
        lambda: repeat_order(shop.db, shop.buyer, shop.contract.id, before.order.id, NOW, shelf_of=shop.shelf_of),
    )
    for way in ways:
        shop.shelf.lead_days[A], shop.shelf.prices[A] = 14, D(10)
        clear_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of)
        shop.fill(a=9)
        shop.shelf.lead_days[A], shop.shelf.prices[A] = 30, D(11)
        way()
        (shown,) = show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).lines
        assert (shown.line.quantity, shown.line.seen_days, shown.is_later) == (10, 14, True)
        assert (shown.line.seen_price, shown.problem) == (10, "price_changed")


def test_a_tier_that_more_of_a_line_brings_along_is_no_news(shop: Shop) -> None:
    goods = shop.shelf.goods

    def tiered(quantities: Mapping[str, Decimal]) -> dict[str, Goods]:
        found = goods(quantities)
        return {name: replace(one, price=D(9 if quantities[name] >= 9 else 10)) for name, one in found.items()}

    shop.shelf.goods = tiered  # type: ignore[method-assign]
    shop.fill(a=5)
    shop.fill(a=4)
    (shown,) = show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).lines
    assert (shown.line.seen_price, shown.problem) == (9, "")


def test_terms_that_changed_again_are_shown_before_they_are_accepted(shop: Shop) -> None:
    def accept(seen: str) -> None:
        accept_prices(shop.db, shop.buyer, shop.contract.id, seen, NOW, shelf_of=shop.shelf_of)

    shop.fill(a=9)
    shop.shelf.lead_days[A] = 21
    seen = show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).terms
    for days, price in ((120, "10.00"), (21, "11.00")):
        shop.shelf.lead_days[A], shop.shelf.prices[A] = days, D(price)
        with pytest.raises(Refused, match="cart_terms_changed"):
            accept(seen)
    assert show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).is_later
    shop.accept_terms()
    assert not show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).is_later


def test_what_there_is_is_held_and_the_rest_is_on_order_with_its_day(shop: Shop) -> None:
    shop.fill(a=10)
    (shown,) = show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of).lines
    assert (shown.cover, shown.problem) == (Cover(now=D(6), on_order=Coming(quantity=D(4), due=FIRST)), "")
    file = shop.place()
    assert (file.lines[0].quantity, file.lines[0].lead_days, file.order.gross) == (10, 14, 100)
    assert split(shop, file) == (6, 4)
    assert kept(shop, file).on_order[A].due == FIRST
    assert (shop.level("a").allocated, shop.level("a").available) == (6, 0)
    assert show_cover(shop.db, shop.buyer, file, NOW).lines["1"] == shown.cover
    assert show_cover(shop.db, shop.buyer, file, NOW).due == FIRST


def test_an_order_of_what_is_nowhere_holds_nothing_and_is_whole(shop: Shop) -> None:
    first, second = shop.place(a=6), shop.place(a=3)
    assert (split(shop, first), split(shop, second)) == ((6, 0), (0, 3))
    assert (shop.level("a").allocated, shop.level("a").available) == (6, 0)
    cancel(shop.db, shop.ask(second, shop.buyer))
    assert (split(shop, second), split(shop, first)) == ((0, 0), (6, 0))
    assert kept(shop, second).version == 0, "no row is left"


def test_an_order_of_what_is_nowhere_has_no_reserve_that_could_run_out(tables: None) -> None:
    shop = _shop(hours=24, there=0)
    file = shop.place(a=3)
    later = NOW + timedelta(hours=25)
    cover = show_cover(shop.db, shop.buyer, file, later)
    assert (cover.holds, cover.lines["1"].on_order) == (False, Coming(quantity=D(3), due=FIRST))
    with pytest.raises(Refused, match="reserve_of_nothing"):
        extend_reserve(shop.db, shop.ask(file, shop.buyer, minutes=25 * 60))
    assert confirm(shop.db, shop.ask(file, minutes=26 * 60)).state is State.CONFIRMED
    assert split(shop, file) == (0, 3)


def test_the_day_is_that_of_the_tenants_own_calendar(shop: Shop) -> None:
    night = NOW.replace(hour=22)  # the next day in Moscow
    shop.fill(a=7)
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key())
    order_id = place_order(shop.db, new, night, shelf_of=shop.shelf_of)
    assert load_reservation(shop.db, order_id).on_order[A].due == FIRST + timedelta(days=1)


def test_a_line_that_is_not_on_order_is_refused_with_its_order_and_nothing_is_kept(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        shop.place(a=10, b=2)
    assert [one.params["article"] for one in refused.value.complaints] == ["b"]
    assert shop.level("a").allocated == 0


def test_pasted_rows_are_ordered_in_the_same_way(shop: Shop) -> None:
    paste_lines(shop.db, shop.buyer, shop.contract.id, "a 4\na 5", NOW, shelf_of=shop.shelf_of)
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key())
    reservation = load_reservation(shop.db, place_order(shop.db, new, NOW, shelf_of=shop.shelf_of))
    assert (reservation.total(A), reservation.to_be_made(A)) == (6, 3)


def test_an_edit_takes_what_there_is_then_and_leaves_the_rest_on_order(shop: Shop) -> None:
    file = shop.place(a=10)
    change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(8)})
    assert split(shop, file) == (6, 2), "what is on order goes first, and nothing else"
    comes(shop, 7)
    change_lines(shop.db, shop.ask(file, shop.buyer, minutes=24 * 60), {"1": D(12)})
    assert split(shop, file) == (7, 5)
    assert kept(shop, file).on_order[A].due == FIRST + timedelta(days=1), "more is wanted than was: from today on"
    change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(7)})
    assert split(shop, file) == (7, 0)
    added = shop.shelf.goods({sku("b"): D(2)})[sku("b")].line("", D(2))
    with pytest.raises(Refused):
        change_lines(shop.db, shop.ask(file, shop.buyer), {}, [added])


def test_goods_that_came_are_taken_when_the_reserve_is_prolonged_and_when_the_order_is_confirmed(tables: None) -> None:
    shop = _shop(hours=24)
    file = shop.place(a=10)
    comes(shop, 8)
    extend_reserve(shop.db, shop.ask(file, shop.buyer))
    assert split(shop, file) == (8, 2)
    comes(shop, 9, minutes=10)
    desk = decision_desk(shop.db, shop.load(file), NOW)
    assert (desk.covered[A].now, desk.on_order[A].quantity) == (9, 2)
    confirm(shop.db, shop.ask(file))
    assert split(shop, file) == (9, 1)
    assert kept(shop, file).on_order[A].due == FIRST


def test_what_others_hold_no_longer_is_taken_before_anything_is_on_order(tables: None) -> None:
    shop = _shop(hours=24)
    first = shop.place(a=5)
    later = NOW + timedelta(hours=25)
    shop.fill(a=6)
    (shown,) = show_cart(shop.db, shop.buyer, shop.contract.id, later, shelf_of=shop.shelf_of).lines
    assert shown.cover == Cover(now=D(6))
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key())
    reservation = load_reservation(shop.db, place_order(shop.db, new, later, shelf_of=shop.shelf_of))
    assert (reservation.total(A), reservation.on_order) == (6, {})
    assert split(shop, first) == (0, 0)
    confirm(shop.db, shop.ask(first, minutes=26 * 60))
    assert split(shop, first) == (0, 5), "its goods are another's now: the dealer waits for others"


@pytest.mark.parametrize("kind", list(StockKind))
def test_the_erp_that_knows_the_order_never_makes_a_hold_of_what_is_on_order(tables: None, kind: StockKind) -> None:
    shop = _shop(kind)
    file = shop.place(a=10)
    confirm(shop.db, shop.ask(file))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    assert (shop.level("a").counted, shop.level("a").available) == (6, 0)
    line = ErpUpdateLine(product_id="a", variant_id="", quantity=D(10), price=D(10))
    told = ErpUpdate(number=file.order.number, document_id=file.order.id, lines=(line,), status_text="В работе")
    apply_erp_update(shop.db, told, NOW)
    assert split(shop, file) == (6, 4)
    assert shop.level("a").available == 0
    comes(shop, 10 if kind is StockKind.PHYSICAL else 4)  # of these 4 were made; free ones lack what the ERP knows
    assert shop.level("a").available == 4, "they are whoever's takes them first"
    assert split(shop, file) == (6, 4)
    gone = ErpUpdateShipment(id="s", number="Р-1", lines=(replace(line, quantity=D(10)),))
    apply_erp_update(shop.db, replace(told, shipments=(gone,), status_text="Отгружен"), NOW + timedelta(minutes=9))
    assert split(shop, file) == (0, 0)
    assert shop.load(file).lines[0].status is LineStatus.IN_DELIVERY
    assert shop.level("a").allocated == 0


def test_the_erp_cancels_an_order_that_is_on_order_alone(tables: None) -> None:
    shop = _shop(there=0)
    file = shop.place(a=4)
    confirm(shop.db, shop.ask(file))
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    told = ErpUpdate(number=file.order.number, document_id=file.order.id, cancelled=True)
    apply_erp_update(shop.db, told, NOW)
    assert shop.load(file).order.state is State.CANCELLED
    assert split(shop, file) == (0, 0)


def test_a_dealer_who_is_told_in_words_reads_the_same_of_orders_that_are_split_and_that_are_not(tables: None) -> None:
    def told(there: int, wanted: int) -> Cover:
        shop = _shop(there=there)
        _in_words(shop)
        file = shop.place(a=wanted)
        seen = show_cover(shop.db, shop.buyer, file, NOW)
        assert not seen.exact
        assert show_cover(shop.db, shop.manager, file, NOW).exact
        return replace(seen.lines["1"], now=Decimal(bool(seen.lines["1"].now)))

    assert told(7, 8) == told(8, 8) == told(1, 8)
    assert told(0, 8) == Cover(on_order=Coming(quantity=D(8), due=FIRST)), "there are none, and the word says so"


def test_what_an_arrival_no_longer_brings_is_on_order_and_the_dealer_is_told(tables: None) -> None:
    shop = transit_shop(there=1)
    shop.shelf.lead_days[A] = 14
    expect(shop, arrival(5))
    file = placed(shop, 9)
    assert (parts(shop, file), split(shop, file)) == ([("28.11", 5), ("now", 1)], (6, 3))
    expect(shop, arrival(2))
    assert (parts(shop, file), split(shop, file)) == ([("28.11", 2), ("now", 1)], (3, 6))
    assert "arrival_on_order" in kinds(shop, file)
    assert "order.reordered" in shop.events()
    assert not {"order.short", "order.delayed"} & set(shop.events())
    assert level_of(shop).lacking == ()
    note(shop, lambda noted: noted.expecting([]))
    assert split(shop, file) == (1, 8)


@pytest.mark.parametrize("in_words", [True, False])
def test_the_mail_says_how_much_is_on_order_now_and_by_when_but_no_quantity_to_whom_stock_is_words(
    tables: None, monkeypatch: pytest.MonkeyPatch, in_words: bool
) -> None:
    sent: list[mail.Mail] = []
    monkeypatch.setattr(mail, "send", sent.append)
    shop = transit_shop(there=1)
    shop.shelf.lead_days[A] = 14
    if in_words:
        _in_words(shop)
    buyer = User(
        id=shop.buyer.user_id, email="b@d.example", name="Борис", role=Role.DEALER_BUYER, locale="ru", created=NOW,
        party_id=shop.party.id,
    )  # fmt: skip
    shop.db.commit([user_put(shop.settings.id, buyer, 0)])
    expect(shop, arrival(5))
    file = placed(shop, 9)
    expect(shop, arrival(2))
    (told,) = [one for one in shop.load(file).happenings if one.kind == "arrival_on_order"]
    event = Event(
        id=new_id(told.at), tenant_id=shop.settings.id, name="order.reordered", aggregate="x", at=told.at,
        data={"order": file.order.id, "happening": told.id},
    )  # fmt: skip
    HANDLERS[event.name](event, shop.db, told.at)
    (one,) = sent
    assert one.subject == f"Заказ {file.order.number}: товар теперь под заказ"
    now = "товар теперь под заказ" if in_words else "теперь под заказ 6 шт"
    assert f"отменено или меньше ожидаемого, {now}, ≈ 4" in one.text
    assert ("6 шт" in one.text) is not in_words


def noted(shop: Shop) -> dict[str, tuple[str, int, date]]:
    """By order what the SKU's stock row says is on order."""
    return {order: (one.number, int(one.quantity), one.due) for order, one in level_of(shop).ordered.items()}


def test_the_stock_notes_what_each_order_has_on_order_and_forgets_it_with_the_order(shop: Shop) -> None:
    first, second = shop.place(a=10), shop.place(a=3)
    assert noted(shop) == {
        first.order.id: (first.order.number, 4, FIRST),
        second.order.id: (second.order.number, 3, FIRST),
    }
    assert level_of(shop).on_order == 7
    change_lines(shop.db, shop.ask(first, shop.buyer), {"1": D(8)})
    assert level_of(shop).on_order == 5
    cancel(shop.db, shop.ask(second, shop.buyer))
    assert noted(shop) == {first.order.id: (first.order.number, 2, FIRST)}
    assert disagreeing(shop.db, [A]) == {}


def test_what_is_on_order_of_goods_whose_stock_nobody_told_is_noted_too(shop: Shop) -> None:
    shop.shelf.lead_days[sku("new")] = 14
    shop.shelf.prices[sku("new")] = D(7)
    first, second = shop.place(new=2), shop.place(new=3)
    level = stock_store.levels(shop.db, [sku("new")])[sku("new")]
    assert {order: one.quantity for order, one in level.ordered.items()} == {first.order.id: 2, second.order.id: 3}
    now = NOW + timedelta(minutes=5)
    erp_levels(shop.db, [(sku("new"), {W: D(4)})], kind=StockKind.PHYSICAL, as_of=now, message_id="n", now=now)
    level = stock_store.levels(shop.db, [sku("new")])[sku("new")]
    assert (level.available(), level.on_order) == (4, 5)


def test_the_nightly_check_finds_a_note_that_the_orders_do_not_bear_out(shop: Shop) -> None:
    file = shop.place(a=10)
    wrong = kept(shop, file)
    shop.db.commit([reservation_put(shop.settings.id, file.order.id, replace(wrong, on_order={}))])
    assert disagreeing(shop.db, [A]) == {A: (Mismatch(warehouse="", what="on_order", kept=D(4), due=D(0)),)}
