"""Structured logs and per-tenant metrics. Neither ever holds personal data: ids, codes, counts and durations only."""

from __future__ import annotations

import json
import time
from functools import lru_cache

from aws_lambda_powertools import Logger

from chalicelib.gateways.settings import settings

_NAMESPACE = "Kontor"


@lru_cache(maxsize=1)
def logger() -> Logger:
    """One JSON line per entry on standard output; extra fields go into it as they are."""
    return Logger(service="kontor", level="INFO", location=None, utc=True, stage=settings().stage)


def count(name: str, tenant_id: str, value: int = 1, *, unit: str = "Count") -> None:
    """A metric of one tenant in CloudWatch's embedded metric format."""
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": _NAMESPACE,
                    "Dimensions": [["tenant"]],
                    "Metrics": [{"Name": name, "Unit": unit}],
                }
            ],
        },
        "tenant": tenant_id,
        name: value,
    }
    print(json.dumps(line), flush=True)
