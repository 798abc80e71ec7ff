"""Frozen dataclasses ↔ plain maps for DynamoDB.

Decimals, dates and moments become text (exact, sortable), so no number drifts; ints and bools stay themselves.
How a class is loaded is worked out from its annotations, once a process. A pydantic adapter for each class would do
the same, but importing it and building the adapters was a fifth of a cold start.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from chalicelib.kernel.errors import Invalid

_T = TypeVar("_T")
_Load = Callable[[Any], Any]
_known: dict[type[Any], dict[str, _Load]] = {}


def dump(value: object) -> dict[str, Any]:
    """A dataclass as a map; None members are left out. TypeError for what could not be loaded again."""
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} is not a dataclass")
    _loaders(type(value))
    return _map(value)


def load(kind: type[_T], data: Mapping[str, Any]) -> _T:
    """The dataclass back; members that the stored map lacks take their defaults, and what it has besides is passed
    over. TypeError or ValueError for a map that was never made of this class."""
    loaders = _loaders(kind)
    return kind(**{name: loaders[name](stored) for name, stored in data.items() if name in loaders})


def _map(value: Any) -> dict[str, Any]:
    members = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: _stored(member) for name, member in members if member is not None}


def _stored(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case str() | int():
            return value
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case tuple() | list():
            return [_stored(one) for one in value]
        case Mapping():
            return {name: _stored(one) for name, one in value.items()}
    if is_dataclass(value):
        return _map(value)
    raise TypeError(f"{type(value).__name__} has no stored form")


def _loaders(kind: type[Any]) -> dict[str, _Load]:
    """What makes each member of a dataclass of its stored form; worked out on first use."""
    if kind not in _known:
        hints = get_type_hints(kind)
        for field in fields(kind):
            # It is left out when stored as None and could not be loaded again.
            if NoneType in get_args(hints[field.name]) and _is_required(field):
                raise TypeError(f"{kind.__name__}.{field.name} may be None and has no default")
        _known[kind] = {field.name: _loader(hints[field.name]) for field in fields(kind)}
    return _known[kind]


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _loader(hint: Any) -> _Load:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _load_one_of([part for part in parts if part is not NoneType])
    if origin is tuple and parts[-1] is Ellipsis:
        return partial(_load_tuple, _loader(parts[0]))
    if origin is tuple:
        return partial(_load_row, [_loader(part) for part in parts])
    if origin in (dict, Mapping):
        return partial(_load_mapping, _loader(parts[1]))
    if origin is Literal:
        return partial(_load_literal, parts)
    if isinstance(hint, type) and is_dataclass(hint):
        _loaders(hint)  # refuses what is lossy in it, too
        return partial(load, hint)
    if hint in (str, int, bool):
        return partial(_load_itself, hint)
    if hint in (date, datetime):
        from_text: _Load = hint.fromisoformat
        return from_text
    if isinstance(hint, type) and issubclass(hint, Decimal | Enum):
        return hint
    raise TypeError(f"{hint} has no stored form")


def _load_one_of(kinds: Sequence[Any]) -> _Load:
    """For `X | None`, and for a choice of dataclasses: the first whose required members are all there."""
    if len(kinds) == 1:
        return _loader(kinds[0])
    required = {kind: {field.name for field in fields(kind) if _is_required(field)} for kind in kinds}

    def load_fitting(stored: Mapping[str, Any]) -> Any:
        for kind, names in required.items():
            if names <= stored.keys():
                return load(kind, stored)
        raise ValueError(f"neither of {[kind.__name__ for kind in kinds]}")

    return load_fitting


def _load_tuple(one: _Load, stored: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(map(one, stored))


def _load_row(each: Sequence[_Load], stored: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(one(value) for one, value in zip(each, stored, strict=True))


def _load_mapping(one: _Load, stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one(value) for name, value in stored.items()}


def _load_literal(allowed: Sequence[Any], stored: object) -> object:
    if stored not in allowed:
        raise ValueError(f"{stored!r} is none of {allowed}")
    return stored


def _load_itself(kind: type[Any], stored: object) -> object:
    if not isinstance(stored, kind):
        raise TypeError(f"{type(stored).__name__} instead of {kind.__name__}")
    return stored


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
