"""The catalogue without an ERP: files that were uploaded, and what was changed by hand."""

from __future__ import annotations

from chalicelib.storage.keys.base import Key, Partition, core, core_part, pattern


@pattern("files with goods that people uploaded, newest last")
def goods_uploads(tenant: str) -> Partition:
    return core_part(tenant, "GOODS#UPLOADS")


@pattern("one uploaded file and what became of it")
def goods_upload(tenant: str, upload: str) -> Key:
    return goods_uploads(tenant).item(upload)


@pattern("what the columns of such files meant last time, by their heads")
def goods_columns(tenant: str, heads: str) -> Key:
    return core(tenant, "GOODS#COLUMNS", heads)


@pattern("changes by hand that readers don't see yet, oldest first")
def goods_edits(tenant: str) -> Partition:
    return core_part(tenant, "GOODS#EDITS")


@pattern("one change by hand")
def goods_edit(tenant: str, edit: str) -> Key:
    return goods_edits(tenant).item(edit)


@pattern("who last changed a product or category by hand, and when")
def goods_edited(tenant: str, thing: str) -> Key:
    return core(tenant, "GOODS#EDITED", thing)


@pattern("pictures that people brought for a product and that are being made, or were refused")
def goods_pictures(tenant: str, sku: str) -> Partition:
    return core_part(tenant, f"GOODS#PICTURES#{sku}")


@pattern("one of them")
def goods_picture(tenant: str, sku: str, picture: str) -> Key:
    return goods_pictures(tenant, sku).item(picture)
