"""Published catalogue snapshots: one pointer, whole files, copies that are what they should be."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ResponseStreamingError

from chalicelib.catalogue import store
from chalicelib.catalogue.feed import CatalogueHead, ProductRow
from chalicelib.catalogue.model import Query
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.kernel.errors import Refused, Unavailable
from chalicelib.kernel.ids import new_tenant_id
from chalicelib.storage import files, keys, snapshots
from chalicelib.storage.session import TenantSession, open_tenant
from chalicelib.storage.snapshots import Snapshot

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("tables")


class Bucket(dict[str, bytes]):
    """S3 in memory; `downloads` counts, `damage` cuts what is downloaded so many times, `breaks` ends
    so many downloads before their end."""

    downloads = 0
    damage = 0
    breaks = 0

    def put_path(self, _tenant_id: str, key: str, path: Path) -> None:
        self[key] = path.read_bytes()

    def delete(self, _tenant_id: str, key: str) -> None:
        self.pop(key, None)

    def get_path(self, _tenant_id: str, key: str, path: Path) -> None:
        self.downloads += 1
        if self.breaks:
            self.breaks -= 1
            raise ResponseStreamingError(error="the connection was reset")
        content = self[key]
        if self.damage:
            self.damage -= 1
            content = content[: len(content) // 2]
        path.write_bytes(content)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    made = Bucket()
    monkeypatch.setattr(files, "put_path", made.put_path)
    monkeypatch.setattr(files, "get_path", made.get_path)
    monkeypatch.setattr(files, "delete", made.delete)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "machine"))
    (tmp_path / "machine").mkdir()
    yield made
    store._open.clear()
    snapshots._seen.clear()


@pytest.fixture
def db() -> TenantSession:
    return open_tenant(new_tenant_id())


def built(folder: Path, *names: str, filler: int = 0) -> Path:
    path = folder / f"{'-'.join(names)}.sqlite"
    rows = [ProductRow(id=name, name=name, description="x" * filler) for name in names]
    apply(None, path, [CatalogueHead(catalogue_id="c", only_changes=False, kind="goods"), *rows], run="r")
    return path


def published(
    db: TenantSession, path: Path, base: Snapshot | None = None, now: datetime = NOW, listed: int = 1
) -> Snapshot:
    return snapshots.publish(db, path, base=base, listed=listed, now=now)


def names(db: TenantSession, now: datetime) -> list[str]:
    catalogue = store.current_catalogue(db, None, now)
    return [] if catalogue is None else [item.name for item in catalogue.search(Query()).items]


def test_before_the_first_import_there_is_no_catalogue(db: TenantSession, bucket: Bucket) -> None:
    assert store.current_catalogue(db, None, NOW) is None
    assert store.catalogue_in(db.tenant_id, {}, None) is None


def test_a_published_file_is_what_readers_see_and_history_keeps_it(
    db: TenantSession, bucket: Bucket, tmp_path: Path
) -> None:
    first = published(db, built(tmp_path, "one"))
    second = published(db, built(tmp_path, "one", "two"), first, listed=2)
    assert names(db, NOW) == ["one", "two"]
    assert snapshots.read_current(db) == second
    history = db.query_all(keys.snapshot_versions(db.tenant_id))
    assert [snapshots.snapshot_of(record) for record in history] == [first, second]
    assert [(one.version, one.listed) for one in (first, second)] == [(1, 1), (2, 2)]


def test_a_file_that_was_built_from_an_older_catalogue_is_refused(
    db: TenantSession, bucket: Bucket, tmp_path: Path
) -> None:
    first = published(db, built(tmp_path, "one"))
    second = published(db, built(tmp_path, "two"), first)
    for base in (None, first):
        with pytest.raises(Refused, match="catalogue_moved"):
            published(db, built(tmp_path, "three"), base)
    assert snapshots.read_current(db) == second
    assert names(db, NOW) == ["two"]


def test_the_pointer_is_read_once_in_three_seconds(db: TenantSession, bucket: Bucket, tmp_path: Path) -> None:
    first = published(db, built(tmp_path, "one"))
    assert names(db, NOW) == ["one"]
    calls = db.usage.calls
    published(open_tenant(db.tenant_id), built(tmp_path, "two"), first)
    assert names(db, NOW + timedelta(seconds=2)) == ["one"]
    assert db.usage.calls == calls
    assert names(db, NOW + timedelta(seconds=3)) == ["two"]
    assert db.usage.calls == calls + 1


def test_a_file_is_downloaded_once_per_machine(db: TenantSession, bucket: Bucket, tmp_path: Path) -> None:
    published(db, built(tmp_path, "one"))
    assert names(db, NOW) == ["one"]
    store._open.clear()  # as another process would see it
    assert names(db, NOW) == ["one"]
    assert bucket.downloads == 1


def test_a_damaged_download_is_tried_again_and_never_read(db: TenantSession, bucket: Bucket, tmp_path: Path) -> None:
    published(db, built(tmp_path, "one"))
    bucket.damage = 1
    assert names(db, NOW) == ["one"]
    assert bucket.downloads == 2


def test_a_download_that_breaks_off_is_tried_again(db: TenantSession, bucket: Bucket, tmp_path: Path) -> None:
    published(db, built(tmp_path, "one"))
    bucket.breaks = 1
    assert names(db, NOW) == ["one"]
    bucket.breaks = 10
    store._open.clear()
    shutil.rmtree(tmp_path / "machine" / "kontor-snapshots")
    with pytest.raises(Unavailable, match="catalogue_unreadable"):
        names(db, NOW)


def test_a_file_that_stays_damaged_makes_the_catalogue_unavailable_and_leaves_nothing_behind(
    db: TenantSession, bucket: Bucket, tmp_path: Path
) -> None:
    published(db, built(tmp_path, "one"))
    bucket.damage = 10
    with pytest.raises(Unavailable, match="catalogue_unreadable"):
        names(db, NOW)
    assert list((tmp_path / "machine" / "kontor-snapshots").iterdir()) == []


def test_a_copy_that_is_deleted_while_it_is_open_can_still_be_read(
    db: TenantSession, bucket: Bucket, tmp_path: Path
) -> None:
    snapshot = published(db, built(tmp_path, "one"))
    assert names(db, NOW) == ["one"]
    snapshots.local_copy(db.tenant_id, snapshot).unlink()
    assert names(db, NOW) == ["one"]
    store._open.clear()
    assert names(db, NOW) == ["one"]


def test_the_copies_longest_unused_make_room_for_a_new_one(
    db: TenantSession, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [built(tmp_path, name) for name in ("a", "b", "c")]
    monkeypatch.setattr(snapshots, "_KEPT_BYTES", sum(path.stat().st_size for path in made[:2]))
    current: Snapshot | None = None
    copies = []
    for age, path in enumerate(made[:2]):
        current = published(db, path, current)
        copies.append(snapshots.local_copy(db.tenant_id, current))
        os.utime(copies[-1], (1_000_000 + age, 1_000_000 + age))
    snapshots.local_copy(
        db.tenant_id, replace(current, sha256=copies[0].stem, key="unused")
    )  # the older one is used again
    current = published(db, made[2], current)
    copies.append(snapshots.local_copy(db.tenant_id, current))
    assert [copy.exists() for copy in copies] == [True, False, True]


def test_many_processes_may_fetch_the_same_file_at_once(db: TenantSession, bucket: Bucket, tmp_path: Path) -> None:
    snapshot = published(db, built(tmp_path, "one", filler=200_000))
    wrong = []

    def fetch() -> None:
        for _ in range(20):
            copy = snapshots.local_copy(db.tenant_id, snapshot)
            if snapshots.digest_of(copy) != snapshot.sha256:
                wrong.append(copy)

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [path.name for path in (tmp_path / "machine" / "kontor-snapshots").iterdir()] == [
        f"{snapshot.sha256}.sqlite"
    ]


def test_of_old_versions_the_last_ten_are_kept(db: TenantSession, bucket: Bucket, tmp_path: Path) -> None:
    path, snapshot = built(tmp_path, "a"), None
    for _ in range(snapshots.KEPT_VERSIONS + 3):
        snapshot = published(db, path, snapshot)
    kept = snapshots.versions(db)
    assert [one.version for one in kept] == list(range(4, 14))
    assert set(bucket) == {one.key for one in kept}


def test_a_version_that_could_not_be_deleted_goes_with_the_next(
    db: TenantSession, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, snapshot = built(tmp_path, "a"), None

    def unreachable(*_: object) -> None:
        raise ResponseStreamingError(error="the connection was reset")

    for number in range(snapshots.KEPT_VERSIONS + 2):
        monkeypatch.setattr(files, "delete", unreachable if number == snapshots.KEPT_VERSIONS else bucket.delete)
        snapshot = published(db, path, snapshot)
    assert min(one.version for one in snapshots.versions(db)) == 3


def test_the_last_of_each_day_is_kept_for_two_weeks_and_what_is_dropped_is_never_wanted_later() -> None:
    made = [
        Snapshot(version=n + 1, key="", sha256="", size=0, published=NOW + n * timedelta(hours=5)) for n in range(200)
    ]
    here: list[Snapshot] = []
    for one in made:
        here.append(one)
        today = one.published.date()
        stay = snapshots.kept(here, today)
        assert stay == snapshots.kept(made[: one.version], today), "as if nothing had been deleted before"
        here = [known for known in here if known.version in stay]
        assert len(here) <= snapshots.KEPT_VERSIONS + snapshots.KEPT_DAYS
    days = {one.published.date() for one in here}
    assert len(days) == snapshots.KEPT_DAYS
    assert [one.version for one in here[-snapshots.KEPT_VERSIONS :]] == list(range(191, 201))
