"""The books: every entry moves one sum between two of them, and the checker finds what does not agree."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing import ledger
from chalicelib.billing.ledger import OWED, Book, Entry, book_sum, mistakes
from chalicelib.billing.model import InvoiceKind, Part, PaymentKind
from chalicelib.network.model import Account
from tests.support.bills import DAY, INVOICE, NOW, D
from tests.support.bills import PAYMENT as WHOLE

PAYMENT = replace(WHOLE, amount=D(60))
PAID = replace(INVOICE, paid=D(60))
USED = replace(PAYMENT, parts=(Part(invoice_id="i", invoice_number="K-1", amount=D(60)),))
ENTRIES = [
    ledger.invoiced(INVOICE),
    ledger.paid_in(PAYMENT),
    ledger.moved_to_invoices(PAYMENT, D(60), DAY, NOW, mark="1"),
]


def sums_of(entries: list[Entry]) -> dict[Book, Decimal]:
    return {book: book_sum(entries, book) for book in Book}


sums = st.integers(1, 10**9).map(lambda kopecks: D(kopecks) / 100)


def every_entry(amount: Decimal, kind: InvoiceKind, paid_by: PaymentKind) -> list[Entry]:
    invoice = replace(INVOICE, total=amount, kind=kind)
    payment = replace(PAYMENT, amount=amount, kind=paid_by)
    return [
        ledger.invoiced(invoice),
        ledger.voided(invoice, DAY, NOW),
        ledger.corrected(invoice, -amount, DAY, NOW, mark="1"),
        ledger.corrected(invoice, amount, DAY, NOW, mark="2"),
        ledger.paid_in(payment),
        ledger.reversed_out(payment, DAY, NOW),
        ledger.moved_to_invoices(payment, amount, DAY, NOW, mark="3"),
        ledger.freed(payment, amount, DAY, NOW, mark="4"),
    ]


@given(sums, st.sampled_from(InvoiceKind), st.sampled_from(PaymentKind))
def test_every_act_and_its_opposite_leave_all_books_at_zero(
    amount: Decimal, kind: InvoiceKind, paid_by: PaymentKind
) -> None:
    entries = every_entry(amount, kind, paid_by)
    assert book_sum(entries, *Book) == 0
    assert all(book_sum(entries, book) == 0 for book in Book)
    assert sum(entry.change for entry in entries) == 0
    assert len({entry.document for entry in entries}) == len(entries)


@given(sums)
def test_invoices_raise_the_balance_payments_lower_it_and_moving_an_advance_leaves_it(amount: Decimal) -> None:
    payment = replace(PAYMENT, amount=amount)
    assert ledger.invoiced(replace(INVOICE, total=amount)).change == amount
    assert ledger.paid_in(payment).change == -amount
    assert ledger.moved_to_invoices(payment, amount, DAY, NOW, mark="1").change == 0


def test_an_entry_without_a_sum_or_within_one_book_is_no_entry() -> None:
    for changes in ({"amount": D(0)}, {"amount": D(-1)}, {"credit": Book.RECEIVABLE}):
        with pytest.raises(ValueError, match="positive amount"):
            replace(ENTRIES[0], **changes)  # type: ignore[arg-type]


def test_books_that_agree_have_no_mistakes() -> None:
    account = Account(balance=D(40), ordered=D(5), exposure=D(45))
    assert book_sum(ENTRIES, *OWED) == 40
    assert mistakes(sums_of(ENTRIES), account, D(40), D(0), D(5)) == ()
    assert mistakes(sums_of(ENTRIES), account, D(40), D(0)) == ()


@pytest.mark.parametrize(
    ("entries", "account", "owed", "advances", "found"),
    [
        (ENTRIES[:2], Account(balance=D(40), exposure=D(40)), 40, 0, {"receivable", "advance"}),
        (ENTRIES, Account(balance=D(41), exposure=D(41)), 40, 0, {"balance"}),
        (ENTRIES, Account(balance=D(40), ordered=D(1), exposure=D(40)), 40, 0, {"exposure", "ordered"}),
        (ENTRIES, Account(balance=D(40), ordered=D(1), exposure=D(41)), 40, 0, {"ordered"}),
        (ENTRIES, Account(balance=D(40), exposure=D(40)), 100, 0, {"receivable"}),
        (ENTRIES, Account(balance=D(40), exposure=D(40)), 40, 60, {"advance"}),
    ],
)
def test_the_checker_names_what_disagrees(
    entries: list[Entry], account: Account, owed: int, advances: int, found: set[str]
) -> None:
    assert {one.what for one in mistakes(sums_of(entries), account, D(owed), D(advances), D(0))} == found
