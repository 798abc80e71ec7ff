"""The exchange with the ERP: its state, uploads and journal."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.clock import stamp
from chalicelib.storage.keys.base import Key, Partition, Table, core, core_part, pattern, tenant_prefix


@pattern("what the exchange remembers of the tenant's ERP, and the run that is going on")
def exchange_state(tenant: str) -> Key:
    return core(tenant, "XCHG", "STATE")


@pattern("an exchange session's uploads and their state")
def exchange_uploads(tenant: str, session: str) -> Partition:
    return core_part(tenant, f"XCHG#{session}")


@pattern("one upload of an exchange session")
def exchange_upload(tenant: str, session: str, name: str) -> Key:
    return exchange_uploads(tenant, session).item(f"FILE#{name}")


@pattern("how many files of an archive no worker has drawn yet, in one attempt to import it")
def exchange_files_left(tenant: str, entry: str, attempt: int) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}XREAD#{entry}", str(attempt))


@pattern("what an exchange session was given to export")
def exchange_offer(tenant: str, session: str) -> Key:
    return exchange_uploads(tenant, session).item("OFFER")


@pattern("exchange journal of a month, newest first")
def journal(tenant: str, month: str) -> Partition:
    return core_part(tenant, f"JOURNAL#{month}")


@pattern("one entry of the exchange journal")
def journal_entry(tenant: str, at: datetime, entry: str) -> Key:
    return journal(tenant, stamp(at)[:7]).item(f"{stamp(at)}#{entry}")


@pattern("rejected rows of a journal entry")
def journal_rejected(tenant: str, entry: str) -> Key:
    return core(tenant, f"JOURNAL#{entry}", "REJECTED")


@pattern("another system's id ↔ ours")
def external_id(tenant: str, system: str, kind: str, external: str) -> Key:
    return core(tenant, f"XID#{system}#{kind}#{external}", "GUARD")
