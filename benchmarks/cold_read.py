"""What a fresh Lambda waits for before its first page of the catalogue. `python -m benchmarks.cold_read [products]`

The snapshot lies in S3, which a file server on this machine stands for. Each run is a fresh process with an empty
temporary folder: it imports the application, downloads the snapshot, checks that it is whole, opens it, and answers the
first page with prices, then a search. What the import takes is told by `cold_start`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from benchmarks.catalogue_rows import catalogue_rows
from benchmarks.made import Size
from benchmarks.tables import keep_figure, print_table
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.kernel.ids import new_tenant_id
from chalicelib.storage.files import file_key
from chalicelib.storage.snapshots import digest_of

RUNS = 5
_MOST = 2  # seconds
_BUCKET = "bench"
_STEPS = ("download and check", "open, first page, prices", "first search")
_PROGRAM = """
import json, sys, time, types
told = []
def tell():
    told.append((time.perf_counter(), time.process_time()))
import app
from chalicelib.catalogue.model import Query
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.storage import snapshots
tell()
tenant, key, sha256 = sys.argv[1:]
path = snapshots.local_copy(tenant, types.SimpleNamespace(key=key, sha256=sha256))
tell()
catalogue = Catalogue(path)
items = catalogue.search(Query()).items
catalogue.prices([item.sku for item in items], [one.id for one in catalogue.price_types()][:2])
assert len(items) == 50
tell()
assert catalogue.search(Query(text="ручка оконная")).total
tell()
print(json.dumps([[after - before for before, after in zip(a, b)] for a, b in zip(told, told[1:])]))
"""


def main(products: int = 150_000) -> None:
    tenant = new_tenant_id()
    with tempfile.TemporaryDirectory(prefix="kontor-bench-") as name:
        folder = Path(name)
        key = file_key(tenant, "catalogue", "1.sqlite")
        path = folder / _BUCKET / key
        path.parent.mkdir(parents=True)
        apply(None, path, catalogue_rows(Size(products=products)), run="1", at=datetime(2026, 1, 1, tzinfo=UTC))
        size, sha256 = path.stat().st_size / 1e6, digest_of(path)
        with _served(folder) as address:
            runs = [_run(address, tenant, key, sha256) for _ in range(RUNS + 1)][1:]
    steps = list(zip(*runs, strict=True))
    rows = [
        [what, *(f"{median(one[i] for one in step):.2f}" for i in range(2))]
        for what, step in zip(_STEPS, steps, strict=True)
    ]
    print_table(
        f"{products:,} products, {size:.0f} MB; medians of {RUNS} fresh processes",
        ("step", "s", "s of processor"),
        rows,
    )
    whole = (sum(median(one[i] for one in step) for step in steps[:2]) for i in range(2))
    keep_figure(f"cold read of {products:,} products: to the first page / of it the processor", "s", *whole, most=_MOST)


def _run(address: str, tenant: str, key: str, sha256: str) -> list[list[float]]:
    """Seconds and seconds of the processor of each step."""
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": address,
            "AWS_EC2_METADATA_DISABLED": "true",
            "KONTOR_STAGE": "bench",
            "KONTOR_BUCKET": _BUCKET,
            "KONTOR_TENANT_ROLE_ARN": "",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "TMPDIR": empty,
        }
        command = [sys.executable, "-c", _PROGRAM, tenant, key, sha256]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    steps: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    return steps


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address under which the folder's files are found while this lasts; another process serves them."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    server = spawn.Process(target=_serve, args=(folder, theirs), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        server.terminate()
        server.join()


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Requests are not printed."""


def _serve(folder: Path, ready: Connection) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
        ready.send(server.server_port)
        server.serve_forever()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
