"""The fences let no call leave the tenant."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.kernel.ids import new_tenant_id
from chalicelib.storage import keys
from chalicelib.storage.credentials import session_policy
from chalicelib.storage.fence import FenceBreach, fence, fence_files
from chalicelib.storage.files import file_key, upload_key

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


FILE_CALLS: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "get": lambda t: ("get_object", {"Bucket": "files", "Key": file_key(t, "catalogue", "1.sqlite")}),
    "get an upload": lambda t: ("get_object", {"Bucket": "files", "Key": upload_key(t, "set", "0")}),
    "head": lambda t: ("head_object", {"Bucket": "files", "Key": file_key(t, "a")}),
    "put": lambda t: ("put_object", {"Bucket": "files", "Key": upload_key(t, "a"), "Body": b"x"}),
    "delete": lambda t: ("delete_object", {"Bucket": "files", "Key": file_key(t, "a")}),
}


def _files() -> Any:
    client = boto3.client("s3", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    fence_files(client, "files", keys.tenant_folders(OWN))
    return client


@pytest.mark.parametrize("name", FILE_CALLS)
def test_a_call_for_another_tenants_file_never_leaves_the_process(name: str) -> None:
    operation, arguments = FILE_CALLS[name](OTHER)
    with pytest.raises(FenceBreach):
        getattr(_files(), operation)(**arguments)


@pytest.mark.parametrize("name", FILE_CALLS)
def test_a_call_for_the_tenants_own_file_passes(name: str) -> None:
    operation, arguments = FILE_CALLS[name](OWN)
    client = _files()
    with Stubber(client) as stub:
        stub.add_response(operation, {})
        getattr(client, operation)(**arguments)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("list_buckets", {}),
        ("list_objects_v2", {"Bucket": "files", "Prefix": file_key(OWN, "")}),
        ("get_object", {"Bucket": "another", "Key": file_key(OWN, "a")}),
        ("get_object", {"Bucket": "files", "Key": f"T/{OWN}"}),
        ("get_object", {"Bucket": "files", "Key": f"T/{OWN}x/a"}),
        ("get_object", {"Bucket": "files", "Key": f"backup/T/{OWN}/a"}),
        (
            "copy_object",
            {
                "Bucket": "files",
                "Key": file_key(OWN, "a"),
                "CopySource": {"Bucket": "files", "Key": file_key(OTHER, "a")},
            },
        ),
        ("delete_objects", {"Bucket": "files", "Delete": {"Objects": [{"Key": file_key(OTHER, "a")}]}}),
    ],
)
def test_a_call_that_is_not_about_one_file_of_the_tenant_is_refused(operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(FenceBreach):
        getattr(_files(), operation)(**arguments)


def test_no_address_of_another_tenants_file_can_be_signed_in_advance() -> None:
    own, other = ({"Bucket": "files", "Key": file_key(tenant, "a")} for tenant in (OWN, OTHER))
    assert f"/T/{OWN}/a?" in _files().generate_presigned_url("get_object", Params=own)
    with pytest.raises(FenceBreach):
        _files().generate_presigned_url("get_object", Params=other)


def test_a_tenants_folder_can_not_be_named_without_a_well_formed_tenant_id() -> None:
    for wrong in ("", "..", "t0000000000/", "x00000000000"):
        with pytest.raises(ValueError, match="tenant id"):
            file_key(wrong, "a")


def test_a_session_policy_names_the_tenant_and_nothing_wider() -> None:
    text = session_policy(OWN, "files", partition="aws-eusc")
    items, stored = json.loads(text)["Statement"]
    assert items["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"T#{OWN}#*"]}}
    folders = (f"T/{OWN}", f"uploads/T/{OWN}", f"made/T/{OWN}")
    assert stored["Resource"] == [f"arn:aws-eusc:s3:::files/{folder}/*" for folder in folders]
    assert "*" not in "".join(items["Action"] + stored["Action"])
    assert len(text) <= 2048, "STS takes no longer policy"
