"""Which of two files of the ERP is the older one. Pure rules.

A file says when it was formed by the ERP's own clock, without a zone: `2026-11-21T13:51:02`, or only the day. Nothing
else that 1C sends puts versions of a document in order: its version number only tells them apart, its date is the
document's. Where it is not certain which of two is older, neither is.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = 10  # characters of a day without a time


def is_older(told: str, known: str, time_zone: str) -> bool:
    """Whether what was formed at `told` is surely older than what was formed at `known`; an empty text says nothing.

    In the hour that clocks in the tenant's zone go through twice the same time may be an hour later.
    """
    if not told or not known:
        return False
    zone = ZoneInfo(time_zone)
    latest = _latest(told).replace(tzinfo=zone, fold=1)
    earliest = _earliest(known).replace(tzinfo=zone, fold=0)
    return latest.timestamp() < earliest.timestamp()


def remembered(told: str, now: datetime, time_zone: str) -> str:
    """What is kept of `told`: never later than now, so that a clock which ran ahead shuts nothing out once it is set
    right."""
    here = now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None, microsecond=0)
    return told if _earliest(told) <= here else here.isoformat()


def _earliest(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _latest(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return datetime.combine(moment, time()) + timedelta(days=1, seconds=-1) if len(text) == _DAY else moment
