"""A table of figures as text."""

from __future__ import annotations

from collections.abc import Sequence


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """The first column stands left, the others right; units belong into the heads."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    print(title)
    for row in (heads, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())
    if note:
        print("  " + note.replace("\n", "\n  "))
