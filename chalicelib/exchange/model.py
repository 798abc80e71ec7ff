"""The exchange with 1C: sessions, uploads and the journal (runs: `run`). Pure rules.

A *session* begins with `checkauth`; each `init` in it begins a new *set* of uploads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.catalogue.feed import RejectedRow

SESSION_LIFE = timedelta(hours=12)
UPLOAD_IDLE = timedelta(seconds=90)  # no further fragment for so long: the file is whole
KEPT = timedelta(days=30)  # uploads and their state; the journal stays
FILE_LIMIT = 3_000_000  # bytes of one fragment: a request carries 6 MB, base64 takes a third of it
MAX_UPLOAD = 1_000_000_000  # bytes of one file
MAX_FRAGMENTS = 2_000
REJECTED_KEPT = 400  # rejected rows that a journal entry names; the rest is only counted
MOST_READERS = 8  # workers that read one archive side by side
WORTH_A_READER = 20_000_000  # bytes of XML: they take longer to read than a second worker to start
_ROOT_END = "</КоммерческаяИнформация>"
_ROOT_ENDS = tuple(_ROOT_END.encode(charset) for charset in ("utf-8", "windows-1251"))
_PICTURE_ENDS = (b"\xff\xd9", b"IEND\xae\x42\x60\x82", b"\x00\x3b")  # of a JPEG, a PNG, a GIF
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22


class Direction(StrEnum):
    """`type=` of a request."""

    CATALOG = "catalog"
    SALE = "sale"


class UploadState(StrEnum):
    RECEIVING = "receiving"
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class EntryKind(StrEnum):
    """What a journal entry tells of."""

    SESSION = "session"  # 1C signed in
    CATALOGUE = "catalogue"  # a file with goods, offers, prices, stock
    DOCUMENTS = "documents"  # a file with orders, payments, shipments
    PICTURES = "pictures"  # the pictures of an archive
    UPLOAD = "upload"  # a file that is (not yet) known to be any of these
    ORDERS = "orders"  # orders that 1C was given
    RUN = "run"  # the end of a run: what was withdrawn
    SHEET = "sheet"  # a file with goods that a person uploaded
    HAND = "hand"  # changes that people made by hand
    VERSION = "version"  # a person made an earlier version of the catalogue the one in force
    SETTINGS = "settings"  # the password was changed


class EntryState(StrEnum):
    RECEIVED = "received"
    QUEUED = "queued"
    DONE = "done"
    PARTLY = "partly"  # taken, but some rows were rejected
    FAILED = "failed"
    WAITING = "waiting"  # staged, or given to 1C and not confirmed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSession:
    """1C signed in. `set_id` is the current set of uploads; `login_changed` ties it to the password that opened it."""

    id: str
    tenant_id: str
    set_id: str
    opened: datetime
    login_changed: datetime
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file of a set: its fragments so far, and what became of it.

    `generation` grows when a file of the same name begins anew. `fragments` and `bytes` are of this generation.
    `files` are the names inside an archive that were imported with it; `note` is what 1C is told besides the state.
    """

    set_id: str
    name: str
    direction: Direction
    begun: datetime
    touched: datetime
    entry_id: str
    session_id: str = ""
    state: UploadState = UploadState.RECEIVING
    generation: int = 1
    fragments: int = 0
    bytes: int = 0
    tail: str = ""  # the last bytes, in hex
    archive: bool = False
    files: tuple[str, ...] = ()
    attempts: int = 0  # of the worker
    applied: int = 0  # rows, once it is imported
    rejected: int = 0
    code: str = ""  # of the refusal
    params: dict[str, str] = field(default_factory=dict)
    version: int = 0  # filled from the stored row

    @property
    def is_settled(self) -> bool:
        return self.state in (UploadState.DONE, UploadState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """Rows of one kind: how many came, how many of them were not taken, how many changed something."""

    kind: str
    received: int
    rejected: int = 0
    changed: int = 0

    @property
    def applied(self) -> int:
        return self.received - self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that was not taken, as the journal keeps it; `reason` is a code, `exchange.reason.<reason>`."""

    kind: str
    number: int
    reason: str
    subject: str = ""
    detail: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One line of the journal; its id says when it was made. `code` and `params` name why it failed, or what it notes.

    `rejected` = how many rows were not taken; the rows themselves are kept beside it.
    """

    id: str
    kind: EntryKind
    direction: Direction | None = None
    state: EntryState
    at: datetime
    session_id: str = ""
    name: str = ""
    bytes: int = 0
    counts: tuple[KindCount, ...] = ()
    rejected: int = 0
    code: str = ""
    params: dict[str, str] = field(default_factory=dict)
    finished: datetime | None = None

    @property
    def received(self) -> int:
        return sum(count.received for count in self.counts)

    @property
    def applied(self) -> int:
        return sum(count.applied for count in self.counts)

    @property
    def changed(self) -> int:
        return sum(count.changed for count in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The orders that a session was given: exactly these are confirmed by its `mode=success` (protocol §6)."""

    orders: tuple[tuple[str, int], ...]  # (order id, version)
    at: datetime
    entry_id: str


def tail_of(before: str, fragment: bytes) -> str:
    """The last bytes of a file after one more fragment: enough to see whether it has ended."""
    return (bytes.fromhex(before) + fragment[-96:])[-96:].hex()


def looks_whole(upload: Upload) -> bool:
    """Whether the file has visibly ended: its root element is closed, the archive's end record is the last thing, or a
    picture's own mark is.

    Nothing in the protocol marks the last fragment; only an import call or silence does, and some clients send none.
    """
    tail = bytes.fromhex(upload.tail)
    if upload.archive:
        end = tail[-_ZIP_END_BYTES:]
        if len(end) < _ZIP_END_BYTES or not end.startswith(_ZIP_END):
            return False
        directory, start = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
        return start + directory + _ZIP_END_BYTES == upload.bytes
    if is_picture(upload.name):
        return tail.endswith(_PICTURE_ENDS)
    return tail.rstrip(b" \t\r\n\x00").endswith(_ROOT_ENDS)


def is_picture(name: str) -> bool:
    return name.lower().endswith((".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp"))


def pictures_among(names: Iterable[str]) -> tuple[str, ...]:
    """The pictures of an archive, in an order that is the same each time."""
    return tuple(sorted(name for name in names if is_picture(name)))


def import_order(names: Iterable[str]) -> tuple[str, ...]:
    """XML files of an archive in the order in which they make sense; nothing fails by another order."""
    words = ("import", "propert", "goods", "offers", "price", "rest", "storage", "contragent", "order", "document")

    def place(name: str) -> tuple[int, int, str]:
        last = name.lower().rpartition("/")[2]
        return ("/" in name, next((i for i, word in enumerate(words) if last.startswith(word)), 3), name)

    return tuple(sorted((name for name in names if name.lower().endswith(".xml")), key=place))


def readers_for(sizes: Sequence[int]) -> int:
    """How many workers read the files of one archive, by their sizes in bytes: one where a second is not worth it."""
    return max(1, min(MOST_READERS, len(sizes), sum(sizes) // WORTH_A_READER))


def as_rejected(row: RejectedRow, file: str = "") -> Rejected:
    return Rejected(
        kind=row.kind,
        number=row.number,
        reason=row.reason,
        subject=row.subject[:100],
        detail=row.detail[:120],
        file=file[-80:],
    )
