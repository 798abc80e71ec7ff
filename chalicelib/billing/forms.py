"""What an accountant types of a payment, and its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from chalicelib.billing.model import NewPayment, PaymentKind
from chalicelib.billing.terms import FIRST_YEAR
from chalicelib.kernel.money import Money, minor_digits, money
from chalicelib.network.model import Contract
from chalicelib.tenancy.company import Checks

_PART = "part-"
_MOST = Decimal(10) ** 13
Typed = Mapping[str, str]
ParseNumber = Callable[[str], Decimal]


def payment_from_form(typed: Typed, parse: ParseNumber, contract: Contract) -> NewPayment:
    """A payment of the fields `amount day number kind comment`, `part-<invoice id>` for what it is said to pay, and
    `beside`, which the second button of a repeated payment has.

    Invalid names every wrong field.
    """
    checks = Checks(typed)
    wanted = {
        name.removeprefix(_PART): _sum(checks, name, parse, contract.currency).amount
        for name in typed
        if name.startswith(_PART) and typed[name].strip()
    }
    new = NewPayment(
        party_id=contract.party_id,
        contract_id=contract.id,
        amount=_sum(checks, "amount", parse, contract.currency),
        day=checks.parsed("day", _day, date.min, code="not_a_date"),
        number=checks.text("number", limit=40, required=True),
        kind=checks.parsed("kind", lambda text: PaymentKind(text or "payment"), PaymentKind.PAYMENT, code="choose"),
        comment=checks.text("comment", limit=500),
        beside=typed.get("beside") or None,
        wanted={invoice_id: part for invoice_id, part in wanted.items() if part},
    )
    checks.finish()
    return new


def _sum(checks: Checks, name: str, parse: ParseNumber, currency: str) -> Money:
    """A sum in whole minor units; an empty field is no sum."""

    def read(text: str) -> Money:
        value = parse(text)
        if value != round(value, minor_digits(currency)) or not 0 <= value < _MOST:
            raise ValueError
        return money(value, currency)

    return checks.parsed(name, read, money(0, currency), code="sum_wrong")


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.year < FIRST_YEAR:
        raise ValueError
    return day
