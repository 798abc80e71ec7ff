"""A CommerceML file as a stream of records, in bounded memory.

The standard library's tree parser drives, expat and the tree both in C: no Python runs for each tag. After every
slice of the file what is complete is taken off the tree. A *record* is one element under a container
(`Товары/Товар`, `Предложения/Предложение`, `Контейнер`…), a Node to be read with `values.text` and its neighbours.
Only local names count: the namespace and its prefix differ by version (protocol §9). Every document type
declaration is refused, so no entity but XML's own five can appear.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from xml.etree import ElementTree
from xml.etree.ElementTree import ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from chalicelib.kernel.errors import Invalid

Node = ElementTree.Element
ROOT = "КоммерческаяИнформация"
CONTAINERS: dict[str, frozenset[str]] = {
    "": frozenset({ROOT}),
    ROOT: frozenset({"Классификатор", "Каталог", "ПакетПредложений", "ИзмененияПакетаПредложений", "Контрагенты"}),
    "Классификатор": frozenset({"Группы", "Свойства", "ТипыЦен", "Склады", "ЕдиницыИзмерения"}),
    "Каталог": frozenset({"Группы", "Свойства", "ТипыЦен", "Склады", "ЕдиницыИзмерения", "Товары"}),
    "ПакетПредложений": frozenset({"Свойства", "ТипыЦен", "Склады", "ЕдиницыИзмерения", "Предложения"}),
    "ИзмененияПакетаПредложений": frozenset({"ТипыЦен", "Склады", "Предложения"}),
}
ENCODINGS = frozenset(
    {"utf-8", "cp1251", "cp1252", "cp1250", "koi8-r", "cp866", "iso8859-1", "iso8859-5", "utf-16", "ascii"}
)
_CHUNK = 1 << 16
_BOM = codecs.BOM_UTF8
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SPACE = b" \t\r\n"
_BAD_ENCODING = frozenset(
    expat.errors.codes[text]
    for text in (expat.errors.XML_ERROR_UNKNOWN_ENCODING, expat.errors.XML_ERROR_INCORRECT_ENCODING)
)
_NO_CONTAINERS: frozenset[str] = frozenset()
_CONTAINER_DEPTH = 3  # root, package, list: what is outside of every record


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one XML file may be. Passing any of them is a refusal, whatever else the file holds."""

    bytes: int = 2_000_000_000
    depth: int = 64
    record_bytes: int = 32_000_000
    quiet_bytes: int = 4_000_000  # without a new element: one text, one tag with its attributes, one comment


@dataclass(frozen=True, slots=True)
class Opened:
    """A container begins: its name and attributes."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Closed:
    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """A record: the container that holds it, its own name, and its body, with local names in it for tags."""

    container: str
    name: str
    body: Node


Part = Opened | Closed | Element


def read_parts(chunks: Iterable[bytes], limits: Limits | None = None) -> Iterator[Part]:
    """Parts in the file's order. Raises Invalid where the file turns out to be unusable, so whoever applies the
    parts does it after the last one: a broken file must change nothing (domain §4.5).

    Codes: `xml_empty`, `xml_leading_garbage`, `xml_damaged` (line, column), `xml_dtd`, `xml_encoding`,
    `xml_too_deep`, `xml_too_big`, `xml_foreign` (root).
    """
    limits = limits or Limits()
    feed = _checked_start(iter(chunks))
    first = next(feed)
    encoding = "utf-8" if first.startswith(_BOM) else None  # the mark says more than the declaration
    tree = _Tree(encoding, limits)
    for piece in _checked_prologue(_small(first, feed), encoding, limits):
        yield from tree.feed(piece)
    yield from tree.end()


def _checked_start(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes without white space in front; refuses what does not begin like XML (protocol §10)."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _CHUNK or len(head.lstrip(_BOM + _SPACE)) >= 4:
            break
    if head[:2] in _UTF16:
        yield head
        yield from chunks
        return
    bom = head.startswith(_BOM)
    body = head.removeprefix(_BOM).lstrip(_SPACE)
    if not body:
        raise Invalid("xml_empty")
    if not body.startswith(b"<"):
        raise Invalid("xml_leading_garbage", start=_printable(body[:24]))
    yield (_BOM if bom else b"") + body
    yield from chunks


def _small(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Slices: the limits are looked at once a slice."""
    for chunk in chain((first,), rest):
        yield from (chunk[i : i + _CHUNK] for i in range(0, len(chunk), _CHUNK))


def _printable(start: bytes) -> str:
    return "".join(c if c.isprintable() else "·" for c in start.decode("utf-8", "replace"))


