"""Orders that have a promise of goods on their way follow what becomes of these (docs/adr/0026).

Each order is a transaction of its own under its reservation's lock: what it has a promise of, and what it holds, moves
together. Whoever carries on after a breakdown works out from what is stored what is still to be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from chalicelib.kernel.clock import local_day
from chalicelib.ordering import arriving, store
from chalicelib.ordering.actions import arrival_history as history
from chalicelib.ordering.actions.lapsing import release
from chalicelib.ordering.actions.transaction import read_situation
from chalicelib.ordering.arriving import Changed, Gain
from chalicelib.ordering.holding import Holding, Reservation, lasting, ready_by, wanted
from chalicelib.ordering.model import Order
from chalicelib.ordering.reservation_store import holding_writes, reservation_from, reservation_key, reservation_put
from chalicelib.stock import store as stock_store
from chalicelib.stock.actions.telling import ThoseWhoWait
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.journal_store import read_kept, turn_pages
from chalicelib.stock.model import Level
from chalicelib.stock.restating import Restated
from chalicelib.stock.transit import Arrival, is_arrival
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


def waiting_orders(db: TenantSession, kind: StockKind, now: datetime) -> ThoseWhoWait:
    """What is done for orders with a promise when the ERP tells. Before its number is taken: what its warehouses gain,
    as far as it is available, goes to those that have a promise of what was to come there, the first arrival and the
    oldest order first. After it: what still waits for goods that have come is settled."""

    def give(level: Level, changes: Sequence[Restated], as_of: datetime) -> bool:
        gains = arriving.gained(level, changes, as_of)
        wanted = [one for one in (*level.by_hand.came, *level.by_hand.arrivals) if one.warehouse in gains]
        holders = _holders(db, level.sku) if wanted else {}
        for arrival in wanted:
            for order_id in holders.get(arrival.place, ()):
                give_to = partial(_give, db, order_id, level.sku, arrival, gains[arrival.warehouse], kind, as_of, now)
                gains[arrival.warehouse] -= until_committed(give_to)
        return any(one.place in holders for one in wanted)

    def settle_told(sku: str, as_of: datetime, warehouses: frozenset[str] | None) -> None:
        settle(db, Changed(sku=sku, as_of=as_of, warehouses=warehouses), now)

    return ThoseWhoWait(give=give, settle=settle_told)


def settle_untold(db: TenantSession, as_of: datetime, now: datetime) -> None:
    """The ERP has said all that it had to say from a moment on: what it did not speak of is as it was."""
    for sku in stock_store.came_skus(db):
        settle(db, Changed(sku=sku, as_of=as_of), now)


def _give(
    db: TenantSession,
    order_id: str,
    sku: str,
    arrival: Arrival,
    gain: Gain,
    kind: StockKind,
    as_of: datetime,
    now: datetime,
) -> Gain:
    """How much of it the order uses; nothing if its time is over."""
    file = store.load_order(db, order_id)
    held_key, stock_key = reservation_key(db.tenant_id, order_id), stock_store.level_key(db.tenant_id, sku)
    rows = db.get_many((held_key, stock_key))
    before = reservation_from(rows.get(held_key))
    if before.has_lapsed(now):
        return Gain()
    level = stock_store.level_from(rows.get(stock_key), sku)
    told = arriving.told_of(before, level, arrival, gain, kind, as_of)
    if told.holding.moves:
        change = Changed(sku=sku, as_of=as_of)
        moved = _moved(db.tenant_id, file.order, before, told.holding, Why.ARRIVED, change, now)
        db.commit([*moved, *history.came(db.tenant_id, file, before, told.holding, arrival, change, now)])
    return told.used


def settle(db: TenantSession, change: Changed, now: datetime) -> None:
    """After people have changed a SKU's arrivals, or the ERP has told how it stands: what has come is taken from the
    warehouse, as far as the ERP has told of it; what will not come, or has come and is not there, is taken from the
    youngest orders, and covered from elsewhere, the oldest of them first. An order that is short then says so, and the
    managers are told; the dealer is, where it comes later. Orders that were short take what there is again."""
    level = stock_store.levels(db, [change.sku], consistent=True)[change.sku].as_of(now)
    came, lapsed = {one.place: one for one in level.by_hand.came}, set(level.lapsed(now))
    steps = []
    for place, held in _holders(db, change.sku).items():
        lost: Mapping[str, Decimal] = {}
        if place in came:
            steps += [(False, order_id, place, _ZERO) for order_id in held]
            lost = held if change.settles(came[place], level) else {}
        elif place in level.arriving:
            live = {order_id: quantity for order_id, quantity in held.items() if order_id not in lapsed}
            lost = arriving.lost(live, -level.arriving[place].available)
        if place not in came or lost:
            steps += [(True, order_id, place, lost.get(order_id, _ZERO)) for order_id in held]
    for _, order_id, place, quantity in sorted(steps):
        until_committed(partial(_follow, db, order_id, place, quantity, change, now))
    for order_id in level.lacking:
        until_committed(partial(_take_again, db, order_id, change, now))
    until_committed(partial(_tidy, db, change.sku))
    turn_pages(db, [change.sku])


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
    elif came is not None:
        over = min(lost, own.quantity)
    else:
        over = min(lost, own.quantity, -level.arriving[place].available)
    if before.has_lapsed(now):
        release(db, order_id, now)
    elif over > 0:
        ready = ready_by(file.lines, local_day(now, situation.settings.time_zone)).get(sku)
        holding = arriving.called_off(before, sku, place, over, level, situation.sources, ready)
        moved = _moved(db.tenant_id, file.order, before, holding, Why.CALLED_OFF, change, now)
        db.commit([*moved, *history.lost(db.tenant_id, file, before, holding, place, change, now)])
    elif came is not None:
        holding = arriving.waited_for(before, level, came, situation.settings.exchange.stock_kind)
        if holding.reservation != before:
            moved = _moved(db.tenant_id, file.order, before, holding, Why.ARRIVED, change, now)
            db.commit([*moved, *history.came(db.tenant_id, file, before, holding, came, change, now)])
    elif noted is not None and noted.due != own.due:
        holding = Holding(reservation=arriving.dated(before, sku, place, noted.due), moves={})
        moved = _moved(db.tenant_id, file.order, before, holding, Why.CALLED_OFF, change, now)
        db.commit([*moved, *history.lost(db.tenant_id, file, before, holding, place, change, now)])


def _take_again(db: TenantSession, order_id: str, change: Changed, now: datetime) -> None:
    """What the order lacks of the SKU, if it still wants it."""
    sku, file = change.sku, store.load_order(db, order_id)
    situation, _ = read_situation(db, file, now, also=lambda _: [sku])
    before, order = situation.reservation, file.order
    over = order.state.is_final or order.has_lapsed(now)
    lacking = _ZERO if over else wanted(file.lines).get(sku, _ZERO) - before.total(sku) - before.to_be_made(sku)
    holding = arriving.taken_again(before, lacking, situation.levels[sku], situation.sources)
    if holding.moves or holding.lacking:
        moved = _moved(db.tenant_id, order, before, holding, Why.AGAIN, change, now)
        db.commit([*moved, *history.taken_again(db.tenant_id, file, before, holding, change, now)])


def _moved(
    tenant_id: str, order: Order, before: Reservation, holding: Holding, why: Why, change: Changed, now: datetime
) -> list[Write]:
    """What is held from now on."""
    if not holding.moves and not holding.lacking:
        return [reservation_put(tenant_id, order.id, holding.reservation)]
    who = {"actor_id": change.actor_id, "actor_name": change.actor_name}
    because = cause(why, now, number=order.number, order_id=order.id, **who)
    return holding_writes(tenant_id, order.id, lasting(holding, before, before.until), because)


def _tidy(db: TenantSession, sku: str) -> None:
    """Forgets arrivals that have come, or were called off, once no order has a promise of them."""
    level = stock_store.levels(db, [sku], consistent=True)[sku]
    known = {one.place for one in level.by_hand.arrivals}
    if any(place not in known and not one.allocated for place, one in level.arriving.items()):
        db.commit(stock_store.noted_writes(db.tenant_id, level, level.by_hand))
