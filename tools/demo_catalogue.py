"""The demo tenant's catalogue as its 1C would send it: CommerceML 2.07, made up by us.

A table of products with sizes and colours gives about 120 SKUs with three price types and three warehouses; every
number is worked out from the article, so each run gives the same files. Most are products of their own, as many
companies keep them; one line is a single product with characteristics, and two are sold in packs too.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from xml.sax.saxutils import escape

_SPACE = uuid.UUID("5b3c2f3e-0d0a-4b7e-9a55-3f1f6f2c9a10")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ROOT = (
    'КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07" ДатаФормирования="2026-11-20T08:00:00"'
)

PRICE_TYPES = (("Дилерская", Decimal("0.74")), ("Дилерская золото", Decimal("0.69")), ("Розничная", Decimal(1)))
WAREHOUSES = (
    ("Тверь", "170100, Тверь, ул. Заводская, 5"),
    ("Москва", "117545, Москва, Дорожная ул., 3"),
    ("Казань", ""),
)
CATEGORIES = {
    "Окна": ("Окна ПВХ", "Окна деревянные", "Окна мансардные"),
    "Двери": ("Двери входные", "Двери межкомнатные", "Двери балконные"),
    "Комплектующие": ("Фурнитура", "Подоконники", "Москитные сетки", "Отливы"),
}


@dataclass(frozen=True)
class Line:
    category: str
    article: str
    name: str
    unit: tuple[str, str]
    price: int
    sizes: tuple[str, ...] = ("",)
    colours: tuple[str, ...] = ("",)
    brand: str = ""
    is_new: bool = False  # not in the first catalogue
    cheaper: int = 0  # percent that it cost more in the first one
    pack: int = 0  # how many are in a pack, which costs a little less; 0 = not sold so
    one_product: bool = False  # its sizes and colours are characteristics of one product
    on_order: bool = False  # made on order: hardly any are in stock


_PIECE, _METRE, _SET = ("796", "шт"), ("006", "м"), ("839", "компл")
_PACK_CODE, _OF_PACK = "778", Decimal("0.95")
_LINES = (
    Line(
        "Окна ПВХ",
        "OK-70",
        "Окно ПВХ двустворчатое КБЕ 70",
        _PIECE,
        18400,
        ("1300×1400", "1500×1500", "1800×1400", "900×1200"),
        ("белое", "золотой дуб", "антрацит"),
        "КБЕ",
    ),
    Line(
        "Окна ПВХ",
        "OK-58",
        "Окно ПВХ одностворчатое Рехау 58",
        _PIECE,
        11900,
        ("600×900", "700×1300", "900×1400"),
        ("белое", "орех"),
        "Рехау",
    ),
    Line(
        "Окна ПВХ",
        "OK-3S",
        "Окно ПВХ трёхстворчатое Века 82",
        _PIECE,
        36500,
        ("2000×1400", "2200×1500"),
        ("белое", "антрацит"),
        "Века",
    ),
    Line(
        "Окна деревянные",
        "OD-S",
        "Окно деревянное «Сосна»",
        _PIECE,
        41200,
        ("1200×1400", "1400×1400"),
        ("орех", "белое"),
        "Северный лес",
        on_order=True,
    ),
    Line(
        "Окна мансардные", "OM-C", "Окно мансардное с окладом", _PIECE, 32700, ("780×1180", "940×1400"), ("",), "Велюкс"
    ),
    Line(
        "Двери входные",
        "DV-SEN",
        "Дверь входная «Сенатор»",
        _PIECE,
        48100,
        ("880×2050", "960×2050"),
        ("дуб", "венге", "графит"),
        "Бастион",
    ),
    Line(
        "Двери входные",
        "DV-TER",
        "Дверь входная «Термо» с терморазрывом",
        _PIECE,
        56900,
        ("880×2050", "960×2050"),
        ("графит",),
        "Бастион",
    ),
    Line(
        "Двери межкомнатные",
        "DM-CL",
        "Дверь межкомнатная «Классика»",
        _PIECE,
        9800,
        ("600×2000", "700×2000", "800×2000"),
        ("белая эмаль", "дуб", "серая эмаль"),
        "Светлый дом",
    ),
    Line(
        "Двери межкомнатные",
        "DM-SK",
        "Дверь межкомнатная скрытая",
        _PIECE,
        17600,
        ("700×2100", "800×2100"),
        ("под покраску",),
        "Светлый дом",
    ),
    Line(
        "Двери балконные",
        "DB-70",
        "Дверь балконная КБЕ 70",
        _PIECE,
        21800,
        ("700×2100", "800×2200"),
        ("белая", "антрацит"),
        "КБЕ",
    ),
    Line(
        "Фурнитура",
        "FR-NT",
        "Комплект фурнитуры поворотно-откидной",
        _SET,
        2140,
        ("до 80 кг", "до 130 кг"),
        ("",),
        "Roto",
    ),
    Line("Фурнитура", "FR-RU", "Ручка оконная", _PIECE, 420, ("",), ("белая", "бронза", "титан"), "Roto", pack=20),
    Line("Фурнитура", "FR-ZM", "Замок дверной с цилиндром", _PIECE, 3890, ("3 ригеля", "5 ригелей"), ("",), "Бастион"),
    Line("Фурнитура", "FR-PT", "Петля дверная скрытая", _PIECE, 1260, ("",), ("хром", "чёрная"), "Otlav", pack=10),
    Line(
        "Подоконники",
        "PD-MO",
        "Подоконник ПВХ Möller",
        _METRE,
        1380,
        ("200 мм", "300 мм", "400 мм", "500 мм"),
        ("белый", "мрамор"),
        "Möller",
        cheaper=8,
    ),
    Line(
        "Москитные сетки",
        "MS-RM",
        "Сетка москитная рамная",
        _PIECE,
        1150,
        ("600×1300", "700×1400"),
        ("белая", "коричневая"),
        is_new=True,
        one_product=True,
    ),
    Line("Отливы", "OT-ST", "Отлив стальной", _METRE, 340, ("150 мм", "200 мм", "250 мм"), ("белый", "коричневый"), ""),
)


@dataclass(frozen=True)
class Sku:
    """`id` is the product's, or `product#characteristic`."""

    id: str
    article: str
    name: str
    line: Line
    size: str
    colour: str
    barcode: str
    price: int


