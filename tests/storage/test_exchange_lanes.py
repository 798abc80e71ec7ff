"""The files of one archive, read by several workers: whatever becomes of them, the result is that of one alone."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.catalogue import store as catalogue_store
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.exchange import importing, jobs, lanes, model, runs, store
from chalicelib.exchange.model import Direction, EntryState, JournalEntry, Upload
from chalicelib.gateways import queues
from chalicelib.kernel.errors import Unavailable
from chalicelib.storage import files, snapshots
from chalicelib.storage.session import open_tenant
from tests.storage.exchange_world import World, make_world, new_tenant
from tests.storage.test_exchange_protocol import END, HEAD, goods, offers
from tests.support.pictures import picture

Message = dict[str, object]
_sleep = time.sleep

ORDER = "<Документ><Ид>d</Ид><Номер>77</Номер><ХозОперация>Заказ товара</ХозОперация></Документ>"  # none of ours
DELTA = {
    "import0_1.xml": goods("1", "2", "3"),
    "import0_2.xml": goods("4", "", "5"),  # one without an id
    "offers0_1.xml": offers("1", "2", "3", "5"),
    "documents.xml": f"{HEAD}{ORDER}{END}".encode(),
    "import_files/ab/1.jpg": picture(),
    "readme.txt": b"not ours",
}
NAMES = sorted(name for name in DELTA if name.endswith(".xml"))
NEXT = {**DELTA, "import0_1.xml": goods("1", "2", "3", "6"), "offers0_1.xml": offers("1", "2", "6", quantity=9)}
BROKEN = {
    "import0_1.xml": goods("1", full=True),
    "import0_2.xml": goods("2", full=True)[:-40],
    "offers0_1.xml": offers("1", full=True),
}


def packed(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, one in content.items():
            archive.writestr(name, one)
    return out.getvalue()


def damaged() -> bytes:
    """Its files are well formed, but the goods are not those that the archive's own checksum is of."""
    return packed(DELTA).replace("Товар 5".encode(), "Товар 6".encode())


SENT = {
    "a delta, then another": (packed(DELTA), packed(NEXT)),
    "a full exchange with a broken file": (packed(DELTA), packed(BROKEN)),
    "a damaged archive": (packed(NEXT), damaged()),
}


@dataclass
class Workers:
    """A tenant and its workers. `message` says what becomes of a message for a lane."""

    world: World
    message: Callable[[Message], None] = lambda _: None
    sent: list[Message] = field(default_factory=list)  # to lanes
    groups: list[str] = field(default_factory=list)  # of those messages
    read: list[str] = field(default_factory=list)  # files, by anybody
    pauses: int = 0

    def at_once(self, message: Message) -> None:
        jobs.run_import(message, self.world.now)

    def never(self, _: Message) -> None:
        pass

    def killed_before_it_reads(self, message: Message) -> None:
        upload = store.load_upload(self.world.db, str(message["set"]), str(message["name"]))
        assert upload
        store.draw_file(self.world.db, upload)

    def killed_before_it_notes(self, message: Message) -> None:
        put = files.put
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "put", lambda *put_: None if "/notes/" in put_[1] else put(*put_))
            self.at_once(message)

    def upload(self, content: bytes) -> None:
        client = self.world.client(calls_import=False)
        client.check_in()
        client.begin()
        client.send("v8.zip", content)

    def outcome(self) -> list[object]:
        """What readers see and what the journal says, but for ids and moments."""

        def plain(entry: JournalEntry) -> object:
            rejected = store.load_rejected(self.world.db, entry.id)
            return replace(entry, id="", at=self.world.now.min, session_id="", finished=None), rejected

        snapshot = snapshots.read_current(self.world.db)
        digest = content_digest(snapshots.local_copy(self.world.tenant_id, snapshot)) if snapshot else ""
        return [digest, *sorted(map(plain, self.world.journal()), key=repr)]

    def outcomes(self, archives: tuple[bytes, ...]) -> list[object]:
        found = []
        for content in archives:
            self.upload(content)
            found.append(self.outcome())
            self.world.later(600)
            found.append(self.outcome())
        return found


