"""Orders: states, lines, versions (domain §5). Pure rules.

An order's content is its *edition*: the lines as somebody last changed them; every edition is kept. Its *version* is
the optimistic lock: it grows with every change of the order, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.ordering.states import Side, State

_ZERO = Decimal(0)


class LineStatus(StrEnum):
    """Where a line is (domain §5.2)."""

    ACCEPTED = "accepted"
    IN_PRODUCTION = "in_production"
    READY = "ready"
    IN_DELIVERY = "in_delivery"
    AT_DEALER = "at_dealer"
    SOLD = "sold"
    DEFECTIVE = "defective"
    CANCELLED = "cancelled"


_ARRIVED = (LineStatus.AT_DEALER, LineStatus.SOLD)
_LEFT = (LineStatus.IN_DELIVERY, *_ARRIVED)
_PROGRESS = {
    LineStatus.ACCEPTED: _ZERO,
    LineStatus.DEFECTIVE: _ZERO,
    LineStatus.IN_PRODUCTION: Decimal("0.25"),
    LineStatus.READY: Decimal("0.5"),
    LineStatus.IN_DELIVERY: Decimal("0.75"),
    LineStatus.AT_DEALER: Decimal(1),
    LineStatus.SOLD: Decimal(1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One SKU of an order. `id` stays the same in every edition.

    `price` is for one unit as the price list has it; `net` + `vat` = `gross` is what the whole line costs.
    `why` explains the price as it was quoted (domain §3.10): pairs of a message code and its value.
    A cancelled line keeps its row with quantity 0.
    """

    id: str
    sku: str
    product_id: str  # the ERP's ids, sent back to it as they came
    variant_id: str
    catalogue_id: str
    article: str
    name: str
    unit: str
    unit_code: str
    quantity: Decimal
    price: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal
    vat_rate: Decimal | None = None  # percent; None = without VAT
    price_type_id: str = ""
    why: tuple[tuple[str, str], ...] = ()
    status: LineStatus = LineStatus.ACCEPTED
    shipped: Decimal = _ZERO
    promised: date | None = None
    shipped_on: date | None = None
    service: bool = False  # delivery and the like, added by the ERP: it is paid for, never held or shipped
    lead_days: int | None = None  # its goods are on order, and are there so long after; None: they are not

    @property
    def is_live(self) -> bool:
        return self.status is not LineStatus.CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpTrace:
    """What the ERP knows of an order. `seen` = fingerprints of its documents that were applied, the last one last."""

    exported_edition: int = 0  # 0 = it never got the order
    exported_at: datetime | None = None
    id: str = ""
    number: str = ""
    day: date | None = None
    status: str = ""  # its own words
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order without its lines. Money is in `currency`; `held` = what it holds of the contract's credit as not yet
    invoiced; `agreed_edition` = the last one that the dealer made or accepted. `invoiced` = what the ERP's invoices of
    it come to, once the ERP invoices it; None = our own invoice follows the order."""

    id: str
    number: str
    state: State
    party_id: str
    party_name: str
    contract_id: str
    contract_number: str
    entity_id: str
    currency: str
    vat_included: bool
    created: datetime
    month: str  # of `created` in the tenant's own calendar, `2026-11`: lists of a month go by it
    changed: datetime
    placed_by: str
    placed_by_name: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    line_count: int
    first_line: str
    comment: str = ""
    wished: date | None = None
    edition: int = 1
    agreed_edition: int = 1
    held: Decimal = _ZERO
    invoice_id: str | None = None
    invoiced: Decimal | None = None
    percent: int = 0
    waiting_since: datetime | None = None  # on moderation since
    reserved_until: datetime | None = None  # from then on others may have its goods; None = never
    reserve_extended: bool = False  # by the dealer, who may do so once
    in_transit: bool = False  # it has, or had, a promise of goods on their way: what covers it is to be looked up
    closed_by: Side | None = None
    reason: str = ""
    erp: ErpTrace = field(default_factory=ErpTrace)
    version: int = 0  # filled from the stored row

    def has_lapsed(self, now: datetime) -> bool:
        """The goods are reserved no more."""
        return self.reserved_until is not None and self.reserved_until <= now

    @property
    def waits_for_agreement(self) -> bool:
        """The manager changed the lines and the dealer has not said yes."""
        return self.state is State.AWAITING_DEALER and self.edition != self.agreed_edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """Goods that left together, as the ERP's document says; `quantities` by SKU. A deleted one counts for nothing."""

    id: str
    number: str
    quantities: Mapping[str, Decimal]
    day: date | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of an order's history; its text is `ordering.history.<kind>` with `params`."""

    id: str
    kind: str
    at: datetime
    side: Side
    actor_id: str = ""
    actor_name: str = ""
    comment: str = ""
    edition: int = 0  # the edition that it made, 0 = none
    params: Mapping[str, str] = field(default_factory=dict)


def derived_state(state: State, lines: Iterable[OrderLine]) -> State:
    """A confirmed order's state as its lines have it: derived, never counted up (domain §5.2).

    Services go with the goods: how far the order is, the goods say.
    """
    live = [line for line in lines if line.is_live]
    if not state.is_confirmed:
        return state
    if not live:
        return State.CANCELLED
    live = [line for line in live if not line.service] or live
    if all(line.status in _ARRIVED for line in live):
        return State.COMPLETED
    if any(line.status in _LEFT or line.shipped for line in live):
        return State.SHIPPING
    if all(line.status is LineStatus.READY for line in live):
        return State.READY
    if any(line.status in (LineStatus.IN_PRODUCTION, LineStatus.READY) for line in live):
        return State.IN_PRODUCTION
    return State.CONFIRMED


def derived_percent(lines: Iterable[OrderLine]) -> int:
    """How far the order is, 0–100, each line weighing what it costs (alike if nothing costs anything)."""
    live = [line for line in lines if line.is_live]
    live = [line for line in live if not line.service] or live
    weights = [line.gross for line in live]
    if not any(weights):
        weights = [Decimal(1)] * len(live)
    whole = sum(weights, _ZERO)
    done = sum((_share_done(line) * weight for line, weight in zip(live, weights, strict=True)), _ZERO)
    return int(done * 100 / whole) if whole else 0


def _share_done(line: OrderLine) -> Decimal:
    own = _PROGRESS[line.status]
    if line.status in _LEFT or not line.shipped or not line.quantity:
        return own
    part = min(line.shipped / line.quantity, Decimal(1))
    return own + (_PROGRESS[LineStatus.IN_DELIVERY] - own) * part


def order_number(prefix: str, running: int) -> str:
    """At most 11 characters, as 1C's column has (protocol §6): the prefix and the running number with leading zeros."""
    width = 11 - len(prefix)
    digits = str(running)
    if len(digits) > width:
        raise ValueError(f"no order numbers are left for the prefix {prefix!r}")
    return prefix + digits.rjust(min(6, width), "0")
