"""Carts, orders and the work that waits for someone."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.clock import stamp
from chalicelib.storage.keys.base import Index, IndexKey, Key, Partition, core, core_part, index_part, pattern


@pattern("one page of a cart")
def cart_page(tenant: str, user: str, contract: str, page: int) -> Key:
    return core(tenant, f"CART#{user}", f"{contract}#{page:04d}")


@pattern("order: head, lines, units, history, documents")
def order(tenant: str, order: str) -> Partition:
    return core_part(tenant, f"ORDER#{order}")


@pattern("an order's head")
def order_head(tenant: str, order: str) -> Key:
    return core(tenant, f"ORDER#{order}", "HEAD")


@pattern("a page of ≤ 100 lines of one version of an order")
def order_lines(tenant: str, order: str, version: int, page: int) -> Key:
    return core(tenant, f"ORDER#{order}", f"LINES#{version:06d}#{page:04d}")


@pattern("an event of an order's history")
def order_event(tenant: str, order: str, at: datetime, event: str) -> Key:
    return core(tenant, f"ORDER#{order}", f"EV#{stamp(at)}#{event}")


@pattern("a document of an order: invoice, payment, shipment")
def order_document(tenant: str, order: str, kind: str, document: str) -> Key:
    return core(tenant, f"ORDER#{order}", f"DOC#{kind}#{document}")


@pattern("how new the ERP's last word is on an order, or on a document of it")
def erp_word(tenant: str, order: str, about: str) -> Key:
    return core(tenant, f"ORDER#{order}", f"ERP#{about}")


@pattern("an order's invoices, as it lists them")
def order_invoices(tenant: str, order: str) -> Partition:
    return core_part(tenant, f"ORDER#{order}", "DOC#invoice#")


@pattern("a dealer's orders, newest first (gsi1)")
def party_orders(tenant: str, party: str) -> Partition:
    return index_part(Index.GSI1, tenant, f"PARTY#{party}#ORDERS")


@pattern("an order among its dealer's (gsi1)")
def order_by_party(tenant: str, party: str, created: datetime, order: str) -> IndexKey:
    return party_orders(tenant, party).place(f"{stamp(created)}#{order}")


@pattern("the factory's orders of a month, newest first (gsi3)")
def month_orders(tenant: str, month: str) -> Partition:
    return index_part(Index.GSI3, tenant, f"ORDERS#{month}")


@pattern("an order among those of its month (gsi3)")
def order_by_month(tenant: str, month: str, created: datetime, order: str) -> IndexKey:
    """`month` = `2026-11`, as the tenant's own calendar has it when the order is created."""
    return month_orders(tenant, month).place(f"{stamp(created)}#{order}")


@pattern("orders that are not closed, or not fully invoiced, newest first (gsi2, sparse)")
def open_orders(tenant: str) -> Partition:
    return index_part(Index.GSI2, tenant, "OPENORDERS")


@pattern("an order among those that are not closed (gsi2)")
def open_order(tenant: str, created: datetime, order: str) -> IndexKey:
    return open_orders(tenant).place(f"{stamp(created)}#{order}")


@pattern("a task that waits for someone: its own item")
def task(tenant: str, queue: str, subject: str) -> Key:
    return core(tenant, f"TASK#{queue}#{subject}", "TASK")


@pattern("a work queue, oldest first: moderation, export to the ERP (gsi1)")
def work(tenant: str, queue: str) -> Partition:
    return index_part(Index.GSI1, tenant, f"WORK#{queue}")


@pattern("a task's place in its work queue (gsi1)")
def task_place(tenant: str, queue: str, since: datetime, subject: str) -> IndexKey:
    return work(tenant, queue).place(f"{stamp(since)}#{subject}")
