"""What a transaction is made of: puts, updates, deletes and checks, each with the refusal that it means.

    Put(key=..., kind="contract", data=contract, when=(Absent(),), refusal=Refused("contract_exists"))
    Update(key=..., changes=(Add(("n", "exposure"), total),), when=(AtMost(("n", "exposure"), room),), refusal=...)

A path names an attribute: `("n", "exposure")`, `("data", "state")`, `("n", warehouse_id, "available")`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.kernel.errors import KontorError
from chalicelib.kernel.events import Event
from chalicelib.storage.keys import IndexKey, Key, audit_entry, due_at, idempotency, outbox

Attr = tuple[str, ...]
GUARD_LIFETIME = timedelta(days=30)  # how long a request may be sent again


@dataclass(frozen=True, slots=True)
class Absent:
    """The item (or the attribute at `path`) does not exist."""

    path: Attr = ("pk",)


@dataclass(frozen=True, slots=True)
class Present:
    """The item (or the attribute at `path`) exists."""

    path: Attr = ("pk",)


@dataclass(frozen=True, slots=True)
class Equals:
    path: Attr
    value: str | int | bool | Decimal | Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class AtLeast:
    path: Attr
    value: Decimal


@dataclass(frozen=True, slots=True)
class AtMost:
    path: Attr
    value: Decimal


Condition = Absent | Present | Equals | AtLeast | AtMost


@dataclass(frozen=True, slots=True)
class Set:
    """Sets an attribute; a value of None removes it."""

    path: Attr
    value: object


@dataclass(frozen=True, slots=True)
class Add:
    """Adds an exact number to a counter that exists, or that `begins` with it."""

    path: Attr
    value: Decimal
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """Adds an entry to the end of a stock row's log."""

    entry: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Unlog:
    """Takes the oldest `count` entries out of a stock row's log."""

    count: int


Change = Set | Add | Log | Unlog


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Writes a whole item. `version` None = no optimistic lock; 0 = must be new; n = must still be version n.

    `data` is a frozen dataclass or a plain map; `indexes` say where else the item appears;
    `expires` sets the TTL; `log` is what a stock row's log begins with.
    """

    key: Key
    kind: str
    data: object
    counters: Mapping[str, object] | None = None
    log: Sequence[Mapping[str, object]] = ()
    indexes: tuple[IndexKey, ...] = ()
    expires: datetime | None = None
    version: int | None = None
    when: tuple[Condition, ...] = ()
    refusal: KontorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Changes parts of an item that exists (an absent one is refused, never created)."""

    key: Key
    changes: tuple[Change, ...]
    indexes: tuple[IndexKey, ...] = ()  # places to move to
    leave: tuple[str, ...] = ()  # indexes to leave, e.g. ("gsi2",)
    when: tuple[Condition, ...] = ()
    refusal: KontorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    key: Key
    when: tuple[Condition, ...] = ()
    refusal: KontorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Nothing is written; the transaction holds only while the conditions do."""

    key: Key
    when: tuple[Condition, ...]
    refusal: KontorError | None = None


Write = Put | Update | Delete | Check


@dataclass(frozen=True, slots=True)
class Done:
    """What an idempotency guard keeps: what the first call answered."""

    result: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""


class AlreadyDone(KontorError):
    """The idempotency key was used before: read the guard for the first answer."""

    status = 409


def guard(tenant_id: str, key: str, done: Done, *, now: datetime) -> Put:
    """Makes a transaction happen once per key (domain §5.8). `commit` raises AlreadyDone the second time."""
    data = {"result": dict(done.result), "fingerprint": done.fingerprint, "at": now.isoformat()}
    return Put(
        key=idempotency(tenant_id, key),
        kind="idempotency",
        data=data,
        expires=now + GUARD_LIFETIME,
        version=0,
        refusal=AlreadyDone("already_done"),
    )


def publish(event: Event) -> Put:
    """The event's outbox row; due at once so that the sweep finds it if the stream's delivery fails."""
    body = {
        "id": event.id,
        "name": event.name,
        "aggregate": event.aggregate,
        "at": event.at.isoformat(),
        "data": dict(event.data),
    }
    place = due_at(event.tenant_id, event.at, "outbox", f"{event.aggregate}#{event.id}")
    return Put(key=outbox(event.tenant_id, event.aggregate, event.id), kind="outbox", data=body, indexes=(place,))


def audit(
    tenant_id: str,
    subject: str,
    *,
    action: str,
    actor_id: str,
    at: datetime,
    entry_id: str,
    detail: Mapping[str, str],
) -> Put:
    """Who did what to which object, when; `detail` says before and after where that matters."""
    data = {"action": action, "actor": actor_id, "at": at.isoformat(), "detail": dict(detail)}
    return Put(key=audit_entry(tenant_id, subject, at, entry_id), kind="audit", data=data)
