"""A full exchange without a database: files of 1C → parts → a snapshot, then again with 1 % of the products changed,
read with the help of the first one's parts as an import does.

Each stage runs in processes of its own, so that its peak memory is its own. The two-process reading is what two workers
do side by side. Seconds of the processor do not count what else the machine does; the wall's do.
"""

from __future__ import annotations

import gc
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
from chalicelib.exchange.reading import Source, read_file
from chalicelib.exchange.run import is_suspicious
from chalicelib.kernel.clock import utc_now

_CHUNK = 1 << 16
_MOST = 20  # seconds; of the processor here, so that what else the machine does is left out
_ALONE_UP_TO = 20_000  # products: more of them are read by two processes only, to be done in bearable time


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a process from its first to its last instruction of the stage, and its peak memory in megabytes."""

    processor: float
    memory: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What an exchange leaves for the next one."""

    snapshot: Path
    parts: list[Path]


def measure(products: int) -> None:
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as name:
        folder = Path(name)
        print(f"  {products:,} products as 2.09, 5 price types, 5 warehouses, 3 properties; no database")
        first = _exchange(folder, "first", Size(products=products), None)
        _exchange(folder, "1 % changed", Size(products=products, changed=0.01), first)


def _exchange(folder: Path, label: str, size: Size, before: Made | None) -> Made:
    files = _in_a_process(partial(_written, size, folder / label))
    parts = [folder / f"{label}-{number:04d}.part" for number in range(len(files))]
    earlier = before.parts if before else [None] * len(files)
    work = list(zip(files, parts, earlier, strict=True))
    if size.products <= _ALONE_UP_TO:
        _stage(f"{label}: reading, 1 process", 1, partial(_read, work))
    read = _stage(f"{label}: reading, 2 processes", 2, *(partial(_read, work[worker::2]) for worker in range(2)))
    made = Made(folder / f"{label}.sqlite", parts)
    assembling = partial(_assembled, before.snapshot if before else None, made.snapshot, parts, label)
    assembled = _stage(f"{label}: assembling, with the run's end", 1, assembling)
    whole = max(one.processor for one in read) + assembled[0].processor
    keep_figure(f"{label}: {size.products:,} products without the database, reading on 2 cores", "s", whole, most=_MOST)
    for path in files:
        path.unlink()
    return made


def _in_a_process(work: Callable[[], list[Path]]) -> list[Path]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work).result()


def _stage(label: str, processes: int, *works: Callable[[], Spent]) -> list[Spent]:
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
    return spent


def _ready(_: int) -> None:
    """The imports above are not part of a stage."""


def _written(size: Size, folder: Path) -> list[Path]:
    return write(Export(size=size), folder)


def _spent(begun: float, note: str = "") -> Spent:
    return Spent(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, note)


def _read(work: Sequence[tuple[Path, Path, Path | None]]) -> Spent:
    """(the file, its part to make, the part of the file before it)"""
    gc.set_threshold(50_000)  # as `app` does
    begun = time.process_time()
    for path, part, earlier in work:
        read = read_file(Source(path.name, path.stat().st_size, partial(_chunks, path)), part, earlier)
        if read.result.failed:
            raise RuntimeError(read.result.code)
    return _spent(begun)


def _assembled(base: Path | None, target: Path, parts: Sequence[Path], run: str) -> Spent:
    gc.set_threshold(50_000)
    begun = time.process_time()
    end = End(lot=1, doubt=is_suspicious)
    done = assemble(base, target, (Portion(path=part) for part in parts), run=run, at=utc_now(), end=end)
    built = time.process_time() - begun
    moved = None if base is None else ()  # between the two nothing has moved
    told = sum(1 for lot in done.told.lots() for _ in done.told.by_sku(lot, moved))
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
