"""Builds the next snapshot from the previous one and a feed. Nothing is ever changed in a file that readers may have.

    first file of a run        apply(current, staged_1, rows, run=run)
    each further file          apply(staged_1, staged_2, rows, run=run) …
    end of a full run          withdraw_absent(staged_n, staged_n+1, run=run)
    switch                     publish the last one if any of the results says `changed`

A file remembers which rows the run touched: during a full run the next file is built on the last one even if that
changed nothing, or `withdraw_absent` would take what it touched for absent.

The same rows twice give the same content (`content_digest`) and, the second time, no changes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from chalicelib.catalogue.feed import FeedRow, RejectedRow
from chalicelib.catalogue.snapshot import schema
from chalicelib.catalogue.snapshot.derive import derive
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.merge import Changes, merge, withdraw
from chalicelib.catalogue.snapshot.stage import Staging


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
    """What a build did. Keys of `counts`: category, property, price_type, warehouse, product, offer, price, stock.

    `stock` = every quantity that was told, also one that the previous snapshot had already: the live stock may have
    moved since. At the end of a full run: zero for every warehouse of a SKU that the run did not name.
    `waiting` = products that offers, prices or stock name and whose goods have not come yet; they are kept.
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


def apply(
    previous: Path | None, target: Path, rows: Iterable[FeedRow], *, run: str, finish: bool = True
) -> BuildResult:
    """Writes `target` = `previous` (None: an empty catalogue) with a feed applied. `run` names the exchange run.

    `target` appears complete or not at all. `finish=False` leaves search and lists as they were, for a portion
    that a further one follows at once; the last one must finish.
    """

    def work(db: Connection) -> BuildResult:
        run_no = _run_number(db, run)
        schema.create_stage(db)
        staging = Staging(db, run_no)
        staging.add_all(rows)
        changes = merge(db, run_no, staging.no_warehouse)
        return _result(db, changes, staging, finish=finish)

    return _build(previous, target, work)


def withdraw_absent(previous: Path, target: Path, *, run: str, deactivate: bool = False) -> BuildResult:
    """The end of a full run: what its full packages did not name is withdrawn (domain §4.5), not deleted.

    Each part by itself: goods, offers, prices, stock; only within catalogues of which a package of that part came
    with `only_changes=False` during the run (often portion 1 says so and the others do not: the run counts, not the
    file). Absent stock becomes 0. `deactivate=True` is the ERP's own word for it (`mode=deactivate`): then all
    catalogues count, for the parts of which the run brought anything.
    """

    def work(db: Connection) -> BuildResult:
        return _result(db, withdraw(db, _run_number(db, run), everything=deactivate), None, finish=True)

    return _build(previous, target, work)


def _build(previous: Path | None, target: Path, work: Callable[[Connection], BuildResult]) -> BuildResult:
    unfinished = target.with_name(target.name + ".building")
    if previous is None:
        unfinished.unlink(missing_ok=True)
        db = schema.create(unfinished)
    else:
        shutil.copyfile(previous, unfinished)
        db = schema.open_for_building(unfinished)
    try:
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


def _result(db: Connection, changes: Changes, staging: Staging | None, *, finish: bool) -> BuildResult:
    if finish:
        derive(db)
    rejected = tuple(staging.rejected) if staging else ()
    received = staging.received if staging else {}
    kinds = {*changes.counts, *received}
    waiting = db.execute(
        "SELECT count(*) FROM card c WHERE NOT known AND EXISTS (SELECT 1 FROM sku k WHERE k.card_no = c.no "
        "AND (k.declared OR EXISTS (SELECT 1 FROM price WHERE sku_no = k.no) "
        "OR EXISTS (SELECT 1 FROM stock WHERE sku_no = k.no)))"
    ).fetchone()[0]
    return BuildResult(
        counts={
            kind: Count(
                received=received.get(kind, 0),
                rejected=sum(row.kind == kind for row in rejected),
                changed=changes.counts[kind],
            )
            for kind in sorted(kinds)
        },
        rejected=rejected,
        stock=tuple(StockChange(sku=s, warehouse_id=w, quantity=q) for s, w, q in changes.stock),
        waiting=waiting,
        listed=db.execute("SELECT count(*) FROM item").fetchone()[0],
    )
