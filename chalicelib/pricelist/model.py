"""Price lists as files: what they say, line by line, and when one may be fetched or is made again. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from chalicelib.catalogue.model import Item
from chalicelib.kernel.ids import stable_id
from chalicelib.kernel.job import Job, JobState
from chalicelib.kernel.money import minor_digits
from chalicelib.pricing.model import PriceOnRequest, Quote
from chalicelib.stock.showing import Shown

KEPT = timedelta(days=1)
"""How long a file can be fetched; S3 deletes it after that."""
FRESH = timedelta(minutes=15)
"""How old a file may be that the permanent link hands out."""

LIVE_UP_TO = 2_000
"""Lines of a file up to which its stock is the live one. Reading all rows of a larger one costs more, in time and in
money, than everything else about it: its stock is what the ERP last told, and its head says so."""

_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ONE = Decimal(1)


PDF_UP_TO = 1_000
"""Lines of a price list on paper, some 60 pages: whoever wants more wants a spreadsheet."""


class Format(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"
    PDF = "pdf"


LINKED = (Format.XLSX, Format.CSV)
"""What the permanent link hands out: tables of everything, for programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a price list is made of. A contract has one file for each wish: a new one takes the old one's place."""

    format: Format
    locale: str
    category_id: str = ""  # empty = everything

    @property
    def id(self) -> str:
        return stable_id("price-list", self.format, self.locale, self.category_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList(Job):
    """One asking for a file and what became of it; `done` of `total` lines are written."""

    party_id: str
    contract_id: str
    wish: Wish
    asked: datetime
    category_name: str = ""
    state: JobState = JobState.QUEUED
    done: int = 0
    total: int = 0
    bytes: int = 0

    @property
    def id(self) -> str:
        return self.wish.id

    def is_fresh(self, now: datetime) -> bool:
        """Whether its prices are recent enough for the permanent link: counted from when they were read."""
        return self.is_done and now - self.asked < FRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The permanent link of a contract. `digest` = the hash of its secret, which was shown once."""

    party_id: str
    contract_id: str
    digest: str
    locale: str
    made: datetime
    made_by: str


class Line(NamedTuple):
    """A SKU in a price list. `price` None = on request; it holds from `least` on, `tiers` say what larger quantities
    cost; `vat` in percent, None = without VAT. `stock` is what the dealer may know of what can be promised, in its
    unit."""

    article: str
    name: str
    category: str
    unit: str
    price: Decimal | None
    currency: str
    vat: Decimal | None
    least: Decimal
    tiers: tuple[tuple[Decimal, Decimal], ...]
    stock: Shown
    barcode: str
    picture: str = ""  # as the goods name its file


def line(category: str, item: Item, answer: Quote | PriceOnRequest, stock: Shown) -> Line:
    priced = answer if isinstance(answer, Quote) else None
    return Line(
        article=item.article,
        name=item.name,
        category=category,
        unit=item.unit,
        price=priced.price if priced else None,
        currency=priced.currency if priced else "",
        vat=priced.vat_rate if priced else None,
        least=max(priced.min_quantity, _ONE) if priced else _ONE,
        tiers=priced.next_tiers if priced else (),
        stock=stock,
        barcode=item.barcode,
        picture=item.picture,
    )


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula when it opens a CSV: what could begin one gets an apostrophe."""
    return "'" + text if text.startswith(_RUN_BY_SPREADSHEETS) else text


def plain_number(value: Decimal, mark: str, places: int = 0) -> str:
    """Digits that a program reads: no grouping, at least `places` after the decimal `mark`, no other trailing zeros."""
    whole, _, rest = f"{value:f}".partition(".")
    rest = rest.rstrip("0").ljust(places, "0")
    return whole + mark + rest if rest else whole


def places_of(line: Line) -> int:
    return minor_digits(line.currency) if line.currency else 0
