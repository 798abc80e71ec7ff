"""A QR code as the path of an inline SVG (no style, no script: it fits the Content-Security-Policy)."""

from __future__ import annotations


def qr_path(text: str) -> tuple[str, int]:
    """The `d` of one path that draws the dark modules, and the side of the square in modules with its quiet zone."""
    import segno

    border = 4
    rows = segno.make(text, error="m", micro=False).matrix
    parts = [f"M{x + border} {y + border}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return "".join(parts), len(rows) + 2 * border
