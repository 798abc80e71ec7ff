"""What a document of the ERP makes of an order. Pure rules (domain §5.2, protocol §7).

The document repeats all lines as they now stand; nothing in it names a line's status: that follows from quantities,
shipments and the ERP's own status.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.catalogue.model import sku_id
from chalicelib.kernel.money import money, shares
from chalicelib.ordering import lines as line_rules
from chalicelib.ordering.erp import ErpStatus, ErpUpdate, ErpUpdateLine, ErpUpdateShipment
from chalicelib.ordering.erp_lines import told_lines
from chalicelib.ordering.lines import Terms
from chalicelib.ordering.model import LineStatus, OrderLine, Shipment

_ZERO = Decimal(0)
_WHOLE = "whole"
_AHEAD = {ErpStatus.IN_PRODUCTION: LineStatus.IN_PRODUCTION, ErpStatus.READY: LineStatus.READY}
_ARRIVED = (LineStatus.AT_DEALER, LineStatus.SOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The order's lines and shipments after the document. `content_changed`: a new edition is due."""

    lines: tuple[OrderLine, ...]
    shipments: tuple[Shipment, ...]
    content_changed: bool


def is_cancelled(update: ErpUpdate) -> bool:
    return update.cancelled or update.status is ErpStatus.CANCELLED


def followed(
    lines: Sequence[OrderLine],
    shipments: Sequence[Shipment],
    update: ErpUpdate,
    terms: Terms,
    only: Container[str] | None = None,
) -> Followed:
    """The lines as the ERP has them, with what was shipped of them and how far they are.

    A cancelled order keeps what has left: the rest of its lines is cancelled. `only` = the SKUs whose shipments count
    so far; None = all.
    """
    after = told_lines(lines, update.lines, terms) if update.lines is not None else tuple(lines)
    sent = told_shipments(after, shipments, update)
    if is_cancelled(update):
        after = _only_shipped(after, sent, terms)
    if only is not None:
        sent = _so_far(shipments, sent, only)
    moved = _progressed(after, sent, update)
    return Followed(lines=moved, shipments=sent, content_changed=not line_rules.same(lines, moved))


def told_shipments(lines: Sequence[OrderLine], known: Sequence[Shipment], update: ErpUpdate) -> tuple[Shipment, ...]:
    """The order's shipments with what the document says of them; one without lines takes all that is left.

    A new one of services alone is none.
    """
    by_id = {shipment.id: shipment for shipment in known}
    told = list(update.shipments)
    whole = _whole_shipment(update)
    is_news = whole is not None and (not whole.deleted or whole.id in by_id)
    if whole is not None and is_news and not any(shipment.lines for shipment in told):
        told = [*(shipment for shipment in told if shipment.id != whole.id), whole]
    for one in told:
        if one.lines or one.deleted or (one.lines is not None and one.id in by_id):
            by_id[one.id] = _shipment(one, _sums(one.lines or ()))
    for one in told:
        if one.lines is None and not one.deleted:
            others = [shipment for shipment in by_id.values() if shipment.id != one.id]
            by_id[one.id] = _shipment(one, _left(lines, others))
    return tuple(by_id.values())


def _so_far(before: Sequence[Shipment], after: Sequence[Shipment], only: Container[str]) -> tuple[Shipment, ...]:
    """The shipments as they were, but for these SKUs."""
    known = {shipment.id: shipment for shipment in before}
    out = []
    for shipment in after:
        old = known.get(shipment.id)
        was = {} if old is None or old.deleted else old.quantities
        end = {} if shipment.deleted else shipment.quantities
        now = {sku: quantity for sku, quantity in was.items() if sku not in only}
        now |= {sku: quantity for sku, quantity in end.items() if sku in only}
        if now == end:
            out.append(shipment)
        elif now != was:
            out.append(replace(shipment, quantities=now, deleted=False))
        elif old is not None:
            out.append(old)
    return tuple(out)


def _whole_shipment(update: ErpUpdate) -> ErpUpdateShipment | None:
    """All that is left, by its own document or by the order's status; or that it has not left after all."""
    if update.shipped is not None and not update.shipped.deleted:
        return replace(update.shipped, id=update.shipped.id or _WHOLE)
    if update.status in (ErpStatus.SHIPPED, ErpStatus.DELIVERED) and not update.shipments:
        return ErpUpdateShipment(id=_WHOLE)
    return update.shipped


