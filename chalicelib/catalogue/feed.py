"""The rows of a catalogue feed, whatever brought them: a CommerceML file, a spreadsheet, a hand.

A reader yields these in the file's order; the snapshot builder and the stock writer consume them.
Ids are the sender's own (1C GUIDs, integers, `7992E`), kept as text; `guid#guid` is split into
`product_id` and `variant_id`. Prices and quantities are exact Decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueHead:
    """Opens a catalogue or an offers package. `only_changes` False means: what is absent is withdrawn (domain §4.5)."""

    catalogue_id: str
    only_changes: bool
    kind: str  # "goods" | "offers"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    id: str
    name: str
    parent_id: str | None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyRow:
    """An attribute's definition; `values` maps a reference value's id to its text."""

    id: str
    name: str
    values: tuple[tuple[str, str], ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTypeRow:
    id: str
    name: str
    currency: str | None  # ISO 4217, normalised from `руб.`, `грн`…; None when not given
    vat_included: bool | None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseRow:
    id: str
    name: str
    address: str = ""
    deleted: bool = False


class ProductRow(NamedTuple):
    """A product card as the sender gives it. `attributes` are (property id, value or reference value id).

    A tuple, as the three below are: a full exchange has up to millions of them, and a frozen dataclass takes four
    times as long to make.
    """

    id: str
    name: str
    article: str = ""
    barcode: str = ""
    unit: str = ""  # as shown: "шт"
    unit_code: str = ""  # ОКЕИ, stripped: "796"
    description: str = ""
    brand: str = ""
    category_ids: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    pictures: tuple[str, ...] = ()
    vat_rate: Decimal | None = None  # percent; 0 = goods without VAT, None = not given
    requisites: tuple[tuple[str, str], ...] = ()
    variant_id: str | None = None  # when goods themselves come as `guid#guid`
    characteristics: tuple[tuple[str, str], ...] = ()
    deleted: bool = False


class CardChange(NamedTuple):
    """What a person says of a product: only what is not None is changed, and nothing that is not named.

    A product that is new becomes one of the head's catalogue. In one that came from an ERP, the texts hold from now on
    whatever the ERP says (`snapshot.hand`). `attributes` are (property id, all its values). `lists` = a product of the
    head's catalogue that was withdrawn is listed again.
    """

    id: str
    name: str | None = None
    article: str | None = None
    barcode: str | None = None
    unit: str | None = None
    unit_code: str | None = None
    vat_rate: str | None = None  # percent, a number's digits; "" = not given
    description: str | None = None
    brand: str | None = None
    category_ids: tuple[str, ...] | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    pictures: tuple[str, ...] | None = None  # all of them, the main one first, by the names of their files
    hidden: bool | None = None
    lists: bool = False


class KeptRow(NamedTuple):
    """A SKU that a full package names in a row that could not be taken: it changes nothing, and nothing of the SKU is
    withdrawn as absent."""

    product_id: str
    variant_id: str | None


class CategoryChange(NamedTuple):
    """What a person says of a category, as in `CardChange`. `parent_id` "" = the top; siblings with a `position` come
    first, in its order, 0 takes it away."""

    id: str
    name: str | None = None
    parent_id: str | None = None
    position: int | None = None


class OfferRow(NamedTuple):
    """What can be bought: a product or one variant of it. Empty texts and lists mean: as told before, or as the
    product card says."""

    product_id: str
    variant_id: str | None
    name: str = ""
    article: str = ""
    barcode: str = ""
    unit: str = ""
    unit_code: str = ""
    characteristics: tuple[tuple[str, str], ...] = ()  # (name, value)
    attributes: tuple[tuple[str, str], ...] = ()  # (property id, value or reference value id), as in ProductRow
    deleted: bool = False


class PriceRow(NamedTuple):
    """One price; `amount` None = the sender left it empty: no price of this type ("on request")."""

    product_id: str
    variant_id: str | None
    price_type_id: str
    amount: Decimal | None
    currency: str | None
    unit: str = ""
    coefficient: Decimal = Decimal(1)
    min_quantity: Decimal = Decimal(0)


class StockRow(NamedTuple):
    """Quantity in a warehouse; `warehouse_id` None = a total that names no warehouse. May be negative."""

    product_id: str
    variant_id: str | None
    warehouse_id: str | None
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that could not be taken, with its number (1-based among its kind) and the reason's code."""

    kind: str  # "product" | "offer" | "price" | "stock" | "category" | "document"…
    number: int
    reason: str  # message code `exchange.reason.<reason>`
    subject: str = ""  # id or article, to find it
    detail: str = ""


FeedRow = (
    CatalogueHead
    | CategoryRow
    | PropertyRow
    | PriceTypeRow
    | WarehouseRow
    | ProductRow
    | CardChange
    | CategoryChange
    | KeptRow
    | OfferRow
    | PriceRow
    | StockRow
    | RejectedRow
)
