"""What own price lists cost. `python -m benchmarks.prices [rows …]`

A list is written, opened as by a process that has its file already, and asked for pages of 50 SKUs; then a page is
quoted under a chain of six lists with ten discounts. Without a database and S3: activating a list is one write of the
pricing book, whatever the list's length.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.tables import keep_figure, print_table
from chalicelib.catalogue.model import PriceTier, sku_id
from chalicelib.kernel.vat import VatRate
from chalicelib.pricing import rows as list_rows
from chalicelib.pricing.derived import Formula
from chalicelib.pricing.discounts import Discount, Kind, Step
from chalicelib.pricing.lists import ListRow
from chalicelib.pricing.model import Origin, PriceList, PriceTerms, Strategy
from chalicelib.pricing.quoting import Quoting
from chalicelib.pricing.rows import ListFile

_PAGE, _RUNS = 50, 60
_T = TypeVar("_T")


def main(sizes: list[int]) -> None:
    rows = []
    for size in sizes:
        skus = [sku_id(f"product-{n}", None) for n in range(size)]
        with tempfile.TemporaryDirectory(prefix="kontor-bench-") as folder:
            path = Path(folder) / "rows.sqlite"
            begun = time.process_time()
            list_rows.write(path, (ListRow(sku=sku, amount=Decimal(n + 100).scaleb(-2)) for n, sku in enumerate(skus)))
            written = time.process_time() - begun
            pages = [skus[n : n + _PAGE] for n in range(0, size, max(_PAGE, size // _RUNS))]
            opened = _median(partial(_opened_and_read, path), pages)
            read = _median(partial(_read, ListFile(path)), pages)
            megabytes = path.stat().st_size / 1e6
        rows.append([f"{size:,}", f"{written:.2f}", f"{megabytes:.1f}", f"{opened:.2f}", f"{read:.2f}"])
        keep_figure(f"own price list of {size:,} rows, written", "s", written, most=5)
        keep_figure(f"own price list of {size:,} rows, {_PAGE} prices", "ms", read)
    heads = ("rows", "written, s", "MB", f"opened and {_PAGE} read, ms", f"{_PAGE} read, ms")
    print_table("Own price lists", heads, rows)
    quoted = _median(_quote_page, [_TERMS, _TERMS_BEST] * (_RUNS // 2))
    print_table("Quoting", ("chain", f"{_PAGE} prices, ms"), [["6 lists, 10 discounts", f"{quoted:.2f}"]])
    keep_figure(f"{_PAGE} prices quoted, 6 lists and 10 discounts", "ms", quoted)


def _median(act: Callable[[_T], object], given: list[_T]) -> float:
    """Milliseconds of processor time of a run."""
    spent = []
    for one in given:
        begun = time.process_time()
        act(one)
        spent.append((time.process_time() - begun) * 1000)
    return median(spent)


def _opened_and_read(path: Path, page: list[str]) -> None:
    _read(ListFile(path), page)


def _read(file: ListFile, page: list[str]) -> None:
    file.tiers(page, "list", "RUB")


def _quote_page(terms: PriceTerms) -> None:
    quoting = Quoting(terms)
    for n in range(_PAGE):
        quoting(f"sku{n}", _TIERS, Decimal(1), None)


def _terms(strategy: Strategy) -> PriceTerms:
    return PriceTerms(
        chain=tuple(
            PriceList(
                origin=Origin.GROUP,
                id=str(n),
                name=str(n),
                vat_included=n % 2 == 0,
                formulas=(Formula(base_id="", factor=Decimal("1.2"), step=Decimal(10)),) if n == 1 else (),
            )
            for n in range(6)
        ),
        currency="RUB",
        list_currency="RUB",
        vat_included=True,
        vat_rates=(VatRate(percent=Decimal(22)),),
        day=date(2026, 11, 20),
        strategy=strategy,
        discounts=tuple(
            Discount(id=str(n), name=str(n), kind=Kind.PROMOTION, steps=(Step(percent=Decimal(n + 1)),), priority=n)
            for n in range(10)
        ),
    )


_TIERS = [
    PriceTier(
        price_type_id=str(n),
        amount=Decimal(1000 - n),
        currency="RUB",
        unit="",
        coefficient=Decimal(1),
        min_quantity=Decimal(least),
    )
    for n in range(6)
    for least in (0, 10, 100)
]
_TERMS, _TERMS_BEST = _terms(Strategy.PRIORITY), _terms(Strategy.BEST)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [20_000])
