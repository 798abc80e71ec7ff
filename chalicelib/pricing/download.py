"""The rows of a version as a spreadsheet, which can be mended and uploaded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.http.i18n import Translator
from chalicelib.http.spreadsheet import SheetColumn, Value, write_xlsx
from chalicelib.pricing import store
from chalicelib.pricing.lists import ListRow, ListVersion
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession

_CHUNK = 500
_WIDTHS = {"article": 20, "barcode": 16, "price": 14, "least": 14, "unit": 10, "coefficient": 14, "name": 48}


def written(db: TenantSession, version: ListVersion, t: Translator, now: datetime) -> str:
    """The key of the file in S3, which deletes it after a day. Goods that the catalogue has no longer stand under their
    id."""
    catalogue = current_catalogue(db, None, now)
    rows = store.opened(db.tenant_id, version).rows()
    key = files.made_key(db.tenant_id, "prices", f"{version.sha256[:24]}.{t.locale}.xlsx")
    columns = [SheetColumn(t.t(f"pricing.column.{name}"), width) for name, width in _WIDTHS.items()]
    with TemporaryDirectory(prefix="prices-") as folder:
        path = Path(folder) / "list.xlsx"
        write_xlsx(path, t.t("pricing.prices"), columns, _lines(rows, catalogue))
        files.put_path(db.tenant_id, key, path)
    return key


def _lines(rows: Iterator[ListRow], catalogue: Catalogue | None) -> Iterator[Sequence[Value]]:
    while some := list(islice(rows, _CHUNK)):
        items = catalogue.skus([row.sku for row in some]) if catalogue else {}
        for row in some:
            item = items.get(row.sku)
            article, barcode, unit, name = (item.article, item.barcode, item.unit, item.name) if item else ("",) * 4
            yield article or row.sku, barcode, row.amount, row.min_quantity, row.unit or unit, row.coefficient, name
