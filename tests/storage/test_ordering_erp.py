"""Orders to the ERP and back, on real DynamoDB semantics (domain §8, protocol §§6-7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.billing import store as billing_store
from chalicelib.billing.erp_invoices import lines_of
from chalicelib.billing.model import InvoiceState
from chalicelib.billing.payments import apply_advances
from chalicelib.kernel.errors import Invalid
from chalicelib.ordering.actions import (
    apply_erp_update,
    bring_invoice_up_to,
    cancel,
    erp_step,
    exported_versions,
    mark_exported,
    orders_to_export,
    receive,
    refuse,
)
from chalicelib.ordering.erp import (
    ErpOutcome,
    ErpStatus,
    ErpUpdate,
    ErpUpdateLine,
    ErpUpdatePayment,
    ErpUpdateShipment,
    Outcome,
)
from chalicelib.ordering.model import LineStatus
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.task_store import Queue
from chalicelib.storage import keys
from chalicelib.tenancy.model import StockKind
from tests.support.shop import NOW, D, Shop

LATER = NOW + timedelta(hours=1)
GUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    pass


@pytest.fixture(params=list(StockKind))
def shop(request: pytest.FixtureRequest) -> Shop:
    return Shop({"a": ("10.00", 20), "b": ("5.00", 20), "c": ("1.00", 20)}, limit="500", kind=request.param)


def _line(product: str, quantity: str, price: str | None = None, **more: object) -> ErpUpdateLine:
    return ErpUpdateLine(
        product_id=product,
        variant_id="",
        quantity=D(quantity),
        price=None if price is None else D(price),
        **more,  # type: ignore[arg-type]
    )


def _exported(shop: Shop, **quantities: int) -> OrderFile:
    file = shop.confirmed(**quantities)
    mark_exported(shop.db, exported_versions(orders_to_export(shop.db)), NOW)
    return shop.load(file)


def _told(shop: Shop, file: OrderFile, **facts: object) -> ErpOutcome:
    update = ErpUpdate(number=file.order.number, document_id=GUID)
    return apply_erp_update(shop.db, replace(update, **facts), LATER)  # type: ignore[arg-type]


def test_only_confirmed_orders_go_and_stay_until_the_erp_has_confirmed_them(shop: Shop) -> None:
    shop.place(a=1)
    file = shop.confirmed(a=2, b=1)
    for _ in range(2):
        (one,) = orders_to_export(shop.db)
        assert (one.order.id, one.is_cancelled, len(one.lines)) == (file.order.id, False, 2)
        assert (one.entity.name, one.contract.number) == ("ООО «Светлый дом»", "14/2026")
        assert (one.lines[0].product_id, one.lines[0].vat_rate) == ("a", D(22))
    exported = mark_exported(shop.db, exported_versions([one]), LATER)
    assert (exported.done, exported.changed) == ((file.order.id,), ())
    assert orders_to_export(shop.db) == []
    assert shop.level("a").counted == 2
    assert shop.load(file).happenings[-1].kind == "exported"


def test_saying_success_twice_counts_the_stock_once(shop: Shop) -> None:
    shop.confirmed(a=2)
    given = exported_versions(orders_to_export(shop.db))
    mark_exported(shop.db, given, NOW)
    assert mark_exported(shop.db, given, NOW).done == ()
    assert shop.level("a").counted == 2


def test_an_order_that_changed_after_it_was_read_is_offered_again(shop: Shop) -> None:
    file = shop.confirmed(a=2)
    given = exported_versions(orders_to_export(shop.db))
    refuse(shop.db, shop.ask(file), "нет сырья")
    assert mark_exported(shop.db, given, NOW).changed == (file.order.id,)
    (one,) = orders_to_export(shop.db)
    assert one.is_cancelled


def test_an_order_cancelled_before_the_erp_read_it_is_never_sent(shop: Shop) -> None:
    file = shop.confirmed(a=2)
    cancel(shop.db, shop.ask(file, shop.buyer))
    assert orders_to_export(shop.db) == []


def test_a_cancelled_order_that_the_erp_has_is_sent_once_more(shop: Shop) -> None:
    file = _exported(shop, a=2)
    cancel(shop.db, shop.ask(file, shop.buyer))
    (one,) = orders_to_export(shop.db)
    assert (one.is_cancelled, len(one.lines)) == (True, 1)
    mark_exported(shop.db, exported_versions([one]), NOW)
    assert orders_to_export(shop.db) == []
    assert (shop.level("a").allocated, shop.level("a").counted) == (0, 0)


def test_the_erps_quantities_and_lines_replace_the_orders_and_correct_its_invoice(shop: Shop) -> None:
    file = _exported(shop, a=2, b=1)
    lines = (_line("a", "3"), _line("c", "4", "1.50", name="Ручка", unit="шт", vat_rate=D(22)))
    assert _told(shop, file, lines=lines, erp_number="0000-1", erp_day=date(2026, 11, 20)).outcome is Outcome.APPLIED
    file = shop.load(file)
    assert [(line.product_id, line.quantity, line.status) for line in file.lines] == [
        ("a", 3, LineStatus.ACCEPTED),
        ("b", 0, LineStatus.CANCELLED),
        ("c", 4, LineStatus.ACCEPTED),
    ]
    assert (file.order.gross, file.order.edition, file.order.state) == (36, 2, State.CONFIRMED)
    assert (file.order.erp.id, file.order.erp.number) == (GUID, "0000-1")
    assert [shop.level(name).allocated for name in "abc"] == [3, 0, 4]
    assert shop.account().balance == 36
    assert orders_to_export(shop.db) == []
    assert [one.kind for one in file.happenings][-2:] == ["erp_changed", "erp_numbered"]


def test_the_same_document_again_changes_nothing(shop: Shop) -> None:
    file = _exported(shop, a=2)
    facts: dict[str, object] = {"lines": (_line("a", "3"),), "status_text": "К обеспечению"}
    assert _told(shop, file, **facts).outcome is Outcome.APPLIED
    before = shop.load(file)
    assert _told(shop, file, **facts).outcome is Outcome.UNCHANGED
    assert shop.load(file) == before


def test_an_older_document_with_its_own_version_does_not_come_back(shop: Shop) -> None:
    file = _exported(shop, a=2)
    first: dict[str, object] = {"lines": (_line("a", "3"),), "document_version": "AAAA1"}
    second: dict[str, object] = {"lines": (_line("a", "4"),), "document_version": "AAAA2"}
    for facts in (first, second, first):
        _told(shop, file, **facts)
    assert shop.load(file).lines[0].quantity == 4


def test_a_partial_shipment_then_the_rest_takes_the_stock_once(shop: Shop) -> None:
    file = _exported(shop, a=5)
    part = ErpUpdateShipment(id="s1", number="Р-1", day=date(2026, 11, 21), lines=(_line("a", "3"),))
    _told(shop, file, shipments=(part,))
    file = shop.load(file)
    assert (file.order.state, file.lines[0].shipped, file.lines[0].status) == (State.SHIPPING, 3, LineStatus.ACCEPTED)
    assert file.order.percent == 45
    level = shop.level("a")
    assert (level.on_hand, level.allocated, level.available) == (17, 2, 15)
    rest = ErpUpdateShipment(id="s2", number="Р-2", day=date(2026, 11, 22), lines=(_line("a", "2"),))
    _told(shop, file, shipments=(part, rest))
    _told(shop, file, shipments=(part, rest), status=ErpStatus.DELIVERED)
    file = shop.load(file)
    assert (file.order.state, file.order.percent) == (State.COMPLETED, 100)
    assert file.lines[0].shipped_on == date(2026, 11, 22)
    level = shop.level("a")
    assert (level.on_hand, level.allocated, level.counted, level.available) == (15, 0, 0, 15)
    assert shop.db.get(keys.reservation(shop.settings.id, file.order.id, 0)) is None


def test_the_dealer_says_that_what_was_sent_has_arrived(shop: Shop) -> None:
    file = _exported(shop, a=5, b=2)
    part = ErpUpdateShipment(id="s1", number="Р-1", day=date(2026, 11, 21), lines=(_line("a", "5"),))
    _told(shop, file, shipments=(part,))
    receive(shop.db, shop.ask(file, shop.buyer))
    assert shop.load(file).order.state is State.SHIPPING
    with pytest.raises(Invalid) as invalid:
        receive(shop.db, shop.ask(file, shop.buyer))
    assert invalid.value.code == "nothing_on_its_way"
    _told(shop, file, shipments=(part, replace(part, id="s2", lines=(_line("b", "2"),))))
    receive(shop.db, shop.ask(file, shop.buyer))
    assert shop.load(file).order.state is State.COMPLETED


def test_shipped_without_lines_means_all_that_is_left(shop: Shop) -> None:
    file = _exported(shop, a=5, b=2)
    whole = ErpUpdateShipment(id="", number="Р-9", day=date(2026, 11, 21))
    for _ in range(2):
        _told(shop, file, shipped=whole)
    file = shop.load(file)
    assert [line.status for line in file.lines] == [LineStatus.IN_DELIVERY] * 2
    assert [one.kind for one in file.happenings].count("shipped") == 1
    assert [shop.level(name).on_hand for name in "ab"] == [15, 18]


def test_more_is_ordered_and_shipped_by_the_erp_in_one_document(shop: Shop) -> None:
    file = _exported(shop, a=5)
    _told(
        shop,
        file,
        lines=(_line("a", "8"),),
        shipped=ErpUpdateShipment(id="s", number="Р-1", day=date(2026, 11, 21)),
    )
    level = shop.level("a")
    assert (level.allocated, level.counted, shop.load(file).lines[0].shipped) == (0, 0, 8)
    shop.tell({"a": 12}, LATER + timedelta(days=2))
    assert shop.level("a").available == 12


def test_status_words_move_the_lines_and_unknown_ones_are_kept(shop: Shop) -> None:
    file = _exported(shop, a=5)
    for status, state in ((ErpStatus.IN_PRODUCTION, State.IN_PRODUCTION), (ErpStatus.READY, State.READY)):
        _told(shop, file, status=status, status_text=str(status))
        assert shop.load(file).order.state is state
    _told(shop, file, status_text="Ждёт кладовщика")
    file = shop.load(file)
    assert (file.order.erp.status, file.order.state) == ("Ждёт кладовщика", State.READY)


def test_a_cancellation_by_the_erp_gives_everything_back_and_is_not_sent_to_it(shop: Shop) -> None:
    file = _exported(shop, a=5)
    assert _told(shop, file, cancelled=True).outcome is Outcome.APPLIED
    file = shop.load(file)
    assert (file.order.state, shop.account().exposure) == (State.CANCELLED, 0)
    assert shop.level("a").allocated == 0
    assert orders_to_export(shop.db) == []
    assert _told(shop, file, cancelled=True).outcome is Outcome.UNCHANGED


def test_a_cancellation_after_a_shipment_keeps_what_has_left(shop: Shop) -> None:
    file = _exported(shop, a=5, b=1)
    part = ErpUpdateShipment(id="s1", lines=(_line("a", "3"),))
    _told(shop, file, shipments=(part,))
    _told(shop, file, cancelled=True)
    file = shop.load(file)
    assert (file.order.state, file.order.gross) == (State.SHIPPING, 30)
    assert [(line.quantity, line.status) for line in file.lines] == [
        (3, LineStatus.IN_DELIVERY),
        (0, LineStatus.CANCELLED),
    ]
    assert shop.account().balance == 30


def test_payments_in_parts_and_in_full_reach_the_invoice_once(shop: Shop) -> None:
    file = _exported(shop, a=5)
    part = ErpUpdatePayment(id="p1", number="П-1", day=date(2026, 11, 20), amount=D("20.00"))
    for _ in range(2):
        _told(shop, file, payments=(part,))
    assert shop.account().balance == 30
    for _ in range(2):
        _told(shop, file, paid=ErpUpdatePayment(id="", number="П-2", day=date(2026, 11, 20)))
    assert shop.account().balance == 0
    assert file.order.invoice_id is not None
    invoice = billing_store.invoice_from(billing_store.load_invoice(shop.db, file.order.invoice_id))
    assert invoice.state is InvoiceState.PAID


def test_what_the_erp_said_in_full_and_denies_later_is_taken_back_once(shop: Shop) -> None:
    file = _exported(shop, a=5)
    paid, shipped = ErpUpdatePayment(id="p", number="П-2"), ErpUpdateShipment(id="s", number="Р-2")
    denied = {"paid": replace(paid, deleted=True), "shipped": replace(shipped, deleted=True)}
    _told(shop, file, **denied)
    assert (shop.account().balance, shop.load(file).lines[0].shipped) == (50, 0)
    _told(shop, file, paid=paid, shipped=shipped)
    assert (shop.account().balance, shop.load(file).order.state) == (0, State.SHIPPING)
    for outcome in (Outcome.APPLIED, Outcome.UNCHANGED):
        assert _told(shop, file, **denied).outcome is outcome
        file = shop.load(file)
        assert (shop.account().balance, file.lines[0].shipped) == (50, 0)
        assert [one.kind for one in file.happenings].count("payment_gone") == 1
    assert shop.level("a").allocated == 5


def test_a_payment_reaches_a_completed_order_too(shop: Shop) -> None:
    file = _exported(shop, a=5)
    _told(shop, file, status=ErpStatus.DELIVERED)
    assert shop.load(file).order.state is State.COMPLETED
    _told(shop, file, payments=(ErpUpdatePayment(id="p1", amount=D("50.00")),))
    assert shop.account().balance == 0


def test_the_erp_still_follows_an_order_that_the_dealer_has_received(shop: Shop) -> None:
    file = _exported(shop, a=5)
    _told(shop, file, shipments=(ErpUpdateShipment(id="s1", lines=(_line("a", "5"),)),))
    receive(shop.db, shop.ask(file, shop.buyer))
    assert shop.load(file).order.state is State.COMPLETED
    told = _told(shop, file, erp_number="0000-9", status_text="Закрыт", lines=(_line("a", "4"),))
    assert told.outcome is Outcome.APPLIED
    order = shop.load(file).order
    assert (order.state, order.erp.number, order.gross) == (State.COMPLETED, "0000-9", 40)
    assert shop.level("a").allocated == 0


def test_equal_payment_numbers_of_two_orders_are_two_payments(shop: Shop) -> None:
    first, second = _exported(shop, a=2), _exported(shop, b=2)
    payment = ErpUpdatePayment(id="", number="1", day=date(2026, 11, 20), amount=D("10.00"))
    for _ in range(2):
        _told(shop, first, document_id="", payments=(payment,))
        _told(shop, second, document_id="", payments=(payment,))
    assert shop.account().balance == 10


def test_a_payment_without_a_day_or_of_a_day_to_come_keeps_its_first_day(shop: Shop) -> None:
    file = _exported(shop, a=5)
    undated = ErpUpdatePayment(id="p1", amount=D("10.00"))
    planned = ErpUpdatePayment(id="p2", amount=D("10.00"), day=date(2999, 1, 1))
    update = ErpUpdate(number=file.order.number, payments=(undated, planned))
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.APPLIED
    for days in (1, 2):
        assert apply_erp_update(shop.db, update, LATER + timedelta(days=days)).outcome is Outcome.UNCHANGED
    assert shop.account().balance == 30


def test_payments_and_refunds_that_change_or_go_are_told_in_the_history(shop: Shop) -> None:
    file = _exported(shop, a=5)
    payment = ErpUpdatePayment(id="p", number="П-1", day=date(2026, 11, 20), amount=D("20.00"))
    refund = ErpUpdatePayment(id="r", number="В-1", day=date(2026, 11, 20), amount=D("5.00"), refund=True)
    seen = []
    for one in (
        payment,
        replace(payment, amount=D("30.00")),
        refund,
        replace(refund, amount=D("6.00")),
        replace(refund, deleted=True),
        replace(payment, deleted=True),
    ):
        alone = ErpUpdate(number=file.order.number, payments=(one,))
        outcomes = [apply_erp_update(shop.db, alone, LATER).outcome for _ in range(2)]
        assert outcomes == [Outcome.APPLIED, Outcome.UNCHANGED]
        seen.append(shop.account().balance)
    assert seen == [30, 20, 25, 26, 20, 50]
    told = [one.kind for one in shop.load(file).happenings if one.kind.startswith(("payment_", "refund_"))]
    assert sorted(told) == sorted(
        ["payment_came", "payment_changed", "refund_made", "refund_changed", "refund_gone", "payment_gone"]
    )


def test_an_order_paid_by_very_many_payments_can_be_cancelled(shop: Shop) -> None:
    file = _exported(shop, a=5)
    parts = tuple(ErpUpdatePayment(id="", number=str(n), day=date(2026, 11, 20), amount=D("1.00")) for n in range(40))
    _told(shop, file, payments=parts)
    cancel(shop.db, shop.ask(file))
    for _ in range(2):
        bring_invoice_up_to(shop.db, file.order.id, LATER)
    assert file.order.invoice_id is not None
    assert billing_store.invoice_from(billing_store.load_invoice(shop.db, file.order.invoice_id)).void
    assert shop.account().balance == -40


def test_an_invoice_follows_its_orders_lines_also_where_the_sum_stays_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _exported(shop, a=2, b=2)
    monkeypatch.setattr(erp_step, "MAX_WRITES", 14)  # the invoice does not fit the order's own transaction
    assert _told(shop, file, lines=(_line("a", "1"), _line("b", "4"))).outcome is Outcome.APPLIED
    assert shop.load(file).order.gross == 30
    assert bring_invoice_up_to(shop.db, file.order.id, LATER)
    assert not bring_invoice_up_to(shop.db, file.order.id, LATER)
    assert file.order.invoice_id is not None
    invoice = billing_store.invoice_from(billing_store.load_invoice(shop.db, file.order.invoice_id))
    assert [(line.article, line.quantity) for line in lines_of(shop.db, invoice)] == [("a", 1), ("b", 4)]


def test_paid_whole_holds_for_what_the_order_has_become_and_counts_once(shop: Shop) -> None:
    file = _exported(shop, a=2)
    paid = ErpUpdatePayment(id="paid", number="")
    for quantity, balance in (("2", 0), ("3", 0), ("3", 0), ("1", -20), ("2", -10), ("4", 0)):
        _told(shop, file, lines=(_line("a", quantity),), paid=paid)
        apply_advances(shop.db, shop.party.id, shop.contract.id, LATER)
        assert file.order.invoice_id is not None
        invoice = billing_store.invoice_from(billing_store.load_invoice(shop.db, file.order.invoice_id))
        assert (invoice.total, invoice.state) == (10 * D(quantity), InvoiceState.PAID)
        assert shop.account().balance == balance


def test_documents_that_don_t_fit_are_answered_with_their_reason(shop: Shop) -> None:
    submitted, file = shop.place(a=1), _exported(shop, a=2)
    other = _exported(shop, b=1)
    assert _told(shop, file).outcome is Outcome.APPLIED
    assert _told(shop, submitted, document_id="x").reason == "not_confirmed"
    assert _told(shop, file, number="K-999999", document_id="").reason == "unknown_order"
    assert _told(shop, other).reason == "id_disagrees"
    assert _told(shop, file, document_id="another").reason == "id_disagrees"
    assert _told(shop, other, document_id="o", currency="USD").reason == "currency_disagrees"
    by_id_alone = _told(shop, file, number="", lines=(_line("a", "1"),))
    assert (by_id_alone.outcome, by_id_alone.number) == (Outcome.APPLIED, file.order.number)


def test_a_payment_on_its_own_names_its_order_by_number_by_our_id_or_by_the_erps(shop: Shop) -> None:
    file = _exported(shop, a=5)
    _told(shop, file, erp_number="УТ-1")
    for place, named in enumerate((file.order.number, file.order.id, GUID), 1):
        payment = ErpUpdatePayment(id=f"p{place}", amount=D("10.00"), day=date(2026, 11, 20))
        alone = ErpUpdate(number=named, payments=(payment,))
        assert apply_erp_update(shop.db, alone, LATER).outcome is Outcome.APPLIED
    assert shop.account().balance == 20


def test_the_erps_stock_number_after_its_own_change_is_deducted_once(shop: Shop) -> None:
    file = _exported(shop, a=5)
    free = shop.settings.exchange.stock_kind is StockKind.FREE
    shop.tell({"a": 12 if free else 20}, LATER)  # 1C raised the order to 8 before it sent its stock
    _told(shop, file, lines=(_line("a", "8"),))
    assert shop.level("a").available == 12
    shop.tell({"a": 12 if free else 20}, LATER + timedelta(minutes=5))
    assert shop.level("a").available == 12


def test_queues_hold_each_order_once(shop: Shop) -> None:
    files = [shop.confirmed(a=1) for _ in range(3)]
    assert sorted(shop.queue(Queue.EXPORT)) == sorted(file.order.id for file in files)
    assert len(orders_to_export(shop.db, limit=2)) == 2
    assert len(orders_to_export(shop.db)) == 3


def test_goods_without_vat_are_invoiced_and_come_back_from_storage(shop: Shop) -> None:
    shop.shelf.vat_rate = None
    file = _exported(shop, a=2)
    assert (file.lines[0].vat_rate, file.order.vat, shop.account().balance) == (None, 0, 20)
    assert _told(shop, file, lines=(_line("a", "3"),)).outcome is Outcome.APPLIED
    assert shop.account().balance == 30
