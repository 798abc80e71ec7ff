"""What no file may do, whoever sent it (quality F1): refused at once, in little memory, with a reason."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.xmlstream import Limits, read_parts
from chalicelib.kernel.errors import Invalid

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
ROOT = '<КоммерческаяИнформация ВерсияСхемы="2.07">'
END = "</КоммерческаяИнформация>"


def refusal(content: bytes | Iterator[bytes], limits: Limits | None = None) -> Invalid:
    chunks = [content] if isinstance(content, bytes) else content
    with pytest.raises(Invalid) as refused:
        list(read_catalogue(chunks, limits=limits))
    return refused.value


def refused_as(read: Callable[[list[bytes]], Iterable[object]], content: bytes) -> str:
    """The code of the refusal; `xml_fine` when there is none."""
    try:
        list(read([content]))
    except Invalid as refused:
        return refused.code
    return "xml_fine"


BILLION_LAUGHS = (
    HEAD
    + '<!DOCTYPE r [<!ENTITY a "ха">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(12))
    + f"]>{ROOT}<Каталог><Ид>&m;</Ид></Каталог>{END}"
).encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BILLION_LAUGHS, "xml_dtd"),
        (f'{HEAD}<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">{ROOT}{END}'.encode(), "xml_dtd"),
        (f'{HEAD}<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>{ROOT}&x;{END}'.encode(), "xml_dtd"),
        (f"{HEAD}<!DOCTYPE КоммерческаяИнформация>{ROOT}{END}".encode(), "xml_dtd"),
        (f"{HEAD}{ROOT}<Каталог>&amp;&unknown;</Каталог>{END}".encode(), "xml_damaged"),
        (b"undefinedundefined" + f"{HEAD}{ROOT}{END}".encode(), "xml_leading_garbage"),
        (b"\xef\xbb\xbfWarning: mysql" + f"{HEAD}{ROOT}{END}".encode(), "xml_leading_garbage"),
        (b"", "xml_empty"),
        (b"\xef\xbb\xbf \r\n", "xml_empty"),
        (b"PK\x03\x04 not xml", "xml_leading_garbage"),
        (b"<html><body>1C</body></html>", "xml_foreign"),
        (f"{HEAD}{ROOT}<Каталог>".encode(), "xml_damaged"),
        (f"{HEAD}{ROOT}</Каталог>".encode(), "xml_damaged"),
        (f"{HEAD}{ROOT}{END}<more/>".encode(), "xml_damaged"),
        (f"{HEAD}{ROOT}\x01{END}".encode(), "xml_damaged"),
        (f"{HEAD}{ROOT}<x:Каталог/>{END}".encode(), "xml_damaged"),  # a prefix that nothing declares
        (b"<html><br></html>", "xml_foreign"),
        (f'<?xml version="1.0" encoding="utf-7"?>{ROOT}{END}'.encode(), "xml_encoding"),
        (f'<?xml version="1.0" encoding="no-such"?>{ROOT}{END}'.encode(), "xml_encoding"),
        (f'<?xml version="1.0" encoding="shift_jis"?>{ROOT}{END}'.encode(), "xml_encoding"),
        (f"{HEAD}{ROOT}{END}".encode("cp1251"), "xml_damaged"),
    ],
)
def test_a_file_that_is_no_clean_commerceml_is_refused_with_its_reason(content: bytes, code: str) -> None:
    assert refusal(content).code == code


def test_damage_is_named_by_line_and_column() -> None:
    refused = refusal(f"{HEAD}\n{ROOT}\n<Каталог></Товар>{END}".encode())
    assert (refused.code, refused.params["line"], refused.params["column"]) == ("xml_damaged", 3, 12)


@pytest.mark.parametrize("where", ["<Каталог><Товары><Товар>{}", "{}", "<Классификатор><Группы>{}"])
def test_nesting_without_end_is_refused(where: str) -> None:
    nested = "<Группа><Группы>" * 50_000
    assert refusal((HEAD + ROOT + where.format(nested)).encode()).code == "xml_too_deep"


def test_depth_is_refused_among_names_that_mean_nothing_to_us_too() -> None:
    assert refusal((HEAD + ROOT + "<Каталог>" + "<a>" * 100_000).encode()).code == "xml_too_deep"


def endless(piece: bytes, start: str) -> Iterator[bytes]:
    yield (HEAD + ROOT + start).encode()
    for _ in range(100_000):
        yield piece


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        ("<Каталог><Товары><Товар><Ид>", b"x" * 65_536),  # one text
        ("<Каталог><Товары><Товар>", b"<a>1</a>" * 8_192),  # one record
        ("<Каталог><Товары><Товар a='", b"x" * 65_536),  # one attribute
        ("<!--", b"x" * 65_536),  # one comment
        ("<a", b"a" * 65_536),  # one name
        ("<Каталог><Товары>", b"<b/>" * 16_384),  # one file
    ],
)
def test_whatever_has_no_end_is_refused_before_it_fills_memory(start: str, piece: bytes) -> None:
    limits = Limits(bytes=4_000_000, record_bytes=2_000_000)
    assert refusal(endless(piece, start), limits).code == "xml_too_big"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        ("<Каталог><Товары><Товар><Ид>", b"x" * 65_536),  # one text
        ("<Каталог><Товары>", b" " * 65_536),  # outside of every record
        ("<Каталог><Товары><Товар><Ид><![CDATA[", b"<a>" * 20_000),
        ("<Каталог><Товары><Товар a='", b"x" * 65_536),
        ("<!--", b"<b/>" * 16_384),
        ("<a", b"a" * 65_536),
    ],
)
def test_what_brings_no_element_for_long_is_refused_before_the_file_or_a_record_is_too_long(
    start: str, piece: bytes
) -> None:
    refused = refusal(endless(piece, start), Limits(quiet_bytes=300_000))
    assert (refused.code, refused.params["limit"]) == ("xml_too_big", 300_000)


def test_an_endless_comment_before_the_root_is_refused_too() -> None:
    def comment() -> Iterator[bytes]:
        yield HEAD.encode() + b"<!--"
        for _ in range(1_000):
            yield b"x" * 65_536

    assert refusal(comment(), Limits(quiet_bytes=300_000)).code == "xml_too_big"


@pytest.mark.parametrize("where", ["<Каталог><Товары>{}</Товары></Каталог>", "<Документ>{}</Документ>", "{}"])
def test_depth_is_refused_though_all_of_it_is_closed_again(where: str) -> None:
    nested = "<Группы>" * 70 + "</Группы>" * 70
    assert refusal((HEAD + ROOT + where.format(nested) + END).encode()).code == "xml_too_deep"


def test_random_names_by_the_million_do_not_stay_in_memory() -> None:
    def names() -> Iterator[bytes]:
        yield (HEAD + ROOT).encode()
        for i in range(100):
            yield "".join(f"<n{i}_{j}/>" for j in range(1_000)).encode()
        yield END.encode()

    assert sum(1 for _ in read_parts(names())) == 100_002


def test_every_attack_is_refused_within_a_tenth_of_a_second_and_fifty_megabytes() -> None:
    program = (
        "import resource, time, sys\n"
        "from tests.rules.test_commerceml_hostile import BILLION_LAUGHS, HEAD, ROOT, refusal\n"
        "for content in (BILLION_LAUGHS, (HEAD + ROOT + '<a>' * 100_000).encode()):\n"
        "    refusal(content[:200])\n"
        "    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()\n"
        "    refusal(content)\n"
        "    print(time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    for line in done.stdout.split("\n")[:2]:
        seconds, kilobytes = map(float, line.split())
        assert seconds < 0.1
        assert kilobytes < 50_000


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_the_readers_fail_otherwise(noise: bytes) -> None:
    for content in (noise, (HEAD + ROOT).encode() + noise, (HEAD + ROOT).encode() + noise + END.encode()):
        assert refused_as(read_catalogue, content).startswith("xml_")
        assert refused_as(read_documents, content).startswith("xml_")


SAMPLE = (
    f"{HEAD}{ROOT}<ПакетПредложений СодержитТолькоИзменения='false'><Ид>k#</Ид><Предложения><Предложение><Ид>a#b</Ид>"
    "<Цены><Цена><ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу>1.5</ЦенаЗаЕдиницу><Валюта>руб</Валюта></Цена></Цены>"
    f"<Склад ИдСклада='w' КоличествоНаСкладе='2'/></Предложение></Предложения></ПакетПредложений>{END}"
).encode()


@settings(max_examples=500)
@given(st.data())
def test_a_changed_byte_anywhere_gives_rows_or_a_refusal(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SAMPLE) - 1))
    changed = SAMPLE[:at] + bytes([data.draw(st.integers(0, 255))]) + SAMPLE[at + 1 :]
    assert refused_as(read_catalogue, changed).startswith("xml_")


def test_memory_stays_flat_however_long_the_file_is() -> None:
    product = "<Товар><Ид>{0}</Ид><Наименование>Товар {0}</Наименование></Товар>"

    def long_file(count: int) -> Iterator[bytes]:
        yield (HEAD + ROOT + "<Каталог><Товары>").encode()
        for i in range(count):
            yield product.format(i).encode()
        yield f"</Товары></Каталог>{END}".encode()

    began = time.process_time()
    assert sum(1 for _ in read_catalogue(long_file(1_000))) == 1_001
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in read_catalogue(long_file(20_000))) == 20_001
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000
    assert time.process_time() - began < 30
