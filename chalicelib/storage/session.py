"""A session on the tables: everything that reads or writes DynamoDB goes through one.

`open_tenant` gives a session that can touch only its tenant's keys, by the fence and by a role whose session
policy says the same to AWS. `open_directory` gives the one on the directory, for identity and tenancy.
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions import condition as conditions
from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action, RemoveAction, SetAction
from pynamodb.transactions import TransactWrite

from chalicelib.kernel.errors import KontorError, Unavailable
from chalicelib.kernel.ids import new_secret
from chalicelib.storage import codec
from chalicelib.storage.credentials import Credentials, tenant_credentials
from chalicelib.storage.fence import fence
from chalicelib.storage.keys import Index, Key, Partition, Table, tenant_prefix
from chalicelib.storage.rows import ROWS, CoreRow, Row, table_name, to_attribute
from chalicelib.storage.writes import (
    Absent,
    Add,
    AtLeast,
    AtMost,
    Check,
    Condition,
    Delete,
    Equals,
    Present,
    Put,
    Set,
    Update,
    Write,
)

_T = TypeVar("_T")
OUTAGES = (BotoCoreError, ClientError, PynamoDBException)
"""What calls to AWS end with when AWS itself fails: worth another try later."""
_MAX_TRANSACTION = 100
_LONGEST_PK, _LONGEST_SK = 2048, 1024  # bytes
_ATTEMPTS = 8
_DIRECTORY_PREFIXES = ("TENANTS", "LOGIN#", "MACHINE#", "KEY#", "SIGNUP#", "STEP#", "THR#")
_OPEN_SESSIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An item as read: `data` for `codec.load`, `n` exact counters, `version` for the optimistic lock."""

    key: Key
    kind: str
    data: Mapping[str, Any]
    n: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    expires: int | None = None
    place: str = ""  # the sort key in the index that it was read from

    def load(self, kind: type[_T]) -> _T:
        return codec.load(kind, dict(self.data))


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one query; `next` is an opaque position for the following page, None at the end."""

    records: tuple[Record, ...]
    next: str | None


class TransactionRefused(KontorError):
    """Conditions failed: every one of them, with the item as it stood (for lists such as all short lines)."""

    status = 409

    def __init__(self, failures: Sequence[tuple[Write, Record | None]]) -> None:
        super().__init__("conflict")
        self.failures = tuple(failures)


@dataclass(slots=True)
class Usage:
    """Round trips and capacity units that a session has used: what `benchmarks` and logs report."""

    calls: int = 0
    units: Decimal = Decimal(0)


class Session:
    """Reads and writes within the fence. Not thread-safe; one per request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.usage = Usage()

    def get(self, key: Key, *, consistent: bool = True) -> Record | None:
        """The item, or None if it is absent or its TTL has passed."""
        if not _storable(key):
            return None
        response = self._call(
            "GetItem",
            TableName=table_name(key.table),
            Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
            ConsistentRead=consistent,
        )
        return _record(key.table, response["Item"]) if "Item" in response else None

    def get_many(self, keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Record]:
        """Items by key in as few round trips as can be (100 a call); absent ones are left out."""
        wanted = [key for key in dict.fromkeys(keys) if _storable(key)]
        found: dict[Key, Record] = {}
        for start in range(0, len(wanted), 100):
            pending = _batch(wanted[start : start + 100], consistent)
            for attempt in range(_ATTEMPTS):
                response = self._call("BatchGetItem", RequestItems=pending)
                for table in Table:
                    for item in response["Responses"].get(table_name(table), ()):
                        record = _record(table, item)
                        if record is not None:
                            found[record.key] = record
                pending = response.get("UnprocessedKeys") or {}
                if not pending:
                    break
                _pause(attempt)
            else:
                raise Unavailable("storage_busy")
        return found

    def query(
        self,
        partition: Partition,
        *,
        limit: int | None = None,
        newest_first: bool = False,
        after: str | None = None,
        since: str | None = None,
        until: str | None = None,
        consistent: bool = False,
    ) -> Page:
        """One page of a partition in the order of its sort keys; `since` ≤ sort key < `until` if given."""
        sk = f"{partition.index}sk" if partition.index else "sk"
        low = since if since is not None else partition.prefix
        condition: conditions.Condition | None = None
        if since is None and until is None and partition.prefix:
            condition = Path([sk]).startswith(partition.prefix)
        elif since is not None or until is not None:
            condition = Path([sk]).between(low or " ", _just_before(until) if until is not None else low + "\U0010fffd")
        response = self._run(
            lambda: self._connection.query(
                table_name(partition.table),
                partition.pk,
                range_key_condition=condition,
                index_name=str(partition.index) if partition.index else None,
                limit=limit,
                scan_index_forward=not newest_first,
                exclusive_start_key=_position(partition, after) if after else None,
                consistent_read=consistent and partition.index is None,
            )
        )
        found = (_record(partition.table, item, partition.index) for item in response["Items"])
        records = tuple(record for record in found if record is not None)
        last = response.get("LastEvaluatedKey")
        return Page(records, _cursor(partition, last) if last else None)

    def query_all(self, partition: Partition, **options: Any) -> Iterator[Record]:
        """Every record of a partition, page by page; only for partitions that stay small."""
        after: str | None = None
        while True:
            page = self.query(partition, after=after, **options)
            yield from page.records
            if page.next is None:
                return
            after = page.next

    def commit(self, writes: Sequence[Write]) -> None:
        """Carries out all writes or none (≤ 100). A failed condition raises its write's `refusal`, if the failed
        writes agree on one, else TransactionRefused with all of them. Conflicts and throttling are retried."""
        if not writes:
            return
        if len(writes) > _MAX_TRANSACTION:
            raise ValueError(f"{len(writes)} writes in one transaction")
        token = new_secret()[:36]  # a repeat whose first reply was lost is answered like the first
        for attempt in range(_ATTEMPTS):
            transaction = TransactWrite(connection=self._connection, client_request_token=token)
            order = _fill(transaction, writes)
            try:
                self._run(transaction._commit)
                return
            except PynamoDBException as failure:
                reasons = _reasons(failure)
                refused = [i for i, reason in enumerate(reasons) if reason and reason.code == "ConditionalCheckFailed"]
                if refused:
                    raise _refusal([(order[i], reasons[i]) for i in refused]) from failure
                if not _worth_retrying(failure, reasons) or attempt == _ATTEMPTS - 1:
                    raise Unavailable("storage_busy") from failure
                _pause(attempt)

    def change(self, update: Update) -> Record:
        """Carries out one update by itself; the item as it is afterwards. For counters that many draw from at once:
        nobody has to have read it before. Conflicts with transactions and throttling are retried."""
        for attempt in range(_ATTEMPTS):
            try:
                response = self._run(
                    lambda: self._connection.update_item(
                        table_name(update.key.table),
                        update.key.pk,
                        update.key.sk,
                        actions=_actions(update),
                        condition=_all((Present(), *update.when)),
                        return_values="ALL_NEW",
                    )
                )
            except PynamoDBException as failure:
                if failure.cause_response_code == "ConditionalCheckFailedException":
                    raise update.refusal or TransactionRefused([(update, None)]) from failure
                if not _worth_retrying(failure, ()) or attempt == _ATTEMPTS - 1:
                    raise Unavailable("storage_busy") from failure
                _pause(attempt)
            else:
                record = _record(update.key.table, response["Attributes"])
                if record is not None:
                    return record
        raise Unavailable("storage_busy")

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        response: dict[str, Any] = self._run(lambda: self._connection.dispatch(operation, arguments))
        return response

    def _run(self, call: Any) -> Any:
        self.usage.calls += 1
        response = call()
        capacity = (response or {}).get("ConsumedCapacity") or ()
        for part in capacity if isinstance(capacity, list | tuple) else (capacity,):
            self.usage.units += Decimal(str(part.get("CapacityUnits", 0)))
        return response


