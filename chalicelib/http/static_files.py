"""Style sheet, scripts and pictures under addresses that contain their content's hash, so they can be kept for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from chalicelib.kernel.errors import NotFound

CACHE_CONTROL = "public, max-age=31536000, immutable"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOLDER = Path(__file__).parent / "static"


@cache
def _files() -> dict[str, Path]:
    return {path.name: path for path in _FOLDER.iterdir() if path.suffix in CONTENT_TYPES}


@cache
def _hash(name: str) -> str:
    return hashlib.sha256(_files()[name].read_bytes()).hexdigest()[:8]


def static_url(name: str) -> str:
    """`/static/<8 hex digits of the content>/<name>`; KeyError when there is no such file (a mistake of ours)."""
    return f"/static/{_hash(name)}/{name}"


def build_mark() -> str:
    """Changes whenever the style sheet or one of our scripts does: an open page then knows that it is old."""
    return "".join(_hash(name) for name in ("kontor.css", "kontor.js", "suggest.js", "byhand.js"))


def read_static(content_hash: str, name: str) -> tuple[bytes, str]:
    """The bytes and the content type of a static file; NotFound for another name or another version."""
    if name not in _files() or content_hash != _hash(name):
        raise NotFound("no_such_file", name=name[:80])
    return _files()[name].read_bytes(), CONTENT_TYPES[_files()[name].suffix]
