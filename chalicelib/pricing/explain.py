"""A quote's explanation as pairs of a message key and its value: what an order line keeps (domain §3.10)."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.kernel.money import quantum
from chalicelib.pricing.model import Considered, Outcome, PriceOnRequest, Quote

Why = tuple[tuple[str, str], ...]


def why(made: Quote) -> Why:
    """From the list to the price, then what the other lists of the chain said. Texts: `pricing.why.*`, `{value}`."""
    steps = [(f"pricing.why.list_{made.price_list.origin}", made.price_list.name)]
    steps.append(("pricing.why.listed", f"{_sum(made.list_amount, made.currency)} {made.currency}"))
    if made.coefficient != 1:
        steps.append(("pricing.why.pack", f"{_plain(made.coefficient)} ({made.unit})"))
    if made.min_quantity:
        steps.append(("pricing.why.tier", _plain(made.min_quantity)))
    if made.vat_rate is None:
        steps.append(("pricing.why.without_vat", ""))
    else:
        mode = "with_vat" if made.vat_included else "vat_on_top"
        steps.append((f"pricing.why.{mode}", _plain(made.vat_rate)))
        if made.price_list.vat_included != made.vat_included:
            change = "vat_added" if made.vat_included else "vat_taken_out"
            steps.append((f"pricing.why.{change}", f"{quantum(made.currency)} {made.currency}"))
    return (*steps, *_others(made.considered))


def why_not(answer: PriceOnRequest) -> Why:
    """Why there is no price."""
    return _others(answer.considered)


def _others(considered: tuple[Considered, ...]) -> Why:
    return tuple(
        (f"pricing.why.{one.outcome}_by", one.price_list.name)
        for one in considered
        if one.outcome is not Outcome.CHOSEN
    )


def _sum(amount: Decimal, currency: str) -> str:
    """With the currency's digits, and more only where the list has them: 1220.50, 0.1234."""
    exact = amount.normalize()
    return format(max(exact, exact.quantize(quantum(currency)), key=lambda n: -int(n.as_tuple().exponent)), "f")


def _plain(number: Decimal) -> str:
    return format(number.normalize() if number != number.to_integral_value() else number.quantize(Decimal(1)), "f")
