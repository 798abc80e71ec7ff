"""The made-up catalogue as the files that 1C would send. `python -m benchmarks.commerceml FOLDER [products] [version]`

2.09 as Управление торговлей writes it (`import0_<portion>.xml`, then `offers0_<portion>.xml` with prices and stock),
3.1 as the module of 1C-Битрикс does (a folder per portion, the classifier, offers, prices and stock apart). Each record
has the elements that real ones of its kind always have; what many senders add (a price in words, requisites, indents)
makes real files up to twice as large.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.made import CATALOGUE, PROPERTIES, MadeProduct, Size, categories, guid, products

VERSIONS = ("2.09", "3.1")
_FORMED = "2026-11-20T08:00:00"
_END = "</КоммерческаяИнформация>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What 1C was set up to send. `portion` = products in a file; `only_changes` as the packages' own mark."""

    size: Size
    version: str = "2.09"
    portion: int = 5_000
    only_changes: bool = False


def files(export: Export) -> Iterator[tuple[str, Iterator[str]]]:
    """(name, pieces of the text), in the order of sending: goods of every portion, then what their offers say."""
    portions = range(0, export.size.products, export.portion)
    if export.version == "3.1":
        yield "import.xml", _document(export, _classifier(export))
    for kind, parts in _KINDS[export.version].items():
        for number, begin in enumerate(portions, 1):
            body = _records(export, begin, *parts) if parts else _goods(export, begin)
            yield _name(export, kind, number), _document(export, body)


def _name(export: Export, kind: str, number: int) -> str:
    return f"goods/{number}/{kind}.xml" if export.version == "3.1" else f"{kind}0_{number}.xml"


def _document(export: Export, body: Iterator[str]) -> Iterator[str]:
    namespace = "urn:1C.ru:commerceml_3" if export.version == "3.1" else "urn:1C.ru:commerceml_2"
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<КоммерческаяИнформация xmlns="{namespace}" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ВерсияСхемы="{export.version}" '
        f'ДатаФормирования="{_FORMED}">\n'
    )
    yield from body
    yield _END


def _some(export: Export, begin: int) -> Iterator[MadeProduct]:
    return products(export.size, begin, begin + export.portion)


def _mark(export: Export, begin: int = 0) -> str:
    """Portion 1 says whether the export is full; the later ones say "changes" in either case (protocol §9)."""
    changes = export.only_changes or (begin > 0 and export.version != "3.1")
    return f'СодержитТолькоИзменения="{str(changes).lower()}"'


def _classifier(export: Export) -> Iterator[str]:
    size = export.size
    yield f"<Классификатор {_mark(export)}>\n<Ид>{guid(8, 0)}</Ид>\n<Наименование>Классификатор</Наименование>\n"
    yield "<Группы>\n"
    for category, name, parent in categories(size.seed):
        if parent is None:
            yield f"<Группа>\n<Ид>{category}</Ид>\n<Наименование>{name}</Наименование>\n<Группы>\n"
            for child, child_name, above in categories(size.seed):
                if above == category:
                    yield (f"<Группа>\n<Ид>{child}</Ид>\n<Наименование>{child_name}</Наименование>\n</Группа>\n")
            yield "</Группы>\n</Группа>\n"
    yield "</Группы>\n<Свойства>\n"
    for n, (name, texts) in enumerate(PROPERTIES):
        yield (
            f"<Свойство>\n<Ид>{guid(3, n)}</Ид>\n<Наименование>{name}</Наименование>\n"
            "<ТипЗначений>Справочник</ТипЗначений>\n<ВариантыЗначений>\n"
        )
        for i, text in enumerate(texts):
            yield (
                f"<Справочник>\n<ИдЗначения>{guid(40 + n, i)}</ИдЗначения>\n"
                f"<Значение>{text}</Значение>\n</Справочник>\n"
            )
        yield "</ВариантыЗначений>\n</Свойство>\n"
    yield "</Свойства>\n<ТипыЦен>\n"
    for n in range(size.price_types):
        yield (
            f"<ТипЦены>\n<Ид>{guid(6, n)}</Ид>\n<Наименование>Вид цены {n + 1}</Наименование>\n"
            "<Валюта>RUB</Валюта>\n<Налог>\n<Наименование>НДС</Наименование>\n"
            "<УчтеноВСумме>true</УчтеноВСумме>\n</Налог>\n</ТипЦены>\n"
        )
    yield "</ТипыЦен>\n<Склады>\n"
    for n in range(size.warehouses):
        yield f"<Склад>\n<Ид>{guid(7, n)}</Ид>\n<Наименование>Склад {n + 1}</Наименование>\n</Склад>\n"
    yield "</Склады>\n</Классификатор>\n"


