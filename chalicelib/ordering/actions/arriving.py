"""Orders that have a promise of goods on their way follow what becomes of these (docs/adr/0026).

Each order is a transaction of its own under its reservation's lock: what it has a promise of, and what it holds, moves
together. Whoever carries on after a breakdown works out from what is stored what is still to be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from chalicelib.kernel.ids import new_id
from chalicelib.ordering import arriving, store
from chalicelib.ordering.actions.lapsing import release
from chalicelib.ordering.actions.transaction import read_situation
from chalicelib.ordering.arriving import Gain
from chalicelib.ordering.holding import Holding, Reservation, lasting
from chalicelib.ordering.model import Happening, Order
from chalicelib.ordering.reservation_store import holding_writes, reservation_from, reservation_key, reservation_put
from chalicelib.ordering.states import Side
from chalicelib.ordering.store import OrderFile
from chalicelib.stock import store as stock_store
from chalicelib.stock.actions.telling import ToThoseWhoWait
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.journal_store import read_kept
from chalicelib.stock.model import Level, Restated
from chalicelib.stock.transit import Arrival, is_arrival
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


def to_those_who_wait(db: TenantSession, kind: StockKind, now: datetime) -> ToThoseWhoWait:
    """Before the ERP's number is taken: what its warehouses gain, as far as it is available, goes to the orders that
    have a promise of what was to come there, the first arrival and the oldest order first."""

    def give(level: Level, changes: Sequence[Restated]) -> bool:
        gains = {
            one.warehouse: Gain(available=min(one.gained, one.after.available), counted=one.gained)
            for one in changes
            if one.gained > 0 and one.after.available > 0
        }
        wanted = [one for one in (*level.by_hand.came, *level.by_hand.arrivals) if one.warehouse in gains]
        holders = _holders(db, level.sku) if wanted else {}
        for arrival in wanted:
            for order_id in holders.get(arrival.place, ()):
                give_to = partial(_give, db, order_id, level.sku, arrival, gains[arrival.warehouse], kind, now)
                gains[arrival.warehouse] -= until_committed(give_to)
        return any(one.place in holders for one in wanted)

    return give


def _give(
    db: TenantSession, order_id: str, sku: str, arrival: Arrival, gain: Gain, kind: StockKind, now: datetime
) -> Gain:
    """How much of it the order uses; nothing if its time is over."""
    head_key, held_key = keys.order_head(db.tenant_id, order_id), reservation_key(db.tenant_id, order_id)
    stock_key = stock_store.level_key(db.tenant_id, sku)
    rows = db.get_many((head_key, held_key, stock_key))
    before = reservation_from(rows.get(held_key))
    if before.has_lapsed(now):
        return Gain()
    told = arriving.told_of(before, stock_store.level_from(rows.get(stock_key), sku), arrival, gain, kind)
    db.commit(_moved(db.tenant_id, store.order_from(rows[head_key]), before, told.holding, now))
    return told.used


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Whose doing it is that a SKU's arrivals are other ones."""

    sku: str
    actor_id: str
    actor_name: str


def settle(db: TenantSession, change: Changed, now: datetime) -> None:
    """After people have changed a SKU's arrivals: what has come is taken from the warehouse, as far as the ERP has told
    of it; what will not come is taken from the youngest orders, and covered from elsewhere, the oldest of them first.
    An order that is short then says so, and the managers are told; the dealer is, where it comes later."""
    level = stock_store.levels(db, [change.sku], consistent=True)[change.sku].as_of(now)
    came, lapsed = {one.place for one in level.by_hand.came}, set(level.lapsed(now))
    steps = []
    for place, held in _holders(db, change.sku).items():
        lost: Mapping[str, Decimal] = {}
        if place in level.arriving and place not in came:
            live = {order_id: quantity for order_id, quantity in held.items() if order_id not in lapsed}
            lost = arriving.lost(live, -level.arriving[place].available)
        steps += [(place not in came, order_id, place, lost.get(order_id, _ZERO)) for order_id in held]
    for _, order_id, place, quantity in sorted(steps):
        until_committed(partial(_follow, db, order_id, place, quantity, change, now))
    until_committed(partial(_tidy, db, change.sku))


