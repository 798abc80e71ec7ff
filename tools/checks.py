"""`make check` and `make test`: runs the parts, goes on after a failure, ends with a table of times."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTEST = [str(BIN / "python"), "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]

SET_UP = {
    "what tests need": [str(BIN / "python"), "-m", "tools.test_needs"],
    "package": [str(BIN / "python"), "-m", "tools.packaging"],
}
STATIC = {
    "style": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "types": [str(BIN / "mypy")],
    "contracts of imports": [str(BIN / "lint-imports"), "--no-cache"],
}
FAST_TESTS = [*PYTEST, "-m", "not packaged", "tests/rules", "tests/contracts"]
ALL_TESTS = [*PYTEST, "--durations", "10", "tests"]


@dataclass(frozen=True, slots=True)
class Outcome:
    part: str
    code: int
    seconds: float
    output: str = ""


def _quietly(part: str, command: list[str]) -> Outcome:
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return Outcome(part, done.returncode, time.monotonic() - begun, done.stdout)


def _visibly(part: str, command: list[str]) -> Outcome:
    begun = time.monotonic()
    code = subprocess.run(command, cwd=ROOT).returncode
    return Outcome(part, code, time.monotonic() - begun)


def _static() -> list[Outcome]:
    with ThreadPoolExecutor(2) as workers:
        outcomes = list(workers.map(_quietly, STATIC.keys(), STATIC.values()))
    for outcome in outcomes:
        print(f"{'ok  ' if outcome.code == 0 else 'FAIL'} {outcome.part} ({outcome.seconds:.1f} s)", flush=True)
        if outcome.code:
            print(outcome.output, flush=True)
    return outcomes


def main(which: str) -> int:
    outcomes: list[Outcome] = []
    if which == "all":
        for part, command in SET_UP.items():
            print(f"setting up: {part}", flush=True)
            outcomes.append(_visibly(part, command))
            if outcomes[-1].code:
                return 1
    outcomes += _static()
    outcomes.append(_visibly("tests", ALL_TESTS if which == "all" else FAST_TESTS))
    print("\npart                       seconds")
    for outcome in outcomes:
        print(f"{outcome.part:<24} {outcome.seconds:>9.1f}  {'' if outcome.code == 0 else 'FAILED'}")
    return int(any(outcome.code for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
