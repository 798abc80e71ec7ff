"""Records of a file that was cut, most of them read without being parsed.

Records of one file are much alike: the same tags, attributes and white space, other words. A *mould* is the pattern of
one record that was parsed, with gaps for its words. A text that fits it is as well formed as that record and has the
same tree but for the words, which the pattern itself finds: seven times as quick as parsing. What fits no mould is
parsed; so is what has a reference (`&amp;`) or a carriage return in its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError, XMLParser

from chalicelib.exchange.commerceml.cutting import Cut
from chalicelib.exchange.commerceml.xmlstream import Element, Limits, Node, Part, levels, read_parts, refusal
from chalicelib.kernel.errors import Invalid

_MOST = 12  # moulds at a time: to make one takes as long as to parse fifty records
_WORDS = re.compile(r'>([^<]*[^<\s][^<]*)<|="([^"]*)"')
_TEXT_GAP = r"([^<&\x00-\x08\x0b-\x1f\ufffe\uffff]*)"
_ATTRIBUTE_GAP = r'([^"<&\x00-\x1f\ufffe\uffff]*)'


def parts_of(pieces: Cut, numbers: Iterable[int]) -> Iterator[Part]:
    """What `read_parts` gives for the file with only these of its records. A body is good until the next part is asked
    for. Invalid where it turns out that the file must be read as a whole, perhaps after all parts."""
    moulds, found = Moulds(), False
    for part in read_parts([pieces.head, pieces.records[0], pieces.tail]):
        if not isinstance(part, Element) or (part.container, part.name) != (pieces.container, pieces.name):
            yield part
        elif found or not _same(part.body, moulds.node(pieces.text(0))):
            raise _unsure()
        else:
            found = True
            for number in numbers:
                yield Element(part.container, part.name, moulds.node(pieces.text(number)))
    if not found:
        raise _unsure()


class Moulds:
    """Moulds of the records met so far, the last one used first."""

    def __init__(self) -> None:
        self._known: list[_Mould] = []

    def node(self, record: str) -> Node:
        """The record's tree, which the next call may change. Invalid for one that is no XML by itself."""
        for at, mould in enumerate(self._known):
            words = mould.pattern.fullmatch(record)
            if words:
                if at:
                    self._known.insert(0, self._known.pop(at))
                return mould.filled(words.groups())
        node = read_record(record)
        if len(self._known) < _MOST and (made := _mould(record, node)):
            self._known.insert(0, made)
        return node


@dataclass(frozen=True, slots=True)
class _Mould:
    """`gaps` = where the pattern's groups stand in the tree: the element, and the attribute if it is one's value."""

    pattern: re.Pattern[str]
    node: Node
    gaps: tuple[tuple[Node, str], ...]

    def filled(self, words: Sequence[str]) -> Node:
        for (node, attribute), word in zip(self.gaps, words, strict=True):
            if attribute:
                node.set(attribute, word)
            else:
                node.text = word
        return self.node


def read_record(text: str) -> Node:
    """One record by itself, as `read_parts` has it; Invalid for what is no whole element without a file around it."""
    parser = XMLParser()  # noqa: S314  (a record has no DOCTYPE)
    try:
        parser.feed(text)
        record: Node = parser.close()
    except ParseError as wrong:
        raise refusal(wrong.code, *wrong.position) from wrong
    if any("}" in node.tag for level in levels([record], Limits()) for node in level):
        raise _unsure()  # it declares a namespace of its own
    return record


def _mould(record: str, node: Node) -> _Mould | None:
    """None for a record whose words are not all found where its tree has them: one with references, with words after
    an element, with values in other quotes."""
    words, gaps = list(_WORDS.finditer(record)), list(_gaps(node))
    if "='" in record or any(inner.tail and not inner.tail.isspace() for inner in node.iter()):
        return None
    if [one[1] or one[2] or "" for one in words] != [at.get(key) if key else at.text for at, key in gaps]:
        return None
    pattern, end = "", 0
    for one, (_, key) in zip(words, gaps, strict=True):
        group, gap = (2, _ATTRIBUTE_GAP) if key else (1, _TEXT_GAP)
        pattern += re.escape(record[end : one.start(group)]) + gap
        end = one.end(group)
    return _Mould(re.compile(pattern + re.escape(record[end:])), node, tuple(gaps))


def _gaps(node: Node) -> Iterator[tuple[Node, str]]:
    """Where words stand in a tree, in the order of the text."""
    for key, _ in node.items():
        yield node, key
    if node.text and not node.text.isspace():
        yield node, ""
    for child in node:
        yield from _gaps(child)


def _same(one: Node, other: Node) -> bool:
    """Whether two trees say the same."""
    return (
        (one.tag, one.text, one.items(), len(one)) == (other.tag, other.text, other.items(), len(other))
        and all(mine.tail == its.tail and _same(mine, its) for mine, its in zip(one, other, strict=True))
    )  # fmt: skip


def _unsure() -> Invalid:
    return Invalid("xml_damaged", line=0, column=0)
