"""Messages to SQS. Delivery is at least once: every consumer drops what it has already done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chalicelib.gateways.aws import client


def send(queue_url: str, body: Mapping[str, object], *, group: str | None = None, dedup: str | None = None) -> None:
    """Sends one JSON message; `group` orders it and `dedup` drops a repeat within five minutes (FIFO queues)."""
    extra = {"MessageGroupId": group, "MessageDeduplicationId": dedup} if group and dedup else {}
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=json.dumps(body, ensure_ascii=False), **extra)


def send_many(queue_url: str, bodies: Sequence[Mapping[str, object]]) -> None:
    """Sends messages to a standard queue, ten a call; those that SQS did not take raise RuntimeError."""
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(body, ensure_ascii=False)}
            for number, body in enumerate(bodies[start : start + 10])
        ]
        failed = client("sqs").send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed")
        if failed:
            raise RuntimeError(f"{len(failed)} messages were not taken")
