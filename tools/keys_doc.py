"""Writes docs/keys.md from the package chalicelib/storage/keys: `python -m tools.keys_doc`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from chalicelib.storage import keys

TARGET = Path(__file__).parents[1] / "docs" / "keys.md"
_TENANT = "t00000000000"
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = date(2000, 1, 1)
_FAMILIES = (
    "directory",
    "tenant",
    "network",
    "ordering",
    "billing",
    "exchange",
    "goods",
    "common",
    "stock",
    "sessions",
)
_HEAD = """# Keys

Made by `python -m tools.keys_doc` from `chalicelib/storage/keys`, the only place where keys are made. Don't edit.
"""
_FAMILY = """
## `{name}`
{doc}

| access pattern | function | table | partition key | sort key |
|---|---|---|---|---|
"""


def _sample(parameter: inspect.Parameter) -> object:
    if parameter.name == "tenant":
        return _TENANT
    return {"int": 0, "datetime": _MOMENT, "date": _DAY}.get(str(parameter.annotation), f"<{parameter.name}>")


def _shown(text: str) -> str:
    for sample, placeholder in ((_TENANT, "<tenant>"), ("2000-01-01T00:00:00.000Z", "<utc>"), ("2000-01-01", "<day>")):
        text = text.replace(sample, placeholder)
    return text.replace("2000-01", "<month>").replace("|", "\\|")


def _row(meaning: str, function: Callable[..., object]) -> str:
    made = function(*(_sample(p) for p in inspect.signature(function).parameters.values()))
    match made:
        case keys.Key():
            where = (made.table, made.pk, made.sk)
        case keys.IndexKey():
            where = (f"core, {made.index}", made.pk, made.sk)
        case keys.Partition():
            table = f"{made.table}, {made.index}" if made.index else str(made.table)
            where = (table, made.pk, f"{made.prefix}…")
        case _:
            raise TypeError(f"{function.__name__} makes no key")
    cells = (meaning, f"`{function.__name__}`", where[0], f"`{_shown(where[1])}`", f"`{_shown(where[2])}`")
    return "| " + " | ".join(cells) + " |\n"


def document() -> str:
    families: dict[str, list[str]] = {name: [] for name in _FAMILIES}
    for meaning, function in keys.PATTERNS:
        families[function.__module__.rsplit(".", 1)[1]].append(_row(meaning, function))
    return _HEAD + "".join(
        _FAMILY.format(name=name, doc=sys.modules[f"{keys.__name__}.{name}"].__doc__) + "".join(rows)
        for name, rows in families.items()
    )


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(document(), "utf-8")
