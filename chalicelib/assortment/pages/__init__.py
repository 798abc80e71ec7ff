"""Pages of rules over goods: who sees what, and what is on order."""

from chalicelib.assortment.pages import on_order, visible
from chalicelib.assortment.pages.base import doors

__all__ = ("doors", "on_order", "visible")
