"""How long a function's code takes to import, and the package's size. `python -m benchmarks.cold_start [runs]`

The package is the one that AWS gets (tools/packaging.py), made first if the tree has changed. Each import happens in
a fresh interpreter that sees nothing but the package; its own start is not counted. A worker imports what its events
need with the first of them: the second pair of figures has both. On a busy machine look at the processor's time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median

from benchmarks.tables import print_table
from tools import packaging

WEB_MS, WORKER_MS = 500, 400  # targets
HANDLERS = {  # what runs → the modules that its first event imports
    "app": "",
    "publish_outbox": "chalicelib.ops.workers",
    "on_event": "chalicelib.ops.queue_handlers",
    "on_import": "chalicelib.ops.queue_handlers, chalicelib.exchange.jobs",
    "on_due": "chalicelib.ops.queue_handlers",
    "every_minute": "chalicelib.ops.workers",
}
_PROGRAM = """
import sys, time
sys.path[:0] = [sys.argv[1]]
sys.dont_write_bytecode = True
wall, own = time.perf_counter(), time.process_time()
def tell():
    print((time.perf_counter() - wall) * 1000, (time.process_time() - own) * 1000)
import app
tell()
for name in filter(None, sys.argv[2].split(", ")):
    __import__(name)
tell()
"""


def main(runs: int = 5) -> None:
    archive = packaging.build(lambda _: None).archive
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        for name, modules in HANDLERS.items():
            times = [_import(folder, name, modules) for _ in range(runs)]
            target = WEB_MS if name == "app" else WORKER_MS
            rows.append(
                [f"app.{name}", *(f"{median(column):.0f}" for column in zip(*times, strict=True)), f"≤ {target}"]
            )
        unpacked = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    heads = ("handler", "app ms", "of processor", "app + first event ms", "of processor", "target ms")
    print_table(f"median of {runs} fresh processes", heads, rows)
    size = archive.stat().st_size
    print(
        f"  package: {size / 1e6:.1f} MB zipped (target ≤ {packaging.LARGEST_ZIP / 1e6:.0f}), "
        f"{unpacked / 1e6:.0f} MB unpacked (Lambda's limit 262)"
    )


def _import(folder: str, name: str, modules: str) -> tuple[float, ...]:
    """Milliseconds of importing the app as the function `name`, then of that and the modules; each on the clock and
    of the processor."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROGRAM, folder, modules],
        capture_output=True, text=True, cwd=folder,
        env={"_HANDLER": f"app.{name}", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "bench"},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the package cannot be imported as app.{name}:\n{done.stderr}")
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
