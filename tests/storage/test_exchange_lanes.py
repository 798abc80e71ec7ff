"""The files of one archive, read by several workers: whatever becomes of them, the result is that of one alone."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.catalogue import store as catalogue_store
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.exchange import importing, jobs, lanes, model, runs, store
from chalicelib.exchange.model import EntryState, JournalEntry
from chalicelib.gateways import queues
from chalicelib.kernel.errors import Unavailable
from chalicelib.storage import files, snapshots
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
            known.sent.append(body)
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
    assert (beside.pauses, len(read)) == (0, 4)
    for message in beside.sent:
        beside.at_once(message)
    assert beside.read == read
    assert not [key for key in beside.world.blobs if "/notes/" in key]


def test_who_has_fallen_silent_is_waited_for_a_while_only(beside: Workers) -> None:
    beside.message = beside.killed_before_it_reads
    beside.upload(packed(DELTA))
    assert beside.pauses == lanes.PATIENCE
    assert sorted(beside.read) == sorted(name for name in DELTA if name.endswith(".xml"))


def test_a_failure_in_a_lane_is_logged_and_its_message_does_not_come_again(
    beside: Workers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unable(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(lanes, "_note", unable)
    beside.upload(packed(DELTA))
    assert "a lane of an import failed" in caplog.text
    assert beside.world.listed() == 5


def test_a_file_that_comes_again_is_not_read_by_the_lanes_of_the_one_before(beside: Workers) -> None:
    beside.message, beside.world.eager = beside.never, False
    client = beside.world.client(calls_import=False)
    client.check_in()
    client.begin()
    client.send("v8.zip", packed(DELTA))
    first = beside.world.queue.pop()
    client.send("v8.zip", packed(NEXT))
    beside.at_once(first)
    assert not beside.sent
    beside.world.work()
    old = {**beside.sent[0], "entry": beside.world.journal()[-1].id}
    beside.read.clear()
    beside.at_once(old)
    assert not beside.read


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
    assert {one["attempt"] for one in beside.sent} == {1, 2}
    assert world.entry("import0_1.xml").state is EntryState.DONE


def test_what_lanes_leave_behind_lies_where_s3_deletes_it(beside: Workers) -> None:
    beside.upload(packed(BROKEN))
    left = list(beside.world.blobs)
    assert any("/notes/" in key for key in left)
    assert all(key.startswith("uploads/T/") for key in left)
