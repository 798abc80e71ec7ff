"""Money owed: accounts, invoices, payments (domain §6). Pure data; rules are in terms, allocation, ledger, dunning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.kernel.money import Money, money


class InvoiceState(StrEnum):
    """Derived from what was paid, never stored (domain §6.3)."""

    UNPAID = "unpaid"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    VOID = "void"


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    REFUND = "refund"  # money that went back to the dealer: an advance covers it, or the dealer owes it


class PaymentKind(StrEnum):
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"  # acts as a payment (domain §6.3)


class Origin(StrEnum):
    KONTOR = "kontor"
    ERP = "erp"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line as the order has it. `amount` is what is paid for the line, VAT included; `vat` its share."""

    name: str
    article: str
    unit: str
    quantity: Decimal
    price: Decimal  # for one unit, as the price list has it
    amount: Decimal
    vat_rate: Decimal | None = None  # percent; None = without VAT
    vat: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VatShare:
    """All lines of one rate: `base` without VAT + `vat` = what is paid for them."""

    rate: Decimal | None = None  # percent; None = without VAT
    base: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForInvoice:
    """What an invoice takes from an order. `held` is what the order holds of the account's `ordered`."""

    order_id: str
    number: str
    party_id: str
    party_name: str
    lines: tuple[InvoiceLine, ...]
    vat: tuple[VatShare, ...]
    total: Money
    held: Money
    revision: int = 1  # 2 when the order's first invoice was made void and it is invoiced anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A demand for money. Lines are stored beside it in pages. `day` and `due` are days of the tenant's time zone."""

    id: str
    number: str
    party_id: str
    party_name: str
    contract_id: str
    contract_number: str
    entity_id: str
    currency: str
    total: Decimal
    vat: tuple[VatShare, ...]
    day: date
    due: date
    created: datetime
    line_pages: int
    kind: InvoiceKind = InvoiceKind.INVOICE
    order_id: str | None = None
    order_number: str = ""
    origin: Origin = Origin.KONTOR
    erp_id: str | None = None
    paid: Decimal = Decimal(0)
    void: bool = False

    @property
    def rest(self) -> Money:
        """What is still to be paid."""
        return money(0 if self.void else self.total - self.paid, self.currency)

    @property
    def state(self) -> InvoiceState:
        if self.void:
            return InvoiceState.VOID
        if self.paid >= self.total:
            return InvoiceState.PAID
        return InvoiceState.PARTLY_PAID if self.paid else InvoiceState.UNPAID

    @property
    def is_open(self) -> bool:
        return self.state in (InvoiceState.UNPAID, InvoiceState.PARTLY_PAID)

    def overdue_days(self, today: date) -> int:
        """Whole days past the due day on the tenant's `today`; 0 on the due day itself, before it, and when settled."""
        return max(0, (today - self.due).days) if self.is_open else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What an invoice gets of a payment."""

    invoice_id: str
    invoice_number: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came. What no invoice got stays as an advance. A reversed one counts for nothing.

    `returning` = it is being reversed: its advance pays no invoice any more.
    """

    id: str
    number: str
    party_id: str
    party_name: str
    contract_id: str
    contract_number: str
    currency: str
    amount: Decimal
    day: date
    created: datetime
    kind: PaymentKind = PaymentKind.PAYMENT
    origin: Origin = Origin.KONTOR
    erp_id: str | None = None
    order_id: str | None = None
    comment: str = ""
    parts: tuple[Part, ...] = ()
    returning: bool = False
    reversed_at: datetime | None = None

    @property
    def allocated(self) -> Decimal:
        return sum((part.amount for part in self.parts), Decimal(0))

    @property
    def advance(self) -> Decimal:
        """What is left for the next invoice."""
        return Decimal(0) if self.reversed_at else self.amount - self.allocated


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """What came. `wanted` = invoice id → sum when the payer says what it is for; else `first_invoice` and those of
    order `order_id` come first, then the oldest due. `beside` = the payment just like it that the person has seen."""

    party_id: str
    contract_id: str
    amount: Money
    day: date
    number: str
    kind: PaymentKind = PaymentKind.PAYMENT
    comment: str = ""
    order_id: str | None = None
    first_invoice: str | None = None
    beside: str | None = None
    erp_id: str | None = None
    wanted: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A payment's part as the invoice's page shows it."""

    payment_id: str
    payment_number: str
    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSent:
    """One step of one invoice that was decided to be sent. `due` = the due day that it was counted from."""

    step: int  # days after the due day
    at: datetime
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """An invoice's reminders: written under a lock, so that each step is sent at most once (domain §6.5)."""

    invoice_id: str
    sent: tuple[ReminderSent, ...] = ()

    def was_sent(self, step: int, due: date, moment: datetime) -> bool:
        """Whether this step of this due day, or a later one, went out, or anything since the step's `moment`.

        Of a due day that was moved: steps that the new day puts off come anew, those it brings forward don't.
        """
        return any(one.at >= moment or (one.step >= step and one.due in (due, None)) for one in self.sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDocument:
    """A document as its order's page lists it; the document itself says how it stands now."""

    kind: str  # "invoice" | "payment"
    id: str
    number: str
    amount: Decimal
    currency: str
    day: date
    origin: Origin = Origin.KONTOR
