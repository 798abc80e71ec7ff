"""Prices made again from what quotes say of them."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.pricing.discounts import Verdict
from chalicelib.pricing.model import Quote
from chalicelib.pricing.quoting import price_of_one


def recomputed(made: Quote) -> Decimal:
    """A quote's price made again from what it says it was made from; equal to `made.price`."""
    return price_of_one(
        made.list_amount,
        made.coefficient,
        formulas=made.price_list.formulas,
        rate=made.conversion.rate if made.conversion else None,
        vat_rate=made.vat_rate,
        listed_with_vat=made.price_list.vat_included,
        quoted_with_vat=made.vat_included,
        percents=[one.percent for one in made.discounts if one.verdict is Verdict.APPLIED],
        currency=made.currency,
    )
