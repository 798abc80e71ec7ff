"""The condition key `dynamodb:LeadingKeys`, which MiniStack does not know.

Without it `ForAllValues:StringLike` on that key is vacuously true and a tenant's session could
read every tenant's items. The values are worked out from the request as AWS documents it: the
partition key of every item that the call names. A key that cannot be worked out becomes a value
that no policy allows, so the call is refused.
"""

import json
import re
from collections.abc import Callable
from typing import Any

UNKNOWN = "\0unknown"
_EQUALITY = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")

KeyNames = Callable[[str, str | None], str | None]
"""(table name, index name or None) -> name of the partition key attribute."""


def leading_keys(request: dict[str, Any], key_name: KeyNames) -> list[str]:
    """Partition key values that a DynamoDB request touches; empty when it names none (Scan)."""
    if "TransactItems" in request:
        operations = [operation for entry in request["TransactItems"] for operation in entry.values()]
        return [_of_item(o.get("TableName", ""), o.get("Key") or o.get("Item"), key_name) for o in operations]
    if isinstance(request.get("RequestItems"), dict):
        return [
            _of_item(table, item, key_name)
            for table, wanted in request["RequestItems"].items()
            for item in _batch_items(wanted)
        ]
    if "KeyConditionExpression" in request:
        return [_of_query(request, key_name)]
    if "Key" in request or "Item" in request:
        return [_of_item(request.get("TableName", ""), request.get("Key") or request.get("Item"), key_name)]
    if {"KeyConditions", "Statement", "Statements", "TransactStatements"} & request.keys():
        return [UNKNOWN]  # legacy conditions and PartiQL: nothing of ours uses them
    return []


def _batch_items(wanted: Any) -> list[Any]:
    if isinstance(wanted, dict):  # BatchGetItem
        return list(wanted.get("Keys", []))
    return [write.get("Key") or write.get("Item") for entry in wanted for write in entry.values()]


def _of_item(table: str, item: Any, key_name: KeyNames) -> str:
    name = key_name(table.rsplit("/", 1)[-1], None)
    return _text((item or {}).get(name)) if name else UNKNOWN


def _of_query(request: dict[str, Any], key_name: KeyNames) -> str:
    wanted = key_name(request.get("TableName", "").rsplit("/", 1)[-1], request.get("IndexName"))
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    for name, value in _EQUALITY.findall(request["KeyConditionExpression"]):
        if wanted and names.get(name, name) == wanted:
            return _text(values.get(value))
    return UNKNOWN


def _text(attribute: Any) -> str:
    if isinstance(attribute, dict) and attribute:
        return str(next(iter(attribute.values())))
    return UNKNOWN


def install(evaluator: Any, tables: Any) -> None:
    """Add the key to what `evaluator.dynamodb_service_context` answers; `tables` is MiniStack's store."""
    original = evaluator.dynamodb_service_context

    def key_name(table: str, index: str | None) -> str | None:
        description = tables.get(table) or {}
        schema = description.get("KeySchema") or []
        if index:
            indexes = (description.get("GlobalSecondaryIndexes") or []) + (
                description.get("LocalSecondaryIndexes") or []
            )
            schema = next((i["KeySchema"] for i in indexes if i["IndexName"] == index), [])
        return next((key["AttributeName"] for key in schema if key["KeyType"] == "HASH"), None)

    def with_leading_keys(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = original(body)
        try:
            keys = leading_keys(json.loads(body or b"{}"), key_name)
        except (ValueError, AttributeError, TypeError):
            keys = [UNKNOWN]  # unreadable: refuse rather than let it pass
        return {**context, "dynamodb:LeadingKeys": keys} if keys else context

    evaluator.dynamodb_service_context = with_leading_keys
