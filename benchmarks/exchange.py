"""How long files of 1C take to read and to import. `python -m benchmarks.exchange [products …]`

First every real set: reading it, and reading it into a snapshot. Then files that we make: rows a second in processor
time, and how much memory the reader takes. Nothing touches DynamoDB here: what an import writes there is counted by
the changes that it names.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.tables import keep_figure
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.reading import FeedMemory
from chalicelib.exchange.model import EntryKind, import_order
from chalicelib.exchange.reading import kind_of
from chalicelib.kernel.errors import Invalid

_SETS = Path(__file__).resolve().parents[2] / "shared/data/commerceml"
_CHUNK = 1 << 16


def main(sizes: list[int]) -> None:
    _real_sets()
    for size in sizes:
        _made(size)


def _real_sets() -> None:
    if not _SETS.is_dir():
        print(f"  no real sets beside the repository ({_SETS.parent.parent.name}/)")
        return
    by_set: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(_SETS.glob("*/**/*.xml")):
        by_set[path.relative_to(_SETS).parts[0]].append(path)
    print(f"  {'set':32} {'KB':>7} {'rows':>7} {'read ms':>8} {'import ms':>10} {'changed':>8}")
    for name, paths in by_set.items():
        _real_set(name, paths)


def _real_set(name: str, paths: list[Path]) -> None:
    order = import_order(tuple(str(path) for path in paths))
    size = sum(path.stat().st_size for path in paths)
    rows = changed = 0
    read = took = 0.0
    memory = FeedMemory()
    with tempfile.TemporaryDirectory() as folder:
        top: Path | None = None
        for number, path in enumerate(Path(one) for one in order):
            try:
                began = time.process_time()
                if kind_of(_chunks(path)) is EntryKind.DOCUMENTS:
                    rows += sum(1 for _ in read_documents(_chunks(path)))
                    read += time.process_time() - began
                    continue
                rows += sum(1 for _ in read_catalogue(_chunks(path), FeedMemory()))
                read += time.process_time() - began
                began = time.process_time()
                target = Path(folder) / str(number)
                result = apply(top, target, read_catalogue(_chunks(path), memory), run="1")
                took += time.process_time() - began
                top = target
                changed += sum(count.changed for count in result.counts.values())
            except Invalid as refusal:
                print(f"  {name:32} {size / 1024:7.0f} refused: {refusal.code}")
                return
    print(f"  {name:32} {size / 1024:7.0f} {rows:7,} {read * 1000:8.0f} {took * 1000:10.0f} {changed:8,}")
    keep_figure(f"set {name}: read / imported", "ms of processor", read * 1000, took * 1000)


def _made(products: int) -> None:
    """Goods with 6 properties and 4 requisites each, and offers with 3 prices and 2 warehouses each."""
    for what, content in (("goods", _goods), ("offers", _offers)):
        size = sum(map(len, content(products)))
        began = time.process_time()
        rows = sum(1 for _ in read_catalogue(content(products)))
        seconds = time.process_time() - began
        tracemalloc.start()
        for _ in read_catalogue(content(min(products, 2_000))):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(
            f"  {products:,} {what}: {size / 1e6:.0f} MB, {rows:,} rows in {seconds:.1f} s of processor time: "
            f"{products / seconds:,.0f} elements, {rows / seconds:,.0f} rows, {size / seconds / 1e6:.0f} MB a second; "
            f"peak {peak / 1e6:.1f} MB"
        )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07">'
)
_END = "</КоммерческаяИнформация>"


def _goods(count: int) -> Iterator[bytes]:
    yield f"{_HEAD}<Каталог СодержитТолькоИзменения='false'><Ид>k</Ид><Товары>\n".encode()
    for i in range(count):
        properties = "".join(
            f"\n\t\t\t<ЗначенияСвойства>\n\t\t\t\t<Ид>5585670c-7b89-11e8-80fc-00505{j:07d}</Ид>\n\t\t\t\t"
            f"<Значение>значение {i % 50}</Значение>\n\t\t\t</ЗначенияСвойства>"
            for j in range(6)
        )
        requisites = "".join(
            f"\n\t\t\t<ЗначениеРеквизита>\n\t\t\t\t<Наименование>Реквизит {j}</Наименование>\n\t\t\t\t"
            f"<Значение>Товар</Значение>\n\t\t\t</ЗначениеРеквизита>"
            for j in range(4)
        )
        yield (
            f"\t<Товар>\n\t\t<Ид>ffce323d-c133-11e8-8111-{i:012d}</Ид>\n\t\t<Штрихкод>46{i:011d}</Штрихкод>\n"
            f"\t\t<Артикул>АРТ-{i:06d}</Артикул>\n\t\t<Наименование>Пылесос моющий, модель {i}</Наименование>\n"
            '\t\t<БазоваяЕдиница Код="796" НаименованиеПолное="Штука">шт</БазоваяЕдиница>\n'
            f"\t\t<Группы>\n\t\t\t<Ид>ffce323c-c133-11e8-8111-0050569b{i % 400:04d}</Ид>\n\t\t</Группы>\n"
            f"\t\t<Описание>Описание товара {i}</Описание>\n\t\t<ЗначенияСвойств>{properties}\n\t\t</ЗначенияСвойств>\n"
            "\t\t<СтавкиНалогов>\n\t\t\t<СтавкаНалога>\n\t\t\t\t<Наименование>НДС</Наименование>\n\t\t\t\t"
            "<Ставка>20</Ставка>\n\t\t\t</СтавкаНалога>\n\t\t</СтавкиНалогов>\n"
            f"\t\t<ЗначенияРеквизитов>{requisites}\n\t\t</ЗначенияРеквизитов>\n\t</Товар>\n"
        ).encode()
    yield f"</Товары></Каталог>{_END}".encode()


def _offers(count: int) -> Iterator[bytes]:
    yield f"{_HEAD}<ПакетПредложений СодержитТолькоИзменения='false'><Ид>k#</Ид><Предложения>\n".encode()
    for i in range(count):
        prices = "".join(
            f"\n\t\t\t<Цена>\n\t\t\t\t<ИдТипаЦены>bb14a3a4-6b17-11e0-9819-e0cb4ed5ee{j:02d}</ИдТипаЦены>\n\t\t\t\t"
            f"<ЦенаЗаЕдиницу>{i % 9000}.{j}5</ЦенаЗаЕдиницу>\n\t\t\t\t<Валюта>RUB</Валюта>\n"
            "\t\t\t\t<Единица>шт</Единица>\n\t\t\t\t<Коэффициент>1</Коэффициент>\n\t\t\t</Цена>"
            for j in range(3)
        )
        yield (
            f"\t<Предложение>\n\t\t<Ид>ffce323d-c133-11e8-8111-{i:012d}</Ид>\n\t\t<Цены>{prices}\n\t\t</Цены>\n"
            f'\t\t<Склад ИдСклада="b6112590-41ba-11dd-ac9d-0015e9b8c48d" КоличествоНаСкладе="{i % 70}"/>\n'
            f'\t\t<Склад ИдСклада="b6112591-41ba-11dd-ac9d-0015e9b8c48d" КоличествоНаСкладе="{i % 30}"/>\n'
            "\t</Предложение>\n"
        ).encode()
    yield f"</Предложения></ПакетПредложений>{_END}".encode()


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10_000])
