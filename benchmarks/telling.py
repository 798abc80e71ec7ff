"""How long live stock takes to write that an exchange tells. `python -m benchmarks.telling [SKUs …]`

What `exchange` leaves out: of a first exchange every SKU's row, of a repeated one those that have changed, here each
hundredth. Five warehouses, over Amazon's DynamoDB Local, which takes processor time of its own beside.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from benchmarks import actions
from benchmarks.made import guid
from benchmarks.tables import keep_figure, print_table
from chalicelib.catalogue.model import sku_id
from chalicelib.stock.actions import erp_levels
from tests.support.shop import NOW


def main(sizes: list[int]) -> None:
    rows = []
    with actions.world(500) as (world, _):
        for size in sizes:
            first = _told(world, f"first {size}", size, range(size), Decimal(10))
            again = _told(world, f"again {size}", size, range(0, size, 100), Decimal(20))
            rows.append([f"{size:,}", *(f"{one:.1f}" for one in (*first, *again))])
            keep_figure(f"live stock of {size:,} SKUs told first: wall / processor", "s", *first)
            keep_figure(f"live stock of {size:,} SKUs, 1 % changed: wall / processor", "s", *again)
    print_table(
        "Seconds, and of them of the processor", ("SKUs", "first", "processor", "1 % changed", "processor"), rows
    )


def _told(world: actions.World, message: str, size: int, numbers: range, quantity: Decimal) -> tuple[float, float]:
    begun, own = time.perf_counter(), time.process_time()
    kind, now = world.shop.settings.exchange.stock_kind, NOW + timedelta(days=int(quantity))
    rows = _rows(size, numbers, quantity)
    erp_levels(world.shop.db, rows, kind=kind, as_of=now, message_id=message, now=now)
    return time.perf_counter() - begun, time.process_time() - own


def _rows(size: int, numbers: range, quantity: Decimal) -> Iterator[tuple[str, dict[str, Decimal]]]:
    for number in numbers:
        yield sku_id(f"{size}/{number}", None), {guid(7, place): quantity + number % 50 for place in range(5)}


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10_000])
