"""How long files of 1C take to read and to import. `python -m benchmarks.exchange [products …]`

First every real set: reading it, and reading it into a snapshot. Then a full exchange of a made-up catalogue
(`whole_exchange`). Nothing touches DynamoDB here: what an import writes there is counted by the changes that it names.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.tables import keep_figure
from benchmarks.whole_exchange import measure
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.reading import FeedMemory
from chalicelib.exchange.model import EntryKind, import_order
from chalicelib.exchange.reading import kind_of
from chalicelib.kernel.errors import Invalid

_SETS = Path(__file__).resolve().parents[2] / "shared/data/commerceml"
_CHUNK = 1 << 16


def main(sizes: list[int]) -> None:
    _real_sets()
    for size in sizes:
        measure(size)


def _real_sets() -> None:
    if not _SETS.is_dir():
        print(f"  no real sets beside the repository ({_SETS.parent.parent.name}/)")
        return
    by_set: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(_SETS.glob("*/**/*.xml")):
        by_set[path.relative_to(_SETS).parts[0]].append(path)
    print(f"  {'set':32} {'KB':>7} {'rows':>7} {'read ms':>8} {'import ms':>10} {'changed':>8}")
    for name, paths in by_set.items():
        _real_set(name, paths)


def _real_set(name: str, paths: list[Path]) -> None:
    order = import_order(tuple(str(path) for path in paths))
    size = sum(path.stat().st_size for path in paths)
    rows = changed = 0
    read = took = 0.0
    memory = FeedMemory()
    with tempfile.TemporaryDirectory() as folder:
        top: Path | None = None
        for number, path in enumerate(Path(one) for one in order):
            try:
                began = time.process_time()
                if kind_of(_chunks(path)) is EntryKind.DOCUMENTS:
                    rows += sum(1 for _ in read_documents(_chunks(path)))
                    read += time.process_time() - began
                    continue
                rows += sum(1 for _ in read_catalogue(_chunks(path), FeedMemory()))
                read += time.process_time() - began
                began = time.process_time()
                target = Path(folder) / str(number)
                result = apply(top, target, read_catalogue(_chunks(path), memory), run="1")
                took += time.process_time() - began
                top = target
                changed += sum(count.changed for count in result.counts.values())
            except Invalid as refusal:
                print(f"  {name:32} {size / 1024:7.0f} refused: {refusal.code}")
                return
    print(f"  {name:32} {size / 1024:7.0f} {rows:7,} {read * 1000:8.0f} {took * 1000:10.0f} {changed:8,}")
    keep_figure(f"set {name}: read / imported", "ms of processor", read * 1000, took * 1000)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [150_000])
