"""What stock's pages share."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.catalogue.model import NO_WAREHOUSE, Warehouse
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.kernel.access import Permission
from chalicelib.stock.actions import relying_orders
from chalicelib.stock.model import Level
from chalicelib.stock.transit import Arrival, is_arrival

Form = dict[str, str]
doors = Doors("chalicelib.stock.pages")
READ, EDIT = Permission.STOCK_READ, Permission.STOCK_EDIT


def formats(request: Request) -> Formats:
    return Formats(request.locale, request.time_zone)


def edition_of(form: Form) -> int:
    """The edition that the form was made for; one that nobody has for anything that is none."""
    text = form.get("edition", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def shown_fields(level: Level, arrival: Arrival) -> Form:
    """What a form about an arrival says that its reader saw."""
    return {"edition": str(level.by_hand.edition), "shown": f"{arrival.quantity:f}"}


def warehouse_name(request: Request, warehouses: Mapping[str, Warehouse], warehouse_id: str) -> str:
    """The name that the ERP gave it; its id where it gave none. An arrival is a place too."""
    if is_arrival(warehouse_id):
        return request.t.t("stock.on_its_way")
    known = warehouses.get(warehouse_id)
    if known is not None and known.name:
        return known.name
    return request.t.t("stock.warehouse") if warehouse_id == NO_WAREHOUSE else warehouse_id


def relying(request: Request, arrival_id: str) -> list[tuple[str, str | None]]:
    """The orders that have a promise of an arrival of the address's SKU, and where they are; none without one."""
    orders = relying_orders(request.db, request.params["sku"], arrival_id) if arrival_id else {}
    may = request.actor.may(Permission.ORDERS_READ)
    return [(number, f"/orders/{order_id}" if may else None) for order_id, number in orders.items()]
