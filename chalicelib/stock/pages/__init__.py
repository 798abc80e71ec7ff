"""Stock's pages: how it stands, and what moved it."""

from chalicelib.stock.pages import levels, movements
from chalicelib.stock.pages.base import doors

__all__ = ("doors", "levels", "movements")
