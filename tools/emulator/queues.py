"""Which messages an SQS operation added and removed, and how to do the same again after a kill."""

import contextlib
import functools
import time
from collections.abc import Callable
from typing import Any

SENDING = ("SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch", "PurgeQueue")
SHAPING = ("CreateQueue", "DeleteQueue", "SetQueueAttributes", "AddPermission", "RemovePermission")

Queue = dict[str, Any]
Note = Callable[[str, list[dict[str, Any]], list[str]], None]
"""(queue ARN, messages added, ids of messages removed)."""


def hook(sqs: Any, note: Note, shape_changed: Callable[[], None]) -> None:
    """Tell `note` what requests and (from another thread) finished functions change, before they are answered."""
    handlers = sqs._HANDLERS

    def noting(action: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(action)
        def noted(data: dict[str, Any], address: str) -> Any:
            with _noticed(_find(sqs, data.get("QueueUrl", address)), note):
                return action(data, address)

        return noted

    def shaping(action: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(action)
        def shaped(data: dict[str, Any], address: str) -> Any:
            result = action(data, address)
            shape_changed()
            return result

        return shaped

    handlers.update({name: noting(handlers[name]) for name in SENDING})
    handlers.update({name: shaping(handlers[name]) for name in SHAPING})
    delete = sqs._delete_messages_for_esm

    def delete_and_note(address: str, receipts: set[str]) -> None:
        with _noticed(_find(sqs, address), note):
            delete(address, receipts)

    sqs._delete_messages_for_esm = delete_and_note


def add_again(sqs: Any, arn: str, messages: list[dict[str, Any]]) -> None:
    """Put messages back that a snapshot does not have yet."""
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return
    known = {message["id"] for message in queue["messages"]}
    for message in messages:
        if message["id"] not in known:
            queue["messages"].append(message)
        queue["fifo_seq"] = max(queue.get("fifo_seq", 0), int(message.get("seq") or 0))


def remove_again(sqs: Any, arn: str, ids: list[str]) -> None:
    """Take messages away that had been finished or deleted."""
    queue = sqs._queue_by_arn(arn)
    if queue is not None:
        queue["messages"] = [message for message in queue["messages"] if message["id"] not in ids]


def give_out_again(sqs: Any) -> None:
    """Whoever had received a message died with the emulator: let it be delivered again now."""
    now = time.time()
    for queue in sqs._queues.all_values():
        for message in queue.get("messages", []):
            if message.get("receive_count", 0) and message.get("visible_at", 0) > now:
                message["visible_at"] = now


def _find(sqs: Any, address: str) -> Queue | None:
    try:
        queue: Queue = sqs._get_q(address)
    except sqs._Err:
        return None
    return queue


@contextlib.contextmanager
def _noticed(queue: Queue | None, note: Note) -> Any:
    if queue is None:
        yield
        return
    before = {message["id"] for message in queue["messages"]}
    yield
    after = {message["id"]: message for message in queue["messages"]}
    added = [message for identity, message in after.items() if identity not in before]
    removed = [identity for identity in before if identity not in after]
    if added or removed:
        note(queue["attributes"]["QueueArn"], added, removed)
