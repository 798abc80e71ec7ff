"""`python -m benchmarks [part…]` (= `make bench`): every part, or those named, each in a process of its own.

A part takes sizes after a colon: `python -m benchmarks actions:30,2000 catalogue:500`. Their meaning is said at the
head of each part's module. Figures are printed, never judged: what must hold is tested elsewhere.
"""

from __future__ import annotations

import subprocess
import sys
import time

PARTS = {
    "cold_start": "Cold start: importing each function's code, and the package's size",
    "actions": "Actions: DynamoDB round trips, capacity units and handler time",
    "exchange": "Exchange: reading and importing files of 1C (every sample set, then made ones)",
    "catalogue": "Catalogue: building a snapshot and searching it",
}


def main(wanted: list[str]) -> int:
    asked = [one.partition(":")[::2] for one in wanted or PARTS]
    unknown = [part for part, _ in asked if part not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    failed = []
    for part, sizes in asked:
        print(f"\n{PARTS[part]}\n{'-' * len(PARTS[part])}", flush=True)
        begun = time.monotonic()
        command = [sys.executable, "-m", f"benchmarks.{part}", *filter(None, sizes.split(","))]
        if subprocess.run(command).returncode:
            failed.append(part)
        print(f"({part}: {time.monotonic() - begun:.0f} s)", flush=True)
    if failed:
        print(f"\nbroken: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
