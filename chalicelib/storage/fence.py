"""No call of a tenant to DynamoDB or S3 leaves the tenant.

The hooks sit beneath everything that a tenant's clients can do, on botocore's own event, and cost microseconds; they
stay on in production beside the session's policy, because no emulator enforces `dynamodb:LeadingKeys` by itself.
Scan and PartiQL have no leading key, a listing of files has no key: they are refused altogether.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFUSED = frozenset({"Scan", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"})
_PARTITION_KEYS = frozenset({"pk", "gsi1pk", "gsi2pk", "gsi3pk"})
_EQUALS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


class FenceBreach(RuntimeError):
    """A call would have touched another tenant's keys, or had no key at all. Always a programming error."""


def _keys_of_item(item: Mapping[str, Any]) -> Iterator[str]:
    if "pk" not in item:
        raise FenceBreach("an item without a partition key")
    for name in _PARTITION_KEYS & item.keys():
        yield next(iter(item[name].values()))


def _keys_set_by(expression: str, call: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = call.get("ExpressionAttributeNames", {})
    values = call.get("ExpressionAttributeValues", {})
    for name, value in _EQUALS.findall(expression):
        attribute = names.get(name, name)
        if attribute in _PARTITION_KEYS:
            yield attribute, next(iter(values[value].values()))


def _keys_of_operation(call: Mapping[str, Any]) -> Iterator[str]:
    if "Item" in call:
        yield from _keys_of_item(call["Item"])
    elif "Key" in call:
        yield from _keys_of_item(call["Key"])
        yield from (value for _, value in _keys_set_by(call.get("UpdateExpression", ""), call))
    elif "KeyConditionExpression" in call:
        wanted = f"{call['IndexName']}pk" if "IndexName" in call else "pk"
        found = dict(_keys_set_by(call["KeyConditionExpression"], call))
        if wanted not in found:
            raise FenceBreach("a query without a partition key")
        yield from found.values()
    else:
        raise FenceBreach("a call without a key")


def keys_of(operation: str, call: Mapping[str, Any]) -> list[str]:
    """Every partition key that the call reads or writes."""
    if operation in _REFUSED:
        raise FenceBreach(f"{operation} has no leading key")
    if "TransactItems" in call:
        return [key for item in call["TransactItems"] for part in item.values() for key in _keys_of_operation(part)]
    if "RequestItems" in call:
        found: list[str] = []
        for request in call["RequestItems"].values():
            if isinstance(request, Mapping):
                found.extend(key for item in request["Keys"] for key in _keys_of_item(item))
            else:
                found.extend(
                    key
                    for write in request
                    for part in write.values()
                    for key in _keys_of_item(part.get("Item") or part["Key"])
                )
        return found
    return list(_keys_of_operation(call))


def fence(client: Any, prefixes: tuple[str, ...]) -> None:
    """From now on the client refuses every call with a key that begins with none of `prefixes`."""

    def check(params: Mapping[str, Any], model: Any, **_: object) -> None:
        keys = keys_of(model.name, params)
        if not keys:
            raise FenceBreach("a call without a key")
        for key in keys:
            if not key.startswith(prefixes):
                raise FenceBreach(f"{model.name} outside the fence")

    client.meta.events.register("provide-client-params.dynamodb.*", check)


def fence_files(client: Any, bucket: str, folders: tuple[str, ...]) -> None:
    """From now on the S3 client refuses every call, and every pre-signed address, that is not about one file of
    `bucket` in one of `folders`."""

    def check(params: Mapping[str, Any], model: Any, **_: object) -> None:
        own = params.get("Bucket") == bucket and str(params.get("Key", "")).startswith(folders)
        if not own or "CopySource" in params:
            raise FenceBreach(f"{model.name} outside the fence")

    client.meta.events.register("provide-client-params.s3.*", check)
