"""What tests of pages share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from tests.support import run
from tests.support.stack import Stack
from tools.seed import seed


@pytest.fixture(scope="session")
def demo(stack: Stack) -> dict[str, Any]:
    """The demo company of `make run` on the run's stack."""
    return run.once("demo", lambda: asdict(seed({"url": f"{stack.url}/", "aws_endpoint": stack.aws_endpoint})))
