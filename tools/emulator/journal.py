"""Append-only file of changes, so that a killed emulator loses nothing that it acknowledged.

One line is one request: all changes of a transaction are in it or none. A line is on the disk
before the request is answered. Changes are whole things after the write, so applying a line twice,
or applying lines that a snapshot already contains, ends in the same state.

Segments are numbered. A snapshot begins a new one, and those before it are removed when the
snapshot is safely written.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Change = tuple[Any, ...]
"""A kind of change and what it needs; plain values only. durability.py says which there are."""


class Journal:
    """The journal of one state folder.

    `add` and `commit` belong to one thread, the server's; `write` may be called from any.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._pending: list[Change] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._number = max((number for number, _ in self._segments()), default=0) + 1
        self._file = self._open()
        self.size = sum(path.stat().st_size for _, path in self._segments())

    def add(self, change: Change) -> None:
        """Note a change of the request at work; `commit` makes it durable."""
        self._pending.append(change)

    def commit(self) -> None:
        """Write what was noted since the last commit as one line and wait for the disk."""
        changes, self._pending = self._pending, []
        if changes:
            self.write(changes)

    def write(self, changes: list[Change]) -> None:
        """Write changes as one line and wait for the disk."""
        line = json.dumps(changes, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            os.write(self._file, line)
            os.fdatasync(self._file)
            self.size += len(line)

    def begin_segment(self) -> int:
        """Start a new segment; returns its number, for `forget_before` once a snapshot is written."""
        self.commit()
        with self._lock:
            os.close(self._file)
            self._number += 1
            self._file = self._open()
            return self._number

    def forget_before(self, number: int) -> None:
        """Remove the segments that a finished snapshot has made superfluous."""
        with self._lock:
            for segment, path in self._segments():
                if segment < number:
                    path.unlink()
            self.size = sum(path.stat().st_size for _, path in self._segments())

    def replay(self, apply: Callable[[Change], None]) -> int:
        """Apply every recorded change in order; returns the number of lines.

        A torn last line of a segment, which only a kill in the middle of writing leaves, was never
        acknowledged and is left out.
        """
        lines = 0
        for _, path in self._segments():
            for changes in _lines(path):
                for change in changes:
                    apply(change)
                lines += 1
        return lines

    def _segments(self) -> list[tuple[int, Path]]:
        found = [(int(path.suffix[1:]), path) for path in self._folder.glob("journal.*")]
        return sorted(found)

    def _open(self) -> int:
        path = self._folder / f"journal.{self._number:08d}"
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _lines(path: Path) -> Iterator[list[Change]]:
    for line in path.read_bytes().split(b"\n")[:-1]:  # what follows the last newline is torn or empty
        yield [tuple(change) for change in json.loads(line)]