@contextmanager
def workers(folder: Path, most: int = 4) -> Iterator[Workers]:
    """Any archive is worth so many workers."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        known = Workers(make_world(patch, folder, new_tenant()))
        send, read = queues.send, runs.read_file

        def sent(url: str, body: Message, *, group: str, dedup: str) -> None:
            if body["do"] != "read":
                return send(url, body, group=group, dedup=dedup)
            assert group.startswith(f"{known.world.tenant_id}/reading/")
            if dedup in known.world.seen:
                return None
            known.world.seen.add(dedup)
            known.sent.append(body)
            known.groups.append(group)
            return known.message(body)

        def noted(source: Any, *more: Any) -> Any:
            known.read.append(source.name)
            return read(source, *more)

        def sleep(_: float) -> None:
            known.pauses += 1
            _sleep(0.002)

        patch.setattr(queues, "send", sent)
        patch.setattr(runs, "read_file", noted)
        patch.setattr(runs, "WORTH_REMEMBERING", 0)
        patch.setattr(model, "WORTH_A_READER", 1)
        patch.setattr(model, "MOST_READERS", most)
        patch.setattr(time, "sleep", sleep)
        yield known
    catalogue_store._open.clear()
    snapshots._seen.clear()


@pytest.fixture
def beside(tables: None, tmp_path: Path) -> Iterator[Workers]:
    with workers(tmp_path / "beside") as known:
        known.message = known.at_once
        yield known


@pytest.mark.parametrize("archives", SENT.values(), ids=SENT)
def test_catalogue_and_journal_are_those_of_one_worker_alone(
    tables: None, tmp_path: Path, archives: tuple[bytes, ...]
) -> None:
    with workers(tmp_path / "alone", most=1) as alone:
        expected = alone.outcomes(archives)
        assert not alone.sent
    for lane in ("at_once", "never", "killed_before_it_reads", "killed_before_it_notes"):
        with workers(tmp_path / lane) as beside:
            beside.message = getattr(beside, lane)
            assert beside.outcomes(archives) == expected, lane
            assert beside.sent


def test_lanes_that_all_read_at_once_and_come_twice_read_each_file_once(
    beside: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 5_000)
    names = [f"import0_{n:02d}.xml" for n in range(20)]
    with ThreadPoolExecutor(6) as pool:
        begun = []

        def twice(message: Message) -> None:
            begun.extend(pool.submit(beside.at_once, message) for _ in range(2))

        beside.message = twice
        beside.upload(packed({name: goods(name) for name in names}))
        for one in begun:
            one.result()
    assert sorted(beside.read) == names
    assert beside.world.listed() == 20


def test_nobody_waits_for_a_lane_that_has_not_begun_and_it_finds_nothing_to_do(beside: Workers) -> None:
    beside.message = beside.never
    beside.upload(packed(DELTA))
    read = list(beside.read)
    assert beside.pauses == 0
    assert read == sorted(NAMES, key=lambda name: len(DELTA[name]), reverse=True)
    assert len(set(beside.groups)) == len(beside.sent) == 3
    for message in beside.sent:
        beside.at_once(message)
    assert beside.read == read
    assert not [key for key in beside.world.blobs if "/notes/" in key]


def test_who_has_fallen_silent_is_waited_for_a_while_only(beside: Workers) -> None:
    beside.message = beside.killed_before_it_reads
    beside.upload(packed(DELTA))
    assert beside.pauses == lanes.PATIENCE
    assert sorted(beside.read) == NAMES


def test_who_brings_one_file_after_another_is_waited_for(beside: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note comes at every second pause: each one makes the patience new."""
    put, sleep, notes = files.put, time.sleep, []

    def withheld(owner: str, key: str, content: bytes) -> None:
        if "/notes/" in key:
            notes.append((owner, key, content))
        else:
            put(owner, key, content)

    def brought(seconds: float) -> None:
        sleep(seconds)
        if beside.pauses % 2 == 0:
            put(*notes.pop())

    monkeypatch.setattr(lanes, "PATIENCE", 3)
    monkeypatch.setattr(files, "put", withheld)
    monkeypatch.setattr(time, "sleep", brought)
    beside.upload(packed(DELTA))
    assert (beside.pauses, sorted(beside.read)) == (8, NAMES)
    assert beside.world.listed() == 5


def down(function: Callable[..., Any], answered: int) -> Callable[..., Any]:
    """What answers so many calls and then no more."""
    calls = count()

    def answer(*given: Any, **named: Any) -> Any:
        if next(calls) < answered:
            return function(*given, **named)
        raise EndpointConnectionError(endpoint_url="https://aws")

    return answer


