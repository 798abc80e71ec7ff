"""Records of an XML file inside a spreadsheet, in bounded memory: expat and the tree, both in C, do all but the choice.

After every slice of the file what is complete is taken off the tree. Every document type declaration is refused, so no
entity but XML's own five can appear. Only local names count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from chalicelib.kernel.errors import Invalid

Node = ElementTree.Element
_SLICE = 1 << 16
_MAX_RECORD = 8_000_000  # bytes without a complete record
_MAX_DEPTH = 12  # of containers


def records(chunks: Iterable[bytes], containers: frozenset[str]) -> Iterator[Node]:
    """Everything directly under an element named in `containers`, the outermost of which is the root, in the file's
    order and whole. Invalid("sheet_damaged") for what is no such XML, also one record of more than 8 MB."""
    builder = TreeBuilder()
    top = builder.start("", {})  # the builder shows no root of its own
    parser = XMLParser(target=builder)  # noqa: S314  (no DOCTYPE comes this far)
    waiting = 0
    try:
        for piece in _checked(_slices(chunks)):
            parser.feed(piece)
            waiting += len(piece)
            complete: list[Node] = []
            _take(top, containers, complete, whole=False, depth=0)
            if complete:
                waiting = 0
                yield from complete
            if waiting > _MAX_RECORD:
                raise Invalid("sheet_damaged")
        builder.end("")
        parser.close()
    except (ParseError, expat.ExpatError, ValueError, LookupError, AssertionError) as wrong:
        raise Invalid("sheet_damaged") from wrong
    complete = []
    _take(top, containers, complete, whole=True, depth=0)
    yield from complete


def local(node: Node) -> str:
    return _local(node.tag)


@lru_cache(maxsize=256)  # a file has few names and very many elements
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def attributes(node: Node) -> dict[str, str]:
    """By local name."""
    return {name.rpartition("}")[2]: value for name, value in node.attrib.items()}


def _take(node: Node, containers: frozenset[str], into: list[Node], *, whole: bool, depth: int) -> None:
    """Takes off what is complete: everything before the last child, and that too if the node itself is `whole`."""
    if depth > _MAX_DEPTH:
        raise Invalid("sheet_damaged")
    done = len(node) if whole else max(len(node) - 1, 0)
    for place, child in enumerate(node):
        if depth == 0 or local(child) in containers:
            _take(child, containers, into, whole=place < done, depth=depth + 1)
        elif place < done:
            into.append(child)
    del node[:done]


def _slices(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield from (chunk[i : i + _SLICE] for i in range(0, len(chunk), _SLICE))


def _checked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, once the root has begun without a document type: before it are all that a tree must never be
    built of."""
    began = False

    def root(*_: object) -> None:
        nonlocal began
        began = True
        parser.StartElementHandler = None

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = root
    held = b""
    for piece in pieces:
        held += piece
        parser.Parse(piece, False)
        if began:
            break
        if len(held) > _MAX_RECORD:
            raise Invalid("sheet_damaged")
    yield held
    yield from pieces


def _refuse(*_: object) -> None:
    raise Invalid("sheet_damaged")
