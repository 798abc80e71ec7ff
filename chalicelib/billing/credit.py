"""Credit (domain §6.1): what orders hold of a contract's limit, as updates for the transaction that places them.

A transaction may touch an account once: use one of these, or what `billing.invoices` returns, never two.
"""

from __future__ import annotations

from decimal import Decimal

from chalicelib.kernel.errors import Refused
from chalicelib.kernel.money import Money, money
from chalicelib.network.model import Account
from chalicelib.storage import keys
from chalicelib.storage.writes import Add, AtMost, Update


def hold(tenant_id: str, contract_id: str, amount: Money, limit: Decimal | None) -> Update:
    """An order takes `amount` of the credit; `limit` None = no limit.

    Refused("credit_exceeded") when the exposure and the amount together are above the limit.
    """
    return _change(tenant_id, contract_id, amount.amount, limit, amount.currency)


def release(tenant_id: str, contract_id: str, amount: Money) -> Update:
    """A cancelled or refused order gives back what it held."""
    return _change(tenant_id, contract_id, -amount.amount, None, amount.currency)


def rehold(tenant_id: str, contract_id: str, before: Money, after: Money, limit: Decimal | None) -> Update:
    """An edited order holds `after` in place of `before`; only a greater sum is measured against the limit."""
    more = (after - before).amount
    return _change(tenant_id, contract_id, more, limit if more > 0 else None, after.currency)


def credit_refusal(account: Account, amount: Money, limit: Decimal) -> Refused:
    """The refusal with figures, for whoever has read the account: `free` is what may still be ordered, `missing` what
    must be paid first."""
    free = money(max(Decimal(0), limit - account.exposure), amount.currency)
    missing = money(account.exposure + amount.amount - limit, amount.currency)
    return Refused("credit_short", amount=amount, limit=money(limit, amount.currency), free=free, missing=missing)


def _change(tenant_id: str, contract_id: str, amount: Decimal, limit: Decimal | None, currency: str) -> Update:
    when = () if limit is None else (AtMost(("n", "exposure"), limit - amount),)
    refusal = None
    if limit is not None:
        refusal = Refused("credit_exceeded", limit=money(limit, currency), amount=money(amount, currency))
    changes = (Add(("n", "ordered"), amount), Add(("n", "exposure"), amount))
    return Update(key=keys.account(tenant_id, contract_id), changes=changes, when=when, refusal=refusal)
