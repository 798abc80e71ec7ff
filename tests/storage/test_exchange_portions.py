"""A large catalogue in portions: shown together and soon, assembled seldom, and no more live stock read than needed."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.catalogue.model import sku_id
from chalicelib.exchange import catalogue_import, reading, runs, showing
from chalicelib.exchange import store as exchange_store
from chalicelib.exchange.model import EntryState
from chalicelib.stock import journal_store
from chalicelib.stock import store as stock_store
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.moving import Move
from chalicelib.stock.store import levels
from chalicelib.tenancy.store import settings_record, settings_write
from tests.storage.exchange_world import World, world  # noqa: F401 - a fixture
from tests.storage.test_exchange_protocol import goods, offers

NAMES = [str(n) for n in range(1, 7)]


@dataclass
class Work:
    """How often a snapshot was assembled, and which SKUs' live stock was read."""

    builds: int = 0
    read: list[str] = field(default_factory=list)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counted = Work()
    build, read = runs.build, stock_store.levels

    def one_more(*args: Any, **more: Any) -> Any:
        counted.builds += 1
        return build(*args, **more)

    def noted(db: Any, skus: Iterable[str], **more: Any) -> Any:
        wanted = list(skus)
        counted.read += wanted
        return read(db, wanted, **more)

    monkeypatch.setattr(runs, "build", one_more)
    monkeypatch.setattr(stock_store, "levels", noted)
    return counted


@pytest.fixture
def large(world: World, work: Work, monkeypatch: pytest.MonkeyPatch) -> World:
    """Any catalogue counts as large from here on; only the smallest change is small."""
    world.client().upload({"import.xml": goods(*NAMES, full=True), "offers.xml": offers(*NAMES, full=True)})
    world.later(600)
    monkeypatch.setattr(showing, "CHEAP", 0)
    monkeypatch.setattr(showing, "SMALL", 0)
    work.builds = 0
    work.read.clear()
    return world


def parts(world: World) -> list[str]:
    return [key for key in world.blobs if "/parts/" in key]


def portions(world: World, *names: str, full: bool = True) -> None:
    for n, name in enumerate(names):
        replies = world.client().upload({f"import0_{n}.xml": goods(name, full=full and n == 0)})
        assert [reply.word for reply in replies] == ["success"]
    for n, name in enumerate(names):
        replies = world.client().upload({f"offers0_{n}.xml": offers(name, full=full and n == 0)})
        assert [reply.word for reply in replies] == ["success"]


def test_many_portions_are_assembled_once_when_1c_falls_silent(large: World, work: Work) -> None:
    version = large.version()
    portions(large, *NAMES, "7")
    assert (large.version(), large.listed(), work.builds) == (version, 6, 0)
    assert {large.entry(f"offers0_{n}.xml").state for n in range(7)} == {EntryState.WAITING}
    large.later(61)
    assert (large.version(), large.listed(), work.builds) == (version + 1, 7, 1)
    assert parts(large) == []
    states = {entry.state for entry in large.journal() if entry.counts}
    assert states == {EntryState.DONE}
    changed = {name: large.entry(name).changed for name in ("import0_0.xml", "import0_6.xml", "offers0_6.xml")}
    assert changed == {"import0_0.xml": 0, "import0_6.xml": 1, "offers0_6.xml": 3}
    archives = [entry.changed for entry in large.journal() if entry.code == "archive"]
    assert sum(archives[1:]) == sum(changed.values())


def test_complete_shows_and_withdraws_in_one_new_version(large: World, work: Work) -> None:
    version = large.version()
    portions(large, *NAMES[1:], "7")
    client = large.client()
    client.check_in()
    assert client.ask("type=catalog&mode=complete").word == "success"
    assert (large.version(), large.listed(), work.builds) == (version + 1, 6, 1)
    assert parts(large) == []
    one = sku_id("1", None)
    assert levels(large.db, [one])[one].available() == 0


def test_the_end_of_a_full_run_reads_the_live_stock_only_of_what_it_left_out(large: World, work: Work) -> None:
    portions(large, *NAMES[1:])
    large.later(61)
    assert sorted(work.read) == sorted(sku_id(name, None) for name in NAMES[1:])
    work.read.clear()
    client = large.client()
    client.check_in()
    client.ask("type=catalog&mode=complete")
    assert work.read == [sku_id("1", None)]


