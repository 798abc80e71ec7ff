"""Money on real DynamoDB semantics: the books agree after each act, also when many act at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing import actions, corrections, credit, debts, erp, erp_invoices, jobs, payments, store
from chalicelib.billing.books import check_books
from chalicelib.billing.invoices import invoice_for_order
from chalicelib.billing.model import Invoice, InvoiceLine, InvoiceState, OrderForInvoice, Payment, VatShare
from chalicelib.billing.payments import NewPayment
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.money import money
from chalicelib.network.model import Contract, Party
from chalicelib.network.store import account_from, account_put, contract_put, party_put
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession, open_tenant
from chalicelib.storage.writes import Add, Update
from chalicelib.tenancy.store import settings_write
from tests.support.shop import manufacturer

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
TODAY = date(2026, 11, 20)
D = Decimal


class Books:
    """One tenant with one dealer's contract: acts on it, and checks that everything still agrees."""

    def __init__(self, limit: str | None = None) -> None:
        self.settings = manufacturer(NOW)
        self.db: TenantSession = open_tenant(self.settings.id)
        self.actor = Actor(tenant_id=self.settings.id, user_id="anna", name="Анна", role=Role.ACCOUNTANT)
        self.numbers = count(1)
        party = Party(id=new_id(NOW), name="Светлый дом", created=NOW)
        self.contract = Contract(
            id=new_id(NOW),
            party_id=party.id,
            entity_id=new_id(NOW),
            number="14/2026",
            price_type_id="p",
            currency="RUB",
            credit_limit=None if limit is None else D(limit),
            deferral_days=14,
        )
        self.party = party
        self.db.commit(
            [
                settings_write(self.settings, 0),
                party_put(self.settings.id, party, 0),
                contract_put(self.settings.id, self.contract, 0),
                account_put(self.settings.id, self.contract),
            ]
        )

    def order(self, total: str, number: str = "", lines: int = 1) -> OrderForInvoice:
        line = InvoiceLine(
            name="Окно",
            article="W-1",
            unit="шт",
            quantity=D(1),
            price=D(total),
            amount=D(total),
            vat_rate=D(22),
            vat=D("0.01"),
        )
        return OrderForInvoice(
            order_id=new_id(NOW),
            number=number or new_id(NOW)[-8:],
            party_id=self.party.id,
            party_name=self.party.name,
            lines=(line,) * lines,
            vat=(VatShare(rate=D(22), base=D(total) - D("0.01"), vat=D("0.01")),),
            total=money(total, "RUB"),
            held=money(total, "RUB"),
        )

    def hold(self, amount: str) -> None:
        limit = self.contract.credit_limit
        self.db.commit([credit.hold(self.settings.id, self.contract.id, money(amount, "RUB"), limit)])

    def issue(self, total: str, at: datetime = NOW, **changes: object) -> Invoice:
        order = self.order(total, **changes)  # type: ignore[arg-type]
        self.hold(total)
        invoice, writes = invoice_for_order(order, self.contract, self.settings, at)
        self.db.commit(writes)
        return invoice

    def pay(self, amount: str, **changes: object) -> Payment:
        return payments.record_payment(self.db, self.new(amount, **changes), self.actor, new_id(NOW), NOW)

    def new(self, amount: str, currency: str = "RUB", **changes: object) -> NewPayment:
        new = NewPayment(
            party_id=self.party.id,
            contract_id=self.contract.id,
            amount=money(amount, currency),
            day=TODAY,
            number=f"55/{next(self.numbers)}",
        )
        return replace(new, **changes)  # type: ignore[arg-type]

    def invoice(self, invoice: Invoice) -> Invoice:
        return store.invoice_from(store.load_invoice(self.db, invoice.id))

    def account(self) -> tuple[Decimal, Decimal, Decimal]:
        record = self.db.get(keys.account(self.settings.id, self.contract.id))
        assert record is not None
        account = account_from(record)
        return account.balance, account.ordered, account.exposure

    def agree(self) -> None:
        assert check_books(self.db, self.party.id, self.contract.id, NOW) == ()


@pytest.fixture
def books(tables: None) -> Books:
    return Books()


def test_of_two_orders_that_only_one_credit_limit_can_bear_exactly_one_is_placed(tables: None) -> None:
    books = Books(limit="100.00")

    def one(_: int) -> bool:
        session = open_tenant(books.settings.id)
        try:
            session.commit([credit.hold(books.settings.id, books.contract.id, money(60, "RUB"), D(100))])
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [False] * 7 + [True]
    assert books.account() == (0, 60, 60)


