"""Reminders on real transactions: one mail per counterparty and run, each step once, none that is no longer true."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.billing import corrections, jobs, reminders, store
from chalicelib.billing.invoices import invoice_for_order
from chalicelib.billing.model import Invoice, InvoiceLine, NewPayment, OrderForInvoice, VatShare
from chalicelib.billing.payments import record_payment, reverse_payment
from chalicelib.gateways import mail
from chalicelib.identity.model import User
from chalicelib.identity.store import user_put
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import stamp
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import money
from chalicelib.network.model import Contract, Party
from chalicelib.network.store import account_put, contract_put, party_put
from chalicelib.storage import keys
from chalicelib.storage.outbox import received
from chalicelib.storage.session import TenantSession, open_tenant
from chalicelib.tenancy.store import settings_write
from tests.support.shop import manufacturer

ISSUED = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday
DUE = datetime(2026, 11, 16, 6, 0, 30, tzinfo=UTC)  # a Monday, 14 days later, a little after nine in Moscow


class Dealer:
    """A tenant with one dealer, its people and its invoices."""

    def __init__(self, *, reachable: bool = True, **changes: object) -> None:
        self.settings = settings = manufacturer(ISSUED, **changes)
        self.db: TenantSession = open_tenant(settings.id)
        email = "office@example.org" if reachable else ""
        self.party = Party(id=new_id(ISSUED), name="Светлый дом", created=ISSUED, email=email)
        self.contract = Contract(
            id=new_id(ISSUED),
            party_id=self.party.id,
            entity_id=new_id(ISSUED),
            number="14/2026",
            price_type_id="p",
            currency="RUB",
            deferral_days=14,
        )
        self.actor = Actor(tenant_id=settings.id, user_id="anna", name="Анна", role=Role.ACCOUNTANT)
        self.db.commit(
            [
                settings_write(self.settings, 0),
                party_put(settings.id, self.party, 0),
                contract_put(settings.id, self.contract, 0),
                account_put(settings.id, self.contract),
            ]
        )

    def person(self, email: str, role: Role, locale: str = "ru", *, disabled: bool = False) -> User:
        user = User(
            id=new_id(ISSUED),
            email=email,
            name=email.partition("@")[0],
            role=role,
            locale=locale,
            created=ISSUED,
            party_id=self.party.id,
            disabled_at=ISSUED if disabled else None,
        )
        self.db.commit([user_put(self.settings.id, user, 0)])
        return user

    def invoice(self, total: str = "100.00", at: datetime = ISSUED) -> Invoice:
        line = InvoiceLine(
            name="Окно",
            article="W",
            unit="шт",
            quantity=Decimal(1),
            price=Decimal(total),
            amount=Decimal(total),
            vat_rate=None,
            vat=Decimal(0),
        )
        order = OrderForInvoice(
            order_id=new_id(ISSUED),
            number=new_id(ISSUED)[-8:],
            party_id=self.party.id,
            party_name=self.party.name,
            lines=(line,),
            vat=(VatShare(rate=None, base=Decimal(total), vat=Decimal(0)),),
            total=money(total, "RUB"),
            held=money(0, "RUB"),
        )
        invoice, writes = invoice_for_order(order, self.contract, self.settings, at)
        self.db.commit(writes)
        return invoice

    def pay(self, amount: str, at: datetime) -> str:
        new = NewPayment(
            party_id=self.party.id,
            contract_id=self.contract.id,
            amount=money(amount, "RUB"),
            day=at.date(),
            number="55",
        )
        return record_payment(self.db, new, self.actor, new_id(at), at).id

    def due_now(self, now: datetime) -> list[str]:
        """The invoices whose clock has come, as the schedule finds them."""
        found = self.db.query(keys.due(self.settings.id), until=stamp(now) + "~").records
        return [r.place.split("#", 2)[2] for r in found if r.place.split("#", 2)[1] == "reminder"]

    def run(self, now: datetime) -> None:
        """What the schedule does at `now`."""
        for invoice_id in self.due_now(now):
            jobs.DUE["reminder"](self.db, invoice_id, now)

    def events(self) -> list[Event]:
        found = self.db.query_all(
            keys.Partition(keys.Table.CORE, f"T#{self.settings.id}#OUT#reminders/{self.party.id}")
        )
        return [received({**r.data, "tenant": self.settings.id}) for r in found]

    def sent(self, invoice: Invoice) -> list[int]:
        record = self.db.get(keys.reminders(self.settings.id, invoice.id))
        assert record is not None
        return [one.step for one in store.reminders_from(record).sent]


@pytest.fixture
def dealer(tables: None) -> Dealer:
    return Dealer()


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[mail.Mail]:
    outgoing: list[mail.Mail] = []
    monkeypatch.setattr(mail, "send", outgoing.append)
    return outgoing


def test_all_invoices_of_a_dealer_that_are_due_make_one_event_however_often_the_schedule_fires(dealer: Dealer) -> None:
    first, second = dealer.invoice(), dealer.invoice("20.00")
    later = dealer.invoice(at=ISSUED + timedelta(days=2))
    for minute in range(3):
        dealer.run(DUE + timedelta(minutes=minute))
    (event,) = dealer.events()
    assert set(event.data["invoices"].split(",")) == {first.id, second.id}
    assert (dealer.sent(first), dealer.sent(second), dealer.sent(later)) == ([0], [0], [])
    assert dealer.due_now(DUE + timedelta(hours=1)) == []


def test_the_steps_follow_each_other_and_then_it_is_quiet(dealer: Dealer) -> None:
    invoice = dealer.invoice()
    for day in range(40):
        dealer.run(DUE + timedelta(days=day))
    assert dealer.sent(invoice) == [0, 3, 7]
    assert len(dealer.events()) == 3


def test_workers_that_run_at_the_same_moment_decide_once(dealer: Dealer) -> None:
    invoices = [dealer.invoice() for _ in range(3)]

    def one(number: int) -> None:
        reminders.remind(open_tenant(dealer.settings.id), invoices[number % 3].id, DUE)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(6)))
    named = [invoice_id for event in dealer.events() for invoice_id in event.data["invoices"].split(",")]
    assert sorted(named) == sorted(invoice.id for invoice in invoices)


def test_a_payment_stops_the_reminders_and_its_reversal_brings_them_back_tomorrow(dealer: Dealer) -> None:
    invoice = dealer.invoice()
    payment_id = dealer.pay("100.00", DUE - timedelta(days=1))
    assert dealer.due_now(DUE + timedelta(days=30)) == []
    reverse_payment(dealer.db, payment_id, dealer.actor, DUE)
    assert dealer.due_now(DUE + timedelta(hours=1)) == []
    dealer.run(DUE + timedelta(days=1))
    assert dealer.sent(invoice) == [0]


def test_on_a_closed_day_or_at_night_nothing_is_sent_until_the_next_open_morning(tables: None) -> None:
    dealer = Dealer(closed_days=("2026-11-17",))
    invoice = dealer.invoice()
    dealer.run(DUE + timedelta(days=1))  # the schedule was down on the due day
    dealer.run(DUE + timedelta(days=1, hours=17))  # 02:00 of the next day there
    assert dealer.sent(invoice) == []
    assert dealer.due_now(DUE + timedelta(days=2)) == [invoice.id]
    dealer.run(DUE + timedelta(days=2))
    assert dealer.sent(invoice) == [0]


def test_an_invoice_whose_due_day_moves_later_is_reminded_of_anew_by_its_new_day(dealer: Dealer) -> None:
    invoice = dealer.invoice()
    for day in (0, 3):
        dealer.run(DUE + timedelta(days=day))
    later = invoice.due + timedelta(days=28)
    change = corrections.Change(total=money("100.00", "RUB"), vat=invoice.vat, lines=(), due=later)
    _, writes = corrections.corrected(dealer.db, invoice.id, change, dealer.settings, DUE + timedelta(days=4))
    dealer.db.commit(writes)
    for day in range(4, 28):
        dealer.run(DUE + timedelta(days=day))
    assert dealer.sent(invoice) == [0, 3]
    for day in range(28, 40):
        dealer.run(DUE + timedelta(days=day))
    assert dealer.sent(invoice) == [0, 3, 0, 3, 7]


def test_after_an_outage_only_the_latest_missed_step_is_sent(dealer: Dealer) -> None:
    invoice = dealer.invoice()
    dealer.run(DUE + timedelta(days=8))
    assert dealer.sent(invoice) == [7]
    assert len(dealer.events()) == 1


def test_the_mail_goes_to_the_accountants_in_their_language_and_once(dealer: Dealer, mails: list[mail.Mail]) -> None:
    dealer.person("buyer@example.org", Role.DEALER_BUYER)
    dealer.person("gone@example.org", Role.DEALER_ACCOUNTANT, disabled=True)
    dealer.person("acc@example.org", Role.DEALER_ACCOUNTANT, "ro")
    invoice = dealer.invoice("1234.50")
    dealer.run(DUE + timedelta(days=3))
    (event,) = dealer.events()
    for _ in range(2):
        jobs.HANDLERS["reminder.due"](event, dealer.db, DUE + timedelta(days=3, minutes=2))
    (sent,) = mails
    assert sent.to == "acc@example.org"
    assert sent.subject == "Окна Севера: 1 factură de plată"
    assert invoice.number in sent.text
    assert "întârziere de 3 zile" in sent.text
    assert f"/invoices/{invoice.id}" in sent.html
    assert "1\u202f234,50" in sent.html


def test_without_accountants_the_buyers_get_it(dealer: Dealer, mails: list[mail.Mail]) -> None:
    dealer.person("buyer@example.org", Role.DEALER_BUYER, "en")
    dealer.invoice()
    dealer.run(DUE)
    jobs.mail_reminder(dealer.events()[0], dealer.db, DUE)
    assert [one.to for one in mails] == ["buyer@example.org"]
    assert "due today" in mails[0].text


def test_without_people_the_dealers_own_address_gets_it(dealer: Dealer, mails: list[mail.Mail]) -> None:
    dealer.person("gone@example.org", Role.DEALER_ACCOUNTANT, disabled=True)
    dealer.invoice()
    dealer.run(DUE)
    (event,) = dealer.events()
    for _ in range(2):
        jobs.mail_reminder(event, dealer.db, DUE)
    assert [one.to for one in mails] == ["office@example.org"]


def test_a_step_that_nobody_can_read_is_not_sent_and_the_next_one_is_looked_at(tables: None) -> None:
    dealer = Dealer(reachable=False)
    invoice = dealer.invoice()
    dealer.run(DUE)
    assert (dealer.events(), dealer.sent(invoice), dealer.due_now(DUE)) == ([], [], [])
    found = dealer.db.get(keys.party_profile(dealer.settings.id, dealer.party.id))
    assert found is not None
    reachable = replace(dealer.party, email="office@example.org")
    dealer.db.commit([party_put(dealer.settings.id, reachable, found.version)])
    dealer.run(DUE + timedelta(days=3))
    assert (len(dealer.events()), dealer.sent(invoice)) == (1, [3])


def test_what_was_paid_meanwhile_is_not_in_the_mail(dealer: Dealer, mails: list[mail.Mail]) -> None:
    dealer.person("acc@example.org", Role.DEALER_ACCOUNTANT)
    paid, unpaid = dealer.invoice("10.00", ISSUED - timedelta(minutes=1)), dealer.invoice("20.00")
    dealer.run(DUE)
    (event,) = dealer.events()
    dealer.pay("10.00", DUE)
    jobs.mail_reminder(event, dealer.db, DUE)
    assert [record.data["number"] for record in store.party_open_invoices(dealer.db, dealer.party.id)] == [
        unpaid.number
    ]
    assert unpaid.number in mails[0].text
    assert paid.number not in mails[0].text
    dealer.pay("20.00", DUE)
    jobs.mail_reminder(replace(event, id="another"), dealer.db, DUE)
    assert len(mails) == 1


def test_a_mail_that_could_not_be_sent_is_tried_again_and_the_others_are_not_doubled(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        dealer.person(f"{name}@example.org", Role.DEALER_ACCOUNTANT)
    dealer.invoice()
    dealer.run(DUE)
    (event,) = dealer.events()
    accepted: list[str] = []

    def fails_for_the_second(one: mail.Mail) -> None:
        if accepted:
            raise ConnectionError("no answer")
        accepted.append(one.to)

    monkeypatch.setattr(mail, "send", fails_for_the_second)
    with pytest.raises(ConnectionError):
        jobs.mail_reminder(event, dealer.db, DUE)
    monkeypatch.setattr(mail, "send", lambda one: accepted.append(one.to))
    jobs.mail_reminder(event, dealer.db, DUE)
    assert sorted(accepted) == ["a@example.org", "b@example.org"]
