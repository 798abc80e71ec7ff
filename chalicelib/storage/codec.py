"""Frozen dataclasses ↔ plain maps for DynamoDB.

Decimals, dates and moments become text (exact, sortable), so no number drifts; ints and bools stay themselves.
"""

from __future__ import annotations

import base64
import json
from dataclasses import MISSING, is_dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter

from chalicelib.kernel.errors import Invalid

_T = TypeVar("_T")


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    # Built on first use: a process needs only the few kinds that its requests touch.
    if kind not in _adapters:
        _refuse_lossy(kind)
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _refuse_lossy(kind: type[Any]) -> None:
    """A member that may be None needs a default: it is left out when stored and could not be loaded again."""
    if not is_dataclass(kind):
        return
    for member, hint in get_type_hints(kind).items():
        field = kind.__dataclass_fields__[member]
        if type(None) in get_args(hint) and field.default is MISSING and field.default_factory is MISSING:
            raise TypeError(f"{kind.__name__}.{member} may be None and has no default")
        for part in (hint, *get_args(hint)):
            if is_dataclass(part) and isinstance(part, type) and part is not kind:
                _refuse_lossy(part)


def dump(value: object) -> dict[str, Any]:
    """A dataclass as a map; None members are left out."""
    plain = _adapter(type(value)).dump_python(value, mode="json", exclude_none=True)
    if not isinstance(plain, dict):
        raise TypeError(f"{type(value).__name__} is not a dataclass")
    return plain


def load(kind: type[_T], data: dict[str, Any]) -> _T:
    """The dataclass back; members that the stored map lacks take their defaults."""
    loaded: _T = _adapter(kind).validate_python(data)
    return loaded


def pack(parts: list[str]) -> str:
    """A list of texts as one URL-safe word: a cursor for a page's address."""
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode().rstrip("=")


def unpack(word: str, count: int) -> list[str]:
    """What `pack` packed; Invalid("bad_cursor") for anything else."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except ValueError as wrong:
        raise Invalid("bad_cursor") from wrong
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(part, str) for part in parts):
        raise Invalid("bad_cursor")
    return parts
