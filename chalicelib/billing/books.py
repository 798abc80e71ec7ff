"""Whether a contract's ledger, account, invoices and payments tell the same (domain §6.4)."""

from __future__ import annotations

from datetime import date, datetime

from chalicelib.billing import store
from chalicelib.billing.ledger import mistakes
from chalicelib.network.store import account_from
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession


def check_books(db: TenantSession, party_id: str, contract_id: str, now: datetime) -> list[str]:
    """What disagrees, in words for an operator; empty when all is well. Acts of the last seconds may show as mistakes:
    the lists of invoices and payments lag a little."""
    account = db.fetch(keys.account(db.tenant_id, contract_id))
    ever, last = date(2000, 1, 1), date(now.year + 1, 12, 31)
    invoices = [i for i in store.invoices_of_party(db, party_id, ever, last) if i.contract_id == contract_id]
    payments = [p for p in store.payments_of_party(db, party_id) if p.contract_id == contract_id]
    begun = [invoice.day for invoice in invoices] + [payment.day for payment in payments]
    years = range(min(begun, default=now.date()).year, last.year + 1)
    entries = [entry for year in years for entry in store.ledger_entries(db, contract_id, year)]
    return mistakes(entries, account_from(account), invoices, payments)
