"""What billing does when told: advances that pay invoices, reminders that are due, their mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.billing import reminders
from chalicelib.billing.books import begin_rounds
from chalicelib.billing.debts import note_debt
from chalicelib.billing.payments import apply_advances
from chalicelib.gateways import mail
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count
from chalicelib.http.rendering import render_mail
from chalicelib.kernel.events import Event
from chalicelib.kernel.money import Money, total
from chalicelib.storage.session import TenantSession


def pay_from_advances(event: Event, db: TenantSession, now: datetime) -> None:
    """An invoice came or changed, or a payment did: what advances can pay is paid, and what is owed then is noted."""
    facts = event.data
    begin_rounds(db, now)
    apply_advances(db, facts["party"], facts["contract"], now)
    note_debt(db, facts["party"], invoice_id=facts.get("invoice", ""), payment_id=facts.get("payment", ""))


def mail_reminder(event: Event, db: TenantSession, now: datetime) -> None:
    """One mail to each reader, in their language; a second delivery of the event sends none again."""
    facts = reminders.mail_for(db, event, now)
    if not facts.invoices:
        return
    for reader in facts.readers:
        if reminders.claim(db, event, reader.id, now):
            try:
                mail.send(reminder_mail(facts, reader))
            except Exception:
                reminders.unclaim(db, event, reader.id)
                raise
            count("reminders", db.tenant_id)


def reminder_mail(facts: reminders.ReminderMail, reader: reminders.Reader) -> mail.Mail:
    rendered = render_mail(
        "billing/email/reminder",
        locale=reader.locale,
        time_zone=facts.settings.time_zone,
        url=lambda path: settings().public_url + path,
        reader=reader,
        tenant=facts.settings,
        today=facts.today,
        invoices=facts.invoices,
        totals=_totals(facts),
    )
    return mail.Mail(to=reader.email, subject=rendered.subject, text=rendered.text, html=rendered.html)


def _totals(facts: reminders.ReminderMail) -> tuple[Money, ...]:
    """What is asked for, one sum a currency."""
    currencies = sorted({invoice.currency for invoice in facts.invoices})
    rests = [invoice.rest for invoice in facts.invoices]
    return tuple(total([rest for rest in rests if rest.currency == currency], currency) for currency in currencies)


HANDLERS: dict[str, Callable[[Event, TenantSession, datetime], None]] = {
    "invoice.issued": pay_from_advances,
    "invoice.changed": pay_from_advances,
    "payment.recorded": pay_from_advances,
    "payment.reversed": pay_from_advances,
    "reminder.due": mail_reminder,
}
DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {"reminder": reminders.remind}
