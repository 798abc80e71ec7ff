"""VAT: the rate of a day, and what of a sum is VAT (domain §3.2). Pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.kernel.money import rounded

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRate:
    """A standard rate in percent from its first day on, until the next one's; `since` None = from ever."""

    percent: Decimal
    since: date | None = None


def rate_on(rates: Sequence[VatRate], day: date) -> Decimal:
    """The standard rate of the day; 0 before the first one."""
    begun = [one for one in rates if one.since is None or one.since <= day]
    return max(begun, key=lambda one: one.since or date.min).percent if begun else Decimal(0)


def rate_of_goods(told: Decimal | None, rates: Sequence[VatRate], day: date) -> Decimal:
    """What goods bear on the day, in percent. `told` = what the ERP last said of them; None = the standard rate.

    The ERP's word is as old as its catalogue: a standard rate of another time means the standard rate of the day.
    Any other rate, a reduced one or 0, is the goods' own.
    """
    if told is None or any(one.percent == told for one in rates):
        return rate_on(rates, day)
    return told


def vat_of(amount: Decimal, rate: Decimal, currency: str, *, included: bool) -> Decimal:
    """The VAT in an amount, or on top of it, rounded half up to the currency's minor unit."""
    return rounded(amount * rate / (_HUNDRED + rate) if included else amount * rate / _HUNDRED, currency)
