"""A tenant's session is narrowed by AWS itself: role, session policy, `dynamodb:LeadingKeys` and folders of the bucket,
on the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
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
def as_own(stack: Stack) -> Iterator[Callable[[str], Any]]:
    """Clients of the tenant `OWN`: the deployed role's policies under the product's own session policy.

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
    policy = session_policy(OWN, stack.outputs["FilesBucketName"])
    answer = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName=OWN, Policy=policy)
    keys_ = answer["Credentials"]
    yield lambda service: boto3.client(
        service,
        endpoint_url=stack.aws_endpoint,
        region_name="eu-central-1",
        aws_access_key_id=keys_["AccessKeyId"],
        aws_secret_access_key=keys_["SecretAccessKey"],
        aws_session_token=keys_["SessionToken"],
        config=Config(s3={"addressing_style": "path"}),
    )
    for name in names:
        iam.delete_role_policy(RoleName=twin, PolicyName=name)
    iam.delete_role(RoleName=twin)


@pytest.fixture(scope="module")
def session(as_own: Callable[[str], Any]) -> Any:
    return as_own("dynamodb")


@pytest.fixture(scope="module")
def files(as_own: Callable[[str], Any]) -> Any:
    return as_own("s3")


@pytest.fixture(scope="module")
def bucket(stack: Stack) -> Iterator[str]:
    """The bucket with a file in both tenants' folders."""
    name, s3 = stack.outputs["FilesBucketName"], stack.client("s3")
    kept = [folder + "kept" for tenant in (OWN, OTHER) for folder in keys.tenant_folders(tenant)]
    for key in kept:
        s3.put_object(Bucket=name, Key=key, Body=b"kept")
    yield name
    for key in kept:
        s3.delete_object(Bucket=name, Key=key)


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
            RoleArn=stack.outputs["TenantRoleArn"],
            RoleSessionName=OWN,
            Policy=session_policy(OWN, stack.outputs["FilesBucketName"]),
        )


def _file_calls(bucket: str, folder: str) -> dict[str, tuple[str, dict[str, Any]]]:
    file = {"Bucket": bucket, "Key": f"{folder}kept"}
    return {
        "get": ("get_object", file),
        "head": ("head_object", file),
        "put": ("put_object", file | {"Body": b"kept"}),
        "delete": ("delete_object", file),
    }


@pytest.mark.parametrize("name", list(_file_calls("", "")))
@pytest.mark.parametrize("folder", [0, 1, 2], ids=["files", "uploads", "made"])
def test_a_session_reaches_its_own_tenants_files_and_no_others(files: Any, bucket: str, folder: int, name: str) -> None:
    own, other = (_file_calls(bucket, keys.tenant_folders(tenant)[folder])[name] for tenant in (OWN, OTHER))
    assert _code(files, *own) == "done"
    assert _code(files, *other) in ("AccessDenied", "403")
    own_file = {"Bucket": bucket, "Key": keys.tenant_folders(OWN)[folder] + "kept"}
    assert _code(files, "put_object", own_file | {"Body": b"kept"}) == "done"  # whatever was tried


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("list_buckets", {}),
        ("list_objects_v2", {"Prefix": ""}),
        ("list_objects_v2", {"Prefix": keys.tenant_folders(OTHER)[0]}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": keys.tenant_folders(OTHER)[0] + "kept"}]}}),
        ("get_bucket_policy", {}),
        (
            "copy_object",
            {"Key": keys.tenant_folders(OWN)[0] + "copy", "CopySource": keys.tenant_folders(OTHER)[0] + "kept"},
        ),
    ],
)
def test_a_session_reads_writes_and_deletes_single_files_and_can_do_nothing_else_with_the_bucket(
    files: Any, bucket: str, operation: str, arguments: dict[str, Any]
) -> None:
    if operation != "list_buckets":
        arguments = {"Bucket": bucket, **arguments}
    if "CopySource" in arguments:
        arguments["CopySource"] = {"Bucket": bucket, "Key": arguments["CopySource"]}
    assert _code(files, operation, arguments) == "AccessDenied"


def test_an_address_signed_in_advance_opens_no_file_that_its_signer_may_not_read(files: Any, bucket: str) -> None:
    status = {}
    for tenant in (OWN, OTHER):
        file = {"Bucket": bucket, "Key": keys.tenant_folders(tenant)[0] + "kept"}
        status[tenant] = requests.get(files.generate_presigned_url("get_object", Params=file), timeout=10).status_code
    assert status == {OWN: 200, OTHER: 403}
