"""The nightly round through the stock: counters, movements and what orders hold must agree.

A piece of it looks at the SKUs that some changes moved; the due index brings the next piece, and a second look at what
disagreed. What still disagrees is logged, counted and shown to the manufacturer's people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.gateways.telemetry import count, logger
from chalicelib.kernel.clock import local_day, stamp, start_of_day
from chalicelib.ordering.holding import Reservation
from chalicelib.ordering.reservation_store import reservation_key
from chalicelib.stock import tally
from chalicelib.stock.journal import Mismatch, mismatches
from chalicelib.stock.journal_store import SETTLED, read_kept
from chalicelib.stock.tally import Check, Round
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Delete
from chalicelib.tenancy.store import load_settings

_CHANGES = 100
"""Changes of one piece: of at most 100 SKUs each."""
_LISTED = 1000  # SKUs that were wrong before and are looked at again
_NIGHT = timedelta(hours=3)


def go_on(db: TenantSession, subject: str, now: datetime) -> None:
    """Due work: the round's next piece, or a second look at one SKU."""
    if subject:
        _second_look(db, subject, now)
        return
    record = db.fetch(keys.tally_round(db.tenant_id))
    before = record.load(Round)
    begun = before if before.cursor is not None else Round(since=before.since, until=stamp(now - SETTLED))
    page = db.query(
        keys.moved_skus(db.tenant_id),
        limit=_CHANGES,
        since=begun.since or None,
        until=begun.until,
        after=begun.cursor,
        consistent=True,
    )
    skus = {str(sku) for one in page.records for sku in one.data["skus"]}
    listed = {one.sku for one in tally.wrong_stock(db, limit=_LISTED)} if before.cursor is None else set()
    orders = {str(one.data["order"]) for one in page.records} - {""}
    _first_look(db, skus | listed, listed, orders, now)
    after = replace(begun, cursor=page.next, skus=begun.skus + len(skus))
    if page.next is not None:
        db.commit([tally.round_put(db.tenant_id, after, record.version, now)])
        return
    logger().info("stock was looked at", tenant=db.tenant_id, skus=after.skus)
    zone = load_settings(db).time_zone
    tonight = start_of_day(local_day(now, zone) + timedelta(days=1), zone) + _NIGHT
    db.commit([tally.round_put(db.tenant_id, Round(since=begun.until, ended=now), record.version, tonight)])


def _first_look(db: TenantSession, skus: Iterable[str], listed: set[str], orders: Iterable[str], now: datetime) -> None:
    """`listed` = those of the SKUs that were wrong before: one that agrees now is forgotten."""
    disagree = disagreeing(db, skus, orders)
    for sku in listed - disagree.keys():
        db.commit([Delete(key=keys.tally_check(db.tenant_id, sku))])
    for sku, found in disagree.items():
        known = tally.check_from(db.get(keys.tally_check(db.tenant_id, sku)))
        check = Check(sku=sku, at=now, suspect=found, wrong=known.wrong if known else ())
        db.commit([tally.check_put(db.tenant_id, check, now + tally.AGAIN)])


def _second_look(db: TenantSession, sku: str, now: datetime) -> None:
    key = keys.tally_check(db.tenant_id, sku)
    before = db.fetch(key).load(Check)
    found = disagreeing(db, [sku]).get(sku, ())
    wrong = tally.lasting(before.suspect, found)
    if not wrong:
        db.commit([Delete(key=key)])
        return
    if wrong != before.wrong:
        logger().error("stock disagrees", tenant=db.tenant_id, sku=sku, what=[one.what for one in wrong])
        count("stock_wrong", db.tenant_id)
    db.commit([tally.check_put(db.tenant_id, Check(sku=sku, at=now, suspect=found, wrong=wrong))])


def disagreeing(db: TenantSession, skus: Iterable[str], orders: Iterable[str] = ()) -> dict[str, tuple[Mismatch, ...]]:
    """By SKU what disagrees; the others are left out. Holds are looked up of the orders that the SKUs' journals and
    rows know, and of `orders`."""
    kept = read_kept(db, skus)
    known = {order for one in kept.values() for order in (*one.sums.holders, *one.level.ordered)}
    reservations = _reservations(db, sorted({*known, *orders}))
    held = _held(reservations)
    made = {sku: sum((one.to_be_made(sku) for one in reservations), Decimal(0)) for sku in kept}
    found = {sku: mismatches(one.level, one.sums, held.get(sku, {}), made[sku]) for sku, one in kept.items()}
    return {sku: wrong for sku, wrong in found.items() if wrong}


def _reservations(db: TenantSession, orders: Iterable[str]) -> list[Reservation]:
    rows = db.get_many(reservation_key(db.tenant_id, order) for order in orders)
    return [row.load(Reservation) for row in rows.values()]


def _held(reservations: Iterable[Reservation]) -> Mapping[str, Mapping[str, Decimal]]:
    """SKU → warehouse → what the orders hold in all."""
    out: dict[str, dict[str, Decimal]] = {}
    for one in reservations:
        for sku, parts in one.held.items():
            for warehouse, part in parts.items():
                own = out.setdefault(sku, {})
                own[warehouse] = own.get(warehouse, Decimal(0)) + part.quantity
    return out
