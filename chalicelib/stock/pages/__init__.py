"""Stock's pages: how it stands, what moved it, and what is on its way."""

from chalicelib.stock.pages import arrival_files, arrivals, levels, movements, sku
from chalicelib.stock.pages.base import doors

__all__ = ("arrival_files", "arrivals", "doors", "levels", "movements", "sku")