def _checked_prologue(pieces: Iterator[bytes], encoding: str | None, limits: Limits) -> Iterator[bytes]:
    """The same pieces, from where the root has begun: before it are all that a tree must never be built of."""
    began = False

    def root(name: str, _attributes: object) -> None:
        nonlocal began
        began = True
        parser.StartElementHandler = None
        if (local := name.rpartition(":")[2]) != ROOT:
            raise Invalid("xml_foreign", root=local[:60])

    parser = expat.ParserCreate(encoding)
    if encoding is None:
        parser.XmlDeclHandler = _check_encoding
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = root
    held = b""
    for piece in pieces:
        held += piece
        try:
            parser.Parse(piece, False)
        except expat.ExpatError as wrong:
            raise refusal(wrong.code, wrong.lineno, wrong.offset) from wrong
        except (ValueError, LookupError) as wrong:
            raise Invalid("xml_encoding", encoding="?") from wrong
        if began:
            break
        if len(held) > limits.quiet_bytes:
            raise Invalid("xml_too_big", limit=limits.quiet_bytes)
    yield held
    yield from pieces


def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is None:
        return
    try:
        known = codecs.lookup(encoding).name in ENCODINGS
    except LookupError:
        known = False
    if not known:
        raise Invalid("xml_encoding", encoding=encoding[:40])


def _refuse_doctype(*_: object) -> None:
    raise Invalid("xml_dtd")


def levels(level: list[Node], limits: Limits) -> Iterator[list[Node]]:
    """Records, their children, the children of these…; refuses those that go too deep."""
    for _ in range(limits.depth - _CONTAINER_DEPTH):
        if not level:
            return
        yield level
        level = list(chain.from_iterable(level))
    if level:
        raise Invalid("xml_too_deep", limit=limits.depth)


def refusal(code: int, line: int, offset: int) -> Invalid:
    if code in _BAD_ENCODING:
        return Invalid("xml_encoding", encoding="?")
    return Invalid("xml_damaged", line=line, column=offset + 1)


class _LocalNames(dict[str, str]):
    def __missing__(self, name: str) -> str:
        local = name.rpartition("}")[2]
        if len(self) < 10_000:  # a file of random names must not fill memory
            self[name] = local
        return local


class _Tree:
    """The tree as far as it is built and not yet handed out, and how far the file is within its limits.

    All that stands before an open container or an open record was taken off, so that each is its parent's first child.
    """

    def __init__(self, encoding: str | None, limits: Limits) -> None:
        builder = TreeBuilder()
        self._open = [builder.start("", {})]  # the containers, outermost first; the builder shows no root of its own
        self._parser = XMLParser(target=builder, encoding=encoding)  # noqa: S314  (no DOCTYPE comes this far)
        self._limits = limits
        self._names = _LocalNames()
        self._fed = 0
        self._newest, self._newest_seen = self._open[0], 0
        self._record, self._record_seen = self._open[0], 0

    def feed(self, piece: bytes) -> list[Part]:
        self._fed += len(piece)
        if self._fed > self._limits.bytes:
            raise Invalid("xml_too_big", limit=self._limits.bytes)
        try:
            self._parser.feed(piece)
        except ParseError as wrong:
            raise refusal(wrong.code, *wrong.position) from wrong
        parts = self._take(ended=False)
        self._check_rest()
        return parts

    def end(self) -> list[Part]:
        try:
            self._parser.close()
        except ParseError as wrong:
            raise refusal(wrong.code, *wrong.position) from wrong
        return self._take(ended=True)

    def _take(self, *, ended: bool) -> list[Part]:
        """What is complete. The last child of what is still open may be incomplete itself."""
        parts: list[Part] = []
        records: list[Node] = []
        while self._open:
            container = self._open[-1]
            name = container.tag
            inside = CONTAINERS.get(name, _NO_CONTAINERS)
            closed = ended or any(len(above) > 1 for above in self._open[:-1])
            children = list(container)
            complete = len(children) if closed else len(children) - 1
            taken = 0
            for child in children:
                local = self._names[child.tag]
                if local in inside:
                    child.tag = local
                    parts.append(Opened(local, {self._names[key]: value for key, value in child.items()}))
                    self._open.append(child)
                    break
                if taken == complete:
                    break
                records.append(child)
                parts.append(Element(name, local, child))
                taken += 1
            del container[:taken]
            if self._open[-1] is not container:
                continue
            if not closed:
                break
            self._open.pop()
            if self._open:
                parts.append(Closed(name))
                del self._open[-1][0]
        self._finish(records)
        return parts

    def _finish(self, records: list[Node]) -> None:
        """Local names for the tags of records; refuses those that go too deep."""
        for level in levels(records, self._limits):
            for node in level:
                node.tag = self._names[node.tag]

    def _check_rest(self) -> None:
        """What is still open must not grow without end, be it in depth, in a text or in one record."""
        limits = self._limits
        container = self._open[-1]
        newest, depth = container, _CONTAINER_DEPTH
        while len(newest):
            newest = newest[-1]
            depth += 1
            if depth > limits.depth:
                raise Invalid("xml_too_deep", limit=limits.depth)
        if newest is not self._newest:
            self._newest, self._newest_seen = newest, self._fed
        if self._fed - self._newest_seen > limits.quiet_bytes:
            raise Invalid("xml_too_big", limit=limits.quiet_bytes)
        record = container[0] if len(container) else container
        if record is not self._record:
            self._record, self._record_seen = record, self._fed
        if record is not container and self._fed - self._record_seen > limits.record_bytes:
            raise Invalid("xml_too_big", limit=limits.record_bytes)