class TenantSession(Session):
    """A session that can reach only the items of `tenant_id`."""

    def __init__(self, tenant_id: str, connection: Connection) -> None:
        super().__init__(connection)
        self.tenant_id = tenant_id


_connections: OrderedDict[tuple[str, ...], Connection] = OrderedDict()


def open_tenant(tenant_id: str) -> TenantSession:
    prefix = tenant_prefix(tenant_id)
    credentials = tenant_credentials(tenant_id)
    return TenantSession(tenant_id, _connection((prefix,), credentials))


def open_directory() -> Session:
    return Session(_connection(_DIRECTORY_PREFIXES, None))


def _connection(prefixes: tuple[str, ...], credentials: Credentials | None) -> Connection:
    identity = (*prefixes, credentials.access_key if credentials else "")
    cached = _connections.get(identity)
    if cached is not None:
        _connections.move_to_end(identity)
        return cached
    connection = Connection(
        connect_timeout_seconds=1,
        read_timeout_seconds=3,
        max_pool_connections=10,
        **(credentials.arguments if credentials else {}),
    )
    for row in ROWS.values():
        connection.add_meta_table(_meta(row))
    fence(connection.client, prefixes)
    _connections[identity] = connection
    if len(_connections) > _OPEN_SESSIONS:
        _connections.popitem(last=False)
    return connection


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


