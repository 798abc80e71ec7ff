"""The network's pages: dealers in the back office, and a dealer's choice of the contract to work under."""

from chalicelib.network.pages import dealers, people, segments, terms
from chalicelib.network.pages.base import doors

__all__ = ("dealers", "doors", "people", "segments", "terms")