def _goods(export: Export, begin: int) -> Iterator[str]:
    if begin == 0 and export.version != "3.1":
        yield from _classifier(export)
    yield (
        f"<Каталог {_mark(export, begin)}>\n<Ид>{CATALOGUE}</Ид>\n<ИдКлассификатора>{guid(8, 0)}"
        "</ИдКлассификатора>\n<Наименование>Основной каталог товаров</Наименование>\n<Товары>\n"
    )
    for made in _some(export, begin):
        values = "".join(
            f"\n<ЗначенияСвойства>\n<Ид>{guid(3, n)}</Ид>\n"
            f"<Значение>{guid(40 + n, value)}</Значение>\n</ЗначенияСвойства>"
            for n, value in enumerate(made.values)
        )
        yield (
            f"<Товар>\n<Ид>{made.id}</Ид>\n<ПометкаУдаления>false</ПометкаУдаления>\n"
            f"<Штрихкод>{made.barcode}</Штрихкод>\n<Артикул>{made.article}</Артикул>\n"
            f"<Наименование>{made.name}</Наименование>\n"
            '<БазоваяЕдиница Код="796 " НаименованиеПолное="Штука" МеждународноеСокращение="PCE">шт'
            "</БазоваяЕдиница>\n"
            f"<Группы>\n<Ид>{made.category}</Ид>\n</Группы>\n"
            f"<Изготовитель>\n<Ид>{guid(9, len(made.brand))}</Ид>\n"
            f"<Наименование>{made.brand}</Наименование>\n</Изготовитель>\n"
            f"<ЗначенияСвойств>{values}\n</ЗначенияСвойств>\n"
            "<СтавкиНалогов>\n<СтавкаНалога>\n<Наименование>НДС</Наименование>\n"
            "<Ставка>22</Ставка>\n</СтавкаНалога>\n</СтавкиНалогов>\n</Товар>\n"
        )
    yield "</Товары>\n</Каталог>\n"


def _package(export: Export, begin: int, body: Iterator[str]) -> Iterator[str]:
    yield (
        f"<ПакетПредложений {_mark(export, begin)}>\n<Ид>{CATALOGUE}#</Ид>\n<Наименование>Пакет предложений"
        f"</Наименование>\n<ИдКаталога>{CATALOGUE}</ИдКаталога>\n<Предложения>\n"
    )
    yield from body
    yield "</Предложения>\n</ПакетПредложений>\n"


def _records(export: Export, begin: int, *parts: Callable[[MadeProduct], str]) -> Iterator[str]:
    return _package(
        export,
        begin,
        (
            f"<Предложение>\n<Ид>{made.id}</Ид>\n{''.join(part(made) for part in parts)}</Предложение>\n"
            for made in _some(export, begin)
        ),
    )


def _name_of(made: MadeProduct) -> str:
    return f"<ПометкаУдаления>false</ПометкаУдаления>\n<Наименование>{made.name}</Наименование>\n"


def _prices_of(made: MadeProduct) -> str:
    prices = "".join(
        f"<Цена>\n<ИдТипаЦены>{guid(6, kind)}</ИдТипаЦены>\n<ЦенаЗаЕдиницу>{amount}</ЦенаЗаЕдиницу>\n"
        "<Валюта>RUB</Валюта>\n</Цена>\n"
        for kind, amount in enumerate(made.prices)
    )
    return f"<Цены>\n{prices}</Цены>\n"


def _stock_of(made: MadeProduct) -> str:
    stock = "".join(
        f"<Остаток>\n<Склад>\n<Ид>{guid(7, place)}</Ид>\n<Количество>{pieces}</Количество>\n</Склад>\n</Остаток>\n"
        for place, pieces in enumerate(made.stock)
    )
    return f"<Остатки>\n{stock}</Остатки>\n"


_KINDS: dict[str, dict[str, tuple[Callable[[MadeProduct], str], ...]]] = {
    "2.09": {"import": (), "offers": (_name_of, _prices_of, _stock_of)},
    "3.1": {"import": (), "offers": (_name_of,), "prices": (_prices_of,), "rests": (_stock_of,)},
}
"""Kinds of files in their order, and what an offer in them says; goods are told by `_goods`."""


def write(export: Export, folder: Path) -> list[Path]:
    """Writes the files below `folder`; their paths in the order of sending."""
    written = []
    for name, pieces in files(export):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
            file.writelines(pieces)
        written.append(path)
    return written


def pack(paths: list[Path], folder: Path, target: Path) -> Path:
    """The files as the one archive that 1C sends when the site takes `zip=yes`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.relative_to(folder).as_posix())
    return target


def main(folder: str, count: str = "1000", version: str = VERSIONS[0]) -> None:
    if version not in VERSIONS:
        sys.exit(f"version: {' or '.join(VERSIONS)}")
    written = write(Export(size=Size(products=int(count)), version=version), Path(folder))
    megabytes = sum(path.stat().st_size for path in written) / 1e6
    print(f"{len(written)} files, {megabytes:.1f} MB, seed {Size(products=1).seed}")


if __name__ == "__main__":
    main(*sys.argv[1:])