def _storable(key: Key) -> bool:
    """Whether DynamoDB could hold such a key: an id that is longer than any of ours is simply absent."""
    return len(key.pk.encode()) <= _LONGEST_PK and 0 < len(key.sk.encode()) <= _LONGEST_SK


def _batch(keys: Sequence[Key], consistent: bool) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for key in keys:
        request = tables.setdefault(table_name(key.table), {"Keys": [], "ConsistentRead": consistent})
        request["Keys"].append({"pk": {"S": key.pk}, "sk": {"S": key.sk}})
    return tables


def _record(table: Table, item: dict[str, Any], index: Index | None = None) -> Record | None:
    row = ROWS[table].from_raw_data(item)
    if row.ttl is not None and int(row.ttl) <= time.time():
        return None  # DynamoDB deletes expired items late
    return Record(
        key=Key(table, row.pk, row.sk),
        kind=row.type or "",
        data=row.data or {},
        n=row.n or {},
        version=int(row.version or 0),
        expires=int(row.ttl) if row.ttl is not None else None,
        place=getattr(row, f"{index}sk") if index else "",
    )


def _row(put: Put) -> Row:
    data = dict(put.data) if isinstance(put.data, Mapping) else codec.dump(put.data)
    row = ROWS[put.key.table](put.key.pk, put.key.sk, type=put.kind, data=data)
    row.version = (put.version or 0) + 1
    if put.counters is not None:
        row.n = dict(put.counters)
    if put.expires is not None:
        row.ttl = int(put.expires.timestamp())
    for place in put.indexes:
        setattr(row, f"{place.index}pk", place.pk)
        setattr(row, f"{place.index}sk", place.sk)
    return row


def _fill(transaction: TransactWrite, writes: Sequence[Write]) -> list[Write]:
    """Adds the writes and returns them in PynamoDB's order (checks, deletes, puts, updates): that of the reasons."""
    checks = [w for w in writes if isinstance(w, Check)]
    deletes = [w for w in writes if isinstance(w, Delete)]
    puts = [w for w in writes if isinstance(w, Put)]
    updates = [w for w in writes if isinstance(w, Update)]
    for check in checks:
        transaction.condition_check(ROWS[check.key.table], check.key.pk, check.key.sk, condition=_all(check.when))
    for delete in deletes:
        transaction.delete(ROWS[delete.key.table](delete.key.pk, delete.key.sk), condition=_all(delete.when))
    for put in puts:
        transaction.save(_row(put), condition=_all(_put_conditions(put)), return_values="ALL_OLD")
    for update in updates:
        transaction.update(
            ROWS[update.key.table](update.key.pk, update.key.sk),
            actions=_actions(update),
            condition=_all((Present(), *update.when)),
            return_values="ALL_OLD",
        )
    return [*checks, *deletes, *puts, *updates]


