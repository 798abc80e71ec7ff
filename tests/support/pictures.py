"""Small pictures for tests, made on the spot."""

from __future__ import annotations

import io

from PIL import Image


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (640, 400), colour: str = "steelblue", **options: object
) -> bytes:
    """A file of one colour in the given format."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()