@pytest.mark.parametrize(
    ("module", "name", "answered", "lane"),
    [
        (store, "files_left_put", 0, "never"),
        (queues, "send", 2, "never"),  # the upload's own message and that of its pictures
        (queues, "send", 3, "never"),
        (store, "draw_file", 2, "never"),
        (files, "find", 0, "killed_before_it_reads"),
    ],
    ids=["the row", "the queue", "the queue after one lane", "the third draw", "the notes"],
)
def test_an_import_goes_on_alone_where_help_cannot_be_asked_for(
    beside: Workers, caplog: pytest.LogCaptureFixture, module: Any, name: str, answered: int, lane: str
) -> None:
    beside.message = getattr(beside, lane)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, down(getattr(module, name), answered))
        beside.upload(packed(DELTA))
    assert "an import goes on alone" in caplog.text
    assert (beside.pauses, sorted(beside.read)) == (0, NAMES)
    assert beside.world.listed() == 5
    assert beside.world.entry("import0_1.xml").state is EntryState.DONE


def test_a_message_that_comes_after_the_import_reads_nothing_of_what_nobody_drew(beside: Workers) -> None:
    beside.message = beside.never
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "draw_file", down(store.draw_file, 2))
        beside.upload(packed(DELTA))
    beside.read.clear()
    for message in beside.sent:
        beside.at_once(message)
    assert not beside.read


def test_a_failure_in_a_lane_is_logged_and_its_message_does_not_come_again(
    beside: Workers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unable(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(lanes, "_note", unable)
    beside.upload(packed(DELTA))
    assert "a lane of an import failed" in caplog.text
    assert beside.world.listed() == 5


def test_a_message_of_the_archive_before_helps_to_read_the_one_that_came_again(beside: Workers) -> None:
    beside.message, beside.world.eager = beside.never, False
    client = beside.world.client(calls_import=False)
    client.check_in()
    client.begin()
    client.send("v8.zip", packed(DELTA))
    (first,) = [message for message in beside.world.queue if message["do"] == "import"]
    beside.world.work()
    old = beside.sent[0]
    client.send("v8.zip", packed(NEXT))
    beside.read.clear()
    beside.at_once(first)
    assert not beside.read, "the archive before is not imported any more"
    beside.message = lambda _: beside.at_once(old)
    beside.world.work()
    assert (beside.pauses, sorted(beside.read)) == (0, NAMES)
    assert beside.world.listed() == 6


def test_workers_that_began_with_an_earlier_attempt_or_archive_draw_and_note_apart(tables: None) -> None:
    db, now = open_tenant(new_tenant()), datetime.now(UTC)
    upload = Upload(
        set_id="s", name="v8.zip", direction=Direction.CATALOG, begun=now, touched=now, entry_id="e", attempts=1
    )
    later = (replace(upload, attempts=2), replace(upload, entry_id="f", generation=2))
    for one in later:
        db.commit([store.files_left_put(db.tenant_id, one, 1)])
    assert store.draw_file(db, upload) is None
    assert [store.draw_file(db, one) for one in later] == [0, 0]
    assert len({store.note_key(db.tenant_id, one, "import.xml") for one in (upload, *later)}) == 3


def test_no_part_of_a_workshop_is_made_where_another_lies(tmp_path: Path) -> None:
    work = runs.Workshop(tmp_path)
    first, second = work.new_part("a"), work.new_part("b")
    del work.made["a"]
    assert work.new_part("c") not in (first, second)


def test_a_message_of_another_tenants_upload_reads_nothing(beside: Workers) -> None:
    beside.message = beside.never
    beside.upload(packed(DELTA))
    beside.read.clear()
    beside.at_once({**beside.sent[0], "tenant": new_tenant()})
    assert not beside.read


def test_an_import_that_was_shown_and_then_broke_off_reads_anew(
    beside: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lanes of the first attempt made is deleted by then."""

    def broken(*_: object) -> None:
        raise Unavailable("storage_busy")

    world = beside.world
    world.eager = False
    beside.upload(packed(DELTA))
    (message,) = world.queue
    with monkeypatch.context() as patch:
        patch.setattr(importing, "_settle", broken)
        with pytest.raises(Unavailable):
            world.work()
    assert world.listed() == 5
    assert not [key for key in world.blobs if "/parts/" in key]
    beside.message = beside.killed_before_it_reads
    world.queue.append(message)
    world.work()
    assert len(beside.sent) == 6, "three lanes are asked in each attempt"
    assert world.entry("import0_1.xml").state is EntryState.DONE


def test_what_lanes_leave_behind_lies_where_s3_deletes_it(beside: Workers) -> None:
    beside.upload(packed(BROKEN))
    left = list(beside.world.blobs)
    assert any("/notes/" in key for key in left)
    assert all(key.startswith("uploads/T/") for key in left)
