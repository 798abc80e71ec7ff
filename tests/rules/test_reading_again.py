"""A file that repeats most of an earlier one: only what differs is read, and the part is that of the whole file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalogue.snapshot import part as parts
from chalicelib.catalogue.snapshot.build import End, Portion, assemble
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.exchange.commerceml.cutting import cut
from chalicelib.exchange.reading import ReadFile, Source, read_file
from chalicelib.kernel.clock import utc_now

Goods = Sequence[tuple[int, str]]


def goods(some: Goods, *, formed: str = "2026-11-20T08:00:00", full: str = "true", units: str = "шт") -> str:
    records = "\n".join(
        f"<Товар><Ид>{number}</Ид><Наименование>{name}</Наименование><БазоваяЕдиница>U1</БазоваяЕдиница>"
        f"<Группы><Ид>g{number % 3}</Ид></Группы><ЗначенияСвойств><ЗначенияСвойства><Ид>p</Ид>"
        f"<Значение>{name[:1]}</Значение></ЗначенияСвойства></ЗначенияСвойств></Товар>"
        for number, name in some
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ДатаФормирования="{formed}"><Классификатор>'
        f"<Группы><Группа><Ид>g0</Ид><Наименование>Г</Наименование></Группа></Группы><ЕдиницыИзмерения>"
        f"<ЕдиницаИзмерения><Ид>U1</Ид><НаименованиеКраткое>{units}</НаименованиеКраткое></ЕдиницаИзмерения>"
        f'</ЕдиницыИзмерения></Классификатор><Каталог СодержитТолькоИзменения="{full}"><Ид>c</Ид><Товары>{records}\n'
        "</Товары></Каталог></КоммерческаяИнформация>"
    )


def offers(some: Goods, *, formed: str = "2026-11-20T08:00:00") -> str:
    records = "\n".join(
        f"<Предложение><Ид>{number}#{len(name)}</Ид><Цены><Цена><ИдТипаЦены>t</ИдТипаЦены><ЦенаЗаЕдиницу>{len(name)}"
        f"</ЦенаЗаЕдиницу></Цена></Цены><Склад ИдСклада='w{number % 2}' КоличествоНаСкладе='{number}'/></Предложение>"
        for number, name in some
    )
    return (
        f'<КоммерческаяИнформация ДатаФормирования="{formed}"><ПакетПредложений СодержитТолькоИзменения="false">'
        f"<Ид>c#</Ид><Предложения>{records}</Предложения></ПакетПредложений></КоммерческаяИнформация>"
    )


def source(text: str) -> Source:
    content = text.encode()
    return Source("import.xml", len(content), lambda: iter([content]))


def content(part: Path) -> str:
    target = part.with_suffix(".sqlite")
    done = assemble(None, target, [Portion(path=part)], run="1", at=utc_now(), end=End(lot=1, everything=True))
    done.told.notes.unlink()
    return content_digest(target)


def both_ways(folder: Path, before: str, after: str) -> tuple[ReadFile, ReadFile]:
    """The later file read with the earlier one's part, and without; their parts say the same."""
    earlier, again, anew = (folder / f"{name}.part" for name in ("earlier", "again", "anew"))
    read_file(source(before), earlier)
    found = read_file(source(after), again, earlier), read_file(source(after), anew)
    if found[1].part_size:
        assert content(again) == content(anew)
    return found


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each file read with an earlier part, whether that saved anything."""
    seen: list[bool] = []
    real = parts.renewed_part

    def noted(*given: object) -> object:
        read = real(*given)  # type: ignore[arg-type]
        seen.append(read is not None)
        return read

    monkeypatch.setattr("chalicelib.exchange.reading.renewed_part", noted)
    return seen


MANY = [(number, f"Ручка {number}") for number in range(30)]
CHANGED = [*MANY[:7], (7, "Другая"), *MANY[9:], (99, "Новая")]


@pytest.mark.parametrize("file", [goods, offers])
def test_changed_new_and_missing_records_make_the_part_of_the_whole_file(
    tmp_path: Path, renewed: list[bool], file: Callable[..., str]
) -> None:
    again, anew = both_ways(tmp_path, file(MANY), file(CHANGED, formed="2026-11-21T08:00:00"))
    assert renewed == [True]
    assert again.result == anew.result
    assert (again.full, again.offers, again.units) == (anew.full, anew.offers, anew.units)


_GOODS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["Аб", "Вгд", "", "Ежзи"])), max_size=14)


@settings(max_examples=60)
@given(_GOODS, _GOODS, st.sampled_from([goods, offers]))
def test_whatever_came_before_the_part_is_that_of_the_file(
    before: Goods, after: Goods, file: Callable[..., str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        again, anew = both_ways(Path(folder), file(before), file([*before[:9], *after]))
    assert (again.result, again.full, again.units) == (anew.result, anew.full, anew.units)


@pytest.mark.parametrize("other", [{"full": "false"}, {"units": "кг"}])
def test_a_file_that_says_other_things_of_all_its_goods_is_read_as_a_whole(
    tmp_path: Path, renewed: list[bool], other: dict[str, str]
) -> None:
    both_ways(tmp_path, goods(MANY), goods(MANY, **other))
    assert renewed == [False]


def test_a_damaged_file_is_refused_as_if_nothing_had_come_before(tmp_path: Path, renewed: list[bool]) -> None:
    many = [(number, f"Ручка {number}") for number in range(1_000)]
    again, anew = both_ways(tmp_path, goods(many), goods([*many, (1_000, "<")]))
    assert renewed == [False]
    assert again.result.failed
    assert again.result == anew.result


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</Товар>\n<Товар>", "</Товар><!-- </Товар><Товар> --><Товар>"),
        ("</Товар>\n<Товар>", "</Товар>\n<Другое/><Товар>"),
        ("</Товар>\n<Товар>", "</Товар >\n<Товар>"),
        ("Ручка 3", "<![CDATA[Ручка</Товар>]]>"),
        ("<Группы><Ид>g0", "<Товар></Товар><Группы><Ид>g0"),
        ("</Каталог>", "</Каталог><ПакетПредложений><Предложения></Предложения></ПакетПредложений>"),
    ],
)
def test_what_could_hide_a_record_is_not_cut(old: str, new: str) -> None:
    assert cut(goods(MANY).encode()) is not None
    assert cut(goods(MANY).replace(old, new).encode()) is None
