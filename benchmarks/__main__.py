"""`python -m benchmarks [part…]` (= `make bench`): every part, or those named, each in a process of its own.

A part takes sizes after a colon: `python -m benchmarks actions:30,2000 catalogue:500`. Their meaning is said at the
head of each part's module. All figures stand in one table at the end, with their targets where there are any. They are
printed, never judged by a test: what must hold is tested elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.tables import FIGURES, print_figures

PARTS = {
    "cold_start": "Cold start: importing each function's code, and the package's size",
    "actions": "Actions: DynamoDB round trips, capacity units and handler time",
    "page": "A page of the catalogue in small and large catalogues",
    "exchange": "Exchange: reading and importing files of 1C (every sample set, then made ones)",
    "telling": "Live stock: writing what an exchange tells",
    "catalogue": "Catalogue: building a snapshot and searching it",
    "cold_read": "Cold read: the snapshot from S3 to a fresh Lambda's first page",
    "prices": "Prices: rows of own lists, and quoting under a chain",
    "activation": "A changed price list: from its file to the prices that dealers see",
    "costs": "Costs: what operations ask of AWS, and a month's price",
    "pricelist": "Price lists: a dealer's file of the whole catalogue",
}


def main(wanted: list[str]) -> int:
    asked = [one.partition(":")[::2] for one in wanted or PARTS]
    unknown = [part for part, _ in asked if part not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        figures.touch()
        broken = [part for part, sizes in asked if not _ran(part, sizes, figures)]
        print()
        print_figures(figures)
    if broken:
        print(f"\nbroken: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _ran(part: str, sizes: str, figures: Path) -> bool:
    print(f"\n{PARTS[part]}\n{'-' * len(PARTS[part])}", flush=True)
    begun = time.monotonic()
    command = [sys.executable, "-m", f"benchmarks.{part}", *filter(None, sizes.split(","))]
    done = subprocess.run(command, env=os.environ | {FIGURES: str(figures)})
    print(f"({part}: {time.monotonic() - begun:.0f} s)", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
