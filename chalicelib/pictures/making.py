"""Decoding pictures and making their small copies. Only workers do this: a hostile file costs one of them its time,
never a page.

The real format counts, not the name. Sizes are looked at before a pixel is unpacked. The copies are WebP without any
metadata, so that neither a photographer's place nor a camera's number is published with a product.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps

from chalicelib.kernel.errors import Invalid
from chalicelib.pictures.model import FORMATS, MAX_BYTES, MAX_PIXELS, Picture, Size, digest_of

Image.MAX_IMAGE_PIXELS = None  # `make` compares with its own limit, which is lower, before it unpacks anything
_QUALITY = 80
_EFFORT = 3  # of 6: a tenth of a per cent smaller would cost twice the time


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    picture: Picture
    copies: Mapping[Size, bytes]  # WebP


def make(content: bytes) -> Made:
    """Checks a file and makes its copies, never larger than itself.

    Invalid: `picture_too_big` (bytes), `picture_too_large` (pixels), `picture_format`, `picture_broken`.
    """
    if len(content) > MAX_BYTES:
        raise Invalid("picture_too_big", limit=MAX_BYTES // 1_000_000)
    try:
        whole = Image.open(io.BytesIO(content), formats=FORMATS)
    except Exception as unknown:  # a decoder that is fed garbage may raise anything
        raise Invalid("picture_format") from unknown
    with whole:
        if whole.width * whole.height > MAX_PIXELS:
            raise Invalid("picture_too_large", limit=MAX_PIXELS // 1_000_000)
        try:
            large = _large(whole)
        except Exception as broken:
            raise Invalid("picture_broken") from broken
    small = large.copy()
    small.thumbnail((Size.SMALL.pixels, Size.SMALL.pixels))
    return Made(
        picture=Picture(digest=digest_of(content), width=large.width, height=large.height),
        copies={Size.SMALL: _webp(small), Size.LARGE: _webp(large)},
    )


def _large(whole: Image.Image) -> Image.Image:
    """The large copy, upright. A JPEG is unpacked at a fraction of its size already: it costs as much less. What else
    is as large as may be is in memory twice at most: it is made small before it is turned."""
    box = (Size.LARGE.pixels, Size.LARGE.pixels)
    whole.draft("RGB", (2 * box[0], 2 * box[1]))
    turn = whole.getexif().get(ExifTags.Base.Orientation)
    wanted = "RGBA" if whole.has_transparency_data else "RGB"
    copy = whole.convert(wanted) if whole.mode == "P" else whole  # a palette's colours have none between them
    copy.thumbnail(box)
    copy = copy.convert(wanted)
    copy.getexif()[ExifTags.Base.Orientation] = turn or 1
    return ImageOps.exif_transpose(copy)


def _webp(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
    return out.getvalue()
