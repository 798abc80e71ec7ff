"""Work for the import worker: the message that hands it over, and its row while it is being done (`kernel.job`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from chalicelib.gateways import queues
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count, failure
from chalicelib.kernel.errors import Invalid, KontorError, Unavailable
from chalicelib.kernel.ids import fingerprint, stable_id
from chalicelib.kernel.job import MOST_ATTEMPTS, Job, JobState
from chalicelib.storage.keys import IndexKey, Key
from chalicelib.storage.session import OUTAGES, Record, TenantSession, TransactionRefused
from chalicelib.storage.writes import Put

_TELL_EVERY = timedelta(seconds=2)
Clock = Callable[[], datetime]
_Job = TypeVar("_Job", bound=Job)
PutJob = Callable[[str, _Job], Put]
"""Writes the row of a tenant's job under the version that was read."""


def job_of(record: Record, kind: type[_Job]) -> _Job:
    """A job of its row."""
    return replace(record.load(kind), version=record.version)


def job_put(
    key: Key, kind: str, job: Job, *, expires: datetime, due: Callable[[datetime], IndexKey] | None = None
) -> Put:
    """Writes the row under the version that was read. While it is under way it is looked at again: then it is `due`."""
    again = job.look_again
    return Put(
        key=key,
        kind=kind,
        data=replace(job, version=0),
        indexes=(due(again),) if due and again else (),
        expires=expires,
        version=job.version,
    )


def send(tenant_id: str, do: str, *, dedup: str, lane: str = "", **about: object) -> None:
    """Hands work to the import worker: in the tenant's turn, after whatever was sent before, or in a `lane` beside it.
    The same `dedup` again within five minutes is one message."""
    body = {"do": do, "tenant": tenant_id, **about}
    group = f"{tenant_id}/{lane}" if lane else tenant_id
    queues.send(settings().import_queue_url, body, group=group, dedup=dedup)


def lane(name: str, of: str, side_by_side: int) -> str:
    """One of so many lanes, in which no more of a tenant's works go on at once: that no tenant takes every worker."""
    return f"{name}/{int(fingerprint(of)[:8], 16) % side_by_side}"


def send_again(
    db: TenantSession, job: _Job | None, put: PutJob[_Job], send_job: Callable[[str, _Job, str], None], now: datetime
) -> None:
    """Due work: a job of which nothing is heard goes to the worker anew, by `send_job` (tenant, job, `dedup`)."""
    if job is None or job.look_again is None or now < job.look_again:
        return
    try:
        db.commit([put(db.tenant_id, replace(job, state=JobState.QUEUED, touched=now))])
    except TransactionRefused:  # the worker has just begun
        return
    send_job(db.tenant_id, job, stable_id(job.run, str(job.version)))


class Progress(Generic[_Job]):
    """A job's row as its worker writes it; TransactionRefused where somebody else has written it meanwhile."""

    def __init__(self, db: TenantSession, job: _Job, put: PutJob[_Job], clock: Clock) -> None:
        self._db, self._put, self._clock = db, put, clock
        self.job = job

    def begin(self, **changes: Any) -> None:
        self.write(state=JobState.WORKING, attempts=self.job.attempts + 1, **changes)

    def tell(self, **changes: Any) -> None:
        """How far it is; written every two seconds at most."""
        if self._clock() - self.job.touched >= _TELL_EVERY:
            self.write(**changes)

    def write(self, **changes: Any) -> None:
        job = replace(self.job, touched=self._clock(), **changes)
        self._db.commit([self._put(self._db.tenant_id, job)])
        self.job = replace(job, version=job.version + 1)

    def failed(self, why: KontorError) -> _Job:
        """The job as it ends if that is why, not written yet."""
        said = {name: str(value)[:200] for name, value in why.params.items()}
        return replace(self.job, touched=self._clock(), state=JobState.FAILED, code=why.code, params=said)

    def attempt(self, work: Callable[[], None], *, named: str, again: bool) -> KontorError | None:
        """Does the work; why it was refused, None if it is done. What nobody foresaw goes to the log, and is told as
        "import_failed". Where the message may come `again`, AWS's own failures are raised, so that it does.
        """
        try:
            if self.job.attempts > MOST_ATTEMPTS:
                raise Invalid("import_failed")
            work()
        except TransactionRefused:
            raise
        except KontorError as refusal:
            if again and isinstance(refusal, Unavailable):
                raise
            why = refusal
        except Exception as broken:
            if again and isinstance(broken, OUTAGES):
                raise
            failure(f"{named} failed", broken, tenant=self._db.tenant_id, run=self.job.run)
            why = Invalid("import_failed")
        else:
            count(f"{named}_done", self._db.tenant_id)
            return None
        count(f"{named}_failed", self._db.tenant_id)
        return why
