"""What decides a price, and what is answered: terms, quotes and their explanation (domain §3.4, §3.10).

`chain` makes the terms of a contract, `quoting` quotes under them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from chalicelib.kernel.vat import VatRate
from chalicelib.pricing.derived import Formula, derived
from chalicelib.pricing.discounts import Discount, Verdict, Weighed
from chalicelib.pricing.lists import ListVersion
from chalicelib.pricing.rates import Conversion


class Origin(StrEnum):
    """Whose a price list is; the chain goes from the most special to the most general."""

    PERSONAL = "personal"  # the contract's own prices
    CONTRACT = "contract"
    GROUP = "group"
    REGION = "region"
    TENANT = "tenant"  # the tenant's default


class Strategy(StrEnum):
    """How the lists of a chain become one price; chosen per tenant."""

    PRIORITY = "priority"  # the first list that has a price from the largest quantity that is reached
    BEST = "best"  # the list under which the goods cost least


class Outcome(StrEnum):
    """What became of a list when a price was looked for."""

    CHOSEN = "chosen"
    NO_PRICE = "no_price"
    BELOW_MINIMUM = "below_minimum"  # it has only tiers for larger quantities
    OTHER_CURRENCY = "other_currency"  # for which there is no rate
    LATER = "later"  # a list before it in the chain decided
    SMALLER_TIER = "smaller_tier"  # by priority: a list behind it has a price from a larger quantity
    DEARER = "dearer"  # by best price
    ROUNDED_AWAY = "rounded_away"  # it would come to less than the currency's smallest coin
    NOT_ASKED = "not_asked"  # an exclusive list before it has prices of this SKU
    NOT_IN_FORCE = "not_in_force"  # on this day, or no version of it is yet


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """A price list in a chain. `id` is an own list's, or that of a price type of the ERP.

    `rows_id` and `rows_name`: the list whose rows it reads, itself unless it is derived by `formulas`; `version` = the
    file with those rows, None for a price type, which is in the snapshot. `exclusive`: if it has any price of a SKU,
    lists behind it are not asked. `fixed`: no discount is given on its prices.
    """

    origin: Origin
    id: str
    name: str
    vat_included: bool
    exclusive: bool = False
    fixed: bool = False
    in_force: bool = True
    rows_id: str = ""
    rows_name: str = ""
    currency: str | None = None  # of all its rows; None: each row of a price type says it
    version: ListVersion | None = None
    formulas: tuple[Formula, ...] = ()

    @property
    def source(self) -> str:
        return self.rows_id or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """What decides a contract's prices. Quotes are in `currency`, with VAT in them or not as `vat_included` says.

    `list_currency` is that of prices for which the ERP names none; `vat_rates` are the standard ones, of which that of
    `day` holds; `vat_exempt`: no VAT is charged and list prices are taken as they are. `discounts` are those that this
    contract may get, `conversions` what other currencies are worth in `currency`. `tenant_id` = whose files the own
    lists are in.
    """

    chain: tuple[PriceList, ...]
    currency: str
    list_currency: str
    vat_included: bool
    vat_rates: tuple[VatRate, ...]
    day: date
    vat_exempt: bool = False
    strategy: Strategy = Strategy.PRIORITY
    discounts: tuple[Discount, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    tenant_id: str = ""

    @property
    def ask_kinds(self) -> bool:
        """Whether a discount depends on the brand or the categories of goods."""
        return any(one.brands or one.category_ids for one in self.discounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A list that was asked, and what it said; `min_quantity` is the smallest one below which it has no price."""

    price_list: PriceList
    outcome: Outcome
    min_quantity: Decimal | None = None


class Quote(NamedTuple):
    """The price of one base unit of a SKU at a quantity, with everything that it was made from.

    `list_amount` is what the rows say for `coefficient` base units (`unit`), in `list_currency` and the list's own mode
    of VAT; `quoting.price_of_one` makes `price` of it again. `conversion`: the rate that was used, None in the list's
    own currency. `discounts`: all that cover the SKU, given or not. `next_tiers`: larger quantities from which another
    price holds.
    """

    sku: str
    price: Decimal
    currency: str
    vat_rate: Decimal | None  # percent; None = without VAT
    vat_included: bool
    price_list: PriceList
    list_amount: Decimal
    list_currency: str
    unit: str
    coefficient: Decimal
    min_quantity: Decimal
    considered: tuple[Considered, ...]
    next_tiers: tuple[tuple[Decimal, Decimal], ...] = ()  # (from quantity, price of one)
    conversion: Conversion | None = None
    discounts: tuple[Weighed, ...] = ()

    @property
    def listed(self) -> Decimal:
        """What the list says: of a derived one, after its formulas."""
        return derived(self.list_amount, self.price_list.formulas)

    @property
    def is_rounded(self) -> bool:
        """Whether the price was rounded to the currency's minor unit. A list's own price is taken as it is, also when
        it is finer, and is kept to a millionth where it was only divided by a pack."""
        return (
            bool(self.price_list.formulas)
            or self.conversion is not None
            or (self.vat_rate is not None and self.price_list.vat_included != self.vat_included)
            or any(one.verdict is Verdict.APPLIED for one in self.discounts)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOnRequest:
    """There is no price at this quantity; `min_quantity` = from which on there is one, None = from none."""

    sku: str
    considered: tuple[Considered, ...]
    min_quantity: Decimal | None = None


Answer = Quote | PriceOnRequest
