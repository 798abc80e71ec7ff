"""The journal of movements in the stock table: what waits in the SKUs' rows, its pages, and who was moved lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.kernel.clock import stamp
from chalicelib.stock import journal
from chalicelib.stock.journal import WAITING_MOST, Cause, JournalPage, Movement, Sums
from chalicelib.stock.model import Level
from chalicelib.stock.store import level_from, level_key, levels
from chalicelib.storage import codec, keys
from chalicelib.storage.session import Record, TenantSession, TransactionRefused
from chalicelib.storage.writes import Absent, Add, Equals, Put, Set, Unlog, Update, Write

SETTLED = timedelta(minutes=5)
"""A change has its moment before it is written: after so long what moved by then is noted."""
_MOVED_FOR = timedelta(days=30)
_MOST_MOVES = 4_000
_PAGES_AT_ONCE, _MOST_READS = 10, 5
_AT_ONCE = 40  # SKUs whose pages are made in one transaction: two writes each


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A SKU's counters with the end of its journal, as they stood at one moment."""

    level: Level
    waiting: tuple[Movement, ...]
    last: JournalPage | None

    @property
    def sums(self) -> Sums:
        """What the whole journal comes to."""
        return journal.added_up(self.last.sums if self.last else self.begun, self.waiting)

    @property
    def begun(self) -> Sums:
        return journal.opening(self.level, self.waiting)


def read_kept(db: TenantSession, skus: Iterable[str]) -> dict[str, Kept]:
    """By SKU, in two round trips for up to 100; a SKU without a row is left out."""
    tenant_id = db.tenant_id
    wanted = list(dict.fromkeys(skus))
    rows = db.get_many((level_key(tenant_id, sku) for sku in wanted), logs=True)
    found = {sku: rows[level_key(tenant_id, sku)] for sku in wanted if level_key(tenant_id, sku) in rows}
    levels = {sku: level_from(record, sku) for sku, record in found.items()}
    last = {sku: keys.movement_page(tenant_id, sku, level.pages) for sku, level in levels.items() if level.pages}
    pages = db.get_many(last.values())
    return {
        sku: Kept(
            level=level,
            waiting=waiting_in(found[sku]),
            last=page_from(pages[last[sku]]) if sku in last else None,
        )
        for sku, level in levels.items()
    }


def waiting_in(record: Record) -> tuple[Movement, ...]:
    """The movements in a row that was read with its log, oldest first."""
    return tuple(codec.load(Movement, entry) for entry in record.log)


def page_from(record: Record) -> JournalPage:
    return record.load(JournalPage)


def turn_pages(db: TenantSession, skus: Iterable[str]) -> None:
    """Makes pages of what waits in rows that have become long. Where somebody else is just doing so it is left alone:
    the movements stay in the row, and the next one makes the page."""
    rows = levels(db, skus, consistent=True)
    wanted = [sku for sku, level in rows.items() if level.waiting >= WAITING_MOST]
    for start in range(0, len(wanted), _AT_ONCE):
        kept = read_kept(db, wanted[start : start + _AT_ONCE])
        long = [one for one in kept.values() if len(one.waiting) >= WAITING_MOST]
        try:
            db.commit([write for one in long for write in _page_writes(db.tenant_id, one)])
        except TransactionRefused:
            continue


def _page_writes(tenant_id: str, kept: Kept) -> list[Write]:
    pages = ("data", "pages")
    page, level, count = journal.next_page(kept.last, kept.begun, kept.waiting), kept.level, len(kept.waiting)
    return [
        Put(key=keys.movement_page(tenant_id, level.sku, page.number), kind="movements", data=page, version=0),
        Update(
            key=level_key(tenant_id, level.sku),
            changes=(Unlog(count), Set(pages, page.number), Add(("data", "waiting"), Decimal(-count))),
            when=(Absent(pages) if level.pages is None else Equals(pages, level.pages),),
        ),
    ]


def moved_put(tenant_id: str, because: Cause, skus: Iterable[str]) -> Put:
    """Notes in the transaction that moves them which SKUs are moved, for the nightly check."""
    data = {"skus": list(skus), "order": because.order_id}
    expires = because.at + _MOVED_FOR
    return Put(key=keys.moved_by(tenant_id, because.at, because.id), kind="moved", data=data, expires=expires)


def moved_since(db: TenantSession, since: datetime) -> set[str] | None:
    """SKUs that may have been moved from a moment of the last 30 days on; None where they are very many."""
    moves = keys.moved_skus(db.tenant_id)
    found: set[str] = set()
    for count, one in enumerate(db.query_all(moves, since=stamp(since - SETTLED), consistent=True)):
        if count == _MOST_MOVES:
            return None
        found.update(one.data["skus"])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementList:
    """Movements, newest first; `next` = the number of the page that goes on, None at the end."""

    movements: tuple[Movement, ...]
    next: int | None


def movements(
    db: TenantSession,
    sku: str,
    *,
    most: int,
    since: datetime | None = None,
    until: datetime | None = None,
    below: int = 0,
) -> MovementList:
    """About `most` movements between two moments, newest first, from the pages before the one numbered `below` on
    (0 = from the row): a few round trips at most, so that a narrow choice may need going on."""
    out: list[Movement] = []
    if not below:
        row = db.get(level_key(db.tenant_id, sku))
        if row is None:
            return MovementList(movements=(), next=None)
        out += reversed(waiting_in(row))
        below = (level_from(row, sku).pages or 0) + 1
    partition = keys.movement_pages(db.tenant_id, sku)
    for _ in range(_MOST_READS):
        if below <= 1 or sum(_within(one, since, until) for one in out) >= most:
            break
        end = keys.movement_page(db.tenant_id, sku, below).sk
        found = db.query(partition, newest_first=True, limit=_PAGES_AT_ONCE, until=end, consistent=True)
        for page in map(page_from, found.records):
            out += reversed(page.movements)
            below = page.number
        if since is not None and out and out[-1].cause.at < since:
            below = 1
    return MovementList(
        movements=tuple(one for one in out if _within(one, since, until)), next=below if below > 1 else None
    )


def _within(one: Movement, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or one.cause.at >= since) and (until is None or one.cause.at < until)
