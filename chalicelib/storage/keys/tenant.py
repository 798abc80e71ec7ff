"""The manufacturer itself: settings, its own people, the catalogue in force."""

from __future__ import annotations

from chalicelib.storage.keys.base import Key, Partition, Table, core, core_part, pattern, tenant_prefix


@pattern("settings, branding, flags")
def tenant_settings(tenant: str) -> Key:
    return core(tenant, "CFG", "TENANT")


@pattern("price types that contracts may name, as the last import told them")
def price_types(tenant: str) -> Key:
    return core(tenant, "CFG", "PRICE_TYPES")


@pattern("warehouses, as the last import told them")
def warehouses(tenant: str) -> Key:
    return core(tenant, "CFG", "WAREHOUSES")


@pattern("groups and regions of dealers")
def segments(tenant: str) -> Key:
    return core(tenant, "CFG", "SEGMENTS")


@pattern("pricing book: own price lists, who is given which, discounts, exchange rates")
def price_book(tenant: str) -> Key:
    return core(tenant, "PRICES", "BOOK")


@pattern("a contract's personal prices and exchange rates")
def own_prices(tenant: str, contract: str) -> Key:
    return core(tenant, f"PRICES#{contract}", "OWN")


@pattern("rules of who sees which categories, brands and products")
def assortment(tenant: str) -> Key:
    return core(tenant, "CFG", "ASSORTMENT")


@pattern("rules of which categories, brands and products are on order")
def on_order(tenant: str) -> Key:
    return core(tenant, "CFG", "ON_ORDER")


@pattern("files with rows of own price lists that people uploaded, newest last")
def price_uploads(tenant: str) -> Partition:
    return core_part(tenant, "PRICES#UPLOADS")


@pattern("one such file and what became of it")
def price_upload(tenant: str, upload: str) -> Key:
    return price_uploads(tenant).item(upload)


@pattern("what the columns of such files meant last time, by their names")
def price_columns(tenant: str, heads: str) -> Key:
    return core(tenant, "PRICES#COLUMNS", heads)


@pattern("the manufacturer's own people")
def staff(tenant: str) -> Partition:
    return core_part(tenant, "STAFF", "USER#")


@pattern("one of the manufacturer's own people")
def staff_user(tenant: str, user: str) -> Key:
    return staff(tenant).item(user)


@pattern("open invitations to join the manufacturer's own people")
def staff_invitations(tenant: str) -> Partition:
    return core_part(tenant, "STAFF", "INV#")


@pattern("an open invitation to join the manufacturer's own people")
def staff_invitation(tenant: str, invitation: str) -> Key:
    return staff_invitations(tenant).item(invitation)


@pattern("guard: an e-mail is one person within the tenant")
def email_guard(tenant: str, email: str) -> Key:
    return core(tenant, f"EMAIL#{email}", "GUARD")


@pattern("the catalogue snapshot in force")
def snapshot_current(tenant: str) -> Key:
    return core(tenant, "SNAP", "CURRENT")


@pattern("catalogue snapshots, oldest first")
def snapshot_versions(tenant: str) -> Partition:
    return core_part(tenant, "SNAP", "V#")


@pattern("one catalogue snapshot of the history")
def snapshot_version(tenant: str, version: int) -> Key:
    return snapshot_versions(tenant).item(f"{version:010d}")


@pattern("the album in force: which picture a file's name stands for")
def album(tenant: str) -> Key:
    return core(tenant, "SNAP", "ALBUM")


@pattern("what is ordered together: the file in force, and how far the nightly round has come")
def companions(tenant: str) -> Key:
    return core(tenant, "SNAP", "COMPANIONS")


@pattern("pictures that the album does not show yet, oldest first")
def picture_news(tenant: str) -> Partition:
    return core_part(tenant, "PICS#NEWS")


@pattern("what a version of a price list would change, as somebody asked; rows expire")
def price_simulation(tenant: str, simulation: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}SIMULATION#{simulation}", "HEAD")
