"""What the due index hands to pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.pictures import actions, store
from chalicelib.storage.session import TenantSession


def on_due(db: TenantSession, _row: str, now: datetime) -> None:
    """News that wait for the next album."""
    actions.show(db, now)


DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {store.DUE: on_due}
