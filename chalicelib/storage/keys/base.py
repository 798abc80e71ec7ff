"""The shapes of keys, and what each of them begins with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from chalicelib.kernel.ids import is_tenant_id


class Table(StrEnum):
    DIRECTORY = "directory"
    CORE = "core"
    STOCK = "stock"
    EPHEMERAL = "ephemeral"


class Index(StrEnum):
    GSI1 = "gsi1"
    GSI2 = "gsi2"
    GSI3 = "gsi3"


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of one item."""

    table: Table
    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Partition:
    """Items that are read together, in the order of their sort keys; `prefix` narrows them."""

    table: Table
    pk: str
    prefix: str = ""
    index: Index | None = None

    def item(self, rest: str) -> Key:
        """The key of one of its items, by what its sort key has after the prefix."""
        return Key(self.table, self.pk, self.prefix + rest)

    def place(self, rest: str) -> IndexKey:
        """Where an item appears in this partition of an index."""
        if self.index is None:
            raise ValueError(f"{self.pk} is no partition of an index")
        return IndexKey(self.index, self.pk, self.prefix + rest)


@dataclass(frozen=True, slots=True)
class IndexKey:
    """Where an item also appears: its key in one GSI."""

    index: Index
    pk: str
    sk: str


_F = TypeVar("_F", bound=Callable[..., object])
PATTERNS: list[tuple[str, Callable[..., object]]] = []


def pattern(meaning: str) -> Callable[[_F], _F]:
    """Notes an access pattern for docs/keys.md."""

    def register(function: _F) -> _F:
        PATTERNS.append((meaning, function))
        return function

    return register


def tenant_prefix(tenant_id: str) -> str:
    """What every key of the tenant begins with. Anything but a well-formed tenant id is refused loudly."""
    if not is_tenant_id(tenant_id):
        raise ValueError(f"not a tenant id: {tenant_id!r}")
    return f"T#{tenant_id}#"


def tenant_folders(tenant_id: str) -> tuple[str, str, str]:
    """What the key of every file of the tenant begins with in S3: of what stays, of uploads, which go after 30 days,
    and of what was made to be fetched, which goes after one."""
    if not is_tenant_id(tenant_id):
        raise ValueError(f"not a tenant id: {tenant_id!r}")
    return f"T/{tenant_id}/", f"uploads/T/{tenant_id}/", f"made/T/{tenant_id}/"


def core(tenant_id: str, pk: str, sk: str) -> Key:
    return Key(Table.CORE, tenant_prefix(tenant_id) + pk, sk)


def core_part(tenant_id: str, pk: str, prefix: str = "") -> Partition:
    return Partition(Table.CORE, tenant_prefix(tenant_id) + pk, prefix)


def index_part(index: Index, tenant_id: str, pk: str, prefix: str = "") -> Partition:
    return Partition(Table.CORE, tenant_prefix(tenant_id) + pk, prefix, index)
