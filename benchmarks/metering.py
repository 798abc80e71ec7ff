"""DynamoDB round trips and capacity units of what runs between `start` and the look at the figures.

Units of reads are those that DynamoDB Local tells. Those of a transaction it tells wrongly (4 for any), so they are
computed by AWS's rule: 2 units for each started KB of every item, checks included, and for each index that holds the
item 1 unit for each started KB of the entry, twice if the entry moves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from chalicelib.gateways import queues
from chalicelib.storage import files
from chalicelib.storage.keys import Key
from chalicelib.storage.rows import table_name
from chalicelib.storage.session import Session
from chalicelib.storage.writes import Write

Item = Mapping[str, Mapping[str, Any]]
_REQUESTS = (
    (files, "put", "puts"),
    (files, "put_path", "puts"),
    (files, "get", "gets"),
    (files, "get_path", "gets"),
    (queues, "send", "messages"),
)
_INDEXES = ("gsi1", "gsi2", "gsi3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What was asked of AWS: `calls` and units of DynamoDB and seconds `waited` for it, requests of S3, messages sent
    to queues."""

    calls: int = 0
    waited: float = 0.0
    read_units: Decimal = Decimal(0)
    write_units: int = 0
    puts: int = 0
    gets: int = 0
    messages: int = 0


class Meter:
    """Stands between every session and its tables, files and queues, in this process. With `sizing` each transaction's
    items are read before and after it through `client`, uncounted: such a run's time means nothing."""

    def __init__(self, client: Any) -> None:
        self.used = Used()
        self.sizing = False
        self._of_thread = threading.local()
        self._turn = threading.Lock()
        self._client = client

    def start(self, *, sizing: bool) -> None:
        self.used, self.sizing = Used(), sizing

    def _count(self, **more: Any) -> None:
        with self._turn:
            self.used = replace(self.used, **{name: getattr(self.used, name) + n for name, n in more.items()})

    def install(self) -> None:
        """From now on until the process ends."""
        run, commit = Session._run, Session.commit

        def counted(session: Session, call: Callable[[], Any]) -> Any:
            before = session.usage.units
            begun = time.perf_counter()
            response = run(session, call)
            self._count(calls=1, waited=time.perf_counter() - begun)
            if not getattr(self._of_thread, "transaction", False):
                self._count(read_units=session.usage.units - before)
            return response

        def sized(session: Session, writes: Sequence[Write]) -> None:
            before = [self._read(write.key) for write in writes] if self.sizing else []
            self._of_thread.transaction = True
            try:
                commit(session, writes)
            finally:
                self._of_thread.transaction = False
            if self.sizing:
                after = [self._read(write.key) for write in writes]
                self._count(write_units=sum(map(written_units, before, after)))

        Session._run = counted  # type: ignore[method-assign, assignment]
        Session.commit = sized  # type: ignore[method-assign, assignment]
        self.watch_requests()

    def watch_requests(self) -> None:
        """Counts what files and queues are asked from now on, until others take their place."""
        for module, name, what in _REQUESTS:
            setattr(module, name, self._requesting(getattr(module, name), what))

    def _requesting(self, send: Callable[..., Any], what: str) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self._count(**{what: 1})
            return send(*given, **named)

        return counted

    def _read(self, key: Key) -> Item:
        found = self._client.get_item(
            TableName=table_name(key.table), Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}}, ConsistentRead=True
        )
        item: Item = found.get("Item", {})
        return item


def written_units(before: Item, after: Item) -> int:
    """Write units of one item of a transaction, its index entries included; an empty item = absent."""
    old, new = _kilobytes(before), _kilobytes(after)
    units = 2 * max(old, new, 1)
    if before == after:
        return units  # a check
    for index in _INDEXES:
        was, now = ((item.get(f"{index}pk"), item.get(f"{index}sk")) for item in (before, after))
        if was == now and all(now):
            units += max(old, new)
        else:
            units += (old if all(was) else 0) + (new if all(now) else 0)
    return units


def _kilobytes(item: Item) -> int:
    return -(-sum(len(name.encode()) + _size(value) for name, value in item.items()) // 1024)


def _size(value: Mapping[str, Any]) -> int:
    """Bytes of an attribute's value, as AWS describes item sizes."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content) + 1) // 2 + 1
        case "B":
            return len(content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(one) for name, one in content.items())
        case "L":
            return 3 + sum(1 + _size(one) for one in content)
        case "SS":
            return sum(len(one.encode()) for one in content)
        case _:
            return 1
