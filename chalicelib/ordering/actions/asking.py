"""What was typed with a request on an order."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.ordering.actions.transaction import Ask

MAX_COMMENT = 2_000


def bodied(ask: Ask, *parts: str) -> Ask:
    return replace(ask, body="\x1f".join((ask.order_id, *parts)))


def needed(text: str, *, field: str) -> str:
    text = shortened(text, field=field)
    if not text:
        raise Invalid(fields={field: Complaint(code="required")})
    return text


def shortened(text: str, *, field: str = "comment") -> str:
    text = text.strip()
    if len(text) > MAX_COMMENT:
        raise Invalid(fields={field: Complaint(code="too_long", params={"limit": MAX_COMMENT})})
    return text
