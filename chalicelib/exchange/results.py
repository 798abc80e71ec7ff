"""What became of one file, and how that is written into the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.exchange import store
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, KindCount, Rejected, Upload, UploadState
from chalicelib.kernel.errors import KontorError
from chalicelib.storage.writes import Write


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """`code` names why it failed (`error.<code>`), or, for one that was taken, a note (`exchange.note.<code>`)."""

    name: str
    kind: EntryKind
    failed: bool = False
    waiting: bool = False  # taken, but readers don't see it yet
    remarks: bool = False  # an archive of which not everything was taken
    counts: tuple[KindCount, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    code: str = ""
    params: dict[str, str] = field(default_factory=dict)

    @property
    def entry_state(self) -> EntryState:
        if self.failed:
            return EntryState.FAILED
        if self.waiting:
            return EntryState.WAITING
        return EntryState.PARTLY if self.rejected or self.remarks else EntryState.DONE


def refused(name: str, kind: EntryKind, refusal: KontorError) -> FileResult:
    return FileResult(name=name, kind=kind, failed=True, code=refusal.code, params=texts(refusal.params))


def with_changes(result: FileResult, changed: Mapping[str, int]) -> FileResult:
    """The same with how many rows of each kind differ from before; kinds that the file did not name are left out."""
    return replace(result, counts=tuple(replace(one, changed=changed.get(one.kind, 0)) for one in result.counts))


def texts(params: dict[str, object]) -> dict[str, str]:
    return {name: str(value)[:200] for name, value in params.items()}


def settled_upload(upload: Upload, result: FileResult, now: datetime) -> Upload:
    return replace(
        upload,
        state=UploadState.FAILED if result.failed else UploadState.DONE,
        touched=now,
        applied=sum(count.applied for count in result.counts),
        rejected=sum(count.rejected for count in result.counts),
        code=result.code,
        params=result.params,
    )


def inner_upload(archive: Upload, result: FileResult, entry_id: str, version: int, now: datetime) -> Upload:
    """The row of a file that came inside an archive: what `mode=import` of its name finds."""
    row = replace(archive, name=result.name, entry_id=entry_id, archive=False, fragments=0, bytes=0, tail="", files=())
    return settled_upload(replace(row, version=version), result, now)


def journal_writes(
    tenant_id: str, upload: Upload, entry_id: str, result: FileResult, size: int, now: datetime
) -> list[Write]:
    entry = JournalEntry(
        id=entry_id,
        kind=result.kind,
        direction=upload.direction,
        state=result.entry_state,
        at=upload.begun,
        session_id=upload.session_id,
        name=result.name,
        bytes=size,
        counts=result.counts,
        rejected=sum(count.rejected for count in result.counts) or len(result.rejected),
        code=result.code,
        params=result.params,
        finished=now,
    )
    writes: list[Write] = [store.entry_put(tenant_id, entry)]
    if result.rejected:
        writes.append(store.rejected_put(tenant_id, entry_id, result.rejected))
    return writes


def together(results: Iterable[FileResult]) -> tuple[KindCount, ...]:
    """The counts of several files, added up by kind."""
    sums: dict[str, Counter[str]] = {}
    for result in results:
        for one in result.counts:
            sums.setdefault(one.kind, Counter()).update(
                received=one.received, rejected=one.rejected, changed=one.changed
            )
    return tuple(KindCount(kind=kind, **counts) for kind, counts in sums.items())
