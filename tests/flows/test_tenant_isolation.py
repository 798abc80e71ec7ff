"""A tenant's session is narrowed by AWS itself: role, session policy and `dynamodb:LeadingKeys`, on the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.kernel.ids import new_tenant_id
from chalicelib.storage import keys
from chalicelib.storage.credentials import session_policy
from tests.support.stack import Stack

OWN, OTHER = new_tenant_id(), new_tenant_id()


TABLES = {name: f"kontor-local-{name}" for name in ("core", "stock", "ephemeral", "directory")}


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    return TABLES


@pytest.fixture(scope="module")
def session(stack: Stack) -> Iterator[Any]:
    """DynamoDB as the tenant `OWN`: the deployed role's policies under the product's own session policy.

    The deployed role trusts our functions only, so a twin with the same policies stands in for it.
    """
    iam, deployed = stack.client("iam"), stack.outputs["TenantRoleArn"].rsplit("/", 1)[1]
    twin = f"twin-{OWN}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    arn = iam.create_role(RoleName=twin, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    names = iam.list_role_policies(RoleName=deployed)["PolicyNames"]
    assert names
    for name in names:
        document = iam.get_role_policy(RoleName=deployed, PolicyName=name)["PolicyDocument"]
        text = document if isinstance(document, str) else json.dumps(document)
        iam.put_role_policy(RoleName=twin, PolicyName=name, PolicyDocument=text)
    answer = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName=OWN, Policy=session_policy(OWN))
    keys_ = answer["Credentials"]
    yield boto3.client(
        "dynamodb",
        endpoint_url=stack.aws_endpoint,
        region_name="eu-central-1",
        aws_access_key_id=keys_["AccessKeyId"],
        aws_secret_access_key=keys_["SecretAccessKey"],
        aws_session_token=keys_["SessionToken"],
    )
    for name in names:
        iam.delete_role_policy(RoleName=twin, PolicyName=name)
    iam.delete_role(RoleName=twin)


def _item(tenant: str, sk: str = "TENANT") -> dict[str, Any]:
    return {"pk": {"S": keys.tenant_settings(tenant).pk}, "sk": {"S": sk}}


def _query(tenant: str, index: str | None = None) -> dict[str, Any]:
    name = f"{index}pk" if index else "pk"
    call: dict[str, Any] = {
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": name},
        "ExpressionAttributeValues": {":k": {"S": keys.tenant_settings(tenant).pk}},
    }
    return call | ({"IndexName": index} if index else {})


def _calls(table: str, tenant: str) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        "get": ("get_item", {"TableName": table, "Key": _item(tenant)}),
        "put": ("put_item", {"TableName": table, "Item": _item(tenant)}),
        "delete": ("delete_item", {"TableName": table, "Key": _item(tenant)}),
        "query": ("query", {"TableName": table, **_query(tenant)}),
        "query of an index": ("query", {"TableName": table, **_query(tenant, "gsi1")}),
        "batch": ("batch_get_item", {"RequestItems": {table: {"Keys": [_item(OWN), _item(tenant)][-1:]}}}),
        "mixed batch": ("batch_get_item", {"RequestItems": {table: {"Keys": [_item(OWN, "X"), _item(tenant)]}}}),
        "transaction": (
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": {"TableName": table, "Item": _item(OWN, "X")}},
                    {"Put": {"TableName": table, "Item": _item(tenant)}},
                ]
            },
        ),
    }


def _code(session: Any, operation: str, arguments: dict[str, Any]) -> str:
    try:
        getattr(session, operation)(**arguments)
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return "done"


@pytest.mark.parametrize("name", list(_calls("", OWN)))
def test_a_session_reaches_its_own_tenants_items_and_no_others(session: Any, tables: dict[str, str], name: str) -> None:
    assert _code(session, *_calls(tables["core"], OWN)[name]) == "done"
    assert _code(session, *_calls(tables["core"], OTHER)[name]) == "AccessDeniedException"


@pytest.mark.parametrize("table", ["core", "stock", "ephemeral"])
def test_no_table_can_be_scanned(session: Any, tables: dict[str, str], table: str) -> None:
    assert _code(session, "scan", {"TableName": tables[table]}) == "AccessDeniedException"


def test_the_directory_is_out_of_a_tenants_reach(session: Any, tables: dict[str, str]) -> None:
    arguments = {"TableName": tables["directory"], "Key": {"pk": {"S": "TENANTS"}, "sk": {"S": OWN}}}
    assert _code(session, "get_item", arguments) == "AccessDeniedException"


def test_a_session_policy_can_not_be_widened_by_its_holder(stack: Stack, session: Any, tables: dict[str, str]) -> None:
    assert _code(session, "create_table", {
        "TableName": "mine",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }) == "AccessDeniedException"  # fmt: skip


def test_only_our_functions_may_become_a_tenant(stack: Stack) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        stack.client("sts").assume_role(
            RoleArn=stack.outputs["TenantRoleArn"], RoleSessionName=OWN, Policy=session_policy(OWN)
        )
