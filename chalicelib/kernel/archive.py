"""What somebody sends as one file: safe names, whole files from fragments, zip archives within limits.

Nothing is unpacked onto a disk: entries are read as streams. What an archive claims is checked before the first byte
is unpacked, what it does is checked while unpacking (ASVS 5.2.3, 5.3.3).
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from chalicelib.kernel.errors import Invalid

_CHUNK = 1 << 16
_END = b"PK\x05\x06"
_END_SIZE = 22
_END64_LOCATOR = b"PK\x06\x07"
_MAX_COMMENT = 0xFFFF
_ENTRY_BYTES = 600  # of the directory, at most: 46 and the longest name, comment and extra field that we take
_MAX_NAME = 255
_MAX_LEVELS = 8
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_SERVER_FOLDERS = re.compile(r"^/?(?:tmp/|(?:/?[\w.-]+/)*upload/1c/webdata/|upload/1c_(?:catalog|exchange)/)")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    struct.error,
    ValueError,
    IndexError,
    OverflowError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    entries: int = 20_000
    total_bytes: int = 2_000_000_000
    entry_bytes: int = 1_000_000_000
    ratio: int = 200  # unpacked to packed, of the archive and of each entry over a megabyte


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the archive: its safe relative name and unpacked size in bytes."""

    name: str
    size: int


def safe_name(name: str) -> str:
    """A relative path with forward slashes; Invalid("file_name") for absolute paths, `..`, control characters and
    whatever else could leave its folder. The folders that 1C on Linux puts in front are dropped (protocol §3)."""
    plain = _SERVER_FOLDERS.sub("", name.strip().replace("\\", "/"))
    while plain.startswith("./"):
        plain = plain[2:]
    parts = plain.split("/")
    if (
        not plain
        or len(plain) > _MAX_NAME
        or len(parts) > _MAX_LEVELS
        or _CONTROL.search(plain)
        or _DRIVE.match(plain)
        or any(part in ("", ".", "..") or part != part.strip() for part in parts)
    ):
        raise Invalid("file_name", name=_CONTROL.sub("·", name)[:80])
    return plain


def looks_like_zip(name: str, head: bytes) -> bool:
    """Some clients name an archive `.xml`; one that is named `.zip` and is damaged at its head is refused as such."""
    return name.lower().endswith(".zip") or head[:4] in (b"PK\x03\x04", _END)


def assemble(fragments: Iterable[bytes], target: BinaryIO, limit: int) -> int:
    """Appends fragments in the order of arrival; their total size. Invalid("file_too_big") beyond `limit` bytes."""
    size = 0
    for fragment in fragments:
        size += len(fragment)
        if size > limit:
            raise Invalid("file_too_big", limit=limit)
        target.write(fragment)
    return size


class Archive:
    """An opened zip whose claims have passed every limit. Codes of refusals: `zip_damaged`, `zip_too_many`,
    `zip_too_big`, `zip_bomb`, `zip_encrypted`, `zip_link`, `zip_method`, `zip_duplicate`, `file_name`."""

    def __init__(self, file: BinaryIO, limits: ArchiveLimits | None = None) -> None:
        self._limits = limits or ArchiveLimits()
        try:
            packed = _check_directory_size(file, self._limits)
            self._zip = zipfile.ZipFile(file, metadata_encoding="cp866")
        except _BROKEN as wrong:
            raise Invalid("zip_damaged") from wrong
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._check(packed)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Files in the directory's order; folders are left out."""
        return tuple(Entry(name, info.file_size) for name, info in self._infos.items())

    def read(self, name: str) -> Iterator[bytes]:
        """The entry's bytes in pieces; Invalid where it breaks its own claims or checksum. KeyError: no such entry."""
        info = self._infos[name]
        read = 0
        try:
            with self._zip.open(info) as stream:
                while piece := stream.read(_CHUNK):
                    read += len(piece)
                    if read > info.file_size:
                        raise Invalid("zip_bomb", name=name)
                    yield piece
        except _BROKEN as wrong:
            raise Invalid("zip_damaged") from wrong
        if read != info.file_size:
            raise Invalid("zip_damaged")

    def _check(self, packed: int) -> None:
        limits = self._limits
        infos = self._zip.infolist()
        if len(infos) > limits.entries:
            raise Invalid("zip_too_many", limit=limits.entries)
        total = 0
        for info in infos:
            mode = info.external_attr >> 16
            if info.flag_bits & 0x1:
                raise Invalid("zip_encrypted")
            if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Invalid("zip_link", name=safe_name(info.filename))
            if info.filename.endswith(("/", "\\")):
                safe_name(info.filename.rstrip("/\\"))
                continue
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Invalid("zip_method", name=safe_name(info.filename))
            total += info.file_size
            if info.file_size > limits.entry_bytes or total > limits.total_bytes:
                raise Invalid("zip_too_big", limit=limits.total_bytes)
            if info.file_size > max(1_000_000, info.compress_size * limits.ratio):
                raise Invalid("zip_bomb", name=safe_name(info.filename))
            name = safe_name(info.filename)
            if name in self._infos:
                raise Invalid("zip_duplicate", name=name)
            self._infos[name] = info
        if total > max(1_000_000, packed * limits.ratio):
            raise Invalid("zip_bomb", name="")
        _check_overlap(infos, packed)


def _check_overlap(infos: list[zipfile.ZipInfo], packed: int) -> None:
    """Entries that share bytes let a small archive unpack to any size."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise Invalid("zip_bomb", name="")
        end = info.header_offset + 30 + info.compress_size
    if end > packed:
        raise Invalid("zip_damaged")


def _check_directory_size(file: BinaryIO, limits: ArchiveLimits) -> int:
    """The archive's size in bytes. `zipfile` loads the whole directory at once, so its size is looked at first."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _MAX_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise Invalid("zip_damaged")
    entries, directory = struct.unpack("<HL", tail[at + 10 : at + 16])
    if tail[max(0, at - 20) : at].startswith(_END64_LOCATOR):
        # Archives that need the 64-bit form hold more than we take: over 65,535 files or 4 GB.
        raise Invalid("zip_too_many", limit=limits.entries)
    if entries > limits.entries or directory > limits.entries * _ENTRY_BYTES:
        raise Invalid("zip_too_many", limit=limits.entries)
    file.seek(0)
    return size
