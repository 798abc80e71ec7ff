"""Pictures: what is taken by its content, what is refused before it is unpacked, and the album of names."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from chalicelib.kernel.errors import Invalid
from chalicelib.pictures.album import Album, write
from chalicelib.pictures.making import make
from chalicelib.pictures.model import MAX_BYTES, Named, News, Picture, Size, digest_of, is_digest, plain_name
from tests.support.pictures import picture

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_format_becomes_two_small_webp_copies_of_the_same_shape(kind: str) -> None:
    made = make(picture(kind, (960, 480)))
    small, large = (opened(made.copies[size]) for size in Size)
    assert (small.format, small.size) == ("WEBP", (96, 48))
    assert (large.format, large.size) == ("WEBP", (480, 240))
    assert (made.picture.width, made.picture.height) == (480, 240)


def test_a_picture_that_is_small_already_is_not_blown_up() -> None:
    assert opened(make(picture(size=(60, 40))).copies[Size.LARGE]).size == (60, 40)


def test_transparency_stays_and_a_turned_photo_is_put_upright_without_its_metadata() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(make(out.getvalue()).copies[Size.LARGE]).mode == "RGBA"
    exif = Image.Exif()
    exif[0x0112] = 6  # lay on its side
    exif[0x010F] = "Secret camera"
    upright = opened(make(picture(size=(400, 200), exif=exif)).copies[Size.LARGE])
    assert upright.size == (200, 400)
    assert not upright.getexif()


def refusal(content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        make(content)
    return refused.value.code


def test_what_is_not_one_of_the_four_formats_is_refused_whatever_its_name() -> None:
    out = io.BytesIO()
    Image.new("RGB", (10, 10)).save(out, "BMP")
    assert refusal(out.getvalue()) == "picture_format"
    assert refusal(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == "picture_format"
    assert refusal(b"") == "picture_format"


def test_half_a_picture_is_refused() -> None:
    whole = picture("PNG", colour="red") + b""
    noisy = Image.effect_noise((300, 300), 90)
    out = io.BytesIO()
    noisy.save(out, "PNG")
    for content in (whole, out.getvalue()):
        assert refusal(content[: len(content) // 2]) == "picture_broken"


def claims(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that says it is so large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    assert refusal(claims(side, side)) == "picture_too_large"


@pytest.mark.parametrize("size", [(20_001, 1), (1, 20_001)])
def test_a_picture_of_a_few_pixels_is_refused_where_a_side_is_too_long(size: tuple[int, int]) -> None:
    assert refusal(claims(*size)) == "picture_too_large"


@pytest.mark.parametrize(("kind", "mode", "million"), [("WEBP", "RGB", 16), ("JPEG", "CMYK", 25), ("GIF", "P", 25)])
def test_a_format_that_takes_more_memory_may_have_fewer_pixels(kind: str, mode: str, million: int) -> None:
    out = io.BytesIO()
    Image.new(mode, (1_001, million * 1_000), 0).save(out, kind, **({"method": 0} if kind == "WEBP" else {}))
    with pytest.raises(Invalid) as refused:
        make(out.getvalue())
    assert refused.value.params == {"limit": million, "side": 20_000}


WORKER = """
import sys
from chalicelib.pictures.making import make
make(open(sys.argv[1], "rb").read())
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""
"""Prints its peak in KB; `getrusage` would tell that of the process that began it, where that was higher."""


@pytest.mark.parametrize(
    ("kind", "mode", "size", "options"),
    [
        ("PNG", "RGBA", (20_000, 1_250), {"compress_level": 1}),
        ("WEBP", "RGBA", (4_000, 4_000), {"lossless": True, "method": 0}),
        ("JPEG", "RGB", (7_071, 7_071), {"progressive": True, "subsampling": 0}),
        ("JPEG", "CMYK", (5_000, 5_000), {"progressive": True}),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak so")
def test_the_largest_picture_of_a_format_leaves_a_worker_memory(
    kind: str, mode: str, size: tuple[int, int], options: dict[str, object], tmp_path: Path
) -> None:
    path = tmp_path / "picture"
    with path.open("wb") as file:
        Image.new(mode, size).save(file, kind, **options)  # type: ignore[arg-type]
    done = subprocess.run([sys.executable, "-c", WORKER, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 400_000


def test_a_file_of_too_many_bytes_is_refused_unopened() -> None:
    assert refusal(b"\xff" * (MAX_BYTES + 1)) == "picture_too_big"


def test_names_are_compared_without_the_clients_folders_slashes_and_case() -> None:
    wanted = "import_files/9d/9da0.jpg"
    for path in (
        wanted,
        "import_files\\9d\\9DA0.JPG",
        "./import_files/9d/9da0.jpg",
        "webdata/000000001/import_files/9d/9da0.jpg",
        "goods/1/import_files/9d/9da0.jpg",
    ):
        assert plain_name(path) == wanted
    assert plain_name("photos/1.png") == "photos/1.png"


def test_a_digest_is_of_the_content_and_nothing_else_is_one() -> None:
    assert is_digest(digest_of(b"1"))
    for text in ("", "0" * 31, "0" * 33, "../" + "0" * 29, "G" * 32, "A" * 32):
        assert not is_digest(text)


def shot(content: str) -> Picture:
    return Picture(digest=digest_of(content.encode()), width=480, height=300)


def told(name: str, content: str, minutes: int = 0) -> News:
    named = Named(name=plain_name(name), picture=shot(content))
    return News(at=NOW + timedelta(minutes=minutes), named=(named,))


def test_an_album_finds_pictures_by_the_names_that_goods_give_and_by_content(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    write(path, [told("import_files/1.jpg", "one")])
    write(path, [told("import_files/2.jpg", "two")])
    album = Album(path)
    found = album.find(["import_files/1.jpg", "Import_files\\2.jpg", "import_files/3.jpg", ""])
    assert found == {"import_files/1.jpg": shot("one"), "Import_files\\2.jpg": shot("two")}
    assert album.known(shot("two").digest) == shot("two")
    assert album.known(digest_of(b"three")) is None


def test_the_newest_picture_of_a_name_counts_in_whatever_order_it_is_told(tmp_path: Path) -> None:
    news = [told("1.jpg", "old"), told("1.jpg", "new", minutes=1)]
    for number, order in enumerate((news, news[::-1])):
        path = tmp_path / f"{number}.sqlite"
        write(path, order)
        assert Album(path).find(["1.jpg"]) == {"1.jpg": shot("new")}
