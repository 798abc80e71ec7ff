"""Every key of every table is made here and nowhere else (architecture §4).

Each access pattern is one named function. Partition keys of tenant data begin with `T#<tenant>#`, GSI keys
too; `docs/keys.md` is generated from this module by `python -m tools.keys_doc` and tested to be current.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from chalicelib.kernel.clock import stamp
from chalicelib.kernel.ids import is_tenant_id


class Table(StrEnum):
    DIRECTORY = "directory"
    CORE = "core"
    STOCK = "stock"
    EPHEMERAL = "ephemeral"


class Index(StrEnum):
    GSI1 = "gsi1"
    GSI2 = "gsi2"
    GSI3 = "gsi3"


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of one item."""

    table: Table
    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Partition:
    """Items that are read together, in the order of their sort keys; `prefix` narrows them."""

    table: Table
    pk: str
    prefix: str = ""
    index: Index | None = None


@dataclass(frozen=True, slots=True)
class IndexKey:
    """Where an item also appears: its key in one GSI."""

    index: Index
    pk: str
    sk: str


_F = TypeVar("_F", bound=Callable[..., object])
PATTERNS: list[tuple[str, Callable[..., object]]] = []


def _pattern(meaning: str) -> Callable[[_F], _F]:
    def register(function: _F) -> _F:
        PATTERNS.append((meaning, function))
        return function

    return register


def tenant_prefix(tenant_id: str) -> str:
    """What every key of the tenant begins with. Anything but a well-formed tenant id is refused loudly."""
    if not is_tenant_id(tenant_id):
        raise ValueError(f"not a tenant id: {tenant_id!r}")
    return f"T#{tenant_id}#"


def tenant_folders(tenant_id: str) -> tuple[str, str]:
    """What the key of every file of the tenant begins with in S3: of what stays, and of uploads, which expire."""
    if not is_tenant_id(tenant_id):
        raise ValueError(f"not a tenant id: {tenant_id!r}")
    return f"T/{tenant_id}/", f"uploads/T/{tenant_id}/"


def _core(tenant_id: str, pk: str, sk: str) -> Key:
    return Key(Table.CORE, tenant_prefix(tenant_id) + pk, sk)


def _core_part(tenant_id: str, pk: str, prefix: str = "") -> Partition:
    return Partition(Table.CORE, tenant_prefix(tenant_id) + pk, prefix)


def _index_part(index: Index, tenant_id: str, pk: str, prefix: str = "") -> Partition:
    return Partition(Table.CORE, tenant_prefix(tenant_id) + pk, prefix, index)


# --- directory: found before the tenant is known; only identity and tenancy touch it -------------------------


@_pattern("all tenants, for the schedule's fan-out")
def tenants() -> Partition:
    return Partition(Table.DIRECTORY, "TENANTS")


@_pattern("a tenant's entry in the list of tenants")
def tenant_entry(tenant: str) -> Key:
    return Key(Table.DIRECTORY, "TENANTS", tenant)


@_pattern("memberships of a login")
def memberships(email: str) -> Partition:
    return Partition(Table.DIRECTORY, f"LOGIN#{email}", "MEMBER#")


@_pattern("one membership of a login")
def membership(email: str, tenant: str, user: str) -> Key:
    return Key(Table.DIRECTORY, f"LOGIN#{email}", f"MEMBER#{tenant}#{user}")


@_pattern("a browser that a login has signed in with before")
def known_device(email: str, digest: str) -> Key:
    return Key(Table.DIRECTORY, f"LOGIN#{email}", f"DEVICE#{digest}")


@_pattern("a machine's login (1C) → tenant and the hash of its password")
def machine_login(login: str) -> Key:
    return Key(Table.DIRECTORY, f"MACHINE#{login}", "TENANT")


@_pattern("an API key → tenant and scopes")
def api_key(digest: str) -> Key:
    return Key(Table.DIRECTORY, f"KEY#{digest}", "TENANT")


@_pattern("a sign-up that waits for its mailed code, by the login's sub")
def sign_up(sub: str) -> Key:
    return Key(Table.DIRECTORY, f"SIGNUP#{sub}", "SIGNUP")


@_pattern("what a visitor is in the middle of (code, recovery), by the hash of its cookie")
def visitor_step(digest: str) -> Key:
    return Key(Table.DIRECTORY, f"STEP#{digest}", "STEP")


