"""What people note of a SKU by hand: goods on their way to it, and its own safety stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused, found
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.stock import store
from chalicelib.stock.actions.reading import known_item, show_sku
from chalicelib.stock.model import Level
from chalicelib.stock.restating import kept_back
from chalicelib.stock.transit import MOST_ARRIVALS, Arrival, ByHand, arrival_from_form, safety_from_form
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Done, Put, audit, guard, publish
from chalicelib.tenancy.company import Checks
from chalicelib.tenancy.store import load_settings

Typed = Mapping[str, str]
ParseNumber = Callable[[str], Decimal]
ARRIVALS = "stock.arrivals"
"""Arrivals changed of which orders have a promise, or lack some."""


def add_arrival(
    db: TenantSession, actor: Actor, sku: str, typed: Typed, parse: ParseNumber, key: str, now: datetime
) -> None:
    """Goods are on their way; the same `key` again adds none, also after they came or were called off. Invalid names
    every wrong field."""
    once = f"arrival#{actor.user_id}#{sku}#{key}"
    if _was_noted(db, once):
        return
    arrival = _arrival(db, sku, typed, parse, stable_id("arrival", sku, key), now)

    def after(level: Level) -> ByHand:
        by_hand = level.by_hand
        if by_hand.arrival(arrival.id):
            return by_hand
        if len(by_hand.arrivals) >= MOST_ARRIVALS:
            raise Refused("arrivals_too_many", limit=MOST_ARRIVALS)
        return by_hand.expecting((*by_hand.arrivals, arrival))

    _note(db, actor, sku, after, "arrival_added", _told(arrival), now, once)


def change_arrival(
    db: TenantSession,
    actor: Actor,
    sku: str,
    arrival_id: str,
    edition: int,
    typed: Typed,
    parse: ParseNumber,
    now: datetime,
) -> None:
    """The typed quantity is what is still to come. Refused("stock_noted") if anything was noted of the SKU since
    `edition`, or the ERP has told of a part since as much was to come as the field `shown` says."""
    known = found(store.levels(db, [sku], consistent=True)[sku].by_hand.arrival(arrival_id))
    arrival = _arrival(db, sku, typed, parse, arrival_id, now, known)
    if arrival.quantity == known.quantity:
        arrival = replace(arrival, listed=known.listed)

    def after(level: Level) -> ByHand:
        by_hand = level.by_hand
        if by_hand.arrival(arrival_id) == arrival:
            return by_hand
        _as_shown(by_hand, arrival_id, edition, typed)
        return by_hand.expecting(arrival if one.id == arrival_id else one for one in by_hand.arrivals)

    before = {f"{name}_before": said for name, said in _told(known).items()}
    _note(db, actor, sku, after, "arrival_changed", before | _told(arrival), now)


def remove_arrival(
    db: TenantSession,
    actor: Actor,
    sku: str,
    arrival_id: str,
    edition: int,
    typed: Typed,
    now: datetime,
    *,
    came: bool,
) -> None:
    """The goods have come (the ERP tells what is on hand with them), or will not: what orders have a promise of it then
    follows (`ordering.actions.arriving`). NotFound if there is no such arrival, also the second time;
    Refused("stock_noted") as of `change_arrival`."""
    known = found(store.levels(db, [sku], consistent=True)[sku].by_hand.arrival(arrival_id))

    def after(level: Level) -> ByHand:
        arrival = _as_shown(level.by_hand, arrival_id, edition, typed)
        if came:
            return level.by_hand.received(arrival, now)
        return level.by_hand.expecting(one for one in level.by_hand.arrivals if one.id != arrival_id)

    _note(db, actor, sku, after, "arrival_came" if came else "arrival_removed", _told(known), now)


def _as_shown(by_hand: ByHand, arrival_id: str, edition: int, typed: Typed) -> Arrival:
    """The arrival, if it is what the form that was made at `edition` shows; Refused("stock_noted") otherwise."""
    left = by_hand.arrival(arrival_id)
    if by_hand.edition != edition or left is None or typed.get("shown") != f"{left.quantity:f}":
        raise Refused("stock_noted")
    return left


def set_safety(
    db: TenantSession, actor: Actor, sku: str, edition: int, typed: Typed, parse: ParseNumber, now: datetime
) -> None:
    """What is never promised of the SKU in each warehouse: the field `safety`, empty = as much as the settings say. In
    force at once. Refused("stock_noted") if anything was noted of the SKU since `edition`."""
    known_item(db, sku, now)
    checks = Checks(typed)
    safety = safety_from_form(checks, parse)
    checks.finish()

    def after(level: Level) -> ByHand:
        if level.by_hand.safety != safety and level.by_hand.edition != edition:
            raise Refused("stock_noted")
        return replace(level.by_hand, safety=safety)

    _note(db, actor, sku, after, "safety_set", {"safety": "" if safety is None else f"{safety:f}"}, now)


def _arrival(
    db: TenantSession,
    sku: str,
    typed: Typed,
    parse: ParseNumber,
    arrival_id: str,
    now: datetime,
    before: Arrival | None = None,
) -> Arrival:
    shown = show_sku(db, sku, now)
    today = local_day(now, load_settings(db).time_zone)
    checks = Checks(typed)
    places: Sequence[str] = (*shown.places, before.warehouse) if before else shown.places
    arrival = arrival_from_form(checks, parse, places, arrival_id, today)
    checks.finish()
    return arrival


def _note(
    db: TenantSession,
    actor: Actor,
    sku: str,
    after: Callable[[Level], ByHand],
    action: str,
    detail: Mapping[str, str],
    now: datetime,
    key: str = "",
) -> None:
    """Notes what `after` makes of what was noted, once for a `key`; nothing is written where that is the same."""
    tenant_safety = load_settings(db).safety_stock

    def once() -> None:
        if key and _was_noted(db, key):
            return
        level = store.levels(db, [sku], consistent=True)[sku]
        noted = after(level)
        if noted == level.by_hand:
            return
        safety = tenant_safety if noted.safety is None else noted.safety
        changes = kept_back(level, safety) if noted.safety != level.by_hand.safety else ()
        said = audit(
            db.tenant_id,
            f"stock/{sku}",
            action=action,
            actor_id=actor.user_id,
            at=now,
            entry_id=new_id(now),
            detail=detail,
        )
        writes = [*store.noted_writes(db.tenant_id, level, noted, changes), *told(db, actor, level, noted, now), said]
        db.commit([guard(db.tenant_id, key, Done(), now=now), *writes] if key else writes)

    until_committed(once)


def _was_noted(db: TenantSession, key: str) -> bool:
    return db.get(keys.idempotency(db.tenant_id, key)) is not None


def told(db: TenantSession, actor: Actor, level: Level, noted: ByHand, now: datetime) -> list[Put]:
    """The outbox's row, where arrivals change of which orders have a promise, or lack some."""
    concerned = level.lacking or any(one.allocated for one in level.arriving.values())
    if noted.arrivals == level.by_hand.arrivals or not concerned:
        return []
    data = {"sku": level.sku, "actor": actor.user_id, "actor_name": actor.name}
    aggregate = f"stock/{level.sku}"
    event = Event(id=new_id(now), tenant_id=db.tenant_id, name=ARRIVALS, aggregate=aggregate, at=now, data=data)
    return [publish(event)]


def _told(arrival: Arrival) -> dict[str, str]:
    return {
        "warehouse": arrival.warehouse,
        "quantity": f"{arrival.quantity:f}",
        "due": arrival.due.isoformat(),
        "note": arrival.note,
    }
