"""What each counterparty owes, in one row a counterparty: lists of debts cost by debtors, not by their invoices.

The row is worked out anew from the open invoices and advances whenever an event says that they changed, and so lags
behind them as much as events do; nothing is decided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.billing import store
from chalicelib.billing.ageing import Ageing, DueSum, ageing_of, due_sums
from chalicelib.billing.model import Payment
from chalicelib.kernel.money import Money, money
from chalicelib.network.store import load_party
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Delete, Equals, Put

_KIND = "debt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What payments of one currency have left that no invoice has got."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What a counterparty owes by due day, and what it has paid in advance."""

    party_id: str
    party_name: str
    sums: tuple[DueSum, ...] = ()
    advances: tuple[Advance, ...] = ()

    def ageing(self, today: date) -> list[Ageing]:
        """One for each currency in which it owes."""
        return ageing_of(self.sums, today)

    def advance(self, currency: str) -> Money:
        found = [one.amount for one in self.advances if one.currency == currency]
        return money(sum(found, Decimal(0)), currency)


def listed_debts(db: TenantSession) -> list[Debt]:
    """Of every counterparty that owes something or has an advance; about 300 bytes each."""
    return [record.load(Debt) for record in db.query_all(keys.debts(db.tenant_id))]


def note_debt(db: TenantSession, party_id: str, *, invoice_id: str = "", payment_id: str = "") -> None:
    """Brings the counterparty's row up to date. What an event was about is read by its id: the indexes lag a little."""
    key = keys.party_debt(db.tenant_id, party_id)
    also = {keys.invoice(db.tenant_id, invoice_id), keys.payment(db.tenant_id, payment_id)}

    def once() -> None:
        known = db.get(key)
        invoices = {str(one.data["id"]): one for one in store.party_open_invoices(db, party_id)}
        payments = {str(one.data["id"]): one for one in store.party_advances(db, party_id)}
        for record in db.get_many(also).values():
            (invoices if record.kind == "invoice" else payments)[str(record.data["id"])] = record
        sums = due_sums(store.invoice_from(one) for one in invoices.values())
        advances = _advances([store.payment_from(one) for one in payments.values()])
        if not sums and not advances:
            if known is not None:
                db.commit([Delete(key=key, when=(Equals(("version",), known.version),))])
            return
        debt = Debt(party_id=party_id, party_name=load_party(db, party_id).name, sums=sums, advances=advances)
        if known is None or known.load(Debt) != debt:
            place = keys.debt_place(db.tenant_id, party_id)
            version = known.version if known else 0
            db.commit([Put(key=key, kind=_KIND, data=debt, indexes=(place,), version=version)])

    until_committed(once)


def _advances(payments: list[Payment]) -> tuple[Advance, ...]:
    sums: dict[str, Decimal] = {}
    for payment in payments:
        if payment.advance > 0 and not payment.returning:
            sums[payment.currency] = sums.get(payment.currency, Decimal(0)) + payment.advance
    return tuple(Advance(currency=currency, amount=amount) for currency, amount in sorted(sums.items()))
