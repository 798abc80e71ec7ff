"""The demo company of `make run`, made once."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the seed made: `users` [{"role", "email", "password", "url"}], `exchange` {"url", "user", "password"}."""

    users: list[dict[str, str]]
    exchange: dict[str, str]


def seed(config: dict[str, Any]) -> Seeded:
    """Fill an empty stack; `config` is .local/kontor.json as far as it is known (url, mailbox, aws_endpoint, stack)."""
    del config
    return Seeded(users=[], exchange={})
