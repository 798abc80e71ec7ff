"""Payments: recorded, allocated, taken back (domain §6.3).

Each act is one transaction, done anew when somebody else changed a row between its reading and its commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import allocation, ledger, settling, store, twins
from chalicelib.billing.allocation import Share
from chalicelib.billing.invoices import account_update
from chalicelib.billing.model import Invoice, NewPayment, OrderDocument, Origin, Payment
from chalicelib.kernel.access import Actor, Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Complaint, Invalid, Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.kernel.money import money, zero
from chalicelib.network.store import load_contract, load_party
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Delete, Done, Put, Write, audit, guard, publish
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

ERP = "erp"
"""Who acts when nobody does: the tenant's ERP."""

_PARTS_AT_ONCE = 20


def record_payment(db: TenantSession, new: NewPayment, actor: Actor, key: str, now: datetime) -> Payment:
    """Enters a payment; the same `key` again answers the first one. Whatever no invoice gets stays as an advance.

    Invalid for a sum that is not positive, a day to come, or parts that don't fit; Refused("payment_currency") when
    the contract is in another currency, Refused("payment_repeated") when it looks like one that is there already
    (`twins`); NotFound for another counterparty's contract.
    """
    settings = load_settings(db)
    if new.day > local_day(now, settings.time_zone):
        raise Invalid(fields={"day": Complaint(code="day_to_come")})
    own_key, mark = f"payment#{actor.user_id}#{key}", stable_id(repr(new))
    done = keys.idempotency(db.tenant_id, own_key)

    def first_answer() -> Payment | None:
        record = db.get(done)
        if record is None:
            return None
        if record.data["fingerprint"] != mark:
            raise Invalid("key_reused")
        return load_payment(db, str(record.data["result"]["payment"]))

    def once() -> Payment:
        if first := first_answer():
            return first
        if refusal := twins.question(db, new):
            if first := first_answer():  # the same form, sent twice at one moment
                return first
            raise refusal
        payment, writes = recorded(db, new, settings, actor.user_id, now)
        answer = guard(db.tenant_id, own_key, Done({"payment": payment.id}, mark), now=now)
        db.commit([answer, *writes])
        return payment

    return until_committed(once)


def reverse_payment(db: TenantSession, payment_id: str, actor: Actor | None, now: datetime) -> None:
    """Takes a payment back: its invoices are open again. `actor` None = the ERP did.

    Refused("payment_reversed") the second time, Refused("payment_of_erp") for a person who takes the ERP's back.
    A payment of very many parts is freed from them step by step before it goes; the books agree after each step.
    """
    settings = load_settings(db)
    while not until_committed(lambda: _reverse_some(db, payment_id, settings, actor, now)):
        pass


def may_reverse(payment: Payment, actor: Actor) -> bool:
    """A person takes back what a person entered; the ERP's payments are the ERP's to take back."""
    return payment.origin is Origin.KONTOR and not payment.reversed_at and actor.may(Permission.PAYMENTS_EDIT)


def apply_advances(db: TenantSession, party_id: str, contract_id: str, now: datetime) -> None:
    """Pays the contract's open invoices from its advances, as far as both go; nothing to do changes nothing."""
    settings = load_settings(db)
    while until_committed(lambda: _apply_some(db, party_id, contract_id, settings, now)):
        pass


def recorded(
    db: TenantSession, new: NewPayment, settings: TenantSettings, actor_id: str, now: datetime
) -> tuple[Payment, list[Write]]:
    """A new payment and what writes it, at most ~90 writes: invoices that don't fit get their part by the
    event, oldest due first; parts that the payer named fit always (`allocation.MOST_TOLD`)."""
    if new.amount.amount <= 0:
        raise Invalid(fields={"amount": Complaint(code="not_positive")})
    party = load_party(db, new.party_id)
    contract = load_contract(db, new.party_id, new.contract_id)
    if contract.currency != new.amount.currency:
        raise Refused("payment_currency", currency=contract.currency)
    payment = Payment(
        id=new_id(now),
        number=new.number,
        party_id=party.id,
        party_name=party.name,
        contract_id=contract.id,
        contract_number=contract.number,
        currency=contract.currency,
        amount=new.amount.amount,
        day=new.day,
        created=now,
        kind=new.kind,
        origin=Origin.ERP if new.erp_id else Origin.KONTOR,
        erp_id=new.erp_id,
        order_id=new.order_id,
        comment=new.comment,
    )
    records = {r.data["id"]: r for r in store.open_invoices(db, party.id, contract.id)}
    shares = settling.that_fit(_shares(payment, new, [store.invoice_from(r) for r in records.values()]))
    tenant_id = settings.id
    writes: list[Write] = [
        store.entry_put(tenant_id, contract.id, ledger.paid_in(payment)),
        account_update(tenant_id, contract.id, balance=-new.amount, ordered=zero(contract.currency)),
        publish(_event("payment.recorded", payment, settings, now)),
        _audit("payment.recorded", payment, settings, actor_id, now, **({"beside": new.beside} if new.beside else {})),
        *settling.settled_invoices(records, shares, settings, now),
    ]
    if payment.order_id:
        writes.append(store.document_put(tenant_id, payment.order_id, _document(payment)))
    if not shares:
        return payment, [*writes, store.payment_put(tenant_id, payment, 0)]
    numbers = {share.invoice_id: str(records[share.invoice_id].data["number"]) for share in shares}
    writes.extend(settling.moved(payment, 0, shares, numbers, settings, now))
    return settling.with_shares(payment, shares, numbers), writes


