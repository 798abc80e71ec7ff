"""What ordering does when told: mails about orders, invoices that must follow their orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.advice import store as advice
from chalicelib.billing import books
from chalicelib.billing.reminders import claim, unclaim
from chalicelib.gateways import mail
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count
from chalicelib.http.formats import Formats
from chalicelib.http.i18n import translator
from chalicelib.http.rendering import render_mail
from chalicelib.identity.model import User
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.events import Event
from chalicelib.ordering.actions import advising, bookkeeping, stocktaking
from chalicelib.ordering.actions.arriving import settle
from chalicelib.ordering.actions.invoicing import bring_invoice_up_to
from chalicelib.ordering.arriving import Changed
from chalicelib.ordering.notices import OrderMail, mail_about
from chalicelib.ordering.reservation_store import load_reservation
from chalicelib.ordering.words import change_text, happening_text
from chalicelib.stock import tally
from chalicelib.stock.actions.noting import ARRIVALS
from chalicelib.stock.journal_store import turn_pages
from chalicelib.storage.session import TenantSession


def tell(event: Event, db: TenantSession, now: datetime) -> None:
    """One mail to each reader, in their language; a second delivery of the event sends none again."""
    facts = mail_about(db, event)
    if facts is None:
        return
    for reader in facts.readers:
        if claim(db, event, reader.id, now):
            try:
                mail.send(order_mail(facts, reader))
            except Exception:
                unclaim(db, event, reader.id)
                raise
            count("order_mails", db.tenant_id)


def take_note_and_tell(event: Event, db: TenantSession, now: datetime) -> None:
    """An order was placed: from the first one on orders are read each night."""
    advice.begin_rounds(db, now)
    tell(event, db, now)


def settle_and_tell(event: Event, db: TenantSession, now: datetime) -> None:
    """The order was changed or called off: its invoice follows, where it could not at once."""
    bring_invoice_up_to(db, event.data["order"], now)
    tell(event, db, now)


def follow_arrivals(event: Event, db: TenantSession, now: datetime) -> None:
    """Goods on their way come on another day, or are fewer, or have come: so do the promises that orders have."""
    said = event.data
    settle(db, Changed(sku=said["sku"], actor_id=said["actor"], actor_name=said["actor_name"]), now)


def order_mail(facts: OrderMail, reader: User) -> mail.Mail:
    """The mail as this reader gets it."""
    t, order = translator(reader.locale), facts.order
    fmt = Formats(reader.locale, facts.settings.time_zone)
    rows = [
        (t.t("ordering.number"), order.number),
        (t.t("ordering.dealer"), order.party_name),
        (t.t("ordering.contract"), order.contract_number),
        (t.t("ordering.total"), fmt.money(order.gross, order.currency)),
    ]
    if order.wished:
        rows.append((t.t("ordering.wished"), fmt.date(order.wished)))
    about = []
    if facts.about:
        day = local_day(facts.about.at, facts.settings.time_zone)
        about.append(happening_text(t, fmt, facts.about, day, exact=facts.exact))
    rendered = render_mail(
        "ordering/email/order",
        locale=reader.locale,
        time_zone=facts.settings.time_zone,
        url=lambda path: settings().public_url + path,
        kind=facts.kind,
        order=order,
        tenant=facts.settings,
        reader=reader,
        said=facts.said,
        facts=rows,
        changes=[*(change_text(t, fmt, change) for change in facts.changes), *about],
    )
    return mail.Mail(to=reader.email, subject=rendered.subject, text=rendered.text, html=rendered.html)


def _then_turn_pages(
    handle: Callable[[Event, TenantSession, datetime], None],
) -> Callable[[Event, TenantSession, datetime], None]:
    """The handler of an event of an order; the movements of what the order holds become pages where they are many."""

    def handled(event: Event, db: TenantSession, now: datetime) -> None:
        handle(event, db, now)
        held = load_reservation(db, event.data["order"]).held
        turn_pages(db, held)

    return handled


HANDLERS: dict[str, Callable[[Event, TenantSession, datetime], None]] = {
    "order.submitted": _then_turn_pages(take_note_and_tell),
    "order.answered": tell,
    "order.edited": _then_turn_pages(tell),
    "order.confirmed": _then_turn_pages(tell),
    "order.changed": _then_turn_pages(settle_and_tell),
    "order.refused": settle_and_tell,
    "order.short": tell,
    "order.delayed": tell,
    "order.reordered": tell,
    ARRIVALS: follow_arrivals,
    "order.cancelled": settle_and_tell,
}
DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {
    books.DUE: bookkeeping.go_on,
    tally.DUE: stocktaking.go_on,
    advice.DUE: advising.go_on,
}
