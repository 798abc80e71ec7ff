"""A made-up catalogue of doors, windows and fittings of any size: the same for the same seed, whatever writes it down.

Every product is drawn by itself from the seed and its number, so that product 70 000 is the same in a catalogue of
100 000 and of 150 000, and a portion can be made without those before it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

THINGS = (
    "Окно", "Дверь", "Ручка", "Петля", "Замок", "Профиль", "Подоконник", "Отлив", "Стекло", "Уплотнитель", "Саморез",
)  # fmt: skip
KINDS = ("оконная", "дверная", "балконная", "входная", "раздвижная", "противопожарная", "межкомнатная", "мансардная")
_MORE = (
    "усиленный", "левый", "правый", "с доводчиком", "для ПВХ", "алюминиевый", "нержавеющий", "утеплённый", "handle",
    "lock",
)  # fmt: skip
COLOURS = ("белый", "коричневый", "антрацит", "дуб золотой", "махагон", "серебро", "чёрный", "крем")
_BRANDS = ("Roto", "Maco", "Siegenia", "КБЕ", "Rehau", "Veka", "Schüco", "Winkhaus", "Elementis", "Internika")
_MATERIALS = ("ПВХ", "алюминий", "сталь", "дерево", "цинк", "EPDM")
PROPERTIES = (
    ("Цвет", COLOURS),
    ("Материал", _MATERIALS),
    ("Размер", tuple(f"{width}×{height}" for width in range(400, 2000, 100) for height in (600, 1400))),
)
"""(name, texts of the reference values)"""
TOPS, LEAVES = 20, 300


def guid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


CATALOGUE = guid(1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of what. `changed` = the share of products whose price and stock differ from those of the same seed."""

    products: int
    seed: int = 7
    price_types: int = 5
    warehouses: int = 5
    changed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeProduct:
    """`prices` in roubles by price type, `stock` in pieces by warehouse, `values` = an index per property."""

    id: str
    name: str
    article: str
    barcode: str
    brand: str
    category: str
    values: tuple[int, ...]
    prices: tuple[Decimal, ...]
    stock: tuple[int, ...]


def categories(seed: int = 7) -> Iterator[tuple[str, str, str | None]]:
    """(id, name, parent's id), tops first."""
    draw = random.Random(seed)
    for n in range(TOPS):
        yield guid(2, n), f"{draw.choice(THINGS)} {n}", None
    for n in range(TOPS, TOPS + LEAVES):
        yield guid(2, n), f"{draw.choice(THINGS)} {draw.choice(KINDS)} {n}", guid(2, n % TOPS)


def products(size: Size, begin: int = 0, end: int | None = None) -> Iterator[MadeProduct]:
    """Products `begin` ≤ n < `end` (the end of the catalogue when left out)."""
    for n in range(begin, size.products if end is None else min(end, size.products)):
        yield _product(size, n)


def _product(size: Size, n: int) -> MadeProduct:
    draw = random.Random(size.seed * 10_000_019 + n)
    one_of, number = draw.choice, draw.randrange
    words = " ".join(one_of(some) for some in (THINGS, KINDS, _MORE, COLOURS))
    base, quantity = number(1_000, 5_000_000), number(200)
    made = {
        "id": guid(5, n),
        "name": f"{words} {number(400, 2400)}",
        "article": f"{one_of('ABCDEFGH')}{one_of('KLMN')}-{n:06d}/{number(100)}",
        "barcode": f"46{number(10**11):011d}",
        "brand": one_of(_BRANDS),
        "category": guid(2, TOPS + number(LEAVES)),
        "values": tuple(number(len(texts)) for _, texts in PROPERTIES),
    }
    if size.changed and draw.random() < size.changed:
        base, quantity = base + 100, quantity + 1
    return MadeProduct(
        **made,  # type: ignore[arg-type]
        prices=tuple(Decimal(base * (100 - 3 * kind) // 100).scaleb(-2) for kind in range(size.price_types)),
        stock=tuple(quantity * (place % 3) for place in range(size.warehouses)),
    )