def test_an_exchange_that_repeats_the_last_one_reads_only_stock_that_is_new_or_was_moved(
    world: World, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_store, "SETTLED", timedelta())
    skus = {name: sku_id(name, None) for name in NAMES}
    changed, sold = (offers(*NAMES[:5], full=True), offers("6", quantity=7)), skus["2"]

    def exchange(*files: bytes) -> list[str]:
        work.read.clear()
        world.later(400)  # the run before is over
        world.ahead = timedelta()
        for number, file in enumerate(files):
            world.client().upload({f"offers0_{number}.xml": file})
        return sorted(work.read)

    every = sorted(skus.values())
    world.client().upload({"import.xml": goods(*NAMES, full=True)})
    assert exchange(offers(*NAMES, full=True)) == every
    assert exchange(offers(*NAMES, full=True)) == every  # the exchange before has moved them all itself
    assert exchange(offers(*NAMES, full=True)) == []
    order = cause(Why.EXPORTED, datetime.now(UTC))
    (place,) = levels(world.db, [sold])[sold].warehouses
    moved = stock_store.move(world.tenant_id, sold, {place: Move(counted=Decimal(1), stamped=True)}, order)
    world.db.commit([moved, journal_store.moved_put(world.tenant_id, order, [sold])])
    assert exchange(*changed) == sorted([sold, skus["6"]])
    assert levels(world.db, [sold])[sold].warehouses[place].on_hand == 6
    exchange(offers(*NAMES, full=True))
    version = settings_record(world.db).version
    world.db.commit([settings_write(replace(world.settings, safety_stock=Decimal(1)), version)])
    assert exchange(offers(*NAMES, full=True)) == every


def test_a_repeated_full_exchange_makes_no_version_and_withdraws_nothing(large: World, work: Work) -> None:
    version = large.version()
    portions(large, *NAMES)
    large.later(61)
    assert work.builds == 1
    assert len(parts(large)) == 2 * len(NAMES)  # the end must know what they named
    large.later(300)
    assert (large.version(), large.listed(), work.builds) == (version, 6, 1)
    client = large.client()
    client.upload({"import.xml": goods("1")})
    large.later(61)
    assert client.ask(f"type=catalog&mode=deactivate&timestamp={client.timestamp}").word == "success"
    assert large.listed() == 1


def test_a_small_change_is_seen_before_1c_is_told_of_its_success_and_what_follows_waits(
    large: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "SMALL", 1_000_000)
    large.client().upload({"import.xml": goods("7")})
    assert large.listed() == 7
    large.client().upload({"import.xml": goods("8")})
    assert large.listed() == 7
    large.later(61)
    assert large.listed() == 7  # once shown, a run must be silent for twice as long
    large.later(61)
    assert large.listed() == 8


def test_changes_that_never_pause_are_shown_all_the_same(large: World) -> None:
    for n in range(7, 40):
        large.later(50)
        large.client().upload({"import.xml": goods(str(n))})
    assert large.listed() > 12
    assert large.version() <= 5


def test_goods_that_wait_for_offers_are_dropped_with_a_broken_file_and_the_journal_says_so(large: World) -> None:
    version = large.version()
    large.client().upload({"import0_1.xml": goods("1", "8", full=True)})
    large.client().upload({"import0_2.xml": goods("9")})
    assert large.client().upload({"offers0_1.xml": offers("8")[:-30]})[0].word == "failure"
    assert {large.entry(f"import0_{n}.xml").code for n in (1, 2)} == {"exchange_dropped"}
    assert parts(large) == []
    large.later(600)
    assert (large.version(), large.listed()) == (version, 6)


def test_a_file_that_alone_is_broken_says_what_is_wrong_and_builds_nothing(large: World, work: Work) -> None:
    (reply,) = large.client().upload({"import.xml": goods("1")[:-20]})
    assert reply.word == "failure"
    codes = [entry.code for entry in large.journal() if entry.state is EntryState.FAILED]
    assert codes == ["xml_damaged"]
    assert work.builds == 0


def test_a_break_after_the_switch_is_mended_by_the_next_delivery(large: World, monkeypatch: pytest.MonkeyPatch) -> None:
    portions(large, *NAMES, "7")
    version = large.version()

    def breaks(*_: object, **__: object) -> None:
        raise ConnectionError

    large.eager = False
    with monkeypatch.context() as broken:
        broken.setattr(catalogue_import, "_save", breaks)
        with pytest.raises(ConnectionError):
            large.later(61)
    assert large.version() == version + 1
    large.later(36 * 60)
    assert (large.version(), large.listed()) == (version + 1, 7)
    run = exchange_store.load_state(large.db).run
    assert run is not None
    assert run.closed
    left = set(parts(large))
    large.eager = True
    portions(large, "1")
    assert not left & set(parts(large))  # the next run needs none of them


def test_a_full_exchange_that_repeats_the_last_one_is_read_only_where_it_differs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "WORTH_REMEMBERING", 0)
    whole: list[str] = []
    read = reading.read_part
    monkeypatch.setattr(reading, "read_part", lambda part, *rest: (whole.append(part.name), read(part, *rest))[1])
    many = [*NAMES, "7"]
    for names in (NAMES, many, many[1:]):
        files = {"import.xml": goods(*names, full=True), "offers.xml": offers(*names, full=True)}
        assert [reply.word for reply in world.client().upload(files)] == ["success", "success"]
        world.later(7_200)
        assert world.listed() == len(names)
    assert len(whole) == 2, "only the first exchange was read as a whole"