def test_an_edited_order_is_measured_by_its_difference_and_a_smaller_one_always_fits(tables: None) -> None:
    books = Books(limit="100.00")
    books.hold("90")
    tenant, contract = books.settings.id, books.contract.id

    def rehold(before: str, after: str, limit: int) -> None:
        books.db.commit([credit.rehold(tenant, contract, money(before, "RUB"), money(after, "RUB"), D(limit))])

    rehold("90", "100", limit=100)
    with pytest.raises(Refused):
        rehold("100", "100.01", limit=100)
    rehold("100", "95", limit=10)
    books.db.commit([credit.release(tenant, contract, money(95, "RUB"))])
    assert books.account() == (0, 0, 0)


def test_an_invoice_turns_what_the_order_held_into_debt(books: Books) -> None:
    invoice = books.issue("1000.00", number="K-000001")
    assert (invoice.number, invoice.due, invoice.state) == ("K-000001", date(2026, 12, 4), InvoiceState.UNPAID)
    assert books.account() == (1000, 0, 1000)
    books.agree()


def test_an_invoice_number_is_unique_and_a_second_revision_has_its_own(books: Books) -> None:
    order = books.order("10.00", "K-000001")
    _, writes = invoice_for_order(order, books.contract, books.settings, NOW)
    books.db.commit(writes)
    _, again = invoice_for_order(order, books.contract, books.settings, NOW)
    with pytest.raises(Refused, match="invoice_exists"):
        books.db.commit(again)
    revised, writes = invoice_for_order(replace(order, revision=2), books.contract, books.settings, NOW)
    books.db.commit(writes)
    assert revised.number == "K-000001-2"


def test_a_payment_pays_the_oldest_due_first_and_the_rest_stays_an_advance(books: Books) -> None:
    late = books.issue("300.00", NOW + timedelta(days=3))
    early = books.issue("500.00", NOW)
    payment = books.pay("600.00")
    assert books.invoice(early).state is InvoiceState.PAID
    assert books.invoice(late).rest == money(200, "RUB")
    assert payment.advance == 0
    books.agree()
    assert books.pay("250.00").advance == 50
    assert books.account() == (-50, 0, -50)
    books.agree()


def test_an_advance_pays_the_next_invoice(books: Books) -> None:
    payment = books.pay("700.00")
    assert payment.advance == 700
    invoice = books.issue("500.00")
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    assert books.invoice(invoice).state is InvoiceState.PAID
    assert payments.load_payment(books.db, payment.id).advance == 200
    books.agree()
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    books.agree()


def test_the_payer_may_say_what_a_payment_is_for(books: Books) -> None:
    first, second = books.issue("100.00"), books.issue("100.00", NOW + timedelta(days=1))
    payment = books.pay("80.00", wanted={second.id: D(60)})
    assert (books.invoice(first).paid, books.invoice(second).paid, payment.advance) == (0, 60, 20)
    books.agree()
    with pytest.raises(Invalid) as wrong:
        books.pay("80.00", wanted={second.id: D(41)})
    assert wrong.value.fields[f"part-{second.id}"].code == "more_than_rest"
    with pytest.raises(Invalid) as wrong:
        books.pay("80.00", wanted={first.id: D(90)})
    assert set(wrong.value.fields) == {"amount"}
    books.agree()


def test_a_payment_sent_twice_counts_once_also_at_the_same_moment(books: Books) -> None:
    books.issue("100.00")
    new = books.new("60.00")

    def one(_: int) -> str:
        return payments.record_payment(open_tenant(books.settings.id), new, books.actor, "k" * 20, NOW).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    assert books.account() == (40, 0, 40)
    books.agree()


