"""Documents of the ERP that are too large for one transaction: several, after each of which everything agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from chalicelib.billing import store as billing_store
from chalicelib.kernel.errors import Unavailable
from chalicelib.ordering.actions import apply_erp_update, bring_invoice_up_to, confirm
from chalicelib.ordering.erp import ErpOutcome, ErpUpdate, ErpUpdateLine, ErpUpdateShipment, Outcome
from chalicelib.ordering.erp_rules import shipped_in
from chalicelib.ordering.reservation_store import reservation_from, reservation_key
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.store import levels
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import StockKind
from tests.support.shop import NOW, D, Shop, W, sku

LATER = NOW + timedelta(hours=1)
LINES, ALL = 82, 130


@pytest.fixture
def shop(tables: None) -> Shop:
    return Shop({f"g{n:03d}": ("10.00", 9) for n in range(ALL)}, kind=StockKind.PHYSICAL)


@pytest.fixture
def file(shop: Shop) -> OrderFile:
    shop.fill(**{f"g{n:03d}": 2 for n in range(LINES)})
    placed = shop.place()
    confirm(shop.db, shop.ask(placed))
    return shop.load(placed)


def line(number: int, quantity: int) -> ErpUpdateLine:
    return ErpUpdateLine(product_id=f"g{number:03d}", variant_id="", quantity=D(quantity), name="Товар", unit="шт")


def in_three_parts(file: OrderFile, *, raised: int = 2) -> ErpUpdate:
    """One of each line in the first shipment, the rest of the first half in the second, the rest in the third."""
    half = LINES // 2
    parts = [
        [line(n, 1) for n in range(LINES)],
        [line(n, raised - 1) for n in range(half)],
        [line(n, raised - 1) for n in range(half, LINES)],
    ]
    return ErpUpdate(
        number=file.order.number,
        document_id="guid",
        erp_number="УТ-1",
        lines=tuple(line(n, raised) for n in range(LINES)),
        shipments=tuple(
            ErpUpdateShipment(id=f"s{n}", number=f"Р-{n}", day=date(2026, 11, 20), lines=tuple(part))
            for n, part in enumerate(parts, 1)
        ),
    )


def agree(shop: Shop, file: OrderFile) -> None:
    """Each SKU's stock holds what the order's reservation says, and its lines what its shipments say."""
    skus = [sku(f"g{n:03d}") for n in range(ALL)]
    record = shop.db.get(reservation_key(shop.settings.id, file.order.id))
    held = reservation_from(record)
    found = levels(shop.db, skus, consistent=True)
    assert {one: found[one].warehouses[W].allocated for one in skus} == {one: held.total(one) for one in skus}
    left = shipped_in(file.shipments)
    assert {one.sku: one.shipped for one in file.lines} == {one.sku: left.get(one.sku, D(0)) for one in file.lines}
    for one in file.lines:
        assert found[one.sku].warehouses[W].on_hand == 9 - one.shipped


class Outage(TenantSession):
    """A session that carries out so many transactions and then fails."""

    left = 0

    def commit(self, writes: Sequence[Write]) -> None:
        if self.left == 0:
            raise Unavailable("storage_busy")
        self.left -= 1
        super().commit(writes)


def test_an_order_of_the_most_lines_is_shipped_in_three_parts_by_one_document(shop: Shop, file: OrderFile) -> None:
    update = in_three_parts(file)
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.APPLIED
    after = shop.load(file)
    assert (after.order.state, after.order.percent) == (State.SHIPPING, 75)
    assert {one.shipped for one in after.lines} == {D(2)}
    agree(shop, after)
    told = [one.params["number"] for one in after.happenings if one.kind == "shipped"]
    assert sorted(told) == ["Р-1", "Р-2", "Р-3"]
    assert [one.kind for one in after.happenings].count("erp_numbered") == 1
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.UNCHANGED
    assert shop.load(file) == after


def test_a_document_that_breaks_after_any_of_its_transactions_is_carried_on_where_it_stopped(
    shop: Shop, file: OrderFile
) -> None:
    update = in_three_parts(file, raised=3)
    session = Outage(shop.settings.id, shop.db._connection)
    outcomes: list[ErpOutcome] = []
    for _ in range(12):
        session.left = 1
        try:
            outcomes.append(apply_erp_update(session, update, LATER))
            break
        except Unavailable:
            agree(shop, shop.load(file))
    assert len(outcomes) == 1
    after = shop.load(file)
    assert {(one.quantity, one.shipped) for one in after.lines} == {(D(3), D(3))}
    agree(shop, after)
    assert after.order.edition == 2
    told = [one.params["number"] for one in after.happenings if one.kind == "shipped"]
    assert sorted(told) == ["Р-1", "Р-2", "Р-3"]
    bring_invoice_up_to(shop.db, file.order.id, LATER)
    assert shop.account().exposure == after.order.gross == 3 * 10 * LINES


def test_the_erp_adds_lines_to_a_large_order_and_calls_them_off_again(shop: Shop, file: OrderFile) -> None:
    more = tuple(replace(line(n, 2), price=D("10.00"), vat_rate=D(22)) for n in range(ALL))
    update = ErpUpdate(number=file.order.number, document_id="guid", lines=more)
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.APPLIED
    after = shop.load(file)
    assert (len(after.live_lines), after.order.gross, after.order.edition) == (ALL, D(20 * ALL), 2)
    agree(shop, after)
    gone = ErpUpdate(number=file.order.number, document_id="guid", cancelled=True)
    session = Outage(shop.settings.id, shop.db._connection)
    session.left = 1
    with pytest.raises(Unavailable):
        apply_erp_update(session, gone, LATER)
    agree(shop, shop.load(file))
    assert apply_erp_update(shop.db, gone, LATER).outcome is Outcome.APPLIED
    after = shop.load(file)
    assert after.order.state is State.CANCELLED
    agree(shop, after)
    assert {shop.level(f"g{n:03d}").allocated for n in range(ALL)} == {D(0)}
    assert apply_erp_update(shop.db, gone, LATER).outcome is Outcome.UNCHANGED
    assert [one.kind for one in after.happenings].count("erp_cancelled") == 1
    bring_invoice_up_to(shop.db, file.order.id, LATER)
    assert (shop.account().balance, shop.account().exposure) == (D(0), D(0))


def test_a_deleted_shipment_of_many_lines_brings_them_back(shop: Shop, file: OrderFile) -> None:
    update = in_three_parts(file)
    apply_erp_update(shop.db, update, LATER)
    undone = replace(update.shipments[0], deleted=True)
    apply_erp_update(shop.db, replace(update, shipments=(undone, *update.shipments[1:])), LATER + timedelta(minutes=1))
    after = shop.load(file)
    assert {one.shipped for one in after.lines} == {D(1)}
    assert after.happenings[-1].kind == "shipment_deleted"
    record = shop.db.get(reservation_key(shop.settings.id, file.order.id))
    assert {reservation_from(record).total(one.sku) for one in after.lines} == {D(1)}


def test_very_many_shipments_of_one_line_are_taken_together(shop: Shop) -> None:
    file = shop.place(g000=9)
    confirm(shop.db, shop.ask(file))
    shipments = tuple(
        ErpUpdateShipment(id=f"s{n:02d}", number=f"Р-{n:02d}", lines=(replace(line(0, 1), quantity=Decimal("0.1")),))
        for n in range(60)
    )
    update = ErpUpdate(number=file.order.number, shipments=shipments)
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.APPLIED
    after = shop.load(file)
    assert (after.lines[0].shipped, len(after.shipments)) == (D(6), 60)
    (entry,) = [one for one in after.happenings if one.kind == "shipped"]
    assert entry.params["number"].startswith("Р-00, Р-01")


def test_an_invoice_is_told_of_by_the_event_where_it_did_not_fit(shop: Shop, file: OrderFile) -> None:
    update = replace(in_three_parts(file, raised=3), shipments=())
    apply_erp_update(shop.db, update, LATER)
    assert "order.changed" in shop.events()
    bring_invoice_up_to(shop.db, file.order.id, LATER)
    assert file.order.invoice_id is not None
    invoice = billing_store.invoice_from(billing_store.load_invoice(shop.db, file.order.invoice_id))
    assert invoice.total == 30 * LINES


def test_very_many_shipments_of_goods_without_stock_are_carried_out_too(shop: Shop) -> None:
    file = shop.confirmed(g000=1)
    added = [replace(line(900 + n, 1), price=D("1.00"), vat_rate=D(22)) for n in range(120)]
    update = ErpUpdate(
        number=file.order.number,
        lines=(line(0, 1), *added),
        shipments=tuple(
            ErpUpdateShipment(id=f"s{n:03d}", number=f"Р-{n}", lines=(one,)) for n, one in enumerate(added)
        ),
    )
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.APPLIED
    after = shop.load(file)
    assert (len(after.shipments), sum(one.shipped for one in after.lines)) == (120, D(120))
    assert apply_erp_update(shop.db, update, LATER).outcome is Outcome.UNCHANGED
