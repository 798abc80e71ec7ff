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
from PIL.JpegImagePlugin import JpegImageFile

from chalicelib.kernel.errors import Invalid
from chalicelib.pictures.model import FORMATS, MAX_BYTES, MAX_SIDE, Picture, Size, digest_of, most_pixels

Image.MAX_IMAGE_PIXELS = None  # `make` compares with its own limits, which are lower, before it unpacks anything
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
        most = most_pixels(_kind(whole))
        if whole.width * whole.height > most or max(whole.size) > MAX_SIDE:
            raise Invalid("picture_too_large", limit=most // 1_000_000, side=MAX_SIDE)
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


def _kind(whole: Image.Image) -> str:
    """The format, as `most_pixels` wants it. A JPEG in four inks may cost what any other picture does: one that is told
    in several passes is kept whole, two bytes for each ink of a pixel."""
    if isinstance(whole, JpegImageFile):  # also where several are in one file, of which the first counts
        return "" if whole.mode == "CMYK" else "JPEG"
    return whole.format or ""


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
