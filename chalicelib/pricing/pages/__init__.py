"""The back office of prices: own lists and their rows, who is given which, discounts, exchange rates."""

from chalicelib.pricing.pages import assignments, contracts, discounts, lists, rates, rows, types, uploads, versions
from chalicelib.pricing.pages.base import doors

__all__ = ("assignments", "contracts", "discounts", "doors", "lists", "rates", "rows", "types", "uploads", "versions")
