"""A client that takes items as they are asks and answers what botocore's own does."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.storage.wire import take_items_as_they_are

KEY = {"pk": {"S": "T#1#SKU#Окно 9"}, "sk": {"S": ""}}
ITEM: dict[str, Any] = KEY | {
    "version": {"N": "12345678901234567890.123"},
    "data": {"M": {"told": {"M": {}}, "some": {"L": [{"S": "é"}, {"NULL": True}, {"L": []}, {"BOOL": False}]}}},
}
METER = [{"TableName": "t", "CapacityUnits": 2.5, "Table": {"CapacityUnits": 2.5}}]
CALLS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "get": ("get_item", {"TableName": "t", "Key": KEY}, {"Item": ITEM, "ConsumedCapacity": METER[0]}),
    "get nothing": ("get_item", {"TableName": "t", "Key": KEY}, {}),
    "batch get": (
        "batch_get_item",
        {"RequestItems": {"t": {"Keys": [KEY, KEY], "ConsistentRead": True, "ExpressionAttributeNames": {"#0": "n"}}}},
        {
            "Responses": {"t": [ITEM, ITEM], "u": []},
            "UnprocessedKeys": {"t": {"Keys": [KEY], "ConsistentRead": True}},
            "ConsumedCapacity": METER,
        },
    ),
    "query": (
        "query",
        {
            "TableName": "t",
            "KeyConditionExpression": "#0 = :0",
            "ExpressionAttributeValues": {":0": {"S": "x"}, ":1": {"M": {"a": {"N": "1"}}}},
            "ExclusiveStartKey": KEY,
            "Limit": 2,
        },
        {"Items": [ITEM, {}], "Count": 2, "ScannedCount": 2, "LastEvaluatedKey": KEY},
    ),
    "update": (
        "update_item",
        {"TableName": "t", "Key": KEY, "UpdateExpression": "SET #0 = :0", "ExpressionAttributeValues": ITEM},
        {"Attributes": ITEM},
    ),
    "transaction": (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": {"TableName": "t", "Item": ITEM, "ExpressionAttributeValues": {":0": {"N": "1"}}}},
                {"Update": {"TableName": "t", "Key": KEY, "UpdateExpression": "REMOVE a"}},
                {"Delete": {"TableName": "t", "Key": KEY}},
                {"ConditionCheck": {"TableName": "t", "Key": KEY, "ConditionExpression": "a = :0"}},
            ],
            "ClientRequestToken": "x",
        },
        {"ConsumedCapacity": METER},
    ),
}
REFUSED = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "Message": "Transaction cancelled",
    "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no", "Item": ITEM}],
}


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        return [self._body]


@pytest.mark.parametrize("name", CALLS)
def test_it_sends_and_understands_the_same(name: str) -> None:
    operation, arguments, answer = CALLS[name]
    (asked, told), (own_asked, own_told) = (
        _called(plain, operation, arguments, 200, answer) for plain in (True, False)
    )
    assert (asked, told) == (own_asked, own_told)
    assert answer.items() <= told.items(), "and it is what DynamoDB said"


def test_an_items_attributes_are_not_walked() -> None:
    """botocore refuses to send what it does not know, and leaves it out of what it gets."""
    item = {"a": {"S": "x", "unknown": {"M": {}}}}
    asked, _ = _called(False, "put_item", {"TableName": "t", "Item": item}, 200, {})
    assert asked["Item"] == item
    some = {"Responses": {"t": [item]}, "UnprocessedKeys": {}}
    _, told = _called(False, "batch_get_item", CALLS["batch get"][1], 200, some)
    assert told["Responses"]["t"] == [item]


def test_it_understands_a_refusal_the_same() -> None:
    operation, arguments, _ = CALLS["transaction"]
    (_, told), (_, own_told) = (_called(plain, operation, arguments, 400, REFUSED) for plain in (True, False))
    assert told == own_told
    assert told["CancellationReasons"][1]["Item"] == ITEM


def _called(
    plain: bool, operation: str, arguments: dict[str, Any], status: int, answer: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """(the body that is sent, what the caller gets)"""
    client = botocore.session.Session().create_client(
        "dynamodb",
        "eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),  # as ours are made
    )
    if not plain:
        take_items_as_they_are(client)
    sent: list[Any] = []

    def answered(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(json.loads(request.body))
        headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "1"}
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(answer).encode()))

    client.meta.events.register("before-send.dynamodb.*", answered)
    try:
        told = getattr(client, operation)(**arguments)
    except ClientError as refusal:
        told = refusal.response
    (body,) = sent
    return body, told
