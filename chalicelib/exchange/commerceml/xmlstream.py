"""A CommerceML file as a stream of records, in bounded memory.

expat drives; nothing of the file is kept but the record being read. A *record* is one element under a container
(`Товары/Товар`, `Предложения/Предложение`, `Контейнер`…): nested dictionaries where a leaf is its stripped text, an
element with children is `{name: [children]}`, its attributes are `@name`, its own text beside children is `#`.
Only local names count: the namespace and its prefix differ by version (protocol §9). Every document type
declaration is refused, so no entity but XML's own five can appear.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from xml.parsers import expat

from chalicelib.kernel.errors import Invalid

Node = dict[str, list[Any]]
ROOT = "КоммерческаяИнформация"
CONTAINERS: dict[str, frozenset[str]] = {
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
    text_chars: int = 2_000_000
    token_bytes: int = 1_000_000  # one tag with its attributes, one comment


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
    """A record: the container that holds it, its own name, and its body (a text when it has no children)."""

    container: str
    name: str
    body: Node | str


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
    reader = _Reader(limits, first)
    fed = 0
    for chunk in _small(first, feed):
        fed += len(chunk)
        reader.feed(chunk, fed)
        if reader.out:
            yield from reader.out
            reader.out.clear()
    reader.finish()
    yield from reader.out


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


class _LocalNames(dict[str, str]):
    def __missing__(self, name: str) -> str:
        local = name.rpartition(":")[2]
        if len(self) < 10_000:  # a file of random names must not fill memory
            self[name] = local
        return local


class _Reader:
    """The expat handlers and their state. A class only because expat calls back."""

    def __init__(self, limits: Limits, first: bytes) -> None:
        self.out: list[Part] = []
        self._limits = limits
        self._depth = limits.depth - _CONTAINER_DEPTH
        self._boms = first.startswith(_BOM)
        self._open: list[str] = []  # containers
        self._inside: list[frozenset[str]] = []
        self._frames: list[Node | None] = []  # the record being read, outermost first
        self._text: list[str] = []
        self._names = _LocalNames()
        self._record_start = 0
        self._parser = self._make_parser()

    def _make_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate("utf-8" if self._boms else None)
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        return parser

    def feed(self, chunk: bytes, fed: int) -> None:
        limits, parser = self._limits, self._parser
        if fed > limits.bytes:
            raise Invalid("xml_too_big", limit=limits.bytes)
        self._parse(chunk, False)
        at = max(parser.CurrentByteIndex, 0)
        if fed - at > limits.token_bytes:
            raise Invalid("xml_too_big", limit=limits.token_bytes)
        if self._frames and at - self._record_start > limits.record_bytes:
            raise Invalid("xml_too_big", limit=limits.record_bytes)
        if len(self._text) > 16 and sum(map(len, self._text)) > limits.text_chars:
            raise Invalid("xml_too_big", limit=limits.text_chars)

    def finish(self) -> None:
        self._parse(b"", True)

    def _parse(self, chunk: bytes, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as wrong:
            if wrong.code in _BAD_ENCODING:
                raise Invalid("xml_encoding", encoding="?") from wrong
            raise Invalid("xml_damaged", line=wrong.lineno, column=wrong.offset + 1) from wrong
        except (ValueError, LookupError) as wrong:
            raise Invalid("xml_encoding", encoding="?") from wrong

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is None or self._boms:
            return
        try:
            known = codecs.lookup(encoding).name in ENCODINGS
        except LookupError:
            known = False
        if not known:
            raise Invalid("xml_encoding", encoding=encoding[:40])

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        text = self._text
        frames = self._frames
        if frames:
            if text:
                if len(text) > 1 or not text[0].isspace():
                    self._keep_text("".join(text))
                text.clear()
            if len(frames) >= self._depth:
                raise Invalid("xml_too_deep", limit=self._limits.depth)
            frames.append(self._attributes(attributes) if attributes else None)
            return
        text.clear()
        local = self._names[name]
        if self._open and local not in self._inside[-1]:
            self._record_start = self._parser.CurrentByteIndex
            frames.append(self._attributes(attributes) if attributes else None)
            return
        if not self._open and local != ROOT:
            raise Invalid("xml_foreign", root=local[:60])
        self._open.append(local)
        self._inside.append(CONTAINERS.get(local, _NO_CONTAINERS))
        self.out.append(Opened(local, {self._names[key]: value for key, value in attributes.items()}))

    def _attributes(self, attributes: dict[str, str]) -> Node:
        return {"@" + self._names[key]: [value] for key, value in attributes.items()}

    def _keep_text(self, text: str) -> None:
        text = text.strip()
        if text:
            node = self._frames[-1]
            if node is None:
                node = self._frames[-1] = {}
            node.setdefault("#", []).append(text)

    def _end(self, name: str) -> None:
        text = self._text
        frames = self._frames
        if not frames:
            text.clear()
            self._inside.pop()
            self.out.append(Closed(self._open.pop()))
            return
        node = frames.pop()
        value: Node | str
        if text:
            joined = "".join(text).strip()
            text.clear()
        else:
            joined = ""
        if node is None:
            value = joined
        else:
            if joined:
                node.setdefault("#", []).append(joined)
            value = node
        local = self._names[name]
        if not frames:
            self.out.append(Element(self._open[-1], local, value))
            return
        parent = frames[-1]
        if parent is None:
            frames[-1] = {local: [value]}
        elif local in parent:
            parent[local].append(value)
        else:
            parent[local] = [value]


def _refuse_doctype(*_: object) -> None:
    raise Invalid("xml_dtd")
