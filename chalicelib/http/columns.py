"""The form in which a person says what the columns of a file mean; `http/columns.html` shows it."""

from __future__ import annotations

from chalicelib.http.request import Form
from chalicelib.kernel.numbers import whole
from chalicelib.kernel.sheets.columns import FIRST


def chosen_columns(form: Form, count: int) -> tuple[str, ...]:
    """The meaning of each of so many columns."""
    return tuple(form.text(f"column_{place}") for place in range(count))


def typed_head(text: str) -> int | None:
    """The number of the row that names the columns, 0 = none does; None for what is no such number."""
    return whole(text, FIRST)
