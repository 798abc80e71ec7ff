"""A session on the tables: everything that reads or writes DynamoDB goes through one.

`open_tenant` gives a session that can touch only its tenant's keys, by the fence and by a role whose session
policy says the same to AWS. `open_directory` gives the one on the directory, for identity and tenancy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from chalicelib.kernel.errors import Invalid, Unavailable, found
from chalicelib.kernel.ids import is_tenant_id, new_secret
from chalicelib.storage import queries
from chalicelib.storage.connections import connection
from chalicelib.storage.credentials import at_hand, tenant_credentials
from chalicelib.storage.expressions import fill, update_actions, update_condition
from chalicelib.storage.keys import Key, Partition, Table, tenant_entry, tenant_prefix
from chalicelib.storage.outcomes import OUTAGES as OUTAGES
from chalicelib.storage.outcomes import TransactionRefused as TransactionRefused
from chalicelib.storage.outcomes import is_too_large, pause, refusal_of, worth_retrying
from chalicelib.storage.records import Page as Page
from chalicelib.storage.records import Record as Record
from chalicelib.storage.records import record_of
from chalicelib.storage.rows import table_name
from chalicelib.storage.writes import Update, Write

_MAX_TRANSACTION = 100
_ATTEMPTS = 8
_LONGEST_PAUSE = 2.56  # seconds: throttling passes in moments
_DIRECTORY_PREFIXES = ("TENANTS", "LOGIN#", "MACHINE#", "SIGNUP#", "STEP#", "THR#")


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
        if not queries.storable(key):
            return None
        response = self._call(
            "GetItem",
            TableName=table_name(key.table),
            Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
            ConsistentRead=consistent,
        )
        return record_of(key.table, response["Item"]) if "Item" in response else None

    def fetch(self, key: Key) -> Record:
        """The item; NotFound if it is absent, another tenant's or another dealer's (domain §9.2)."""
        return found(self.get(key))

    def get_many(self, keys: Iterable[Key], *, consistent: bool = True, logs: bool = False) -> dict[Key, Record]:
        """Items by key in as few round trips as can be (100 a call); absent ones are left out. `logs`: with the logs
        of stock rows."""
        wanted = [key for key in dict.fromkeys(keys) if queries.storable(key)]
        found: dict[Key, Record] = {}
        for start in range(0, len(wanted), 100):
            pending = queries.batch(wanted[start : start + 100], consistent, logs=logs)
            for attempt in range(_ATTEMPTS):
                response = self._call("BatchGetItem", RequestItems=pending)
                for table in Table:
                    for item in response["Responses"].get(table_name(table), ()):
                        record = record_of(table, item)
                        if record is not None:
                            found[record.key] = record
                pending = response.get("UnprocessedKeys") or {}
                if not pending:
                    break
                pause(attempt, longest=_LONGEST_PAUSE)
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
        if since is not None and until is not None and since >= until:
            return Page((), None)  # DynamoDB refuses a range that ends before it begins
        response = self._run(
            lambda: self._connection.query(
                table_name(partition.table),
                partition.pk,
                range_key_condition=queries.sort_key_range(partition, since, until),
                index_name=str(partition.index) if partition.index else None,
                limit=limit,
                scan_index_forward=not newest_first,
                exclusive_start_key=queries.position(partition, after) if after else None,
                consistent_read=consistent and partition.index is None,
            )
        )
        found = (record_of(partition.table, item, partition.index) for item in response["Items"])
        records = tuple(record for record in found if record is not None)
        last = response.get("LastEvaluatedKey")
        return Page(records, queries.cursor(partition, last) if last else None)

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
        writes agree on one, else TransactionRefused with all of them; Invalid("too_large") for an item of more than
        400 KB. Conflicts and throttling are retried."""
        if not writes:
            return
        if len(writes) > _MAX_TRANSACTION:
            raise ValueError(f"{len(writes)} writes in one transaction")
        token = new_secret()[:36]  # a repeat whose first reply was lost is answered like the first
        transaction = TransactWrite(connection=self._connection, client_request_token=token)
        in_order = fill(transaction, writes)
        self._written(transaction._commit, in_order)

    def change(self, update: Update) -> Record:
        """Carries out one update by itself; the item as it is afterwards. For counters that many draw from at once:
        nobody has to have read it before. Conflicts with transactions and throttling are retried."""
        response = self._written(
            lambda: self._connection.update_item(
                table_name(update.key.table),
                update.key.pk,
                update.key.sk,
                actions=update_actions(update),
                condition=update_condition(update),
                return_values="ALL_NEW",
            ),
            [update],
        )
        record = record_of(update.key.table, response["Attributes"])
        assert record is not None, "a counter does not expire"
        return record

    def _written(self, call: Callable[[], Any], writes: Sequence[Write]) -> Any:
        attempt = 0
        while True:
            try:
                return self._run(call)
            except PynamoDBException as failure:
                refusal = refusal_of(failure, writes)
                if refusal is not None:
                    raise refusal from failure
                if is_too_large(failure):
                    raise Invalid("too_large") from failure
                if not worth_retrying(failure) or attempt == _ATTEMPTS - 1:
                    raise Unavailable("storage_busy") from failure
            pause(attempt, longest=_LONGEST_PAUSE)
            attempt += 1

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        response: dict[str, Any] = self._run(lambda: self._connection.dispatch(operation, arguments))
        return response

    def _run(self, call: Callable[[], Any]) -> Any:
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

    def alike(self) -> TenantSession:
        """Another one for another thread."""
        return TenantSession(self.tenant_id, self._connection)


def open_tenant(tenant_id: str) -> TenantSession:
    prefix = tenant_prefix(tenant_id)
    credentials = tenant_credentials(tenant_id)
    return TenantSession(tenant_id, connection((prefix,), credentials))


def find_tenant(tenant_id: str) -> TenantSession | None:
    """The tenant that a visitor's cookie or link names; None if there is none. An id that was made up costs at most
    one read of the directory: no role is assumed for it."""
    if not is_tenant_id(tenant_id):
        return None
    if not at_hand(tenant_id) and open_directory().get(tenant_entry(tenant_id)) is None:
        return None
    return open_tenant(tenant_id)


def open_directory() -> Session:
    return Session(connection(_DIRECTORY_PREFIXES, None))
