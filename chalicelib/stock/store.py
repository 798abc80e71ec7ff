"""Stock rows: one item per SKU in the `stock` table, counters by warehouse as native numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from chalicelib.kernel.clock import stamp
from chalicelib.stock import model
from chalicelib.stock.journal import Cause, Movement, moved, restated
from chalicelib.stock.model import Level, Move, Restated, TimedHold, WarehouseLevel
from chalicelib.storage import codec, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Absent, Add, AtLeast, Change, Condition, Equals, Log, Put, Set, Update

_KIND = "stock"
_COUNTERS = ("on_hand", "allocated", "counted", "available")

LevelWrite = Put | Update


def level_key(tenant_id: str, sku: str) -> Key:
    return keys.stock_level(tenant_id, sku)


def level_from(record: Record | None, sku: str) -> Level:
    """The level of a stock row that the caller has read among other rows; an absent row holds nothing."""
    if record is None:
        return model.nothing(sku)
    told = record.data.get("told", {})
    moved = record.data.get("moved_at")
    return Level(
        sku=sku,
        warehouses={
            _warehouse(name): WarehouseLevel(*(Decimal(n[counter]) for counter in _COUNTERS))
            for name, n in record.n.items()
        },
        told={_warehouse(name): datetime.fromisoformat(at) for name, at in told.items()},
        moved_at=datetime.fromisoformat(moved) if moved else None,
        timed={order: _timed(hold) for order, hold in record.data["timed"].items()},
        pages=record.data["pages"],
        waiting=record.data["waiting"],
    )


def _timed(hold: Mapping[str, Any]) -> TimedHold:
    held = {_warehouse(name): Decimal(quantity) for name, quantity in hold["held"].items()}
    return TimedHold(until=datetime.fromisoformat(hold["until"]), held=held)


def promised(db: TenantSession, skus: Iterable[str], now: datetime) -> dict[str, Level]:
    """Levels by SKU as they may be shown and promised now: holds that have run out are free."""
    return {sku: level.as_of(now) for sku, level in levels(db, skus).items()}


def levels(db: TenantSession, skus: Iterable[str], *, consistent: bool = False) -> dict[str, Level]:
    """Levels by SKU as they are stored, in one round trip for up to 100; unknown SKUs hold nothing."""
    wanted = list(dict.fromkeys(skus))
    found = db.get_many((level_key(db.tenant_id, sku) for sku in wanted), consistent=consistent)
    return {sku: level_from(found.get(level_key(db.tenant_id, sku)), sku) for sku in wanted}


def move(
    tenant_id: str,
    sku: str,
    moves: Mapping[str, Move],
    because: Cause,
    *,
    timed: Mapping[str, TimedHold | None] | None = None,
) -> Update:
    """All moves of a SKU as one write, with its entry in the SKU's journal; refused (without a refusal of its own) when
    too little is available. `timed` = by order what it holds from now on for a time only; None: nothing any more."""
    changes: list[Change] = _journal(moved(because, moves))
    for order, hold in (timed or {}).items():
        changes.append(Set(("data", "timed", order), None if hold is None else _noted(hold)))
    when: list[Condition] = []
    for warehouse, step in sorted(moves.items()):
        name = _name(warehouse)
        for counter in _COUNTERS:
            amount: Decimal = getattr(step, counter)
            if amount:
                changes.append(Add(("n", name, counter), amount))
        if step.needs is not None:
            when.append(AtLeast(("n", name, "available"), step.needs))
    if any(step.stamped for step in moves.values()):
        changes.append(Set(("data", "moved_at"), stamp(because.at)))
    return Update(key=level_key(tenant_id, sku), changes=tuple(changes), when=tuple(when))


def _noted(timed: TimedHold) -> dict[str, object]:
    held = {_name(warehouse): str(quantity) for warehouse, quantity in timed.held.items()}
    return {"until": stamp(timed.until), "held": held}


def _journal(movement: Movement | None) -> list[Change]:
    """What writes a movement down: it waits in the row until its page is made."""
    return [] if movement is None else [Log(codec.dump(movement)), Add(("data", "waiting"), Decimal(1))]


def restated_write(
    tenant_id: str, level: Level, changes: Sequence[Restated], because: Cause, *, as_of: datetime
) -> LevelWrite:
    """The ERP's numbers, on condition that the counters which they were worked out from are unchanged.

    Only differences are added, so orders that take stock meanwhile don't disturb.
    """
    told, movement = stamp(as_of), restated(because, changes)
    if not level.warehouses and not level.told:
        return Put(
            key=level_key(tenant_id, level.sku),
            kind=_KIND,
            version=0,
            data={
                "sku": level.sku,
                "told": {_name(change.warehouse): told for change in changes},
                "timed": {},
                "pages": 0,
                "waiting": 1 if movement else 0,
            },
            counters={_name(change.warehouse): _counters(change.after) for change in changes},
            log=[codec.dump(movement)] if movement else (),
        )
    updates: list[Change] = _journal(movement)
    when: list[Condition] = []
    for change in changes:
        name = _name(change.warehouse)
        updates.append(Set(("data", "told", name), told))
        if change.before is None:
            updates.append(Set(("n", name), _counters(change.after)))
            when.append(Absent(("n", name)))
            continue
        for counter in ("on_hand", "available"):
            difference = getattr(change.after, counter) - getattr(change.before, counter)
            if difference:
                updates.append(Add(("n", name, counter), difference))
        when.append(Equals(("n", name, "on_hand"), change.before.on_hand))
        when.append(Equals(("n", name, "counted"), change.before.counted))
    return Update(key=level_key(tenant_id, level.sku), changes=tuple(updates), when=tuple(when))


def _counters(level: WarehouseLevel) -> dict[str, Decimal]:
    return {counter: getattr(level, counter) for counter in _COUNTERS}


def _name(warehouse_id: str) -> str:
    """The warehouse's id as an attribute name: brackets would be read as positions in a list."""
    return warehouse_id.replace("%", "%25").replace("[", "%5B").replace("]", "%5D")


def _warehouse(name: str) -> str:
    return unquote(name)