def _shipment(one: ErpUpdateShipment, quantities: Mapping[str, Decimal]) -> Shipment:
    return Shipment(id=one.id, number=one.number, day=one.day, quantities=quantities, deleted=one.deleted)


def _sums(lines: Sequence[ErpUpdateLine]) -> dict[str, Decimal]:
    out: dict[str, Decimal] = {}
    for line in lines:
        sku = sku_id(line.product_id, line.variant_id)
        out[sku] = out.get(sku, _ZERO) + line.quantity
    return out


def _left(lines: Sequence[OrderLine], others: Sequence[Shipment]) -> dict[str, Decimal]:
    """What the lines hold beyond what other shipments took."""
    left: dict[str, Decimal] = {}
    for line in lines:
        if not line.service:
            left[line.sku] = left.get(line.sku, _ZERO) + line.quantity
    for sku, quantity in shipped_in(others).items():
        left[sku] = left.get(sku, _ZERO) - quantity
    return {sku: quantity for sku, quantity in left.items() if quantity > 0}


def shipped_in(shipments: Sequence[Shipment]) -> dict[str, Decimal]:
    """How much of each SKU has left in all."""
    out: dict[str, Decimal] = {}
    for shipment in shipments:
        if not shipment.deleted:
            for sku, quantity in shipment.quantities.items():
                out[sku] = out.get(sku, _ZERO) + quantity
    return out


def _only_shipped(lines: Sequence[OrderLine], shipments: Sequence[Shipment], terms: Terms) -> tuple[OrderLine, ...]:
    """A line that has left whole stays as it is; of one that left in part stays its share of the cost (domain §3.3)."""
    parts = _spread(lines, shipped_in(shipments))
    cut: list[OrderLine] = []
    costs: dict[str, Decimal] = {}
    for line in lines:
        part = parts[line.id]
        if 0 < part < line.quantity:
            cost = money(line.gross if terms.vat_included else line.net, terms.currency)
            costs[line.id] = shares(cost, [part, line.quantity - part])[0].amount
            cut.append(replace(line, quantity=part))
    left = {line.id: line for line in line_rules.summed(cut, terms, costs)}
    return tuple(
        left.get(line.id) or (line if parts[line.id] == line.quantity else line_rules.cancelled(line)) for line in lines
    )


def _spread(lines: Sequence[OrderLine], shipped: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What was shipped, by line: lines of one SKU are filled in their order."""
    rest = dict(shipped)
    parts = {}
    for line in lines:
        part = _ZERO if line.service else min(rest.get(line.sku, _ZERO), line.quantity)
        parts[line.id] = part
        rest[line.sku] = rest.get(line.sku, _ZERO) - part
    return parts


def _progressed(lines: Sequence[OrderLine], shipments: Sequence[Shipment], update: ErpUpdate) -> tuple[OrderLine, ...]:
    """How far each line is: derived from what has left and from the ERP's status."""
    parts = _spread(lines, shipped_in(shipments))
    last = _last_days(shipments)
    out = []
    for line in lines:
        shipped = parts[line.id]
        out.append(
            replace(
                line,
                shipped=shipped,
                shipped_on=last.get(line.sku) if shipped else None,
                promised=update.promised or line.promised,
                status=_status(line, shipped, update.status),
            )
        )
    return tuple(out)


def _status(line: OrderLine, shipped: Decimal, told: ErpStatus | None) -> LineStatus:
    if not line.is_live:
        return line.status
    if shipped >= line.quantity:
        if line.status in _ARRIVED:
            return line.status
        return LineStatus.AT_DEALER if told is ErpStatus.DELIVERED else LineStatus.IN_DELIVERY
    if told in _AHEAD:
        return _AHEAD[told]
    if line.status in (LineStatus.IN_DELIVERY, *_ARRIVED):
        return LineStatus.READY
    return line.status


def _last_days(shipments: Sequence[Shipment]) -> dict[str, date]:
    out: dict[str, date] = {}
    for shipment in shipments:
        if shipment.day is not None and not shipment.deleted:
            for sku in shipment.quantities:
                out[sku] = max(out.get(sku, shipment.day), shipment.day)
    return out
