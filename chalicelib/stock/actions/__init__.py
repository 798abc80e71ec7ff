"""What can be done with the stock."""

from chalicelib.stock.actions.noting import (
    add_arrival,
    change_arrival,
    remove_arrival,
    set_safety,
)
from chalicelib.stock.actions.reading import (
    ShownArrival,
    ShownArrivals,
    ShownMovements,
    ShownStock,
    StockPage,
    Wanted,
    relying_orders,
    show_arrival,
    show_arrivals,
    show_movements,
    show_sku,
    show_stock,
    wrong_stock,
)
from chalicelib.stock.actions.telling import Applied, erp_levels
from chalicelib.stock.journal_store import moved_since

__all__ = (
    "Applied",
    "ShownArrival",
    "ShownArrivals",
    "ShownMovements",
    "ShownStock",
    "StockPage",
    "Wanted",
    "add_arrival",
    "change_arrival",
    "erp_levels",
    "moved_since",
    "relying_orders",
    "remove_arrival",
    "set_safety",
    "show_arrival",
    "show_arrivals",
    "show_movements",
    "show_sku",
    "show_stock",
    "wrong_stock",
)
