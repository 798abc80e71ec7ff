"""How long `mode=import` holds a request back (protocol §4)."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.exchange.actions import uploads
from chalicelib.exchange.model import Direction, Upload, UploadState
from tests.storage.exchange_world import World, world  # noqa: F401 - a fixture
from tests.storage.test_exchange_protocol import goods

WAIT = 5.0
SLOW_READ = 0.4  # seconds


@dataclass
class Clock:
    """A clock that moves by what is slept and by what each look at it is said to have cost."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def ticks(self) -> float:
        self.now += SLOW_READ
        return self.now


def sent(world: World) -> None:
    world.eager = False
    uploads.receive(world.db, "s", "x", Direction.CATALOG, "import.xml", goods("1"), world.now)


def waited(world: World, clock: Clock) -> Upload | None:
    return uploads.wait_for(world.db, "s", "import.xml", world.now, seconds=WAIT, sleep=clock.sleep, ticks=clock.ticks)


def test_a_long_import_is_waited_for_a_few_seconds_in_a_few_looks_however_slow_reading_is(world: World) -> None:
    sent(world)
    clock = Clock()
    assert waited(world, clock) is None
    assert clock.now < WAIT + 3 * SLOW_READ
    assert len(clock.slept) <= 8
    assert clock.slept[0] < clock.slept[-2]


def test_a_file_that_is_imported_meanwhile_is_answered_at_the_next_look(world: World) -> None:
    sent(world)
    clock = Clock()
    real = clock.sleep

    def working_sleep(seconds: float) -> None:
        real(seconds)
        world.work()

    upload = uploads.wait_for(
        world.db, "s", "import.xml", world.now, seconds=WAIT, sleep=working_sleep, ticks=clock.ticks
    )
    assert upload is not None
    assert (upload.state, len(clock.slept)) == (UploadState.DONE, 1)


def test_a_file_that_is_in_already_is_answered_at_once(world: World) -> None:
    sent(world)
    world.work()
    clock = Clock()
    assert waited(world, clock) is not None
    assert clock.slept == []
