"""Where a file is fetched."""

from __future__ import annotations

from chalicelib.http.i18n import translator
from chalicelib.http.responses import XLSX, disposition
from chalicelib.pricelist import store
from chalicelib.pricelist.model import Format, PriceList
from chalicelib.storage import files

_SECONDS = 300
_CONTENT = {Format.XLSX: XLSX, Format.CSV: "text/csv; charset=utf-8", Format.PDF: "application/pdf"}


def address_of(tenant_id: str, one: PriceList, contract_number: str) -> str:
    """S3's own, signed for five minutes under the tenant's narrowed credentials: a whole catalogue as XLSX is larger
    than the 6 MB that a function may answer with."""
    title = translator(one.wish.locale).t("pricelist.title")
    named = " ".join(part for part in (title, contract_number, one.category_name) if part)
    name = "".join("-" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in named)[:150]
    return files.address(
        tenant_id,
        store.file_key(tenant_id, one),
        disposition=disposition(f"{name}.{one.wish.format}"),
        content_type=_CONTENT[one.wish.format],
        seconds=_SECONDS,
    )
