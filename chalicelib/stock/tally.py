"""Whether counters, journal and holds of the stock tell the same: what the nightly check keeps (docs/adr/0017).

A round looks at every SKU that was moved since the last one (`ordering`, which knows what orders hold, carries it out).
Orders go on meanwhile, so what disagrees is looked at again a little later; only what is wrong by the same amount both
times is told. Nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.stock.journal import Mismatch
from chalicelib.storage import keys
from chalicelib.storage.attempts import put_first
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put

DUE = "tally"
AGAIN = timedelta(minutes=10)
"""After this a difference is looked at a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far the nightly round has come. It looks at what was moved from `since` until before `until` (stamps);
    `cursor` None = it is over, and the next one has its time."""

    since: str = ""
    until: str = ""
    cursor: str | None = None
    skus: int = 0  # looked at in this round
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A SKU that disagreed: `suspect` as the last look found it, `wrong` = what two looks agree on."""

    sku: str
    at: datetime
    suspect: tuple[Mismatch, ...] = ()
    wrong: tuple[Mismatch, ...] = ()


def lasting(before: Sequence[Mismatch], now: Sequence[Mismatch]) -> tuple[Mismatch, ...]:
    """What is wrong by the same amount at both looks, as it is now."""
    known = {_fault(one) for one in before}
    return tuple(one for one in now if _fault(one) in known)


def _fault(one: Mismatch) -> tuple[str, str, Decimal]:
    return one.warehouse, one.what, one.kept - one.due


# --- rows ----------------------------------------------------------------------------------------


def check_from(record: Record | None) -> Check | None:
    return record.load(Check) if record is not None else None


def check_put(tenant_id: str, check: Check, look_again: datetime | None = None) -> Put:
    """What was found; what is wrong is listed for the manufacturer's people."""
    places = []
    if check.wrong:
        places.append(keys.wrong_stock_place(tenant_id, check.sku))
    if look_again is not None:
        places.append(keys.due_at(tenant_id, look_again, DUE, check.sku))
    return Put(key=keys.tally_check(tenant_id, check.sku), kind="tally", data=check, indexes=tuple(places))


def wrong_stock(db: TenantSession, *, limit: int) -> list[Check]:
    """SKUs whose stock disagrees, as the last looks found."""
    return [record.load(Check) for record in db.query(keys.wrong_stock(db.tenant_id), limit=limit).records]


def round_put(tenant_id: str, one: Round, version: int, at: datetime) -> Put:
    """How far the round has come, and when it goes on."""
    place = keys.due_at(tenant_id, at, DUE, "")
    return Put(key=keys.tally_round(tenant_id), kind="tally_round", data=one, indexes=(place,), version=version)


def begin_rounds(db: TenantSession, now: datetime) -> None:
    """From its first stock on a tenant's stock is looked at each night."""
    put_first(db, round_put(db.tenant_id, Round(), 0, now))