@_pattern("a throttle's window before the tenant is known (sign-in, sign-up)")
def door_throttle(scope: str, subject: str, window: str) -> Key:
    return Key(Table.DIRECTORY, f"THR#{scope}#{subject}", window)


# --- ephemeral: sessions and throttles; expires by TTL -------------------------------------------------------


@_pattern("a session by the hash of its secret")
def session(tenant: str, digest: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}SESS#{digest}", "SESSION")


@_pattern("sessions of a user, to list and revoke")
def user_sessions(tenant: str, user: str) -> Partition:
    return Partition(Table.EPHEMERAL, f"{tenant_prefix(tenant)}USESS#{user}")


@_pattern("one session in its user's list")
def user_session(tenant: str, user: str, digest: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}USESS#{user}", digest)


@_pattern("a throttle's window within a tenant")
def throttle(tenant: str, scope: str, window: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}THR#{scope}", window)


@_pattern("an exchange session of 1C by the hash of its cookie")
def exchange_session(tenant: str, digest: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}XSESS#{digest}", "SESSION")


# --- stock: hot counters, no index ---------------------------------------------------------------------------


@_pattern("live stock of a SKU in all warehouses")
def stock_level(tenant: str, sku: str) -> Key:
    return Key(Table.STOCK, f"{tenant_prefix(tenant)}SKU#{sku}", "STOCK")


@_pattern("what an order holds of the stock")
def reservation(tenant: str, order: str, page: int) -> Key:
    return Key(Table.STOCK, f"{tenant_prefix(tenant)}RES#{order}", f"PAGE#{page:04d}")


# --- core: everything else -----------------------------------------------------------------------------------


@_pattern("settings, branding, flags")
def tenant_settings(tenant: str) -> Key:
    return _core(tenant, "CFG", "TENANT")


@_pattern("price types that contracts may name, as the last import told them")
def price_types(tenant: str) -> Key:
    return _core(tenant, "CFG", "PRICE_TYPES")


@_pattern("warehouses, as the last import told them")
def warehouses(tenant: str) -> Key:
    return _core(tenant, "CFG", "WAREHOUSES")


@_pattern("the manufacturer's own people")
def staff(tenant: str) -> Partition:
    return _core_part(tenant, "STAFF", "USER#")


@_pattern("one of the manufacturer's own people")
def staff_user(tenant: str, user: str) -> Key:
    return _core(tenant, "STAFF", f"USER#{user}")


@_pattern("counterparty with entities, contracts, users: all rows")
def party(tenant: str, party: str) -> Partition:
    return _core_part(tenant, f"PARTY#{party}")


@_pattern("a counterparty's profile")
def party_profile(tenant: str, party: str) -> Key:
    return _core(tenant, f"PARTY#{party}", "PROFILE")


@_pattern("a legal entity of a counterparty")
def legal_entity(tenant: str, party: str, entity: str) -> Key:
    return _core(tenant, f"PARTY#{party}", f"LE#{entity}")


@_pattern("a contract of a counterparty")
def contract(tenant: str, party: str, contract: str) -> Key:
    return _core(tenant, f"PARTY#{party}", f"CONTRACT#{contract}")


@_pattern("people of a counterparty")
def party_users(tenant: str, party: str) -> Partition:
    return _core_part(tenant, f"PARTY#{party}", "USER#")


@_pattern("a person of a counterparty")
def party_user(tenant: str, party: str, user: str) -> Key:
    return _core(tenant, f"PARTY#{party}", f"USER#{user}")


@_pattern("counterparties of a kind by name (gsi1)")
def parties(tenant: str, kind: str) -> Partition:
    return _index_part(Index.GSI1, tenant, f"PARTIES#{kind}")


@_pattern("a counterparty among those of its kind (gsi1)")
def party_by_name(tenant: str, kind: str, name: str, party: str) -> IndexKey:
    return IndexKey(Index.GSI1, f"{tenant_prefix(tenant)}PARTIES#{kind}", f"{name.casefold()[:200]}#{party}")


@_pattern("guard: a tax id is unique within the tenant")
def tax_id_guard(tenant: str, number: str) -> Key:
    return _core(tenant, f"INN#{number}", "GUARD")


@_pattern("guard: an e-mail is one person within the tenant")
def email_guard(tenant: str, email: str) -> Key:
    return _core(tenant, f"EMAIL#{email}", "GUARD")


