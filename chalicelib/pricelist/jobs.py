"""What the import queue hands to price lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.pricelist import making
from chalicelib.storage.session import open_tenant


def run_price_list(body: Mapping[str, object], clock: Callable[[], datetime]) -> None:
    """One asking for a file; a second delivery finds it done, or makes it once more if the first was cut short."""
    db = open_tenant(str(body["tenant"]))
    making.make(db, str(body["contract"]), str(body["list"]), str(body["run"]), clock)
