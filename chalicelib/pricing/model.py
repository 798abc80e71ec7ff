"""Which price holds, and why (domain §3.4, §3.6, §3.10). Pure rules.

A contract sees a chain of price lists. Tiers of the lists are merged by their minimum quantity: the first list of the
chain that has one wins. Of the merged tiers the largest whose minimum is reached counts; below the smallest there is
no price ("on request").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from chalicelib.catalogue.model import PriceTier
from chalicelib.kernel.money import money
from chalicelib.kernel.vat import VatRate, rate_of_goods

_HUNDRED = Decimal(100)
_FINEST = Decimal("0.000001")


class Origin(StrEnum):
    """Whose a price list is; the chain goes from the most special to the most general."""

    CONTRACT = "contract"
    TENANT = "tenant"  # the tenant's default


class Outcome(StrEnum):
    """What became of a list when a price was looked for."""

    CHOSEN = "chosen"
    NO_PRICE = "no_price"
    BELOW_MINIMUM = "below_minimum"  # it has only tiers for larger quantities
    OTHER_CURRENCY = "other_currency"
    LATER = "later"  # a list before it in the chain decided
    NOT_ASKED = "not_asked"  # an exclusive list before it has prices of this SKU


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """A price list in a chain. `exclusive`: if it has any price of a SKU, lists behind it are not asked."""

    origin: Origin
    price_type_id: str
    name: str
    vat_included: bool
    exclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """What decides a contract's prices. Quotes are in `currency`, with VAT in them or not as `vat_included` says.

    `list_currency` is that of prices for which the ERP names none; `vat_rates` are the standard ones, of which that of
    `day` holds; `vat_exempt`: no VAT is charged and list prices are taken as they are.
    """

    chain: tuple[PriceList, ...]
    currency: str
    list_currency: str
    vat_included: bool
    vat_rates: tuple[VatRate, ...]
    day: date
    vat_exempt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A list that was asked, and what it said; `min_quantity` is the smallest one below which it has no price."""

    price_list: PriceList
    outcome: Outcome
    min_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price of one base unit of a SKU at a quantity, with everything that it was made from.

    `list_amount` is what the list says for `coefficient` base units (`unit`), in the list's own mode of VAT;
    `recomputed` makes `price` of it again. `next_tiers`: larger quantities from which another price holds.
    """

    sku: str
    price: Decimal
    currency: str
    vat_rate: Decimal | None  # percent; None = without VAT
    vat_included: bool
    price_list: PriceList
    list_amount: Decimal
    unit: str
    coefficient: Decimal
    min_quantity: Decimal
    considered: tuple[Considered, ...]
    next_tiers: tuple[tuple[Decimal, Decimal], ...] = ()  # (from quantity, price of one)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOnRequest:
    """There is no price at this quantity; `min_quantity` = from which on there is one, None = from none."""

    sku: str
    considered: tuple[Considered, ...]
    min_quantity: Decimal | None = None


def quote(
    sku: str, tiers: Sequence[PriceTier], quantity: Decimal, vat_rate: Decimal | None, terms: PriceTerms
) -> Quote | PriceOnRequest:
    """The price of a SKU at a quantity. `tiers` = all that the snapshot has of it; `vat_rate` = the goods' own."""
    by_type: dict[str, list[PriceTier]] = {}
    for tier in tiers:
        by_type.setdefault(tier.price_type_id, []).append(tier)
    merged: dict[Decimal, tuple[PriceList, PriceTier]] = {}
    usable: dict[str, list[PriceTier]] = {}
    closed = False
    for price_list in terms.chain:
        if closed or price_list.price_type_id in usable:
            continue
        listed = by_type.get(price_list.price_type_id, ())
        own = _same_unit([tier for tier in listed if (tier.currency or terms.list_currency) == terms.currency])
        usable[price_list.price_type_id] = own
        for tier in own:
            merged.setdefault(tier.min_quantity, (price_list, tier))
        closed = price_list.exclusive and bool(own)
    reached = [least for least in merged if least <= quantity]
    if not reached:
        return PriceOnRequest(
            sku=sku,
            considered=_considered(terms, by_type, usable, None, quantity),
            min_quantity=min(merged, default=None),
        )
    rate = None if terms.vat_exempt else rate_of_goods(vat_rate, terms.vat_rates, terms.day) or None
    price_list, tier = merged[max(reached)]
    return Quote(
        sku=sku,
        price=_price(tier, price_list, rate, terms),
        currency=terms.currency,
        vat_rate=rate,
        vat_included=terms.vat_included,
        price_list=price_list,
        list_amount=tier.amount,
        unit=tier.unit,
        coefficient=tier.coefficient,
        min_quantity=tier.min_quantity,
        considered=_considered(terms, by_type, usable, price_list, quantity),
        next_tiers=tuple(
            (least, _price(merged[least][1], merged[least][0], rate, terms))
            for least in sorted(merged)
            if least > quantity
        ),
    )


