"""Exchange rates: dated, the tenant's own or a contract's, and what one currency is worth in another (domain §3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

_DIGITS = Context(prec=12, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """From its first day on, until the next one's, one unit of `currency` is worth `rate` of the tenant's own currency;
    `since` None = from ever."""

    currency: str  # ISO 4217
    rate: Decimal
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One unit of `currency` is `rate` of `into`, as of the day `since` (None: no day was told). `by_contract`: the
    contract has its own rate."""

    currency: str
    into: str
    rate: Decimal
    since: date | None = None
    by_contract: bool = False


def rate_on(rates: Sequence[ExchangeRate], currency: str, day: date) -> ExchangeRate | None:
    """The rate of a currency that holds on the day; None before the first one."""
    begun = [one for one in rates if one.currency == currency and (one.since is None or one.since <= day)]
    return max(begun, key=lambda one: one.since or date.min) if begun else None


def conversions(
    into: str, home: str, day: date, rates: Sequence[ExchangeRate], own: Sequence[ExchangeRate] = ()
) -> tuple[Conversion, ...]:
    """What every currency that has a rate on the day is worth in `into`, by code.

    `home` = the tenant's currency, which all `rates` are told in; of `own`, the contract's, one that has begun stands
    before the tenant's. A rate by way of `home` has 12 digits: that one number is what sums are multiplied by.
    """
    found = {home: (Decimal(1), date.min, False)}
    for currency in {one.currency for one in (*rates, *own)} - {home}:
        special = rate_on(own, currency, day)
        rate = special or rate_on(rates, currency, day)
        if rate is not None:
            found[currency] = (rate.rate, rate.since or date.min, special is not None)
    if into not in found:
        return ()
    worth, since, by_contract = found.pop(into)
    return tuple(
        Conversion(
            currency=currency,
            into=into,
            rate=_DIGITS.divide(rate, worth).normalize(),
            since=None if (latest := max(begun, since)) == date.min else latest,
            by_contract=special or by_contract,
        )
        for currency, (rate, begun, special) in sorted(found.items())
    )