@_pattern("guard: a document number is unique for ever")
def number_guard(tenant: str, number: str) -> Key:
    return _core(tenant, f"NUM#{number}", "GUARD")


@_pattern("another system's id ↔ ours")
def external_id(tenant: str, system: str, kind: str, external: str) -> Key:
    return _core(tenant, f"XID#{system}#{kind}#{external}", "GUARD")


@_pattern("a running number, e.g. of orders")
def sequence(tenant: str, name: str) -> Key:
    return _core(tenant, "SEQ", name)


@_pattern("open invitations to join the manufacturer's own people")
def staff_invitations(tenant: str) -> Partition:
    return _core_part(tenant, "STAFF", "INV#")


@_pattern("an open invitation to join the manufacturer's own people")
def staff_invitation(tenant: str, invitation: str) -> Key:
    return _core(tenant, "STAFF", f"INV#{invitation}")


@_pattern("an open invitation to join a counterparty's people")
def party_invitation(tenant: str, party: str, invitation: str) -> Key:
    return _core(tenant, f"PARTY#{party}", f"INV#{invitation}")


@_pattern("the catalogue snapshot in force")
def snapshot_current(tenant: str) -> Key:
    return _core(tenant, "SNAP", "CURRENT")


@_pattern("one catalogue snapshot of the history")
def snapshot_version(tenant: str, version: int) -> Key:
    return _core(tenant, "SNAP", f"V#{version:010d}")


@_pattern("catalogue snapshots, oldest first")
def snapshot_versions(tenant: str) -> Partition:
    return _core_part(tenant, "SNAP", "V#")


@_pattern("the cart of a user and contract, in pages of lines")
def cart(tenant: str, user: str, contract: str) -> Partition:
    return _core_part(tenant, f"CART#{user}", f"{contract}#")


@_pattern("one page of a cart")
def cart_page(tenant: str, user: str, contract: str, page: int) -> Key:
    return _core(tenant, f"CART#{user}", f"{contract}#{page:04d}")


@_pattern("order: head, lines, units, history, documents")
def order(tenant: str, order: str) -> Partition:
    return _core_part(tenant, f"ORDER#{order}")


@_pattern("an order's head")
def order_head(tenant: str, order: str) -> Key:
    return _core(tenant, f"ORDER#{order}", "HEAD")


@_pattern("a page of ≤ 100 lines of one version of an order")
def order_lines(tenant: str, order: str, version: int, page: int) -> Key:
    return _core(tenant, f"ORDER#{order}", f"LINES#{version:06d}#{page:04d}")


@_pattern("an event of an order's history")
def order_event(tenant: str, order: str, at: datetime, event: str) -> Key:
    return _core(tenant, f"ORDER#{order}", f"EV#{stamp(at)}#{event}")


@_pattern("a document of an order: invoice, payment, shipment")
def order_document(tenant: str, order: str, kind: str, document: str) -> Key:
    return _core(tenant, f"ORDER#{order}", f"DOC#{kind}#{document}")


@_pattern("an order's invoices, as it lists them")
def order_invoices(tenant: str, order: str) -> Partition:
    return _core_part(tenant, f"ORDER#{order}", "DOC#invoice#")


@_pattern("a dealer's orders, newest first (gsi1)")
def party_orders(tenant: str, party: str) -> Partition:
    return _index_part(Index.GSI1, tenant, f"PARTY#{party}#ORDERS")


@_pattern("an order among its dealer's (gsi1)")
def order_by_party(tenant: str, party: str, created: datetime, order: str) -> IndexKey:
    return IndexKey(Index.GSI1, f"{tenant_prefix(tenant)}PARTY#{party}#ORDERS", f"{stamp(created)}#{order}")


@_pattern("the factory's orders of a month, newest first (gsi3)")
def month_orders(tenant: str, month: str) -> Partition:
    return _index_part(Index.GSI3, tenant, f"ORDERS#{month}")


@_pattern("an order among those of its month (gsi3)")
def order_by_month(tenant: str, month: str, created: datetime, order: str) -> IndexKey:
    """`month` = `2026-11`, as the tenant's own calendar has it when the order is created."""
    return IndexKey(Index.GSI3, f"{tenant_prefix(tenant)}ORDERS#{month}", f"{stamp(created)}#{order}")


@_pattern("a task that waits for someone: its own item")
def task(tenant: str, queue: str, subject: str) -> Key:
    return _core(tenant, f"TASK#{queue}#{subject}", "TASK")


