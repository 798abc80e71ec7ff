"""A quote's explanation as pairs of a message key and its value: what an order line keeps (domain §3.10).

It says what a derived list comes to, not how: the formula and its base are the manufacturer's own business, and dealers
read this. `derivation` tells the manufacturer's people.
"""

from __future__ import annotations

from decimal import Decimal

from chalicelib.kernel.money import quantum
from chalicelib.pricing.discounts import Verdict, Weighed
from chalicelib.pricing.model import Considered, Outcome, PriceOnRequest, Quote
from chalicelib.pricing.rates import Conversion

Why = tuple[tuple[str, str], ...]


def why(made: Quote) -> Why:
    """From the list to the price, then what became of the other rules and lists. Texts: `pricing.why.*`, `{value}`."""
    steps = [(f"pricing.why.list_{made.price_list.origin}", made.price_list.name)]
    steps.append(("pricing.why.listed", _sum(made.listed, made.list_currency)))
    if made.coefficient != 1:
        steps.append(("pricing.why.pack", f"{_plain(made.coefficient)} ({made.unit})"))
    if made.min_quantity:
        steps.append(("pricing.why.tier", _plain(made.min_quantity)))
    if made.conversion is not None:
        steps.append(_rate(made.conversion))
    if made.vat_rate is None:
        steps.append(("pricing.why.without_vat", ""))
    else:
        mode = "with_vat" if made.vat_included else "vat_on_top"
        steps.append((f"pricing.why.{mode}", _plain(made.vat_rate)))
        if made.price_list.vat_included != made.vat_included:
            steps.append((f"pricing.why.{'vat_added' if made.vat_included else 'vat_taken_out'}", ""))
    steps += [_discount(one) for one in made.discounts if one.verdict is Verdict.APPLIED]
    if made.is_rounded:
        steps.append(("pricing.why.rounded", f"{quantum(made.currency)} {made.currency}"))
    steps += [_discount(one) for one in made.discounts if one.verdict is not Verdict.APPLIED]
    return (*steps, *_others(made.considered))


def why_not(answer: PriceOnRequest) -> Why:
    """Why there is no price."""
    return _others(answer.considered)


def derivation(made: Quote) -> Why:
    """How the price of a derived list came to be, from its base on; empty for other lists. Not for dealers."""
    if not made.price_list.formulas:
        return ()
    currency = made.list_currency
    base = f"{made.price_list.rows_name}, {_sum(made.list_amount, currency)}"
    steps = [("pricing.why.base", base)]
    for formula in made.price_list.formulas:
        steps.append(("pricing.why.factor", _plain(formula.factor)))
        amounts = {
            "step": formula.step,
            "surcharge": formula.surcharge or None,
            "least_margin": formula.least_margin,
            "most_margin": formula.most_margin,
        }
        steps += [
            (f"pricing.why.{name}", _sum(amount, currency)) for name, amount in amounts.items() if amount is not None
        ]
    return tuple(steps)


def _others(considered: tuple[Considered, ...]) -> Why:
    return tuple(
        (f"pricing.why.{one.outcome}_by", one.price_list.name)
        for one in considered
        if one.outcome is not Outcome.CHOSEN
    )


def _discount(one: Weighed) -> tuple[str, str]:
    return f"pricing.why.discount_{one.verdict}", f"{_plain(one.percent)} ({one.name})"


def _rate(used: Conversion) -> tuple[str, str]:
    key = "pricing.why.rate_of_contract" if used.by_contract else "pricing.why.rate"
    of_day = f", {used.since.isoformat()}" if used.since else ""
    return key, f"1 {used.currency} = {used.rate:f} {used.into}{of_day}"


def _sum(amount: Decimal, currency: str) -> str:
    """With the currency's digits, and more only where the list has them: `1220.50 RUB`, `0.1234 RUB`."""
    exact = amount.normalize()
    shown = max(exact, exact.quantize(quantum(currency)), key=lambda n: -int(n.as_tuple().exponent))
    return f"{shown:f} {currency}"


def _plain(number: Decimal) -> str:
    return format(number.normalize() if number != number.to_integral_value() else number.quantize(Decimal(1)), "f")
