"""A tenant with its 1C for tests of the exchange: real tables, files and queue in memory, the worker on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from chalicelib.catalogue import store as catalogue_store
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.exchange import jobs, store
from chalicelib.exchange.model import JournalEntry
from chalicelib.gateways import queues
from chalicelib.identity import machines
from chalicelib.kernel.clock import stamp
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.pictures import store as picture_store
from chalicelib.storage import files, snapshots
from chalicelib.storage.session import TenantSession, open_directory, open_tenant
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings, settings_write
from tests.clients.in_process import InProcess
from tests.clients.onec import OneC
from tests.support.shop import manufacturer


@dataclass
class World:
    """One tenant. `work` runs what is queued; `later` lets the clock of due work and worker run ahead."""

    tenant_id: str
    login: str
    password: str
    blobs: dict[str, bytes] = field(default_factory=dict)
    queue: list[dict[str, object]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    ahead: timedelta = timedelta()
    eager: bool = True  # the worker runs as soon as something is queued

    @property
    def db(self) -> TenantSession:
        return open_tenant(self.tenant_id)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @property
    def settings(self) -> TenantSettings:
        return load_settings(self.db)

    def client(self, **habits: object) -> OneC:
        return OneC(InProcess(), self.login, self.password, **habits)  # type: ignore[arg-type]

    def work(self) -> int:
        """Runs the queued messages, in order; how many there were."""
        done = 0
        while self.queue:
            jobs.run_import(self.queue.pop(0), self.now)
            done += 1
        return done

    def later(self, seconds: float) -> int:
        """So much later: what is due is done, then what that queued."""
        self.ahead += timedelta(seconds=seconds)
        done = run_due(self.tenant_id, due_handler, self.now)
        self.work()
        return done

    def catalogue(self) -> Catalogue | None:
        """The catalogue that readers see."""
        snapshot = snapshots.read_current(self.db)
        return None if snapshot is None else catalogue_store.opened(self.tenant_id, snapshot)

    def listed(self) -> int:
        catalogue = self.catalogue()
        return len(catalogue) if catalogue else 0

    def journal(self) -> list[JournalEntry]:
        """This month's entries, oldest first."""
        entries, _ = store.journal_page(self.db, stamp(datetime.now(UTC))[:7], after=None, limit=500)
        return entries[::-1]

    def entry(self, name: str) -> JournalEntry:
        (entry,) = [entry for entry in self.journal() if entry.name == name]
        return entry

    def version(self) -> int:
        snapshot = snapshots.read_current(self.db)
        return snapshot.version if snapshot else 0


def new_tenant() -> str:
    settings = manufacturer(datetime.now(UTC), name="Завод")
    open_tenant(settings.id).commit([settings_write(settings, 0)])
    return settings.id


def make_world(monkeypatch: pytest.MonkeyPatch, folder: Path, tenant_id: str) -> World:
    now = datetime.now(UTC)
    login, password = machines.rotate(open_directory(), tenant_id, now=now)
    world = World(tenant_id, login, password)

    def get(owner: str, key: str) -> bytes:
        assert owner == tenant_id
        if key not in world.blobs:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return world.blobs[key]

    def put(owner: str, key: str, content: bytes) -> None:
        assert owner == tenant_id
        world.blobs[key] = content

    def delete(owner: str, key: str) -> None:
        assert owner == tenant_id
        world.blobs.pop(key, None)

    def send(_url: str, body: dict[str, object], *, group: str, dedup: str) -> None:
        assert group.partition("/")[0] == tenant_id
        if dedup in world.seen:
            return
        world.seen.add(dedup)
        world.queue.append(dict(body))
        if world.eager:
            world.work()

    replacements: dict[str, Callable[..., object]] = {
        "get": get,
        "put": put,
        "delete": delete,
        "find": lambda _owner, key: world.blobs.get(key),
        "put_path": lambda owner, key, path: put(owner, key, path.read_bytes()),
        "get_path": lambda owner, key, path: path.write_bytes(get(owner, key)),
    }
    for name, function in replacements.items():
        monkeypatch.setattr(files, name, function)
    monkeypatch.setattr(queues, "send", send)
    (folder / "machine").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "machine"))
    monkeypatch.setattr("chalicelib.http.doors.utc_now", lambda: world.now)
    monkeypatch.setattr("chalicelib.exchange.api.WAIT_SECONDS", 0.0)
    return world


@pytest.fixture
def world(tables: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    yield make_world(monkeypatch, tmp_path, new_tenant())
    catalogue_store._open.clear()
    picture_store._open.clear()
    snapshots._seen.clear()
