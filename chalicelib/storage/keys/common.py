"""What every room writes beside its own rows: numbers, guards, the outbox, audit, what is due."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.clock import stamp
from chalicelib.storage.keys.base import Index, IndexKey, Key, Partition, core, core_part, index_part, pattern


@pattern("a running number, e.g. of orders")
def sequence(tenant: str, name: str) -> Key:
    return core(tenant, "SEQ", name)


@pattern("guard: a document number is unique for ever")
def number_guard(tenant: str, number: str) -> Key:
    return core(tenant, f"NUM#{number}", "GUARD")


@pattern("guard: a request was carried out; keeps its answer")
def idempotency(tenant: str, key: str) -> Key:
    return core(tenant, f"IDEM#{key}", "GUARD")


@pattern("an event in the outbox of its aggregate")
def outbox(tenant: str, aggregate: str, event: str) -> Key:
    return core(tenant, f"OUT#{aggregate}", event)


@pattern("audit of an object, oldest first")
def audit(tenant: str, subject: str) -> Partition:
    return core_part(tenant, f"AUDIT#{subject}")


@pattern("one audit entry")
def audit_entry(tenant: str, subject: str, at: datetime, entry: str) -> Key:
    return audit(tenant, subject).item(f"{stamp(at)}#{entry}")


@pattern("anything due now: reminders, idle uploads, stuck outbox (gsi2, sparse)")
def due(tenant: str) -> Partition:
    return index_part(Index.GSI2, tenant, "DUE#0")


@pattern("when something must be looked at next (gsi2)")
def due_at(tenant: str, at: datetime, kind: str, subject: str) -> IndexKey:
    return due(tenant).place(f"{stamp(at)}#{kind}#{subject}")
