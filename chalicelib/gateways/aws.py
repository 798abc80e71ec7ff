"""AWS clients: made once per process, with time-outs fit for a request (the SDK's own are 60 s)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

_TIMEOUTS = Config(connect_timeout=1, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@lru_cache(maxsize=16)
def client(service: str) -> Any:
    """The process-wide client of a service under the function's own role."""
    return new_client(service)


def new_client(service: str, **credentials: Any) -> Any:
    """A client of its own; `credentials` as botocore names them, none for the function's own role."""
    return boto3.client(service, config=_TIMEOUTS, **credentials)
