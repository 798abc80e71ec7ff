"""Use cases of ordering, by subject; doors and other rooms import them from here."""

from chalicelib.ordering.actions.cancelling import cancel, refuse
from chalicelib.ordering.actions.cart_view import show_cart
from chalicelib.ordering.actions.carts import (
    Pick,
    accept_prices,
    add_to_cart,
    change_cart,
    clear_cart,
    paste_lines,
    repeat_order,
)
from chalicelib.ordering.actions.editing import complaint_of, edit_order
from chalicelib.ordering.actions.erp_update import apply_erp_update
from chalicelib.ordering.actions.export import exported_versions, mark_exported, orders_to_export
from chalicelib.ordering.actions.invoicing import bring_invoice_up_to
from chalicelib.ordering.actions.moderation import (
    accept_changes,
    ask_dealer,
    change_lines,
    confirm,
    decline_changes,
    extend_reserve,
    receive,
)
from chalicelib.ordering.actions.order_view import decision_desk, show_cover, show_order
from chalicelib.ordering.actions.placing import MAX_LINES, NewOrder, place_order
from chalicelib.ordering.actions.reading import every_order, list_orders, moderation_queue
from chalicelib.ordering.actions.transaction import Ask

__all__ = [
    "MAX_LINES",
    "Ask",
    "NewOrder",
    "Pick",
    "accept_changes",
    "accept_prices",
    "add_to_cart",
    "apply_erp_update",
    "ask_dealer",
    "bring_invoice_up_to",
    "cancel",
    "change_cart",
    "change_lines",
    "clear_cart",
    "complaint_of",
    "confirm",
    "decision_desk",
    "decline_changes",
    "edit_order",
    "every_order",
    "exported_versions",
    "extend_reserve",
    "list_orders",
    "mark_exported",
    "moderation_queue",
    "orders_to_export",
    "paste_lines",
    "place_order",
    "receive",
    "refuse",
    "repeat_order",
    "show_cart",
    "show_cover",
    "show_order",
]
