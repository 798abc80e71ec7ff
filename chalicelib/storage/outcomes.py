"""How a call to DynamoDB can end other than well, and what is to be done then."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.kernel.errors import KontorError
from chalicelib.storage.records import Record, record_of
from chalicelib.storage.writes import Write

OUTAGES = (BotoCoreError, ClientError, PynamoDBException)
"""What calls to AWS end with when AWS itself fails: worth another try later."""
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


class TransactionRefused(KontorError):
    """Conditions failed: every one of them, with the item as it stood (for lists such as all short lines)."""

    status = 409

    def __init__(self, failures: Sequence[tuple[Write, Record | None]]) -> None:
        super().__init__("conflict")
        self.failures = tuple(failures)


def refusal_of(failure: PynamoDBException, writes: Sequence[Write]) -> KontorError | None:
    """What the failed conditions mean, if any failed; `writes` in the order in which they were sent.

    The refusal on which all of the failed writes agree, else TransactionRefused with all of them.
    """
    if _code(failure) == "ConditionalCheckFailedException":  # of a single write
        failed = [(write, None) for write in writes]
    else:
        failed = [
            (write, reason.raw_item)
            for write, reason in zip(writes, _reasons(failure), strict=False)
            if reason and reason.code == "ConditionalCheckFailed"
        ]
    if not failed:
        return None
    refusals = {id(write.refusal): write.refusal for write, _ in failed}
    if len(refusals) == 1:
        (only,) = refusals.values()
        if only is not None:
            return only
    return TransactionRefused([(write, record_of(write.key.table, item) if item else None) for write, item in failed])


def is_too_large(failure: PynamoDBException) -> bool:
    """Whether an item would have more than the 400 KB that DynamoDB keeps of one."""
    said = [reason.message or "" for reason in _reasons(failure) if reason and reason.code == "ValidationError"]
    if _code(failure) == "ValidationException":
        said.append(str(failure.cause))
    return any("maximum allowed size" in one for one in said)


def worth_retrying(failure: PynamoDBException) -> bool:
    """Whether the same call may well succeed a moment later."""
    if any(reason and reason.code in _TRANSIENT for reason in _reasons(failure)):
        return True
    return _code(failure) in _TRANSIENT or isinstance(failure.cause, BotoCoreError)


def _code(failure: PynamoDBException) -> str | None:
    """DynamoDB's code; None when no answer came at all. PynamoDB's own property breaks on that."""
    cause = failure.cause
    return cause.response.get("Error", {}).get("Code") if isinstance(cause, ClientError) else None


def _reasons(failure: PynamoDBException) -> list[Any]:
    if not isinstance(failure.cause, ClientError):
        return []
    return list(getattr(failure, "cancellation_reasons", None) or [])


def pause(attempt: int, *, longest: float) -> None:
    """Waits before the next attempt: at random, so that rivals part, up to 20 ms, 40 ms and so on to `longest`
    (seconds)."""
    time.sleep(random.uniform(0, min(0.02 * 2**attempt, longest)))  # noqa: S311 - jitter, no secret
