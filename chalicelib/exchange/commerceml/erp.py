"""What comes back from 1C, whatever version wrote it: orders as they now stand, their papers, companies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.catalogue.feed import RejectedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpParty:
    """A counterparty as 1C knows it. `legal`: it has an official name, so it is a company and no person."""

    id: str
    name: str
    full_name: str = ""
    legal: bool = False
    tax_id: str = ""  # ИНН, as sent
    kpp: str = ""
    okpo: str = ""
    address: str = ""
    legal_address: str = ""
    contacts: tuple[tuple[str, str], ...] = ()  # (kind as 1C names it, value)
    requisites: tuple[tuple[str, str], ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpLine:
    """A line as it now stands. `quantity` is in `unit`, which holds `coefficient` base units."""

    product_id: str
    variant_id: str | None
    name: str
    quantity: Decimal
    article: str = ""
    price: Decimal | None = None
    total: Decimal | None = None
    unit: str = ""
    coefficient: Decimal = Decimal(1)
    vat_rate: Decimal | None = None  # percent; 0 = without VAT, None = not told
    vat_in_sum: bool | None = None  # whether price and total contain the VAT; None = not told
    service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpPayment:
    """Money that came (`refund`: went back). `amount` None: the sender told that it was paid, not how much."""

    id: str
    number: str
    day: date | None
    amount: Decimal | None
    currency: str | None = None
    kind: str = "bank"  # "cash" | "bank" | "card"
    refund: bool = False
    done: bool = True  # False: planned or not posted
    deleted: bool = False
    based_on: str = ""  # the order's number or id, when it came on its own
    formed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpShipment:
    """Goods that left. `lines` None: it listed none, so everything that the order holds."""

    id: str
    number: str
    day: date | None
    lines: tuple[ErpLine, ...] | None = None
    done: bool = True
    deleted: bool = False
    based_on: str = ""
    formed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpInvoice:
    """A demand for money. `amount` None: it told none; `lines` None: it listed none."""

    id: str
    number: str
    day: date | None
    due: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    lines: tuple[ErpLine, ...] | None = None
    done: bool = True  # False: not posted
    deleted: bool = False
    based_on: str = ""
    formed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpOrder:
    """An order as it stands in 1C. Whatever the document did not say is None; `lines` None: it listed none.

    `formed` = when its file was, see `document_parts.formed`.
    """

    number: str  # the site's
    id: str
    version: str = ""  # of the row in 1C, where it gives one
    erp_number: str = ""
    erp_date: date | None = None
    day: date | None = None
    currency: str | None = None
    total: Decimal | None = None
    due: date | None = None
    comment: str = ""
    status: str = ""
    status_code: str = ""
    posted: bool | None = None
    paid: bool | None = None
    shipped: bool | None = None
    cancelled: bool | None = None
    deleted: bool = False
    payment_number: str = ""
    payment_date: date | None = None
    shipment_number: str = ""
    shipment_date: date | None = None
    lines: tuple[ErpLine, ...] | None = None
    payments: tuple[ErpPayment, ...] = ()
    shipments: tuple[ErpShipment, ...] = ()
    invoices: tuple[ErpInvoice, ...] = ()
    formed: str = ""
    party: ErpParty | None = None
    requisites: tuple[tuple[str, str], ...] = ()  # every one, as sent


ErpRow = ErpOrder | ErpPayment | ErpShipment | ErpInvoice | ErpParty | RejectedRow