def test_payments_at_the_same_moment_never_pay_an_invoice_twice(books: Books) -> None:
    invoice = books.issue("100.00")

    def one(number: int) -> None:
        payments.record_payment(open_tenant(books.settings.id), books.new("40.00"), books.actor, f"k{number:020d}", NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    assert books.invoice(invoice).paid == 100
    assert books.account() == (-60, 0, -60)
    books.agree()


def test_a_payment_over_many_invoices_is_carried_out_in_bounded_transactions(books: Books) -> None:
    for day in range(45):
        books.issue("10.00", NOW - timedelta(days=day))
    payment = books.pay("455.00")
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    assert payments.load_payment(books.db, payment.id).advance == 5
    assert books.account() == (-5, 0, -5)
    books.agree()
    payments.reverse_payment(books.db, payment.id, books.actor, NOW)
    assert books.account() == (450, 0, 450)
    books.agree()


def test_a_reversed_payment_opens_its_invoices_again_and_only_once(books: Books) -> None:
    invoice = books.issue("100.00")
    payment = books.pay("130.00")
    payments.reverse_payment(books.db, payment.id, books.actor, NOW)
    assert books.invoice(invoice).state is InvoiceState.UNPAID
    assert books.account() == (100, 0, 100)
    books.agree()
    with pytest.raises(Refused, match="payment_reversed"):
        payments.reverse_payment(books.db, payment.id, books.actor, NOW)
    assert not list(books.db.query_all(keys.allocations(books.settings.id, invoice.id)))


@pytest.mark.parametrize("amount", ["0", "-5.00"])
def test_a_payment_is_a_positive_sum(books: Books, amount: str) -> None:
    with pytest.raises(Invalid) as wrong:
        books.pay(amount)
    assert wrong.value.fields["amount"].code == "not_positive"


def test_a_payment_is_refused_for_days_to_come_other_currencies_and_others_contracts(books: Books) -> None:
    with pytest.raises(Invalid) as wrong:
        books.pay("5.00", day=TODAY + timedelta(days=1))
    assert wrong.value.fields["day"].code == "day_to_come"
    with pytest.raises(Refused, match="payment_currency"):
        books.pay("5.00", currency="EUR")
    with pytest.raises(NotFound):
        books.pay("5.00", party_id=new_id(NOW))


def test_an_erp_payment_counts_once_changes_with_the_erp_and_goes_with_it(books: Books) -> None:
    invoice = books.issue("100.00")
    new = books.new("60.00", erp_id="guid-1")
    first = erp.payment_from_erp(books.db, new, NOW)
    assert erp.payment_from_erp(books.db, new, NOW).id == first.id
    changed = erp.payment_from_erp(books.db, replace(new, amount=money(70, "RUB")), NOW)
    assert changed.id != first.id
    assert books.invoice(invoice).paid == 70
    books.agree()
    with pytest.raises(Refused, match="payment_of_erp"):
        payments.reverse_payment(books.db, changed.id, books.actor, NOW)
    for _ in range(2):
        erp.erp_payment_gone(books.db, "guid-1", NOW)
    assert books.account() == (100, 0, 100)
    books.agree()
    assert erp.payment_from_erp(books.db, new, NOW).parts[0].invoice_id == invoice.id
    books.agree()


def test_an_erp_payment_of_an_order_pays_that_orders_invoice_first(books: Books) -> None:
    older, own = books.issue("100.00"), books.issue("50.00", NOW + timedelta(days=2))
    erp.payment_from_erp(books.db, books.new("70.00", erp_id="g", order_id=own.order_id), NOW)
    assert (books.invoice(older).paid, books.invoice(own).paid) == (20, 50)
    books.agree()


def test_an_erp_invoice_takes_the_place_of_ours_and_doubles_no_debt(books: Books) -> None:
    ours = books.issue("100.00")
    facts = erp_invoices.ErpInvoice(
        erp_id="inv-guid",
        number="НФНФ-000017",
        party_id=books.party.id,
        contract_id=books.contract.id,
        total=money(110, "RUB"),
        day=TODAY,
        order_id=ours.order_id,
    )
    for _ in range(2):
        assert erp_invoices.invoice_from_erp(books.db, facts, NOW).id == ours.id
    kept = books.invoice(ours)
    assert (kept.number, kept.total, kept.line_pages) == ("НФНФ-000017", 110, 1)
    assert books.account() == (110, 0, 110)
    books.agree()
    other = replace(facts, erp_id="inv-2", order_id=None, due=TODAY)
    assert len({erp_invoices.invoice_from_erp(books.db, other, NOW).id for _ in range(2)}) == 1
    assert books.account() == (220, 0, 220)
    assert [erp_invoices.erp_invoice_gone(books.db, "inv-2", NOW) for _ in range(2)] == [True, False]
    assert books.account() == (110, 0, 110)
    books.agree()
    again = erp_invoices.invoice_from_erp(books.db, other, NOW)
    assert (again.state, books.account()) == (InvoiceState.UNPAID, (220, 0, 220))
    books.agree()


def test_an_erp_invoice_with_other_lines_of_the_same_sum_is_corrected(books: Books) -> None:
    order = books.order("50.00", lines=2)
    facts = erp_invoices.ErpInvoice(
        erp_id="g",
        number="1",
        party_id=books.party.id,
        contract_id=books.contract.id,
        total=money(100, "RUB"),
        day=TODAY,
        lines=order.lines,
        vat=order.vat,
    )
    invoice = erp_invoices.invoice_from_erp(books.db, facts, NOW)
    other = replace(order.lines[0], name="Дверь")
    erp_invoices.invoice_from_erp(books.db, replace(facts, lines=(other, other)), NOW)
    rows = books.db.query_all(keys.invoice_rows(books.settings.id, invoice.id), consistent=True)
    assert {line.name for line in store.lines_from(row for row in rows if row.kind == "invoice_lines")} == {"Дверь"}
    books.agree()


def test_a_refund_of_the_erp_is_covered_by_the_advance(books: Books) -> None:
    payment = books.pay("100.00")
    refund = books.new("30.00", erp_id="r")
    assert len({erp_invoices.refund_from_erp(books.db, refund, NOW).id for _ in range(2)}) == 1
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    assert payments.load_payment(books.db, payment.id).advance == 70
    assert books.account() == (-70, 0, -70)
    books.agree()


def test_a_refund_changes_with_the_erp_goes_with_it_and_comes_back(books: Books) -> None:
    books.pay("100.00")
    refund = books.new("30.00", erp_id="r")
    first = erp_invoices.refund_from_erp(books.db, refund, NOW)
    changed = erp_invoices.refund_from_erp(books.db, replace(refund, amount=money(20, "RUB")), NOW)
    assert (changed.id, changed.total, books.account()) == (first.id, 20, (-80, 0, -80))
    assert [erp_invoices.erp_refund_gone(books.db, "r", NOW) for _ in range(2)] == [True, False]
    assert books.account() == (-100, 0, -100)
    books.agree()
    assert erp_invoices.refund_from_erp(books.db, refund, NOW).id != first.id
    assert books.account() == (-70, 0, -70)
    books.agree()


def test_a_corrected_invoice_gives_back_what_was_paid_too_much(books: Books) -> None:
    invoice = books.issue("100.00", lines=450)
    payment = books.pay("80.00")
    smaller = books.order("70.00")
    books.db.commit(corrections.correct_for_order(books.db, invoice.id, smaller, books.settings, NOW)[1])
    assert books.invoice(invoice).state is InvoiceState.PAID
    assert payments.load_payment(books.db, payment.id).advance == 10
    books.agree()
    larger = books.order("95.00")
    books.db.commit(corrections.correct_for_order(books.db, invoice.id, larger, books.settings, NOW)[1])
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    assert books.invoice(invoice).rest == money(15, "RUB")
    books.agree()


def test_a_void_invoice_owes_nothing_and_what_it_got_is_an_advance(books: Books) -> None:
    invoice = books.issue("100.00")
    books.pay("40.00")
    books.db.commit(corrections.void_for_order(books.db, invoice.id, books.settings, NOW)[1])
    assert books.invoice(invoice).state is InvoiceState.VOID
    assert books.account() == (-40, 0, -40)
    books.agree()
    void = books.invoice(invoice)
    assert corrections.void_for_order(books.db, invoice.id, books.settings, NOW) == (void, [])


def test_an_invoice_of_very_many_payments_is_lowered_in_bounded_transactions(books: Books) -> None:
    invoice = books.issue("200.00")
    for _ in range(40):
        books.pay("5.00")
    corrections.make_room(books.db, invoice.id, D(30), books.settings, NOW)
    assert books.invoice(invoice).state is InvoiceState.PAID
    books.agree()
    books.db.commit(corrections.correct_for_order(books.db, invoice.id, books.order("30.00"), books.settings, NOW)[1])
    payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
    assert (books.invoice(invoice).total, books.account()) == (30, (-170, 0, -170))
    books.agree()


def test_an_erp_invoice_of_very_many_payments_can_go(books: Books) -> None:
    facts = erp_invoices.ErpInvoice(
        erp_id="many",
        number="many",
        party_id=books.party.id,
        contract_id=books.contract.id,
        total=money(200, "RUB"),
        day=TODAY,
    )
    invoice = erp_invoices.invoice_from_erp(books.db, facts, NOW)
    for _ in range(40):
        books.pay("5.00")
    erp_invoices.erp_invoice_gone(books.db, "many", NOW)
    assert books.invoice(invoice).state is InvoiceState.VOID
    assert books.account() == (-200, 0, -200)
    books.agree()


def told(books: Books, name: str, **facts: str) -> None:
    """The event as the queue hands it over."""
    data = {"party": books.party.id, "contract": books.contract.id, **facts}
    event = Event(id=new_id(NOW), tenant_id=books.settings.id, name=name, aggregate="a", at=NOW, data=data)
    jobs.HANDLERS[name](event, books.db, NOW)


def test_what_a_dealer_owes_is_noted_as_events_say_that_it_changed(books: Books) -> None:
    late = TODAY + timedelta(days=30)
    assert actions.list_debtors(books.db, books.actor, late) == ()
    first, second = books.issue("100.00"), books.issue("50.00", NOW + timedelta(days=5))
    for invoice in (first, second):
        told(books, "invoice.issued", invoice=invoice.id)
    (debtor,) = actions.list_debtors(books.db, books.actor, late)
    assert (debtor.party_name, debtor.ageing.debt, debtor.ageing.overdue_count) == ("Светлый дом", money(150, "RUB"), 2)
    assert (debtor.ageing.oldest_days, debtor.advance) == (16, money(0, "RUB"))
    payment = books.pay("160.00")
    told(books, "payment.recorded", payment=payment.id)
    assert actions.list_debtors(books.db, books.actor, late) == ()
    (debt,) = debts.listed_debts(books.db)
    assert (debt.sums, debt.advance("RUB")) == ((), money(10, "RUB"))
    payments.reverse_payment(books.db, payment.id, books.actor, NOW)
    told(books, "payment.reversed", payment=payment.id)
    (debtor,) = actions.list_debtors(books.db, books.actor, TODAY)
    assert (debtor.ageing.debt, debtor.ageing.overdue) == (money(150, "RUB"), money(0, "RUB"))
    for invoice in (first, second):
        books.db.commit(corrections.void_for_order(books.db, invoice.id, books.settings, NOW)[1])
        told(books, "invoice.changed", invoice=invoice.id)
    assert debts.listed_debts(books.db) == []


def test_the_open_invoices_of_all_dealers_come_by_due_day_and_the_overdue_alone(books: Books) -> None:
    due_later, due_first = books.issue("10.00", NOW + timedelta(days=3)), books.issue("20.00")
    paid = books.issue("5.00", NOW + timedelta(days=9))
    books.pay("5.00", wanted={paid.id: D(5)})
    for invoice in (due_later, due_first, paid):
        told(books, "invoice.issued", invoice=invoice.id)

    def listed(view: str, today: date) -> list[str]:
        found = actions.list_invoices(books.db, books.actor, actions.Wanted(view=view), today)
        assert found.ageing[0].debt == money(30, "RUB")
        return [invoice.id for invoice in found.invoices]

    assert listed("open", TODAY) == [due_first.id, due_later.id]
    assert listed("overdue", due_first.due) == []
    assert listed("overdue", due_first.due + timedelta(days=1)) == [due_first.id]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("issue", "pay", "reverse", "correct", "void", "advances", "hold")), st.integers(1, 30_000)
    ),
    min_size=4,
    max_size=12,
)