def _same_unit(tiers: Sequence[PriceTier]) -> list[PriceTier]:
    """The tiers of one unit: the base unit, or else the smallest pack that the list has prices for."""
    if not tiers:
        return []
    _, coefficient, unit = min((t.coefficient != 1, t.coefficient, t.unit) for t in tiers)
    return [t for t in tiers if (t.coefficient, t.unit) == (coefficient, unit)]


def _price(tier: PriceTier, price_list: PriceList, rate: Decimal | None, terms: PriceTerms) -> Decimal:
    return one_unit(
        tier.amount,
        tier.coefficient,
        rate,
        listed_with_vat=price_list.vat_included,
        quoted_with_vat=terms.vat_included,
        currency=terms.currency,
    )


def one_unit(
    amount: Decimal,
    coefficient: Decimal,
    rate: Decimal | None,
    *,
    listed_with_vat: bool,
    quoted_with_vat: bool,
    currency: str,
) -> Decimal:
    """The price of one base unit from a list's price of a pack, with VAT taken out or put on top where modes differ.

    A price that is only divided by the pack is kept to a millionth; one whose VAT changes is an amount of its own,
    rounded to the currency's minor unit.
    """
    if rate and listed_with_vat != quoted_with_vat:
        factor = (_HUNDRED + rate) / _HUNDRED
        changed = amount / coefficient * factor if quoted_with_vat else amount / coefficient / factor
        return money(changed, currency).amount
    if coefficient == 1:
        return amount
    return (amount / coefficient).quantize(_FINEST, ROUND_HALF_UP).normalize()


def recomputed(made: Quote) -> Decimal:
    """A quote's price made again from what it says it was made from; equal to `made.price`."""
    return one_unit(
        made.list_amount,
        made.coefficient,
        made.vat_rate,
        listed_with_vat=made.price_list.vat_included,
        quoted_with_vat=made.vat_included,
        currency=made.currency,
    )


def _considered(
    terms: PriceTerms,
    by_type: Mapping[str, Sequence[PriceTier]],
    usable: Mapping[str, Sequence[PriceTier]],
    winner: PriceList | None,
    quantity: Decimal,
) -> tuple[Considered, ...]:
    out = []
    for price_list in terms.chain:
        own = usable.get(price_list.price_type_id)
        least = min((tier.min_quantity for tier in own), default=None) if own else None
        if price_list is winner:
            outcome = Outcome.CHOSEN
        elif own is None:
            outcome = Outcome.NOT_ASKED
        elif least is None:
            outcome = Outcome.OTHER_CURRENCY if by_type.get(price_list.price_type_id) else Outcome.NO_PRICE
        else:
            outcome = Outcome.BELOW_MINIMUM if least > quantity else Outcome.LATER
        out.append(Considered(price_list=price_list, outcome=outcome, min_quantity=least))
    return tuple(out)
