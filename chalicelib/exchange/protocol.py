"""The answers of the protocol: plain text whose first line is a keyword (protocol §§1–5)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.exchange.model import FILE_LIMIT, Direction
from chalicelib.kernel.errors import Invalid

VERSION = "3.1"


@dataclass(frozen=True, slots=True)
class Credentials:
    login: str
    password: str


def credentials(headers: Mapping[str, str]) -> Credentials | None:
    """HTTP Basic. 1C writes UTF-8 or windows-1251; our own logins and passwords are ASCII."""
    kind, _, encoded = headers.get("authorization", "").strip().partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    login, found, password = text.partition(":")
    return Credentials(login.strip(), password) if found else None


def direction_of(text: str) -> Direction:
    """`type=`; Invalid("exchange_unknown_type") for the ones that we don't serve."""
    try:
        return Direction(text.strip().lower())
    except ValueError as wrong:
        raise Invalid("exchange_unknown_type", type=text[:40]) from wrong


def checked_in(direction: Direction, cookie_name: str, cookie: str, session_key: str, timestamp: int) -> str:
    """Five lines for the catalogue, four for sales; line 4 is sent back by some clients as it is (protocol §1)."""
    lines = ["success", cookie_name, cookie, f"sessid={session_key}"]
    if direction is Direction.CATALOG:
        lines.append(f"timestamp={timestamp}")
    return "\n".join(lines)


def begun(session_key: str, *, asks_version: bool) -> str:
    """Exactly two lines, unless the client is new enough to send its version (protocol §2)."""
    lines = ["zip=yes", f"file_limit={FILE_LIMIT}"]
    if asks_version:
        lines += [f"sessid={session_key}", f"version={VERSION}"]
    return "\n".join(lines)


def success(text: str = "") -> str:
    return f"success\n{text}" if text else "success"


def progress(text: str) -> str:
    return f"progress\n{text}"


def failure(text: str) -> str:
    return f"failure\n{text}"