def _put_conditions(put: Put) -> tuple[Condition, ...]:
    if put.version is None:
        return put.when
    lock: Condition = Absent() if put.version == 0 else Equals(("version",), put.version)
    return (lock, *put.when)


def _all(when: Sequence[Condition]) -> conditions.Condition | None:
    joined: conditions.Condition | None = None
    for one in when:
        serialized = _condition(one)
        joined = serialized if joined is None else joined & serialized
    return joined


def _condition(one: Condition) -> conditions.Condition:
    path = Path(list(one.path))
    match one:
        case Absent():
            return path.does_not_exist()
        case Present():
            return path.exists()
        case Equals():
            return path == Value(to_attribute(one.value))
        case AtLeast():
            return path >= Value(to_attribute(one.value))
        case AtMost():
            return path <= Value(to_attribute(one.value))


def _actions(update: Update) -> list[Action]:
    actions: list[Action] = []
    for change in update.changes:
        path = Path(list(change.path))
        if isinstance(change, Add):
            actions.append(SetAction(path, path + Value(to_attribute(change.value))))
        elif isinstance(change, Set) and change.value is None:
            actions.append(RemoveAction(path))
        else:
            actions.append(SetAction(path, Value(to_attribute(change.value))))
    for place in update.indexes:
        actions.append(SetAction(Path([f"{place.index}pk"]), Value({"S": place.pk})))
        actions.append(SetAction(Path([f"{place.index}sk"]), Value({"S": place.sk})))
    for index in update.leave:
        actions.append(RemoveAction(Path([f"{index}pk"])))
        actions.append(RemoveAction(Path([f"{index}sk"])))
    actions.append(SetAction(Path(["version"]), (Path(["version"]) | Value({"N": "0"})) + Value({"N": "1"})))
    return actions


def _reasons(failure: PynamoDBException) -> list[Any]:
    return list(getattr(failure, "cancellation_reasons", None) or [])


def _refusal(failed: list[tuple[Write, Any]]) -> KontorError:
    refusals = {id(write.refusal): write.refusal for write, _ in failed}
    if len(refusals) == 1:
        (only,) = refusals.values()
        if only is not None:
            return only
    return TransactionRefused(
        [(write, _record(write.key.table, reason.raw_item) if reason.raw_item else None) for write, reason in failed]
    )


_TRANSIENT = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
        "ThrottlingException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
    }
)


def _worth_retrying(failure: PynamoDBException, reasons: Sequence[Any]) -> bool:
    if any(reason and reason.code in _TRANSIENT for reason in reasons):
        return True
    cause = failure.cause
    if isinstance(cause, ClientError):
        return cause.response.get("Error", {}).get("Code") in _TRANSIENT
    return isinstance(cause, BotoCoreError)


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret


def _just_before(text: str) -> str:
    """The greatest sort key that is still less than `text` (BETWEEN includes both ends)."""
    return text[:-1] + chr(ord(text[-1]) - 1) + "\U0010fffd"


def _cursor(partition: Partition, last: dict[str, Any]) -> str:
    parts = [last["pk"]["S"], last["sk"]["S"]]
    if partition.index:
        parts.append(last[f"{partition.index}sk"]["S"])
    return codec.pack(parts)


def _position(partition: Partition, after: str) -> dict[str, Any]:
    parts = codec.unpack(after, 3 if partition.index else 2)
    position = {"pk": {"S": parts[0]}, "sk": {"S": parts[1]}}
    if partition.index:
        position[f"{partition.index}pk"] = {"S": partition.pk}
        position[f"{partition.index}sk"] = {"S": parts[2]}
    return position
