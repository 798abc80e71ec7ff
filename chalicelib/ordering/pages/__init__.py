"""Ordering's pages: the cart, orders, an order, the moderation queue."""

from chalicelib.ordering.pages import carts, lists, order
from chalicelib.ordering.pages.base import doors

__all__ = ("carts", "doors", "lists", "order")
