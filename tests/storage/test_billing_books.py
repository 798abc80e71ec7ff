"""The nightly round through the books, as due work: what disagrees is found, told once and repaired by nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.billing import books, debts, jobs, ledger, store
from chalicelib.billing.books import Check, Round
from chalicelib.billing.model import NewPayment
from chalicelib.billing.payments import record_payment
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import money
from chalicelib.network.model import ContractMark
from chalicelib.network.store import account_put, contract_put, party_put
from chalicelib.ops.registry import due_handler
from chalicelib.ops.workers import run_due
from chalicelib.ordering.actions import bookkeeping
from chalicelib.storage import keys
from chalicelib.storage.writes import Add, Put, Update
from tests.support.shop import NOW, D, Shop

NIGHT = datetime(2026, 11, 21, 0, 0, 30, tzinfo=UTC)  # a little after three in Moscow


class Office:
    """A tenant whose dealer owes something, and its schedule."""

    def __init__(self) -> None:
        self.shop = Shop({"a": ("10.00", 20)})
        self.db = self.shop.db
        self.known(self.shop)
        self.file = self.shop.confirmed(a=3)
        self.waiting = self.shop.place(a=1)
        self.told()

    def known(self, shop: Shop) -> None:
        mark = ContractMark(id=shop.contract.id, number=shop.contract.number, currency="RUB")
        record = self.db.fetch(keys.party_profile(self.db.tenant_id, shop.party.id))
        self.db.commit([party_put(self.db.tenant_id, replace(shop.party, contracts=(mark,)), record.version)])

    def another_dealer(self, name: str) -> None:
        party = replace(self.shop.party, id=new_id(NOW), name=name)
        contract = replace(self.shop.contract, id=new_id(NOW), party_id=party.id)
        mark = ContractMark(id=contract.id, number=contract.number, currency="RUB")
        tenant_id = self.db.tenant_id
        new = [contract_put(tenant_id, contract, 0), account_put(tenant_id, contract)]
        self.db.commit([party_put(tenant_id, replace(party, contracts=(mark,)), 0), *new])

    def told(self) -> None:
        """An event of money, as the queue hands it over."""
        data = {"party": self.shop.party.id, "contract": self.shop.contract.id}
        event = Event(id="e", tenant_id=self.db.tenant_id, name="invoice.issued", aggregate="a", at=NOW, data=data)
        jobs.HANDLERS["invoice.issued"](event, self.db, NOW)

    def run(self, now: datetime) -> None:
        run_due(self.db.tenant_id, due_handler, now)

    def night(self, number: int = 0) -> datetime:
        """All of a night's round."""
        now = NIGHT + timedelta(days=number)
        for minute in range(5):
            self.run(now + timedelta(minutes=minute))
        return now

    def tamper(self, name: str, amount: str) -> None:
        change = Update(
            key=keys.account(self.db.tenant_id, self.shop.contract.id), changes=(Add(("n", name), D(amount)),)
        )
        self.db.commit([change])

    def wrong(self) -> list[Check]:
        return books.wrong_books(self.db, limit=10)

    def audited(self) -> list[str]:
        rows = self.db.query_all(keys.audit(self.db.tenant_id, f"account/{self.shop.contract.id}"))
        return [str(row.data["action"]) for row in rows]

    def round(self) -> Round:
        return self.db.fetch(keys.books_round(self.db.tenant_id)).load(Round)


@pytest.fixture
def office(tables: None) -> Office:
    return Office()


def test_a_tenants_books_are_looked_at_each_night_from_its_first_money_on(office: Office) -> None:
    office.run(NOW)
    assert (office.round().ended, office.wrong()) == (NOW, [])
    office.run(NIGHT - timedelta(minutes=5))
    assert office.round().ended == NOW
    office.run(NIGHT)
    assert office.round().ended == NIGHT
    office.told()
    assert office.round().ended == NIGHT


@pytest.mark.parametrize(
    ("name", "found"),
    [("balance", ["balance", "exposure"]), ("ordered", ["ordered", "exposure"]), ("exposure", ["exposure"])],
)
def test_a_counter_that_was_tampered_with_is_told_after_a_second_look_and_left_as_it_is(
    office: Office, name: str, found: list[str]
) -> None:
    office.tamper(name, "5.00")
    before = office.shop.account()
    now = office.night()
    assert office.wrong() == []
    office.run(now + books.AGAIN)
    (check,) = office.wrong()
    assert (check.party_name, check.contract_number) == ("Светлый дом", "14/2026")
    assert [one.what for one in check.wrong] == found
    assert check.wrong[0].kept - check.wrong[0].due == 5
    assert office.shop.account() == before
    assert office.audited().count("books.disagree") == 1


