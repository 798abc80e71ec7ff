"""Stock rows: one item per SKU in the `stock` table, counters by warehouse as native numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from chalicelib.kernel.clock import stamp
from chalicelib.stock import model, restating
from chalicelib.stock.journal import Cause, Movement, moved, restated
from chalicelib.stock.model import Level, TimedHold, WarehouseLevel
from chalicelib.stock.moving import Move
from chalicelib.stock.restating import Restated
from chalicelib.stock.transit import ByHand, Ordered, is_arrival
from chalicelib.storage import codec, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Absent, Add, AtLeast, Change, Condition, Delete, Equals, Log, Put, Set, Update

_KIND = "stock"
_COUNTERS = ("on_hand", "allocated", "counted", "available")
_TIMED, _LACKING, _ORDERED = (
    "timed#",
    "lacking#",
    "ordered#",
)  # an attribute for each order: one more needs no map that older rows lack
_BY_HAND = ("data", "by_hand")

LevelWrite = Put | Update


def level_key(tenant_id: str, sku: str) -> Key:
    return keys.stock_level(tenant_id, sku)


def level_from(record: Record | None, sku: str) -> Level:
    """The level of a stock row that the caller has read among other rows; an absent row holds nothing.

    What rows of earlier versions lack has its default here, and nowhere else.
    """
    if record is None:
        return model.nothing(sku)
    told = record.data.get("told", {})
    moved = record.data.get("moved_at")
    places = {
        _warehouse(name): WarehouseLevel(*(Decimal(n[counter]) for counter in _COUNTERS))
        for name, n in record.n.items()
    }
    arriving = {name: row for name, row in places.items() if is_arrival(name)}
    noted = codec.load(ByHand, record.data.get("by_hand", {}))
    return Level(
        sku=sku,
        warehouses={name: row for name, row in places.items() if not is_arrival(name)},
        arriving=arriving,
        told={_warehouse(name): datetime.fromisoformat(at) for name, at in told.items()},
        moved_at=datetime.fromisoformat(moved) if moved else None,
        timed={
            name.removeprefix(_TIMED): _timed(hold) for name, hold in record.data.items() if name.startswith(_TIMED)
        },
        lacking=tuple(sorted(name.removeprefix(_LACKING) for name in record.data if name.startswith(_LACKING))),
        ordered={
            name.removeprefix(_ORDERED): codec.load(Ordered, record.data[name])
            for name in sorted(record.data)
            if name.startswith(_ORDERED)
        },
        pages=record.data.get("pages"),
        waiting=record.data.get("waiting", 0),
        by_hand=noted.left({place: row.on_hand for place, row in arriving.items()}),
        version=record.version,
    )


def _timed(hold: Mapping[str, Any]) -> TimedHold:
    held = {_warehouse(name): Decimal(quantity) for name, quantity in hold["held"].items()}
    return TimedHold(until=datetime.fromisoformat(hold["until"]), held=held)


def promised(db: TenantSession, skus: Iterable[str], now: datetime) -> dict[str, Level]:
    """Levels by SKU as they may be shown and promised now: holds that have run out are free."""
    return {sku: level.as_of(now) for sku, level in levels(db, skus).items()}


def levels(db: TenantSession, skus: Iterable[str], *, consistent: bool = False) -> dict[str, Level]:
    """Levels by SKU as they are stored, in one round trip for up to 100; unknown SKUs hold nothing."""
    wanted = {sku: level_key(db.tenant_id, sku) for sku in skus}
    found = db.get_many(wanted.values(), consistent=consistent)
    return {sku: level_from(found.get(key), sku) for sku, key in wanted.items()}


def move(
    tenant_id: str,
    sku: str,
    moves: Mapping[str, Move],
    because: Cause,
    *,
    timed: Mapping[str, TimedHold | None] | None = None,
    lacking: Mapping[str, bool] | None = None,
    ordered: Mapping[str, Ordered | None] | None = None,
) -> Update:
    """All moves of a SKU as one write, with its entry in the SKU's journal; refused (without a refusal of its own) when
    too little is available, people have noted something of the SKU since an arrival of it was chosen, or a place that
    had no counters has some. `timed` = by order what it holds from now on for a time only; None: nothing any more.
    `lacking` = by order whether it lacks some of the SKU; `ordered` = by order what is on order; None: nothing any
    more."""
    changes: list[Change] = _journal(moved(because, moves))
    for order, hold in (timed or {}).items():
        changes.append(Set(("data", _TIMED + order), None if hold is None else _noted(hold)))
    for order, lacks in (lacking or {}).items():
        changes.append(Set(("data", _LACKING + order), lacks or None))
    for order, made in (ordered or {}).items():
        changes.append(Set(("data", _ORDERED + order), None if made is None else codec.dump(made)))
    editions = {step.noted for step in moves.values() if step.noted is not None}
    when: list[Condition] = [_as_noted(edition) for edition in editions]
    for warehouse, step in sorted(moves.items()):
        name = _name(warehouse)
        if step.told is not None:
            changes.append(Set(("data", "told", name), stamp(step.told)))
        if step.begins:
            first = WarehouseLevel(step.on_hand, step.allocated, step.counted, step.available)
            changes.append(Set(("n", name), _counters(first)))
            when.append(Absent(("n", name)))
            continue
        for counter in _COUNTERS:
            amount: Decimal = getattr(step, counter)
            if amount:
                changes.append(Add(("n", name, counter), amount))
        if step.needs is not None:
            when.append(AtLeast(("n", name, "available"), step.needs))
    if any(step.stamped for step in moves.values()):
        changes.append(Set(("data", "moved_at"), stamp(because.at)))
    return Update(key=level_key(tenant_id, sku), changes=tuple(changes), when=tuple(when))


def first_row(tenant_id: str, sku: str, ordered: Mapping[str, Ordered | None]) -> Put:
    """The row of a SKU whose stock nobody has told yet: what is on order, by order. Refused (without a refusal of its
    own) when there is one by now."""
    data = _nothing_told(sku) | {_ORDERED + order: codec.dump(made) for order, made in ordered.items() if made}
    return Put(key=level_key(tenant_id, sku), kind=_KIND, version=0, data=data, counters={})


def _nothing_told(sku: str) -> dict[str, object]:
    return {"sku": sku, "told": {}, "pages": 0, "waiting": 0}


def _noted(timed: TimedHold) -> dict[str, object]:
    held = {_name(warehouse): str(quantity) for warehouse, quantity in timed.held.items()}
    return {"until": stamp(timed.until), "held": held}


def _journal(movement: Movement | None) -> list[Change]:
    """What writes a movement down: it waits in the row until its page is made."""
    return [] if movement is None else [Log(codec.dump(movement)), Add(("data", "waiting"), Decimal(1), begins=True)]


def restated_write(
    tenant_id: str, level: Level, changes: Sequence[Restated], because: Cause, *, as_of: datetime
) -> LevelWrite:
    """The ERP's numbers, on condition that the counters which they were worked out from are unchanged.

    Only differences are added, so orders that take stock meanwhile don't disturb.
    """
    told, movement = stamp(as_of), restated(because, changes)
    if not level.version:
        return Put(
            key=level_key(tenant_id, level.sku),
            kind=_KIND,
            version=0,
            data={
                "sku": level.sku,
                "told": {_name(change.warehouse): told for change in changes},
                "pages": 0,
                "waiting": 1 if movement else 0,
            },
            counters={_name(change.warehouse): _counters(change.after) for change in changes},
            log=[codec.dump(movement)] if movement else (),
        )
    updates: list[Change] = _journal(movement)
    when: list[Condition] = [_as_noted(level.by_hand.edition)]
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


def noted_writes(
    tenant_id: str, level: Level, noted: ByHand, kept_back: Sequence[Restated] = ()
) -> list[LevelWrite | Delete]:
    """What people note of a SKU from now on, on condition that this, and what orders have a promise of arrivals that
    change, is as it was read; the whole row has to be, where `kept_back` says that less or more of the stock may be
    promised. A SKU with arrivals stands in the list of those by the day of the first, one of which orders wait for what
    has come in that of these."""
    arriving = restating.arriving(level, noted)
    after = replace(
        noted, came=tuple(one for one in noted.came if one.place in arriving), edition=level.by_hand.edition + 1
    )
    key, noted_data = level_key(tenant_id, level.sku), codec.dump(after)
    row: LevelWrite
    if level.version:
        promised = [
            Add(("n", _name(one.warehouse), "available"), one.after.available - one.before.available)
            for one in kept_back
            if one.before is not None
        ]
        changed = [
            place for place in sorted({*level.arriving, *arriving}) if level.arriving.get(place) != arriving.get(place)
        ]
        places = [
            Set(("n", _name(place)), _counters(arriving[place]) if place in arriving else None) for place in changed
        ]
        days = {one.place: one.due for one in level.by_hand.arrivals}
        dated = [one.place for one in noted.arrivals if days.get(one.place, one.due) != one.due]
        as_read = [_as_read(place, level.arriving.get(place)) for place in sorted({*changed, *dated})]
        changes: tuple[Change, ...] = (Set(_BY_HAND, noted_data), *promised, *places)
        whole = [Equals(("version",), level.version)] if kept_back else []
        row = Update(key=key, changes=changes, when=(_as_noted(level.by_hand.edition), *as_read, *whole))
    else:
        data = _nothing_told(level.sku) | {"by_hand": noted_data}
        counters = {_name(place): _counters(one) for place, one in arriving.items()}
        row = Put(key=key, kind=_KIND, version=0, data=data, counters=counters)
    return [row, *_listed(tenant_id, level, after)]


def _as_read(place: str, counters: WarehouseLevel | None) -> Condition:
    path = ("n", _name(place))
    return Absent(path) if counters is None else Equals(path, _counters(counters))


def _listed(tenant_id: str, level: Level, after: ByHand) -> list[Put | Delete]:
    """The SKU's place in the list of those with arrivals, with the last day for each warehouse; and in the one of those
    of which something has come."""
    old, new = (
        keys.coming_sku(tenant_id, by_hand.arrivals[0].due, level.sku) if by_hand.arrivals else None
        for by_hand in (level.by_hand, after)
    )
    leave = [Delete(key=old)] if old and old != new else []
    days = {one.warehouse: one.due.isoformat() for one in after.arrivals}  # the last ones: they are in order
    enter = [Put(key=new, kind="coming", data={"sku": level.sku, "days": days})] if new else []
    came_key = keys.came_sku(tenant_id, level.sku)
    if after.came:
        return [*leave, *enter, Put(key=came_key, kind="came", data={"sku": level.sku})]
    return [*leave, *enter, *([Delete(key=came_key)] if level.by_hand.came else [])]


def coming_skus(db: TenantSession, *, limit: int, after: str | None = None) -> tuple[list[str], str | None]:
    """SKUs with arrivals, by the day of the first one, and where the list goes on (None: it ends)."""
    page = db.query(keys.coming_skus(db.tenant_id), limit=limit, after=after, consistent=True)
    return [record.data["sku"] for record in page.records], page.next


def came_skus(db: TenantSession) -> list[str]:
    """SKUs of which something has come that orders wait for."""
    return [record.data["sku"] for record in db.query_all(keys.came_skus(db.tenant_id), consistent=True)]


def coming_among(db: TenantSession, today: date, among: Sequence[str]) -> frozenset[str]:
    """SKUs of which something is to come from a day on to the given warehouses (all if empty)."""
    return frozenset(
        str(record.data["sku"])
        for record in db.query_all(keys.coming_skus(db.tenant_id))
        if any(
            date.fromisoformat(day) >= today and (not among or place in among)
            for place, day in record.data.get("days", {}).items()
        )
    )


def _as_noted(edition: int) -> Condition:
    """What people have noted of the SKU is still what was read."""
    return Equals((*_BY_HAND, "edition"), edition) if edition else Absent(_BY_HAND)


def _counters(level: WarehouseLevel) -> dict[str, Decimal]:
    return {counter: getattr(level, counter) for counter in _COUNTERS}


def _name(warehouse_id: str) -> str:
    """The warehouse's id as an attribute name: brackets would be read as positions in a list."""
    return warehouse_id.replace("%", "%25").replace("[", "%5B").replace("]", "%5D")


def _warehouse(name: str) -> str:
    return unquote(name)
