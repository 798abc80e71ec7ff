"""What the catalogue answers: items, pages, facets. Plain data; `snapshot.read` fills it from a snapshot file.

Ids of categories, price types, warehouses and properties are the ERP's own texts. A `sku` is
`kernel.ids.stable_id("1c", product_id, variant_id or "")`: what carts, orders and stock refer to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from chalicelib.catalogue.amounts import Amounts
from chalicelib.kernel.ids import stable_id

OWN_CATALOGUE = "kontor"
"""The catalogue of products that a person made here, by hand or by a file: no exchange withdraws them."""
OWN_ID = "kontor-"
"""What ids that are made here begin with: no ERP's do."""
NO_WAREHOUSE = "main"
"""The warehouse of a stock total that names none."""


def sku_id(product_id: str, variant_id: str | None) -> str:
    """The SKU of an ERP product (`variant_id` None or empty) or of one of its variants."""
    return stable_id("1c", product_id, variant_id or "")


def attribute_key(kind: str, own_id: str) -> str:
    """What an attribute is called in addresses: short, of letters and digits, the same in every snapshot."""
    return "f_" + stable_id("attribute", kind, own_id)[:10]


BRAND = attribute_key("brand", "")


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NAME = "name"
    ARTICLE = "article"
    PRICE = "price"
    STOCK = "stock"


class Available(StrEnum):
    """How soon goods can be had."""

    NOW = "1"  # the last exchange had some in stock
    COMING = "coming"  # some are on their way
    ORDER = "order"  # neither, but they are made or brought on order (`catalogue.on_order`)
    NONE = "none"  # not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Goods that something is to be told of, as a set of places (`bits`) and in the order of what is told."""

    order: Sequence[int]
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a reader looks for. Everything given must hold; values of one attribute are alternatives.

    `price_types` is the reader's chain, best first: the first type that has a price for a SKU gives the
    amount that `price_from`, `price_to` and sorting by price look at (the smallest tier's, as the list has it).
    `amounts` are looked at instead, if given: those of `Catalogue.amounts`, perhaps with others over them.
    Without a text and a sort of its own the first of `selections` says the order.
    """

    text: str = ""
    category_id: str | None = None
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (attribute's key, accepted values)
    price_types: tuple[str, ...] = ()
    amounts: Amounts | None = None
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    available: Available | None = None
    warehouses: tuple[str, ...] = ()  # whose stock counts for `available` and the sort by it; none = every one's
    coming: frozenset[str] = frozenset()  # the SKUs that are on their way to the reader, where `available` asks for it
    selections: tuple[Selection, ...] = ()
    sort: Sort = Sort.RELEVANCE
    descending: bool = False  # of the sort, but for relevance; SKUs without a price stay last
    page: int = 1
    size: int = 50


class Item(NamedTuple):
    """One SKU as lists and order lines show it. A tuple, as tiers, quotes and lines of price lists are: one file takes
    150,000 of each, and frozen dataclasses take three times as long to make."""

    sku: str
    product_id: str
    variant_id: str  # empty for a product without variants
    catalogue_id: str
    name: str
    article: str
    barcode: str
    unit: str
    unit_code: str
    vat_rate: Decimal | None  # percent; 0 = goods without VAT, None = not given: the tenant's rate
    picture: str  # path as the ERP named it; empty = none
    erp_stock: Decimal  # all warehouses, as of the import
    listed: bool  # False: deleted, withdrawn or not yet complete; kept because orders refer to it


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    text: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """An attribute with its values among what was found; counts ignore the attribute's own filter."""

    key: str
    name: str  # empty for the brand
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was found. `categories`: the top of the tree and what is below the chosen category and those above it, with
    counts that ignore the choice of a category; `prices`: the least and the greatest, whatever range was chosen."""

    items: tuple[Item, ...]
    total: int
    facets: tuple[Facet, ...]
    page: int
    size: int
    categories: tuple[Category, ...] = ()
    prices: tuple[Decimal, Decimal] | None = None
    meant: tuple[str, ...] = ()  # texts that find something, where the typed one finds nothing; items are the first's

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A node of the tree in reading order; `count` = listed SKUs in it and below."""

    id: str
    name: str
    parent_id: str | None
    depth: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What a text that is being typed may be going to be: a few of each, the likeliest first."""

    items: tuple[Item, ...] = ()
    categories: tuple[Category, ...] = ()
    meant: str = ""  # the text found nothing: these are for this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    key: str
    name: str  # empty for the brand
    kind: str  # "property" | "characteristic" | "brand" | "requisite"
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A SKU with everything that its page shows. `variants` are the listed SKUs of the same card."""

    item: Item
    description: str
    attributes: tuple[Attribute, ...]
    pictures: tuple[str, ...]
    barcodes: tuple[str, ...]
    category_path: tuple[Category, ...]
    variants: tuple[Item, ...]
    erp_stock: tuple[tuple[str, Decimal], ...]  # (warehouse id, quantity) as of the import


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceType:
    id: str
    name: str
    currency: str | None  # None: the ERP gave none; the tenant's currency then
    vat_included: bool | None  # None: the ERP gave none; the tenant's setting then


class PriceTier(NamedTuple):
    """One price of a SKU: `amount` for `coefficient` base units, from `min_quantity` base units on."""

    price_type_id: str
    amount: Decimal
    currency: str | None  # ISO 4217; None as in PriceType
    unit: str  # empty = the SKU's own unit
    coefficient: Decimal
    min_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    id: str
    name: str  # empty for NO_WAREHOUSE
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """What goods are to rules: the brand (empty: none), and every category they are in, upper ones too."""

    brand: str = ""
    category_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What `by_article` found for one asked text: no SKU, exactly one, or several (ambiguous)."""

    asked: str
    skus: tuple[str, ...]

    @property
    def sku(self) -> str | None:
        return self.skus[0] if len(self.skus) == 1 else None
