"""What is ordered together: read night by night from the orders, shown to who may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chalice.test import Client

import app
from chalicelib.advice.store import Round, begin_rounds, companions_of
from chalicelib.catalogue.model import sku_id
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.store import assortment_put, load_assortment
from chalicelib.catalogue.visibility import Rule, Whom
from chalicelib.gateways import queues
from chalicelib.kernel.access import Role
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.ordering import store
from chalicelib.ordering.actions import NewOrder, add_to_cart, advising, place_order, refuse, show_cart
from chalicelib.ordering.jobs import HANDLERS
from chalicelib.ordering.model import Order
from chalicelib.pricing.model import Quote
from chalicelib.stock.actions import erp_levels
from chalicelib.storage import files, keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storefront.actions import look_at
from tests.storage.test_storefront import Reader
from tests.support.range import WINDOWS, publish_range
from tests.support.shop import NOW, D, Shop, sku

NIGHT = datetime(2026, 11, 21, 0, 0, 30, tzinfo=UTC)  # a little after three in Moscow
WINDOW, OTHER = sku_id("window-0", None), sku_id("window-1", None)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """S3 in memory."""
    kept: dict[str, bytes] = {}
    monkeypatch.setattr(files, "put_path", lambda _, key, path: kept.update({key: path.read_bytes()}))
    monkeypatch.setattr(files, "get_path", lambda _, key, path: path.write_bytes(kept[key]))
    monkeypatch.setattr(files, "delete", lambda _, key: kept.pop(key))
    monkeypatch.setattr(queues, "send", lambda *_, **__: None)
    return kept


@pytest.fixture
def shop(tables: None, bucket: dict[str, bytes]) -> Shop:
    shop = Shop(dict.fromkeys("abc", ("10.00", 1000)))
    begin_rounds(shop.db, NOW)
    return shop


def _night(shop: Shop, now: datetime = NIGHT, pieces: int = 12) -> None:
    for minute in range(pieces):
        run_due(shop.db.tenant_id, due_handler, now + timedelta(minutes=minute))


def _place_at(shop: Shop, at: datetime, **quantities: int) -> Order:
    """An order as if it had been placed then."""
    order = replace(shop.place(**quantities).order, created=at, month=f"{at:%Y-%m}")
    shop.db.commit([store.order_put(shop.settings.id, order)])
    return order


def _record(shop: Shop) -> Record:
    return shop.db.fetch(keys.companions(shop.db.tenant_id))


def _of(shop: Shop, name: str) -> tuple[str, ...]:
    found = companions_of(shop.db.tenant_id, _record(shop))
    return found.of([sku(name)]) if found else ()


def test_orders_with_the_same_products_make_them_companions(shop: Shop) -> None:
    for _ in range(3):
        shop.place(a=1, b=2)
    shop.place(c=1)
    _night(shop)
    assert (_of(shop, "a"), _of(shop, "b"), _of(shop, "c")) == ((sku("b"),), (sku("a"),), ())


def test_a_cancelled_order_and_a_line_that_was_taken_out_do_not_count(shop: Shop) -> None:
    for _ in range(2):
        shop.place(a=1, b=1)
    refuse(shop.db, shop.ask(shop.place(a=1, b=1)), "нет")
    _night(shop)
    assert _of(shop, "a") == ()


def test_a_night_reads_what_was_ordered_since_the_last_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        shop.place(a=1, b=1)
    _night(shop)
    read: list[str] = []
    real = advising._products

    def noted(db: TenantSession, orders: Sequence[Order]) -> list[tuple[Order, frozenset[str]]]:
        read.extend(order.id for order in orders)
        return real(db, orders)

    monkeypatch.setattr(advising, "_products", noted)
    third = _place_at(shop, NIGHT + timedelta(hours=1), a=1, b=1)
    _night(shop, NIGHT + timedelta(days=1))
    assert read == [third.id]
    assert _of(shop, "a") == (sku("b"),)


def test_a_night_without_orders_makes_no_file(shop: Shop, bucket: dict[str, bytes]) -> None:
    _night(shop)
    assert bucket == {}
    for _ in range(3):
        _place_at(shop, NIGHT + timedelta(hours=1), a=1, b=1)
    _night(shop, NIGHT + timedelta(days=1))
    before = dict(bucket)
    _night(shop, NIGHT + timedelta(days=2))
    assert bucket == before
    assert len(bucket) == 1


def test_a_large_night_goes_on_piece_by_piece_and_readers_keep_what_they_had(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, bucket: dict[str, bytes]
) -> None:
    monkeypatch.setattr(advising, "_ORDERS", 2)
    for _ in range(5):
        shop.place(a=1, b=1)
    seen = []
    for minute in range(12):
        _night(shop, NIGHT + timedelta(minutes=minute), pieces=1)
        seen.append(_of(shop, "a"))
    assert seen[-1] == (sku("b"),)
    assert sorted(set(seen)) == [(), (sku("b"),)]
    assert len(bucket) == 2, "the file in force, and the one before it, which somebody may be opening"


def test_the_round_goes_through_the_months_and_comes_to_its_end(shop: Shop) -> None:
    for month in (9, 10, 11):
        _place_at(shop, datetime(2026, month, 10, tzinfo=UTC), a=1, b=1)
    _night(shop)
    assert _of(shop, "a") == (sku("b"),)
    ended = _record(shop).load(Round)
    assert (ended.month, ended.counted) == ("2026-11", True)


def test_a_piece_that_is_delivered_twice_changes_nothing_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        shop.place(a=1, b=1)
    _night(shop)
    tomorrow = NIGHT + timedelta(days=1)
    _place_at(shop, NIGHT + timedelta(hours=1), a=1, c=1)

    def overtaken(*arguments: object, real: Callable[..., object] = advising._products) -> object:
        found = real(*arguments)
        monkeypatch.setattr(advising, "_products", real)
        advising.go_on(shop.db, "", tomorrow)
        return found

    monkeypatch.setattr(advising, "_products", overtaken)
    before = _record(shop).version
    advising.go_on(shop.db, "", tomorrow)
    assert _record(shop).version == before + 1
    assert _of(shop, "a") == (sku("b"),)


def test_the_first_order_begins_the_rounds(tables: None, bucket: dict[str, bytes]) -> None:
    shop = Shop({"a": ("10.00", 10)})
    order = shop.place(a=1).order
    event = Event(
        id=new_id(NOW),
        tenant_id=shop.settings.id,
        name="order.submitted",
        aggregate=f"order/{order.id}",
        at=NOW,
        data={"order": order.id, "party": order.party_id},
    )
    for _ in range(2):
        HANDLERS["order.submitted"](event, shop.db, NOW)
    assert _record(shop).load(Round) == Round()


# --- what a person sees --------------------------------------------------------------------------


@pytest.fixture
def ordered(tables: None, bucket: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop with a real catalogue, where two windows are ordered together."""
    shop = Shop({})
    publish_range(shop.db, tmp_path, monkeypatch)
    told = [(one, {"w1": D(50)}) for one in (WINDOW, OTHER)]
    erp_levels(shop.db, told, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
    begin_rounds(shop.db, NOW)
    for _ in range(3):
        for one in (WINDOW, OTHER):
            add_to_cart(shop.db, shop.buyer, shop.contract.id, one, D(1), NOW)
        place_order(shop.db, NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key()), NOW)
    _night(shop)
    return shop


