"""A full exchange without a database: files of 1C → parts → a snapshot, then again with 1 % of the products changed.

Each stage runs in processes of its own, so that its peak memory is its own. The two-process reading is what two workers
do side by side. Seconds of the processor do not count what else the machine does; the wall's do.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.commerceml import Export, write
from benchmarks.made import Size
from benchmarks.tables import keep_figure
from chalicelib.catalogue.snapshot.build import End, Portion, assemble
from chalicelib.exchange.model import is_suspicious
from chalicelib.exchange.reading import Source, read_file

_CHUNK = 1 << 16
_ALONE_UP_TO = 20_000  # products: more of them are read by two processes only, to be done in bearable time


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a process from its first to its last instruction of the stage, and its peak memory in megabytes."""

    processor: float
    memory: int
    note: str = ""


def measure(products: int) -> None:
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as name:
        folder = Path(name)
        print(f"  {products:,} products as 2.09, 5 price types, 5 warehouses, 3 properties; no database")
        first = _exchange(folder, "first", Size(products=products), None)
        _exchange(folder, "1 % changed", Size(products=products, changed=0.01), first)


def _exchange(folder: Path, label: str, size: Size, base: Path | None) -> Path:
    files = _in_a_process(partial(_written, size, folder / label))
    parts = [folder / f"{label}-{number:04d}.part" for number in range(len(files))]
    if size.products <= _ALONE_UP_TO:
        _stage(f"{label}: reading, 1 process", 1, partial(_read, list(zip(files, parts, strict=True))))
    halves = [partial(_read, list(zip(files, parts, strict=True))[worker::2]) for worker in range(2)]
    _stage(f"{label}: reading, 2 processes", 2, *halves)
    target = folder / f"{label}.sqlite"
    _stage(f"{label}: assembling, with the run's end", 1, partial(_assembled, base, target, parts, label))
    for path in (*files, *parts):
        path.unlink()
    return target


def _in_a_process(work: Callable[[], list[Path]]) -> list[Path]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work).result()


def _stage(label: str, processes: int, *works: Callable[[], Spent]) -> None:
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_ready, range(processes)))
        begun = time.perf_counter()
        spent = [waiting.result() for waiting in [pool.submit(work) for work in works]]
        wall = time.perf_counter() - begun
    memory = ", ".join(str(one.memory) for one in spent)
    notes = "; ".join(dict.fromkeys(one.note for one in spent if one.note))
    print(
        f"  {label:45} {wall:7.1f} s, {sum(one.processor for one in spent):7.1f} s of processor, {memory} MB  {notes}",
        flush=True,
    )
    keep_figure(label, "s of processor", sum(one.processor for one in spent))
    keep_figure(f"{label}, peak of each process", "MB", *(one.memory for one in spent), most=512)


def _ready(_: int) -> None:
    """The imports above are not part of a stage."""


def _written(size: Size, folder: Path) -> list[Path]:
    return write(Export(size=size), folder)


def _spent(begun: float, note: str = "") -> Spent:
    return Spent(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, note)


def _read(pairs: Sequence[tuple[Path, Path]]) -> Spent:
    begun = time.process_time()
    for path, part in pairs:
        read = read_file(Source(path.name, path.stat().st_size, partial(_chunks, path)), part)
        if read.result.failed:
            raise RuntimeError(read.result.code)
    return _spent(begun)


def _assembled(base: Path | None, target: Path, parts: Sequence[Path], run: str) -> Spent:
    begun = time.process_time()
    done = assemble(base, target, (Portion(path=part) for part in parts), run=run, end=End(lot=1, doubt=is_suspicious))
    built = time.process_time() - begun
    told = sum(1 for lot in done.told.lots() for _ in done.told.by_sku(lot))
    changed = sum(count for counts in done.parts for count in counts.values())
    size, read = (sum(path.stat().st_size for path in paths) / 1e6 for paths in ((target,), parts))
    note = (
        f"{built:.1f} s of it building; {changed:,} rows changed, {done.listed:,} listed, {size:.0f} MB after "
        f"{read:.0f} MB of parts; stock told of {told:,} SKUs: {-(-told // 100):,} reads of 100"
    )
    return _spent(begun, note)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