@_pattern("a work queue, oldest first: moderation, export to the ERP (gsi1)")
def work(tenant: str, queue: str) -> Partition:
    return _index_part(Index.GSI1, tenant, f"WORK#{queue}")


@_pattern("a task's place in its work queue (gsi1)")
def task_place(tenant: str, queue: str, since: datetime, subject: str) -> IndexKey:
    return IndexKey(Index.GSI1, f"{tenant_prefix(tenant)}WORK#{queue}", f"{stamp(since)}#{subject}")


@_pattern("balance, exposure and limit of a contract")
def account(tenant: str, contract: str) -> Key:
    return _core(tenant, f"ACC#{contract}", "BALANCE")


@_pattern("ledger of a contract in a year")
def ledger(tenant: str, contract: str, year: int) -> Partition:
    return _core_part(tenant, f"ACC#{contract}#{year:04d}")


@_pattern("one ledger entry")
def ledger_entry(tenant: str, contract: str, day: date, document: str) -> Key:
    return _core(tenant, f"ACC#{contract}#{day.year:04d}", f"{day.isoformat()}#{document}")


@_pattern("an invoice")
def invoice(tenant: str, invoice: str) -> Key:
    return _core(tenant, f"INVOICE#{invoice}", "HEAD")


@_pattern("invoice with its allocations and reminders")
def invoice_rows(tenant: str, invoice: str) -> Partition:
    return _core_part(tenant, f"INVOICE#{invoice}")


@_pattern("what an invoice got of payments")
def allocations(tenant: str, invoice: str) -> Partition:
    return _core_part(tenant, f"INVOICE#{invoice}", "ALLOC#")


@_pattern("a part of a payment that an invoice got")
def allocation(tenant: str, invoice: str, payment: str) -> Key:
    return _core(tenant, f"INVOICE#{invoice}", f"ALLOC#{payment}")


@_pattern("open invoices of the tenant, by counterparty and contract (gsi1, sparse)")
def all_open_invoices(tenant: str) -> Partition:
    return _index_part(Index.GSI1, tenant, "OPENINV")


@_pattern("open invoices of a counterparty, by contract (gsi1, sparse)")
def party_open_invoices(tenant: str, party: str) -> Partition:
    return _index_part(Index.GSI1, tenant, "OPENINV", f"{party}#")


@_pattern("open invoices of a contract by due date (gsi1, sparse)")
def open_invoices(tenant: str, party: str, contract: str) -> Partition:
    return _index_part(Index.GSI1, tenant, "OPENINV", f"{party}#{contract}#")


@_pattern("an open invoice's place by due date (gsi1)")
def open_invoice(tenant: str, party: str, contract: str, due: date, invoice: str) -> IndexKey:
    sk = f"{party}#{contract}#{due.isoformat()}#{invoice}"
    return IndexKey(Index.GSI1, f"{tenant_prefix(tenant)}OPENINV", sk)


@_pattern("a page of an invoice's lines")
def invoice_lines(tenant: str, invoice: str, page: int) -> Key:
    return _core(tenant, f"INVOICE#{invoice}", f"LINES#{page:04d}")


@_pattern("an invoice's reminders: the steps sent, and (gsi2) when to look at it next")
def reminders(tenant: str, invoice: str) -> Key:
    return _core(tenant, f"INVOICE#{invoice}", "REMINDERS")


@_pattern("invoices of a counterparty, newest first (gsi3)")
def party_invoices(tenant: str, party: str) -> Partition:
    return _index_part(Index.GSI3, tenant, f"PARTY#{party}#INVOICES")


@_pattern("an invoice among its counterparty's (gsi3)")
def invoice_by_party(tenant: str, party: str, day: date, invoice: str) -> IndexKey:
    return IndexKey(Index.GSI3, f"{tenant_prefix(tenant)}PARTY#{party}#INVOICES", f"{day.isoformat()}#{invoice}")


@_pattern("a payment")
def payment(tenant: str, payment: str) -> Key:
    return _core(tenant, f"PAYMENT#{payment}", "HEAD")


@_pattern("payments of a counterparty, newest first (gsi3)")
def party_payments(tenant: str, party: str) -> Partition:
    return _index_part(Index.GSI3, tenant, f"PARTY#{party}#PAYMENTS")


