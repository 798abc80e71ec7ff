"""Lists of payments: a counterparty's, or everybody's of some months."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice

from chalicelib.billing import store
from chalicelib.billing.model import Payment
from chalicelib.kernel.access import Actor
from chalicelib.kernel.money import Money, total
from chalicelib.storage.session import TenantSession

PAGE = 50
_MOST = 2000
"""Payments that a list reads at most: a longer one asks for a shorter period."""
_PERIOD = timedelta(days=92)
_LONGEST = timedelta(days=5 * 366)  # as far back as one list goes


class PaymentState(StrEnum):
    """Derived, never stored: what became of a payment."""

    ALLOCATED = "allocated"
    ADVANCE = "advance"  # something of it is left for the next invoice
    REVERSED = "reversed"


def state_of(payment: Payment) -> PaymentState:
    if payment.reversed_at:
        return PaymentState.REVERSED
    return PaymentState.ADVANCE if payment.advance else PaymentState.ALLOCATED


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPayments:
    """What a list of payments shows; the period counts by the payments' days."""

    party_id: str | None = None
    state: PaymentState | None = None
    search: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSums:
    """What the listed payments of one currency add up to, but for those that were taken back."""

    total: Money
    advance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentList:
    """The payments wanted, newest first unless sorted; `sums` are of the whole list, one a currency."""

    payments: tuple[Payment, ...]
    sums: tuple[PaymentSums, ...]
    is_cut: bool  # there are more than were read
    since: date
    until: date

    def page(self, number: int) -> tuple[Payment, ...]:
        return self.payments[(number - 1) * PAGE : number * PAGE]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.payments) // PAGE))


def list_payments(db: TenantSession, actor: Actor, wanted: WantedPayments, today: date) -> PaymentList:
    """A counterparty's payments of five years, or everybody's of three months, unless another period is asked for.
    A dealer's person sees the own counterparty's only."""
    party_id = actor.party_id or wanted.party_id
    until = wanted.until or today
    since = max(wanted.since or until - (_LONGEST if party_id else _PERIOD), until - _LONGEST)
    source = (
        store.payments_of_party(db, party_id, since, until) if party_id else store.payments_of_months(db, since, until)
    )
    read = list(islice(source, _MOST + 1))
    chosen = [payment for payment in read[:_MOST] if _is_wanted(payment, wanted)]
    if wanted.sort in _SORTS:
        chosen.sort(key=_SORTS[wanted.sort], reverse=wanted.descending)
    return PaymentList(payments=tuple(chosen), sums=_sums(chosen), is_cut=len(read) > _MOST, since=since, until=until)


_SORTS: dict[str, Callable[[Payment], tuple[object, ...]]] = {
    "number": lambda p: (p.number,),
    "day": lambda p: (p.day, p.id),
    "party": lambda p: (p.party_name.casefold(), p.day),
    "amount": lambda p: (p.currency, p.amount),
}


def _is_wanted(payment: Payment, wanted: WantedPayments) -> bool:
    words = (payment.number, payment.party_name, payment.contract_number, payment.comment)
    invoices = (part.invoice_number for part in payment.parts)
    sought = wanted.search.casefold()
    return (wanted.state is None or state_of(payment) is wanted.state) and any(
        sought in word.casefold() for word in (*words, *invoices)
    )


def _sums(payments: Iterable[Payment]) -> tuple[PaymentSums, ...]:
    by_currency: dict[str, list[Payment]] = {}
    for payment in payments:
        if payment.reversed_at is None:
            by_currency.setdefault(payment.currency, []).append(payment)
    return tuple(
        PaymentSums(
            total=total([Money(p.amount, currency) for p in group], currency),
            advance=total([Money(p.advance, currency) for p in group], currency),
        )
        for currency, group in sorted(by_currency.items())
    )
