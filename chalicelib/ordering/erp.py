"""What the ERP is told of orders and what it tells back, in the order's own words: no file format here.

`OrderForErp` leaves with the exchange; `ErpUpdate` comes in through it (protocol §§6–7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chalicelib.network.model import Contract, LegalEntity, Party
from chalicelib.ordering.model import Order, OrderLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForErp:
    """An order that the ERP must get: confirmed or changed since, or cancelled after the ERP had got it.

    `lines` are the live ones, all of them for a cancelled order. `is_cancelled` asks the ERP to cancel.
    `order.version` is what `mark_exported` wants back.
    """

    order: Order
    lines: tuple[OrderLine, ...]
    party: Party
    entity: LegalEntity
    contract: Contract
    is_cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpUpdateLine:
    """A line as it now stands in the ERP, in the unit that the order has it in.

    `variant_id` is empty for a product without variants.
    """

    product_id: str
    variant_id: str
    quantity: Decimal
    name: str = ""
    article: str = ""
    unit: str = ""
    price: Decimal | None = None  # None = as it was
    total: Decimal | None = None  # what the line costs; None = price × quantity
    vat_rate: Decimal | None = None  # percent; 0 = without VAT, None = as it was
    vat_included: bool | None = None  # whether price and total contain the VAT; None = as the order's do
    service: bool = False  # delivery and the like: it is paid for, never shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpUpdateShipment:
    """What left. `lines` None: all that is still to be shipped; empty: no goods, only services."""

    id: str
    number: str = ""
    day: date | None = None
    lines: tuple[ErpUpdateLine, ...] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpUpdatePayment:
    """Money that the ERP received for the order. `amount` None = all that is still to be paid.

    `id` empty: the number tells it from others of the same order.
    """

    id: str
    number: str = ""
    day: date | None = None
    amount: Decimal | None = None
    currency: str = ""
    refund: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpUpdateInvoice:
    """An invoice that the ERP issued for the order. `total` None = what its lines cost, or else the whole order;
    `lines` None = not told. `id` empty: the number tells it from others of the same order."""

    id: str
    number: str = ""
    day: date | None = None
    due: date | None = None
    total: Decimal | None = None
    currency: str = ""
    lines: tuple[ErpUpdateLine, ...] | None = None
    deleted: bool = False


class ErpStatus(StrEnum):
    """What the ERP's own status means to us; words that mean nothing to us are kept as `status_text` only."""

    CONFIRMED = "confirmed"
    IN_PRODUCTION = "in_production"
    READY = "ready"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpUpdate:
    """One document of the ERP about one order, or about what was done for it: then `about` names the document.

    `formed` = when the ERP wrote it, by its own clock (`erp_age`). `number` is ours, `document_id` the ERP's GUID or
    our id; they must not disagree. `lines` None = not told. `document_version` makes a copy of an earlier one
    recognisable where the ERP gives one. `shipped` and `paid` say that all of it was, or, `deleted`, that it was not
    after all; parts come as `shipments` and `payments`.
    """

    number: str
    document_id: str = ""
    document_version: str = ""
    erp_number: str = ""
    erp_day: date | None = None
    currency: str = ""
    lines: tuple[ErpUpdateLine, ...] | None = None
    status: ErpStatus | None = None
    status_text: str = ""
    cancelled: bool = False
    shipped: ErpUpdateShipment | None = None
    paid: ErpUpdatePayment | None = None
    shipments: tuple[ErpUpdateShipment, ...] = ()
    payments: tuple[ErpUpdatePayment, ...] = ()
    invoices: tuple[ErpUpdateInvoice, ...] = ()
    promised: date | None = None  # when the ERP means to ship
    about: str = ""
    formed: str = ""


class Outcome(StrEnum):
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpOutcome:
    """What became of an ErpUpdate.

    `reason` is a message code `ordering.erp.<reason>` when it was rejected: unknown_order, id_disagrees,
    not_confirmed, final, currency_disagrees, too_many_lines, older. A rejection is an answer, not a failure: the ERP
    must not send the document again because of it (protocol §7). `notes` are the same kind of codes for parts of a
    document that was applied otherwise: payment_refused, invoice_refused.
    """

    outcome: Outcome
    order_id: str = ""
    number: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()
