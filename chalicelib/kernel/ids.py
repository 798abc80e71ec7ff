"""Identifiers: short, unguessable where they must be, sortable by time where that helps."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS = frozenset(_ALPHABET)
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # two digits at a time: imports make a million of ids
_TIME_CHARS = 10
_LENGTH = 20
TENANT_ID_LENGTH = 12


def _ten_digits(number: int) -> str:
    """The last fifty bits, in base 32."""
    pairs = _PAIRS
    return (
        pairs[number >> 40 & 1023]
        + pairs[number >> 30 & 1023]
        + pairs[number >> 20 & 1023]
        + pairs[number >> 10 & 1023]
        + pairs[number & 1023]
    )


def new_id(now: datetime) -> str:
    """20 characters that sort by creation time (milliseconds), then at random (50 bits)."""
    return _ten_digits(int(now.timestamp() * 1000)) + _ten_digits(secrets.randbits(50))


def made_at(identifier: str) -> datetime:
    """When `new_id` made it, to the millisecond; ValueError for what it cannot have made."""
    if len(identifier) != _LENGTH or any(c not in _ALPHABET for c in identifier):
        raise ValueError(f"not an id: {identifier[:40]!r}")
    milliseconds = 0
    for c in identifier[:_TIME_CHARS]:
        milliseconds = milliseconds * 32 + _ALPHABET.index(c)
    try:
        return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)
    except (OverflowError, OSError, ValueError) as wrong:
        raise ValueError(f"not an id: {identifier!r}") from wrong


def new_tenant_id(*parts: str) -> str:
    """`t` and 11 characters that depend only on `parts`, or are random without any: of fixed length, never with the
    key separator (domain §9.1)."""
    return "t" + stable_id(*(parts or [new_secret()]))[: TENANT_ID_LENGTH - 1]


def is_tenant_id(text: str) -> bool:
    return len(text) == TENANT_ID_LENGTH and text[0] == "t" and _LETTERS.issuperset(text)


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is stored in place of a secret of full entropy: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def stable_id(*parts: str) -> str:
    """20 characters that depend only on `parts`: an id for what another system named (its GUID)."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    number = int.from_bytes(digest[:13], "big")
    return _ten_digits(number >> 50) + _ten_digits(number)
