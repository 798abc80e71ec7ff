"""Names of files that people upload."""

from __future__ import annotations


def title_of(name: str) -> str:
    """A file's name as people know it. Browsers send it in UTF-8, which some stores read as Latin-1."""
    try:
        return name.encode("latin-1").decode()
    except ValueError:
        return name
