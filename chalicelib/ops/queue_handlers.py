"""SQS batches: each message on its own, only the failed ones come back (partial batch responses)."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from chalicelib.gateways.settings import settings
from chalicelib.kernel.clock import utc_now
from chalicelib.ops.registry import due_handlers, event_handlers
from chalicelib.ops.workers import handle_event, run_due
from chalicelib.storage.outbox import received


def consume_events(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    """Events in order per aggregate; a failure holds back only its own aggregate.

    A mail has no row of ours to make it happen once: Powertools' lock keeps two deliveries from sending it twice.
    """
    config = IdempotencyConfig(expires_after_seconds=86_400, lambda_context=context)

    @idempotent_function(  # type: ignore[untyped-decorator]
        data_keyword_argument="receipt", persistence_store=_persistence(), config=config, key_prefix="event"
    )
    def once(*, receipt: str, body: dict[str, Any]) -> None:  # noqa: ARG001 - the lock's key
        handle_event(received(body), event_handlers(), utc_now())

    def one(record: Any) -> None:
        body = json.loads(record.body)
        once(receipt=f"{body['tenant']}#{body['id']}", body=body)

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)


@cache
def _persistence() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(table_name=f"{settings().table_prefix}-idempotency")


def consume_imports(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    """Uploads of 1C, one after another per tenant."""
    from chalicelib.exchange.jobs import run_import

    def one(record: Any) -> None:
        run_import(json.loads(record.body), utc_now())

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)


def consume_due(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    """What is due, tenant by tenant."""

    def one(record: Any) -> None:
        body = json.loads(record.body)
        run_due(str(body["tenant"]), due_handlers(), datetime.fromisoformat(str(body["at"])))

    processor = BatchProcessor(event_type=EventType.SQS)
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
