"""What the import queue hands to the simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.simulator import making
from chalicelib.storage.session import open_tenant


def run_simulation(body: Mapping[str, object], clock: Callable[[], datetime]) -> None:
    """One asking; a second delivery finds it settled, or works it out once more if the first was cut short."""
    making.make(open_tenant(str(body["tenant"])), str(body["simulation"]), clock)
