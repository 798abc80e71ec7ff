"""Reminders (domain §6.5): decided in one transaction per counterparty, mailed from the outbox.

A step counts as sent when it is decided, which it is only while the counterparty has an address that can be written
to. The invoice's reminder row is locked by its version, so however often the schedule fires, and on however many
workers, each invoice's step is decided once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.billing import dunning, store
from chalicelib.billing.model import Invoice, ReminderSent
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.network.store import load_party, people_of
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import AlreadyDone, Delete, Done, Write, guard, publish
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import load_settings

_AT_ONCE = 90
"""Invoices of one mail: each is one write of the transaction. A counterparty with more gets another mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a reminder goes to: a person, or the counterparty itself at its own address."""

    id: str
    name: str
    email: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderMail:
    """What a counterparty is reminded of. `invoices` are still open, the oldest due first; `today` is the tenant's."""

    settings: TenantSettings
    today: date
    invoices: tuple[Invoice, ...]
    readers: tuple[Reader, ...]


def remind(db: TenantSession, invoice_id: str, now: datetime) -> None:
    """What is due of the invoice's counterparty at `now`: one event for one mail about all of its due invoices.

    Nothing is sent on a closed day or before the morning: the invoice is looked at again when mails may go out.
    Of steps that were missed only the latest is sent.
    """
    settings = load_settings(db)
    invoice = store.invoice_from(store.load_invoice(db, invoice_id))
    sending = dunning.sending_time(now, settings)
    if not invoice.is_open or sending is None:
        db.commit([store.clock_update(settings.id, invoice_id, None)])
    elif sending > now:
        db.commit([store.clock_update(settings.id, invoice_id, sending)])
    else:
        until_committed(lambda: _decide(db, invoice, settings, now))


def _decide(db: TenantSession, trigger: Invoice, settings: TenantSettings, now: datetime) -> None:
    open_now = [store.invoice_from(record) for record in store.party_open_invoices(db, trigger.party_id)]
    candidates = {invoice.id: invoice for invoice in (trigger, *open_now)}
    rows = db.get_many(keys.reminders(settings.id, invoice_id) for invoice_id in candidates)
    can_be_read = bool(readers_of(db, trigger.party_id, settings))
    reached: list[str] = []
    writes: list[Write] = []
    for invoice in list(candidates.values()):
        record = rows.get(keys.reminders(settings.id, invoice.id))
        if record is None or len(reached) == _AT_ONCE:
            continue
        before = store.reminders_from(record)
        look_at = dunning.next_look(invoice.due, settings, now)
        step = dunning.step_to_send(invoice.due, before, settings, now) if can_be_read else None
        if step is not None:
            reached.append(invoice.id)
            after = replace(before, sent=(*before.sent, ReminderSent(step=step, at=now, due=invoice.due)))
            writes.append(store.reminders_put(settings.id, after, look_at, record.version))
        elif invoice.id == trigger.id:
            writes.append(store.reminders_put(settings.id, before, look_at, record.version))
    if reached:
        writes.append(publish(_due_event(trigger.party_id, reached, settings, now)))
    db.commit(writes)


def _due_event(party_id: str, invoice_ids: Sequence[str], settings: TenantSettings, now: datetime) -> Event:
    return Event(
        id=new_id(now),
        tenant_id=settings.id,
        name="reminder.due",
        aggregate=f"reminders/{party_id}",
        at=now,
        data={"party": party_id, "invoices": ",".join(invoice_ids)},
    )


def mail_for(db: TenantSession, event: Event, now: datetime) -> ReminderMail:
    """What the event's mail says now: invoices paid since are left out, perhaps all of them."""
    settings = load_settings(db)
    found = db.get_many(keys.invoice(settings.id, invoice_id) for invoice_id in event.data["invoices"].split(","))
    heads = [store.invoice_from(record) for record in found.values()]
    return ReminderMail(
        settings=settings,
        today=local_day(now, settings.time_zone),
        invoices=tuple(sorted((i for i in heads if i.is_open), key=lambda i: (i.due, i.number))),
        readers=readers_of(db, event.data["party"], settings),
    )


def readers_of(db: TenantSession, party_id: str, settings: TenantSettings) -> tuple[Reader, ...]:
    """The counterparty's accountants; its buyers where it has none; without people its own address, if it has one."""
    people = [person for person in people_of(db, party_id) if person.active]
    accountants = [person for person in people if person.role is Role.DEALER_ACCOUNTANT]
    if people:
        return tuple(Reader(id=p.id, name=p.name, email=p.email, locale=p.locale) for p in accountants or people)
    party = load_party(db, party_id)
    if not party.email:
        return ()
    return (Reader(id=party.id, name=party.name, email=party.email, locale=settings.locale),)


def claim(db: TenantSession, event: Event, reader_id: str, now: datetime) -> bool:
    """Whether this event's mail to the reader is still to be sent; from now on it is not."""
    try:
        db.commit([guard(db.tenant_id, _mail_key(event, reader_id), Done(), now=now)])
    except AlreadyDone:
        return False
    return True


def unclaim(db: TenantSession, event: Event, reader_id: str) -> None:
    """The mail could not be sent: the next delivery of the event tries again."""
    db.commit([Delete(key=keys.idempotency(db.tenant_id, _mail_key(event, reader_id)))])


def _mail_key(event: Event, reader_id: str) -> str:
    return f"mail#{event.id}#{reader_id}"
