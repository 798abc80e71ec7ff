"""Hot counters and their journal, without an index; what the nightly check of them found."""

from __future__ import annotations

from datetime import date, datetime

from chalicelib.kernel.clock import stamp
from chalicelib.storage.keys.base import (
    Index,
    IndexKey,
    Key,
    Partition,
    Table,
    core,
    index_part,
    pattern,
    tenant_prefix,
)


@pattern("live stock of a SKU in all warehouses")
def stock_level(tenant: str, sku: str) -> Key:
    return Key(Table.STOCK, f"{tenant_prefix(tenant)}SKU#{sku}", "STOCK")


@pattern("what an order holds of the stock")
def reservation(tenant: str, order: str, page: int) -> Key:
    return Key(Table.STOCK, f"{tenant_prefix(tenant)}RES#{order}", f"PAGE#{page:04d}")


@pattern("pages of a SKU's movements, oldest first")
def movement_pages(tenant: str, sku: str) -> Partition:
    return Partition(Table.STOCK, f"{tenant_prefix(tenant)}SKU#{sku}", "MOVES#")


@pattern("a page of a SKU's movements: never changed")
def movement_page(tenant: str, sku: str, number: int) -> Key:
    return movement_pages(tenant, sku).item(f"{number:08d}")


@pattern("which SKUs were moved by what, oldest first; rows expire")
def moved_skus(tenant: str) -> Partition:
    return Partition(Table.STOCK, f"{tenant_prefix(tenant)}MOVED")


@pattern("the SKUs that one change moved")
def moved_by(tenant: str, at: datetime, cause: str) -> Key:
    return moved_skus(tenant).item(f"{stamp(at)}#{cause}")


@pattern("SKUs with goods on their way, by the day of the first arrival")
def coming_skus(tenant: str) -> Partition:
    return Partition(Table.STOCK, f"{tenant_prefix(tenant)}COMING")


@pattern("a SKU among those with goods on their way")
def coming_sku(tenant: str, due: date, sku: str) -> Key:
    return coming_skus(tenant).item(f"{due.isoformat()}#{sku}")


@pattern("SKUs of which something has come that the ERP has yet to tell of")
def came_skus(tenant: str) -> Partition:
    return Partition(Table.STOCK, f"{tenant_prefix(tenant)}CAME")


@pattern("a SKU of which something has come that the ERP has yet to tell of")
def came_sku(tenant: str, sku: str) -> Key:
    return came_skus(tenant).item(sku)


@pattern("how far the nightly check of stock has come")
def tally_round(tenant: str) -> Key:
    return core(tenant, "TALLY", "ROUND")


@pattern("a SKU whose stock disagreed with its movements or holds")
def tally_check(tenant: str, sku: str) -> Key:
    return core(tenant, "TALLY", f"SKU#{sku}")


@pattern("SKUs whose stock disagrees (gsi1, sparse)")
def wrong_stock(tenant: str) -> Partition:
    return index_part(Index.GSI1, tenant, "TALLY#WRONG")


@pattern("a SKU among those whose stock disagrees (gsi1)")
def wrong_stock_place(tenant: str, sku: str) -> IndexKey:
    return wrong_stock(tenant).place(sku)
