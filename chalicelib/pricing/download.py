"""The rows of a version as a spreadsheet, which can be mended and uploaded again."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from chalicelib.catalogue.model import Item
from chalicelib.catalogue.store import current_catalogue
from chalicelib.http.i18n import Translator
from chalicelib.pricing import store
from chalicelib.pricing.lists import ListRow, ListVersion
from chalicelib.pricing.sheet import COLUMNS
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession

_CHUNK = 500
_WIDTHS = {"article": 20, "barcode": 16, "price": 14, "least": 14, "unit": 10, "coefficient": 14, "name": 48}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def written(db: TenantSession, version: ListVersion, t: Translator, now: datetime) -> str:
    """The key of the file in S3, which deletes it after a day. Goods that the catalogue has no longer stand under their
    id."""
    catalogue = current_catalogue(db, None, now)
    rows = store.opened(db.tenant_id, version).rows()
    key = files.made_key(db.tenant_id, "prices", f"{version.sha256[:24]}.{t.locale}.xlsx")
    with TemporaryDirectory(prefix="prices-") as folder:
        path = Path(folder) / "list.xlsx"
        with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
            sheet = book.add_worksheet()
            bold = book.add_format({"bold": True, "bottom": 1})
            for place, column in enumerate((*COLUMNS, "name")):
                sheet.set_column(place, place, _WIDTHS[column])
                sheet.write_string(0, place, t.t(f"pricing.column.{column}"), bold)
            sheet.freeze_panes(1, 1)
            line = 0
            while some := list(islice(rows, _CHUNK)):
                items = catalogue.skus([row.sku for row in some]) if catalogue else {}
                for row in some:
                    line += 1
                    _write(sheet, line, row, items.get(row.sku))
        files.put_path(db.tenant_id, key, path)
    return key


def _write(sheet: Worksheet, line: int, row: ListRow, item: Item | None) -> None:
    sheet.write_string(line, 0, (item.article if item else "") or row.sku)
    sheet.write_string(line, 1, item.barcode if item else "")
    sheet.write_number(line, 2, row.amount)
    sheet.write_number(line, 3, row.min_quantity)
    sheet.write_string(line, 4, row.unit or (item.unit if item else ""))
    sheet.write_number(line, 5, row.coefficient)
    sheet.write_string(line, 6, item.name if item else "")
