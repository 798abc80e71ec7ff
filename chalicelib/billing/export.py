"""The list of invoices as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chalicelib.billing.model import Invoice
from chalicelib.http.i18n import Translator
from chalicelib.http.spreadsheet import SheetColumn, xlsx

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
_SUMS = ("billing.total", "billing.paid", "billing.rest")


def invoices_xlsx(invoices: Iterable[Invoice], t: Translator, today: date, *, is_cut: bool) -> bytes:
    """One row an invoice; below them, if there are more (`is_cut`), a line that says so."""
    columns = [SheetColumn(t.t(key), width, key in _SUMS) for key, width in _COLUMNS]
    rows = (
        (
            invoice.number,
            invoice.day,
            invoice.party_name,
            invoice.contract_number,
            invoice.order_number,
            invoice.due,
            invoice.overdue_days(today),
            t.t(f"billing.state.{invoice.state}"),
            invoice.currency,
            invoice.total,
            invoice.paid,
            invoice.rest.amount,
        )
        for invoice in invoices
    )
    return xlsx(t.t("billing.invoices"), columns, rows, note=t.t("billing.list_cut") if is_cut else "")