@_pattern("a payment among its counterparty's (gsi3)")
def payment_by_party(tenant: str, party: str, day: date, payment: str) -> IndexKey:
    return IndexKey(Index.GSI3, f"{tenant_prefix(tenant)}PARTY#{party}#PAYMENTS", f"{day.isoformat()}#{payment}")


@_pattern("all advances of the tenant: payments with a rest (gsi1, sparse)")
def all_advances(tenant: str) -> Partition:
    return _index_part(Index.GSI1, tenant, "ADVANCES")


@_pattern("advances of a counterparty: payments with a rest, by contract, oldest first (gsi1, sparse)")
def party_advances(tenant: str, party: str) -> Partition:
    return _index_part(Index.GSI1, tenant, "ADVANCES", f"{party}#")


@_pattern("advances of a contract: payments with a rest, oldest first (gsi1, sparse)")
def advances(tenant: str, party: str, contract: str) -> Partition:
    return _index_part(Index.GSI1, tenant, "ADVANCES", f"{party}#{contract}#")


@_pattern("an advance's place by its day (gsi1)")
def advance(tenant: str, party: str, contract: str, day: date, payment: str) -> IndexKey:
    sk = f"{party}#{contract}#{day.isoformat()}#{payment}"
    return IndexKey(Index.GSI1, f"{tenant_prefix(tenant)}ADVANCES", sk)


@_pattern("the factory's invoices of a month, by day: copies of their heads")
def month_invoices(tenant: str, month: str) -> Partition:
    return _core_part(tenant, f"INVOICES#{month}")


@_pattern("an invoice among those of its month")
def invoice_of_month(tenant: str, day: date, invoice: str) -> Key:
    return _core(tenant, f"INVOICES#{day.isoformat()[:7]}", f"{day.isoformat()}#{invoice}")


DUE_SHARDS = 1


@_pattern("anything due now: reminders, idle uploads, stuck outbox (gsi2, sparse)")
def due(tenant: str, shard: int = 0) -> Partition:
    return _index_part(Index.GSI2, tenant, f"DUE#{shard}")


@_pattern("when something must be looked at next (gsi2)")
def due_at(tenant: str, at: datetime, kind: str, subject: str) -> IndexKey:
    return IndexKey(Index.GSI2, f"{tenant_prefix(tenant)}DUE#0", f"{stamp(at)}#{kind}#{subject}")


@_pattern("an event in the outbox of its aggregate")
def outbox(tenant: str, aggregate: str, event: str) -> Key:
    return _core(tenant, f"OUT#{aggregate}", event)


@_pattern("guard: a request was carried out; keeps its answer")
def idempotency(tenant: str, key: str) -> Key:
    return _core(tenant, f"IDEM#{key}", "GUARD")


@_pattern("audit of an object, oldest first")
def audit(tenant: str, subject: str) -> Partition:
    return _core_part(tenant, f"AUDIT#{subject}")


@_pattern("one audit entry")
def audit_entry(tenant: str, subject: str, at: datetime, entry: str) -> Key:
    return _core(tenant, f"AUDIT#{subject}", f"{stamp(at)}#{entry}")


@_pattern("exchange journal of a month, newest first")
def journal(tenant: str, month: str) -> Partition:
    return _core_part(tenant, f"JOURNAL#{month}")


@_pattern("one entry of the exchange journal")
def journal_entry(tenant: str, at: datetime, entry: str) -> Key:
    return _core(tenant, f"JOURNAL#{stamp(at)[:7]}", f"{stamp(at)}#{entry}")


@_pattern("what the exchange remembers of the tenant's ERP, and the run that is going on")
def exchange_state(tenant: str) -> Key:
    return _core(tenant, "XCHG", "STATE")


@_pattern("rejected rows of a journal entry")
def journal_rejected(tenant: str, entry: str) -> Key:
    return _core(tenant, f"JOURNAL#{entry}", "REJECTED")


@_pattern("an exchange session's uploads and their state")
def exchange_uploads(tenant: str, session: str) -> Partition:
    return _core_part(tenant, f"XCHG#{session}")


@_pattern("one upload of an exchange session")
def exchange_upload(tenant: str, session: str, name: str) -> Key:
    return _core(tenant, f"XCHG#{session}", f"FILE#{name}")


@_pattern("what an exchange session was given to export")
def exchange_offer(tenant: str, session: str) -> Key:
    return _core(tenant, f"XCHG#{session}", "OFFER")