def _shares(payment: Payment, new: NewPayment, invoices: Sequence[Invoice]) -> list[Share]:
    if new.wanted:
        return allocation.as_told(payment.id, new.amount, invoices, new.wanted)
    own = {invoice.id for invoice in invoices if payment.order_id and invoice.order_id == payment.order_id}
    first = own | ({new.first_invoice} if new.first_invoice else set())
    return allocation.allocate(payment.id, payment.amount, invoices, first=first)


def _reverse_some(
    db: TenantSession, payment_id: str, settings: TenantSettings, actor: Actor | None, now: datetime
) -> bool:
    """One transaction of a reversal; True when it was the last."""
    record = store.load_payment(db, payment_id)
    payment = store.payment_from(record)
    if payment.reversed_at is not None:
        raise Refused("payment_reversed")
    if actor is not None and not may_reverse(payment, actor):
        raise Refused("payment_of_erp")
    parts = payment.parts[:_PARTS_AT_ONCE]
    is_last = len(parts) == len(payment.parts)
    shares = [Share(payment.id, part.invoice_id, -part.amount) for part in parts]
    found = db.get_many(keys.invoice(db.tenant_id, part.invoice_id) for part in parts)
    heads = {str(head.data["id"]): head for head in found.values()}
    after = replace(payment, returning=True, reversed_at=now if is_last else None)
    writes = settling.settled_invoices(heads, shares, settings, now)
    if shares:
        writes.extend(settling.moved(after, record.version, shares, {}, settings, now))
    else:
        writes.append(store.payment_put(settings.id, after, record.version))
    if is_last:
        day = local_day(now, settings.time_zone)
        back = money(payment.amount, payment.currency)
        writes += [
            store.entry_put(settings.id, payment.contract_id, ledger.reversed_out(payment, day, now)),
            account_update(settings.id, payment.contract_id, balance=back, ordered=zero(payment.currency)),
            publish(_event("payment.reversed", payment, settings, now)),
            _audit("payment.reversed", payment, settings, actor.user_id if actor else ERP, now),
        ]
        if payment.order_id:
            writes.append(Delete(key=keys.order_document(settings.id, payment.order_id, "payment", payment.id)))
    db.commit(writes)
    return is_last


def _apply_some(db: TenantSession, party_id: str, contract_id: str, settings: TenantSettings, now: datetime) -> bool:
    """One transaction's worth of advances; False when there is nothing left to pay with or for."""
    payments = {str(r.data["id"]): r for r in store.advances(db, party_id, contract_id)}
    if not payments:
        return False
    heads = {str(r.data["id"]): r for r in store.open_invoices(db, party_id, contract_id)}
    invoices = [store.invoice_from(r) for r in heads.values()]
    advances = [store.payment_from(r) for r in payments.values()]
    shares = settling.that_fit(allocation.allocate_advances(advances, invoices))
    if not shares:
        return False
    numbers = {invoice.id: invoice.number for invoice in invoices}
    writes = settling.settled_invoices(heads, shares, settings, now)
    for payment in advances:
        own = [share for share in shares if share.payment_id == payment.id]
        if own:
            mine = {share.invoice_id: numbers[share.invoice_id] for share in own}
            writes.extend(settling.moved(payment, payments[payment.id].version, own, mine, settings, now))
    db.commit(writes)
    return True


def load_payment(db: TenantSession, payment_id: str) -> Payment:
    return store.payment_from(store.load_payment(db, payment_id))


def _document(payment: Payment) -> OrderDocument:
    return OrderDocument(
        kind="payment",
        id=payment.id,
        number=payment.number,
        amount=payment.amount,
        currency=payment.currency,
        day=payment.day,
        origin=payment.origin,
    )


def _event(name: str, payment: Payment, settings: TenantSettings, now: datetime) -> Event:
    data = {"payment": payment.id, "party": payment.party_id, "contract": payment.contract_id}
    return Event(
        id=new_id(now),
        tenant_id=settings.id,
        name=name,
        aggregate=f"account/{payment.contract_id}",
        at=now,
        data=data | ({"order": payment.order_id} if payment.order_id else {}),
    )


def _audit(action: str, payment: Payment, settings: TenantSettings, actor_id: str, now: datetime, **detail: str) -> Put:
    return audit(
        settings.id,
        f"payment/{payment.id}",
        action=action,
        actor_id=actor_id,
        at=now,
        entry_id=new_id(now),
        detail={"amount": f"{payment.amount} {payment.currency}", "number": payment.number, **detail},
    )
