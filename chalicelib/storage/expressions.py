"""Writes (`storage.writes`) in PynamoDB's words."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from pynamodb.expressions import condition as conditions
from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action, RemoveAction, SetAction
from pynamodb.transactions import TransactWrite

from chalicelib.storage import codec
from chalicelib.storage.rows import ROWS, Row, StockRow, to_attribute
from chalicelib.storage.writes import (
    Absent,
    Add,
    AtLeast,
    AtMost,
    Check,
    Condition,
    Delete,
    Equals,
    Log,
    Present,
    Put,
    Set,
    Unlog,
    Update,
    Write,
)

_LOG = Path(["log"])


def _row(put: Put) -> Row:
    data = dict(put.data) if isinstance(put.data, Mapping) else codec.dump(put.data)
    row = ROWS[put.key.table](put.key.pk, put.key.sk, type=put.kind, data=data)
    row.version = (put.version or 0) + 1
    if put.counters is not None:
        row.n = dict(put.counters)
    if put.log:
        assert isinstance(row, StockRow), "only stock rows have a log"
        row.log = [dict(entry) for entry in put.log]
    if put.expires is not None:
        row.ttl = int(put.expires.timestamp())
    for place in put.indexes:
        setattr(row, f"{place.index}pk", place.pk)
        setattr(row, f"{place.index}sk", place.sk)
    return row


def fill(transaction: TransactWrite, writes: Sequence[Write]) -> list[Write]:
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
        transaction.save(_row(put), condition=_put_condition(put), return_values="ALL_OLD")
    for update in updates:
        transaction.update(
            ROWS[update.key.table](update.key.pk, update.key.sk),
            actions=update_actions(update),
            condition=update_condition(update),
            return_values="ALL_OLD",
        )
    return [*checks, *deletes, *puts, *updates]


def _put_condition(put: Put) -> conditions.Condition | None:
    own = _all(put.when)
    if put.version is None:
        return own
    lock = _condition(Equals(("version",), put.version) if put.version else Absent())
    if put.version == 0 and put.expires is not None:  # one whose time has passed is read as absent, and gives way
        lock = lock | (Path(["ttl"]) <= Value(to_attribute(int(time.time()))))
    return lock if own is None else lock & own


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


def update_condition(update: Update) -> conditions.Condition | None:
    """An update never creates an item."""
    return _all((Present(), *update.when))


def update_actions(update: Update) -> list[Action]:
    """What an update changes, and that the item's version counts up."""
    actions: list[Action] = []
    for change in update.changes:
        match change:
            case Add():
                path = Path(list(change.path))
                base = path | Value({"N": "0"}) if change.begins else path
                actions.append(SetAction(path, base + Value(to_attribute(change.value))))
            case Set(value=None):
                actions.append(RemoveAction(Path(list(change.path))))
            case Set():
                actions.append(SetAction(Path(list(change.path)), Value(to_attribute(change.value))))
            case Log():
                entries = (_LOG | Value(to_attribute(()))).append(Value(to_attribute((change.entry,))))
                actions.append(SetAction(_LOG, entries))
            case Unlog():
                actions.extend(RemoveAction(_LOG[at]) for at in range(change.count))
    for place in update.indexes:
        actions.append(SetAction(Path([f"{place.index}pk"]), Value({"S": place.pk})))
        actions.append(SetAction(Path([f"{place.index}sk"]), Value({"S": place.sk})))
    for index in update.leave:
        actions.append(RemoveAction(Path([f"{index}pk"])))
        actions.append(RemoveAction(Path([f"{index}sk"])))
    actions.append(SetAction(Path(["version"]), (Path(["version"]) | Value({"N": "0"})) + Value({"N": "1"})))
    return actions
