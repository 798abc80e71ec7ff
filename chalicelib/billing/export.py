"""The list of invoices as a spreadsheet. Texts stay texts: a name that begins with `=` is no formula."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from io import BytesIO

import xlsxwriter

from chalicelib.billing.model import Invoice
from chalicelib.http.i18n import Translator

_COLUMNS = (
    ("billing.number", 16),
    ("billing.day", 12),
    ("billing.dealer", 36),
    ("billing.contract", 18),
    ("billing.order", 16),
    ("billing.due", 12),
    ("billing.overdue_days", 12),
    ("billing.state", 18),
    ("billing.currency", 9),
    ("billing.total", 16),
    ("billing.paid", 16),
    ("billing.rest", 16),
)


def invoices_xlsx(invoices: Iterable[Invoice], t: Translator, today: date) -> bytes:
    """One sheet, one row an invoice; sums are numbers, days are dates."""
    content = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd.mm.yyyy",
    }
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet(t.t("billing.invoices")[:31])
        head = book.add_format({"bold": True, "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00"})
        for place, (key, width) in enumerate(_COLUMNS):
            sheet.set_column(place, place, width, money if key in _SUMS else None)
            sheet.write_string(0, place, t.t(key), head)
        for row, invoice in enumerate(invoices, 1):
            _write(sheet, row, invoice, t, today)
        sheet.freeze_panes(1, 1)
    return content.getvalue()


_SUMS = ("billing.total", "billing.paid", "billing.rest")


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, invoice: Invoice, t: Translator, today: date) -> None:
    sheet.write_string(row, 0, invoice.number)
    sheet.write_datetime(row, 1, invoice.day)
    sheet.write_string(row, 2, invoice.party_name)
    sheet.write_string(row, 3, invoice.contract_number)
    sheet.write_string(row, 4, invoice.order_number)
    sheet.write_datetime(row, 5, invoice.due)
    sheet.write_number(row, 6, invoice.overdue_days(today))
    sheet.write_string(row, 7, t.t(f"billing.state.{invoice.state}"))
    sheet.write_string(row, 8, invoice.currency)
    sheet.write_number(row, 9, invoice.total)
    sheet.write_number(row, 10, invoice.paid)
    sheet.write_number(row, 11, invoice.rest.amount)
