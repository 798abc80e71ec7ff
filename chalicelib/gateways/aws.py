"""AWS clients: made once per process, with time-outs fit for a request (the SDK's own are 60 s).

They are botocore's. boto3 would add resources and a transfer manager that nothing here uses and every cold start pays.
"""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

_one_at_a_time = Lock()  # a session of botocore is not made for threads
_TIMEOUTS = Config(connect_timeout=1, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@lru_cache(maxsize=16)
def client(service: str) -> Any:
    """The process-wide client of a service under the function's own role."""
    return new_client(service)


def new_client(service: str, config: Config = _TIMEOUTS, **credentials: Any) -> Any:
    """A client of its own; `credentials` as botocore names them, none for the function's own role."""
    with _one_at_a_time:
        return _session().create_client(service, config=config, **credentials)


@lru_cache(maxsize=1)
def _session() -> Session:
    # One for all clients: it keeps the descriptions of the services, which take longer to read than a call takes.
    return get_session()
