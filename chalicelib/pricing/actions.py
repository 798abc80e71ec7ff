"""Prices of a contract from the catalogue snapshot in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from chalicelib.catalogue.model import Item, PriceType
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.network.model import Contract
from chalicelib.pricing.model import Origin, PriceList, PriceOnRequest, PriceTerms, Quote, quote
from chalicelib.tenancy.model import TenantSettings

VAT_INCLUDED_UNLESS_TOLD = True
"""For price types of which neither the contract nor the ERP says it."""


def contract_terms(
    contract: Contract, settings: TenantSettings, price_types: Sequence[PriceType], day: date
) -> PriceTerms:
    """The chain of a contract: its price type, which is exclusive, then the tenant's default one (domain §3.4), and
    the VAT rates of the day."""
    known = {price_type.id: price_type for price_type in price_types}
    chain = [_price_list(Origin.CONTRACT, contract.price_type_id, known, exclusive=True)]
    if settings.default_price_type and settings.default_price_type != contract.price_type_id:
        chain.append(_price_list(Origin.TENANT, settings.default_price_type, known))
    told = contract.vat_included
    return PriceTerms(
        chain=tuple(chain),
        currency=contract.currency,
        list_currency=settings.currency,
        vat_included=chain[0].vat_included if told is None else told,
        vat_rates=settings.vat_rates,
        day=day,
        vat_exempt=contract.vat_exempt,
    )


def list_terms(price_type: PriceType, settings: TenantSettings, day: date) -> PriceTerms:
    """The terms under which a price type shows exactly what it says: for the manufacturer's own people."""
    price_list = _price_list(Origin.TENANT, price_type.id, {price_type.id: price_type})
    return PriceTerms(
        chain=(price_list,),
        currency=price_type.currency or settings.currency,
        list_currency=settings.currency,
        vat_included=price_list.vat_included,
        vat_rates=settings.vat_rates,
        day=day,
    )


def quotes(
    catalogue: Catalogue, items: Mapping[str, Item], quantities: Mapping[str, Decimal], terms: PriceTerms
) -> dict[str, Quote | PriceOnRequest]:
    """The price of each SKU at its quantity; a SKU without a quantity is quoted at one unit or the smallest tier."""
    tiers = catalogue.prices(list(items), [price_list.price_type_id for price_list in terms.chain])
    out = {}
    for sku, item in items.items():
        own = tiers.get(sku, ())
        answer = quote(sku, own, quantities.get(sku, Decimal(1)), item.vat_rate, terms)
        if sku not in quantities and isinstance(answer, PriceOnRequest) and answer.min_quantity is not None:
            answer = quote(sku, own, answer.min_quantity, item.vat_rate, terms)
        out[sku] = answer
    return out


def _price_list(
    origin: Origin, price_type_id: str, known: Mapping[str, PriceType], *, exclusive: bool = False
) -> PriceList:
    price_type = known.get(price_type_id)
    told = price_type.vat_included if price_type else None
    return PriceList(
        origin=origin,
        price_type_id=price_type_id,
        name=price_type.name if price_type else price_type_id,
        vat_included=VAT_INCLUDED_UNLESS_TOLD if told is None else told,
        exclusive=exclusive,
    )
