"""Reads in DynamoDB's words: batches, ranges of sort keys, positions in a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from chalicelib.storage import codec
from chalicelib.storage.keys import Key, Partition, Table
from chalicelib.storage.rows import table_name

_LONGEST_PK, _LONGEST_SK = 2048, 1024  # bytes
_LAST = "\U0010fffd"  # sorts after everything that a key may have


def storable(key: Key) -> bool:
    """Whether DynamoDB could hold such a key: an id that is longer than any of ours is simply absent."""
    return len(key.pk.encode()) <= _LONGEST_PK and 0 < len(key.sk.encode()) <= _LONGEST_SK


_WITHOUT_LOG = ("pk", "sk", "type", "version", "data", "n", "ttl")


def batch(keys: Sequence[Key], consistent: bool, *, logs: bool) -> dict[str, Any]:
    """What BatchGetItem is asked for; the logs of stock rows stay behind unless they are wanted."""
    tables: dict[str, Any] = {}
    for key in keys:
        request = tables.setdefault(table_name(key.table), {"Keys": [], "ConsistentRead": consistent})
        request["Keys"].append({"pk": {"S": key.pk}, "sk": {"S": key.sk}})
    stock = tables.get(table_name(Table.STOCK))
    if stock is not None and not logs:
        stock["ProjectionExpression"] = ",".join(f"#{name}" for name in _WITHOUT_LOG)
        stock["ExpressionAttributeNames"] = {f"#{name}": name for name in _WITHOUT_LOG}
    return tables


def sort_key_range(partition: Partition, since: str | None, until: str | None) -> Condition | None:
    """The part of the partition with `since` ≤ sort key < `until`, either of which may be left out; None: all of it."""
    sort_key = Path([f"{partition.index}sk" if partition.index else "sk"])
    if since is None and until is None:
        return sort_key.startswith(partition.prefix) if partition.prefix else None
    low = partition.prefix if since is None else since
    return sort_key.between(low or " ", partition.prefix + _LAST if until is None else _just_before(until))


def _just_before(text: str) -> str:
    """The greatest sort key that is still less than `text` (BETWEEN includes both ends)."""
    return text[:-1] + chr(ord(text[-1]) - 1) + _LAST


def cursor(partition: Partition, last: dict[str, Any]) -> str:
    """The opaque position after the item with the key `last`."""
    parts = [last["pk"]["S"], last["sk"]["S"]]
    if partition.index:
        parts.append(last[f"{partition.index}sk"]["S"])
    return codec.pack(parts)


def position(partition: Partition, after: str) -> dict[str, Any]:
    """The key that `cursor` made `after` of; Invalid for what it can't have made."""
    parts = codec.unpack(after, 3 if partition.index else 2)
    position = {"pk": {"S": parts[0]}, "sk": {"S": parts[1]}}
    if partition.index:
        position[f"{partition.index}pk"] = {"S": partition.pk}
        position[f"{partition.index}sk"] = {"S": parts[2]}
    return position
