"""Messages to SQS. Delivery is at least once: every consumer drops what it has already done."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chalicelib.gateways.aws import client


def send(
    queue_url: str, body: Mapping[str, object], *, group: str | None = None, dedup: str | None = None
) -> None:
    """Sends one JSON message; `group` orders it and `dedup` drops a repeat within five minutes (FIFO queues)."""
    extra = {"MessageGroupId": group, "MessageDeduplicationId": dedup} if group and dedup else {}
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=json.dumps(body, ensure_ascii=False), **extra)
