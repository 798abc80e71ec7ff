"""Progress of a long command: what is being done, since when, and at the end how long each step took."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 10.0  # seconds without a line, after which one says that the step goes on


class Progress:
    """Says lines with the seconds since the start. `failed` = the step that went wrong and what to do about it."""

    def __init__(self) -> None:
        self._begun = self._said = time.monotonic()
        self._now = ""
        self._steps: list[tuple[str, float]] = []
        self.failed: tuple[str, str] | None = None
        threading.Thread(target=self._go_on, daemon=True).start()

    def __call__(self, text: str) -> None:
        self._said = time.monotonic()
        print(f"[{self._said - self._begun:5.1f} s] {text}", flush=True)

    @contextmanager
    def step(self, name: str, otherwise: str) -> Iterator[None]:
        """A part of the work; `otherwise` tells what to do when it fails."""
        self(name)
        self._now, begun = name, time.monotonic()
        try:
            yield
        except Exception:
            self.failed = (name, otherwise)
            raise
        finally:
            self._now = ""
        self._steps.append((name, time.monotonic() - begun))

    def total(self) -> str:
        """`74.3 s: packaging 60.1 s, deploying 12.0 s`: the whole, then what took a second or more."""
        parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self._steps if seconds >= 1)
        return f"{time.monotonic() - self._begun:.1f} s" + (f": {parts}" if parts else "")

    def _go_on(self) -> None:
        while True:
            time.sleep(1)
            if self._now and time.monotonic() - self._said > _PATIENCE:
                self(f"   … still {self._now}")