def guid(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, "/".join(parts)))


def skus(*, first: bool = False) -> Iterator[Sku]:
    """Of the catalogue, or of the first one that 1C brought."""
    for line in _LINES:
        if first and line.is_new:
            continue
        number = 0
        for s, size in enumerate(line.sizes):
            for c, colour in enumerate(line.colours):
                number += 1
                article = f"{line.article}-{number:02d}"
                name = ", ".join(part for part in (" ".join((line.name, size)).strip(), colour) if part)
                digits = f"460{int(guid(article)[:8], 16) % 10**9:09d}"
                check = (10 - sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10) % 10
                price = line.price * (100 + 12 * s + 7 * c) // 100
                price = price * (100 + line.cheaper) // 100 if first else price
                own = f"{guid(line.article)}#{guid(article)}" if line.one_product else guid(article)
                yield Sku(own, article, name, line, size, colour, f"{digits}{check}", price)


def picture_names(sku: Sku) -> tuple[str, ...]:
    """What 1C calls a product's pictures; windows have one from each side."""
    return tuple(
        f"import_files/{sku.id[:2]}/{sku.id.replace('-', '').replace('#', '_')}_{view}.png"
        for view in range(2 if sku.line.category.startswith("Окна") else 1)
    )


def _stock(sku: Sku, place: int) -> int:
    number = int(guid(sku.article, str(place))[:6], 16)
    if sku.line.on_order:
        return 0 if place else number % 4
    return number % (60 if place else 120) if place < 2 or sku.price < 20000 else 0


def _category(parent: str, names: tuple[str, ...]) -> str:
    children = "".join(f"<Группа><Ид>{guid(n)}</Ид><Наименование>{n}</Наименование></Группа>" for n in names)
    return f"<Группа><Ид>{guid(parent)}</Ид><Наименование>{parent}</Наименование><Группы>{children}</Группы></Группа>"


def _value(name: str, value: str) -> str:
    return (
        f"<ЗначенияСвойства><Ид>{guid(name)}</Ид><Значение>{escape(value)}</Значение></ЗначенияСвойства>"
        if value
        else ""
    )


def _product(skus: Sequence[Sku]) -> str:
    """A product; of several SKUs one whose characteristics they are."""
    first = skus[0]
    line, (code, unit) = first.line, first.line.unit
    own, article, name = (first.id, first.article, first.name) if len(skus) == 1 else _of_line(line)
    pictures = "".join(f"<Картинка>{name}</Картинка>" for sku in skus for name in picture_names(sku))
    barcode = f"<Штрихкод>{first.barcode}</Штрихкод>" if len(skus) == 1 else ""
    values = _value("Бренд", line.brand)
    if len(skus) == 1:
        values = _value("Размер", first.size) + _value("Цвет", first.colour) + values
    return (
        f"<Товар><Ид>{own}</Ид>{barcode}<Артикул>{article}</Артикул><Наименование>{escape(name)}</Наименование>"
        f'<БазоваяЕдиница Код="{code}" НаименованиеПолное="{unit}">{unit}</БазоваяЕдиница>'
        f"<Группы><Ид>{guid(line.category)}</Ид></Группы>{pictures}<ЗначенияСвойств>{values}</ЗначенияСвойств>"
        "<СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование><Ставка>22</Ставка></СтавкаНалога></СтавкиНалогов>"
        "</Товар>"
    )


