"""Pictures of products: what is taken, how a file's name is compared, and what the album is told. Pure rules.

A picture is known by its content: the same bytes sent again under any name are the same picture.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What a file must really hold, whatever its name ends with."""
MAX_BYTES = 20_000_000
MAX_SIDE = 20_000
"""Pixels: what makes a copy of a picture one pixel high takes as much memory as a square of its width would."""
_PIXELS = {"JPEG": 50_000_000, "WEBP": 16_000_000}
_PIXELS_ELSE = 25_000_000
_FOLDER = "import_files/"
_OWN = "kontor/"
LANES = 4
"""How many workers take a tenant's pictures side by side: lanes of the import queue beside the tenant's turn, as
thousands of pictures must not hold back prices and stock."""
_DIGITS = frozenset("0123456789abcdef")
_DIGEST_LENGTH = 32


def most_pixels(kind: str) -> int:
    """How many pixels a picture of the format may have: a file of a few bytes can claim to be gigabytes. A JPEG is
    unpacked at a fraction of its size; of a WebP its decoder keeps four copies of four bytes for each pixel."""
    return _PIXELS.get(kind, _PIXELS_ELSE)


class Size(StrEnum):
    """The copies that are made of a picture: the longer side in pixels."""

    SMALL = "96"  # lists
    LARGE = "480"  # a product's page, price lists

    @property
    def pixels(self) -> int:
        return int(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A checked picture. `width` and `height` are the large copy's, in pixels: what a page leaves room for."""

    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The file of this name, as `plain_name` writes it, holds this picture."""

    name: str
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that the album does not show yet. What is newer counts, in whatever order it is told."""

    at: datetime
    named: tuple[Named, ...] = ()


def digest_of(content: bytes) -> str:
    """What a picture is known by: the first half of its SHA-256, in hex."""
    return hashlib.sha256(content).hexdigest()[:_DIGEST_LENGTH]


def is_digest(text: str) -> bool:
    return len(text) == _DIGEST_LENGTH and _DIGITS.issuperset(text)


def plain_name(path: str) -> str:
    """A picture's file name, comparable: goods name `import_files/ab/1.jpg`, and some clients send the same file from
    within a folder of their own, with other slashes or other letter case."""
    plain = path.strip().replace("\\", "/").casefold()
    at = plain.rfind("/" + _FOLDER)
    return plain[at + 1 :] if at >= 0 else plain.removeprefix("./")


def own_name(digest: str) -> str:
    """The name of a picture that a person brought: no ERP's file is called so. The same content is the same name."""
    return _OWN + digest


def is_own_name(path: str) -> bool:
    return path.startswith(_OWN)


def digest_named(path: str) -> str | None:
    """Which picture an `own_name` says, also before the album knows it; None for another name."""
    digest = path.removeprefix(_OWN)
    return digest if is_own_name(path) and is_digest(digest) else None
