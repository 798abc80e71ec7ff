"""Figures as text: the table of a part, and the one table of all parts at the end of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

FIGURES = "KONTOR_BENCH_FIGURES"  # the environment variable that names the file of the run's figures


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """The first column stands left, the others right; units belong into the heads."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    print(title)
    for row in (heads, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())
    if note:
        print("  " + note.replace("\n", "\n  "))


def keep_figure(name: str, unit: str, *values: float, most: float | None = None) -> None:
    """A figure for the table at the end of the run; `most` is the target of each of its values. Nothing happens where
    a part runs alone."""
    file = os.environ.get(FIGURES)
    if file:
        with open(file, "a") as figures:
            figures.write(json.dumps([name, unit, values, most], ensure_ascii=False) + "\n")


def print_figures(file: Path) -> None:
    """What all parts have kept, in order."""
    rows = []
    for name, unit, values, most in map(json.loads, file.read_text().splitlines()):
        target = ("", "") if most is None else (f"≤ {most:g}", "met" if max(values) <= most else "missed")
        rows.append([name, " / ".join(map(_short, values)), unit, *target])
    print_table("All figures", ("figure", "value", "unit", "target", ""), rows)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
