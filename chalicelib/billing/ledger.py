"""The ledger: append-only double entries per contract; a balance is the sum of its movements (domain §6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.billing.model import Invoice, InvoiceKind, Payment, PaymentKind
from chalicelib.network.model import Account


class Book(StrEnum):
    RECEIVABLE = "receivable"  # what invoices still ask for
    ADVANCE = "advance"  # what payments still have left (a debt of ours: its sum is negative)
    SALES = "sales"
    BANK = "bank"


OWED = (Book.RECEIVABLE, Book.ADVANCE)
"""The books that make the dealer's balance."""


class Movement(StrEnum):
    INVOICE = "invoice"
    VOID = "void"
    CORRECTION = "correction"  # the ERP changed an invoice's sum
    PAYMENT = "payment"
    REVERSAL = "reversal"
    APPLIED = "applied"  # an advance paid invoices
    FREED = "freed"  # what invoices had got became an advance again


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement: `amount` > 0 goes from the credited to the debited book.

    `document` is unique among the contract's entries of a day, e.g. `invoice#<id>`.
    """

    document: str
    movement: Movement
    number: str
    day: date
    at: datetime
    debit: Book
    credit: Book
    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.amount <= 0 or self.debit is self.credit:
            raise ValueError("an entry moves a positive amount between two books")

    @property
    def change(self) -> Decimal:
        """What it adds to the balance."""
        return self.amount * ((self.debit in OWED) - (self.credit in OWED))


def book_sum(entries: Iterable[Entry], *books: Book) -> Decimal:
    """Debits minus credits of the books."""
    return sum((e.amount * ((e.debit in books) - (e.credit in books)) for e in entries), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Where a contract's counters and books tell different things: `kept` is written, `due` follows from the rest.

    `what`: balance, receivable, advance, ordered, exposure.
    """

    what: str
    kept: Decimal
    due: Decimal


def mistakes(
    books: Mapping[Book, Decimal], account: Account, owed: Decimal, advances: Decimal, held: Decimal | None = None
) -> tuple[Mistake, ...]:
    """Where a contract's books (each one's sum) disagree with its account, with what its open invoices ask for
    (`owed`), its payments have left (`advances`) and its orders hold (`held`, None = not known); empty = all is well.
    """
    receivable, advance = books.get(Book.RECEIVABLE, Decimal(0)), books.get(Book.ADVANCE, Decimal(0))
    expected = {
        "balance": (account.balance, receivable + advance),
        "receivable": (owed, receivable),
        "advance": (-advances, advance),
        "ordered": (account.ordered, account.ordered if held is None else held),
        "exposure": (account.exposure, account.balance + account.ordered),
    }
    return tuple(Mistake(what=what, kept=kept, due=due) for what, (kept, due) in expected.items() if kept != due)


def invoiced(invoice: Invoice) -> Entry:
    return _of_invoice(invoice, Movement.INVOICE, invoice.total, invoice.day, invoice.created)


def voided(invoice: Invoice, day: date, now: datetime) -> Entry:
    return _of_invoice(invoice, Movement.VOID, -invoice.total, day, now)


def corrected(invoice: Invoice, difference: Decimal, day: date, now: datetime, *, mark: str) -> Entry:
    """The ERP changed the sum by `difference` (either sign); `mark` tells corrections of a day apart."""
    return _of_invoice(invoice, Movement.CORRECTION, difference, day, now, mark=f"#{mark}")


def paid_in(payment: Payment) -> Entry:
    """Money came: all of it an advance until invoices get it."""
    return _of_payment(payment, Movement.PAYMENT, payment.day, payment.created)


def reversed_out(payment: Payment, day: date, now: datetime) -> Entry:
    """The whole advance goes back: its parts were freed before."""
    return _of_payment(payment, Movement.REVERSAL, day, now)


def moved_to_invoices(payment: Payment, amount: Decimal, day: date, now: datetime, *, mark: str) -> Entry:
    return _between(payment, Movement.APPLIED, Book.ADVANCE, Book.RECEIVABLE, amount, day, now, mark)


def freed(payment: Payment, amount: Decimal, day: date, now: datetime, *, mark: str) -> Entry:
    return _between(payment, Movement.FREED, Book.RECEIVABLE, Book.ADVANCE, amount, day, now, mark)


def _of_invoice(
    invoice: Invoice, movement: Movement, amount: Decimal, day: date, now: datetime, *, mark: str = ""
) -> Entry:
    more = amount > 0
    source = Book.SALES if invoice.kind is InvoiceKind.INVOICE else Book.BANK
    return Entry(
        document=f"{movement}#{invoice.id}{mark}",
        movement=movement,
        number=invoice.number,
        day=day,
        at=now,
        debit=Book.RECEIVABLE if more else source,
        credit=source if more else Book.RECEIVABLE,
        amount=abs(amount),
        currency=invoice.currency,
    )


def _of_payment(payment: Payment, movement: Movement, day: date, now: datetime) -> Entry:
    source = Book.BANK if payment.kind is PaymentKind.PAYMENT else Book.SALES
    comes = movement is Movement.PAYMENT
    return Entry(
        document=f"{movement}#{payment.id}",
        movement=movement,
        number=payment.number,
        day=day,
        at=now,
        debit=source if comes else Book.ADVANCE,
        credit=Book.ADVANCE if comes else source,
        amount=payment.amount,
        currency=payment.currency,
    )


def _between(
    payment: Payment,
    movement: Movement,
    debit: Book,
    credit: Book,
    amount: Decimal,
    day: date,
    now: datetime,
    mark: str,
) -> Entry:
    return Entry(
        document=f"{movement}#{payment.id}#{mark}",
        movement=movement,
        number=payment.number,
        day=day,
        at=now,
        debit=debit,
        credit=credit,
        amount=amount,
        currency=payment.currency,
    )
