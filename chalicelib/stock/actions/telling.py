"""What the ERP says of the stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import islice

from chalicelib.kernel.ids import new_id
from chalicelib.stock import journal_store, store, tally
from chalicelib.stock.journal import WAITING_MOST, Cause, Why
from chalicelib.stock.model import Level
from chalicelib.stock.restating import Restated, restate
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.model import StockKind

_READ_AT_ONCE = 100
_WRITE_AT_ONCE = 25
_SIDE_BY_SIDE = _READ_AT_ONCE // _WRITE_AT_ONCE
"""Transactions that are on their way at the same time: each waits for DynamoDB most of its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoseWhoWait:
    """What is done for orders that have a promise of what was to come.

    `give` hands them of what a SKU's warehouses gain by a message of a moment; whether there were any. What they get is
    on hand, and theirs, before the ERP's number is taken. `settle` follows when the numbers of a SKU are: as of when,
    and of which warehouses (None: of all).
    """

    give: Callable[[Level, Sequence[Restated], datetime], bool]
    settle: Callable[[str, datetime, frozenset[str] | None], None]


NOBODY = ThoseWhoWait(give=lambda *_: False, settle=lambda *_: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How many SKUs an ERP message changed, and how many it left as they were."""

    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Applied) -> Applied:
        return Applied(changed=self.changed + other.changed, unchanged=self.unchanged + other.unchanged)


def erp_levels(
    db: TenantSession,
    rows: Iterable[tuple[str, Mapping[str, Decimal]]],
    *,
    kind: StockKind,
    as_of: datetime,
    message_id: str,
    now: datetime,
    safety: Decimal = Decimal(0),
    complete: bool = False,
    waiting: ThoseWhoWait = NOBODY,
) -> Applied:
    """Applies the ERP's quantities: (SKU, {warehouse id: quantity}), each SKU at most once (domain §4.4).

    `as_of` = when the ERP's file came to us, `message_id` = its line in the exchange's journal, `safety` = the tenant's
    `safety_stock`, `complete` = a warehouse that a row does not name holds nothing of the SKU. Only differences are
    written; the same message again changes nothing, and neither does one that is older than what a warehouse was last
    told. Negative quantities are kept as they are. `waiting` is asked about SKUs of which orders have a promise.
    """
    total = Applied()
    because = Cause(id=new_id(now), why=Why.TOLD, number=message_id)
    tally.begin_rounds(db, now)
    pending = iter(rows)
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as side_by_side:
        while batch := dict(islice(pending, _READ_AT_ONCE)):
            total += _apply(
                db, batch, because, side_by_side,
                kind=kind, as_of=as_of, safety=safety, complete=complete, waiting=waiting,
            )  # fmt: skip
    return total


def _apply(
    db: TenantSession,
    batch: Mapping[str, Mapping[str, Decimal]],
    because: Cause,
    side_by_side: Executor,
    *,
    kind: StockKind,
    as_of: datetime,
    safety: Decimal,
    complete: bool,
    waiting: ThoseWhoWait,
) -> Applied:
    changed: set[str] = set()
    unsettled: set[str] = set()
    long: list[str] = []

    def once() -> None:
        def changes_of(level: Level) -> tuple[Restated, ...]:
            return restate(level, batch[level.sku], kind=kind, as_of=as_of, safety=safety, complete=complete)

        found = store.levels(db, [sku for sku in batch if sku not in changed], consistent=True)
        unsettled.update(level.sku for level in found.values() if level.by_hand.came or level.lacking)
        waited_for = [level for level in found.values() if any(one.allocated for one in level.arriving.values())]
        given = [level.sku for level in waited_for if waiting.give(level, changes_of(level), as_of)]
        found |= store.levels(db, given, consistent=True)
        writes = {}
        for sku, level in found.items():
            if changes := changes_of(level):
                writes[sku] = store.restated_write(db.tenant_id, level, changes, because, as_of=as_of)

        def write(part: Sequence[str]) -> None:
            part_of_it = replace(because, id=new_id(because.at))
            moved = journal_store.moved_put(db.tenant_id, part_of_it, part)
            db.alike().commit([*(writes[sku] for sku in part), moved])
            changed.update(part)

        names = list(writes)
        list(side_by_side.map(write, (names[at : at + _WRITE_AT_ONCE] for at in range(0, len(names), _WRITE_AT_ONCE))))
        long.extend(sku for sku in names if found[sku].waiting >= WAITING_MOST)

    until_committed(once)
    for sku in sorted(unsettled):
        waiting.settle(sku, as_of, None if complete else frozenset(batch[sku]))
    journal_store.turn_pages(db, long)
    return Applied(changed=len(changed), unchanged=len(batch) - len(changed))
