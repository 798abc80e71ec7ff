"""When invoices are due, how they stand, how old a debt is, and which invoices a payment pays."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.ageing import added_up, ageing, bucket_of
from chalicelib.billing.allocation import MOST_TOLD, allocate, allocate_advances, as_told, oldest_due_first
from chalicelib.billing.model import Invoice, InvoiceState
from chalicelib.billing.settling import that_fit, with_shares
from chalicelib.billing.store import months_back
from chalicelib.billing.terms import due_day
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.kernel.money import money
from tests.support.bills import DAY, INVOICE, PAYMENT, D

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
sums = st.integers(1, 10**9).map(lambda kopecks: D(kopecks) / 100)


@st.composite
def open_invoices(draw: st.DrawFn) -> list[Invoice]:
    dues = draw(st.lists(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=8))
    invoices = []
    for number, due in enumerate(dues):
        total = draw(sums)
        paid = draw(
            st.one_of(st.just(D(0)), st.integers(0, int(total * 100) - 1).map(lambda kopecks: D(kopecks) / 100))
        )
        invoices.append(replace(INVOICE, id=f"i{number}", due=due, total=total, paid=paid))
    return invoices


@pytest.mark.parametrize(
    ("day", "months", "days", "due"),
    [
        (date(2026, 11, 20), 0, 0, date(2026, 11, 20)),
        (date(2026, 11, 20), 0, 14, date(2026, 12, 4)),
        (date(2026, 1, 31), 1, 0, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, 0, date(2028, 2, 29)),
        (date(2026, 2, 28), 1, 0, date(2026, 3, 31)),
        (date(2028, 2, 28), 1, 0, date(2028, 3, 28)),
        (date(2026, 4, 30), 2, 0, date(2026, 6, 30)),
        (date(2026, 8, 31), 6, 5, date(2027, 3, 5)),
        (date(2026, 12, 15), 1, 0, date(2027, 1, 15)),
    ],
)
def test_an_invoice_is_due_by_its_contracts_deferral(day: date, months: int, days: int, due: date) -> None:
    assert due_day(day, months=months, days=days) == due


@given(days, st.integers(0, 36))
def test_month_ends_stay_month_ends_and_other_days_keep_their_number(day: date, months: int) -> None:
    due = due_day(day, months=months)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    last, day_last = monthrange(due.year, due.month)[1], monthrange(day.year, day.month)[1]
    if months and day.day == day_last:
        assert due.day == last
    else:
        assert due.day == min(day.day, last)


def test_an_invoice_is_overdue_only_when_its_due_day_is_over() -> None:
    assert INVOICE.overdue_days(DAY) == 0
    assert INVOICE.overdue_days(DAY + timedelta(days=1)) == 1
    assert replace(INVOICE, paid=D(100)).overdue_days(DAY + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("changes", "state", "rest"),
    [
        ({}, InvoiceState.UNPAID, 100),
        ({"paid": D("99.99")}, InvoiceState.PARTLY_PAID, "0.01"),
        ({"paid": D(100)}, InvoiceState.PAID, 0),
        ({"total": D(0)}, InvoiceState.PAID, 0),
        ({"void": True}, InvoiceState.VOID, 0),
    ],
)
def test_the_state_of_an_invoice_follows_from_what_was_paid(
    changes: dict[str, object], state: InvoiceState, rest: int | str
) -> None:
    invoice = replace(INVOICE, **changes)  # type: ignore[arg-type]
    assert (invoice.state, invoice.rest) == (state, money(rest, "RUB"))


@given(open_invoices(), sums)
def test_a_payment_is_shared_out_whole_and_never_beyond_a_rest(invoices: list[Invoice], amount: Decimal) -> None:
    shares = allocate("p", amount, invoices)
    rests = {invoice.id: invoice.rest.amount for invoice in invoices}
    assert sum(share.amount for share in shares) == min(amount, sum(rests.values()))
    assert all(0 < share.amount <= rests[share.invoice_id] for share in shares)
    assert len({share.invoice_id for share in shares}) == len(shares)


@given(open_invoices(), sums)
def test_nothing_is_paid_while_an_older_invoice_has_a_rest(invoices: list[Invoice], amount: Decimal) -> None:
    got = {share.invoice_id: share.amount for share in allocate("p", amount, invoices)}
    queue = [invoice for invoice in oldest_due_first(invoices) if invoice.is_open]
    untouched = False
    for invoice in queue:
        part = got.get(invoice.id, D(0))
        assert not (untouched and part)
        untouched = untouched or part < invoice.rest.amount
    assert [invoice.due for invoice in queue] == sorted(invoice.due for invoice in queue)


def test_an_invoice_that_the_payment_names_comes_before_older_ones() -> None:
    old, named = INVOICE, replace(INVOICE, id="named", due=DAY + timedelta(days=9))
    shares = allocate("p", D(130), [old, named], first={"named"})
    assert [(share.invoice_id, share.amount) for share in shares] == [("named", 100), ("i", 30)]


def test_what_the_payer_says_is_followed_or_refused_by_name() -> None:
    other = replace(INVOICE, id="other", paid=D(60))
    shares = as_told("p", money(100, "RUB"), [INVOICE, other], {"other": D(40), "i": D(0)})
    assert [(share.invoice_id, share.amount) for share in shares] == [("other", 40)]
    with pytest.raises(Invalid) as wrong:
        as_told("p", money(100, "RUB"), [INVOICE, other], {"other": D("40.01")})
    assert list(wrong.value.fields) == ["part-other"]
    with pytest.raises(Invalid):
        as_told("p", money(100, "RUB"), [INVOICE, other], {"other": D(40), "i": D(61)})
    with pytest.raises(Refused, match="invoice_not_open"):
        as_told("p", money(100, "RUB"), [INVOICE], {"other": D(1)})


@given(open_invoices(), st.lists(st.tuples(days, sums), max_size=5))
def test_advances_pay_the_oldest_debts_first_and_no_more_than_they_have(
    invoices: list[Invoice], came: list[tuple[date, Decimal]]
) -> None:
    payments = [replace(PAYMENT, id=f"p{n}", day=day, amount=amount) for n, (day, amount) in enumerate(came)]
    shares = allocate_advances(payments, invoices)
    rests = {invoice.id: invoice.rest.amount for invoice in invoices}
    for payment in payments:
        assert sum(share.amount for share in shares if share.payment_id == payment.id) <= payment.advance
    for invoice_id, rest in rests.items():
        assert sum(share.amount for share in shares if share.invoice_id == invoice_id) <= rest
    moved = sum(share.amount for share in shares)
    assert moved == min(sum(p.advance for p in payments), sum(rests.values()))


@given(open_invoices(), sums, st.integers(6, 40))
def test_only_so_many_shares_are_taken_as_one_transaction_can_write(
    invoices: list[Invoice], amount: Decimal, room: int
) -> None:
    shares = allocate("p", amount, invoices)
    taken = that_fit(shares, room)
    assert taken == shares[: len(taken)]
    assert 1 * len(taken) + 3 * len({s.invoice_id for s in taken}) + 2 <= room or not taken
    if shares:
        assert taken


@given(open_invoices(), sums)
def test_shares_that_are_given_and_taken_back_leave_the_payment_as_it_was(
    invoices: list[Invoice], amount: Decimal
) -> None:
    payment = replace(PAYMENT, amount=amount)
    shares = allocate("p", amount, invoices)
    numbers = {invoice.id: invoice.number for invoice in invoices}
    given_to = with_shares(payment, shares, numbers)
    assert given_to.allocated + given_to.advance == amount
    back = [replace(share, amount=-share.amount) for share in shares]
    assert with_shares(given_to, back, {}) == payment


@pytest.mark.parametrize(("late", "bucket"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)])
def test_a_debt_is_as_old_as_its_days_past_the_due_day(late: int, bucket: int) -> None:
    assert bucket_of(late) == bucket


@given(open_invoices(), days)
def test_the_buckets_of_a_debt_add_up_to_it_and_currencies_stay_apart(invoices: list[Invoice], today: date) -> None:
    euros = [replace(invoice, id="€" + invoice.id, currency="EUR") for invoice in invoices[:2]]
    ages = ageing([*invoices, *euros], today)
    debt = sum((invoice.rest.amount for invoice in invoices), D(0))
    assert sum(age.debt.amount for age in ages if age.currency == "RUB") == debt
    assert all(age.overdue <= age.debt for age in ages)
    assert [age.debt for age in added_up([*ages, *ages])] == [money(2 * age.debt.amount, age.currency) for age in ages]


def test_months_are_walked_back_over_the_turn_of_the_year() -> None:
    assert list(months_back(date(2026, 11, 30), date(2027, 2, 1))) == ["2027-02", "2027-01", "2026-12", "2026-11"]
    assert list(months_back(date(2027, 2, 1), date(2026, 11, 30))) == []


def test_of_a_payment_no_more_parts_are_told_than_are_carried_out_at_once() -> None:
    invoices = [replace(INVOICE, id=str(i)) for i in range(MOST_TOLD + 1)]
    wanted = {invoice.id: D(1) for invoice in invoices}
    with pytest.raises(Invalid) as refused:
        as_told("p", money(100, "RUB"), invoices, wanted)
    assert refused.value.fields["amount"].code == "too_many_parts"
    del wanted["0"]
    shares = as_told("p", money(100, "RUB"), invoices, wanted)
    assert that_fit(shares) == shares
