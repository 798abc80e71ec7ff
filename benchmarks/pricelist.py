"""How long a dealer's price list takes to make. `python -m benchmarks.pricelist [products …]`

A made-up catalogue of 5 price types and 5 warehouses; the contract's price type and the tenant's default one. Each file
is made in a process of its own, so that its peak memory is its own. It needs no database: of more than 2,000 lines the
stock is what the ERP last told, and there are no pictures.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from benchmarks.catalogue_rows import catalogue_rows
from benchmarks.made import Size, guid
from benchmarks.tables import keep_figure
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.kernel.ids import new_tenant_id
from chalicelib.network.model import Contract, Party
from chalicelib.network.segments import Segments
from chalicelib.pricelist import making
from chalicelib.pricelist.model import Format, Wish
from chalicelib.pricing.book import Book
from chalicelib.pricing.chain import PriceBasis
from chalicelib.tenancy.model import TenantSettings

_NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Spent:
    wall: float
    processor: float
    memory: int  # megabytes, of the whole process
    before: int  # of it before the first line
    bytes: int
    lines: int


def main(sizes: list[int]) -> None:
    for products in sizes:
        with tempfile.TemporaryDirectory(prefix="kontor-bench-") as folder:
            snapshot = Path(folder) / "snapshot.sqlite"
            _alone(_built, snapshot, products)
            print(f"  {products:,} products, 2 of 5 price types asked")
            for wish in Format:
                spent = _alone(_spent, snapshot, wish)
                print(
                    f"  {wish.upper():5} {spent.lines:,} lines, {spent.bytes / 1e6:.1f} MB: {spent.wall:.1f} s, "
                    f"{spent.processor:.1f} s of processor, {spent.memory} MB ({spent.before} MB before it)",
                    flush=True,
                )
                label = f"price list {wish.upper()}, {products:,} products"
                keep_figure(label, "s of processor", spent.processor, most=15)
                keep_figure(f"{label}, peak", "MB", spent.memory, most=200)


def _alone(work: Any, *given: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _built(path: Path, products: int) -> None:
    apply(None, path, catalogue_rows(Size(products=products)), run="1")


def _spent(snapshot: Path, form: Format) -> Spent:
    gc.set_threshold(50_000)  # as `app` does
    settings = TenantSettings(
        id="t00000000000", name="", country="RU", tax_id="", currency="RUB", locale="ru", time_zone="Europe/Moscow",
        created=_NOW,
    )  # fmt: skip
    contract = Contract(id="c", party_id="p", entity_id="e", number="1", price_type_id=guid(6, 1), currency="RUB")
    catalogue = Catalogue(snapshot)
    path = snapshot.with_name(f"list.{form}")
    before, begun, processor = _peak(), time.perf_counter(), time.process_time()
    wish = Wish(format=form, locale="ru")
    basis = PriceBasis(
        contract=contract,
        party=Party(id="p", name="", created=_NOW),
        settings=settings,
        at=_NOW,
        book=Book(default=(guid(6, 0),)),
    )
    lines = making.write(cast(Any, _Empty()), catalogue, basis, Segments(), wish, path, lambda _: None)
    wall, processor = time.perf_counter() - begun, time.process_time() - processor
    return Spent(wall, processor, _peak(), before, path.stat().st_size, lines)


class _Empty:
    """A tenant's tables with nothing in them: no pictures either."""

    tenant_id = new_tenant_id()

    def get(self, _key: object) -> None:
        return None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [150_000])