def test_a_difference_is_told_once_however_often_it_is_found_and_goes_when_it_is_mended(office: Office) -> None:
    office.tamper("balance", "5.00")
    for number in range(3):
        now = office.night(number)
        office.run(now + books.AGAIN)
        assert len(office.wrong()) == 1
    assert office.audited().count("books.disagree") == 1
    office.tamper("balance", "-5.00")
    office.night(3)
    assert office.wrong() == []


def test_what_agrees_again_at_the_second_look_was_only_on_its_way(office: Office) -> None:
    office.tamper("balance", "5.00")
    now = office.night()
    office.tamper("balance", "-5.00")
    office.run(now + books.AGAIN)
    assert (office.wrong(), office.audited().count("books.disagree")) == ([], 0)


def test_a_ledger_entry_that_is_missing_is_found(office: Office) -> None:
    stray = ledger.Entry(
        document="payment#stray",
        movement=ledger.Movement.PAYMENT,
        number="1",
        day=date(2026, 11, 20),
        at=NOW,
        debit=ledger.Book.BANK,
        credit=ledger.Book.ADVANCE,
        amount=D(7),
        currency="RUB",
    )
    office.db.commit([store.entry_put(office.db.tenant_id, office.shop.contract.id, stray)])
    now = office.night()
    office.run(now + books.AGAIN)
    assert [one.what for one in office.wrong()[0].wrong] == ["balance", "advance"]


def test_contracts_whose_accounts_have_not_changed_wait_for_their_week(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[datetime] = []
    real = books.checked

    def noted(*given: object, **named: object) -> Check:
        looked.append(next(one for one in given if isinstance(one, datetime)))
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(books, "checked", noted)
    nights = [office.night(number) for number in range(10)]
    assert looked == [nights[0], nights[7]]
    office.shop.confirmed(a=1)
    assert office.night(10) == looked[-1]


def test_a_round_goes_through_all_dealers_piece_by_piece(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookkeeping, "_PARTIES", 1)
    for number in range(3):
        office.another_dealer(f"Дилер {number}")
    now = NIGHT
    office.run(now)
    seen = [office.round().parties]
    for minute in range(1, 6):
        office.run(now + timedelta(minutes=minute))
        seen.append(office.round().parties)
    assert seen[:4] == [1, 2, 3, 4]
    assert office.round().ended is not None


def test_one_contract_that_cannot_be_read_keeps_no_other_from_its_check(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.another_dealer("Яр")
    real = books.checked

    def breaking(*given: object, **named: object) -> Check:
        if office.shop.contract.id in repr(given):
            raise ValueError("damaged")
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(books, "checked", breaking)
    office.night()
    assert office.round().ended is not None


def test_a_payment_of_long_ago_is_no_mistake(office: Office) -> None:
    office.night()
    check = books.check_from(office.db.get(keys.books_check(office.db.tenant_id, office.shop.contract.id)))
    assert check is not None
    assert check.closed == books.Closed(year=2024, receivable=Decimal(0), advance=Decimal(0))
    new = NewPayment(
        party_id=office.shop.party.id,
        contract_id=office.shop.contract.id,
        amount=money(100, "RUB"),
        day=date(2023, 5, 1),
        number="7",
    )
    clerk = Actor(tenant_id=office.db.tenant_id, user_id="anna", name="Анна", role=Role.ACCOUNTANT)
    record_payment(office.db, new, clerk, "k" * 20, NOW)
    now = office.night(1)
    office.run(now + books.AGAIN)
    assert office.wrong() == []
    again = books.check_from(office.db.get(keys.books_check(office.db.tenant_id, office.shop.contract.id)))
    assert again is not None
    assert again.closed == books.Closed(year=2024, receivable=Decimal(0), advance=D(-100))


def test_the_round_brings_what_a_dealer_owes_up_to_date(office: Office) -> None:
    record = office.db.fetch(keys.party_debt(office.db.tenant_id, office.shop.party.id))
    stale = replace(record.load(debts.Debt), sums=())
    place = keys.debt_place(office.db.tenant_id, office.shop.party.id)
    office.db.commit([Put(key=record.key, kind="debt", data=stale, indexes=(place,), version=record.version)])
    office.night()
    (debt,) = debts.listed_debts(office.db)
    assert sum(one.amount for one in debt.sums) == 30
