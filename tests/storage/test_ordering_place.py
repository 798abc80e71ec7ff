"""Placing orders on real DynamoDB semantics (domain §4.2, §5.8, §6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.kernel.errors import Invalid, KontorError, NotFound, Refused
from chalicelib.network.store import contract_put
from chalicelib.ordering import number_store, store
from chalicelib.ordering.actions import (
    MAX_LINES,
    NewOrder,
    add_to_cart,
    change_cart,
    clear_cart,
    edit_order,
    paste_lines,
    place_order,
    repeat_order,
    show_cart,
)
from chalicelib.ordering.goods import Goods
from chalicelib.ordering.reservation_store import reservation_from
from chalicelib.ordering.states import State
from chalicelib.ordering.store import month_orders, order_from
from chalicelib.ordering.task_store import Queue
from chalicelib.storage import keys
from chalicelib.storage.writes import Set, Update
from tests.support.shop import NOW, D, Shop, sku


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    pass


def _new(shop: Shop, key: str, **more: object) -> NewOrder:
    return replace(NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=key), **more)  # type: ignore[arg-type]


def test_an_order_takes_stock_and_credit_empties_the_cart_and_waits_for_the_manager() -> None:
    shop = Shop({"a": ("100.00", 10), "b": ("33.33", 5)}, limit="1000")
    file = shop.place(a=2, b=3)
    order = file.order
    assert (order.state, order.number, order.version) == (State.SUBMITTED, "K-000001", 1)
    assert (order.gross, order.vat, order.net) == (D("299.99"), D("54.10"), D("245.89"))
    assert [(line.article, line.quantity, line.gross) for line in file.lines] == [
        ("a", D(2), D("200.00")),
        ("b", D(3), D("99.99")),
    ]
    assert (shop.level("a").available, shop.level("b").available) == (8, 2)
    assert shop.account().exposure == order.held == D("299.99")
    assert shop.cart() == {}
    assert shop.queue(Queue.MODERATION) == [order.id]
    assert shop.events() == ["order.submitted"]
    assert [one.kind for one in file.happenings] == ["placed"]


def test_a_ten_line_order_costs_three_round_trips_beside_the_session() -> None:
    goods = {f"g{i}": ("10.00", 50) for i in range(10)}
    shop = Shop(goods)
    shop.fill(**dict.fromkeys(goods, 2))
    session = shop.session()
    place_order(session, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert session.usage.calls == 3


def test_numbers_run_on() -> None:
    shop = Shop({"a": ("1.00", 10)})
    assert [shop.place(a=1).order.number for _ in range(3)] == ["K-000001", "K-000002", "K-000003"]


def test_a_counter_that_fell_behind_never_gives_a_number_twice() -> None:
    shop = Shop({"a": ("1.00", 10)})
    for _ in range(3):
        shop.place(a=1)
    behind = Update(key=number_store.sequence_key(shop.settings.id), changes=(Set(("n", "last"), D(1)),))
    shop.db.commit([behind])
    assert [shop.place(a=1).order.number for _ in range(2)] == ["K-000004", "K-000005"]


def test_an_order_may_be_split_over_the_contracts_warehouses_in_their_order() -> None:
    shop = Shop({"a": ("1.00", 3)}, warehouse_ids=("w2", "w1"))
    shop.tell({"a": 2}, NOW, "w2")
    shop.tell({"a": 9}, NOW, "w3")
    shop.place(a=4)
    assert (shop.level("a", "w2").available, shop.level("a", "w1").available) == (0, 1)
    with pytest.raises(Refused) as refused:
        shop.place(a=2)
    assert refused.value.complaints[0].params["available"] == 1


def test_every_short_line_is_named_at_once_and_nothing_is_taken() -> None:
    shop = Shop({"a": ("1.00", 3), "b": ("1.00", 9), "c": ("1.00", 0), "d": ("1.00", 1)})
    with pytest.raises(Refused) as refused:
        shop.place(a=4, b=9, c=1, d=1)
    named = {c.params["article"]: c.params["available"] for c in refused.value.complaints}
    assert (refused.value.code, named) == ("short", {"a": D(3), "c": D(0)})
    assert shop.level("b").available == 9
    assert shop.account().exposure == 0
    assert len(shop.cart()) == 4


def test_too_little_credit_is_refused_with_what_is_left() -> None:
    shop = Shop({"a": ("60.00", 10)}, limit="100")
    shop.place(a=1)
    with pytest.raises(Refused) as refused:
        shop.place(a=1)
    assert refused.value.code == "credit_short"
    assert str(refused.value.params["free"]) == str(refused.value.params["free"])
    assert refused.value.params["free"].amount == 40  # type: ignore[attr-defined]
    assert shop.level("a").available == 9


def test_changed_prices_must_be_seen_before_an_order_is_placed() -> None:
    shop = Shop({"a": ("10.00", 9), "b": ("5.00", 9), "c": ("1.00", 9), "d": ("1.00", 9)})
    shop.fill(a=1, b=1, c=1, d=1)
    shop.shelf.prices[sku("a")] = D("11.00")
    shop.shelf.prices[sku("b")] = None
    shop.shelf.withdrawn.add(sku("c"))
    with pytest.raises(Refused) as refused:
        place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert {c.params["article"]: c.code for c in refused.value.complaints} == {
        "a": "line_price_changed",
        "b": "line_no_price",
        "c": "line_withdrawn",
    }
    shown = show_cart(shop.db, shop.buyer, shop.contract.id, NOW, shelf_of=shop.shelf_of)
    assert [line.problem for line in shown.lines] == ["price_changed", "no_price", "withdrawn", ""]
    change_cart(shop.db, shop.buyer, shop.contract.id, {sku("b"): D(0), sku("c"): D(0)}, NOW, shelf_of=shop.shelf_of)
    shop.accept_terms()
    order_id = place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert store.load_order(shop.db, order_id).order.gross == D("12.00")


def test_the_same_form_sent_twice_makes_one_order_and_another_under_its_key_is_refused() -> None:
    shop = Shop({"a": ("10.00", 9)})
    shop.fill(a=1)
    first = place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of) == first
    with pytest.raises(Invalid) as invalid:
        place_order(shop.db, _new(shop, "k", comment="other"), NOW, shelf_of=shop.shelf_of)
    assert invalid.value.code == "key_reused"
    with pytest.raises(Refused) as refused:
        place_order(shop.db, _new(shop, "k2"), NOW, shelf_of=shop.shelf_of)
    assert refused.value.code == "cart_empty"


@pytest.mark.parametrize(
    ("terms", "code"),
    [({"blocked": True}, "contract_blocked")],
)
def test_a_blocked_contract_takes_no_orders(terms: dict[str, object], code: str) -> None:
    shop = Shop({"a": ("10.00", 9)})
    shop.fill(a=1)
    shop.db.commit([contract_put(shop.settings.id, replace(shop.contract, **terms), 1)])  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert refused.value.code == code


def test_a_wished_day_that_has_passed_is_refused() -> None:
    shop = Shop({"a": ("10.00", 9)})
    shop.fill(a=1)
    with pytest.raises(Invalid) as invalid:
        place_order(shop.db, _new(shop, "k", wished=date(2026, 11, 19)), NOW, shelf_of=shop.shelf_of)
    assert set(invalid.value.fields) == {"wished"}
    assert place_order(shop.db, _new(shop, "k", wished=date(2026, 11, 20)), NOW, shelf_of=shop.shelf_of)


def test_another_dealers_contract_is_not_found() -> None:
    shop, other = Shop({"a": ("10.00", 9)}), Shop({"a": ("10.00", 9)})
    with pytest.raises(NotFound):
        place_order(shop.db, _new(shop, "k", contract_id=other.contract.id), NOW, shelf_of=shop.shelf_of)


def test_the_largest_order_fits_one_transaction_and_a_larger_one_names_the_limit() -> None:
    goods = {f"g{i}": ("1.00", 9) for i in range(MAX_LINES + 1)}
    shop = Shop(goods)
    rows = "\n".join(f"g{i}\t1" for i in range(MAX_LINES + 1))
    assert not paste_lines(shop.db, shop.buyer, shop.contract.id, rows, NOW, shelf_of=shop.shelf_of).bad
    with pytest.raises(Refused) as refused:
        place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert (refused.value.code, refused.value.params["limit"]) == ("order_too_long", MAX_LINES)
    change_cart(shop.db, shop.buyer, shop.contract.id, {sku("g0"): D(0)}, NOW, shelf_of=shop.shelf_of)
    place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)


def _parallel(shop: Shop, workers: int, rounds: int, quantity: int) -> list[str]:
    """Each worker has its own cart and orders again and again until it is refused; codes of what was refused."""

    def work(number: int) -> list[str]:
        actor, session, refused = shop.other_buyer(f"u{number}"), shop.session(), []
        for turn in range(rounds):
            try:
                shop.place(actor, f"k{number}x{turn}", session, a=quantity)
            except KontorError as refusal:
                refused.append(refusal.code)
                clear_cart(session, actor, shop.contract.id, NOW, shelf_of=shop.shelf_of)
        return refused

    with ThreadPoolExecutor(workers) as pool:
        return [code for codes in pool.map(work, range(workers)) for code in codes]


def _placed(shop: Shop) -> list[Decimal]:
    page = store.party_orders(shop.db, shop.party.id, limit=500, after=None)
    return [store.order_from(record).gross for record in page.records]


def test_sixteen_parallel_buyers_never_get_more_than_there_is() -> None:
    shop = Shop({"a": ("1.00", 100)})
    refused = _parallel(shop, workers=16, rounds=3, quantity=3)
    placed = _placed(shop)
    assert len(placed) == 33
    assert set(refused) == {"short"}
    level = shop.level("a")
    assert (level.allocated, level.available) == (99, 1)
    numbers = {
        record.data["number"] for record in store.party_orders(shop.db, shop.party.id, limit=500, after=None).records
    }
    assert len(numbers) == 33


def test_parallel_orders_never_exceed_the_credit_limit_together() -> None:
    shop = Shop({"a": ("10.00", 1000)}, limit="105")
    refused = _parallel(shop, workers=8, rounds=2, quantity=2)
    assert len(_placed(shop)) == 5
    assert set(refused) <= {"credit_short", "credit_exceeded"}
    assert shop.account().exposure == 100


def test_twenty_parallel_sends_of_one_form_make_one_order() -> None:
    shop = Shop({"a": ("10.00", 1000)})
    shop.fill(a=2)

    def send(_: int) -> str:
        return place_order(shop.session(), _new(shop, "same"), NOW, shelf_of=shop.shelf_of)

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(send, range(20)))
    assert len(answers) == 1
    assert len(_placed(shop)) == 1
    assert shop.level("a").allocated == 2


def test_pasted_rows_are_added_and_every_bad_one_is_named() -> None:
    shop = Shop({"a": ("10.00", 9), "b": ("10.00", 9), "c": ("10.00", 9)})
    shop.shelf.prices[sku("c")] = None
    pasted = paste_lines(
        shop.db,
        shop.buyer,
        shop.contract.id,
        "a\t2\n\nb;3\nnobody 1\nboth 1\na 1,5\na x\nb 0\nc 1\na 1",
        NOW,
        shelf_of=shop.shelf_of,
    )
    assert shop.cart() == {"a": D(3), "b": D(3)}
    assert [(row.number, row.reason) for row in pasted.bad] == [
        (4, "unknown"),
        (5, "ambiguous"),
        (6, "not_whole"),
        (7, "not_a_number"),
        (8, "not_positive"),
        (9, "no_price"),
    ]


def test_a_wrong_quantity_in_the_cart_is_named_at_its_line() -> None:
    shop = Shop({"a": ("10.00", 9)})
    shop.fill(a=1)
    with pytest.raises(Invalid) as invalid:
        change_cart(shop.db, shop.buyer, shop.contract.id, {sku("a"): D("1.5")}, NOW, shelf_of=shop.shelf_of)
    assert invalid.value.fields[f"q-{sku('a')}"].code == "quantity_not_whole"
    with pytest.raises(NotFound):
        add_to_cart(shop.db, shop.buyer, shop.contract.id, "nobody", D(1), NOW, shelf_of=shop.shelf_of)


def test_carts_of_two_people_and_of_two_windows_don_t_lose_lines() -> None:
    shop = Shop({f"g{i}": ("1.00", 9) for i in range(8)})

    def add(number: int) -> None:
        shop.fill(shop.buyer, shop.session(), **{f"g{number}": 1})

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add, range(3)))
    assert len(shop.cart()) == 3
    assert shop.cart(shop.other_buyer("vera")) == {}


def test_an_order_can_be_repeated_at_todays_prices() -> None:
    shop = Shop({"a": ("10.00", 9), "b": ("5.00", 9)})
    file = shop.place(a=2, b=1)
    shop.shelf.withdrawn.add(sku("b"))
    left = repeat_order(shop.db, shop.buyer, shop.contract.id, file.order.id, NOW, shelf_of=shop.shelf_of)
    assert shop.cart() == {"a": D(2)}
    assert [line.article for line in left] == ["b"]


def test_another_dealers_order_is_not_found() -> None:
    shop = Shop({"a": ("10.00", 9)})
    file = shop.place(a=1)
    stranger = replace(shop.buyer, party_id="somebody-else")
    with pytest.raises(NotFound):
        store.load_order(shop.db, file.order.id, stranger)
    assert store.load_order(shop.db, file.order.id, shop.manager).order.id == file.order.id


def test_a_contract_that_changes_while_an_order_is_placed_is_looked_at_again() -> None:
    shop = Shop({"a": ("10.00", 9)}, limit="100")
    shop.fill(a=5)
    real, changed = shop.shelf_of, []

    def shelf_of(*arguments: object) -> object:
        if not changed:
            changed.append(True)
            stricter = replace(shop.contract, credit_limit=D(20))
            shop.session().commit([contract_put(shop.settings.id, stricter, 1)])
        return real(*arguments)

    with pytest.raises(Refused) as refused:
        place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shelf_of)  # type: ignore[arg-type]
    assert refused.value.code == "credit_short"


def test_a_reserved_row_says_what_an_order_holds() -> None:
    shop = Shop({"a": ("10.00", 9)})
    file = shop.place(a=2)
    record = shop.db.get(keys.reservation(shop.settings.id, file.order.id, 0))
    held = reservation_from(record)
    assert held.total(sku("a")) == 2
    assert shop.db.get(keys.number_guard(shop.settings.id, file.order.number)) is not None
    assert NOW + timedelta(0) == file.order.waiting_since


def test_an_order_is_among_those_of_the_month_that_the_tenants_calendar_has() -> None:
    shop = Shop({"a": ("10.00", 9)})
    shop.fill(a=1)
    at = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)  # in Moscow 1 December, 00:30
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key())
    order_id = place_order(shop.db, new, at, shelf_of=shop.shelf_of)
    found = {
        month: [order_from(record).id for record in month_orders(shop.db, month, limit=10, after=None).records]
        for month in ("2026-11", "2026-12")
    }
    assert found == {"2026-11": [], "2026-12": [order_id]}


def test_pieces_added_to_a_line_are_priced_with_those_that_it_has() -> None:
    shop = Shop({"a": ("100.00", 200)})
    goods = shop.shelf.goods

    def tiered(quantities: Mapping[str, D]) -> dict[str, Goods]:
        return {
            name: replace(one, price=D(90) if quantities[name] >= 100 else D(100))
            for name, one in goods(quantities).items()
        }

    shop.shelf.goods = tiered  # type: ignore[method-assign]
    file = shop.place(a=100)
    assert file.order.gross == 9000
    edit_order(shop.db, shop.ask(file), {}, "a 1", shelf_of=shop.shelf_of)
    assert shop.load(file).order.gross == 101 * 90


def test_too_little_stock_and_credit_are_told_at_once() -> None:
    shop = Shop({"a": ("60.00", 1), "b": ("1.00", 9), "c": ("5.00", 9)}, limit="100")
    shop.fill(a=2, b=1, c=1)
    shop.shelf.prices[sku("c")] = D("6.00")
    with pytest.raises(Refused) as refused:
        place_order(shop.db, _new(shop, "k"), NOW, shelf_of=shop.shelf_of)
    assert refused.value.code == "order_hindered"
    assert [c.code for c in refused.value.complaints] == ["line_price_changed", "short_line", "credit_short"]
    assert refused.value.complaints[-1].params["missing"].amount == 27  # type: ignore[attr-defined]
    assert (shop.level("a").available, shop.account().exposure) == (1, 0)
