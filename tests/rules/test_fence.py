"""The fence lets no call leave the tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.kernel.ids import new_tenant_id
from chalicelib.storage import keys
from chalicelib.storage.fence import FenceBreach, fence

OWN = new_tenant_id()
OTHER = new_tenant_id()


def _key(tenant: str) -> dict[str, Any]:
    made = keys.tenant_settings(tenant)
    return {"pk": {"S": made.pk}, "sk": {"S": made.sk}}


def _query(tenant: str, index: str | None = None) -> dict[str, Any]:
    name = f"{index}pk" if index else "pk"
    call: dict[str, Any] = {
        "TableName": "x-core",
        "KeyConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": name},
        "ExpressionAttributeValues": {":0": {"S": f"{keys.tenant_prefix(tenant)}CFG"}},
    }
    return call | ({"IndexName": index} if index else {})


CALLS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "get": lambda t: ("get_item", {"TableName": "x-core", "Key": _key(t)}),
    "put": lambda t: ("put_item", {"TableName": "x-core", "Item": _key(t)}),
    "put into a foreign index": lambda t: (
        "put_item",
        {"TableName": "x-core", "Item": _key(OWN) | {"gsi1pk": {"S": f"{keys.tenant_prefix(t)}PARTIES#dealer"}}},
    ),
    "update": lambda t: ("update_item", {"TableName": "x-core", "Key": _key(t)}),
    "move into a foreign index": lambda t: (
        "update_item",
        {
            "TableName": "x-core",
            "Key": _key(OWN),
            "UpdateExpression": "SET #0 = :0",
            "ExpressionAttributeNames": {"#0": "gsi2pk"},
            "ExpressionAttributeValues": {":0": {"S": f"{keys.tenant_prefix(t)}DUE#0"}},
        },
    ),
    "delete": lambda t: ("delete_item", {"TableName": "x-core", "Key": _key(t)}),
    "query": lambda t: ("query", _query(t)),
    "query of an index": lambda t: ("query", _query(t, "gsi1")),
    "batch get": lambda t: ("batch_get_item", {"RequestItems": {"x-core": {"Keys": [_key(OWN), _key(t)]}}}),
    "batch write": lambda t: (
        "batch_write_item",
        {"RequestItems": {"x-core": [{"PutRequest": {"Item": _key(OWN)}}, {"DeleteRequest": {"Key": _key(t)}}]}},
    ),
    "transaction": lambda t: (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": {"TableName": "x-core", "Item": _key(OWN)}},
                {"ConditionCheck": {"TableName": "x-core", "Key": _key(t), "ConditionExpression": "a = b"}},
            ]
        },
    ),
    "transactional get": lambda t: (
        "transact_get_items",
        {"TransactItems": [{"Get": {"TableName": "x-core", "Key": _key(t)}}]},
    ),
}


def _client() -> Any:
    client = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    fence(client, (keys.tenant_prefix(OWN),))
    return client


@pytest.mark.parametrize("name", CALLS)
def test_a_call_with_another_tenants_key_never_leaves_the_process(name: str) -> None:
    operation, arguments = CALLS[name](OTHER)
    with pytest.raises(FenceBreach):
        getattr(_client(), operation)(**arguments)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_with_the_tenants_own_keys_passes(name: str) -> None:
    operation, arguments = CALLS[name](OWN)
    client = _client()
    with Stubber(client) as stub:
        stub.add_response(operation, {})
        getattr(client, operation)(**arguments)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("scan", {"TableName": "x-core"}),
        ("execute_statement", {"Statement": "SELECT * FROM x"}),
        (
            "query",
            {
                "TableName": "x-core",
                "KeyConditionExpression": "sk = :a",
                "ExpressionAttributeValues": {":a": {"S": "x"}},
            },
        ),
        ("put_item", {"TableName": "x-core", "Item": {"sk": {"S": "x"}}}),
        ("describe_table", {"TableName": "x-core"}),
    ],
)
def test_a_call_without_a_leading_key_is_refused(operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(FenceBreach):
        getattr(_client(), operation)(**arguments)


def test_no_key_can_be_made_without_a_well_formed_tenant_id() -> None:
    for wrong in ("", "t", "T#x", "t0000000000#", "t00000000000x", "x00000000000"):
        with pytest.raises(ValueError, match="tenant id"):
            keys.tenant_settings(wrong)
