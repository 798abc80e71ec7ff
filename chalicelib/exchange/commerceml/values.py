"""The values inside CommerceML: numbers, currencies, flags, dates, ids, units, as versions write them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from chalicelib.exchange.commerceml.xmlstream import Node

_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_GAPS = re.compile(r"[\s\u00a0\u202f\u2009']")
_THOUSANDTH = Decimal("0.001")
_CURRENCIES = {
    "РУБ": "RUB", "РУБЛЬ": "RUB", "РУБЛИ": "RUB", "РУБЛЕЙ": "RUB", "Р": "RUB", "RUR": "RUB", "₽": "RUB",
    "643": "RUB", "810": "RUB",
    "ГРН": "UAH", "ГРИВНА": "UAH", "ГРИВНЯ": "UAH", "₴": "UAH", "980": "UAH",
    "$": "USD", "840": "USD", "ДОЛЛ": "USD", "ДОЛЛАР": "USD", "ДОЛЛСША": "USD",
    "€": "EUR", "ЕВРО": "EUR", "978": "EUR",
    "ЛЕЙ": "MDL", "ЛЕИ": "MDL", "ЛЕЯ": "MDL", "498": "MDL",
    "946": "RON", "933": "BYN", "974": "BYR", "БЕЛРУБ": "BYN",
    "ТЕНГЕ": "KZT", "ТНГ": "KZT", "ТГ": "KZT", "₸": "KZT", "398": "KZT",
}  # fmt: skip
_ISO_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD CAD CDF "
    "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
    "HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW"
)
_ISO = frozenset(_ISO_CODES.split())
_TRUE = frozenset({"true", "1", "да", "истина", "yes"})
_FALSE = frozenset({"false", "0", "нет", "ложь", "no"})
_WITHOUT_VAT = re.compile(r"без\s*(ндс|налога|пдв)|не\s*облагается|exempt", re.IGNORECASE)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_RUSSIAN_MOMENT = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?")

# The units that goods name by code alone when the file's classifier doesn't (ОКЕИ, the commonest).
UNITS = {
    "796": "шт", "778": "упак", "839": "компл", "715": "пар", "704": "набор", "736": "рул", "798": "тыс. шт",
    "166": "кг", "163": "г", "168": "т", "112": "л", "111": "мл", "006": "м", "055": "м2", "113": "м3",
    "018": "пог. м", "008": "км", "003": "мм", "004": "см", "625": "лист", "356": "ч", "359": "сут", "362": "мес",
    "868": "бут", "812": "ящ", "8751": "пач", "728": "пач", "616": "боб", "879": "усл. шт", "876": "усл. ед",
}  # fmt: skip


def number(text: str) -> Decimal:
    """An exact number as 1C and people write it: `1 234,50`, `1234.5`, `1,234.50`; ValueError for anything else.

    One comma or point alone is the decimal mark; when both occur the last one is.
    """
    if len(text) < 14 and text.isascii() and text.replace(".", "", 1).isdigit():
        return Decimal(text)  # what nearly every price is
    plain = _GAPS.sub("", text).replace("−", "-")
    if "," in plain:
        if "." in plain and plain.rindex(".") > plain.rindex(","):
            plain = plain.replace(",", "")
        else:
            plain = plain.replace(".", "").replace(",", ".", 1) if "." in plain else plain.replace(",", ".", 1)
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"not a number: {text[:40]!r}")
    return Decimal(plain)


@lru_cache(maxsize=4096)
def quantity(text: str) -> Decimal:
    """A quantity rounded to the thousandth that stock is kept in; empty is zero, as 1C formats zero."""
    if not text:
        return Decimal(0)
    exact = number(text)
    whole = int(exact)
    return Decimal(whole) if whole == exact else exact.quantize(_THOUSANDTH, ROUND_HALF_UP)


@lru_cache(maxsize=256)
def currency(text: str) -> str | None:
    """The ISO 4217 code of `руб.`, `грн`, `643`, `RUB`…; None for an empty text; ValueError for an unknown one."""
    plain = re.sub(r"[\s.\u00a0]", "", text).upper()
    if not plain:
        return None
    code = _CURRENCIES.get(plain, plain)
    if code not in _ISO:
        raise ValueError(f"no known currency: {text[:20]!r}")
    return code


@lru_cache(maxsize=256)
def vat_rate(text: str) -> Decimal | None:
    """`20`, `18%`, `НДС 20%` in percent; None for an empty text and for goods without VAT."""
    if not text or _WITHOUT_VAT.search(text):
        return None
    rate = number(re.sub(r"^(НДС|ПДВ|VAT)|%$", "", text.strip(), flags=re.IGNORECASE))
    if not 0 <= rate <= 100:
        raise ValueError(f"no VAT rate: {text[:20]!r}")
    return rate


@lru_cache(maxsize=256)
def flag(text: str) -> bool | None:
    """true/false/1/0/да/нет; None for anything else, an empty text too."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def moment(text: str) -> datetime | None:
    """`2014-06-01T0:36:33`, with or without seconds and zone, date only, `16.10.2007 15:44:47`.

    Naive: 1C writes its own local time and seldom a zone, which is therefore left out. None when it is no moment.
    """
    text = text.strip()
    if found := _MOMENT.fullmatch(text):
        parts = [int(part) for part in found.groups("0")]
    elif found := _RUSSIAN_MOMENT.fullmatch(text):
        day, month, year, *time = (int(part) for part in found.groups("0"))
        parts = [year, month, day, *time]
    else:
        return None
    try:
        return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def day(text: str) -> date | None:
    """The day of what `moment` reads; 1C's empty date `0001-01-01` is None."""
    found = moment(text)
    return found.date() if found and found.year > 1 else None


def split_id(text: str) -> tuple[str, str | None]:
    """`product#variant` in two; `product`, `product#` have no variant. A product id is never empty: ValueError."""
    product, _, variant = text.strip().partition("#")
    if not product.strip():
        raise ValueError("no id")
    return product.strip(), variant.strip() or None


def text(node: Node, name: str) -> str:
    """The text of the first child `name`, up to that one's own children; stripped, empty when there is none."""
    return (node.findtext(name) or "").strip()


def texts(node: Node) -> dict[str, str]:
    """What `text` says of each child, by its name: quicker than to ask for several."""
    return {child.tag: (child.text or "").strip() for child in reversed(node)}


def own_text(node: Node) -> str:
    """What stands in the element itself, stripped; pieces between its children are joined by a space."""
    if not len(node):
        return (node.text or "").strip()
    pieces = (node.text, *(child.tail for child in node))
    return " ".join(piece.strip() for piece in pieces if piece and not piece.isspace())


def attribute(node: Node, name: str) -> str:
    """The attribute's value, stripped; empty when there is none."""
    return node.get(name, "").strip()


def children(node: Node, name: str, *path: str) -> list[Node]:
    """All elements at the path below `node`; empty ones included."""
    found = node.findall(name)
    for name in path:
        if len(found) == 1:  # as lists have it: one `Цены` with many `Цена`
            found = found[0].findall(name)
        else:
            found = [child for parent in found for child in parent.findall(name)]
    return found


def is_deleted(node: Node) -> bool:
    """The three notations: attribute `Статус`, element `Статус`, element `ПометкаУдаления` (protocol §9)."""
    if flag(text(node, "ПометкаУдаления")):
        return True
    return _tells_deleted(attribute(node, "Статус")) or _tells_deleted(text(node, "Статус"))


def _tells_deleted(status: str) -> bool:
    return status != "" and status.lower().replace("ё", "е").startswith("удал")
