"""A page of the catalogue in small and large catalogues. `python -m benchmarks.page [products …]`

As in `actions`: a dealer's page of 50 goods with its prices and live stock in five warehouses by the application's own
handler, warm; each size in a process of its own. "apart" = without the time in which DynamoDB was being asked, its
client included: that is the database's. On a busy machine look at the processor's time.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing import get_context
from statistics import median

from benchmarks import actions
from benchmarks.made import guid
from benchmarks.metering import Meter
from benchmarks.tables import keep_figure, print_table
from chalicelib.catalogue.model import Query
from chalicelib.catalogue.store import current_catalogue
from chalicelib.stock.actions import erp_levels
from tests.support.shop import NOW

RUNS = 100
_MOST_MS, _MOST_CALLS, _MOST_TIMES = 15, 2, 1.2


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of one page, in all, without the database, and of the processor; DynamoDB round trips."""

    wall: float
    apart: float
    own: float
    calls: int


def main(sizes: list[int]) -> None:
    taken = {size: _in_a_process(size) for size in sizes}
    rows = [
        [f"{size:,}", *(f"{median(getattr(one, name) for one in runs):.1f}" for name in ("wall", "apart", "own")),
         str(max(one.calls for one in runs))]
        for size, runs in taken.items()
    ]  # fmt: skip
    print_table(
        f"A page of 50, medians of {RUNS}; seed 7", ("products", "ms", "apart ms", "processor ms", "calls"), rows
    )
    apart = {size: median(one.apart for one in runs) for size, runs in taken.items()}
    for size, runs in taken.items():
        keep_figure(f"catalogue page, {size:,} products: p50 without the database", "ms", apart[size], most=_MOST_MS)
        keep_figure(
            f"catalogue page, {size:,} products: DynamoDB", "calls", max(one.calls for one in runs), most=_MOST_CALLS
        )
    if len(sizes) > 1:
        ratio = apart[max(sizes)] / apart[min(sizes)]
        keep_figure(f"catalogue page, {max(sizes):,} to {min(sizes):,} products", "times", ratio, most=_MOST_TIMES)


def _in_a_process(size: int) -> list[Spent]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, size).result()


def _measured(size: int) -> list[Spent]:
    with actions.world(size) as (world, meter):
        _stock_all(world)
        for _ in range(10):
            world.buyer.get("/catalogue")
        return [_page(world, meter) for _ in range(RUNS)]


def _stock_all(world: actions.World) -> None:
    """Live stock of every product of the page."""
    shop = world.shop
    catalogue = current_catalogue(shop.db, shop.party.id, NOW)
    assert catalogue is not None
    rows = [(item.sku, {guid(7, n): Decimal(1_000) for n in range(5)}) for item in catalogue.search(Query()).items]
    erp_levels(shop.db, rows, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="page", now=NOW)


def _page(world: actions.World, meter: Meter) -> Spent:
    meter.start(sizing=False)
    begun, own = time.perf_counter(), time.process_time()
    world.buyer.get("/catalogue")
    wall, own = time.perf_counter() - begun, time.process_time() - own
    return Spent(wall * 1e3, (wall - meter.used.waited) * 1e3, own * 1e3, meter.used.calls)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [500, 150_000])
