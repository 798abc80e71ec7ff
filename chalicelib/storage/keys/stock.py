"""Hot counters, without an index."""

from __future__ import annotations

from chalicelib.storage.keys.base import Key, Table, pattern, tenant_prefix


@pattern("live stock of a SKU in all warehouses")
def stock_level(tenant: str, sku: str) -> Key:
    return Key(Table.STOCK, f"{tenant_prefix(tenant)}SKU#{sku}", "STOCK")


@pattern("what an order holds of the stock")
def reservation(tenant: str, order: str, page: int) -> Key:
    return Key(Table.STOCK, f"{tenant_prefix(tenant)}RES#{order}", f"PAGE#{page:04d}")
