"""A file of goods or offers cut into its records without parsing it.

An exchange that repeats what the last one said differs from it in a few records. What is the same, byte for byte, was
parsed then; only the rest needs to be parsed, as a file of its own between the same head and tail. That is certain only
under conditions, all checked here: nothing but white space between the records, no comment, CDATA section or
instruction that could hide a tag among them, and no record inside another. `moulds` reads what is cut.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from chalicelib.kernel.errors import Invalid

MOST_BYTES = 32_000_000
"""A larger file is not held in memory to be cut."""

_LISTS = (("Товары", "Товар"), ("Предложения", "Предложение"))
_ENCODINGS = ("utf-8", "cp1251")
_DIGEST = 16
READER = b"1"
"""Another one for each release that makes other rows of the same file, or other tables of them (`schema.create_part`):
what was read before is then read again."""
_LONGEST = 1_000_000  # of a record; the parser itself shall judge longer ones
_ODD = ((b"!", b"<!"), (b"?", b"<?"), (b"]]", b"]]>"))  # a character that is rare is looked for first
_UNITS = "ЕдиницыИзмерения"
_PACKAGES = ("Каталог", "ПакетПредложений", "ИзмененияПакетаПредложений")
_FORMED = "ДатаФормирования"


@dataclass(frozen=True, slots=True)
class Cut:
    """`head` up to the first record, `tail` after the last one. `frame` = a digest of all outside of the records on
    which the rows of a record depend: declaration, namespaces, the package's own words, units. Each record is a `name`
    in a `container`."""

    container: str
    name: str
    encoding: str
    head: bytes
    records: tuple[bytes, ...]
    tail: bytes
    frame: bytes

    def digests(self) -> list[bytes]:
        """Of each record, the frame and the reader: the same digest tells the same rows."""
        known = hashlib.blake2b(digest_size=_DIGEST, key=self.frame, person=READER)
        digests = []
        for record in self.records:
            one = known.copy()
            one.update(record)
            digests.append(one.digest())
        return digests

    def text(self, number: int) -> str:
        try:
            return self.records[number].decode(self.encoding)
        except ValueError as wrong:
            raise Invalid("xml_encoding", encoding=self.encoding) from wrong


def cut(whole: bytes) -> Cut | None:
    """The parts of a file; None for one that cannot be cut with certainty."""
    for encoding in _ENCODINGS:
        marks = {pair: f"{pair[0]}>".encode(encoding) for pair in _LISTS}
        found = [(pair, mark) for pair, mark in marks.items() if b"</" + mark in whole]
        if len(found) == 1:
            ((pair, mark),) = found
            if whole.count(b"<" + mark) != 1 or whole.count(b"</" + mark) != 1:
                return None
            start, stop = whole.index(b"<" + mark) + len(mark) + 1, whole.index(b"</" + mark)
            return _cut(whole[:start], whole[start:stop], whole[stop:], pair, encoding)
    return None


def _cut(head: bytes, body: bytes, tail: bytes, pair: tuple[str, str], encoding: str) -> Cut | None:
    container, name = pair
    tag = name.encode(encoding)
    close = b"</" + tag + b">"
    *pieces, rest = body.split(close)
    tags = body.count(b"<" + tag) + body.count(b"</" + tag)  # a longer name that begins so counts too
    if not pieces or rest.strip() or tags != 2 * len(pieces):
        return None
    if any(rare in body and odd in body for rare, odd in _ODD):
        return None
    records = tuple(piece.lstrip() + close for piece in pieces)
    begins = (b"<" + tag + b">", b"<" + tag + b" ")
    if not all(record.startswith(begins) and len(record) <= _LONGEST for record in records):
        return None
    return Cut(container, name, encoding, head, records, tail, _frame(head, tail, encoding))


def _frame(head: bytes, tail: bytes, encoding: str) -> bytes:
    """The moment at which the file was formed is told by the root, and is another one each time."""
    formed = _FORMED.encode(encoding) + rb"""\s*=\s*("[^"]*"|'[^']*')"""
    root = re.match(rb"[^<]*(?:<\?[^>]*\?>)?[^<]*<[^>]*>", head)
    package = max(head.rfind(f"<{name}".encode(encoding)) for name in _PACKAGES)
    units = re.search(f"<{_UNITS}.*</{_UNITS}".encode(encoding), head, re.DOTALL)
    seen = hashlib.sha256(encoding.encode())
    for piece in (root[0] if root else head, head[max(package, 0) :], units[0] if units else b"", tail):
        seen.update(b"\x1e" + re.sub(formed, b"", piece))
    return seen.digest()
