"""The worker's part of an uploaded file: rows → part → the next snapshot, in the tenant's turn as an exchange's files.

The same file twice changes nothing; one that cannot be read leaves the catalogue as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from chalicelib.catalogue.snapshot.assembled import Assembled
from chalicelib.catalogue.snapshot.build import End
from chalicelib.catalogue.snapshot.part import Read, read_part
from chalicelib.catalogue.store import opened_cards
from chalicelib.exchange import runs
from chalicelib.exchange import store as exchange
from chalicelib.exchange.model import EntryKind, EntryState, JournalEntry, KindCount, Rejected
from chalicelib.exchange.run import Run, RunPart, is_suspicious
from chalicelib.exchange.runs import Workshop
from chalicelib.goods import store
from chalicelib.goods.feeding import Feed, Known
from chalicelib.goods.model import SHOWN_REJECTED, Plan, Upload
from chalicelib.goods.paths import paths_of
from chalicelib.goods.words import reason
from chalicelib.http.i18n import translator
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import JobState
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.storage import files, snapshots
from chalicelib.storage.session import TenantSession
from chalicelib.storage.snapshots import Snapshot
from chalicelib.storage.uploads import fetched
from chalicelib.storage.worker import Clock, Progress
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings


def import_file(db: TenantSession, upload_id: str, run: str, clock: Clock) -> None:
    """Takes the file that was queued as `run`, once. Transient failures of AWS are raised, so that the message comes
    again; any other end is written down."""
    upload = store.find_upload(db, upload_id)
    if upload is None or upload.run != run or not upload.is_under_way:
        return
    progress = Progress(db, upload, store.upload_put, clock)
    progress.begin(read=0)
    why = progress.attempt(lambda: _import(db, progress, clock), named="goods_files", again=True)
    if why is not None:
        db.commit(_settled(db, progress.failed(why), EntryState.FAILED, clock()))


def _import(db: TenantSession, progress: Progress[Upload], clock: Clock) -> None:
    upload, settings = progress.job, load_settings(db)
    assert upload.plan
    plan = upload.plan
    file_key = store.file_key(db.tenant_id, upload.id, upload.name)
    with fetched(db.tenant_id, file_key) as path, runs.workshop() as work:
        base = snapshots.read_current(db)
        feed = Feed(plan, _known(db, base, settings), lambda read: progress.tell(read=read))
        key = store.part_key(db.tenant_id, upload.id)
        with path.open("rb") as file:
            read = read_part(work.new_part(key), feed.rows(rows_of(file)))
        feed.blame(read.rejected)
        entry_id = new_id(clock())
        part = RunPart(key=key, size=work.made[key].stat().st_size, came=upload.as_of, entry_id=entry_id)
        parts = (part, _kept(work, part, feed)) if plan.full and feed.bad else (part,)
        run = Run(id=upload.run, begun=upload.made, touched=upload.as_of, full=plan.full, parts=parts)
        end = End(lot=runs.END, doubt=_doubt(plan, feed)) if plan.full else None
        done = runs.build(db, work, run, {}, now=clock(), end=end)
        if feed.bad:
            _keep_rejected(db, upload, path, plan, feed, settings.locale)
        runs.tell_stock(db, run, done, settings, message_id=upload.run, now=clock(), kind=plan.stock_kind)
        after = _taken(progress.job, read, done, feed, base, clock())
        writes = _settled(db, after, EntryState.PARTLY if feed.bad else EntryState.DONE, clock(), entry_id)
        if done.changed:
            runs.publish(db, work, clock(), entry_id=entry_id, also=writes)
        else:
            db.commit(writes)


def _known(db: TenantSession, base: Snapshot | None, settings: TenantSettings) -> Known:
    if base is None:
        return Known(currency=settings.currency)
    cards = opened_cards(db.tenant_id, base)
    return Known(
        products=cards.products(),
        articles=cards.by_article(),
        categories=paths_of(cards.branches()),
        currency=settings.currency,
    )


def _kept(work: Workshop, told: RunPart, feed: Feed) -> RunPart:
    """What bad rows name, as a part of its own: only when all rows are read it is known which of them were bad."""
    part = replace(told, key=f"{told.key}-kept")
    read_part(work.new_part(part.key), feed.kept())
    return replace(part, size=work.made[part.key].stat().st_size)


def _doubt(plan: Plan, feed: Feed) -> Callable[[int, int], bool]:
    """Whether what the file seems to leave out stays, by how many SKUs are listed before and after."""
    return lambda before, after: not plan.sure and (feed.nameless > 0 or is_suspicious(before, after))


def _keep_rejected(db: TenantSession, upload: Upload, path: Path, plan: Plan, feed: Feed, locale: str) -> None:
    from chalicelib.http.spreadsheet import write_rejected  # heavy, and needed only when something was wrong

    t = translator(locale)
    said = {number: reason(t, bad) for number, bad in feed.bad.items()}
    with path.open("rb") as file:
        list_path = path.with_name("rejected.xlsx")
        titles = t.t("goods.rejected_row"), t.t("goods.rejected_reason")
        write_rejected(list_path, rows_of(file), plan.head, said, titles)
        files.put_path(db.tenant_id, store.rejected_key(db.tenant_id, upload.id), list_path)


def _taken(upload: Upload, read: Read, done: Assembled, feed: Feed, base: Snapshot | None, now: datetime) -> Upload:
    changed = done.parts[0]
    rejected = Counter(one.kind for one in read.rejected)
    counts = tuple(
        KindCount(kind=kind, received=received, rejected=rejected[kind], changed=changed.get(kind, 0))
        for kind, received in sorted(read.received.items())
        if received
    )
    return replace(
        upload,
        state=JobState.DONE,
        touched=now,
        read=feed.read,
        bad=len(feed.bad),
        counts=counts,
        withdrawn=done.withdrawn.get("product", 0),
        withheld=done.withheld,
        nameless=feed.nameless if upload.plan and upload.plan.full and not upload.plan.sure else 0,
        version_before=base.version if base else 0,
        rejected=tuple(feed.bad[number] for number in sorted(feed.bad)[:SHOWN_REJECTED]),
        code="",
        params={},
    )


def _settled(
    db: TenantSession, upload: Upload, state: EntryState, now: datetime, entry_id: str | None = None
) -> list[Write]:
    """The upload's row and the journal's line of it."""
    code, params = upload.code, dict(upload.params)
    if upload.nameless:
        code, params = "nameless", {"count": str(upload.nameless)}
    elif upload.withheld:
        code, params = "withheld", {"count": str(upload.withheld)}
    entry = JournalEntry(
        id=entry_id or new_id(now),
        kind=EntryKind.SHEET,
        state=state,
        at=upload.made,
        name=upload.title,
        bytes=upload.bytes,
        counts=upload.counts,
        rejected=upload.bad,
        code=code,
        params=params,
        finished=now,
    )
    rows = tuple(
        Rejected(kind="product", number=bad.number, reason=bad.reason, subject=bad.article, detail=bad.detail)
        for bad in upload.rejected
    )
    writes: list[Write] = [store.upload_put(db.tenant_id, upload), exchange.entry_put(db.tenant_id, entry)]
    return [*writes, exchange.rejected_put(db.tenant_id, entry.id, rows)] if rows else writes
