"""Connections to DynamoDB, each behind its fence and under the credentials it was asked for."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable

from chalicelib.gateways.aws import new_client
from chalicelib.kernel.recent import Recent
from chalicelib.storage.credentials import Credentials
from chalicelib.storage.fence import fence
from chalicelib.storage.keys import Index
from chalicelib.storage.rows import ROWS, CoreRow, Row
from chalicelib.storage.wire import take_items_as_they_are

READ_TIMEOUT = 3.0  # seconds
_connections: Recent[tuple[str, ...], Connection] = Recent(64)


class _Connection(Connection):
    """PynamoDB's connection on a client of ours. Each of its own would make an SDK session of its own and read there
    what DynamoDB can do: a tenth of a second of processor time for every tenant that a process meets."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._given = client

    @property
    def client(self) -> Any:
        return self._given


def connection(prefixes: tuple[str, ...], credentials: Credentials | None) -> Connection:
    """A connection that lets only keys with one of `prefixes` pass; kept while the credentials last."""
    identity = (*prefixes, credentials.access_key if credentials else "")
    cached = _connections.get(identity)
    if cached is not None:
        return cached
    config = Config(
        connect_timeout=1,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=10,
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    made = _Connection(new_client("dynamodb", config, **(credentials.arguments if credentials else {})))
    for row in ROWS.values():
        made.add_meta_table(_meta(row))
    take_items_as_they_are(made.client)
    fence(made.client, prefixes)
    return _connections.keep(identity, made)


def _meta(row: type[Row]) -> MetaTable:
    names = [
        "pk",
        "sk",
        *(["gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk"] if row is CoreRow else []),
    ]
    return MetaTable(
        {
            "TableName": row.Meta.table_name,
            "KeySchema": _schema("pk", "sk"),
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
            "GlobalSecondaryIndexes": [
                {"IndexName": str(index), "KeySchema": _schema(f"{index}pk", f"{index}sk")}
                for index in Index
                if row is CoreRow
            ],
        }
    )


def _schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]
