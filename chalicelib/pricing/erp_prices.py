"""What the ERP says under its price types, for people who look at it: it is changed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.model import Page, PriceTier, PriceType, Query, Sort
from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.errors import found
from chalicelib.storage.session import TenantSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpPrices:
    """A page of the listed goods that have a price under a price type, with their rows by SKU."""

    price_type: PriceType
    goods: Page
    tiers: Mapping[str, tuple[PriceTier, ...]]


def look_at(db: TenantSession, price_type_id: str, asked: str, page: int, now: datetime) -> ErpPrices:
    """Of the goods that `asked` finds, if anything is; NotFound for a price type that the ERP does not have."""
    catalogue = found(current_catalogue(db, None, now))
    price_type = found(next((one for one in catalogue.price_types() if one.id == price_type_id), None))
    sort = Sort.RELEVANCE if asked else Sort.NAME
    priced = Query(text=asked, price_types=(price_type_id,), price_from=Decimal(0), sort=sort, page=page)
    goods = catalogue.search(priced)
    tiers = catalogue.prices([item.sku for item in goods.items], [price_type_id])
    return ErpPrices(price_type=price_type, goods=goods, tiers=tiers)
