"""A payment that looks like one that was entered already: more often a slip than a second payment."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.billing import store
from chalicelib.billing.model import NewPayment, Payment
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.money import Money
from chalicelib.storage.session import TenantSession


def question(db: TenantSession, new: NewPayment) -> Refused | None:
    """Refused("payment_repeated") when the payer has a payment of the same sum, day and number; None also when the
    person has seen it (`new.beside`) and says that this is another one."""
    twin = twin_of(new, store.payments_of_party(db, new.party_id, new.day, new.day))
    if twin is None or twin.id == new.beside:
        return None
    amount = Money(twin.amount, twin.currency)
    return Refused("payment_repeated", number=twin.number, amount=amount, day=twin.day, payment=twin.id)


def twin_of(new: NewPayment, payments: Iterable[Payment]) -> Payment | None:
    """The payment that the new one repeats. One that was taken back is none: it is entered anew."""
    return next((payment for payment in payments if _alike(payment, new)), None)


def _alike(payment: Payment, new: NewPayment) -> bool:
    return (
        payment.reversed_at is None
        and not payment.returning
        and Money(payment.amount, payment.currency) == new.amount
        and payment.day == new.day
        and _plain(payment.number) == _plain(new.number)
    )


def _plain(number: str) -> str:
    return "".join(number.casefold().split())
