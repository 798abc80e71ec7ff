"""Goods on their way and orders that wait for them, for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.ordering import jobs, store
from chalicelib.ordering.actions import NewOrder, place_order
from chalicelib.ordering.actions.arriving import waiting_orders
from chalicelib.ordering.actions.stocktaking import disagreeing
from chalicelib.ordering.holding import Reservation
from chalicelib.ordering.reservation_store import load_reservation
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.actions.noting import ARRIVALS
from chalicelib.stock.actions.noting import told as said
from chalicelib.stock.model import Level
from chalicelib.stock.store import levels, noted_writes
from chalicelib.stock.transit import Arrival, ByHand
from chalicelib.tenancy.model import StockKind
from chalicelib.tenancy.store import settings_write
from tests.support.shop import NOW, D, Shop, W, sku

SOON, LATER = date(2026, 11, 28), date(2026, 12, 5)
A = sku("a")


def transit_shop(kind: StockKind = StockKind.PHYSICAL, hours: int = 0, there: int = 3) -> Shop:
    shop = Shop({"a": ("10.00", there)}, kind=kind)
    shop.settings = replace(shop.settings, transit_orders=True, reserve_hours=hours)
    shop.db.commit([settings_write(shop.settings, 1)])
    return shop


def arrival(quantity: int, due: date = SOON, warehouse: str = W) -> Arrival:
    return Arrival(id=f"n{due:%m%d}{warehouse}", warehouse=warehouse, quantity=D(quantity), due=due)


def level_of(shop: Shop) -> Level:
    return levels(shop.db, [A], consistent=True)[A]


def note(shop: Shop, change: Callable[[ByHand], ByHand]) -> None:
    """Somebody notes something of what comes, and what follows is done."""
    level = level_of(shop)
    noted = change(level.by_hand)
    events = said(shop.db, shop.manager, level, noted, NOW)
    shop.db.commit([*noted_writes(shop.settings.id, level, noted), *events])
    if events:
        handle(shop, ARRIVALS, sku=A, actor="anna", actor_name="Анна")


def handle(shop: Shop, name: str, **data: str) -> None:
    moment = NOW + timedelta(minutes=5)
    event = Event(id=new_id(moment), tenant_id=shop.settings.id, name=name, aggregate="x", at=moment, data=data)
    jobs.HANDLERS[name](event, shop.db, moment)


def expect(shop: Shop, *arrivals: Arrival) -> None:
    note(shop, lambda noted: noted.expecting(arrivals))


def reserve(shop: Shop, file: OrderFile) -> Reservation:
    return load_reservation(shop.db, file.order.id)


def placed(shop: Shop, quantity: int, minutes: int = 0) -> OrderFile:
    """An order of so many, placed so many minutes later."""
    shop.fill(a=quantity)
    new = NewOrder(actor=shop.buyer, contract_id=shop.contract.id, key=shop.key())
    moment = NOW + timedelta(minutes=minutes)
    return store.load_order(shop.db, place_order(shop.db, new, moment, shelf_of=shop.shelf_of))


def parts(shop: Shop, file: OrderFile) -> list[tuple[str, int]]:
    """What an order holds: `now`, or the day, and how much."""
    held = reserve(shop, file).held.get(A, {}).values()
    return sorted((f"{one.due:%d.%m}" if one.due else "now", int(one.quantity)) for one in held)


def told(shop: Shop, quantity: int, hours: int = 1) -> None:
    """The ERP's number, as an exchange tells it so many hours later."""
    kind, moment = shop.settings.exchange.stock_kind, NOW + timedelta(hours=hours)
    waiting = waiting_orders(shop.db, kind, moment)
    rows = [(A, {W: D(quantity)})]
    erp_levels(shop.db, rows, kind=kind, as_of=moment, message_id="m", now=moment, waiting=waiting)


def kinds(shop: Shop, file: OrderFile) -> list[str]:
    return [one.kind for one in shop.load(file).happenings]


def agrees(shop: Shop, *files: OrderFile) -> bool:
    return disagreeing(shop.db, [A], [file.order.id for file in files]) == {}


def came(shop: Shop, hours: int = 0) -> None:
    """Somebody says so many hours later that the first arrival has come."""
    note(shop, lambda noted: noted.received(noted.arrivals[0], NOW + timedelta(hours=hours)))
