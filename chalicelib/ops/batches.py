"""SQS batches: each message on its own, and only those that failed come back (partial batch responses)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.gateways.telemetry import failure


def each_message(event: Mapping[str, Any], handle: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Hands the body of every message to `handle`; returns what SQS must deliver again.

    On a FIFO queue a failure holds back what follows it in its own group and nothing else. Powertools' batch
    processors do the same, but importing them takes a worker longer than importing what it works with.
    """
    failed: list[dict[str, str]] = []
    held_back: set[str] = set()
    for message in event["Records"]:
        group = message["attributes"].get("MessageGroupId", "")
        if group not in held_back:
            try:
                handle(json.loads(message["body"]))
                continue
            except Exception as broken:
                failure("message failed", broken, message_id=message["messageId"])
            if group:
                held_back.add(group)
        failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