def _holders(db: TenantSession, sku: str) -> Mapping[str, Mapping[str, Decimal]]:
    """By arrival and order how much of it is promised, the oldest order first: ids are in the order of their making."""
    out: dict[str, dict[str, Decimal]] = {}
    for kept in read_kept(db, [sku]).values():
        for order_id, parts in sorted(kept.sums.holders.items()):
            for place in filter(is_arrival, parts):
                out.setdefault(place, {})[order_id] = parts[place]
    return out


def _follow(db: TenantSession, order_id: str, place: str, lost: Decimal, change: Changed, now: datetime) -> None:
    """The order's promise of one arrival, of which `lost` will not come, unless others have given theirs back since."""
    sku, file = change.sku, store.load_order(db, order_id)
    situation, _ = read_situation(db, file, now, also=lambda _: [sku])
    before, level = situation.reservation, situation.levels[sku]
    own = before.held.get(sku, {}).get(place)
    if own is None:
        return
    came = next((one for one in level.by_hand.came if one.place == place), None)
    noted = next((one for one in level.by_hand.arrivals if one.place == place), None)
    among = situation.sources.warehouses
    if noted is not None and among and noted.warehouse not in among:
        over = own.quantity  # it comes elsewhere now, from where nothing goes to this dealer
    else:
        over = min(lost, own.quantity, -level.arriving[place].available)
    if before.has_lapsed(now):
        release(db, order_id, now)
    elif came is not None:
        holding = arriving.waited_for(before, level, came, situation.settings.exchange.stock_kind)
        db.commit(_moved(db.tenant_id, file.order, before, holding, now))
    elif over > 0:
        holding = arriving.called_off(before, sku, place, over, level, situation.sources)
        moved = _moved(db.tenant_id, file.order, before, holding, now, change)
        db.commit([*moved, *_said(db.tenant_id, file, before, holding, change, now)])
    elif noted is not None and noted.due != own.due:
        holding = Holding(reservation=arriving.dated(before, sku, place, noted.due), moves={})
        moved = [reservation_put(db.tenant_id, order_id, holding.reservation)]
        db.commit([*moved, *_said(db.tenant_id, file, before, holding, change, now)])


def _moved(
    tenant_id: str,
    order: Order,
    before: Reservation,
    holding: Holding,
    now: datetime,
    called_off: Changed | None = None,
) -> list[Write]:
    """The stock's moves, because goods have come, or somebody says that they will not."""
    because = cause(Why.ARRIVED, now, number=order.number, order_id=order.id)
    if called_off:
        who = {"actor_id": called_off.actor_id, "actor_name": called_off.actor_name}
        because = cause(Why.CALLED_OFF, now, number=order.number, order_id=order.id, **who)
    after = lasting(holding, before, before.until)
    return holding_writes(tenant_id, order.id, after, because) if holding.moves else []


def _said(
    tenant_id: str, file: OrderFile, before: Reservation, after: Holding, change: Changed, now: datetime
) -> list[Write]:
    """What the history says, and who is told."""
    line = next(one for one in file.lines if one.sku == change.sku)
    lacking = sum((short.wanted - short.available for short in after.short), _ZERO)
    kind = "arrival_short" if lacking else "arrival_covered" if arriving.in_stock(after) else "arrival_moved"
    quantity = f"{lacking.normalize():f} {line.unit}".strip()
    entry = Happening(
        id=new_id(now),
        kind=kind,
        at=now,
        side=Side.STAFF,
        actor_id=change.actor_id,
        actor_name=change.actor_name,
        params={"article": line.article or line.name, "quantity": quantity},
    )
    was, now_due = arriving.last_arrival(before), arriving.last_arrival(after.reservation)
    later = was is not None and now_due is not None and now_due > was
    event = "order.short" if lacking else "order.delayed" if later else None
    return [
        store.happening_put(tenant_id, file.order.id, entry),
        store.audited(tenant_id, file.order, f"order.{kind}", change.actor_id, now, sku=change.sku),
        *([store.told(tenant_id, file.order, event, now)] if event else []),
    ]


def _tidy(db: TenantSession, sku: str) -> None:
    """Forgets arrivals that have come, or were called off, once no order has a promise of them."""
    level = stock_store.levels(db, [sku], consistent=True)[sku]
    known = {one.place for one in level.by_hand.arrivals}
    if any(place not in known and not one.allocated for place, one in level.arriving.items()):
        db.commit(stock_store.noted_writes(db.tenant_id, level, level.by_hand))
