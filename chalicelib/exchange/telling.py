"""Which of the stock that an exchange names has to be told to the live rows. Pure rules (docs/adr/0025).

A number that the ERP repeats is no news to a row that was told it, unless something has moved the row since: what an
order takes leaves `on_hand` as it is, but what the ERP has counted or what has left does not. Everything that moves a
row is noted in the transaction that moves it (docs/adr/0017).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.exchange.run import Run, StockTold
from chalicelib.tenancy.model import StockKind

OLDEST = timedelta(days=20)
"""Notes of what was moved are kept for 30 days."""


def still_true(
    told: StockTold | None, *, version: int, kind: StockKind, safety: Decimal, now: datetime
) -> StockTold | None:
    """What was told, if `version` is the snapshot that it was told of and numbers mean the same as then."""
    if told is None or (told.version, told.kind, told.safety) != (version, kind, safety):
        return None
    return told if now - told.since < OLDEST else None


def told_now(
    before: StockTold | None, run: Run, *, covered: bool, version: int, kind: StockKind, safety: Decimal
) -> StockTold | None:
    """What has been told once the run's parts are, in the snapshot `version` that has them.

    `before` = what `still_true` said when that began, `covered` as in `Assembled`. None where an earlier part of the
    run was told something that is not known.
    """
    follows = before is not None and (before.whole or before.run == run.id)
    first = run.shows == 0 and not any(part.told for part in run.parts)
    if not (follows or first):
        return None
    if covered or before is None or not follows:
        return StockTold(version=version, run=run.id, since=run.begun, whole=covered, kind=kind, safety=safety)
    return replace(before, version=version)
