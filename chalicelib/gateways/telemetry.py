"""Structured logs and per-tenant metrics. Neither ever holds personal data: ids, codes, counts and durations only."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import lru_cache
from traceback import FrameSummary, extract_tb

from aws_lambda_powertools import Logger

from chalicelib.gateways.settings import settings

_FRAMES = 12


@lru_cache(maxsize=1)
def logger() -> Logger:
    """One JSON line per entry on standard output; extra fields go into it as they are."""
    return Logger(service="kontor", level="INFO", location=None, utc=True, stage=settings().stage)


def failure(what: str, error: BaseException, **fields: object) -> None:
    """An unexpected error: its kind and where it arose, never its message, which may quote what people typed."""
    chain = [error, *_causes(error)]
    where = [f"{frame.filename.rpartition('chalicelib/')[2]}:{frame.lineno} {frame.name}" for frame in _frames(error)]
    logger().error(what, extra={"error": [type(one).__name__ for one in chain], "where": where, **fields})


def _causes(error: BaseException) -> Iterator[BaseException]:
    while error.__cause__ is not None:
        error = error.__cause__
        yield error


def _frames(error: BaseException) -> list[FrameSummary]:
    return list(extract_tb(error.__traceback__))[-_FRAMES:]


def count(name: str, tenant_id: str, value: int = 1, *, unit: str = "Count") -> None:
    """A metric of one tenant in CloudWatch's embedded metric format."""
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": f"kontor-{settings().stage}",
                    "Dimensions": [["tenant"]],
                    "Metrics": [{"Name": name, "Unit": unit}],
                }
            ],
        },
        "tenant": tenant_id,
        name: value,
    }
    print(json.dumps(line), flush=True)