def _on_page(shop: Shop) -> list[str]:
    shown = look_at(shop.db, shop.buyer, shop.contract.id, WINDOW, NOW)
    return [offer.item.sku for offer in shown.together]


def _hide_other(shop: Shop) -> None:
    rule = Rule(id="r", whom=Whom.EVERYONE, what=What.PRODUCT, key="window-1", shown=False)
    shop.db.commit([assortment_put(shop.settings.id, load_assortment(shop.db, consistent=True).having(rule))])


def test_a_products_page_has_companions_with_price_and_stock_for_no_more_round_trips(ordered: Shop) -> None:
    db = ordered.session()
    (offer,) = look_at(db, ordered.buyer, ordered.contract.id, WINDOW, NOW).together
    assert db.usage.calls == 2
    assert (offer.item.sku, offer.stock) == (OTHER, 47)
    assert isinstance(offer.answer, Quote)
    assert offer.answer.price == 10000


def test_the_cart_has_companions_of_its_lines_for_no_more_round_trips(ordered: Shop) -> None:
    add_to_cart(ordered.db, ordered.buyer, ordered.contract.id, WINDOW, D(1), NOW)
    db = ordered.session()
    (one,) = show_cart(db, ordered.buyer, ordered.contract.id, NOW).together
    assert db.usage.calls == 2
    assert (one.goods.sku, one.price.amount, one.stock) == (OTHER, 10000, 47)


def test_what_is_in_the_cart_already_is_not_offered_again(ordered: Shop) -> None:
    assert _on_page(ordered) == [OTHER]
    for one in (WINDOW, OTHER):
        add_to_cart(ordered.db, ordered.buyer, ordered.contract.id, one, D(1), NOW)
    assert _on_page(ordered) == []
    assert show_cart(ordered.db, ordered.buyer, ordered.contract.id, NOW).together == ()


def test_what_a_dealer_may_not_see_is_nowhere_offered_and_staff_go_on_seeing_it(ordered: Shop) -> None:
    add_to_cart(ordered.db, ordered.buyer, ordered.contract.id, WINDOW, D(1), NOW)
    _hide_other(ordered)
    assert _on_page(ordered) == []
    assert show_cart(ordered.db, ordered.buyer, ordered.contract.id, NOW).together == ()
    assert [one.item.sku for one in look_at(ordered.db, ordered.manager, None, WINDOW, NOW).together] == [OTHER]


def test_another_tenants_orders_say_nothing_here(
    ordered: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Shop({})
    publish_range(other.db, tmp_path, monkeypatch)
    assert _on_page(other) == []


def test_both_pages_name_companions_with_a_form_that_comes_back_to_them(ordered: Shop) -> None:
    with Client(app.app) as client:
        reader = Reader(ordered, Role.DEALER_BUYER, client)
        product = reader.page(f"/catalogue/{WINDOW}")
        add_to_cart(ordered.db, reader.actor, ordered.contract.id, WINDOW, D(1), NOW)
        cart = reader.page("/cart")
        empty = Reader(ordered, Role.DEALER_BUYER, client).page("/cart")
    for page, back in ((product, f"/catalogue/{WINDOW}"), (cart, "/cart")):
        _, _, section = page.partition("<h2>Заказывают вместе</h2>")
        section, _, _ = section.partition("</section>")
        assert WINDOWS[1] in section
        assert "10 000,00" in re.sub(r"[\u202f\xa0]", " ", section)
        assert f'name="sku" value="{OTHER}"' in section
        assert f'name="back" value="{back}"' in section
    assert "Заказывают вместе" not in empty
