"""Builds the next snapshot from the previous one and parts. Nothing is ever changed in a file that readers may have.

    each file of a run         read_part(part_n, rows)                      in any order, anywhere
    what readers shall see     assemble(current, next, [part_1 … part_n], run=run, at=now)
    end of a full run          assemble(current, next, [], run=run, at=now, end=End())
    switch                     publish `next` if the result says `changed`

A snapshot remembers which rows a run named, in the rows or, of what it said in the words of before, in `said`. A part
that changed nothing must therefore be assembled again together with the run's later ones, unless `next` was published:
else `end` would take what only that part named for absent.

The same rows twice give the same content (`content_digest`) and, the second time, no changes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from chalicelib.catalogue.feed import FeedRow, RejectedRow
from chalicelib.catalogue.snapshot import news, said, schema
from chalicelib.catalogue.snapshot.adopt import adopt
from chalicelib.catalogue.snapshot.assembled import Assembled, Told, read_only
from chalicelib.catalogue.snapshot.derive import LISTED_KINDS, count_listed, derive, derive_stock
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.merge import merge
from chalicelib.catalogue.snapshot.part import read_part
from chalicelib.catalogue.snapshot.rows import Changes
from chalicelib.catalogue.snapshot.sets import note_amounts
from chalicelib.catalogue.snapshot.withdraw import withdraw_goods, withdraw_numbers
from chalicelib.kernel.errors import Unavailable

_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Rows of one kind: `received` in the feed, of them `rejected`; `changed` = unlike the previous snapshot."""

    received: int
    rejected: int
    changed: int

    @property
    def applied(self) -> int:
        return self.received - self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """The ERP's absolute quantity of a SKU in a warehouse (`model.NO_WAREHOUSE` for a total that names none)."""

    sku: str
    warehouse_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a feed did. Keys of `counts`: category, property, price_type, warehouse, product, offer, price, stock.

    `stock` = every quantity that was told, also one that the previous snapshot had already: the live stock may have
    moved since. `waiting` = products that offers, prices or stock name and whose goods have not come yet; they are
    kept.
    """

    counts: Mapping[str, Count]
    rejected: tuple[RejectedRow, ...]
    stock: tuple[StockChange, ...]
    waiting: int
    listed: int  # SKUs that readers of the new snapshot see

    @property
    def changed(self) -> bool:
        """False: the content is that of the previous snapshot, so no new version needs to be switched to."""
        return any(count.changed for count in self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A part to assemble. The stock that it tells is noted under `lot`; None: it has been told before."""

    path: Path
    lot: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end of a full run: what its full packages did not name is withdrawn (`snapshot.withdraw`).

    `everything` = the ERP itself asked for it (`mode=deactivate`). `doubt` gets how many SKUs are listed without and
    with the withdrawal; if it says True nothing is withdrawn. Zeros are noted under `lot`.
    """

    lot: int
    everything: bool = False
    doubt: Callable[[int, int], bool] = lambda _before, _after: False


def assemble(
    previous: Path | None,
    target: Path,
    parts: Iterable[Portion],
    *,
    run: str,
    at: datetime,
    units: Mapping[str, str] | None = None,
    end: End | None = None,
) -> Assembled:
    """Writes `target` = `previous` (None: an empty catalogue) with parts applied in their order, then the run's end.

    `run` names the exchange run; `at` = now: what is listed first, or priced otherwise, is from then on (`news`);
    `units` as in `adopt`. `target` appears complete or not at all; beside it stays
    `<target>.told`. Search and lists are made once, and only if something has changed that they show.

    Unavailable("catalogue_of_another_release") if the previous snapshot has other tables than this release's.
    """
    notes = target.with_name(target.name + ".told")
    notes.unlink(missing_ok=True)

    def work(db: Connection) -> Assembled:
        run_no = _run_number(db, run)
        news.watch_prices(db, at)
        db.commit()
        schema.create_stage(db, notes)
        changes = [_applied(db, part, run_no, units or {}) for part in parts]
        withdrawn, withheld = _ended(db, run_no, end) if end else (Counter(), 0)
        changed = {kind for counts in (*changes, withdrawn) for kind, count in counts.items() if count}
        if changed & LISTED_KINDS:
            derive(db)
            news.note_shown(db, run_no, at)
        elif "stock" in changed:
            derive_stock(db)
        if "price" in changed:
            note_amounts(db)
        return Assembled(
            parts=tuple(changes),
            withdrawn=withdrawn,
            withheld=withheld,
            waiting=_waiting(db),
            listed=db.execute("SELECT count(*) FROM item").fetchone()[0],
            covered=_covered(db, run_no, end),
            told=Told(target, notes),
        )

    return _build(previous, target, work)


def apply(
    previous: Path | None, target: Path, rows: Iterable[FeedRow], *, run: str, at: datetime = _LONG_AGO
) -> BuildResult:
    """Reads a feed and assembles it at once: what one file alone does to a catalogue."""
    with tempfile.TemporaryDirectory(prefix="kontor-part-") as folder:
        part = Path(folder) / "part.sqlite"
        read = read_part(part, rows)
        done = assemble(previous, target, [Portion(path=part)], run=run, at=at)
    (changed,) = done.parts
    rejected = Counter(row.kind for row in read.rejected)
    return _result(
        done,
        {
            kind: Count(received=read.received.get(kind, 0), rejected=rejected[kind], changed=changed.get(kind, 0))
            for kind in sorted({*changed, *read.received})
        },
        read.rejected,
    )


def withdraw_absent(
    previous: Path, target: Path, *, run: str, deactivate: bool = False, at: datetime = _LONG_AGO
) -> BuildResult:
    """Withdraws what the run left out, without any doubt: `assemble` with nothing but its end."""
    done = assemble(previous, target, [], run=run, at=at, end=End(lot=0, everything=deactivate))
    counts = {kind: Count(received=0, rejected=0, changed=n) for kind, n in sorted(done.withdrawn.items())}
    return _result(done, counts, ())


def _result(done: Assembled, counts: Mapping[str, Count], rejected: tuple[RejectedRow, ...]) -> BuildResult:
    told = sorted(
        (sku, warehouse, quantity) for sku, levels in done.told.by_sku(0) for warehouse, quantity in levels.items()
    )
    done.told.notes.unlink()
    return BuildResult(
        counts=counts,
        rejected=rejected,
        stock=tuple(StockChange(sku=s, warehouse_id=w, quantity=q) for s, w, q in told),
        waiting=done.waiting,
        listed=done.listed,
    )


def _build(previous: Path | None, target: Path, work: Callable[[Connection], Assembled]) -> Assembled:
    unfinished = target.with_name(target.name + ".building")
    if previous is None:
        unfinished.unlink(missing_ok=True)
        db = schema.create(unfinished)
    else:
        shutil.copyfile(previous, unfinished)
        db = schema.open_for_building(unfinished)
    try:
        schema.check(db, Unavailable)
        result = work(db)
        db.commit()
    except BaseException:
        db.close()
        unfinished.unlink(missing_ok=True)
        raise
    db.close()
    os.replace(unfinished, target)
    return result


def _run_number(db: Connection, run: str) -> int:
    db.execute("INSERT OR IGNORE INTO run (id) VALUES (?)", (run,))
    return int(db.execute("SELECT no FROM run WHERE id = ?", (run,)).fetchone()[0])


def _applied(db: Connection, part: Portion, run_no: int, units: Mapping[str, str]) -> Changes:
    db.execute("ATTACH ? AS part", (read_only(part.path),))
    adopted = adopt(db, run_no, units)
    said.forget_staged(db)
    changes = merge(db, run_no, adopted.no_warehouse, part.lot)
    said.remember(db, run_no, adopted.fresh)
    db.commit()  # a database can be detached only between transactions
    db.execute("DETACH part")
    return changes


def _ended(db: Connection, run_no: int, end: End) -> tuple[Changes, int]:
    """What was withdrawn; how many SKUs were not although the run left them out."""
    before = count_listed(db)
    db.commit()
    db.execute("PRAGMA main.journal_mode = TRUNCATE")  # what is doubted is taken back
    changes = withdraw_goods(db, run_no, everything=end.everything)
    after = count_listed(db)
    doubted = end.doubt(before, after)
    if doubted:
        db.rollback()
    db.commit()
    db.execute("PRAGMA main.journal_mode = OFF")
    if doubted:
        return Counter(), before - after
    return changes + withdraw_numbers(db, run_no, end.lot, everything=end.everything), 0


def _covered(db: Connection, run_no: int, end: End | None) -> bool:
    """What the run did not name has been told by its end, as zero."""
    return not db.execute(
        f"SELECT EXISTS (SELECT 1 FROM stock s WHERE touched <> ? AND NOT {said.named('stock', run_no, 's.sku_no')} "
        "AND NOT EXISTS (SELECT 1 FROM told.stock t "
        "WHERE (t.lot, t.sku_no, t.warehouse_no) = (?, s.sku_no, s.warehouse_no)))",
        (run_no, end.lot if end else None),
    ).fetchone()[0]


def _waiting(db: Connection) -> int:
    return int(
        db.execute(
            "SELECT count(*) FROM card c WHERE NOT known AND EXISTS (SELECT 1 FROM sku k WHERE k.card_no = c.no "
            "AND (k.declared OR EXISTS (SELECT 1 FROM price WHERE sku_no = k.no) "
            "OR EXISTS (SELECT 1 FROM stock WHERE sku_no = k.no)))"
        ).fetchone()[0]
    )
