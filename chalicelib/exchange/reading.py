"""First half of an import: what the files of an upload are, and their rows as parts.

Nothing here depends on the tenant's catalogue or on other files, and the same file makes the same part: files may be
read side by side and more than once. What they bring is put in order when they are taken into their run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from chalicelib.catalogue.feed import CatalogueHead, FeedRow
from chalicelib.catalogue.snapshot.part import Read, read_part, renewed_part
from chalicelib.catalogue.snapshot.renewal import Records
from chalicelib.exchange.commerceml.cutting import MOST_BYTES, Cut, cut
from chalicelib.exchange.commerceml.moulds import parts_of
from chalicelib.exchange.commerceml.reader import rows_of
from chalicelib.exchange.commerceml.reading import FeedMemory
from chalicelib.exchange.commerceml.xmlstream import Element, Opened, Part, read_parts
from chalicelib.exchange.model import EntryKind, KindCount, Upload, as_rejected, import_order, pictures_among
from chalicelib.exchange.results import FileResult, refused
from chalicelib.kernel.archive import Archive
from chalicelib.kernel.errors import Invalid

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the upload; `open` gives its bytes anew each time."""

    name: str
    size: int
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was read: what it is, what the journal says of it so far, and what its packages say of themselves.

    `full` = one of them is a full exchange's, `full_goods` = one with goods is; `offers` = one is of offers. `units`
    and `currencies` as in `FeedMemory`, of this file alone. The part, if it has one, is `part_size` bytes.
    """

    result: FileResult
    size: int
    full: bool = False
    full_goods: bool = False
    offers: bool = False
    part_size: int = 0
    units: dict[str, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)

    @property
    def brings_goods(self) -> bool:
        return any(count.kind == "product" and count.received for count in self.result.counts)


def sources(upload: Upload, whole: BinaryIO) -> list[Source]:
    """The files with data of an upload, in the order in which they make sense."""
    if not upload.archive:
        return [Source(upload.name, upload.bytes, lambda: _chunks(whole))]
    return _inside(Archive(whole), import_order)


def pictures_of(upload: Upload, whole: BinaryIO) -> list[Source]:
    """The pictures of an upload: those of an archive by name, or itself."""
    if not upload.archive:
        return [Source(upload.name, upload.bytes, lambda: _chunks(whole))]
    return _inside(Archive(whole), pictures_among)


def _inside(archive: Archive, chosen: Callable[[Iterable[str]], tuple[str, ...]]) -> list[Source]:
    sizes = {entry.name: entry.size for entry in archive.entries}
    names = chosen(sizes)
    return [Source(name, sizes[name], lambda name=name: archive.read(name)) for name in names]  # type: ignore[misc]


def _chunks(whole: BinaryIO) -> Iterator[bytes]:
    whole.seek(0)
    while piece := whole.read(_CHUNK):
        yield piece


def kind_of(chunks: Iterator[bytes]) -> EntryKind:
    """What a file holds, by the first thing in it; an empty root is an empty catalogue."""
    for part in read_parts(chunks):
        if isinstance(part, Opened) and part.name == "Контрагенты":
            return EntryKind.DOCUMENTS
        if isinstance(part, Opened) and part.name != "КоммерческаяИнформация":
            return EntryKind.CATALOGUE
        if isinstance(part, Element) and part.name in ("Документ", "Контейнер"):
            return EntryKind.DOCUMENTS
    return EntryKind.CATALOGUE


def read_file(source: Source, part: Path, earlier: Path | None = None) -> ReadFile:
    """Reads a catalogue into `part`. Documents are only told apart: they are applied in their tenant's turn. A file
    that cannot be read is refused, and leaves no part.

    `earlier` = the part of the file of this name that came before: what both have in common is not read again.
    """
    try:
        kind = kind_of(source.open())
    except Invalid as refusal:
        return ReadFile(result=refused(source.name, EntryKind.UPLOAD, refusal), size=source.size)
    if kind is EntryKind.DOCUMENTS:
        return ReadFile(result=FileResult(name=source.name, kind=kind), size=source.size)
    pieces = cut(b"".join(source.open())) if source.size <= MOST_BYTES else None
    seen, read = _read_cut(pieces, part, earlier) if pieces else (_Seen(), None)
    if read is None:
        seen = _Seen()
        try:
            read = read_part(part, seen.rows(read_parts(source.open())))
        except Invalid as refusal:
            return ReadFile(result=refused(source.name, kind, refusal), size=source.size, full=seen.full)
    return ReadFile(
        result=_result(source.name, read),
        size=source.size,
        full=seen.full,
        full_goods=seen.full_goods,
        offers=seen.offers,
        part_size=part.stat().st_size,
        units=seen.memory.units,
        currencies=seen.memory.currencies,
    )


def _read_cut(pieces: Cut, part: Path, earlier: Path | None) -> tuple[_Seen, Read | None]:
    """Reads the records that `earlier` has not, or all of them. None where the file has to be read as a whole: so are
    its errors."""
    if earlier is not None:
        seen = _Seen()
        read = renewed_part(earlier, part, _records(pieces, seen))
        if read is not None:
            return seen, read
    seen = _Seen()
    records = _records(pieces, seen)
    try:
        return seen, read_part(part, records.rows(range(len(records.digests))), records)
    except Invalid:
        return seen, None


def _records(pieces: Cut, seen: _Seen) -> Records:
    return Records(pieces.digests(), lambda some: seen.rows(parts_of(pieces, some)))


@dataclass(slots=True)
class _Seen:
    """What a file and its packages say of themselves, noted while its rows pass."""

    full: bool = False
    full_goods: bool = False
    offers: bool = False
    memory: FeedMemory = field(default_factory=FeedMemory)

    def rows(self, parts: Iterable[Part]) -> Iterator[FeedRow]:
        for row in rows_of(parts, self.memory):
            if isinstance(row, CatalogueHead):
                self.full = self.full or not row.only_changes
                self.full_goods = self.full_goods or (row.kind == "goods" and not row.only_changes)
                self.offers = self.offers or row.kind == "offers"
            yield row


def _result(name: str, read: Read) -> FileResult:
    rejected = Counter(row.kind for row in read.rejected)
    return FileResult(
        name=name,
        kind=EntryKind.CATALOGUE,
        counts=tuple(
            KindCount(kind=kind, received=received, rejected=rejected[kind])
            for kind, received in sorted(read.received.items())
            if received
        ),
        rejected=tuple(as_rejected(row) for row in read.rejected),
    )
