"""Records that fit a mould are read without being parsed: as if they had been."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.exchange.commerceml.cutting import cut
from chalicelib.exchange.commerceml.moulds import Moulds, parts_of
from chalicelib.exchange.commerceml.reader import read_catalogue, rows_of
from chalicelib.exchange.commerceml.xmlstream import Node
from chalicelib.exchange.model import EntryKind
from chalicelib.exchange.reading import kind_of
from chalicelib.kernel.errors import Invalid
from tests.rules.commerceml_sets import FILES, real_file

RECORD = (
    '<Товар Статус="{}"><Ид>{}</Ид>\r\n <Наименование>{}</Наименование><БазоваяЕдиница Код="796 ">\n {}\n'
    '<Пересчет/></БазоваяЕдиница><Склад ИдСклада="{}" КоличествоНаСкладе="{}"/></Товар>'
)


def said(node: Node) -> list[object]:
    """What readers may see of a tree."""
    return [(one.tag, (one.text or "").strip(), one.items(), (one.tail or "").strip()) for one in node.iter()]


def parsed(record: str) -> Node:
    return ElementTree.fromstring(record)


_WORDS = st.text(st.sampled_from("Аб1 ,.>'=\"-&;#x0amp\n\té\u00a0\u2028"), max_size=9)


@given(st.lists(st.tuples(*[_WORDS] * 6), max_size=12))
def test_a_record_says_the_same_whether_it_is_parsed_or_fits_a_mould(records: list[tuple[str, ...]]) -> None:
    moulds = Moulds()
    for words in records:
        text = RECORD.format(*words)
        try:
            expected = said(parsed(text))
        except ElementTree.ParseError:
            with pytest.raises(Invalid):
                moulds.node(text)
            continue
        assert said(moulds.node(text)) == expected


@pytest.mark.parametrize(
    "odd",
    [
        "<a k='x'/>x", "<a k='>x'>y</a>", "<a>1</a>2", "<a>&lt;b&gt;</a>", "<a>&#1078;</a>", '<a k="1" l="2"/>',
        "<a><b/>x</a>", '<a k = "1"/>', "<a>]</a>", "<a/><a></a>", "<a\n k=\"1\n2\">\r\n3\r4</a>",
    ],
)  # fmt: skip
def test_whatever_a_record_is_written_like_the_next_one_of_its_kind_is_read_right(odd: str) -> None:
    moulds = Moulds()
    for words in ("x", "y", "", " ", "&amp;", "1"):
        text = f"<r>{odd}<w>{words}</w></r>"
        assert said(moulds.node(text)) == said(parsed(text))


@pytest.mark.parametrize("wrong", ["<r><w>a</r>", "<r><w>\x01</w></r>", "<r><w>&no;</w></r>", "<r><w>a<b></w></r>"])
def test_what_is_no_xml_fits_no_mould(wrong: str) -> None:
    moulds = Moulds()
    moulds.node("<r><w>a</w></r>")
    with pytest.raises(Invalid):
        moulds.node(wrong)


@pytest.mark.parametrize("name", FILES)
def test_the_rows_of_a_real_file_that_can_be_cut_are_those_of_its_whole_reading(name: str) -> None:
    whole = real_file(name).read_bytes()
    pieces = cut(whole)
    if pieces is not None and kind_of(iter([whole])) is EntryKind.CATALOGUE:
        assert list(rows_of(parts_of(pieces, range(len(pieces.records))))) == list(read_catalogue([whole]))
