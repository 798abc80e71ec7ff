"""One test run: a folder under .build/tests/ that all xdist workers share, and what was started in it.

The first worker that needs a server starts it under a lock; the controller stops everything at the
end. Servers of a run that was killed are ended by the next run.
"""

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / ".build" / "tests"
VARIABLE = "KONTOR_TEST_RUN"


def begin() -> Path:
    """The controller's part: make the folder and tell the workers by the environment."""
    RUNS.mkdir(parents=True, exist_ok=True)
    for old in RUNS.iterdir():
        if not _lives(int(old.name)):
            end(old)
    folder = RUNS / str(os.getpid())
    folder.mkdir()
    os.environ[VARIABLE] = str(folder)
    return folder


def end(folder: Path) -> None:
    """Stop what was started in the run and remove its folder."""
    for note in folder.glob("*.process"):
        number, word = note.read_text().split("\n", 1)
        _stop(int(number), word.strip())
    for note in folder.glob("*/emulator.pid"):  # of an embedded cloud (tools/embedded.py)
        _stop(int(note.read_text()), "tools/emulator")
    shutil.rmtree(folder, ignore_errors=True)


def folder() -> Path:
    return Path(os.environ[VARIABLE])


def once(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make` answers, made by the first worker that asks and read by the others."""
    result = folder() / f"{name}.json"
    with FileLock(folder() / f"{name}.lock"):
        if not result.exists():
            made = make()
            result.write_text(json.dumps(made))
        answer: dict[str, Any] = json.loads(result.read_text())
    return answer


def note_process(name: str, number: int, word: str) -> None:
    """Have the process ended with the run; `word` must occur in its command line."""
    (folder() / f"{name}.process").write_text(f"{number}\n{word}")


def _stop(number: int, word: str) -> None:
    if not _lives(number, word):
        return
    for sign, seconds in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, sign)
        deadline = time.monotonic() + seconds
        while _lives(number, word) and time.monotonic() < deadline:
            time.sleep(0.05)


def _lives(number: int, word: str = "") -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
        command = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return state != "Z" and word in command
