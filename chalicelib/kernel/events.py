"""What happened, told to whoever cares: written to the outbox in the transaction that made it true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. `id` lets a consumer drop a second delivery; events of one aggregate arrive in order.

    `data` holds ids and plain values only: the consumer reads what it needs by them.
    """

    id: str
    tenant_id: str
    name: str  # e.g. `order.submitted`
    aggregate: str  # e.g. `order/<id>`: the message group
    at: datetime
    data: Mapping[str, str] = field(default_factory=dict)
