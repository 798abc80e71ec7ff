"""What ordering asks of the catalogue and the price lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from chalicelib.kernel.ids import stable_id
from chalicelib.ordering.model import OrderLine
from chalicelib.ordering.quickorder import Alike, Found

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A SKU as one contract sees it at one quantity. `price` None: there is none ("on request", domain §3.6).
    `lead_days` = in how many days it is there though there is none now, None: it is not on order."""

    sku: str
    product_id: str
    variant_id: str
    name: str
    article: str
    unit: str
    unit_code: str
    listed: bool  # False: withdrawn; can no longer be ordered
    price: Decimal | None
    vat_rate: Decimal | None
    price_type_id: str = ""
    why: tuple[tuple[str, str], ...] = ()
    catalogue_id: str = ""
    lead_days: int | None = None

    def line(self, line_id: str, quantity: Decimal) -> OrderLine:
        """An order line of it, its sums still to be worked out."""
        if self.price is None:
            raise ValueError(f"{self.sku} has no price")
        return OrderLine(
            id=line_id,
            sku=self.sku,
            product_id=self.product_id,
            variant_id=self.variant_id,
            catalogue_id=self.catalogue_id,
            article=self.article,
            name=self.name,
            unit=self.unit,
            unit_code=self.unit_code,
            quantity=quantity,
            price=self.price,
            vat_rate=self.vat_rate,
            net=_ZERO,
            vat=_ZERO,
            gross=_ZERO,
            price_type_id=self.price_type_id,
            why=self.why,
            lead_days=self.lead_days,
        )


def terms_mark(goods: Mapping[str, Goods]) -> str:
    """Another text for other goods, prices or days: a form says with it what its reader saw."""
    return stable_id(*(f"{sku} {one.price} {one.lead_days}" for sku, one in sorted(goods.items())))


class Shelf(Protocol):
    """The catalogue in force with the prices of one contract."""

    @property
    def vat_included(self) -> bool:
        """Whether the contract's prices contain VAT."""

    def goods(self, quantities: Mapping[str, Decimal]) -> dict[str, Goods]:
        """SKUs at these quantities; what the catalogue has never had is left out."""

    def found(self, articles: Sequence[str]) -> dict[str, Found]:
        """What the catalogue has under these articles or barcodes."""

    def alike(self, text: str, skus: Sequence[str]) -> tuple[Alike, ...]:
        """A few products that the text may mean: among `skus` if there are some, else those that a search finds."""