def _of_line(line: Line) -> tuple[str, str, str]:
    """(id, article, name) of a line that is one product."""
    return guid(line.article), line.article, line.name


def import_xml(*, first: bool = False) -> bytes:
    """Classifier and goods: a full catalogue."""
    groups = "".join(_category(parent, names) for parent, names in CATEGORIES.items())
    properties = "".join(
        f"<Свойство><Ид>{guid(n)}</Ид><Наименование>{n}</Наименование></Свойство>" for n in ("Размер", "Цвет", "Бренд")
    )
    owner = f"<Ид>{guid('owner')}</Ид><Наименование>Классификатор</Наименование>"
    goods = "".join(
        _product(list(some)) for _, some in groupby(skus(first=first), lambda sku: sku.id.partition("#")[0])
    )
    return (
        f"{_HEAD}<{_ROOT}><Классификатор>{owner}<Группы>{groups}</Группы><Свойства>{properties}</Свойства></Классификатор>"
        f'<Каталог СодержитТолькоИзменения="false"><Ид>{guid("catalogue")}</Ид>'
        f"<ИдКлассификатора>{guid('owner')}</ИдКлассификатора><Наименование>Каталог</Наименование>"
        f"<Товары>{goods}</Товары></Каталог></КоммерческаяИнформация>"
    ).encode()


def _price(name: str, amount: Decimal, unit: str, holds: int) -> str:
    return (
        f"<Цена><ИдТипаЦены>{guid(name)}</ИдТипаЦены><ЦенаЗаЕдиницу>{amount.quantize(Decimal('0.01'))}</ЦенаЗаЕдиницу>"
        f"<Валюта>RUB</Валюта><Единица>{unit}</Единица><Коэффициент>{holds}</Коэффициент></Цена>"
    )


def _offer(sku: Sku) -> str:
    prices = ""
    for name, share in PRICE_TYPES:
        prices += _price(name, sku.price * share, sku.line.unit[1], 1)
        if sku.line.pack:
            prices += _price(name, sku.price * share * sku.line.pack * _OF_PACK, _PACK_CODE, sku.line.pack)
    stock = "".join(
        f'<Склад ИдСклада="{guid(name)}" КоличествоНаСкладе="{_stock(sku, place)}"/>'
        for place, (name, _) in enumerate(WAREHOUSES)
    )
    own = ""
    if sku.line.one_product:
        named = (("Размер проёма", sku.size), ("Цвет рамки", sku.colour))
        told = "".join(
            f"<ХарактеристикаТовара><Наименование>{name}</Наименование><Значение>{value}</Значение></ХарактеристикаТовара>"
            for name, value in named
        )
        own = (
            f"<Штрихкод>{sku.barcode}</Штрихкод><Артикул>{sku.article}</Артикул>"
            f"<ХарактеристикиТовара>{told}</ХарактеристикиТовара>"
        )
    return (
        f"<Предложение><Ид>{sku.id}</Ид>{own}<Наименование>{escape(sku.name)}</Наименование>"
        f"<Цены>{prices}</Цены>{stock}</Предложение>"
    )


def offers_xml(*, first: bool = False) -> bytes:
    """Price types, warehouses, prices and stock."""
    types = "".join(
        f"<ТипЦены><Ид>{guid(name)}</Ид><Наименование>{name}</Наименование><Валюта>RUB</Валюта>"
        "<Налог><Наименование>НДС</Наименование><УчтеноВСумме>true</УчтеноВСумме></Налог></ТипЦены>"
        for name, _ in PRICE_TYPES
    )
    places = "".join(
        f"<Склад><Ид>{guid(name)}</Ид><Наименование>{name}</Наименование>"
        f"<Адрес><Представление>{address}</Представление></Адрес></Склад>"
        for name, address in WAREHOUSES
    )
    offers = "".join(_offer(sku) for sku in skus(first=first))
    return (
        f'{_HEAD}<{_ROOT}><ПакетПредложений СодержитТолькоИзменения="false"><Ид>{guid("catalogue")}#</Ид>'
        f"<Наименование>Предложения</Наименование><ИдКаталога>{guid('catalogue')}</ИдКаталога>"
        f"<ТипыЦен>{types}</ТипыЦен><Склады>{places}</Склады><Предложения>{offers}</Предложения></ПакетПредложений>"
        "</КоммерческаяИнформация>"
    ).encode()