def test_books_that_were_tampered_with_are_found(books: Books) -> None:
    books.issue("100.00")
    tampered = Add(("n", "balance"), D(1))
    books.db.commit([Update(key=keys.account(books.settings.id, books.contract.id), changes=(tampered,))])
    assert len(check_books(books.db, books.party.id, books.contract.id, NOW)) == 2


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_is_done_in_whatever_order_the_books_agree(tables: None, acts: list[tuple[str, int]]) -> None:
    books = Books()
    invoices: list[Invoice] = []
    came: list[Payment] = []
    for act, kopecks in acts:
        amount = str(D(kopecks) / 100)
        try:
            if act == "issue":
                invoices.append(books.issue(amount))
            elif act == "pay":
                came.append(books.pay(amount))
            elif act == "hold":
                books.hold(amount)
            elif act == "advances":
                payments.apply_advances(books.db, books.party.id, books.contract.id, NOW)
            elif act == "reverse" and came:
                payments.reverse_payment(books.db, came[kopecks % len(came)].id, books.actor, NOW)
            elif act == "correct" and invoices:
                chosen, order = invoices[kopecks % len(invoices)], books.order(amount)
                books.db.commit(corrections.correct_for_order(books.db, chosen.id, order, books.settings, NOW)[1])
            elif act == "void" and invoices:
                chosen = invoices[kopecks % len(invoices)]
                if writes := corrections.void_for_order(books.db, chosen.id, books.settings, NOW)[1]:
                    books.db.commit(writes)
        except Refused as refusal:
            assert refusal.code in ("payment_reversed", "invoice_void")  # noqa: PT017
        books.agree()
