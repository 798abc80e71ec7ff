"""What managers and dealers do to an order after it was placed, on real DynamoDB semantics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.billing.store import invoice_from
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.network.model import VatMode
from chalicelib.network.store import contract_put, party_put
from chalicelib.ordering import store
from chalicelib.ordering.actions import (
    accept_changes,
    ask_dealer,
    bring_invoice_up_to,
    cancel,
    change_lines,
    confirm,
    decline_changes,
    edit_order,
    list_orders,
    reading,
    refuse,
)
from chalicelib.ordering.actions.reading import Wanted
from chalicelib.ordering.lines import difference
from chalicelib.ordering.model import LineStatus
from chalicelib.ordering.states import Side, State
from chalicelib.ordering.task_store import Queue
from chalicelib.pricing.chain import PriceBasis
from chalicelib.storage import keys
from tests.support.shop import NOW, D, Shelf, Shop, sku


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    pass


@pytest.fixture
def shop() -> Shop:
    return Shop({"a": ("10.00", 20), "b": ("5.00", 20), "c": ("1.00", 20)}, limit="500")


def test_lines_that_are_added_later_have_the_terms_of_the_orders_own_day() -> None:
    shop = Shop({"a": ("10.00", 20), "b": ("5.00", 20)})
    file = shop.place(a=2)
    opened: list[tuple[datetime, datetime | None]] = []

    def shelf_of(basis: PriceBasis, *_: object) -> Shelf:
        opened.append((basis.at, basis.vat_at))
        return shop.shelf

    late = replace(shop.ask(file), now=NOW + timedelta(days=60))
    edit_order(shop.db, late, {}, "b 1", shelf_of=shelf_of)
    assert opened == [(late.now, file.order.created)]


@pytest.mark.parametrize("then", [True, False])
def test_a_line_that_is_added_later_is_priced_with_vat_as_the_order_is(then: bool) -> None:
    shop = Shop({"a": ("10.00", 20), "b": ("5.00", 20)})
    shop.shelf.vat_included = then
    file = shop.place(a=2)
    today = replace(shop.contract, vat=VatMode.ON_TOP if then else VatMode.INCLUDED)
    shop.db.commit([contract_put(shop.settings.id, today, 1)])

    def shelf_of(basis: PriceBasis, *_: object) -> Shelf:
        included = bool(basis.contract.vat_included)
        return replace(shop.shelf, prices={sku("b"): D("12.20" if included else "10.00")}, vat_included=included)

    edit_order(shop.db, shop.ask(file), {}, "b 1", shelf_of=shelf_of)
    assert shop.load(file).lines[1].gross == D("12.20")


def test_what_waits_or_is_in_work_is_in_sight_whichever_month_it_is_of(shop: Shop) -> None:
    waiting, working, closed = shop.place(a=1), shop.confirmed(b=1), shop.place(c=1)
    cancel(shop.db, shop.ask(closed, shop.buyer))

    def seen(view: str, month: str = "") -> set[str]:
        return {
            order.id
            for order in list_orders(shop.db, shop.manager, Wanted(view=view, months=(month,) if month else ())).orders
        }

    assert seen("waiting") == {waiting.order.id}
    assert seen("active") == {waiting.order.id, working.order.id}
    assert seen("all", "2026-11") == {waiting.order.id, working.order.id, closed.order.id}
    assert seen("all", "2026-12") == set()
    for view in ("waiting", "active"):
        assert seen(view, "2026-11") == seen(view)
        assert seen(view, "2026-12") == set()


def test_months_follow_one_another_newest_first_and_empty_ones_end_no_list(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 2)
    placed = [shop.place(a=1).order for _ in range(5)]
    for order, month in zip(placed, ("2026-11", "2026-11", "2026-11", "2026-08", "2025-12"), strict=True):
        record = shop.db.get(keys.order_head(shop.settings.id, order.id))
        assert record is not None
        shop.db.commit([store.order_put(shop.settings.id, replace(store.order_from(record), month=month))])
    months = ("2026-12", "2026-11", "2026-10", "2026-09", "2026-08", "2026-07")
    cursor, found = None, list[str]()
    for _ in range(5):
        page = list_orders(shop.db, shop.manager, Wanted(months=months, cursor=cursor))
        found += [order.id for order in page.orders]
        cursor = page.next
        if cursor is None:
            break
    november = sorted((order.id for order in placed[:3]), reverse=True)
    assert found == [*november, placed[3].id]
    again = list_orders(shop.db, shop.manager, Wanted(months=months, cursor="x/y"))
    assert [order.id for order in again.orders] == november[:2]


def test_the_queue_is_read_page_by_page_the_longest_waiting_first(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 2)
    files = [shop.place(a=1) for _ in range(5)]
    cursor, found = None, list[str]()
    for _ in range(5):
        page = list_orders(shop.db, shop.manager, Wanted(view="waiting", cursor=cursor))
        found += [order.id for order in page.orders]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(found) == sorted(file.order.id for file in files)


def test_confirming_invoices_the_order_and_queues_it_for_the_erp(shop: Shop) -> None:
    file = shop.confirmed(a=2, b=1)
    order = file.order
    assert (order.state, order.held) == (State.CONFIRMED, 0)
    account = shop.account()
    assert (account.balance, account.ordered, account.exposure) == (25, 0, 25)
    assert (shop.queue(Queue.MODERATION), shop.queue(Queue.EXPORT)) == ([], [order.id])
    assert [document.kind for document in file.documents] == ["invoice"]
    assert shop.level("a").allocated == 2
    assert {"order.submitted", "order.confirmed", "invoice.issued"} <= set(shop.events())


def test_a_manager_changes_lines_and_the_dealer_accepts(shop: Shop) -> None:
    file = shop.place(a=2, b=1)
    added = shop.shelf.goods({sku("c"): D(4)})[sku("c")].line("", D(4))
    change_lines(shop.db, shop.ask(file), {"1": D(5), "2": D(0)}, [added], "b нет, вместо него c")
    file = shop.load(file)
    assert (file.order.state, file.order.edition, file.order.agreed_edition) == (State.AWAITING_DEALER, 2, 1)
    assert file.order.waits_for_agreement
    assert file.order.gross == 54
    changes = {c.line_id: (c.before, c.after) for c in difference(file.editions[1], file.editions[2])}
    assert {line_id: (before is None, now is None) for line_id, (before, now) in changes.items()} == {
        "1": (False, False),
        "2": (False, True),
        "3": (True, False),
    }
    assert [shop.level(name).allocated for name in "abc"] == [5, 0, 4]
    assert shop.account().exposure == 54
    assert shop.queue(Queue.MODERATION) == []
    accept_changes(shop.db, shop.ask(file, shop.buyer))
    file = shop.load(file)
    assert (file.order.state, file.order.agreed_edition) == (State.SUBMITTED, 2)
    assert shop.queue(Queue.MODERATION) == [file.order.id]
    confirm(shop.db, shop.ask(file))
    assert shop.account().balance == 54


def test_a_declined_change_brings_the_agreed_lines_back(shop: Shop) -> None:
    file = shop.place(a=2, b=1)
    added = shop.shelf.goods({sku("c"): D(4)})[sku("c")].line("", D(4))
    change_lines(shop.db, shop.ask(file), {"1": D(5), "2": D(0)}, [added])
    decline_changes(shop.db, shop.ask(file, shop.buyer), "верните как было")
    file = shop.load(file)
    assert (file.order.state, file.order.edition, file.order.gross) == (State.SUBMITTED, 3, 25)
    assert [(line.article, line.quantity) for line in file.live_lines] == [("a", 2), ("b", 1)]
    assert [shop.level(name).allocated for name in "abc"] == [2, 1, 0]
    assert shop.account().exposure == 25


def test_an_edit_never_counts_the_orders_own_hold_against_it(shop: Shop) -> None:
    file = shop.place(a=15)
    change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(20)})
    assert shop.level("a").available == 0
    with pytest.raises(Refused) as refused:
        change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(21)})
    assert refused.value.complaints[0].params["available"] == 20


def test_an_edit_goes_through_the_credit_check(shop: Shop) -> None:
    file = shop.place(a=20, b=20)  # 300 of 500
    shop.tell({"a": 100}, NOW)
    with pytest.raises(Refused) as refused:
        change_lines(shop.db, shop.ask(file), {"1": D(60)})
    assert refused.value.code == "credit_exceeded"
    assert shop.account().exposure == 300


@pytest.mark.parametrize("what", ["contract", "dealer"])
def test_a_blocked_contract_or_dealer_lets_an_order_shrink_but_not_grow(shop: Shop, what: str) -> None:
    file = shop.place(a=5, b=5)
    tenant_id = shop.settings.id
    if what == "contract":
        shop.db.commit([contract_put(tenant_id, replace(shop.contract, blocked=True), 1)])
    else:
        shop.db.commit([party_put(tenant_id, replace(shop.party, blocked=True), 1)])
    for more in ({"1": D(6)}, {"1": D(6), "2": D(0)}):
        with pytest.raises(Refused) as refused:
            change_lines(shop.db, shop.ask(file, shop.buyer), more)
        assert refused.value.code == f"{what}_blocked"
    assert change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(4)}).gross == 65
    assert change_lines(shop.db, shop.ask(file), {"1": D(6)}).gross == 85


def test_a_question_waits_for_the_dealers_answer(shop: Shop) -> None:
    file = shop.place(a=2)
    with pytest.raises(Invalid) as invalid:
        ask_dealer(shop.db, shop.ask(file), "  ")
    assert set(invalid.value.fields) == {"question"}
    ask_dealer(shop.db, shop.ask(file), "Белые или серые?")
    file = shop.load(file)
    assert (file.order.state, file.order.waits_for_agreement) == (State.AWAITING_DEALER, False)
    accept_changes(shop.db, shop.ask(file, shop.buyer, minutes=2), "Белые")
    assert [one.comment for one in shop.load(file).happenings] == ["", "Белые или серые?", "Белые"]


@pytest.mark.parametrize("side", list(Side)[:2])
def test_a_cancelled_order_gives_stock_and_credit_back(shop: Shop, side: Side) -> None:
    file = shop.place(a=2, b=1)
    if side is Side.DEALER:
        cancel(shop.db, shop.ask(file, shop.buyer), "передумали")
    else:
        refuse(shop.db, shop.ask(file), "нет сырья")
    file = shop.load(file)
    assert (file.order.state, file.order.closed_by) == (State.CANCELLED, side)
    assert [shop.level(name).allocated for name in "ab"] == [0, 0]
    assert (shop.account().exposure, shop.account().ordered) == (0, 0)
    assert shop.queue(Queue.MODERATION) == []
    assert shop.db.get(keys.reservation(shop.settings.id, file.order.id, 0)) is None


def test_cancelling_a_confirmed_order_makes_its_invoice_void(shop: Shop) -> None:
    file = shop.confirmed(a=2)
    cancel(shop.db, shop.ask(file, shop.buyer))
    account = shop.account()
    assert (account.balance, account.exposure) == (0, 0)
    assert file.order.invoice_id is not None
    record = shop.db.get(keys.invoice(shop.settings.id, file.order.invoice_id))
    assert record is not None
    assert invoice_from(record).void
    assert shop.queue(Queue.EXPORT) == []
    assert not bring_invoice_up_to(shop.db, file.order.id, NOW)


def test_a_refusal_needs_its_reason(shop: Shop) -> None:
    file = shop.place(a=2)
    with pytest.raises(Invalid) as invalid:
        refuse(shop.db, shop.ask(file), "")
    assert set(invalid.value.fields) == {"reason"}


def test_what_was_seen_too_long_ago_is_not_acted_upon(shop: Shop) -> None:
    file = shop.place(a=2)
    stale = shop.ask(file)
    change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(3)})
    with pytest.raises(Refused) as refused:
        confirm(shop.db, stale)
    assert refused.value.code == "order_changed"
    assert shop.load(file).order.state is State.SUBMITTED


def test_the_same_request_again_changes_nothing_and_another_under_its_key_is_refused(shop: Shop) -> None:
    file = shop.place(a=2)
    ask = shop.ask(file)
    confirm(shop.db, ask)
    confirm(shop.db, ask)
    assert shop.account().balance == 20
    with pytest.raises(Invalid) as invalid:
        refuse(shop.db, ask, "нет")
    assert invalid.value.code == "key_reused"


def test_of_parallel_confirmations_and_cancellations_one_wins(shop: Shop) -> None:
    for _ in range(3):
        file = shop.place(a=1)
        confirming, cancelling = shop.ask(file), shop.ask(file, shop.buyer)

        def act(number: int, one: object = confirming, other: object = cancelling) -> str:
            try:
                (confirm if number % 2 else cancel)(shop.session(), one if number % 2 else other)  # type: ignore[arg-type]
            except Refused as refused:
                return refused.code
            return "done"

        with ThreadPoolExecutor(4) as pool:
            answers = sorted(pool.map(act, range(4)))
        assert set(answers) <= {"done", "order_changed"}
        order = shop.load(file).order
        held = 1 if order.state is State.CONFIRMED else 0
        assert shop.account().exposure == 10 * held
        assert shop.level("a").allocated == held
        if held:
            cancel(shop.db, shop.ask(file, shop.buyer))


def test_nothing_is_done_out_of_its_state(shop: Shop) -> None:
    file = shop.confirmed(a=2)
    for act in (
        lambda: confirm(shop.db, shop.ask(file)),
        lambda: change_lines(shop.db, shop.ask(file), {"1": D(1)}),
        lambda: change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D(1)}),
        lambda: ask_dealer(shop.db, shop.ask(file), "?"),
        lambda: accept_changes(shop.db, shop.ask(file, shop.buyer)),
        lambda: decline_changes(shop.db, shop.ask(file, shop.buyer)),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "order_state"


def test_another_dealer_can_do_nothing_to_an_order(shop: Shop) -> None:
    file = shop.place(a=2)
    stranger = replace(shop.buyer, party_id="somebody-else")
    with pytest.raises(NotFound):
        cancel(shop.db, shop.ask(file, stranger))


def test_an_edit_that_changes_nothing_or_leaves_nothing_is_invalid(shop: Shop) -> None:
    file = shop.place(a=2)
    for quantities, code in (({"1": D(2)}, "nothing_changed"), ({"1": D(0)}, "order_empty")):
        with pytest.raises(Invalid) as invalid:
            change_lines(shop.db, shop.ask(file, shop.buyer), quantities)
        assert invalid.value.code == code
    with pytest.raises(Invalid) as invalid:
        change_lines(shop.db, shop.ask(file, shop.buyer), {"1": D("0.5")})
    assert set(invalid.value.fields) == {"q-1"}


def test_a_line_that_was_taken_out_can_come_back(shop: Shop) -> None:
    file = shop.place(a=2, b=1)
    change_lines(shop.db, shop.ask(file, shop.buyer), {"2": D(0)})
    assert shop.load(file).lines[1].status is LineStatus.CANCELLED
    change_lines(shop.db, shop.ask(file, shop.buyer), {"2": D(3)})
    assert shop.load(file).order.gross == 35
    assert shop.level("b").allocated == 3


def test_a_change_costs_two_round_trips_to_read_and_one_to_write(shop: Shop) -> None:
    file = shop.place(a=2)
    ask, session = shop.ask(file), shop.session()
    confirm(session, ask)
    assert session.usage.calls == 3
