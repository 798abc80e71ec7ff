"""When a run's files are shown to readers. Pure rules.

To show is to assemble: one copy of the snapshot, one making of its lists, one upload, whatever the files hold. 1C sends
the next file only after the last one's success, so nothing tells that more portions follow. Therefore:

- where it is cheap, that is for a small catalogue, each upload is shown at once, before 1C is told of its success;
- in a large one a run's first upload is shown at once if it is small and not of a full exchange: that is what 1C sends
  when a price has changed;
- everything else is shown together: after a minute of silence (after each show of the run twice as long, four minutes
  at most), ten minutes after the oldest of it came, by `mode=complete` or `deactivate`, or at the run's end.

So a run of any number of portions is assembled at most about three times and once at its end, and one that never ends
once in ten minutes. (Goods of a full exchange that wait for their offers are another matter: `Run.waits`.)
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.exchange.run import RUN_IDLE, Run

CHEAP = 8_000_000  # bytes of snapshot and parts together: some 6,000 products, a second of work
SMALL = 1_000_000  # bytes of parts: some hundreds of products, or some thousands of prices
SHOW_AFTER = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=10)
MOST_PARTS = 500  # in the run's row
_LONGEST_SILENCE = timedelta(minutes=4)


def shows_at_once(run: Run, base_size: int, now: datetime) -> bool:
    """Whether the run's parts are shown as soon as their upload is in; `base_size` in bytes, 0 without a catalogue."""
    size = sum(part.size for part in run.parts)
    if base_size + size <= CHEAP or len(run.parts) >= MOST_PARTS:
        return True
    small = not run.full and run.shows == 0 and size <= SMALL
    return small or any(now - part.came >= LONGEST_WAIT for part in run.unseen)


def look_again(run: Run) -> datetime:
    """When an open run is to be looked at if nothing more comes: to show what it has, else to end it."""
    if run.waits or not run.unseen:
        return run.touched + RUN_IDLE
    return run.touched + min(SHOW_AFTER * (1 << run.shows), _LONGEST_SILENCE)
