"""The nightly round through the orders: what is ordered together.

A piece of it reads some orders that were placed since the last one; the due index brings the next piece. A night costs
what was ordered since the night before: earlier orders are in the file already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.advice.baskets import writing
from chalicelib.advice.model import KEPT, tells
from chalicelib.advice.store import Round, publish, round_put
from chalicelib.kernel.clock import local_day, stamp, start_of_day
from chalicelib.ordering import store
from chalicelib.ordering.model import Order
from chalicelib.ordering.states import State
from chalicelib.storage import keys, snapshots
from chalicelib.storage.keys import Key
from chalicelib.storage.outcomes import TransactionRefused
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings

_ORDERS = 400
"""Orders of one piece."""
_SETTLED = timedelta(minutes=5)  # an order has its moment before it is written, and is listed a little later
_NIGHT = timedelta(hours=3)


def go_on(db: TenantSession, _subject: str, now: datetime) -> None:
    """Due work: the round's next piece."""
    record = db.fetch(keys.companions(db.tenant_id))
    before = record.load(Round)
    zone = load_settings(db).time_zone
    until = now - _SETTLED
    begun = _from(before, f"{local_day(until - KEPT, zone):%Y-%m}")
    last = f"{local_day(until, zone):%Y-%m}"
    page = db.query(
        keys.month_orders(db.tenant_id, begun.month),
        limit=_ORDERS,
        since=f"{begun.read_to}~" if begun.read_to else None,
        until=stamp(until),
    )
    orders = [store.order_from(one) for one in page.records]
    after = replace(begun, read_to=page.records[-1].place if page.records else begun.read_to)
    is_over = page.next is None and begun.month >= last
    if page.next is None and not is_over:
        after = replace(after, month=_next_month(begun.month), read_to="")
    tonight = start_of_day(local_day(now, zone) + timedelta(days=1), zone) + _NIGHT
    try:
        _keep(db, before, after, record.version, _products(db, orders), now, tonight if is_over else None)
    except TransactionRefused:  # a second delivery was quicker
        return


def _from(one: Round, first: str) -> Round:
    """The round as it goes on; earlier than the month `first` nothing is read."""
    return one if one.month >= first else replace(one, month=first, read_to="")


def _next_month(month: str) -> str:
    return f"{date.fromisoformat(month + '-01') + timedelta(days=31):%Y-%m}"


def _products(db: TenantSession, orders: Sequence[Order]) -> list[tuple[Order, frozenset[str]]]:
    """The orders that say something, with their different products."""
    live = [one for one in orders if one.state is not State.CANCELLED]
    rows = db.get_many((_lines_key(db.tenant_id, one) for one in live), consistent=False)
    found = []
    for order in live:
        row = rows.get(_lines_key(db.tenant_id, order))
        lines = store.lines_from(row) if row is not None else ()
        skus = frozenset(line.sku for line in lines if line.is_live and not line.service)
        if tells(skus):
            found.append((order, skus))
    return found


def _lines_key(tenant_id: str, order: Order) -> Key:
    return keys.order_lines(tenant_id, order.id, order.edition, 0)


def _keep(
    db: TenantSession,
    before: Round,
    after: Round,
    version: int,
    found: Sequence[tuple[Order, frozenset[str]]],
    now: datetime,
    tonight: datetime | None,
) -> None:
    """Brings the file up to date, if there is anything new; `tonight` None: the round isn't over."""
    if not found and (before.counted or tonight is None):
        db.commit([round_put(db.tenant_id, after, version, tonight or now)])
        return
    with TemporaryDirectory(prefix="kontor-companions-") as folder:
        path = Path(folder, "companions.sqlite")
        if before.file is not None:
            snapshots.fetch(db.tenant_id, before.file, path)
        with writing(path) as baskets:
            for order, skus in found:
                baskets.add(order.id, order.created, skus)
            baskets.forget(now - KEPT)
            if tonight is not None:
                baskets.count()
        publish(db, path, before, replace(after, counted=tonight is not None), version, tonight or now)
